package simulator

import "time"

// Shoppers who do not pay. No exception: the batch job cancels their orders, or leaves them alone.
var leavingStories = []story{
	{name: "left", weight: 700, plain: true, daily: true, tell: tellLeft},
	{name: "left_open_elsewhere", weight: 20, plain: true, daily: true, tell: tellLeftOpenElsewhere},
	{name: "left_intent", weight: 100, plain: true, daily: true, tell: tellLeftIntent},
	{name: "declined", weight: 150, plain: true, daily: true, tell: tellDeclined},
	{name: "abandoned", weight: 300, plain: true, daily: true, tell: tellAbandoned},
	{name: "refused", weight: 60, plain: true, daily: true, tell: tellRefused},
	{name: "no_attempt", weight: 150, plain: true, daily: true, tell: tellNoAttempt},
	{name: "intent_waiting", weight: 80, plain: true, daily: true, tell: tellIntentWaiting},
	{name: "canceled_by_shop", weight: 80, plain: true, daily: true, tell: tellCanceledByShop},
}

// findable makes the shop store the attempt where only an event could tell of it and the event may be gone.
func (t *teller) findable(o *shopOrder) {
	if t.keep == keepPayment || o.created.Before(t.world.cfg.Now.Add(-eventMemory)) {
		t.keep = keepAttempt
	}
}

// tellLeft is a shopper who never came back: the pending source is canceled after an hour.
func tellLeft(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	t.findable(o)
	o.cancelFrom = t.expire(t.openSource(o, o.created, o.total, o.currency))
}

// tellLeftOpenElsewhere has a dead source and a live session at the other provider, which is waited for: it settles days
// later.
func tellLeftOpenElsewhere(t *teller) {
	o := t.bothSold(t.anyDay())
	t.findable(o)
	t.expire(t.openSource(o, o.created, o.total, o.currency))
	t.keep = keepNothing
	start := o.created.Add(5 * time.Minute)
	p := t.takeAt(o, gatewayTrust, start, start.Add(t.between(3*day, 6*day)), o.total, o.currency)
	t.record(o, p.at.Add(webhookDelay), p)
}

// tellLeftIntent is the same with a PaymentIntent, which somebody canceled after a day.
func tellLeftIntent(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	o.cancelFrom = o.created.Add(day)
	t.cancelIntent(t.openIntent(o, o.created, o.total, o.currency), o.cancelFrom)
}

// tellDeclined says no in Alipay; the order waits a day for another try.
func tellDeclined(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	t.findable(o)
	t.decline(t.openSource(o, o.created, o.total, o.currency), o.created.Add(t.between(time.Minute, 20*time.Minute)))
	o.cancelFrom = o.created.Add(declinedPatience)
}

// tellAbandoned starts a session at Trust Payments that ends as cancelled.
func tellAbandoned(t *teller) {
	o := t.order(gatewayTrust, t.anyDay())
	auth := t.session(o, o.created, o.total, o.currency)
	ended := o.created.Add(t.between(20*time.Minute, 30*time.Hour))
	auth.turn(ended, "3")
	o.cancelFrom = later(ended, o.created.Add(declinedPatience))
}

// tellRefused is declined by Trust Payments on the spot, and does not try again.
func tellRefused(t *teller) {
	o := t.order(gatewayTrust, t.anyDay())
	t.refuse(o, o.created, o.total*t.rng.Int64N(2))
	o.cancelFrom = o.created.Add(declinedPatience)
}

// tellNoAttempt never got as far as a provider: nobody knows a dead end, so nobody cancels.
func tellNoAttempt(t *teller) { t.sold(t.anyDay()) }

// tellIntentWaiting leaves a PaymentIntent waiting for ever.
func tellIntentWaiting(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	t.openIntent(o, o.created, o.total, o.currency)
}

// tellCanceledByShop is canceled in the shop before the source runs out, and never paid.
func tellCanceledByShop(t *teller) {
	o := t.order(gatewayStripe, t.anyDay())
	t.expire(t.openSource(o, o.created, o.total, o.currency))
	t.void(o, o.created.Add(t.between(10*time.Minute, 50*time.Minute)))
}
