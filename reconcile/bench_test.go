package reconcile_test

import (
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// BenchmarkPlainCase judges what nearly every case is: an order, the source and the charge that pays for it, and a verdict
// that is held already.
func BenchmarkPlainCase(b *testing.B) {
	amount := money.Amount{Minor: 18201, Currency: "EUR"}
	stripe := func(kind, id string) reconcile.Key {
		return reconcile.Key{Feed: "stripe", Account: "default", Kind: kind, ID: id}
	}
	made := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := reconcile.Cluster{Key: "r:evt2026000017", Facts: reconcile.Facts{
		Orders: []reconcile.Order{{
			Key: reconcile.Key{Feed: "shop", Account: "shop", Kind: "order", ID: "EVT-2026-000017"}, PaymentID: "ch_SCx5OB2OdpFcPxRa7XysG3vU", Provider: "stripe",
			Amount: amount, Status: reconcile.OrderPaid, CreatedAt: made, PaidAt: made.Add(time.Minute), ChangedAt: made.Add(time.Minute),
		}},
		Sources: []reconcile.Source{{Key: stripe("source", "src_K3EupfLdMof29jjrRrRj167O"), Reference: "EVT-2026-000017", Amount: amount, Status: reconcile.SourceConsumed, Authorised: true, InScope: true, CreatedAt: made}},
		Payments: []reconcile.Payment{{
			Key: stripe("charge", "ch_SCx5OB2OdpFcPxRa7XysG3vU"), SourceID: "src_K3EupfLdMof29jjrRrRj167O", Reference: "EVT-2026-000017", Amount: amount,
			Status: reconcile.PaymentSucceeded, InScope: true, CreatedAt: made, SucceededAt: made,
		}},
	}}
	now := made.AddDate(0, 0, 9)
	in := reconcile.Context{Policy: reconcile.DefaultPolicy(), Now: now, Coverage: []reconcile.Coverage{
		{Feed: "shop", Account: "shop", Complete: reconcile.Window{From: made.AddDate(-1, 0, 0), To: now}},
		{Feed: "stripe", Account: "default", Complete: reconcile.Window{From: made.AddDate(-1, 0, 0), To: now}},
	}}
	first := reconcile.Judgement{}
	first.Take(c, &in, nil)
	c.Judged = []reconcile.Stamp{{CaseKey: first.Fresh[0].CaseKey, Hash: first.Fresh[0].Hash()}}
	b.ReportAllocs()
	again := reconcile.Judgement{}
	for b.Loop() {
		again.Take(c, &in, nil)
		if !again.Empty() {
			b.Fatal("a verdict that is held was found anew")
		}
	}
}
