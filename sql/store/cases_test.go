package store_test

import (
	"fmt"
	"math/rand/v2"
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

// found writes the ids of facts in a line, kinds in the order of reconcile.Facts.
func found(f reconcile.Facts) string {
	var ids []string
	for _, o := range f.Orders {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Sources {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Events {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Payments {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Refunds {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Requests {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Disputes {
		ids = append(ids, o.ID)
	}
	for _, o := range f.Rejections {
		ids = append(ids, "!"+o.ID)
	}
	return strings.Join(ids, " ")
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
		{"event of a stored source not held", []reconcile.Record{
			order("R-1", "src_1"), reconcile.SourceEvent{Key: stripeKey("event", "evt_1"), SourceID: "src_1"}}, "R-1", "R-1 evt_1"},
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
				equal(t, "facts", found(must(s.FactsOfOrders(ctx, []string{test.ask}))(t)), test.want)
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
				observe(t, s, append(test.records, order("N-1", ""), charge("ch_n", "", "N-1"))...)
				equal(t, "facts", found(must(s.FactsOfKeys(ctx, []reconcile.Key{test.ask}))(t)), test.want)
			})
		}
	})
}

// clearAll empties what can be emptied, and makes the observations' versions start anew under other accounts.
func clearAll(t *testing.T, s *store.Store) {
	t.Helper()
	for _, table := range []string{"orders", "sources", "source_events", "payments", "refunds", "refund_requests", "disputes", "rejections"} {
		_, err := s.Exec(ctx, "DELETE FROM tieout_"+table)
		succeed(t, err)
	}
	drop := "ALTER TABLE tieout_observations DISABLE TRIGGER ALL"
	if s.Dialect() == store.SQLite {
		drop = "DROP TRIGGER IF EXISTS tieout_observations_no_delete"
	}
	for _, statement := range []string{drop, "DELETE FROM tieout_observations"} {
		_, err := s.Exec(ctx, statement)
		succeed(t, err)
	}
}

// TestPagesSeeWhatTheWholeStoreSees: whatever the world, each case is assembled from a page of facts as it is from all.
func TestPagesSeeWhatTheWholeStoreSees(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		policy := reconcile.DefaultPolicy()
		for seed := range uint64(6) {
			clearAll(t, s)
			facts := tangledWorld(rand.New(rand.NewPCG(seed, 1)))
			observe(t, s, recordsOf(facts)...)
			whole := map[string]reconcile.Case{}
			for _, c := range reconcile.Assemble(facts, policy) {
				whole[c.Key] = c
			}
			seen := 0
			for _, c := range casesByPages(t, s, policy) {
				equal(t, fmt.Sprintf("seed %d, case %s", seed, c.Key), c, whole[c.Key])
				seen++
			}
			equal(t, "cases", seen, len(whole))
		}
	})
}

// casesByPages assembles the cases as the job does: the orders page by page, then the loose payments and sources.
func casesByPages(t *testing.T, s *store.Store, policy reconcile.Policy) []reconcile.Case {
	t.Helper()
	byKey := map[string]reconcile.Case{}
	for after := ""; ; {
		page := must(s.OrderReferences(ctx, after, 3))(t)
		for _, c := range reconcile.Assemble(must(s.FactsOfOrders(ctx, page))(t), policy) {
			if c.Order != nil && slices.Contains(page, c.Order.ID) {
				byKey[c.Key] = c
			}
		}
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1]
	}
	for after := (reconcile.Key{}); ; {
		page := must(s.LooseKeys(ctx, after, 3))(t)
		asked := map[reconcile.Key]bool{}
		for _, key := range page {
			asked[key] = true
		}
		for _, c := range reconcile.Assemble(must(s.FactsOfKeys(ctx, page))(t), policy) {
			if c.Order == nil && holdsAny(c, asked) {
				byKey[c.Key] = c
			}
		}
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1]
	}
	var cases []reconcile.Case
	for _, c := range byKey {
		cases = append(cases, c)
	}
	return cases
}

func holdsAny(c reconcile.Case, keys map[reconcile.Key]bool) bool {
	for _, payment := range c.Payments {
		if keys[payment.Key] {
			return true
		}
	}
	for _, source := range c.Sources {
		if keys[source.Key] {
			return true
		}
	}
	return false
}

// tangledWorld has few ids and references, so that stored ids, references and truncations collide often.
func tangledWorld(random *rand.Rand) reconcile.Facts {
	references := []string{"", "", "R-1", "R-2", "R-3", "R-4", cutReference, longOne, longTwo, "R-9"}
	ids := []string{"", "", "src_0", "src_1", "src_2", "src_3", "ch_0", "ch_1", "ch_2", "ch_3", "1-2-0", "1-2-1"}
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	var f reconcile.Facts
	for _, reference := range references[2:9] {
		if random.IntN(4) > 0 {
			f.Orders = append(f.Orders, order(reference, pick(ids)))
		}
	}
	for i := range 5 {
		if random.IntN(4) > 0 {
			f.Sources = append(f.Sources, source(fmt.Sprintf("src_%d", i), pick(references), reconcile.SourceConsumed))
		}
		f.Payments = append(f.Payments, charge(fmt.Sprintf("ch_%d", i), pick(ids[:6]), pick(references)))
		f.Payments = append(f.Payments, auth(fmt.Sprintf("1-2-%d", i), pick(references), reconcile.PaymentSucceeded))
		f.Refunds = append(f.Refunds, reconcile.Refund{Key: stripeKey("refund", fmt.Sprint("re_", i)), PaymentID: pick(ids[6:10]), Reference: pick(references), Amount: eur(1)})
		f.Refunds = append(f.Refunds, reconcile.Refund{Key: trustKey("refund", fmt.Sprint("1-3-", i)), PaymentID: pick([]string{"1-2-0", "1-2-1", "1-9-9"}), Reference: pick(references), Amount: eur(1)})
		f.Events = append(f.Events, reconcile.SourceEvent{Key: stripeKey("event", fmt.Sprint("evt_", i)), SourceID: pick(ids[2:6]), At: noon})
		f.Disputes = append(f.Disputes, reconcile.Dispute{Key: stripeKey("dispute", fmt.Sprint("dp_", i)), PaymentID: pick(ids[6:10]), Amount: eur(1)})
		f.Requests = append(f.Requests, reconcile.RefundRequest{Key: shopKey("refund_request", fmt.Sprint("rf_", i)), OrderReference: pick(references), Amount: eur(1)})
		f.Rejections = append(f.Rejections, reconcile.Rejection{Key: stripeKey("charge", fmt.Sprint("ch_bad_", i)), Reference: pick(references), LinkedID: pick(ids)})
		f.Rejections = append(f.Rejections, reconcile.Rejection{Key: trustKey("auth", fmt.Sprint("1-8-", i)), Reference: pick(references)})
	}
	return f
}

func recordsOf(f reconcile.Facts) []reconcile.Record {
	var records []reconcile.Record
	for _, r := range f.Orders {
		records = append(records, r)
	}
	for _, r := range f.Sources {
		records = append(records, r)
	}
	for _, r := range f.Events {
		records = append(records, r)
	}
	for _, r := range f.Payments {
		records = append(records, r)
	}
	for _, r := range f.Refunds {
		records = append(records, r)
	}
	for _, r := range f.Requests {
		records = append(records, r)
	}
	for _, r := range f.Disputes {
		records = append(records, r)
	}
	for _, r := range f.Rejections {
		records = append(records, r)
	}
	return records
}

func TestPagesAreInTheOrderOfBytes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, order("b", ""), order("B", ""), order("a-1", ""), order("a1", ""), order("é", ""), order("Z", ""),
			charge("ch_b", "", ""), charge("ch_B", "", ""), source("src_1", "", reconcile.SourcePending), auth("1-2-3", "", reconcile.PaymentPending),
			reconcile.Rejection{Key: stripeKey("charge", "b")}, reconcile.Rejection{Key: stripeKey("charge", "B")})
		equal(t, "orders", must(s.OrderReferences(ctx, "", 10))(t), []string{"B", "Z", "a-1", "a1", "b", "é"})
		equal(t, "page of orders", must(s.OrderReferences(ctx, "Z", 2))(t), []string{"a-1", "a1"})
		all := []reconcile.Key{stripeKey("charge", "ch_B"), stripeKey("charge", "ch_b"), stripeKey("source", "src_1"), trustKey("auth", "1-2-3")}
		equal(t, "keys", must(s.LooseKeys(ctx, reconcile.Key{}, 10))(t), all)
		equal(t, "page of keys", must(s.LooseKeys(ctx, all[0], 2))(t), all[1:3])
		equal(t, "page of rejections", must(s.Rejections(ctx, stripeKey("charge", "B"), 5))(t), []reconcile.Rejection{{Key: stripeKey("charge", "b")}})
	})
}
