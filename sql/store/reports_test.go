package store_test

import (
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func movement(id, objectID, category string, gross, fee int64) reconcile.Movement {
	return reconcile.Movement{
		Key: stripeKey("balance_transaction", id), ObjectID: objectID, Category: category,
		Gross: eur(gross), Fee: eur(fee), Net: eur(gross - fee), CreatedAt: noon, AvailableAt: noon,
	}
}

func line(id, payoutID, category string, net money.Amount) reconcile.PayoutLine {
	return reconcile.PayoutLine{Key: stripeKey("payout_line", id), PayoutID: payoutID, Category: category, Net: net}
}

func TestMatchedTellsTheSettlement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		later := movement("txn_0", "ch_1", "refund", -10, 0)
		later.CreatedAt = noon.Add(time.Hour)
		observe(t, s, later, movement("txn_1", "ch_1", "charge", 1000, 30), line("txn_1", "po_1", "charge", eur(970)), movement("txn_2", "ch_2", "charge", 1000, 30))
		matched := func(reference, id string) reconcile.Verdict {
			v := verdict(reference, reconcile.Matched)
			v.Payment, v.Rule, v.Paid, v.Refunded, v.PaidAt = stripeKey("charge", id), reconcile.RuleStoredID, eur(1000), eur(1), noon
			return v
		}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{
			matched("c", "ch_3"), matched("B", "ch_2"), matched("a", "ch_1"), verdict("d", reconcile.Matched), verdict("e", reconcile.Waiting)}}))
		pair := func(reference, id, movement, payout string) store.MatchedPair {
			p := store.MatchedPair{
				OrderReference: reference, Payment: stripeKey("charge", id), Rule: reconcile.RuleStoredID, Order: eur(1000), Paid: eur(1000),
				Refunded: eur(1), PaidAt: noon, MovementID: movement, PayoutID: payout,
			}
			if movement != "" {
				p.Fee, p.Net, p.AvailableAt = eur(30), eur(970), noon
			}
			return p
		}
		equal(t, "matched", collect(t, s.Matched(ctx)), []store.MatchedPair{
			pair("B", "ch_2", "txn_2", ""), pair("a", "ch_1", "txn_1", "po_1"), pair("c", "ch_3", "", "")})
	})
}

func TestAgeingIsOldestFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		old, young := auth("1-2-9", cutReference, reconcile.PaymentPending), auth("1-2-1", "R-2", reconcile.PaymentSuspended)
		old.CreatedAt = noon.Add(-time.Hour)
		observe(t, s, young, old, auth("1-2-3", "R-3", reconcile.PaymentSucceeded))
		linked := verdict(longOne, reconcile.Waiting)
		linked.Payment, linked.Cluster = old.Key, clusterOf(t, s, old.Key)
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{linked}}))
		equal(t, "ageing", collect(t, s.Ageing(ctx)), []store.Unsettled{{Payment: old, OrderReference: longOne}, {Payment: young, OrderReference: "R-2"}})
	})
}

func TestPayoutSumsLeaveOutThePayoutAndBeginWithWhatIsWrong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		payout := func(id string) reconcile.Payout {
			return reconcile.Payout{Key: stripeKey("payout", id), Amount: eur(100), Status: reconcile.PayoutPaid, Automatic: true}
		}
		failed, recent := payout("po_9"), payout("po_8")
		failed.Status, recent.ArrivalAt = reconcile.PayoutFailed, noon
		differs := payout("po_7")
		differs.Itemised = true
		observe(t, s, payout("po_2"), payout("po_1"), payout("po_3"), failed, recent, differs, line("txn_6", "po_7", "charge", eur(99)),
			line("txn_1", "po_1", "charge", eur(130)), line("txn_2", "po_1", "refund", eur(-30)), line("txn_3", "po_1", "payout", eur(-100)),
			line("txn_4", "po_3", "charge", money.Amount{Minor: 7, Currency: "JPY"}), line("txn_5", "po_3", "charge", eur(1)))
		equal(t, "sums", collect(t, s.PayoutSums(ctx)), []reconcile.PayoutSum{
			{Payout: differs, Lines: 1, Sums: []money.Amount{eur(99)}},
			{Payout: failed},
			{Payout: recent},
			{Payout: payout("po_1"), Lines: 2, Sums: []money.Amount{eur(100)}, AllHeld: true},
			{Payout: payout("po_2")},
			{Payout: payout("po_3"), Lines: 2, Sums: []money.Amount{eur(1), {Minor: 7, Currency: "JPY"}}},
		})
		for sum, err := range s.PayoutSums(ctx) {
			succeed(t, err)
			equal(t, "first", sum.Payout.ID, "po_7")
			break
		}
		// A fetch that ended well has listed the lines of every payout, one that did not may have missed some.
		for reason, want := range map[string]bool{"": true, "broke off": false} {
			succeed(t, s.SetCoverage(ctx, 1, reconcile.Coverage{Feed: "stripe", Account: "default", Reason: reason}))
			for _, sum := range collect(t, s.PayoutSums(ctx)) {
				equal(t, sum.ID+" after a fetch that ended with "+reason, sum.AllHeld, want || sum.ID == "po_1")
			}
		}
	})
}

func TestTotals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		yen := order("R-3", "")
		yen.Amount = money.Amount{Minor: 500, Currency: "JPY"}
		failed := charge("ch_3", "", "")
		failed.Status = reconcile.PaymentFailed
		observe(t, s, order("R-1", ""), order("R-2", ""), yen, charge("ch_1", "", ""), charge("ch_2", "", ""), failed,
			reconcile.Refund{Key: stripeKey("refund", "re_1"), Amount: eur(5), Status: reconcile.RefundSucceeded},
			reconcile.Refund{Key: stripeKey("refund", "re_2"), Amount: eur(6), Status: reconcile.RefundPending},
			movement("txn_1", "ch_1", "charge", 1000, 30), movement("txn_2", "po_1", "payout", -900, 0),
			source("src_1", "R-7", reconcile.SourceCanceled), reconcile.Rejection{Key: stripeKey("charge", "ch_4")}, reconcile.Rejection{Key: shopKey("order", "R-4")})
		matched, scope := verdict("R-1", reconcile.Matched), verdict("", reconcile.OutOfScope)
		matched.Payment, matched.Paid = stripeKey("charge", "ch_1"), eur(1000)
		scope.CaseKey, scope.Payment, scope.Paid, scope.Order = "loose/2", stripeKey("charge", "ch_2"), eur(1000), money.Amount{}
		waiting := verdict("R-3", reconcile.Waiting)
		waiting.Order = yen.Amount
		loose := verdict("R-7", reconcile.Closed)
		loose.CaseKey, loose.Order = reconcile.LooseKeyOf(source("src_1", "", "")), money.Amount{}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{
			matched, verdict("R-2", reconcile.Excepted), waiting, loose, scope}}))
		equal(t, "totals", must(s.Totals(ctx))(t), []store.Total{
			{Feed: "shop", Account: "shop", Rejected: 1},
			{Feed: "shop", Account: "shop", Currency: "EUR", Orders: store.Tally{Count: 2, Minor: 2000}, Cases: 1, Excepted: store.Tally{Count: 1, Minor: 1000}},
			{Feed: "shop", Account: "shop", Currency: "JPY", Orders: store.Tally{Count: 1, Minor: 500}, Cases: 1, Waiting: store.Tally{Count: 1, Minor: 500}},
			{Feed: "stripe", Account: "default", Rejected: 1},
			{
				Feed: "stripe", Account: "default", Currency: "EUR", Payments: store.Tally{Count: 2, Minor: 2000}, Refunds: store.Tally{Count: 1, Minor: 5},
				Movements: 2, Fees: 30, Net: 970, Cases: 3, Matched: store.Tally{Count: 1, Minor: 1000}, OutOfScope: store.Tally{Count: 1, Minor: 1000},
				Closed: store.Tally{Count: 1, Minor: 1000},
			},
		})
	})
}

// A caller may write while it reads: iterators hold a connection of their own.
func TestWritingInsideALoop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, charge("ch_1", "", ""), charge("ch_2", "", ""))
		for cluster, err := range s.AllClusters(ctx) {
			succeed(t, err)
			payment := cluster.Facts.Payments[0]
			payment.Reference = "R-1"
			observe(t, s, payment)
		}
		equal(t, "reference", heldFacts(t, s).Payments[1].Reference, "R-1")
	})
}

func TestClosedStoreFailsWithTheCallsName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		succeed(t, s.DB().Close())
		for _, err := range s.Matched(ctx) {
			equal(t, "error", err.Error(), "list matched orders: sql: database is closed")
		}
		_, err := s.FactsOfOrders(ctx, []string{"R-1"})
		equal(t, "error", err.Error(), "read the facts of 1 orders: sql: database is closed")
	})
}
