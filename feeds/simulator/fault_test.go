package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// faultsOf are the expectations at t that the account's books lead to.
func faultsOf(w *World, t time.Time) []Expectation {
	var out []Expectation
	for _, e := range w.Expected(t) {
		if e.story == "fault" {
			out = append(out, e)
		}
	}
	return out
}

// stated is the balance that the server states at t, by currency.
func stated(t *testing.T, w *World, at time.Time) map[string]float64 {
	t.Helper()
	w.cfg.Now = at
	answer := decode[anyObject](t, stripeGet(t, w, "/v1/balance"))
	sums := map[string]float64{}
	for _, side := range []string{"available", "pending"} {
		for _, part := range answer[side].([]any) {
			sums[part.(anyObject)["currency"].(string)] += part.(anyObject)["amount"].(float64)
		}
	}
	return sums
}

// moved is what the movements before and at t come to, by currency.
func moved(w *World, at time.Time) map[string]float64 {
	sums := map[string]float64{}
	for _, m := range w.movements.between(time.Time{}, at) {
		sums[strings.ToLower(m.currency)] += float64(m.net())
	}
	return sums
}

// The balance that is stated is what was moved, and off by exactly the planted residue from its instant on.
func TestStatedBalanceIsWhatWasMoved(t *testing.T) {
	w := newWorld(t, Config{Orders: 600, Faults: []Fault{{Kind: FaultStated, Currency: "EUR", From: endOfDay, Minor: -5}}})
	for _, at := range []time.Time{endOfDay.Add(-40 * day), endOfDay.Add(-time.Second), endOfDay, endOfDay.Add(day)} {
		want := moved(w, at)
		if !at.Before(endOfDay) {
			want["eur"] -= 5
		}
		if diff := cmp.Diff(want, stated(t, w, at)); diff != "" {
			t.Errorf("%s: %s", at, diff)
		}
	}
}

// Each fault changes what it says and is told from its own instant on; the rest of the world is as without it.
func TestFaultsInTheBooks(t *testing.T) {
	from := endOfDay.Add(-20 * day)
	for kind, tc := range map[FaultKind]struct {
		movements int // more than without it
		code      string
	}{
		FaultUnknownObject: {1, codeUnexplained}, FaultBookedTwice: {1, codeUnexplained}, FaultWrongAmount: {0, codeUnexplained},
		FaultNotBooked: {-1, codeUnexplained}, FaultPayout: {0, codePayoutMismatch}, FaultStated: {0, codeUnexplained},
	} {
		t.Run(string(kind), func(t *testing.T) {
			plain := newWorld(t, Config{Orders: 600, Stories: PlainStories()})
			w := newWorld(t, Config{Orders: 600, Stories: PlainStories(), Faults: []Fault{{Kind: kind, Currency: "EUR", From: from, Minor: 31}}})
			if got := len(w.movements.items) - len(plain.movements.items); kind != FaultPayout && got != tc.movements {
				t.Errorf("%d movements more", got)
			}
			if diff := cmp.Diff(len(plain.charges.items), len(w.charges.items)); diff != "" {
				t.Errorf("charges: %s", diff)
			}
			expected := faultsOf(w, endOfDay)
			if len(expected) != 1 || expected[0].Code != tc.code || expected[0].Currency != "EUR" || expected[0].From.Before(from) {
				t.Fatalf("expected %+v", expected)
			}
			difference := expected[0].Difference
			if kind != FaultBookedTwice && kind != FaultNotBooked && difference != 31 || (kind == FaultNotBooked) != (difference < 0) {
				t.Errorf("the difference is %d", difference)
			}
			if early := faultsOf(w, expected[0].From.Add(-time.Second)); len(early) != 0 {
				t.Errorf("expected too early: %+v", early)
			}
		})
	}
}

// Faults of one currency make one UNEXPLAINED, from the first on, and add up as they come.
func TestFaultsOfOneCurrencyAddUp(t *testing.T) {
	w := newWorld(t, Config{Orders: 50, Stories: PlainStories(), Faults: []Fault{
		{Kind: FaultUnknownObject, Currency: "EUR", From: endOfDay, Minor: 10},
		{Kind: FaultStated, Currency: "EUR", From: endOfDay.Add(day), Minor: -4},
		{Kind: FaultUnknownObject, Currency: "USD", From: endOfDay.Add(day), Minor: 7},
	}})
	for at, want := range map[time.Time]map[string]int64{
		endOfDay.Add(-time.Second): {}, endOfDay: {"EUR": 10}, endOfDay.Add(day): {"EUR": 6, "USD": 7},
	} {
		got := map[string]int64{}
		for _, e := range faultsOf(w, at) {
			got[e.Currency] += e.Difference
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", at, diff)
		}
	}
}

func TestFaultsAreChecked(t *testing.T) {
	for want, fault := range map[string]Fault{
		"no charge in KWD":   {Kind: FaultBookedTwice, Currency: "KWD", From: endOfDay},
		`unknown kind "odd"`: {Kind: "odd", Currency: "EUR", From: endOfDay.Add(-20 * day)},
	} {
		if _, err := New(Config{Now: endOfDay, Orders: 100, Faults: []Fault{fault}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want an error about %s", err, want)
		}
	}
}
