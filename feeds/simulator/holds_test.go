package simulator

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What Holds tells is what a client is shown that asks for all of it, a few objects at a time.
func TestHoldsIsWhatIsListed(t *testing.T) {
	w := newWorld(t, Config{Orders: 300})
	s := NewServer(w, ServerConfig{StripeKey: testKey, TPUsername: testUser, TPPassword: testPassword, PageSize: 7, RecordLimit: 3})
	base := start(t, s)
	want := map[string][]string{}
	for _, o := range w.Holds(endOfDay) {
		want[o.Kind] = append([]string{o.ID}, want[o.Kind]...)
	}
	for _, kind := range []string{"charge", "payment_intent", "refund", "dispute", "balance_transaction", "payout", "event"} {
		var got []string
		for cursor := ""; ; {
			page := decode[listAnswer](t, stripeCallTo(t, http.MethodGet, base+"/v1/"+kind+"s?limit=100&"+cursor, nil, "").body)
			if len(page.Data) > 7 {
				t.Fatalf("%d objects on a page of 7", len(page.Data))
			}
			got = append(got, ids(page.Data)...)
			if !page.HasMore {
				break
			}
			cursor = "starting_after=" + got[len(got)-1]
		}
		if diff := cmp.Diff(want[kind], got); diff != "" || len(got) == 0 {
			t.Errorf("%s: %d of %d\n%.600s", kind, len(got), len(want[kind]), diff)
		}
	}
	if len(want["source"]) != len(held(w.sources, time.Time{}, endOfDay)) || len(want["source"]) == 0 {
		t.Errorf("%d sources", len(want["source"]))
	}
	records := references(trustPost(t, base, queryOf(window(time.Unix(0, 0).UTC(), endOfDay)))[0])
	if all := len(want["AUTH"]) + len(want["REFUND"]); len(records) != 3 || all != len(held(w.transactions, time.Time{}, endOfDay)) {
		t.Errorf("%d records in one answer, %d held", len(records), all)
	}
}

// A refund that fails is one that was made and that shows how it ended.
func TestFailRefunds(t *testing.T) {
	w := newWorld(t, Config{Orders: 600, Stories: PlainStories()})
	s := newTestServer(w)
	base := start(t, s)
	s.FailRefunds(true)
	c := refundable(t, w)
	made := decode[anyObject](t, stripeCallTo(t, http.MethodPost, base+"/v1/refunds", url.Values{"charge": {c.id}}, "").body)
	if made["status"] != "pending" {
		t.Errorf("at first %v", made)
	}
	s.SetNow(endOfDay.Add(refundDuration))
	ended := decode[anyObject](t, stripeCallTo(t, http.MethodGet, base+"/v1/refunds/"+made["id"].(string), nil, "").body)
	if ended["status"] != "failed" || !isID(ended["failure_balance_transaction"], "txn_") {
		t.Errorf("then %v", ended)
	}
	var auth *transaction
	for _, x := range w.transactions.items {
		if state, _ := x.states.at(endOfDay); x.kind == "AUTH" && state.settle == "100" && len(x.refunds) == 0 {
			auth = x
		}
	}
	refused := trustPost(t, base, refundOf(auth.id, ""))[0]
	shown := trustPost(t, base, queryOf(map[string][]string{"parenttransactionreference": {auth.id}}))[0]
	if refused["errorcode"] != "70000" || len(references(shown)) != 1 || references(shown)[0] != refused["transactionreference"] {
		t.Errorf("answered %v, shown %v", refused, shown)
	}
	s.FailRefunds(false)
	if again := trustPost(t, base, refundOf(auth.id, ""))[0]; again["errorcode"] != "0" {
		t.Errorf("a refund that failed takes nothing from what is left: %v", again)
	}
}
