package reconcile_test

import (
	"testing"
	"time"

	"tieout/reconcile"
)

// An order paid here, and what the provider has of it: design §5, MISSING_AT_PROVIDER and PAYMENT_CANCELLED.
func TestPaidHere(t *testing.T) {
	missing := "MISSING_AT_PROVIDER -: expected 100.00 actual - difference -100.00 EUR"
	run(t, []story{
		{
			name: "and paid there is a match",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1")),
			then: []moment{{now: noon.Add(day), want: says("matched ch_1 by reference")}},
		},
		{
			name: "with a stored id that the provider does not have names that id",
			told: told(order("A-1", reconcile.OrderPaid, storing("ch_9"))),
			then: []moment{{now: noon.Add(day), want: says("excepted", "MISSING_AT_PROVIDER ch_9: expected 100.00 actual - difference -100.00 EUR")}},
		},
		{
			name: "and refunded here, with no payment there, is missing too",
			told: told(order("A-1", reconcile.OrderRefunded)),
			then: []moment{{now: noon.Add(day), want: says("excepted", missing)}},
		},
		{
			name: "while a PaymentIntent still waits there is missing after its grace",
			told: told(order("A-1", reconcile.OrderPaid, storing("pi_1")), intent("pi_1", "A-1", reconcile.SourcePending)),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("excepted", "MISSING_AT_PROVIDER pi_1: expected 100.00 actual - difference -100.00 EUR")},
			},
		},
		{
			name: "while the PaymentIntent's last attempt was declined is a cancelled payment",
			told: told(order("A-1", reconcile.OrderPaid, storing("pi_1")), intent("pi_1", "A-1", reconcile.SourcePending, declined)),
			then: []moment{{now: noon, want: says("excepted", "PAYMENT_CANCELLED pi_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "while the charge there is pending is missing after its grace",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", ending(reconcile.PaymentPending))),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting ch_1 by reference", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("excepted ch_1 by reference", missing)},
			},
		},
		{
			name: "while the AUTH is cancelled there names the AUTH, at once",
			told: told(order("A-1", reconcile.OrderPaid, through("trustpayments")), auth("1-9-1", "A-1", "3")),
			then: []moment{
				{now: noon, want: says("excepted 1-9-1 by reference", "PAYMENT_CANCELLED 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR")},
				{now: noon, told: told(auth("1-9-1", "A-1", "100")), want: says("matched 1-9-1 by reference")},
			},
		},
		{
			name: "while the charge failed names the charge and not its source",
			told: told(order("A-1", reconcile.OrderPaid, storing("src_1")), source("src_1", "A-1", reconcile.SourceFailed),
				charge("ch_1", "", charging("src_1"), ending(reconcile.PaymentFailed))),
			then: []moment{{now: noon, want: says("excepted ch_1 by stored id", "PAYMENT_CANCELLED ch_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "while the source was declined and never charged names the source",
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceFailed)),
			then: []moment{{now: noon, want: says("excepted", "PAYMENT_CANCELLED src_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "while an authorised source ran out is a cancelled payment and not a lost sale",
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceCanceled, authorised)),
			then: []moment{{now: noon.Add(2 * day), want: says("excepted", "PAYMENT_CANCELLED src_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "after two attempts that ended badly blames the one that the shop stored",
			told: told(order("A-1", reconcile.OrderPaid, storing("src_1")), source("src_1", "A-1", reconcile.SourceFailed),
				charge("ch_2", "A-1", charging("src_2"), at(noon.Add(time.Minute)), ending(reconcile.PaymentFailed))),
			then: []moment{{now: noon, want: says("excepted ch_2 by reference", "PAYMENT_CANCELLED src_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "after two attempts that ended badly and nothing stored blames the later one",
			told: told(order("A-1", reconcile.OrderPaid), auth("1-9-1", "A-1", "3"), source("src_2", "A-1", reconcile.SourceFailed, madeAt(noon.Add(time.Minute)))),
			then: []moment{{now: noon, want: says("excepted 1-9-1 by reference", "PAYMENT_CANCELLED src_2: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "after a declined source waits for the charge of a second one that was used up",
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceFailed), source("src_2", "A-1", reconcile.SourceConsumed)),
			then: []moment{{now: noon, want: says("waiting", "review "+stamp(noon.Add(day)))}},
		},
		{
			name: "after a used-up source whose charge failed names the charge",
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceConsumed), charge("ch_1", "", charging("src_1"), ending(reconcile.PaymentFailed))),
			then: []moment{{now: noon, want: says("excepted ch_1 by source's reference", "PAYMENT_CANCELLED ch_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "after a bad attempt waits for the stored one that is still alive",
			told: told(order("A-1", reconcile.OrderPaid, storing("pi_1")), intent("pi_1", "", reconcile.SourcePending), auth("1-9-1", "A-1", "3")),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting 1-9-1 by reference", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("excepted 1-9-1 by reference", "MISSING_AT_PROVIDER pi_1: expected 100.00 actual - difference -100.00 EUR")},
			},
		},
		{
			name: "after a bad attempt does not wait for another one that is alive and not stored",
			told: told(order("A-1", reconcile.OrderPaid, storing("src_1")), source("src_1", "", reconcile.SourceFailed), intent("pi_2", "A-1", reconcile.SourcePending)),
			then: []moment{{now: noon, want: says("excepted", "PAYMENT_CANCELLED src_1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "after two bad attempts blames the stored one, also where it was the earlier and is told last",
			told: told(order("A-1", reconcile.OrderPaid, storing("1-9-1")), auth("1-9-1", "", "3"), source("src_2", "A-1", reconcile.SourceFailed, madeAt(noon.Add(time.Hour))), auth("1-9-2", "A-1", "3", at(noon.Add(time.Hour)))),
			then: []moment{{now: noon.Add(time.Hour), want: says("excepted 1-9-1 by stored id", "PAYMENT_CANCELLED 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "after a declined source waits until the provider was read past the payment",
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceFailed)),
			then: []moment{
				{now: noon.Add(time.Minute), read: allRead(noon.Add(-time.Minute)), want: says("waiting")},
				{now: noon.Add(time.Minute), want: says("excepted", "PAYMENT_CANCELLED src_1: expected 100.00 actual 0.00 difference -100.00 EUR")},
			},
		},
		{
			name: "without a paid time counts from its last change",
			told: told(order("A-1", reconcile.OrderPaid, func(o *reconcile.Order) { o.PaidAt, o.ChangedAt = time.Time{}, noon.Add(time.Hour) })),
			then: []moment{{now: noon.Add(day), want: says("waiting", "review "+stamp(noon.Add(day+time.Hour)))}},
		},
	})
}

// Absence is said only of what was read completely: design §5 and §7.
func TestAbsenceNeedsACompleteFetch(t *testing.T) {
	missing := "MISSING_AT_PROVIDER -: expected 100.00 actual - difference -100.00 EUR"
	late := noon.Add(3 * day)
	reading := func(stripeTo, trustTo time.Time) []reconcile.Coverage {
		return []reconcile.Coverage{read("shop", late), read("stripe", stripeTo), read("trustpayments", trustTo)}
	}
	from := func(from time.Time) []reconcile.Coverage {
		c := read("stripe", late)
		c.Complete.From = from
		return []reconcile.Coverage{c}
	}
	twoAccounts := func(second time.Time) []reconcile.Coverage {
		c := read("stripe", second)
		c.Account = "second"
		return []reconcile.Coverage{read("stripe", late), c}
	}
	run(t, []story{
		{
			name: "a payment may come until the end of its grace, so the provider must be read to there",
			told: told(order("A-1", reconcile.OrderPaid)),
			then: []moment{
				{now: late, read: reading(noon.Add(day-tick), late), want: says("waiting")},
				{now: late, read: reading(noon.Add(day), late), want: says("excepted", missing)},
			},
		},
		{
			name: "only the order's own provider must be read",
			told: told(order("A-1", reconcile.OrderPaid)),
			then: []moment{
				{now: late, read: reading(late, noon), want: says("excepted", missing)},
				{now: late, read: reading(noon, late), want: says("waiting")},
			},
		},
		{
			name: "an order that names no provider needs them all",
			told: told(order("A-1", reconcile.OrderPaid, through(""))),
			then: []moment{
				{now: late, read: reading(late, noon), want: says("waiting")},
				{now: late, read: reading(late, late), want: says("excepted", missing)},
			},
		},
		{
			name: "every account of the provider must be read",
			told: told(order("A-1", reconcile.OrderPaid)),
			then: []moment{
				{now: late, read: twoAccounts(noon), want: says("waiting")},
				{now: late, read: twoAccounts(late), want: says("excepted", missing)},
			},
		},
		{
			name: "an order from before the first fetch is never missing",
			told: told(order("A-1", reconcile.OrderPaid)),
			then: []moment{
				{now: late, read: from(noon.Add(tick)), want: says("waiting")},
				{now: late, read: from(noon), want: says("excepted", missing)},
			},
		},
		{
			name: "a provider that nobody configured, or that was never read, has nothing missing",
			told: told(order("A-1", reconcile.OrderPaid, through("paypal"))),
			then: []moment{
				{now: late, want: says("out of scope")},
				{now: late, told: told(order("A-1", reconcile.OrderPaid)), read: []reconcile.Coverage{{Feed: "stripe", Account: "main"}}, want: says("waiting")},
				{now: late, read: []reconcile.Coverage{}, want: says("out of scope")},
			},
		},
		{
			name: "the stored charge is pending: an older one that failed is not the one that the shop relies on",
			told: told(order("A-1", reconcile.OrderPaid, storing("ch_2")), charge("ch_1", "A-1", ending(reconcile.PaymentFailed)), charge("ch_2", "A-1", ending(reconcile.PaymentPending))),
			then: []moment{{now: late, want: says("excepted ch_1 by reference", "MISSING_AT_PROVIDER ch_2: expected 100.00 actual - difference -100.00 EUR")}},
		},
		{
			name: "an order for nothing needs no payment",
			told: told(order("A-1", reconcile.OrderPaid, func(o *reconcile.Order) { o.Amount = eur(0) })),
			then: []moment{{now: late, want: says("closed")}},
		},
		{
			name: "a source that waits to be charged says all there is to say of a paid order",
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceChargeable)),
			then: []moment{{now: late, want: says("excepted", "AUTHORISED_NOT_CHARGED src_1: expected 100.00 actual 100.00 difference 0.00 EUR due "+stamp(noon.Add(225*time.Minute)))}},
		},
		{
			name: "an order is not missing here while the shop was not read past the grace",
			told: told(charge("ch_1", "A-1")),
			then: []moment{
				{now: late, read: []reconcile.Coverage{read("shop", noon.Add(time.Hour-tick))}, want: says("waiting")},
				{now: late, read: []reconcile.Coverage{{Feed: "shop", Account: "main"}}, want: says("waiting")},
				{now: late, read: []reconcile.Coverage{read("stripe", late)}, want: says("waiting")},
				{now: late, read: []reconcile.Coverage{read("shop", noon.Add(time.Hour))}, want: says("excepted", "MISSING_ORDER ch_1: expected - actual 100.00 difference 100.00 EUR")},
			},
		},
		{
			name: "what was read later than now, by a run as of the past, does not hasten a grace",
			told: told(charge("ch_1", "A-1")),
			then: []moment{{now: noon.Add(time.Hour - tick), read: []reconcile.Coverage{read("shop", late)}, want: says("waiting", "review "+stamp(noon.Add(time.Hour)))}},
		},
		{
			name: "an order is not unrecorded here while the shop was not read past the grace",
			told: told(order("A-1", reconcile.OrderPending), charge("ch_1", "A-1")),
			then: []moment{
				{now: late, read: []reconcile.Coverage{read("shop", noon.Add(time.Hour-tick))}, want: says("waiting ch_1 by reference")},
				{now: late, read: []reconcile.Coverage{read("shop", noon.Add(time.Hour))}, want: says("excepted ch_1 by reference", "PAID_NOT_RECORDED ch_1: expected 100.00 actual 100.00 difference 0.00 EUR")},
			},
		},
	})
}

// Money there, and what the shop has of it: design §5, MISSING_ORDER and PAID_NOT_RECORDED.
func TestPaidThere(t *testing.T) {
	run(t, []story{
		{
			name: "counts from the settlement and not from the start of the AUTH",
			told: told(order("A-1", reconcile.OrderPending), auth("1-9-1", "A-1", "100", settledAt(noon.Add(2*day)))),
			then: []moment{
				{now: noon.Add(2*day + 59*time.Minute + 59*time.Second), want: says("waiting 1-9-1 by reference", "review "+stamp(noon.Add(2*day+time.Hour)))},
				{now: noon.Add(2*day + time.Hour), want: says("excepted 1-9-1 by reference", "PAID_NOT_RECORDED 1-9-1: expected 100.00 actual 100.00 difference 0.00 EUR")},
			},
		},
		{
			name: "by a card, naming no order of ours, is out of scope",
			told: told(charge("ch_1", "elsewhere", byCard)),
			then: []moment{{now: noon.Add(day), want: says("out of scope")}},
		},
		{
			name: "by a card, naming an order of ours, is judged",
			told: told(order("A-1", reconcile.OrderPending), charge("ch_1", "A-1", byCard)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", "PAID_NOT_RECORDED ch_1: expected 100.00 actual 100.00 difference 0.00 EUR")}},
		},
		{
			name: "by a card, named by an order's stored id, is judged",
			told: told(order("A-1", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "", byCard)),
			then: []moment{{now: noon.Add(day), want: says("matched ch_1 by stored id")}},
		},
		{
			name: "a source that names no order is waited for while it is alive, and then closed",
			told: told(source("src_1", "B-9", reconcile.SourcePending)),
			then: []moment{
				{now: noon.Add(time.Hour), want: says("waiting")},
				{now: noon.Add(time.Hour), told: told(source("src_1", "B-9", reconcile.SourceFailed)), want: says("closed")},
			},
		},
		{
			name: "an attempt that names no order is waited for while it is alive, and then closed",
			told: told(auth("1-9-1", "B-9", "10")),
			then: []moment{
				{now: noon.Add(time.Hour), want: says("waiting", "review "+stamp(noon.Add(7*day+tick)))},
				{now: noon.Add(time.Hour), told: told(auth("1-9-1", "B-9", "3")), want: says("closed")},
			},
		},
	})
}

// Both sides have money, and the figures differ: design §5, AMOUNT_MISMATCH and CURRENCY_MISMATCH.
func TestFiguresDiffer(t *testing.T) {
	run(t, []story{
		{
			name: "too little",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(9999)))),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference", "AMOUNT_MISMATCH ch_1: expected 100.00 actual 99.99 difference -0.01 EUR")}},
		},
		{
			name: "too much, until the surplus goes back, which needs no record here",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(12000)))),
			then: []moment{
				{now: noon, want: says("excepted ch_1 by reference", "AMOUNT_MISMATCH ch_1: expected 100.00 actual 120.00 difference 20.00 EUR")},
				{now: noon.Add(9 * day), told: told(refund("re_1", "ch_1", eur(2000), noon)), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "too much, of which a part went back: what is left differs",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(12000))), refund("re_1", "ch_1", eur(1500), noon), recorded("rr_1", "A-1", eur(1500), noon)),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference", "AMOUNT_MISMATCH ch_1: expected 100.00 actual 105.00 difference 5.00 EUR")}},
		},
		{
			name: "too much, all of it given back and the order refunded: nothing is left to differ",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1", of(eur(12000))), refund("re_1", "ch_1", eur(12000), noon)),
			then: []moment{
				{now: noon.Add(9 * day), want: says("matched ch_1 by reference")},
				{now: noon.Add(9 * day), told: told(order("A-1", reconcile.OrderPaid)), want: says("excepted ch_1 by reference",
					"AMOUNT_MISMATCH ch_1: expected 100.00 actual 120.00 difference 20.00 EUR",
					"REFUND_NOT_RECORDED re_1: expected - actual 120.00 difference 120.00 EUR")},
			},
		},
		{
			name: "too much, the order refunded and nothing given back: both are said",
			told: told(order("A-1", reconcile.OrderRefunded), charge("ch_1", "A-1", of(eur(12000)))),
			then: []moment{{now: noon.Add(9 * day), want: says("excepted ch_1 by reference",
				"AMOUNT_MISMATCH ch_1: expected 100.00 actual 120.00 difference 20.00 EUR",
				"REFUND_MISSING_AT_PROVIDER ch_1: expected 120.00 actual - difference -120.00 EUR")}},
		},
		{
			name: "an open order's payment differs, and is not recorded either",
			told: told(order("A-1", reconcile.OrderPending), charge("ch_1", "A-1", of(eur(12000)))),
			then: []moment{{now: noon.Add(time.Hour), want: says("excepted ch_1 by reference",
				"AMOUNT_MISMATCH ch_1: expected 100.00 actual 120.00 difference 20.00 EUR",
				"PAID_NOT_RECORDED ch_1: expected 100.00 actual 120.00 difference 20.00 EUR")}},
		},
		{
			name: "another currency is no matter of amounts",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(usd(12000)))),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference", "CURRENCY_MISMATCH ch_1: expected 100.00 actual 120.00 difference - EUR")}},
		},
	})
}

// More than one payment: design §5, DUPLICATE_PAYMENT and "Payments count net".
func TestSeveralPayments(t *testing.T) {
	later := noon.Add(30 * time.Minute)
	end, owed := noon.Add(90*day), "owed 100.00 EUR of ch_2: duplicate payment , needs a person"
	duplicate := "DUPLICATE_PAYMENT ch_2: expected 0.00 actual 100.00 difference 100.00 EUR due " + stamp(later.Add(90*day))
	closing := "review " + stamp(later.Add(76*day))
	twice := told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), charge("ch_2", "A-1", at(later)))
	run(t, []story{
		{
			name: "two at one provider: all but the earliest are surplus",
			told: twice,
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", duplicate, owed, closing)}},
		},
		{
			name: "one at each provider: the AUTH that began earlier is kept although it settled later",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_2", "A-1", at(later)), auth("1-9-1", "A-1", "100", settledAt(noon.Add(2*day)))),
			then: []moment{{now: noon.Add(3 * day), want: says("excepted 1-9-1 by reference", duplicate, owed, closing)}},
		},
		{
			name: "three: two rows",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), charge("ch_2", "A-1", at(later)), charge("ch_3", "A-1", at(later))),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", duplicate,
				"DUPLICATE_PAYMENT ch_3: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(later.Add(90*day)), owed,
				"owed 100.00 EUR of ch_3: duplicate payment , needs a person", closing)}},
		},
		{
			name: "the surplus given back in part is surplus for the rest, and in full none any more",
			told: append(twice, refund("re_1", "ch_2", eur(4000), noon.Add(time.Hour))),
			then: []moment{
				{now: noon.Add(3 * day), want: says("excepted ch_1 by reference",
					"DUPLICATE_PAYMENT ch_2: expected 0.00 actual 60.00 difference 60.00 EUR due "+stamp(later.Add(90*day)),
					"owed 60.00 EUR of ch_2: duplicate payment , needs a person", closing)},
				{now: noon.Add(3 * day), told: told(refund("re_2", "ch_2", eur(6000), noon.Add(time.Hour))), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "a refund on its way gives nothing back yet",
			told: append(twice, turned(refund("re_1", "ch_2", eur(10000), noon), reconcile.RefundPending)),
			then: []moment{{now: noon.Add(3 * day), want: says("excepted ch_1 by reference", duplicate, owed, closing)}},
		},
		{
			name: "when the surplus's refund fails, it is surplus again",
			told: append(twice, refund("re_1", "ch_2", eur(10000), noon)),
			then: []moment{
				{now: noon.Add(day), want: says("matched ch_1 by reference")},
				{now: noon.Add(day), told: told(turned(refund("re_1", "ch_2", eur(10000), noon), reconcile.RefundFailed)), want: says("excepted ch_1 by reference",
					duplicate, "REFUND_FAILED re_1: expected 100.00 actual 0.00 difference -100.00 EUR", owed, closing)},
				{now: noon.Add(day), told: told(refund("re_2", "ch_2", eur(10000), noon.Add(time.Hour))), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "both given back is a refund of the order, which needs a record",
			told: append(twice, refund("re_1", "ch_1", eur(10000), noon), refund("re_2", "ch_2", eur(10000), noon)),
			then: []moment{
				{now: noon.Add(day), want: says("excepted ch_1 by reference", "REFUND_NOT_RECORDED re_1: expected - actual 100.00 difference 100.00 EUR")},
				{now: noon.Add(9 * day), told: told(recorded("rr_1", "A-1", eur(10000), noon), recorded("rr_2", "A-1", eur(10000), noon)), want: says("matched ch_1 by reference")},
			},
		},
		{
			name: "a failed refund of the surplus answers no request",
			told: append(twice, turned(refund("re_1", "ch_2", eur(10000), noon), reconcile.RefundFailed), asked("rr_1", "A-1", eur(10000), noon)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", duplicate, "REFUND_FAILED re_1: expected 100.00 actual 0.00 difference -100.00 EUR",
				"owed 100.00 EUR of ch_2: refund requested rr_1, approved", closing)}},
		},
		{
			name: "a request for another sum than the surplus is taken from the payment that is kept",
			told: append(twice, asked("rr_1", "A-1", eur(4000), noon)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", duplicate, owed, "owed 40.00 EUR of ch_1: refund requested rr_1, approved", "review "+stamp(noon.Add(76*day)))}},
		},
		{
			name: "parts that are one cent off are surplus, and not a difference of amounts",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(3000))), charge("ch_2", "A-1", of(eur(7001)), at(later))),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference",
				"DUPLICATE_PAYMENT ch_2: expected 0.00 actual 70.01 difference 70.01 EUR due "+stamp(later.Add(90*day)),
				"owed 70.01 EUR of ch_2: duplicate payment , needs a person", closing)}},
		},
		{
			name: "parts of which one was refunded and recorded still match",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(3000))), charge("ch_2", "A-1", of(eur(7000)), at(later)),
				refund("re_1", "ch_2", eur(7000), noon), recorded("rr_1", "A-1", eur(7000), noon)),
			then: []moment{{now: noon.Add(9 * day), want: says("matched ch_1 by reference")}},
		},
		{
			name: "of an open order: a surplus, and not recorded",
			told: append(twice[1:], order("A-1", reconcile.OrderPending)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", duplicate,
				"PAID_NOT_RECORDED ch_1: expected 100.00 actual 100.00 difference 0.00 EUR", owed, closing)}},
		},
		{
			name: "a surplus in its last fortnight is closing besides, and out of its window after it",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_0", "A-1", at(noon.Add(-time.Hour))), charge("ch_2", "A-1")),
			then: []moment{
				{now: end.Add(-tick), want: says("excepted ch_0 by reference",
					"DUPLICATE_PAYMENT ch_2: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(end),
					"REFUND_WINDOW_CLOSING ch_2: expected 0.00 actual 100.00 difference 100.00 EUR critical due "+stamp(end), owed, "review "+stamp(end))},
				{now: end, want: says("excepted ch_0 by reference",
					"DUPLICATE_PAYMENT ch_2: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(end),
					"REFUND_OUT_OF_WINDOW ch_2: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(end), owed)},
			},
		},
	})
}

// Money held for a canceled order: design §5, PAID_AFTER_CANCEL.
func TestPaidAfterCancel(t *testing.T) {
	end := noon.Add(90 * day)
	owed, closing := "owed 100.00 EUR of ch_1: paid after cancel , needs a person", "review "+stamp(noon.Add(76*day))
	stands := "PAID_AFTER_CANCEL ch_1: expected 0.00 actual 100.00 difference 100.00 EUR due " + stamp(end)
	canceled := order("A-1", reconcile.OrderCanceled)
	run(t, []story{
		{
			name: "at once, whether the money came after the cancel or before it",
			told: told(canceled, charge("ch_1", "A-1")),
			then: []moment{
				{now: noon, want: says("excepted ch_1 by reference", stands, owed, closing)},
				{now: noon.Add(day), told: told(order("A-1", reconcile.OrderCanceled, func(o *reconcile.Order) { o.CanceledAt = noon.Add(day) })), want: says("excepted ch_1 by reference", stands, owed, closing)},
			},
		},
		{
			name: "two payments are two rows, and none of them a duplicate",
			told: told(canceled, charge("ch_1", "A-1"), charge("ch_2", "A-1")),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference", stands,
				"PAID_AFTER_CANCEL ch_2: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(end), owed,
				"owed 100.00 EUR of ch_2: paid after cancel , needs a person", closing)}},
		},
		{
			name: "given back in full it closes and needs no record; given back in steps that one row records, too",
			told: told(canceled, charge("ch_1", "A-1"), refund("re_1", "ch_1", eur(4000), noon), refund("re_2", "ch_1", eur(6000), noon)),
			then: []moment{
				{now: noon.Add(9 * day), want: says("closed ch_1 by reference")},
				{now: noon.Add(9 * day), told: told(recorded("rr_1", "A-1", eur(10000), noon)), want: says("closed ch_1 by reference")},
			},
		},
		{
			name: "when its refund fails it stands again",
			told: told(canceled, charge("ch_1", "A-1"), turned(refund("re_1", "ch_1", eur(10000), noon), reconcile.RefundFailed)),
			then: []moment{{now: noon.Add(day), want: says("excepted ch_1 by reference", stands,
				"REFUND_FAILED re_1: expected 100.00 actual 0.00 difference -100.00 EUR", owed, closing)}},
		},
		{
			name: "lost in a dispute it is held no more",
			told: told(canceled, charge("ch_1", "A-1"), dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeLost)),
			then: []moment{
				{now: noon.Add(day), want: says("closed ch_1 by reference")},
				{now: noon.Add(day), told: told(dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeWon)), want: says("excepted ch_1 by reference", stands, owed, closing)},
				{now: noon.Add(day), told: told(dispute("dp_1", "ch_1", usd(10000), reconcile.DisputeLost)), want: says("excepted ch_1 by reference", stands, owed, closing)},
			},
		},
		{
			name: "of two payments the lost one is held no more",
			told: told(canceled, charge("ch_1", "A-1"), charge("ch_2", "A-1"), dispute("dp_1", "ch_2", eur(10000), reconcile.DisputeLost)),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference", stands, owed, closing)}},
		},
		{
			name: "a refund in another currency than the payment gives back none of it",
			told: told(canceled, charge("ch_1", "A-1"), refund("re_1", "ch_1", usd(10000), noon)),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference", stands, owed, closing)}},
		},
		{
			name: "in its last fortnight the window is closing besides",
			told: told(canceled, charge("ch_1", "A-1")),
			then: []moment{{now: end.Add(-14 * day), want: says("excepted ch_1 by reference", stands,
				"REFUND_WINDOW_CLOSING ch_1: expected 0.00 actual 100.00 difference 100.00 EUR low due "+stamp(end), owed, "review "+stamp(end.Add(-7*day)))}},
		},
	})
}
