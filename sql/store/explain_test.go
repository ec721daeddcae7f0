package store_test

import (
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func TestWhatAPersonTypedIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		placed := order("EVT-7", "same")
		refund := reconcile.Refund{Key: stripeKey("refund", "same"), PaymentID: "ch_1", Amount: eur(10), Status: reconcile.RefundSucceeded, CreatedAt: noon}
		request := reconcile.RefundRequest{Key: shopKey("refund", "same"), OrderReference: "EVT-7", Amount: eur(10), Status: reconcile.RequestOpen, RequestedAt: noon}
		dispute := reconcile.Dispute{Key: stripeKey("dispute", "same"), PaymentID: "ch_1", Amount: eur(10), Status: reconcile.DisputeOpen, CreatedAt: noon, EvidenceDueAt: noon}
		moved := movement("same", "ch_1", "charge", 1000, 30)
		payout := reconcile.Payout{Key: stripeKey("payout", "same"), Amount: eur(970), Status: reconcile.PayoutPaid, CreatedAt: noon, ArrivalAt: noon}
		observe(t, s, placed, refund, request, dispute, moved, payout, order("EVT-8", "other"), movement("other", "same", "charge", 1, 0))
		got := must(s.FindByID(ctx, "same"))(t)
		equal(t, "found", got, store.Found{
			Orders: []reconcile.Order{placed}, Refunds: []reconcile.Refund{refund}, Requests: []reconcile.RefundRequest{request},
			Disputes: []reconcile.Dispute{dispute}, Movements: []reconcile.Movement{moved}, Payouts: []reconcile.Payout{payout}, Rejections: []reconcile.Rejection{},
		})
	})
}

func TestMoneyOfObjects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		charged, refunded, foreign := movement("txn_1", "ch_1", "charge", 1000, 30), movement("txn_2", "re_1", "refund", -10, 0), movement("txn_3", "ch_2", "charge", 1, 0)
		elsewhere := movement("txn_4", "ch_1", "charge", 1, 0)
		elsewhere.Account = "second"
		refunded.CreatedAt = noon.Add(-time.Hour)
		paid, own := line("txn_1", "po_1", "charge", eur(970)), line("txn_own", "po_1", "payout", eur(-970))
		payout := reconcile.Payout{Key: stripeKey("payout", "po_1"), Amount: eur(970), Status: reconcile.PayoutPaid, CreatedAt: noon, ArrivalAt: noon}
		other := payout
		other.ID = "po_2"
		observe(t, s, charged, refunded, foreign, elsewhere, paid, own, payout, other)
		got := must(s.MoneyOf(ctx, []reconcile.Key{stripeKey("charge", "ch_1"), stripeKey("refund", "re_1")}))(t)
		equal(t, "money", got, reconcile.Around{Movements: []reconcile.Movement{refunded, charged}, Lines: []reconcile.PayoutLine{paid}, Payouts: []reconcile.Payout{payout}})
		alone := must(s.MovementAround(ctx, charged))(t)
		equal(t, "one movement", alone, reconcile.Around{Movements: []reconcile.Movement{charged}, Lines: []reconcile.PayoutLine{paid}, Payouts: []reconcile.Payout{payout}})
		equal(t, "lines", must(s.LinesOf(ctx, payout.Key))(t), []reconcile.PayoutLine{paid, own})
	})
}

func TestDeedsForAnOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		cancel := reconcile.Cancellation{OrderReference: "EVT-7", RunID: 1, Reason: "it ran out", IntentAt: noon, Evidence: []reconcile.Evidence{{Object: stripeKey("source", "src_1"), Status: "canceled", At: noon}}}
		succeed(t, s.BeginCancel(ctx, cancel))
		intent := reconcile.RefundIntent{IdempotencyKey: "k1", Payment: stripeKey("charge", "ch_1"), RequestID: "rr_1", Amount: eur(5), CreatedAt: noon}
		for _, begun := range []reconcile.RefundIntent{intent, {IdempotencyKey: "k2", Payment: stripeKey("charge", "ch_2"), Amount: eur(5), CreatedAt: noon}} {
			if _, _, err := s.BeginRefund(ctx, begun); err != nil {
				t.Fatal(err)
			}
		}
		canceled, refunds, err := s.DeedsFor(ctx, "EVT-7", []reconcile.Key{stripeKey("charge", "ch_1")})
		succeed(t, err)
		if len(canceled) != 1 || canceled[0].Reason != cancel.Reason || len(refunds) != 1 || refunds[0].IdempotencyKey != "k1" {
			t.Errorf("deeds are %+v and %+v", canceled, refunds)
		}
	})
}

func TestNearReferences(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, order("EVT-000067", ""), order("evt 000067", ""), order("EVT-0000671", ""), order("EVT-00007", ""), order("SHOP-1", ""))
		for typed, want := range map[string][]string{
			"evt000067": {"EVT-000067", "EVT-0000671", "evt 000067"}, "shop_1": {"SHOP-1"}, "XYZ": nil, " - ": nil,
		} {
			equal(t, typed, must(s.NearReferences(ctx, typed))(t), want)
		}
	})
}
