package stripe

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func instruction() feeds.RefundInstruction {
	return feeds.RefundInstruction{
		Payment: reconcile.Payment{
			Key:    reconcile.Key{Feed: "stripe", Account: "main", Kind: "charge", ID: "ch_1"},
			Amount: money.Amount{Minor: 1099, Currency: "USD"},
		},
		Amount:         500,
		IdempotencyKey: "tieout-key-1",
		Reference:      "tieout-refund-1",
	}
}

func TestRefundIsSentAsStripeWantsIt(t *testing.T) {
	f := newFake(t)
	client, _ := f.client(t, Options{})
	outcome, err := client.Refund(t.Context(), instruction())
	if err != nil || outcome != (feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "re_new"}) {
		t.Fatalf("outcome %+v, error %v", outcome, err)
	}
	if diff := cmp.Diff([]string{"GET /v1/refunds", "POST /v1/refunds"}, f.asked()); diff != "" {
		t.Fatal(diff)
	}
	read, sent := f.received()[0], f.received()[1]
	if read.query.Get("charge") != "ch_1" {
		t.Errorf("read the refunds of %v", read.query)
	}
	want := map[string][]string{"charge": {"ch_1"}, "amount": {"500"}, "metadata[tieout_refund]": {"tieout-refund-1"}}
	if diff := cmp.Diff(want, map[string][]string(sent.form)); diff != "" {
		t.Error(diff)
	}
	headers := map[string]string{"Idempotency-Key": "tieout-key-1", "Stripe-Version": "2023-10-16", "Authorization": "Bearer " + testKey}
	for name, want := range headers {
		if got := sent.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A refund that somebody made by hand since the decision may be the very one that was asked for: nothing is sent before it
// has been read and taken into account.
func TestARefundMadeByHandStopsTheNext(t *testing.T) {
	byHand := func(status string) object {
		return object{"id": "re_hand", "created": at(1), "charge": "ch_1", "status": status}
	}
	for name, test := range map[string]struct {
		held  object
		known []string
		state feeds.RefundState
		sent  int
	}{
		"not known":         {byHand("succeeded"), nil, feeds.RefundUnknown, 0},
		"on its way":        {byHand("pending"), []string{"re_else"}, feeds.RefundUnknown, 0},
		"known":             {byHand("succeeded"), []string{"re_hand"}, feeds.RefundMade, 1},
		"failed, so no one": {byHand("failed"), nil, feeds.RefundMade, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hold(kindRefund, test.held)
			client, _ := f.client(t, Options{})
			asked := instruction()
			asked.Known = test.known
			outcome, err := client.Refund(t.Context(), asked)
			if err != nil || outcome.State != test.state || f.count("POST /v1/refunds") != test.sent {
				t.Errorf("outcome %+v, error %v, sent %d times", outcome, err, f.count("POST /v1/refunds"))
			}
		})
	}
}

func TestARefundThatExistsIsNotMadeAgain(t *testing.T) {
	for status, want := range map[string]feeds.RefundOutcome{
		"succeeded": {State: feeds.RefundMade, RefundID: "re_1"},
		"pending":   {State: feeds.RefundMade, RefundID: "re_1"},
		"failed":    {State: feeds.RefundRefused, RefundID: "re_1", Reason: "refund failed: expired_or_canceled_card"},
	} {
		f := newFake(t)
		f.hold(kindRefund,
			object{"id": "re_other", "created": at(1), "charge": "ch_1", "metadata": object{"tieout_refund": "tieout-refund-2"}},
			object{"id": "re_1", "created": at(2), "charge": "ch_1", "status": status, "failure_reason": "expired_or_canceled_card", "metadata": object{"tieout_refund": "tieout-refund-1"}},
			object{"id": "re_elsewhere", "created": at(1), "charge": "ch_2", "metadata": object{"tieout_refund": "tieout-refund-1"}})
		client, _ := f.client(t, Options{})
		outcome, err := client.Refund(t.Context(), instruction())
		if err != nil || outcome != want {
			t.Errorf("%s: outcome %+v, error %v, want %+v", status, outcome, err, want)
		}
		if got := f.count("POST /v1/refunds"); got != 0 {
			t.Errorf("%s: sent %d times", status, got)
		}
	}
}

func TestRefundOutcomes(t *testing.T) {
	answer := func(status int, kind, code string) func(httpWriter, *httpRequest) bool {
		return hostile(status, http.Header{"Request-Id": {"req_9"}}, `{"error":{"type":"`+kind+`","code":"`+code+`","message":"Because."}}`)
	}
	tests := []struct {
		name   string
		fault  func(httpWriter, *httpRequest) bool
		state  feeds.RefundState // empty: an error
		reason string
	}{
		{"already refunded", answer(400, "invalid_request_error", "charge_already_refunded"), feeds.RefundRefused, "Stripe answered 400 invalid_request_error charge_already_refunded: Because (request req_9)"},
		{"card error", answer(402, "card_error", "insufficient_funds"), feeds.RefundRefused, "402 card_error insufficient_funds"},
		{"no such charge", answer(404, "invalid_request_error", "resource_missing"), feeds.RefundRefused, "404"},
		{"other parameters with the same key", answer(400, "idempotency_error", ""), feeds.RefundUnknown, "400 idempotency_error"},
		{"the same key in use", answer(409, "invalid_request_error", "idempotency_key_in_use"), feeds.RefundUnknown, "409"},
		{"500", answer(500, "api_error", ""), feeds.RefundUnknown, "500 api_error"},
		{"502 HTML", hostile(502, nil, "<html>"), feeds.RefundUnknown, "502"},
		{"400 HTML of a proxy", hostile(400, nil, "<html>"), feeds.RefundUnknown, "400"},
		{"truncated JSON", hostile(200, nil, `{"id":"re_`), feeds.RefundUnknown, "is cut short"},
		{"no id", hostile(200, nil, `{}`), feeds.RefundUnknown, "did not name it"},
		{"dropped connection", dropped, feeds.RefundUnknown, "no answer: EOF"},
		{"reset in the body", reset, feeds.RefundUnknown, "is cut short"},
		{"a body that stops", stall, feeds.RefundUnknown, "is cut short"},
		{"an answer that comes late", late, feeds.RefundUnknown, "no answer"},
		{"redirect", hostile(307, http.Header{"Location": {"/v1/refunds"}}, ""), feeds.RefundUnknown, "307"},
		{"failed at once", hostile(200, nil, `{"id":"re_1","status":"failed"}`), feeds.RefundRefused, "refund failed"},
		{"401", answer(401, "invalid_request_error", ""), "", "refund charge ch_1: Stripe refused the key (401)"},
		{"429", answer(429, "invalid_request_error", "rate_limit"), "", "refund charge ch_1: Stripe answered 429"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.fault = func(w httpWriter, r *httpRequest) bool { return r.Method == http.MethodPost && test.fault(w, r) }
			client, _ := f.client(t, Options{Timeout: 500 * time.Millisecond})
			outcome, err := client.Refund(t.Context(), instruction())
			if outcome.State != test.state || (err != nil) != (test.state == "") {
				t.Fatalf("outcome %+v, error %v", outcome, err)
			}
			if text := outcome.Reason; err == nil && !strings.Contains(text, test.reason) || err != nil && !strings.Contains(err.Error(), test.reason) {
				t.Errorf("reason %q, error %v, want %q", text, err, test.reason)
			}
			if got := f.count("POST /v1/refunds"); got != 1 {
				t.Errorf("sent %d times, want once", got)
			}
			if errors.Is(err, ErrUnauthorized) != (test.name == "401") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestARefundIsNotSentWhenTheReadBeforeFails(t *testing.T) {
	for name, fault := range map[string]func(httpWriter, *httpRequest) bool{
		"500":                      hostile(500, nil, "{}"),
		"a refund of another kind": hostile(200, nil, `{"data":[{"id":"re_1","metadata":{"tieout_refund":7}}],"has_more":false}`),
	} {
		f := newFake(t)
		f.fault = fault
		client, _ := f.client(t, Options{})
		outcome, err := client.Refund(t.Context(), instruction())
		if err == nil || !strings.HasPrefix(err.Error(), "list refunds of charge ch_1: ") || outcome.State != "" {
			t.Errorf("%s: outcome %+v, error %v", name, outcome, err)
		}
		if got := f.count("POST /v1/refunds"); got != 0 {
			t.Errorf("%s: sent %d times", name, got)
		}
	}
}

// A dial that fails has sent nothing, so the refund is tried again; once is all that Stripe sees of it.
func TestARefundIsTriedAgainOnlyWhileNothingWasSent(t *testing.T) {
	for failing, want := range map[int]feeds.RefundState{2: feeds.RefundMade, 100: ""} {
		f := newFake(t)
		dials := 0
		transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials++; dials > 1 && dials <= 1+failing {
				return nil, errors.New("no route")
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}
		client, _ := f.client(t, Options{HTTPClient: &http.Client{Transport: transport}})
		outcome, err := client.Refund(t.Context(), instruction())
		if outcome.State != want || (err != nil) != (want == "") {
			t.Errorf("%d dials fail: outcome %+v, error %v", failing, outcome, err)
		}
		if got := f.count("POST /v1/refunds"); got > 1 || (got == 1) != (want != "") {
			t.Errorf("%d dials fail: sent %d times", failing, got)
		}
	}
}

func TestRefundInstructionsThatMakeNoSense(t *testing.T) {
	f := newFake(t)
	client, _ := f.client(t, Options{})
	for name, spoil := range map[string]func(*feeds.RefundInstruction){
		"no charge":       func(i *feeds.RefundInstruction) { i.Payment.Kind = "auth" },
		"amount":          func(i *feeds.RefundInstruction) { i.Amount = 0 },
		"idempotency key": func(i *feeds.RefundInstruction) { i.IdempotencyKey = "" },
		"reference":       func(i *feeds.RefundInstruction) { i.Reference = "" },
		"whole amount":    func(i *feeds.RefundInstruction) { i.Payment.Amount.Currency, i.Amount = "MGA", 150 },
	} {
		spoiled := instruction()
		spoil(&spoiled)
		if outcome, err := client.Refund(t.Context(), spoiled); err == nil || outcome.State != "" {
			t.Errorf("%s: outcome %+v, error %v", name, outcome, err)
		}
	}
	if len(f.received()) != 0 {
		t.Errorf("asked Stripe: %v", f.asked())
	}
}
