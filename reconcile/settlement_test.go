package reconcile_test

import (
	"testing"
	"time"

	"tieout/reconcile"
)

// AUTHs at Trust Payments that hang: source document 002; design §5, SETTLEMENT_OVERDUE and SETTLEMENT_SUSPENDED.
func TestSettlement(t *testing.T) {
	week := noon.Add(7 * day)
	overdue := "SETTLEMENT_OVERDUE 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR due " + stamp(week)
	suspended := "SETTLEMENT_SUSPENDED 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR"
	paid := order("A-1", reconcile.OrderPaid, through("trustpayments"))
	open := order("A-1", reconcile.OrderPending, through("trustpayments"))
	stories := []story{
		{
			name: "suspended stands at once and alone, of a paid order or an open one, and closes when it settles",
			told: told(paid, auth("1-9-1", "A-1", "2")),
			then: []moment{
				{now: noon.Add(8 * day), want: says("excepted 1-9-1 by reference", suspended)},
				{now: noon.Add(8 * day), told: told(open), want: says("excepted 1-9-1 by reference", suspended)},
				{now: noon.Add(8 * day), told: told(paid, auth("1-9-1", "A-1", "100")), want: says("matched 1-9-1 by reference")},
			},
		},
		{
			name: "of no order",
			told: told(auth("1-9-1", "B-9", "10")),
			then: []moment{
				{now: week.Add(tick), want: says("excepted", "SETTLEMENT_OVERDUE 1-9-1: expected - actual 0.00 difference 0.00 EUR due "+stamp(week))},
				{now: week.Add(tick), told: told(auth("1-9-1", "B-9", "10", byCard)), want: says("out of scope")},
			},
		},
		{
			name: "a Stripe charge that is pending has no settlement",
			told: told(open, charge("ch_1", "A-1", ending(reconcile.PaymentPending))),
			then: []moment{{now: week.Add(day), want: says("waiting ch_1 by reference")}},
		},
	}
	for _, status := range []string{"0", "1", "10"} {
		stories = append(stories, story{
			name: "at " + status + " for exactly seven days is waited for, for a microsecond more is overdue, alone",
			told: told(paid, auth("1-9-1", "A-1", status)),
			then: []moment{
				{now: week, want: says("waiting 1-9-1 by reference", "review "+stamp(week.Add(tick)))},
				{now: week.Add(tick), want: says("excepted 1-9-1 by reference", overdue)},
				{now: week, told: told(open), want: says("waiting 1-9-1 by reference", "review "+stamp(week.Add(tick)))},
				{now: week.Add(tick), want: says("excepted 1-9-1 by reference", overdue)},
				{now: week.Add(tick), told: told(paid, auth("1-9-1", "A-1", "100", settledAt(week))), want: says("matched 1-9-1 by reference")},
			},
		})
	}
	run(t, stories)
}

// Disputes: design §5, DISPUTED.
func TestDisputes(t *testing.T) {
	paid := told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"))
	disputed := "DISPUTED dp_1: expected - actual 100.00 difference 100.00 EUR due " + stamp(noon.Add(10*day))
	stories := []story{
		{
			name: "open: due when the evidence is",
			told: append(paid, dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeOpen)),
			then: []moment{{now: noon.Add(2 * day), want: says("excepted ch_1 by reference", disputed)}},
		},
		{
			name: "after a refund: alone",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1"), refund("re_1", "ch_1", eur(10000), noon), dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeOpen)),
			then: []moment{
				{now: noon.Add(9 * day), want: says("excepted ch_1 by reference", disputed)},
				{now: noon.Add(9 * day), told: told(dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeLost)), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "lost, and the order marked as refunded: the money did go back",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1"), dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeLost)),
			then: []moment{{now: noon.Add(9 * day), want: says("matched ch_1 by reference")}},
		},
		{
			name: "that names the PaymentIntent is its charge's",
			told: told(order("A-1", reconcile.OrderPaid), charge("py_1", "A-1", charging("pi_1")), intent("pi_1", "", reconcile.SourceConsumed), dispute("dp_1", "pi_1", eur(10000), reconcile.DisputeOpen)),
			then: []moment{{now: noon.Add(2 * day), want: says("excepted py_1 by reference", disputed)}},
		},
	}
	for _, end := range []reconcile.DisputeStatus{reconcile.DisputeWon, reconcile.DisputeLost, reconcile.DisputeWarningClosed} {
		stories = append(stories, story{
			name: "ended as " + string(end) + " closes",
			told: append(paid, dispute("dp_1", "ch_1", eur(10000), end)),
			then: []moment{{now: noon.Add(2 * day), want: says("matched ch_1 by reference")}},
		})
	}
	run(t, stories)
}

// The figures of a verdict count refunds and not disputes.
func TestVerdictFigures(t *testing.T) {
	records := told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(3000))), charge("ch_2", "A-1", of(eur(7000)), at(noon.Add(time.Minute))),
		refund("re_1", "ch_2", eur(1000), noon), dispute("dp_1", "ch_2", eur(6000), reconcile.DisputeLost))
	v := judgeAt(t, moment{now: noon.Add(time.Hour)}, records)
	if v.Order != eur(10000) || v.Paid != eur(10000) || v.Refunded != eur(1000) || !v.PaidAt.Equal(noon) || v.Payment.ID != "ch_1" {
		t.Errorf("order %s, paid %s, refunded %s at %s by %s", v.Order, v.Paid, v.Refunded, v.PaidAt, v.Payment.ID)
	}
}
