package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// TestHoweverRowsAreWritten: many rows go through a staging table and few do not, and PostgreSQL writes them otherwise than SQLite. The
// same observations come to the same store all the same: new ones, repeats in a batch and across batches, changes, and objects that
// cannot be read, can be read again, and are refused for something else.
func TestHoweverRowsAreWritten(t *testing.T) {
	t.Cleanup(store.StageFrom(100))
	for seed := range storetest.Seeds(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 4))
			together := storetest.Open(t, storetest.PostgresURL(t))
			many, few, lite := storetest.Open(t, storetest.PostgresURL(t)), storetest.Open(t, storetest.PostgresURL(t)), storetest.Open(t, storetest.SQLiteURL(t))
			var batches [][]feeds.Item
			for n := range 3 {
				items := someItems(random, n%3 == 2)
				batches = append(batches, items)
				want := observeBy(t, many, len(items), items)
				equal(t, "counts of few at a time", observeBy(t, few, 70+random.IntN(30), items), want)
				equal(t, "counts on SQLite", observeBy(t, lite, len(items), items), want)
			}
			succeed(t, together.ObserveTogether(ctx, 7, noon, batches...))
			equal(t, "rows of one transaction", content(t, together), content(t, many))
			equal(t, "rows of few at a time", content(t, few), content(t, many))
			equal(t, "observations on SQLite", dump(t, lite, "observations"), dump(t, many, "observations"))
			equal(t, "facts on SQLite", sortedFacts(t, lite), sortedFacts(t, many))
			movements := func(table, column string) bool { return table == "tieout_movements" && column != "touched" }
			equal(t, "movements on SQLite", dumpOf(t, lite, movements), dumpOf(t, many, movements))
			if len(heldFacts(t, many).Rejections) == 0 || len(dump(t, many, "observations")) < 1500 {
				t.Error("too little happened")
			}
		})
	}
}

// someItems are of eight hundred objects of five kinds, each in one of a few states. What they say is read in one of two ways.
func someItems(random *rand.Rand, mended bool) []feeds.Item {
	items := make([]feeds.Item, 0, 1400)
	for range cap(items) {
		id, state := random.IntN(800), random.IntN(4)
		items = append(items, anItem(id, state, mended))
	}
	return items
}

func anItem(id, state int, mended bool) feeds.Item {
	reference := fmt.Sprintf("R\t%d\\\n\"'é\x00", id%200)
	amount := money.Amount{Minor: int64(1000 + state - 2000*(id%2)), Currency: "EUR"}
	var record reconcile.Record
	switch name := fmt.Sprint(id); id % 6 {
	case 0:
		record = reconcile.Order{Key: shopKey("order", reference+name), PaymentID: "src_" + name, Amount: amount, Status: reconcile.OrderPaid, CreatedAt: noon}
	case 1:
		is := source("src_"+name, reference, reconcile.SourceChargeable)
		is.Authorised, is.Amount = state == 1, amount
		record = is
	case 2, 3: // more than a hundred in a batch
		is := charge("ch_"+name, "src_"+name, reference)
		is.Amount = amount
		record = is
	case 4:
		record = reconcile.Movement{Key: stripeKey("balance_transaction", "txn_"+name), ObjectID: "ch_" + name, Category: "charge", Gross: amount, Net: amount, CreatedAt: noon}
	default:
		record = reconcile.Refund{Key: stripeKey("refund", "re_"+name), PaymentID: "ch_" + name, Reference: reference, Amount: amount, Status: reconcile.RefundFailed, Reason: reference, CreatedAt: noon}
	}
	body := fmt.Appendf(nil, `{"record":%q}`, fmt.Sprintf("%+v", record))
	if state == 3 && !mended { // it cannot be read, before and after it was mended for something else
		record = reconcile.Rejection{Key: record.RecordKey(), Reason: "state " + reference, Reference: reference, LinkedID: "ch_1"}
	} else if state == 2 && mended {
		record = reconcile.Rejection{Key: record.RecordKey(), Reason: "mended " + reference}
	}
	return feeds.Item{Observation: feeds.Observation{Key: record.RecordKey(), Body: body}, Record: record}
}

// observeBy hands items over, so many at a time.
func observeBy(t *testing.T, s *store.Store, atOnce int, items []feeds.Item) (sum feeds.Counts) {
	t.Helper()
	for part := range slices.Chunk(items, atOnce) {
		counts := must(s.Observe(ctx, 7, noon, part))(t)
		sum.Read += counts.Read
		sum.Stored += counts.Stored
		sum.Unchanged += counts.Unchanged
		sum.Rejected += counts.Rejected
	}
	return sum
}

// sortedFacts are all facts that a store holds, whatever hangs together.
func sortedFacts(t *testing.T, s *store.Store) (facts []string) {
	t.Helper()
	for _, record := range recordsOf(heldFacts(t, s)) {
		facts = append(facts, fmt.Sprintf("%T %+v", record, record))
	}
	slices.Sort(facts)
	return facts
}
