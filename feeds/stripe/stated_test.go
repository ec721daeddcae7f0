package stripe

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

// moving is a Stripe account whose balance a test sets.
type moving struct {
	*fake
	balance string
	read    int        // how often the balance was read
	onRead  func(*int) // what happens right after it was read, by how often it was
}

func newMoving(t *testing.T, balance string) *moving {
	m := &moving{fake: newFake(t), balance: balance}
	m.fake.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/balance" {
			return false
		}
		m.read++
		answered := hostile(http.StatusOK, nil, m.balance)(w, r)
		if m.onRead != nil {
			m.onRead(&m.read)
		}
		return answered
	}
	return m
}

// move books a movement that long after noon.
func (m *moving) move(id string, after time.Duration, net int64, currency string) {
	path := pathOf(kindBalanceTransaction)
	m.objects[path] = append([]object{{"id": id, "created": noon.Add(after).Unix(), "net": net, "amount": net, "fee": 0, "currency": currency, "reporting_category": "charge"}}, m.objects[path]...)
}

// balances fetches the day before noon and returns what it was told that the account holds.
func (m *moving) balances(t *testing.T, window reconcile.Window) []string {
	t.Helper()
	client, _ := m.client(t, Options{})
	seen := &sink{}
	if _, err := client.Fetch(t.Context(), feeds.Request{Window: window, Memory: memory{}, Sink: seen}); err != nil {
		t.Fatal(err)
	}
	normalise := NewNormaliser(nil, nil)
	var told []string
	for _, observation := range seen.all() {
		if observation.Key.Kind != kindBalance {
			continue
		}
		switch record := normalise(observation).(type) {
		case reconcile.Balance:
			told = append(told, fmt.Sprintf("%s as of %s", record.Stated, record.At.Format(time.TimeOnly)))
		case reconcile.Rejection:
			told = append(told, record.Reason)
		}
	}
	return told
}

const plainBalance = `{"object":"balance","livemode":false,"available":[{"amount":1000,"currency":"eur","source_types":{"card":1000}},{"amount":-7,"currency":"jpy"}],
	"pending":[{"amount":50,"currency":"eur"}],"connect_reserved":[{"amount":9,"currency":"eur"}],"instant_available":[{"amount":9,"currency":"eur"}]}`

func TestTheBalanceIsReadAsOfTheWindowsEnd(t *testing.T) {
	m := newMoving(t, plainBalance)
	m.move("txn_before", -time.Second, 900, "eur")
	if diff := cmp.Diff([]string{"10.50 EUR as of 12:00:00", "-7 JPY as of 12:00:00"}, m.balances(t, lastDay())); diff != "" {
		t.Error(diff)
	}
	// What was moved since is in the figure and not in what is held; from the window's end on, to the second.
	m.move("txn_at", 0, 300, "eur")
	m.move("txn_later", time.Minute, -20, "eur")
	m.move("txn_other", time.Minute, 8, "usd")
	if diff := cmp.Diff([]string{"7.70 EUR as of 12:00:00", "-7 JPY as of 12:00:00"}, m.balances(t, lastDay())); diff != "" {
		t.Error(diff)
	}
	// A window that ends inside a second lists that second whole.
	partly := reconcile.Window{From: noon.Add(-day), To: noon.Add(time.Millisecond)}
	if diff := cmp.Diff([]string{"10.70 EUR as of 12:00:01", "-7 JPY as of 12:00:01"}, m.balances(t, partly)); diff != "" {
		t.Error(diff)
	}
}

func TestABalanceThatMovesIsReadAgain(t *testing.T) {
	m := newMoving(t, plainBalance)
	m.onRead = func(read *int) {
		if *read == 1 {
			m.move("txn_between", time.Minute, 50, "eur")
			m.balance = strings.Replace(plainBalance, `"amount":1000,"currency":"eur"`, `"amount":1050,"currency":"eur"`, 1)
		}
	}
	if diff := cmp.Diff([]string{"10.50 EUR as of 12:00:00", "-7 JPY as of 12:00:00"}, m.balances(t, lastDay())); diff != "" || m.read != 2 {
		t.Errorf("read %d times: %s", m.read, diff)
	}
	m.read, m.onRead = 0, func(read *int) { m.move(fmt.Sprintf("txn_%d", *read), time.Minute, 1, "eur") }
	if told := m.balances(t, lastDay()); told != nil || m.read != balanceTries {
		t.Errorf("told %v of a balance that never rests, after %d tries", told, m.read)
	}
}

func TestWhenTheBalanceIsNotKnown(t *testing.T) {
	refused := `{"error":{"type":"invalid_request_error","message":"The provided key does not have the required permissions"}}`
	for name, tc := range map[string]struct {
		change func(*moving)
		window reconcile.Window
	}{
		"the key may not see it": {func(m *moving) {
			m.fault = func(w http.ResponseWriter, r *http.Request) bool {
				return r.URL.Path == "/v1/balance" && hostile(http.StatusForbidden, nil, refused)(w, r)
			}
		}, lastDay()},
		"nothing was listed": {func(*moving) {}, reconcile.Window{From: noon, To: noon}},
		"the window ends long ago": {func(m *moving) {
			for i := range mostSince + 1 {
				m.move(fmt.Sprintf("txn_%04d", i), time.Minute, 1, "eur")
			}
		}, lastDay()},
		"a movement since cannot be read": {func(m *moving) {
			path := pathOf(kindBalanceTransaction)
			m.objects[path] = []object{{"id": "txn_odd", "created": noon.Unix(), "currency": "eur"}}
		}, lastDay()},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMoving(t, plainBalance)
			tc.change(m)
			if told := m.balances(t, tc.window); told != nil {
				t.Errorf("told %v", told)
			}
		})
	}
}

func TestABalanceThatFailsLeavesTheFetchIncomplete(t *testing.T) {
	for name, answer := range map[string]string{
		"without a side": `{"object":"balance","available":[]}`, "of another kind": `[]`, "cut short": `{"object":"bal`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := newMoving(t, answer).client(t, Options{})
			_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
			if err == nil || !strings.Contains(err.Error(), "read balance") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestBalancesAreRead(t *testing.T) {
	balance := func(available, pending, since string) string {
		return `{"id":"eur@1763726400","object":"balance","currency":"eur","as_of":1763726400,"available":` + available + `,"pending":` + pending + `,"moved_since":` + since + `}`
	}
	for body, want := range map[string]string{
		balance(`[{"amount":5,"currency":"eur"}]`, `[{"amount":-9,"currency":"eur"}]`, "0"): "-0.04 EUR",
		balance(`[{"amount":5,"currency":"eur"},{"amount":6,"currency":"eur"}]`, `[]`, "1"): "0.10 EUR",
		balance(`null`, `null`, "-3"):                           "0.03 EUR",
		balance(`[{"currency":"eur"}]`, `[]`, "0"):              "available: amount is missing",
		balance(`[7]`, `[]`, "0"):                               "available: amount is missing",
		balance(`[]`, `[{"amount":5,"currency":"usd"}]`, "0"):   "pending: currencies differ: EUR and USD",
		balance(`[]`, `[{"amount":1.5,"currency":"eur"}]`, "0"): "pending: amount 1.5 is not a whole number in range",
		balance(`[{"amount":9223372036854775807,"currency":"eur"}]`, `[{"amount":1,"currency":"eur"}]`, "0"): "pending: amount out of range: 9223372036854775807 + 1 EUR",
	} {
		key := reconcile.Key{Feed: "stripe", Account: "main", Kind: kindBalance, ID: "eur@1763726400"}
		var got string
		switch record := NewNormaliser(nil, nil)(feeds.Observation{Key: key, Body: []byte(body)}).(type) {
		case reconcile.Balance:
			got = record.Stated.String()
		case reconcile.Rejection:
			got = record.Reason
		}
		if got != want {
			t.Errorf("%s is read as %q, want %q", body, got, want)
		}
	}
}
