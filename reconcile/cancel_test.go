package reconcile_test

import (
	"testing"
	"time"

	"tieout/reconcile"
)

// Which dead ends cancel an open order, and what forbids it: design §5, "Which dead ends cancel an open order", and §7.
func TestCancel(t *testing.T) {
	open := order("A-1", reconcile.OrderPending)
	gone := source("src_1", "A-1", reconcile.SourceCanceled)
	dead := told(open, gone)
	late := noon.Add(30 * day)
	no, yes := says("waiting"), says("waiting", "cancel src_1 canceled")
	run(t, []story{
		{
			name: "a source that the provider calls canceled: at once",
			told: dead,
			then: []moment{{now: noon, want: yes}},
		},
		{
			name: "a PaymentIntent that the provider calls canceled: at once",
			told: told(open, intent("pi_1", "A-1", reconcile.SourceCanceled)),
			then: []moment{{now: noon, want: says("waiting", "cancel pi_1 canceled")}},
		},
		{
			name: "a declined source: a day after its creation",
			told: told(open, source("src_1", "A-1", reconcile.SourceFailed)),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("waiting", "cancel src_1 failed")},
			},
		},
		{
			name: "an AUTH at 3: a day after its start",
			told: told(open, auth("1-9-1", "A-1", "3")),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting 1-9-1 by reference", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("waiting 1-9-1 by reference", "cancel 1-9-1 canceled (settlestatus 3)")},
			},
		},
		{
			name: "an AUTH that was refused: a day after its start",
			told: told(open, auth("1-9-1", "A-1", "0", ending(reconcile.PaymentFailed))),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting 1-9-1 by reference", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("waiting 1-9-1 by reference", "cancel 1-9-1 failed (settlestatus 0)")},
			},
		},
		{
			name: "a failed charge is as dead as its source",
			told: told(open, gone, charge("ch_1", "", charging("src_1"), ending(reconcile.PaymentFailed))),
			then: []moment{{now: noon, want: says("waiting ch_1 by source's reference", "cancel src_1 canceled, ch_1 failed")}},
		},
		{
			name: "a failed charge whose source is not held: a day after it",
			told: told(open, charge("ch_1", "A-1", charging("src_9"), ending(reconcile.PaymentFailed))),
			then: []moment{
				{now: noon.Add(day - tick), want: says("waiting ch_1 by reference", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(day), want: says("waiting ch_1 by reference", "cancel ch_1 failed")},
			},
		},
		{
			name: "several dead ends: when the last of them counts",
			told: told(open, gone, auth("1-9-1", "A-1", "3", at(noon.Add(time.Hour)))),
			then: []moment{
				{now: noon.Add(25*time.Hour - tick), want: says("waiting 1-9-1 by reference", "review "+stamp(noon.Add(25*time.Hour)))},
				{now: noon.Add(25 * time.Hour), want: says("waiting 1-9-1 by reference", "cancel src_1 canceled, 1-9-1 canceled (settlestatus 3)")},
			},
		},
		{
			name: "an order that nobody tried to pay: never, unless the policy says when",
			told: told(open),
			then: []moment{
				{now: late, want: no},
				{now: noon.Add(2*day - tick), policy: canceling(2*day, 0), want: says("waiting", "review "+stamp(noon.Add(2*day)))},
				{now: noon.Add(2 * day), policy: canceling(2*day, 0), want: says("waiting", "cancel")},
			},
		},
		{
			name: "an order of unknown age that nobody tried to pay: never",
			told: told(order("A-1", reconcile.OrderPending, func(o *reconcile.Order) { o.CreatedAt, o.ChangedAt = time.Time{}, time.Time{} })),
			then: []moment{{now: late, policy: canceling(2*day, 0), want: no}},
		},
		{
			name: "a PaymentIntent left waiting, declined or not: never, unless the policy says when",
			told: told(open, intent("pi_1", "A-1", reconcile.SourcePending, declined)),
			then: []moment{
				{now: late, want: no},
				{now: noon.Add(2*day - tick), policy: canceling(0, 2*day), want: says("waiting", "review "+stamp(noon.Add(2*day)))},
				{now: noon.Add(2 * day), policy: canceling(0, 2*day), want: says("waiting", "cancel pi_1 pending")},
			},
		},
		{
			name: "a source that has run out by our clock, while the provider says that it has not: never",
			told: told(open, source("src_1", "A-1", reconcile.SourcePending)),
			then: []moment{{now: late, policy: canceling(0, 2*day), want: no}},
		},
		{
			name: "another source is alive, by its reference or by the stored id",
			told: append(dead, source("src_2", "A-1", reconcile.SourcePending)),
			then: []moment{
				{now: late, want: no},
				{now: late, told: told(order("A-1", reconcile.OrderPending, storing("src_2")), source("src_2", "", reconcile.SourceConsumed)), want: no},
			},
		},
		{
			name: "an AUTH at another provider is on its way, and may be of the order under a reference that was cut",
			told: told(order("SHENZHEN-EXPO-2026-HALL-7-B", reconcile.OrderPending), source("src_1", "SHENZHEN-EXPO-2026-HALL-7-B", reconcile.SourceCanceled)),
			then: []moment{
				{now: noon, want: yes},
				{now: noon, told: told(auth("1-9-1", "SHENZHEN-EXPO-2026-HALL-7", "10")), want: says("waiting 1-9-1 by truncated reference", "review "+stamp(noon.Add(7*day+tick)))},
			},
		},
		{
			name: "an AUTH is suspended",
			told: append(dead, auth("1-9-1", "A-1", "2")),
			then: []moment{{now: noon, want: says("excepted 1-9-1 by reference", "SETTLEMENT_SUSPENDED 1-9-1: expected 100.00 actual 0.00 difference -100.00 EUR")}},
		},
		{
			name: "a charge is pending",
			told: append(dead, charge("ch_1", "A-1", ending(reconcile.PaymentPending))),
			then: []moment{{now: noon, want: says("waiting ch_1 by reference")}},
		},
		{
			name: "money was taken, even if all of it went back",
			told: append(dead, charge("ch_1", "A-1")),
			then: []moment{
				{now: noon.Add(day), want: says("excepted ch_1 by reference", "PAID_NOT_RECORDED ch_1: expected 100.00 actual 100.00 difference 0.00 EUR")},
				{now: noon.Add(day), told: told(refund("re_1", "ch_1", eur(10000), noon.Add(time.Hour))), want: says("waiting ch_1 by reference", "review "+stamp(noon.Add(25*time.Hour)))},
				{now: late, told: told(recorded("rr_1", "A-1", eur(10000), noon)), want: says("closed ch_1 by reference")},
			},
		},
		{
			name: "a payment names the order almost, in another case: never matched, and yet nobody can say that nobody paid",
			told: append(dead, charge("ch_1", "a-1")),
			then: []moment{
				{now: late, want: no},
				{now: late, told: told(charge("ch_1", "a-1", ending(reconcile.PaymentFailed))), want: yes},
			},
		},
		{
			name: "a payment fits this order and another one equally, whatever became of it",
			told: told(order("SHENZHEN-EXPO-2026-HALL-7-A", reconcile.OrderPending), source("src_1", "SHENZHEN-EXPO-2026-HALL-7-A", reconcile.SourceCanceled),
				order("SHENZHEN-EXPO-2026-HALL-7-B", reconcile.OrderPending), auth("1-9-1", "SHENZHEN-EXPO-2026-HALL-7", "100")),
			then: []moment{
				{now: noon, about: "order/SHENZHEN-EXPO-2026-HALL-7-A", want: no},
				{now: late, told: told(auth("1-9-1", "SHENZHEN-EXPO-2026-HALL-7", "3")), about: "order/SHENZHEN-EXPO-2026-HALL-7-A", want: no},
			},
		},
		{
			name: "the shop stored an id that is not held",
			told: told(order("A-1", reconcile.OrderPending, storing("ch_9")), gone),
			then: []moment{{now: late, want: no}},
		},
		{
			name: "the shop stored a charge, or the source of a charge, that is held and dead",
			told: told(order("A-1", reconcile.OrderPending, storing("ch_1")), charge("ch_1", "", charging("src_9"), ending(reconcile.PaymentFailed))),
			then: []moment{
				{now: late, want: says("waiting ch_1 by stored id", "cancel ch_1 failed")},
				{now: late, told: told(order("A-1", reconcile.OrderPending, storing("src_9"))), want: says("waiting ch_1 by stored id", "cancel ch_1 failed")},
			},
		},
		{
			name: "a row that names the order, its source or its stored id could not be read",
			told: dead,
			then: []moment{
				{now: late, told: told(unreadable("stripe", "charge", "ch_9", "A-1", "")), want: no},
				{now: late, told: told(unreadable("stripe", "charge", "ch_9", "", "src_1")), want: no},
				{now: late, told: told(unreadable("stripe", "charge", "ch_9", "B-2", "src_9")), want: yes},
			},
		},
		{
			name: "a provider's last fetch was incomplete, it was never read, or only from after the order was made",
			told: dead,
			then: []moment{
				{now: late, read: reading(late, func(c *reconcile.Coverage) { c.Reason = "429 too many requests" }), want: no},
				{now: late, read: reading(late, func(c *reconcile.Coverage) { c.Complete = reconcile.Window{} }), want: no},
				{now: late, read: reading(late, func(c *reconcile.Coverage) { c.Complete.From = noon.Add(tick) }), want: no},
				{now: late, read: reading(late, func(c *reconcile.Coverage) { c.Complete.From = noon }), want: yes},
			},
		},
		{
			name: "an order that is not open",
			told: append(dead, order("A-1", reconcile.OrderCanceled)),
			then: []moment{
				{now: late, want: says("closed")},
				{now: late, told: told(order("A-1", reconcile.OrderPaid)), want: says("excepted", "PAYMENT_CANCELLED src_1: expected 100.00 actual 0.00 difference -100.00 EUR")},
			},
		},
	})
}

func canceling(noAttempt, waitingIntent time.Duration) func(*reconcile.Policy) {
	return func(p *reconcile.Policy) {
		p.Cancel.NoAttemptAfter, p.Cancel.WaitingIntentAfter = noAttempt, waitingIntent
	}
}

// reading is what was read up to an instant, but for Trust Payments.
func reading(to time.Time, change func(*reconcile.Coverage)) []reconcile.Coverage {
	list := allRead(to)
	change(&list[2])
	return list
}
