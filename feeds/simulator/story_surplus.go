package simulator

import "time"

// Money that must go back: for an order that is canceled, or the second time for one that is paid.
var surplusStories = []story{
	{name: "paid_after_cancel", weight: 30, tell: tellPaidAfterCancel},
	{name: "paid_after_cancel_refunded", weight: 15, tell: tellPaidAfterCancelRefunded},
	{name: "paid_after_cancel_refund_failed", weight: 10, tell: tellPaidAfterCancelRefundFailed},
	{name: "paid_after_cancel_window_ends", weight: 10, tell: tellPaidAfterCancelWindowEnds},
	{name: "session_revived", weight: 15, tell: tellSessionRevived},
	{name: "session_revived_after_cancel", weight: 10, tell: tellSessionRevivedAfterCancel},
	{name: "canceled_after_paid", weight: 15, tell: tellCanceledAfterPaid},
	{name: "duplicate", weight: 30, tell: tellDuplicate},
	{name: "triplicate", weight: 10, tell: tellTriplicate},
	{name: "duplicate_across", weight: 20, tell: tellDuplicateAcross},
	{name: "duplicate_returned", weight: 20, tell: tellDuplicateReturned},
}

// paidAfterCancel is canceled in the shop after an hour and paid some minutes later.
func (t *teller) paidAfterCancel(created time.Time) (*shopOrder, payment) {
	o := t.order(gatewayStripe, created)
	t.findable(o)
	start := created.Add(50 * time.Minute)
	canceled := created.Add(time.Hour)
	p := t.takeAt(o, gatewayStripe, start, canceled.Add(t.between(time.Minute, 30*time.Minute)), o.total, o.currency)
	t.void(o, canceled)
	return o, p
}

func tellPaidAfterCancel(t *teller) {
	o, p := t.paidAfterCancel(t.aged(-day, 94*day))
	t.owed(codePaidAfterCancel, o, p, p.id, p.at, time.Time{})
}

// tellPaidAfterCancelRefunded gives the money back, which needs no record here; some on the day after Now.
func tellPaidAfterCancelRefunded(t *teller) {
	o, p := t.paidAfterCancel(t.aged(2*day, 60*day))
	at := p.at.Add(t.between(time.Hour, 40*time.Hour))
	if t.coin(2) {
		at = t.tomorrow()
	}
	_, done := t.giveBack(p, at, o.total)
	t.owed(codePaidAfterCancel, o, p, p.id, p.at, done)
}

// tellPaidAfterCancelRefundFailed tries to give it back, and fails: both exceptions stand.
func tellPaidAfterCancelRefundFailed(t *teller) {
	o, p := t.paidAfterCancel(t.aged(6*day, 60*day))
	r := t.refundCharge(p.charge, p.at.Add(t.between(time.Hour, day)), o.total)
	failed := r.created.Add(t.between(day, 3*day))
	t.failRefund(r, failed)
	t.owed(codePaidAfterCancel, o, p, p.id, p.at, time.Time{})
	t.expect(codeRefundFailed, o, r.id, failed, time.Time{})
}

// tellPaidAfterCancelWindowEnds runs out of its refund window on the day after Now, or enters its last fortnight then.
func tellPaidAfterCancelWindowEnds(t *teller) {
	age := refundWindow
	if t.coin(2) {
		age -= closingNotice
	}
	o, p := t.paidAfterCancel(t.tomorrow().Add(-age))
	t.owed(codePaidAfterCancel, o, p, p.id, p.at, time.Time{})
}

// tellSessionRevived is a cancelled AUTH that settles after all, rarely and late (source document 002).
func tellSessionRevived(t *teller) {
	created := t.aged(3*day, 80*day)
	settled := created.Add(t.between(30*time.Hour, 12*day))
	if t.coin(2) {
		settled = t.tomorrow()
	}
	o := t.order(gatewayTrust, created)
	auth := t.session(o, created, o.total, o.currency)
	auth.turn(created.Add(40*time.Minute), "3")
	t.void(o, created.Add(20*time.Hour))
	auth.settle(settled)
	p := payment{id: auth.id, at: settled, begun: created, auth: auth}
	t.owed(codePaidAfterCancel, o, p, p.id, p.at, time.Time{})
}

// tellSessionRevivedAfterCancel is the same for an order that the batch job canceled at Now, and the AUTH settles the day
// after: the truth of that day supposes the run at Now.
func tellSessionRevivedAfterCancel(t *teller) {
	o := t.order(gatewayTrust, t.aged(2*day, 20*day))
	auth := t.session(o, o.created, o.total, o.currency)
	auth.turn(o.created.Add(40*time.Minute), "3")
	o.cancelFrom = o.created.Add(declinedPatience)
	settled := t.tomorrow()
	auth.settle(settled)
	p := payment{id: auth.id, at: settled, begun: o.created, auth: auth}
	t.owed(codePaidAfterCancel, o, p, p.id, p.at, time.Time{})
}

// tellCanceledAfterPaid keeps the money of an order that was canceled after it was paid.
func tellCanceledAfterPaid(t *teller) {
	o := t.sold(t.aged(2*day, 94*day))
	p := t.paid(o)
	canceled := p.at.Add(t.between(2*time.Hour, 2*day))
	t.void(o, canceled)
	t.owed(codePaidAfterCancel, o, p, p.id, canceled, time.Time{})
}

// tellDuplicate is charged twice at one provider.
func tellDuplicate(t *teller) {
	o := t.sold(t.aged(-day, 94*day))
	first, second := t.paidTwice(o, o.gateway)
	t.duplicate(o, first, second, time.Time{})
}

// tellTriplicate is charged three times: two of the payments are a surplus.
func tellTriplicate(t *teller) {
	o := t.order(gatewayStripe, t.aged(-day, 94*day))
	first, second := t.paidTwice(o, gatewayStripe)
	third := t.take(o, gatewayStripe, second.at.Add(t.between(time.Minute, 30*time.Minute)))
	t.duplicate(o, first, second, time.Time{})
	t.duplicate(o, first, third, time.Time{})
}

// tellDuplicateAcross is charged by both providers. In every second one the session at Trust Payments began first and
// settled last: the surplus is the payment that began later, not the one that arrived later.
func tellDuplicateAcross(t *teller) {
	o := t.bothSold(t.aged(-day, 94*day))
	if t.coin(2) {
		first, second := t.overtaken(o)
		t.duplicate(o, first, second, time.Time{})
		return
	}
	first, second := t.paidTwice(o, gatewayTrust)
	t.duplicate(o, first, second, time.Time{})
}

// overtaken starts a session that settles only after the shopper also paid by Stripe.
func (t *teller) overtaken(o *shopOrder) (payment, payment) {
	keep := t.keep
	t.keep = keepNothing
	settled := o.created.Add(t.between(5*time.Hour, 30*time.Hour))
	first := t.takeAt(o, gatewayTrust, o.created, settled, o.total, o.currency)
	t.keep = keep
	return first, t.paid(o)
}

// tellDuplicateReturned gets one of the two payments back, whichever: then there is no surplus.
func tellDuplicateReturned(t *teller) {
	o := t.bothSold(t.aged(5*day, 70*day))
	first, second := t.paidTwice(o, t.gateway())
	given := first
	if t.coin(2) {
		given = second
	}
	at := later(first.at, second.at).Add(t.between(time.Hour, day))
	if t.coin(2) {
		at = t.tomorrow()
	}
	_, done := t.giveBack(given, at, o.total)
	t.duplicate(o, first, second, done)
}

// bothSold is an order of the shop's Stripe till in a currency that Trust Payments also takes.
func (t *teller) bothSold(created time.Time) *shopOrder {
	o := t.order(gatewayStripe, created)
	if o.currency == "CNY" {
		o.currency = "EUR"
		o.total = pickAmount(t.rng, o.currency)
	}
	return o
}

// paidTwice takes the whole amount a second time some minutes after the shop recorded the first.
func (t *teller) paidTwice(o *shopOrder, second string) (payment, payment) {
	a := t.paid(o)
	t.keep = keepNothing
	b := t.take(o, second, a.at.Add(t.between(time.Minute, 30*time.Minute)))
	return a, b
}

// duplicate expects one exception for the later begun of two payments, from when both hold money.
func (t *teller) duplicate(o *shopOrder, first, surplus payment, until time.Time) {
	t.owed(codeDuplicate, o, surplus, surplus.id, later(first.at, surplus.at), until)
}
