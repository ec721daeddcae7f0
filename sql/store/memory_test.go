package store_test

import (
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func TestMemoryListsWhatCanStillChange(t *testing.T) {
	old := auth("1-2-9", "", reconcile.PaymentCanceled)
	old.CreatedAt = noon.Add(-91 * 24 * time.Hour)
	recent := auth("1-2-8", "", reconcile.PaymentCanceled)
	recent.CreatedAt = noon.Add(-89 * 24 * time.Hour)
	pending := charge("ch_pending", "", "")
	pending.Status = reconcile.PaymentPending
	elsewhere := charge("ch_elsewhere", "src_uncharged", "")
	elsewhere.Account = "other"
	refund := func(id string, status reconcile.RefundStatus) reconcile.Refund {
		return reconcile.Refund{Key: stripeKey("refund", id), Status: status}
	}
	payout := func(id string, status reconcile.PayoutStatus, automatic, itemised bool) reconcile.Payout {
		return reconcile.Payout{Key: stripeKey("payout", id), Status: status, Automatic: automatic, Itemised: itemised, Amount: eur(1)}
	}
	intent := source("pi_1", "", reconcile.SourcePending)
	intent.Kind = reconcile.KindPaymentIntent
	succeeded := source("pi_2", "", reconcile.SourceConsumed)
	succeeded.Kind = reconcile.KindPaymentIntent
	abandoned, late := intent, intent
	abandoned.ID, late.ID = "pi_abandoned", "pi_paid_late"
	abandoned.CreatedAt = intent.CreatedAt.Add(-8 * 24 * time.Hour)
	late.CreatedAt = abandoned.CreatedAt
	young := intent
	young.ID, young.CreatedAt = "pi_young", intent.CreatedAt.Add(-6*24*time.Hour)
	booked, long := charge("ch_booked", "", ""), charge("ch_long_ago", "", "")
	long.CreatedAt = long.CreatedAt.Add(-31 * 24 * time.Hour)
	movement := reconcile.Movement{Key: stripeKey("balance_transaction", "txn_booked"), ObjectID: "ch_booked", Gross: eur(1), Fee: eur(0), Net: eur(1), Category: "charge"}
	trustRefund := reconcile.Refund{Key: trustKey("refund", "1-3-1"), Status: reconcile.RefundPending}
	refused := func(kind, id string) reconcile.Rejection {
		return reconcile.Rejection{Key: shopKey(kind, id), Reason: "no"}
	}
	records := []reconcile.Record{
		source("src_pending", "", reconcile.SourcePending), source("src_chargeable", "", reconcile.SourceChargeable),
		source("src_charged", "", reconcile.SourceConsumed), charge("ch_1", "src_charged", ""),
		source("src_uncharged", "", reconcile.SourceConsumed), elsewhere, source("src_canceled", "", reconcile.SourceCanceled),
		intent, succeeded, pending, abandoned, late, young, charge("ch_late", "pi_paid_late", ""), booked, long, movement,
		refund("re_pending", reconcile.RefundPending), refund("re_done", reconcile.RefundSucceeded),
		reconcile.Dispute{Key: stripeKey("dispute", "dp_open"), Status: reconcile.DisputeOpen}, reconcile.Dispute{Key: stripeKey("dispute", "dp_won"), Status: reconcile.DisputeWon},
		payout("po_pending", reconcile.PayoutPending, false, false), payout("po_itemising", reconcile.PayoutPaid, true, false),
		payout("po_manual", reconcile.PayoutPaid, false, false), payout("po_bare", reconcile.PayoutPaid, true, true),
		payout("po_whole", reconcile.PayoutPaid, true, true), reconcile.PayoutLine{Key: stripeKey("payout_line", "txn_1"), PayoutID: "po_whole"},
		auth("1-2-1", "", reconcile.PaymentPending), auth("1-2-2", "", reconcile.PaymentSuspended), auth("1-2-3", "", reconcile.PaymentSucceeded),
		auth("1-2-4", "", reconcile.PaymentFailed), old, recent, trustRefund,
		order("R-paid", ""), refused("order", "R-rejected"), refused("order", "unreadable-0123456789abcdef"),
		reconcile.RefundRequest{Key: shopKey("refund_request", "rf_open"), OrderReference: "R-paid", Amount: eur(1), Status: reconcile.RequestOpen},
		refused("refund_request", "rf_rejected"),
	}
	tests := []struct {
		feed, kind string
		want       []string
	}{
		{"stripe", "source", []string{"src_chargeable", "src_pending", "src_uncharged"}},
		{"stripe", "payment_intent", []string{"pi_1", "pi_paid_late", "pi_young"}},
		{"stripe", "charge", []string{"ch_1", "ch_late", "ch_pending"}},
		{"stripe", "refund", []string{"re_pending"}},
		{"stripe", "dispute", []string{"dp_open"}},
		{"stripe", "payout", []string{"po_bare", "po_itemising", "po_pending"}},
		{"stripe", "event", nil},
		{"trustpayments", "auth", []string{"1-2-1", "1-2-2", "1-2-8"}},
		{"trustpayments", "refund", []string{"1-3-1"}},
		{"trustpayments", "charge", nil},
		{"shop", "order", []string{"R-rejected"}},
		{"shop", "refund_request", []string{"rf_rejected"}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, records...)
		for _, test := range tests {
			account := map[string]string{"stripe": "default", "trustpayments": "site", "shop": "shop"}[test.feed]
			equal(t, test.feed+" "+test.kind, must(s.Memory(test.feed, account).Open(ctx, test.kind))(t), test.want)
		}
		equal(t, "another account", must(s.Memory("stripe", "nobody").Open(ctx, "source"))(t), []string(nil))
		missing := must(s.Memory("stripe", "default").Missing(ctx, "charge", []string{"ch_9", "ch_1", "src_charged", "ch_9", "ch_elsewhere"}))(t)
		equal(t, "missing", missing, []string{"ch_9", "ch_elsewhere", "src_charged"})
	})
}

func TestNamedPaymentsAreThoseNotHeld(t *testing.T) {
	other := order("R-5", "1-2-3")
	other.Provider = reconcile.FeedTrustPayments
	same := order("R-6", "ch_own")
	same.Provider = reconcile.FeedStripe
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, order("R-1", ""), order("R-2", "ch_held"), order("R-3", "src_held"), order("R-4", "src_new"), order("R-4b", "src_new"), other, same,
			charge("ch_held", "", ""), source("src_held", "", reconcile.SourcePending))
		equal(t, "stripe", must(s.NamedPayments(ctx, "stripe"))(t), []string{"ch_own", "src_new"})
		equal(t, "trustpayments", must(s.NamedPayments(ctx, "trustpayments"))(t), []string{"1-2-3", "src_new"})
	})
}

func TestCoverage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		never := reconcile.Coverage{Feed: "stripe", Account: "default", Reason: "the key was refused"}
		site := reconcile.Coverage{Feed: "trustpayments", Account: "site", Complete: reconcile.Window{From: noon.Add(-time.Hour), To: noon}}
		succeed(t, s.SetCoverage(ctx, 1, site))
		succeed(t, s.SetCoverage(ctx, 1, never))
		equal(t, "coverage", must(s.Coverage(ctx))(t), []reconcile.Coverage{never, site})
		never.Complete, never.Reason = site.Complete, ""
		succeed(t, s.SetCoverage(ctx, 2, never))
		before := content(t, s)
		succeed(t, s.SetCoverage(ctx, 3, never))
		equal(t, "coverage", must(s.Coverage(ctx))(t), []reconcile.Coverage{never, site})
		equal(t, "rows of an unchanged coverage", content(t, s), before)
	})
}
