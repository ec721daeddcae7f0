package store_test

import (
	"slices"
	"strings"
	"testing"

	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// Long references that share their first 25 characters, as a provider cuts them.
const (
	cutReference = "ABCDEFGHIJKLMNOPQRSTUVWXY"
	longOne      = cutReference + "-1"
	longTwo      = cutReference + "-2"
)

// reaches checks that facts hold all that is wanted, a line of ids with ! before that of a rejection, and nothing that has
// nothing to do with it.
func reaches(t *testing.T, facts reconcile.Facts, want string, noise []reconcile.Record) {
	t.Helper()
	found := map[string]bool{}
	for _, record := range recordsOf(facts) {
		found[nameOf(record)] = true
	}
	for _, id := range strings.Fields(want) {
		if !found[id] {
			t.Errorf("%s is not among the facts", id)
		}
	}
	for _, record := range noise {
		if found[nameOf(record)] {
			t.Errorf("%s is among the facts", nameOf(record))
		}
	}
	if len(found) < len(recordsOf(facts)) {
		t.Errorf("facts come more than once: %d of %d", len(recordsOf(facts)), len(found))
	}
}

func nameOf(record reconcile.Record) string {
	if _, rejected := record.(reconcile.Rejection); rejected {
		return "!" + record.RecordKey().ID
	}
	return record.RecordKey().ID
}

// caseOf is the case with a key that facts make, or none.
func caseOf(facts reconcile.Facts, key string) []reconcile.Case {
	return slices.DeleteFunc(reconcile.Assemble(facts, reconcile.DefaultPolicy()), func(c reconcile.Case) bool { return c.Key != key })
}

func TestFactsReachWhatCouldBelongToAnOrder(t *testing.T) {
	noise := []reconcile.Record{
		order("N-1", "src_n"), source("src_n", "N-1", reconcile.SourceConsumed), charge("ch_n", "src_n", "N-1"),
		reconcile.Refund{Key: stripeKey("refund", "re_n"), PaymentID: "ch_n"}, order("N-2", ""), charge("ch_m", "", ""),
		reconcile.Rejection{Key: stripeKey("charge", "ch_bad"), Reference: "N-1", LinkedID: "src_n"},
	}
	tests := []struct {
		name    string
		records []reconcile.Record
		ask     string
		want    string
	}{
		{"payment by stored id", []reconcile.Record{order("R-1", "ch_1"), charge("ch_1", "", "")}, "R-1", "R-1 ch_1"},
		{"payment by the stored id of its source", []reconcile.Record{order("R-1", "src_1"), charge("ch_1", "src_1", "")}, "R-1", "R-1 ch_1"},
		{"source by stored id, with its other payment", []reconcile.Record{
			order("R-1", "src_1"), source("src_1", "", reconcile.SourceConsumed), charge("ch_1", "src_1", ""), charge("ch_2", "src_1", "")}, "R-1", "R-1 src_1 ch_1 ch_2"},
		{"stored payment, its source, and that one's other payment", []reconcile.Record{
			order("R-1", "ch_1"), source("src_1", "", reconcile.SourceConsumed), charge("ch_1", "src_1", ""), charge("ch_2", "src_1", "")}, "R-1", "R-1 src_1 ch_1 ch_2"},
		{"payment by reference", []reconcile.Record{order("R-1", ""), charge("ch_1", "", "R-1")}, "R-1", "R-1 ch_1"},
		{"payment by its source's reference", []reconcile.Record{
			order("R-1", ""), source("src_1", "R-1", reconcile.SourceConsumed), charge("ch_1", "src_1", "")}, "R-1", "R-1 src_1 ch_1"},
		{"rivals by a cut reference", []reconcile.Record{order(longOne, ""), order(longTwo, ""), auth("1-2-3", cutReference, reconcile.PaymentPending)},
			longOne, longOne + " " + longTwo + " 1-2-3"},
		{"rival with the exact reference", []reconcile.Record{order(longOne, ""), order(cutReference, ""), auth("1-2-3", cutReference, reconcile.PaymentPending)},
			longOne, cutReference + " " + longOne + " 1-2-3"},
		{"rival by the same stored id", []reconcile.Record{order("R-1", "ch_1"), order("R-2", "ch_1"), charge("ch_1", "", "R-2")}, "R-1", "R-1 R-2 ch_1"},
		{"rival by the stored id of the payment's source", []reconcile.Record{order("R-1", ""), order("R-2", "src_1"), charge("ch_1", "src_1", "R-1")}, "R-1", "R-1 R-2 ch_1"},
		{"rival by the payment's reference", []reconcile.Record{order("R-1", "ch_1"), order("R-2", ""), charge("ch_1", "", "R-2")}, "R-1", "R-1 R-2 ch_1"},
		{"what hangs on the payment", []reconcile.Record{
			order("R-1", "src_1"), source("src_1", "", reconcile.SourceConsumed), charge("ch_1", "src_1", ""),
			reconcile.SourceEvent{Key: stripeKey("event", "evt_1"), SourceID: "src_1"},
			reconcile.Refund{Key: stripeKey("refund", "re_1"), PaymentID: "ch_1"}, reconcile.Refund{Key: stripeKey("refund", "re_2"), PaymentID: "src_1"},
			reconcile.RefundRequest{Key: shopKey("refund_request", "rf_1"), OrderReference: "R-1"},
			reconcile.Dispute{Key: stripeKey("dispute", "dp_1"), PaymentID: "ch_1"}},
			"R-1", "R-1 src_1 evt_1 ch_1 re_1 re_2 rf_1 dp_1"},
		{"refund that names the order, of a payment not held", []reconcile.Record{
			order(longOne, ""), reconcile.Refund{Key: trustKey("refund", "1-2-4"), PaymentID: "1-2-3", Reference: cutReference}}, longOne, longOne + " 1-2-4"},
		{"event of a stored source not held, which is in no case", []reconcile.Record{
			order("R-1", "src_1"), reconcile.SourceEvent{Key: stripeKey("event", "evt_1"), SourceID: "src_1"}}, "R-1", "R-1"},
		{"rejection that names the order, whole or cut", []reconcile.Record{
			order(longOne, ""), reconcile.Rejection{Key: trustKey("auth", "1-2-3"), Reference: longOne}, reconcile.Rejection{Key: trustKey("auth", "1-2-4"), Reference: cutReference}},
			longOne, longOne + " !1-2-3 !1-2-4"},
		{"rejection of the stored payment", []reconcile.Record{order("R-1", "ch_1"), reconcile.Rejection{Key: stripeKey("charge", "ch_1")}}, "R-1", "R-1 !ch_1"},
		{"rejection linked to the stored source", []reconcile.Record{order("R-1", "src_1"), reconcile.Rejection{Key: stripeKey("charge", "ch_1"), LinkedID: "src_1"}}, "R-1", "R-1 !ch_1"},
		{"rejection linked to a found payment", []reconcile.Record{
			order("R-1", ""), charge("ch_1", "", "R-1"), reconcile.Rejection{Key: stripeKey("refund", "re_1"), LinkedID: "ch_1"}}, "R-1", "R-1 ch_1 !re_1"},
		{"an order that is not there", nil, "R-9", ""},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				clearAll(t, s)
				observe(t, s, append(test.records, noise...)...)
				facts := must(s.FactsOfOrders(ctx, []string{test.ask}))(t)
				reaches(t, facts, test.want, noise)
				equal(t, "case", caseOf(facts, reconcile.CaseKeyOfOrder(test.ask)), caseOf(factsOf(append(test.records, noise...)), reconcile.CaseKeyOfOrder(test.ask)))
			})
		}
	})
}

func TestFactsReachTheOrdersOfAPayment(t *testing.T) {
	tests := []struct {
		name    string
		records []reconcile.Record
		ask     reconcile.Key
		want    string
	}{
		{"payment with its source and rivals", []reconcile.Record{
			order("R-1", "src_1"), order("R-2", ""), order("R-3", ""), source("src_1", "R-3", reconcile.SourceConsumed), charge("ch_1", "src_1", "R-2")},
			stripeKey("charge", "ch_1"), "R-1 R-2 R-3 src_1 ch_1"},
		{"payments of one source are one case, also when the source is not held", []reconcile.Record{charge("ch_1", "src_1", ""), charge("ch_2", "src_1", "")},
			stripeKey("charge", "ch_1"), "ch_1 ch_2"},
		{"payments of one source, which is not held, whatever they name", []reconcile.Record{charge("ch_1", "src_1", "X-1"), charge("ch_2", "src_1", "X-2")},
			stripeKey("charge", "ch_1"), "ch_1 ch_2"},
		{"source with its payment and the order that stores it", []reconcile.Record{
			order("R-1", "ch_1"), source("src_1", "", reconcile.SourceConsumed), charge("ch_1", "src_1", "")}, stripeKey("source", "src_1"), "R-1 src_1 ch_1"},
		{"cut reference", []reconcile.Record{order(longOne, ""), order(longTwo, ""), auth("1-2-3", cutReference, reconcile.PaymentSucceeded)},
			trustKey("auth", "1-2-3"), longOne + " " + longTwo + " 1-2-3"},
		{"shop order that could not be read, whole or cut", []reconcile.Record{
			auth("1-2-3", cutReference, reconcile.PaymentSucceeded), reconcile.Rejection{Key: shopKey("order", longOne), Reference: longOne},
			reconcile.Rejection{Key: shopKey("order", cutReference), Reference: cutReference}},
			trustKey("auth", "1-2-3"), "1-2-3 !" + cutReference + " !" + longOne},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				clearAll(t, s)
				noise := []reconcile.Record{order("N-1", ""), charge("ch_n", "", "N-1")}
				observe(t, s, append(test.records, noise...)...)
				facts := must(s.FactsOfKeys(ctx, []reconcile.Key{test.ask}))(t)
				reaches(t, facts, test.want, noise)
				equal(t, "cases", reconcile.Assemble(facts, reconcile.DefaultPolicy()), reconcile.Assemble(factsOf(test.records), reconcile.DefaultPolicy()))
			})
		}
	})
}
