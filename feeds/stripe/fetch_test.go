package stripe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

func fetch(t *testing.T, client *Client, request feeds.Request) ([]string, feeds.Tally) {
	t.Helper()
	seen := &sink{}
	request.Sink = seen
	if request.Memory == nil {
		request.Memory = memory{}
	}
	tally, err := client.Fetch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return seen.keys(), tally
}

// world is one of everything, with all the ways in which one object names another.
func world(t *testing.T) *fake {
	f := newFake(t)
	f.hold(kindCharge,
		object{"id": "ch_a", "created": at(1), "source": object{"id": "src_a", "object": "source"}},
		object{"id": "py_b", "created": at(2), "payment_intent": "pi_old"},
		object{"id": "ch_c", "created": at(3), "payment_method": "src_c", "source": nil},
		object{"id": "ch_card", "created": at(3), "payment_method": "card_1", "source": object{"id": "card_1", "object": "card"}},
		object{"id": "ch_pending", "created": at(400)},
		object{"id": "ch_refunded", "created": at(900), "source": "src_refunded"},
		object{"id": "ch_disputed", "created": at(900)},
		object{"id": "ch_latest", "created": at(900), "payment_intent": "pi_open"},
		object{"id": "py_named", "created": at(900), "payment_intent": "pi_of_named"},
	)
	f.hold(kindPaymentIntent,
		object{"id": "pi_new", "created": at(4), "latest_charge": nil},
		object{"id": "pi_old", "created": at(40), "latest_charge": "py_b"},
		object{"id": "pi_open", "created": at(40), "latest_charge": "ch_latest"},
		object{"id": "pi_named", "created": at(400)},
		object{"id": "pi_of_named", "created": at(901), "latest_charge": "py_named"},
	)
	f.hold(kindSource,
		object{"id": "src_a", "created": at(1)}, object{"id": "src_c", "created": at(3)},
		object{"id": "src_event", "created": at(5)}, object{"id": "src_open", "created": at(50)},
		object{"id": "src_named", "created": at(500)}, object{"id": "src_refunded", "created": at(900)},
	)
	f.hold(kindRefund,
		object{"id": "re_new", "created": at(1), "charge": "ch_refunded"},
		object{"id": "re_29_days", "created": at(24 + 29*24), "charge": "ch_a"},
		object{"id": "re_32_days", "created": at(24 + 32*24), "charge": "ch_a"},
		object{"id": "pyr_failed", "created": at(24 + 80*24), "charge": "ch_a"},
	)
	f.hold(kindDispute,
		object{"id": "dp_119_days", "created": at(24 + 119*24), "charge": object{"id": "ch_disputed"}},
		object{"id": "dp_open", "created": at(24 + 300*24), "charge": "ch_disputed"},
	)
	f.hold(kindBalanceTransaction,
		object{"id": "txn_1", "created": at(1), "source": "ch_a", "reporting_category": "charge"},
		object{"id": "txn_2", "created": at(2), "source": "pyr_failed", "reporting_category": "refund_failure"},
		object{"id": "txn_3", "created": at(2), "source": "po_back", "reporting_category": "payout_reversal"},
		object{"id": "txn_out", "created": at(100), "source": "po_done", "reporting_category": "payout", "_payout": "po_done"},
		object{"id": "txn_in", "created": at(101), "source": "ch_a", "reporting_category": "charge", "_payout": "po_done"},
	)
	f.hold(kindPayout,
		object{"id": "po_done", "created": at(24), "automatic": true, "reconciliation_status": "completed", "balance_transaction": "txn_out"},
		object{"id": "po_waiting", "created": at(2), "automatic": true, "reconciliation_status": "in_progress", "balance_transaction": "txn_w"},
		object{"id": "po_manual", "created": at(3), "automatic": false, "reconciliation_status": "not_applicable"},
		object{"id": "po_back", "created": at(24 + 60*24), "automatic": false},
	)
	f.hold(kindEvent, object{"id": "evt_1", "created": at(5), "type": "source.chargeable", "data": object{"object": object{"id": "src_event"}}})
	return f
}

func TestFetchFollowsWhatIsNamed(t *testing.T) {
	client, _ := world(t).client(t, Options{})
	request := feeds.Request{
		Window: lastDay(),
		Named:  []string{"src_named", "pi_named", "py_named", "23-86-113", ""},
		Memory: memory{
			open: []string{"charge ch_pending", "source src_open", "payment_intent pi_open", "dispute dp_open"},
			held: []string{"source src_c", "charge ch_a"},
		},
	}
	got, tally := fetch(t, client, request)
	want := []string{
		// The lists.
		"payment_intent pi_new", "charge ch_a", "charge py_b", "charge ch_c", "charge ch_card", "refund re_new", "refund re_29_days",
		"dispute dp_119_days", "payout po_waiting", "payout po_manual", "payout po_done",
		"balance_transaction txn_1", "balance_transaction txn_2", "balance_transaction txn_3", "event evt_1",
		// By id, and what that names in turn.
		"refund pyr_failed", "dispute dp_open", "payment_intent pi_named", "payment_intent pi_old", "payment_intent pi_open",
		"charge ch_disputed", "charge ch_latest", "charge ch_pending", "charge ch_refunded", "charge py_named",
		"source src_a", "source src_event", "source src_named", "source src_open", "source src_refunded",
		"payout po_back", "payment_intent pi_of_named",
		"payout_line txn_in", "payout_line txn_out",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := (feeds.Tally{Read: len(want)}); tally != want {
		t.Errorf("tally %+v, want %+v", tally, want)
	}
	if again, _ := fetch(t, client, request); !slices.Equal(again, got) {
		t.Error("the second fetch came in another order")
	}
}

func TestFetchPagesThroughEverythingOnce(t *testing.T) {
	f := newFake(t)
	for i := range 250 {
		f.hold(kindCharge, object{"id": fmt.Sprintf("ch_%03d", i), "created": at(20) + int64(i/7)})
	}
	client, _ := f.client(t, Options{})
	seen := &sink{}
	tally, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: seen})
	if err != nil || tally.Read != 250 {
		t.Fatalf("tally %+v, error %v, want 250 read", tally, err)
	}
	keys := seen.keys()
	slices.Sort(keys)
	if got := len(slices.Compact(keys)); got != 250 {
		t.Errorf("%d different charges, want 250", got)
	}
	for _, batch := range seen.batches {
		if len(batch) > 100 {
			t.Errorf("a batch of %d: pages must be handed on as they come", len(batch))
		}
	}
}

func TestPagesThatOverlapAreReadOnce(t *testing.T) {
	f := newFake(t)
	f.fault = func(w httpWriter, r *httpRequest) bool {
		pages := map[string]string{
			"":     `{"data":[{"id":"ch_1"},{"id":"ch_2"}],"has_more":true}`,
			"ch_2": `{"data":[{"id":"ch_2"},{"id":"ch_3"}],"has_more":false}`,
		}
		return r.URL.Path == "/v1/charges" && hostile(200, nil, pages[r.URL.Query().Get("starting_after")])(w, r)
	}
	client, _ := f.client(t, Options{})
	got, tally := fetch(t, client, feeds.Request{Window: lastDay()})
	if diff := cmp.Diff([]string{"charge ch_1", "charge ch_2", "charge ch_3"}, got); diff != "" || tally.Read != 3 {
		t.Error(tally, diff)
	}
}

func TestWindowsAreHalfOpenAndRoundedOutward(t *testing.T) {
	f := newFake(t)
	client, _ := f.client(t, Options{})
	window := reconcile.Window{From: noon.Add(-40*day + 500*time.Millisecond), To: noon.Add(time.Nanosecond)}
	fetch(t, client, feeds.Request{Window: window})
	got := map[string][]string{}
	for _, r := range f.received() {
		if r.path == "/v1/balance" || !r.query.Has("created[lt]") {
			continue // what the account holds, and what was moved since the window
		}
		text := fmt.Sprint(noon.Unix()-unix(t, r.query.Get("created[gte]")), " ", noon.Unix()-unix(t, r.query.Get("created[lt]")), " ", r.query.Get("limit"), " ", strings.Join(r.query["types[]"], ","))
		got[r.path] = append(got[r.path], text)
	}
	const days = 86400
	plain := func(from int) string { return fmt.Sprint(from*days, " ", 10*days, " 100 ") }
	last := fmt.Sprint(10*days, " -1 100 ") // a long window is read in stretches of 30 days
	types := "source.chargeable,source.failed,source.canceled,payment_intent.canceled"
	want := map[string][]string{
		"/v1/charges": {plain(40), last}, "/v1/payment_intents": {plain(40), last}, "/v1/balance_transactions": {plain(40), last},
		"/v1/refunds": {plain(70), last}, "/v1/payouts": {plain(70), last}, "/v1/disputes": {plain(160), last},
		"/v1/events": {plain(40) + types, last + types},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func unix(t *testing.T, text string) int64 {
	t.Helper()
	var seconds int64
	if _, err := fmt.Sscan(text, &seconds); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return seconds
}

func TestEmptyWindowReadsOnlyByID(t *testing.T) {
	f := world(t)
	client, _ := f.client(t, Options{})
	got, _ := fetch(t, client, feeds.Request{Named: []string{"src_named", "src_nowhere"}})
	if diff := cmp.Diff([]string{"source src_named"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(2, len(f.received())); diff != "" {
		t.Error(diff)
	}
}

func TestIDsFromTheShopCannotLeaveTheirPath(t *testing.T) {
	f := newFake(t)
	f.fault = hostile(404, nil, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"no"}}`)
	client, _ := f.client(t, Options{})
	fetch(t, client, feeds.Request{Named: []string{"src_/../../v1/charges?limit=1#x"}})
	if got, want := f.received()[0].path, "/v1/sources/src_/../../v1/charges?limit=1#x"; got != want || len(f.received()[0].query) != 0 {
		t.Errorf("asked for %q with %v, want the id as one part of the path: %q", got, f.received()[0].query, want)
	}
}

func TestOtherModeIsCountedAndLeftAlone(t *testing.T) {
	f := newFake(t)
	f.hold(kindCharge,
		object{"id": "ch_live", "created": at(1), "livemode": true, "source": "src_live"},
		object{"id": "ch_test", "created": at(2), "livemode": false},
		object{"id": "ch_silent", "created": at(3)})
	for key, want := range map[string][]string{
		"sk_test_1": {"charge ch_test", "charge ch_silent"},
		"sk_live_1": {"charge ch_live", "charge ch_silent"},
		"rk_live_1": {"charge ch_live", "charge ch_silent"},
	} {
		client, _ := f.client(t, Options{Key: key})
		got, tally := fetch(t, client, feeds.Request{Window: lastDay()})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
		if tally.Read-tally.OtherMode != len(got) || tally.OtherMode == 0 {
			t.Errorf("%s: tally %+v for %d observations", key, tally, len(got))
		}
	}
}

func TestRowsThatCannotBeReadAreKept(t *testing.T) {
	f := newFake(t)
	f.fault = func(w httpWriter, r *httpRequest) bool {
		if r.URL.Path != "/v1/charges" {
			return false
		}
		return hostile(200, nil, `{"data":[{"id":"ch_1"},7,{"amount":5,"receipt_email":"a@example.com"},null,{"id":"ch\u0000"},{"id":"ch_2"}],"has_more":false}`)(w, r)
	}
	client, _ := f.client(t, Options{})
	seen := &sink{}
	tally, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: seen})
	if err != nil || tally.Read != 6 {
		t.Fatalf("tally %+v, error %v, want 6 read", tally, err)
	}
	normalise := NewNormaliser(nil, nil)
	for _, observation := range seen.all() {
		if _, rejected := normalise(observation).(reconcile.Rejection); !rejected || strings.Contains(string(observation.Body), "example.com") {
			t.Errorf("%v %s: want a rejection without personal data", observation.Key, observation.Body)
		}
	}
}

func TestASinkThatFailsStopsTheFetch(t *testing.T) {
	f := world(t)
	client, _ := f.client(t, Options{})
	full := errors.New("disk full")
	_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{err: full}})
	if !errors.Is(err, full) || len(f.received()) != 1 {
		t.Errorf("error %v after %d requests, want %v after one", err, len(f.received()), full)
	}
}

func TestPayoutLinesAreReadUntilHeld(t *testing.T) {
	const lines = "GET /v1/balance_transactions"
	f := world(t)
	client, _ := f.client(t, Options{})
	fetch(t, client, feeds.Request{Window: lastDay(), Memory: memory{held: []string{"payout_line txn_out"}}})
	if got := f.count(lines); got != 2 {
		t.Errorf("%d lists of balance transactions with the lines held, want 2: the window's, and what was moved since", got)
	}
	fetch(t, client, feeds.Request{Window: lastDay(), Memory: memory{held: []string{"payout_line txn_in"}}})
	if got := f.count(lines); got != 5 {
		t.Errorf("%d lists of balance transactions with a part of the lines held, want 3 more", got-2)
	}
}

// The payout's own line is what tells that all are held, so a fetch that broke off must not have handed it on.
func TestPayoutLinesThatBrokeOffAreNotTakenForComplete(t *testing.T) {
	f := newFake(t)
	f.hold(kindPayout, object{"id": "po_1", "created": at(1), "automatic": true, "reconciliation_status": "completed", "balance_transaction": "txn_own"})
	f.hold(kindBalanceTransaction, object{"id": "txn_own", "created": at(30), "_payout": "po_1"})
	for i := range 120 {
		f.hold(kindBalanceTransaction, object{"id": fmt.Sprintf("txn_%03d", i), "created": at(40), "_payout": "po_1"})
	}
	f.fault = func(w httpWriter, r *httpRequest) bool {
		return r.URL.Query().Get("starting_after") != "" && hostile(400, nil, `{"error":{"type":"api_error"}}`)(w, r)
	}
	client, _ := f.client(t, Options{})
	seen := &sink{}
	_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: seen})
	if err == nil || !strings.Contains(err.Error(), "list balance_transactions of payout po_1") {
		t.Fatalf("error %v, want one that names the payout", err)
	}
	if keys := seen.keys(); len(keys) != 100 || slices.Contains(keys, "payout_line txn_own") {
		t.Errorf("handed on %d objects, the own line among them: %v", len(keys), slices.Contains(keys, "payout_line txn_own"))
	}
}

func TestRecheckReadsTheOrderAgain(t *testing.T) {
	f := world(t)
	client, _ := f.client(t, Options{})
	key := func(feed, kind, id string) reconcile.Key {
		return reconcile.Key{Feed: feed, Account: "main", Kind: kind, ID: id}
	}
	seen := &sink{}
	tally, err := client.Recheck(t.Context(), feeds.Recheck{
		Since: reconcile.Window{From: noon.Add(-2*time.Hour - time.Minute), To: noon},
		IDs: []reconcile.Key{key("stripe", "source", "src_c"), key("stripe", "payment_intent", "pi_open"),
			key("stripe", "charge", "ch_a"), key("trustpayments", "auth", "1-2-3"), key("stripe", "refund", "re_new")},
		Sink: seen,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"charge ch_a", "charge py_b", "payment_intent pi_open", "charge ch_latest", "source src_c"}
	if diff := cmp.Diff(want, seen.keys()); diff != "" || tally.Read != len(want) {
		t.Error(tally, diff)
	}
}

func TestRecheckOfWhatVanishedIsAnError(t *testing.T) {
	client, _ := world(t).client(t, Options{})
	_, err := client.Recheck(t.Context(), feeds.Recheck{
		IDs:  []reconcile.Key{{Feed: "stripe", Account: "main", Kind: "source", ID: "src_vanished"}},
		Sink: &sink{},
	})
	if err == nil || !strings.Contains(err.Error(), "src_vanished") {
		t.Errorf("error %v, want one that names src_vanished", err)
	}
}

func TestFetchKeepsToItsPace(t *testing.T) {
	f := newFake(t)
	client, _ := f.client(t, Options{RequestsPerSecond: 0.0001})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := client.Fetch(ctx, feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
	if err == nil || len(f.received()) != 1 {
		t.Errorf("%d requests at once and error %v, want 1 and the refusal to wait for hours", len(f.received()), err)
	}
}

func TestWhatIsNotThereIsAskedForOnce(t *testing.T) {
	f := newFake(t)
	f.hold(kindCharge,
		object{"id": "ch_1", "created": at(1), "source": "src_gone", "payment_intent": "pi_2"},
		object{"id": "ch_2", "created": at(1), "source": "src_gone"})
	f.hold(kindPaymentIntent, object{"id": "pi_2", "created": at(1), "latest_charge": "ch_2"})
	client, _ := f.client(t, Options{})
	got, _ := fetch(t, client, feeds.Request{Named: []string{"ch_1"}})
	if diff := cmp.Diff([]string{"charge ch_1", "payment_intent pi_2", "charge ch_2"}, got); diff != "" {
		t.Error(diff)
	}
	if asked := f.count("GET /v1/sources/src_gone"); asked != 1 {
		t.Errorf("asked %d times for src_gone, want once", asked)
	}
}
