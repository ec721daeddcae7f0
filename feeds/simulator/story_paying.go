package simulator

import "time"

// Shoppers who pay, and what the shop does with their money afterwards, as it should be.
var payingStories = []story{
	{name: "paid", weight: 5600, plain: true, daily: true, tell: tellPaid},
	{name: "paid_second_try", weight: 250, plain: true, daily: true, tell: tellSecondTry},
	{name: "paid_after_refusal", weight: 150, plain: true, daily: true, tell: tellAfterRefusal},
	{name: "paid_after_failed_charge", weight: 60, plain: true, daily: true, tell: tellAfterFailedCharge},
	{name: "paid_by_stored_id", weight: 150, plain: true, daily: true, tell: tellStoredID},
	{name: "paid_stored_id_wins", weight: 15, plain: true, tell: tellStoredIDWins},
	{name: "paid_split", weight: 60, plain: true, daily: true, tell: tellSplit},
	{name: "paid_slow_settlement", weight: 100, plain: true, daily: true, tell: tellSlowSettlement},
	{name: "refunded", weight: 500, plain: true, daily: true, tell: tellRefunded},
	{name: "refunded_in_steps", weight: 200, plain: true, daily: true, tell: tellRefundedInSteps},
}

// tellPaid is the common case. A Trust Payments order may be recorded at the authorisation, days before it settles.
func tellPaid(t *teller) {
	o := t.sold(t.anyDay())
	p := t.take(o, o.gateway, o.created)
	at := p.at
	if early := o.created.Add(4 * time.Minute); p.auth != nil && t.coin(2) && early.Before(at) {
		at = early
	}
	t.record(o, at.Add(webhookDelay), p)
}

// tellSecondTry is a shopper whose first source went nowhere and who paid with the next one, inside the first one's hour.
func tellSecondTry(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	first := t.openSource(o, o.created, o.total, o.currency)
	if t.coin(2) {
		t.decline(first, o.created.Add(t.between(time.Minute, 8*time.Minute)))
	} else {
		t.expire(first)
	}
	p := t.take(o, gatewayStripe, o.created.Add(t.between(10*time.Minute, 20*time.Minute)))
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellAfterRefusal is a shopper whom Trust Payments declined first, some of them over an amount of zero.
func tellAfterRefusal(t *teller) {
	o := t.order(gatewayTrust, t.anyDay())
	t.refuse(o, o.created, o.total*t.rng.Int64N(2))
	p := t.take(o, gatewayTrust, o.created.Add(t.between(2*time.Minute, 20*time.Minute)))
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellAfterFailedCharge is a PaymentIntent whose first charge failed: one intent, two charges, one of them money.
func tellAfterFailedCharge(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	pi := t.openIntent(o, o.created, o.total, o.currency)
	failed := o.created.Add(t.between(time.Minute, 10*time.Minute))
	t.failIntent(pi, failed)
	again := failed.Add(t.between(time.Minute, 10*time.Minute))
	pi.states.add(again, intentState{status: "requires_action", latest: pi.states.last().latest})
	p := t.payIntent(pi, again.Add(t.between(time.Minute, 10*time.Minute)))
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellStoredID is a payment without any reference: only the id that the shop stored tells whose it is.
func tellStoredID(t *teller) {
	o := t.sold(t.anyDay())
	t.keep, t.nameless = keepAttempt, true
	t.paid(o)
}

// tellStoredIDWins is a payment whose reference names another order than the one that stored its id.
func tellStoredIDWins(t *teller) {
	created := t.aged(time.Hour, 90*day)
	other := t.order(gatewayStripe, created.Add(-time.Minute))
	o := t.order(gatewayStripe, created)
	o.currency, o.total = other.currency, other.total
	t.keep = keepNothing
	p := t.take(other, gatewayStripe, o.created)
	t.keep = keepAttempt
	t.remember(o, o.created, p.attempt)
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellSplit pays in two parts that make the exact amount.
func tellSplit(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	part := o.total * t.rng.Int64N(50) / 100
	part = max(part, o.total/10)
	t.takeSum(o, gatewayStripe, o.created, part, o.currency)
	t.keep = keepNothing
	p := t.takeSum(o, gatewayStripe, o.created.Add(22*time.Minute), o.total-part, o.currency)
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellSlowSettlement takes days to settle, but fewer than seven.
func tellSlowSettlement(t *teller) {
	o := t.order(gatewayTrust, t.anyDay())
	p := t.takeAt(o, gatewayTrust, o.created, o.created.Add(t.between(2*day, 6*day)), o.total, o.currency)
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellRefunded gives everything back, and the shop writes it down: by the order's status, by a row, or by both.
func tellRefunded(t *teller) {
	o := t.sold(t.anyDay())
	p := t.paid(o)
	at := p.at.Add(t.between(2*time.Hour, 40*day))
	_, done := t.giveBack(p, at, o.total)
	done = done.Add(webhookDelay)
	way := t.rng.IntN(3)
	if way != 0 {
		t.recordRefund(o, done, o.total)
	}
	if way != 1 {
		t.reimburse(o, done)
	}
}

// tellRefundedInSteps gives parts back, each with its row.
func tellRefundedInSteps(t *teller) {
	o := t.sold(t.anyDay())
	p := t.paid(o)
	at := p.at
	for range 1 + t.rng.IntN(3) {
		at = at.Add(t.between(2*time.Hour, 9*day))
		amount := max(1, o.total*(10+t.rng.Int64N(20))/100)
		_, done := t.giveBack(p, at, amount)
		t.recordRefund(o, done.Add(webhookDelay), amount)
	}
}
