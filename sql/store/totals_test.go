package store_test

import (
	"testing"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// A case whose payment took nothing (yet) is counted with that payment, in its currency, by what it would take; without any
// payment, with its order. No case is counted under no currency, none twice, none not at all.
func TestEveryCaseIsCountedOnceUnderACurrency(t *testing.T) {
	yen := money.Amount{Minor: 500, Currency: "JPY"}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		pending := auth("1-2-3", "R-1", reconcile.PaymentPending)
		pending.Amount = yen
		unnamed := source("src_1", "", reconcile.SourceCanceled)
		unnamed.Account = "a/b"
		observe(t, s, order("R-1", ""), order("R-2", ""), pending, unnamed, source("src_2", "R-2", reconcile.SourceCanceled))
		waiting, alone, loose := verdict("R-1", reconcile.Waiting), verdict("R-2", reconcile.Closed), verdict("", reconcile.Closed)
		waiting.Payment = pending.Key
		loose.CaseKey, loose.Order = reconcile.LooseKeyOf(unnamed), money.Amount{}
		gone := verdict("R-9", reconcile.Excepted) // its payment is not held any more
		gone.Payment = trustKey("auth", "9-9-9")
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{waiting, alone, loose, gone}}))
		equal(t, "totals", must(s.Totals(ctx))(t), []store.Total{
			{Feed: "shop", Account: "shop", Currency: "EUR", Orders: store.Tally{Count: 2, Minor: 2000}, Cases: 1, Closed: store.Tally{Count: 1, Minor: 1000}},
			{Feed: "stripe", Account: "a/b", Currency: "EUR", Cases: 1, Closed: store.Tally{Count: 1, Minor: 1000}},
			{Feed: "trustpayments", Account: "site", Currency: "EUR", Cases: 1, Excepted: store.Tally{Count: 1, Minor: 1000}},
			{Feed: "trustpayments", Account: "site", Currency: "JPY", Cases: 1, Waiting: store.Tally{Count: 1, Minor: 500}},
		})
	})
}

// An order that nobody judged is in the cases and in no outcome, also in a currency of which nothing was judged; what belongs
// to no verdict at the providers is not looked for.
func TestOrdersWithoutAVerdictAreCountedInTheCases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		yen := order("R-3", "")
		yen.Amount = money.Amount{Minor: 500, Currency: "JPY"}
		observe(t, s, order("R-1", ""), order("R-2", ""), yen, charge("ch_1", "", ""))
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{verdict("R-1", reconcile.Waiting)}}))
		equal(t, "totals", must(s.Totals(ctx))(t), []store.Total{
			{Feed: "shop", Account: "shop", Currency: "EUR", Orders: store.Tally{Count: 2, Minor: 2000}, Cases: 2, Unjudged: 1, Waiting: store.Tally{Count: 1, Minor: 1000}},
			{Feed: "shop", Account: "shop", Currency: "JPY", Orders: store.Tally{Count: 1, Minor: 500}, Cases: 1, Unjudged: 1},
			{Feed: "stripe", Account: "default", Currency: "EUR", Payments: store.Tally{Count: 1, Minor: 1000}},
		})
	})
}
