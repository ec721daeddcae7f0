package reconcile_test

import (
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// Refunds there, and what the shop has of them: design §5, "Refunds here".
func TestRefundsThere(t *testing.T) {
	paid := told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"))
	matched := "matched ch_1 by reference"
	run(t, []story{
		{
			name: "not recorded here while the shop was not read past the grace is waited for",
			told: append(paid, refund("re_1", "ch_1", eur(4000), noon)),
			then: []moment{{now: noon.Add(3 * day), read: append(allRead(noon.Add(3 * day))[1:], read("shop", noon.Add(day-tick))), want: says("waiting ch_1 by reference")}},
		},
		{
			name: "on its way counts as made",
			told: append(paid, turned(refund("re_1", "ch_1", eur(4000), noon), reconcile.RefundPending)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", "REFUND_NOT_RECORDED re_1: expected - actual 40.00 difference 40.00 EUR")}},
		},
		{
			name: "canceled there is none",
			told: append(paid, turned(refund("re_1", "ch_1", eur(4000), noon), reconcile.RefundCanceled)),
			then: []moment{{now: noon.Add(day), want: says(matched)}},
		},
		{
			name: "in steps, each with its row",
			told: append(paid, refund("re_1", "ch_1", eur(1000), noon), refund("re_2", "ch_1", eur(2000), noon), recorded("rr_2", "A-1", eur(2000), noon), recorded("rr_1", "A-1", eur(1000), noon)),
			then: []moment{{now: noon.Add(9 * day), want: says(matched)}},
		},
		{
			name: "in steps that one row records, and one that several rows record",
			told: append(paid, refund("re_1", "ch_1", eur(1000), noon), refund("re_2", "ch_1", eur(2000), noon), recorded("rr_1", "A-1", eur(3000), noon)),
			then: []moment{
				{now: noon.Add(9 * day), want: says(matched)},
				{now: noon.Add(9 * day), told: told(turned(refund("re_2", "ch_1", eur(1), noon), reconcile.RefundCanceled), refund("re_1", "ch_1", eur(4000), noon), recorded("rr_2", "A-1", eur(1000), noon)), want: says(matched)},
			},
		},
		{
			name: "two of the same amount need two rows",
			told: append(paid, refund("re_1", "ch_1", eur(1000), noon), refund("re_2", "ch_1", eur(1000), noon.Add(tick)), recorded("rr_1", "A-1", eur(1000), noon)),
			then: []moment{{now: noon.Add(9 * day), want: says("excepted ch_1 by reference", "REFUND_NOT_RECORDED re_2: expected - actual 10.00 difference 10.00 EUR")}},
		},
		{
			name: "rows in two currencies never add up to a refund in one",
			told: append(paid, refund("re_1", "ch_1", eur(500), noon), recorded("rr_1", "A-1", eur(1000), noon), recorded("rr_2", "A-1", usd(1000), noon), recorded("rr_3", "A-1", eur(500), noon), recorded("rr_4", "A-1", eur(500), noon)),
			then: []moment{{now: noon.Add(4 * day), want: says("excepted ch_1 by reference",
				"REFUND_MISSING_AT_PROVIDER rr_1: expected 10.00 actual - difference -10.00 EUR",
				"REFUND_MISSING_AT_PROVIDER rr_2: expected 10.00 actual - difference -10.00 USD",
				"REFUND_MISSING_AT_PROVIDER rr_4: expected 5.00 actual - difference -5.00 EUR")}},
		},
		{
			name: "all of it, recorded by the status refunded alone, by a row besides, or by a row for a part",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1"), refund("re_1", "ch_1", eur(10000), noon)),
			then: []moment{
				{now: noon.Add(9 * day), want: says(matched)},
				{now: noon.Add(9 * day), told: told(recorded("rr_1", "A-1", eur(3000), noon)), want: says(matched)},
				{now: noon.Add(9 * day), told: told(recorded("rr_1", "A-1", eur(10000), noon)), want: says(matched)},
			},
		},
		{
			name: "that a requested row asked for is recorded by it",
			told: append(paid, refund("re_1", "ch_1", eur(4000), noon), asked("rr_1", "A-1", eur(4000), noon)),
			then: []moment{{now: noon.Add(9 * day), want: says(matched)}},
		},
		{
			name: "that the shop refused is not recorded: a rejected row records nothing",
			told: append(paid, refund("re_1", "ch_1", eur(4000), noon), dismissed("rr_1", "A-1", eur(4000), noon)),
			then: []moment{{now: noon.Add(9 * day), want: says("excepted ch_1 by reference", "REFUND_NOT_RECORDED re_1: expected - actual 40.00 difference 40.00 EUR")}},
		},
		{
			name: "of more than was taken names the refund that went over",
			told: append(paid, refund("re_1", "ch_1", eur(6000), noon), refund("re_2", "ch_1", eur(4001), noon.Add(time.Hour)), recorded("rr_1", "A-1", eur(10001), noon)),
			then: []moment{{now: noon.Add(9 * day), want: says("excepted ch_1 by reference", "REFUND_EXCEEDS_PAYMENT re_2: expected 100.00 actual 100.01 difference 0.01 EUR")}},
		},
		{
			name: "of a payment that belongs to nobody, more than was taken",
			told: told(auth("1-9-1", "", "100"), back("2-9-1", "1-9-1", eur(10001), noon)),
			then: []moment{{now: noon.Add(day), want: says("excepted", "REFUND_EXCEEDS_PAYMENT 2-9-1: expected 100.00 actual 100.01 difference 0.01 EUR")}},
		},
		{
			name: "of a payment that is not held goes to the order it names",
			told: append(paid, func() reconcile.Refund {
				r := refund("re_1", "ch_0", eur(4000), noon)
				r.Reference = "A-1"
				return r
			}()),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", "REFUND_NOT_RECORDED re_1: expected - actual 40.00 difference 40.00 EUR")}},
		},
	})
}

// Refunds here that the provider does not show: design §5, REFUND_MISSING_AT_PROVIDER.
func TestRefundsHere(t *testing.T) {
	paid := told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"))
	late := noon.Add(9 * day)
	run(t, []story{
		{
			name: "a row that was done later than asked for counts from when it was done",
			told: append(paid, func() reconcile.RefundRequest {
				r := recorded("rr_1", "A-1", eur(4000), noon)
				r.DoneAt = noon.Add(5 * day)
				return r
			}()),
			then: []moment{{now: noon.Add(3 * day), want: says("waiting ch_1 by reference", "review "+stamp(noon.Add(8*day)))}},
		},
		{
			name: "a row, while the provider was not read to the end of the grace, is waited for",
			told: append(paid, recorded("rr_1", "A-1", eur(4000), noon)),
			then: []moment{{now: late, read: []reconcile.Coverage{read("shop", late), read("stripe", noon.Add(3*day-tick))}, want: says("waiting ch_1 by reference")}},
		},
		{
			name: "the status alone: named after the payment, 72 hours from the order's last change",
			told: told(order("A-1", reconcile.OrderRefunded, changed(noon.Add(day))), charge("ch_1", "A-1")),
			then: []moment{
				{now: noon.Add(4*day - tick), want: says("waiting ch_1 by reference", "review "+stamp(noon.Add(4*day)))},
				{now: noon.Add(4 * day), want: says("excepted ch_1 by reference", "REFUND_MISSING_AT_PROVIDER ch_1: expected 100.00 actual - difference -100.00 EUR")},
			},
		},
		{
			name: "the status and a row for the same refund are one record",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1"), recorded("rr_1", "A-1", eur(10000), noon)),
			then: []moment{{now: late, want: says("excepted ch_1 by reference", "REFUND_MISSING_AT_PROVIDER rr_1: expected 100.00 actual - difference -100.00 EUR")}},
		},
		{
			name: "the status, while only a part went back, misses the rest",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1"), refund("re_1", "ch_1", eur(4000), noon)),
			then: []moment{
				{now: late, want: says("excepted ch_1 by reference", "REFUND_MISSING_AT_PROVIDER ch_1: expected 60.00 actual - difference -60.00 EUR")},
				{now: late, told: told(recorded("rr_1", "A-1", eur(4000), noon)), want: says("excepted ch_1 by reference", "REFUND_MISSING_AT_PROVIDER ch_1: expected 60.00 actual - difference -60.00 EUR")},
				{now: late, told: told(turned(refund("re_2", "ch_1", eur(6000), noon), reconcile.RefundPending)), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "a row without a time counts from the order's last change",
			told: append(paid, recorded("rr_1", "A-1", eur(4000), time.Time{})),
			then: []moment{{now: noon.Add(time.Hour), want: says("waiting ch_1 by reference", "review "+stamp(noon.Add(3*day)))}},
		},
		{
			name: "a refused row asks for nothing and records nothing",
			told: append(paid, dismissed("rr_1", "A-1", eur(4000), noon)),
			then: []moment{{now: late, want: says("matched ch_1 by reference")}},
		},
	})
}

// Refunds that the provider failed: design §5, REFUND_FAILED, "One cause, one code".
func TestFailedRefunds(t *testing.T) {
	failed := func(id string, amount money.Amount, at time.Time) reconcile.Refund {
		return turned(refund(id, "ch_1", amount, at), reconcile.RefundFailed)
	}
	late := noon.Add(9 * day)
	re1 := "REFUND_FAILED re_1: expected 100.00 actual 0.00 difference -100.00 EUR"
	run(t, []story{
		{
			name: "recorded by the status: alone, until a later refund of the payment succeeds",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1"), failed("re_1", eur(10000), noon)),
			then: []moment{
				{now: late, want: says("excepted ch_1 by reference", re1)},
				{now: late, told: told(turned(refund("re_2", "ch_1", eur(10000), noon.Add(time.Hour)), reconcile.RefundPending)), want: says("excepted ch_1 by reference", re1)},
				{now: late, told: told(refund("re_2", "ch_1", eur(10000), noon.Add(time.Hour))), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "recorded by a row, by rows in sum, or not at all: alone",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), failed("re_1", eur(10000), noon)),
			then: []moment{
				{now: late, want: says("excepted ch_1 by reference", re1)},
				{now: late, told: told(recorded("rr_1", "A-1", eur(10000), noon)), want: says("excepted ch_1 by reference", re1)},
				{now: late, told: told(recorded("rr_1", "A-1", eur(4000), noon), recorded("rr_2", "A-1", eur(6000), noon)), want: says("excepted ch_1 by reference", re1)},
			},
		},
		{
			name: "a refund that succeeded before the failed one does not make it good",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(20000))), refund("re_0", "ch_1", eur(10000), noon.Add(-time.Hour)), failed("re_1", eur(10000), noon)),
			then: []moment{{now: late, want: says("excepted ch_1 by reference", re1)}},
		},
		{
			name: "a failed refund that was made good excuses no other record",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), failed("re_1", eur(3000), noon), refund("re_2", "ch_1", eur(3000), noon.Add(time.Hour)),
				recorded("rr_1", "A-1", eur(3000), noon), recorded("rr_2", "A-1", eur(3000), noon.Add(day))),
			then: []moment{{now: late, want: says("excepted ch_1 by reference", "REFUND_MISSING_AT_PROVIDER rr_2: expected 30.00 actual - difference -30.00 EUR")}},
		},
		{
			name: "a refund of another payment does not make it good",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(4000))), charge("ch_2", "A-1", of(eur(6000)), at(noon.Add(time.Minute))),
				failed("re_1", eur(10000), noon), refund("re_2", "ch_2", eur(6000), noon.Add(time.Hour)), recorded("rr_1", "A-1", eur(6000), noon)),
			then: []moment{{now: late, want: says("excepted ch_1 by reference", re1)}},
		},
		{
			name: "the good one may name the payment by its PaymentIntent",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1", charging("pi_1")), failed("re_1", eur(10000), noon), refund("re_2", "pi_1", eur(10000), noon.Add(time.Hour))),
			then: []moment{{now: late, want: says("matched ch_1 by reference")}},
		},
	})
}

// Refunds that the shop asks for: issue 2, item 7; design §5, the four REFUND_… codes about requests.
func TestRequests(t *testing.T) {
	end := noon.Add(90 * day)
	paid := told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"))
	ask := asked("rr_1", "A-1", eur(4000), noon.Add(day))
	closing := func(severity string) string {
		return "REFUND_WINDOW_CLOSING ch_1: expected 40.00 actual 0.00 difference -40.00 EUR " + severity + " due " + stamp(end)
	}
	approved, rejected := "owed 40.00 EUR of ch_1: refund requested rr_1, approved", "owed 40.00 EUR of ch_1: refund requested rr_1, rejected"
	run(t, []story{
		{
			name: "in time: approved until the last instant of day 90; warned of with rising severity; then out of the window",
			told: append(paid, ask),
			then: []moment{
				{now: end.Add(-14*day - tick), want: says("matched ch_1 by reference", approved, "review "+stamp(end.Add(-14*day)))},
				{now: end.Add(-14 * day), want: says("excepted ch_1 by reference", closing("low"), approved, "review "+stamp(end.Add(-7*day)))},
				{now: end.Add(-7*day - tick), want: says("excepted ch_1 by reference", closing("low"), approved, "review "+stamp(end.Add(-7*day)))},
				{now: end.Add(-7 * day), want: says("excepted ch_1 by reference", closing("medium"), approved, "review "+stamp(end.Add(-3*day)))},
				{now: end.Add(-3 * day), want: says("excepted ch_1 by reference", closing("high"), approved, "review "+stamp(end.Add(-day)))},
				{now: end.Add(-day), want: says("excepted ch_1 by reference", closing("critical"), approved, "review "+stamp(end))},
				{now: end.Add(-tick), want: says("excepted ch_1 by reference", closing("critical"), approved, "review "+stamp(end))},
				{now: end, want: says("excepted ch_1 by reference", "REFUND_OUT_OF_WINDOW ch_1: expected 40.00 actual 0.00 difference -40.00 EUR due "+stamp(end), rejected)},
				{now: end, told: told(refund("re_1", "ch_1", eur(4000), noon)), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "the window of an AUTH runs from its start and not from its settlement",
			told: told(order("A-1", reconcile.OrderPaid), auth("1-9-1", "A-1", "100", settledAt(noon.Add(6*day))), ask),
			then: []moment{
				{now: end, want: says("excepted 1-9-1 by reference", "REFUND_OUT_OF_WINDOW 1-9-1: expected 40.00 actual 0.00 difference -40.00 EUR due "+stamp(end),
					"owed 40.00 EUR of 1-9-1: refund requested rr_1, rejected")},
			},
		},
		{
			name: "for all of it, and for one cent more",
			told: append(paid, asked("rr_1", "A-1", eur(10000), noon)),
			then: []moment{
				{now: noon.Add(day), want: says("matched ch_1 by reference", "owed 100.00 EUR of ch_1: refund requested rr_1, approved", "review "+stamp(end.Add(-14*day)))},
				{now: noon.Add(day), told: told(asked("rr_1", "A-1", eur(10001), noon)), want: says("excepted ch_1 by reference",
					"REFUND_EXCEEDS_PAYMENT ch_1: expected 100.01 actual 100.00 difference -0.01 EUR", "owed 100.01 EUR of ch_1: refund requested rr_1, rejected", "review "+stamp(end))},
			},
		},
		{
			name: "for more than earlier refunds and refunds on their way left",
			told: append(paid, refund("re_1", "ch_1", eur(5000), noon), recorded("rr_0", "A-1", eur(5000), noon), asked("rr_1", "A-1", eur(5001), noon)),
			then: []moment{
				{now: noon.Add(day), want: says("excepted ch_1 by reference",
					"REFUND_EXCEEDS_PAYMENT ch_1: expected 50.01 actual 50.00 difference -0.01 EUR", "owed 50.01 EUR of ch_1: refund requested rr_1, rejected", "review "+stamp(end))},
				{now: noon.Add(day), told: told(turned(refund("re_1", "ch_1", eur(5000), noon), reconcile.RefundPending)), want: says("excepted ch_1 by reference",
					"REFUND_EXCEEDS_PAYMENT ch_1: expected 50.01 actual 50.00 difference -0.01 EUR", "owed 50.01 EUR of ch_1: refund requested rr_1, rejected", "review "+stamp(end))},
			},
		},
		{
			name: "two that are too much together: the earlier is approved, and the row of the window counts what fits",
			told: append(paid, asked("rr_1", "A-1", eur(6000), noon), asked("rr_2", "A-1", eur(6001), noon.Add(time.Hour))),
			then: []moment{{now: end.Add(-day), want: says("excepted ch_1 by reference",
				"REFUND_EXCEEDS_PAYMENT ch_1: expected 60.01 actual 40.00 difference -20.01 EUR",
				"REFUND_WINDOW_CLOSING ch_1: expected 60.00 actual 0.00 difference -60.00 EUR critical due "+stamp(end),
				"owed 60.00 EUR of ch_1: refund requested rr_1, approved", "owed 60.01 EUR of ch_1: refund requested rr_2, rejected", "review "+stamp(end))}},
		},
		{
			name: "two that fit are one row of the window",
			told: append(paid, asked("rr_1", "A-1", eur(3000), noon), asked("rr_2", "A-1", eur(2000), noon.Add(time.Hour))),
			then: []moment{{now: end, want: says("excepted ch_1 by reference",
				"REFUND_OUT_OF_WINDOW ch_1: expected 50.00 actual 0.00 difference -50.00 EUR due "+stamp(end),
				"owed 30.00 EUR of ch_1: refund requested rr_1, rejected", "owed 20.00 EUR of ch_1: refund requested rr_2, rejected")}},
		},
		{
			name: "of another currency than was paid",
			told: append(paid, asked("rr_1", "A-1", usd(4000), noon)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference",
				"REFUND_EXCEEDS_PAYMENT ch_1: expected 40.00 actual 100.00 difference - USD", "owed 40.00 USD of ch_1: refund requested rr_1, rejected", "review "+stamp(end))}},
		},
		{
			name: "before the AUTH has settled, and when it has",
			told: told(order("A-1", reconcile.OrderPaid), auth("1-9-1", "A-1", "10"), ask),
			then: []moment{
				{now: noon.Add(2 * day), want: says("excepted 1-9-1 by reference", "REFUND_BEFORE_SETTLEMENT 1-9-1: expected 40.00 actual 0.00 difference -40.00 EUR",
					"owed 40.00 EUR of 1-9-1: refund requested rr_1, rejected", "review "+stamp(noon.Add(7*day+tick)))},
				{now: noon.Add(2 * day), told: told(auth("1-9-1", "A-1", "100")), want: says("matched 1-9-1 by reference",
					"owed 40.00 EUR of 1-9-1: refund requested rr_1, approved", "review "+stamp(end.Add(-14*day)))},
			},
		},
		{
			name: "while the AUTH is suspended, and when it has failed",
			told: told(order("A-1", reconcile.OrderPaid), auth("1-9-1", "A-1", "2"), ask),
			then: []moment{
				{now: noon.Add(2 * day), want: says("excepted 1-9-1 by reference", "REFUND_BEFORE_SETTLEMENT 1-9-1: expected 40.00 actual 0.00 difference -40.00 EUR",
					"SETTLEMENT_SUSPENDED 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR", "owed 40.00 EUR of 1-9-1: refund requested rr_1, rejected")},
				{now: noon.Add(2 * day), told: told(auth("1-9-1", "A-1", "3")), want: says("excepted 1-9-1 by reference", "PAYMENT_CANCELLED 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR",
					"REFUND_EXCEEDS_PAYMENT 1-9-1: expected 40.00 actual 0.00 difference -40.00 EUR", "owed 40.00 EUR of no payment: refund requested rr_1, rejected")},
			},
		},
		{
			name: "for an order that nobody paid for asks for more than settled",
			told: told(order("A-1", reconcile.OrderPaid), ask),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting", "owed 40.00 EUR of no payment: refund requested rr_1, rejected", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("excepted", "MISSING_AT_PROVIDER -: expected 100.00 actual - difference -100.00 EUR",
					"REFUND_EXCEEDS_PAYMENT -: expected 40.00 actual 0.00 difference -40.00 EUR", "owed 40.00 EUR of no payment: refund requested rr_1, rejected")},
			},
		},
		{
			name: "for a part of a surplus payment leaves the rest owed; the duplicate and its window keep their figures",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_0", "A-1", at(noon.Add(-time.Hour))), charge("ch_1", "A-1"), refund("re_1", "ch_0", eur(8000), noon), recorded("rr_0", "A-1", eur(8000), noon), ask),
			then: []moment{{now: end.Add(-day), want: says("excepted ch_0 by reference",
				"DUPLICATE_PAYMENT ch_1: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(end),
				"REFUND_WINDOW_CLOSING ch_1: expected 0.00 actual 100.00 difference 100.00 EUR critical due "+stamp(end),
				"owed 60.00 EUR of ch_1: duplicate payment , needs a person", approved, "review "+stamp(end))}},
		},
		{
			name: "the customer disputes the payment: no money goes back by itself",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), asked("rr_1", "A-1", eur(4000), noon.Add(day)), dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeOpen)),
			then: []moment{{now: noon.Add(2 * day), want: says("excepted ch_1 by reference", "DISPUTED dp_1: expected - actual 100.00 difference 100.00 EUR due "+stamp(noon.Add(10*day)),
				"owed 40.00 EUR of ch_1: refund requested rr_1, needs a person", "review "+stamp(end.Add(-14*day)))}},
		},
		{
			name: "while a row of the case cannot be read, which may be the refund itself, is left to a person",
			told: append(paid, ask, unreadable("stripe", "refund", "re_9", "", "ch_1")),
			then: []moment{{now: noon.Add(2 * day), want: says("matched ch_1 by reference", "owed 40.00 EUR of ch_1: refund requested rr_1, needs a person", "review "+stamp(end.Add(-14*day)))}},
		},
		{
			name: "from a feed whose policy has no window is never too late",
			told: append(paid, ask),
			then: []moment{{now: end.Add(day), policy: func(p *reconcile.Policy) { p.RefundWindows = nil }, want: says("matched ch_1 by reference", approved)}},
		},
	})
}
