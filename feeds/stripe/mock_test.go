package stripe

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76/form"

	"tieout/feeds"
	"tieout/reconcile"
)

// startMock starts stripe-mock v0.183.0, Stripe's own server that checks each request against the API's specification of
// 2023-10-16. It answers with fixed objects whatever was asked, so it proves the shape of what we send and no more.
func startMock(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("TIEOUT_TEST_STRIPE_MOCK")
	if binary == "" {
		t.Fatal("TIEOUT_TEST_STRIPE_MOCK names no stripe-mock binary: run the tests through .ci/with-stripe-mock, which sets it")
	}
	plain, secure := freeAddress(t), freeAddress(t)
	mock := exec.Command(binary, "-http-addr", plain, "-https-addr", secure) // without the second it opens one on all interfaces
	output, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatalf("start stripe-mock: %v", err)
	}
	t.Cleanup(func() {
		_ = mock.Process.Kill()
		_ = mock.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Listening for HTTP at") {
			go func() {
				for lines.Scan() { // so that the mock never waits for a reader
				}
			}()
			return "http://" + plain
		}
	}
	t.Fatal("stripe-mock ended before it listened")
	return ""
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestStripeMockAcceptsEveryCall(t *testing.T) {
	client, _ := testClient(t, Options{BaseURL: startMock(t), Key: "sk_test_123"})

	t.Run("fetch", func(t *testing.T) {
		seen := &sink{}
		held := memory{open: []string{"charge ch_open", "payment_intent pi_open", "source src_open", "refund re_open", "dispute dp_open", "payout po_open"}}
		tally, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Named: []string{"src_1", "pi_1", "ch_1", "py_1"}, Memory: held, Sink: seen})
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		normalise := NewNormaliser([]string{"metadata.order_id"}, []string{"alipay"})
		for _, observation := range seen.all() {
			kinds = append(kinds, observation.Key.Kind)
			if rejection, is := normalise(observation).(reconcile.Rejection); is && !announcesSomethingElse(observation) {
				t.Errorf("%v cannot be read: %s", observation.Key, rejection.Reason)
			}
		}
		slices.Sort(kinds)
		want := []string{"balance", "balance_transaction", "charge", "dispute", "event", "payment_intent", "payout", "payout_line", "refund", "source"}
		if got := slices.Compact(kinds); !slices.Equal(got, want) || tally.Read != len(seen.all()) {
			t.Errorf("observed %v (%+v), want each of %v", got, tally, want)
		}
	})

	t.Run("read by id", func(t *testing.T) {
		for _, id := range []string{"ch_1", "py_1", "pi_1", "src_1", "re_1", "pyr_1", "dp_1", "po_1"} {
			raw, err := client.readOne(t.Context(), kindOfID(id), id)
			if err != nil || slimOf(raw).ID != id {
				t.Errorf("%s: got %q, error %v", id, slimOf(raw).ID, err)
			}
		}
	})

	t.Run("recheck", func(t *testing.T) {
		ids := []reconcile.Key{keyOf("source", "src_1"), keyOf("payment_intent", "pi_1"), keyOf("charge", "ch_1")}
		if _, err := client.Recheck(t.Context(), feeds.Recheck{Since: lastDay(), IDs: ids, Sink: &sink{}}); err != nil {
			t.Error(err)
		}
	})

	t.Run("refund", func(t *testing.T) {
		known := instruction()
		known.Known = []string{"re_1OPoujJN5vQBdWExUGBANu1j"} // the one that the mock shows for every charge
		outcome, err := client.Refund(t.Context(), known)
		if err != nil || outcome.State != feeds.RefundMade || outcome.RefundID == "" {
			t.Errorf("outcome %+v, error %v", outcome, err)
		}
	})
}

// What makes the test above worth anything: the mock refuses what the API does not know.
func TestStripeMockRefusesWhatTheAPIDoesNotKnow(t *testing.T) {
	client, _ := testClient(t, Options{BaseURL: startMock(t), Key: "sk_test_123"})
	for _, kind := range []string{kindCharge, kindPaymentIntent, kindRefund, kindDispute, kindBalanceTransaction, kindPayout, kindEvent} {
		err := firstError(t, client, kind, append(createdBetween(1, 2), filter{"colour", "red"}))
		if err == nil || !strings.Contains(err.Error(), "Stripe answered 400 invalid_request_error") {
			t.Errorf("%s: error %v, want a refusal", kind, err)
		}
	}
	for kind, unfit := range map[string]filter{kindCharge: {"payout", "po_1"}, kindRefund: {"customer", "cus_1"}, kindEvent: {"types", "source.chargeable"}} {
		if err := firstError(t, client, kind, []filter{unfit}); err == nil || !strings.Contains(err.Error(), "Stripe answered 400 invalid_request_error") {
			t.Errorf("%s with %v: error %v, want a refusal", kind, unfit, err)
		}
	}
	paths := []string{"/v1/balance"}
	for _, kind := range readable {
		paths = append(paths, pathOf(kind)+"/x_1")
	}
	for _, path := range paths {
		query := &form.Values{}
		query.Add("colour", "red")
		var answer json.RawMessage
		if err := client.api.get(t.Context(), path, query, func(body []byte) error { return json.Unmarshal(body, &answer) }); err == nil || !strings.Contains(err.Error(), "Stripe answered 400") {
			t.Errorf("%s with an unknown parameter: %s, error %v, want a refusal", path, answer, err)
		}
	}
	var answer refundAnswer
	body := &form.Values{}
	body.Add("charge", "ch_1")
	body.Add("reference", "x")
	if err := client.api.post(t.Context(), "/v1/refunds", body, "key", &answer); err == nil {
		t.Error("a refund with an unknown parameter was accepted")
	}
}

// announcesSomethingElse reports whether the mock answered with an event of a type that nobody asked for.
func announcesSomethingElse(observation feeds.Observation) bool {
	return observation.Key.Kind == kindEvent
}

func firstError(t *testing.T, client *Client, kind string, filters []filter) error {
	t.Helper()
	for _, err := range client.api.pages(t.Context(), pathOf(kind), filters) {
		return err
	}
	return fmt.Errorf("no page")
}
