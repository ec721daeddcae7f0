package reconcile_test

import (
	"testing"
	"time"

	"tieout/reconcile"
)

// Stripe Sources that were authorised and not charged: source document 001; design §5, AUTHORISED_NOT_CHARGED and
// AUTHORISATION_LOST. Noon in UTC is 20:00 in Shanghai, so that 23:45 there comes before the six hours are over.
func TestSources(t *testing.T) {
	morning := noon.Add(-10 * time.Hour) // 10:00 in Shanghai
	cutoff := noon.Add(3*time.Hour + 45*time.Minute)
	open := order("A-1", reconcile.OrderPending)
	waiting := source("src_1", "A-1", reconcile.SourcePending)
	ready := source("src_1", "A-1", reconcile.SourceChargeable, authorised)
	ranOut := source("src_1", "A-1", reconcile.SourceCanceled)
	notCharged := func(due time.Time) string {
		return "AUTHORISED_NOT_CHARGED src_1: expected 100.00 actual 100.00 difference 0.00 EUR due " + stamp(due)
	}
	lost := "AUTHORISATION_LOST src_1: expected 100.00 actual 0.00 difference -100.00 EUR"
	run(t, []story{
		{
			name: "pending is waited for, and read again when its hour is over; canceled, it cancels the order",
			told: told(open, waiting),
			then: []moment{
				{now: noon.Add(59*time.Minute + 59*time.Second), want: says("waiting", "review "+stamp(noon.Add(time.Hour)))},
				{now: noon.Add(time.Hour), want: says("waiting")},
				{now: noon.Add(time.Hour), told: told(ranOut), want: says("waiting", "cancel src_1 canceled")},
			},
		},
		{
			name: "chargeable and not charged: due at 23:45 in Shanghai, and it stands until the provider says otherwise",
			told: told(open, ready, chargeable("src_1", noon)),
			then: []moment{
				{now: noon, want: says("excepted", notCharged(cutoff), "review "+stamp(cutoff))},
				{now: cutoff, want: says("excepted", notCharged(cutoff))},
				{now: cutoff, told: told(ranOut), want: says("excepted", lost, "cancel src_1 canceled")},
			},
		},
		{
			name: "chargeable in a Shanghai morning is due after six hours",
			told: told(open, ready, chargeable("src_1", morning)),
			then: []moment{{now: morning, want: says("excepted", notCharged(morning.Add(6*time.Hour)), "review "+stamp(morning.Add(6*time.Hour)))}},
		},
		{
			name: "chargeable with no event that tells since when counts from its creation",
			told: told(open, ready),
			then: []moment{{now: noon, want: says("excepted", notCharged(cutoff), "review "+stamp(cutoff))}},
		},
		{
			name: "chargeable and charged in time is no exception",
			told: told(open, ready, charge("ch_1", "", charging("src_1"))),
			then: []moment{{now: noon, want: says("waiting ch_1 by source's reference", "review "+stamp(noon.Add(time.Hour)))}},
		},
		{
			name: "chargeable while its charge is pending is no exception, and after the charge failed it is",
			told: told(open, ready, chargeable("src_1", noon), charge("ch_1", "", charging("src_1"), ending(reconcile.PaymentPending))),
			then: []moment{
				{now: noon, want: says("waiting ch_1 by source's reference")},
				{now: noon, told: told(charge("ch_1", "", charging("src_1"), ending(reconcile.PaymentFailed))), want: says("excepted ch_1 by source's reference", notCharged(cutoff), "review "+stamp(cutoff))},
			},
		},
		{
			name: "chargeable beside money that was taken must not be charged",
			told: told(open, ready, charge("ch_2", "A-1")),
			then: []moment{{now: noon, want: says("waiting ch_2 by reference", "review "+stamp(noon.Add(time.Hour)))}},
		},
		{
			name: "chargeable after earlier money of the open order went back is to be charged",
			told: told(open, ready, chargeable("src_1", noon), charge("ch_2", "A-1"), refund("re_1", "ch_2", eur(10000), noon)),
			then: []moment{{now: noon, want: says("excepted ch_2 by reference", notCharged(cutoff), "review "+stamp(cutoff))}},
		},
		{
			name: "chargeable for an order that is canceled here is left to run out",
			told: told(order("A-1", reconcile.OrderCanceled), ready),
			then: []moment{{now: noon, want: says("closed")}},
		},
		{
			name: "chargeable and of no order says so without a figure of the shop",
			told: told(source("src_1", "B-9", reconcile.SourceChargeable), chargeable("src_1", noon)),
			then: []moment{{now: noon, want: says("excepted", "AUTHORISED_NOT_CHARGED src_1: expected - actual 100.00 difference 100.00 EUR due "+stamp(cutoff), "review "+stamp(cutoff))}},
		},
		{
			name: "of another payment method and no order is out of scope",
			told: told(source("src_1", "B-9", reconcile.SourceChargeable, func(s *reconcile.Source) { s.InScope = false })),
			then: []moment{{now: noon, want: says("out of scope")}},
		},
		{
			name: "canceled after its event told that it was chargeable is lost, also once the order is canceled",
			told: told(open, ranOut, chargeable("src_1", noon)),
			then: []moment{
				{now: cutoff, want: says("excepted", lost, "cancel src_1 canceled")},
				{now: cutoff, told: told(order("A-1", reconcile.OrderCanceled)), want: says("excepted", lost)},
			},
		},
		{
			name: "canceled while its redirect says that it was authorised is lost",
			told: told(open, source("src_1", "A-1", reconcile.SourceCanceled, authorised)),
			then: []moment{{now: cutoff, want: says("excepted", lost, "cancel src_1 canceled")}},
		},
		{
			name: "canceled and never authorised was a shopper who left",
			told: told(open, ranOut),
			then: []moment{{now: cutoff, want: says("waiting", "cancel src_1 canceled")}},
		},
		{
			name: "canceled, while only another source became chargeable and only its cancel was told, was a shopper who left",
			told: told(open, ranOut, chargeable("src_2", noon), source("src_2", "A-1", reconcile.SourceConsumed), func() reconcile.SourceEvent {
				e := chargeable("src_1", noon)
				e.Status = reconcile.SourceCanceled
				return e
			}()),
			then: []moment{{now: cutoff, want: says("waiting")}},
		},
		{
			name: "lost, while the sale was made with another source after all, is not lost",
			told: told(order("A-1", reconcile.OrderPaid), ranOut, chargeable("src_1", noon), charge("ch_2", "A-1")),
			then: []moment{{now: cutoff, want: says("matched ch_2 by reference")}},
		},
		{
			name: "lost and of no order tells what was authorised",
			told: told(source("src_1", "B-9", reconcile.SourceCanceled, authorised)),
			then: []moment{{now: cutoff, want: says("excepted", lost)}},
		},
		{
			name: "a PaymentIntent charges itself and is neither",
			told: told(open, intent("pi_1", "A-1", reconcile.SourceCanceled, authorised)),
			then: []moment{
				{now: noon, want: says("waiting", "cancel pi_1 canceled")},
				{now: noon, told: told(intent("pi_1", "A-1", reconcile.SourceChargeable, authorised)), want: says("waiting")},
			},
		},
	})
}
