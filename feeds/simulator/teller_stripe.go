package simulator

import (
	"math/rand/v2"
	"time"
)

// refundDuration is how long a Stripe refund stays pending; the provider speaks of up to five minutes.
const refundDuration = 3 * time.Minute

// metadata is what the shop attaches to a source, intent or charge.
func (t *teller) metadata(o *shopOrder) map[string]string {
	switch {
	case o == nil || t.nameless:
		return map[string]string{}
	case t.coin(6):
		return map[string]string{"order_reference": o.reference}
	}
	return map[string]string{"order_id": o.reference, "shop": "tickets"}
}

func (t *teller) happen(at time.Time, kind string, subject any) {
	t.world.events.push(newEvent(t.rng, at, kind, subject))
}

func newEvent(rng *rand.Rand, at time.Time, kind string, subject any) *event {
	return &event{object: object{randomID(rng, "evt"), at}, kind: kind, subject: subject}
}

// openSource creates a pending source. Unless something happens to it, expire must end it.
func (t *teller) openSource(o *shopOrder, at time.Time, amount int64, currency string) *source {
	src := &source{object: object{randomID(t.rng, "src"), at}, amount: amount, currency: currency, metadata: t.metadata(o)}
	src.states.add(at, sourceState{status: "pending", redirect: "pending"})
	t.world.sources.push(src)
	t.remember(o, at, src.id)
	return src
}

// expire cancels a pending source after its hour.
func (t *teller) expire(src *source) time.Time {
	at := src.created.Add(pendingLife)
	src.states.add(at, sourceState{status: "canceled", redirect: "pending"})
	t.happen(at, "source.canceled", src)
	return at
}

// decline is a shopper who says no.
func (t *teller) decline(src *source, at time.Time) {
	src.states.add(at, sourceState{status: "failed", redirect: "failed", reason: "declined"})
	t.happen(at, "source.failed", src)
}

func (t *teller) authorise(src *source, at time.Time) {
	src.states.add(at, sourceState{status: "chargeable", redirect: "succeeded"})
	t.happen(at, "source.chargeable", src)
}

// lapse cancels a chargeable source that nobody charged.
func (t *teller) lapse(src *source, at time.Time) {
	src.states.add(at, sourceState{status: "canceled", redirect: "succeeded"})
	t.happen(at, "source.canceled", src)
}

// chargeSource takes the money of a chargeable source.
func (t *teller) chargeSource(src *source, at time.Time) payment {
	src.states.add(at, sourceState{status: "consumed", redirect: "succeeded"})
	c := t.newCharge(at, src.amount, src.currency, src.metadata)
	c.source = src
	return payment{id: c.id, attempt: src.id, at: at, begun: at, amount: c.amount, charge: c}
}

func (t *teller) openIntent(o *shopOrder, at time.Time, amount int64, currency string) *intent {
	pi := &intent{object: object{randomID(t.rng, "pi"), at}, amount: amount, currency: currency, metadata: t.metadata(o)}
	pi.states.add(at, intentState{status: "requires_action"})
	t.world.intents.push(pi)
	t.remember(o, at, pi.id)
	return pi
}

func (t *teller) payIntent(pi *intent, at time.Time) payment {
	c := t.newCharge(at, pi.amount, pi.currency, pi.metadata)
	c.intent = pi
	pi.states.add(at, intentState{status: "succeeded", latest: c})
	t.happen(at, "payment_intent.succeeded", pi)
	return payment{id: c.id, attempt: pi.id, at: at, begun: at, amount: c.amount, charge: c}
}

func (t *teller) cancelIntent(pi *intent, at time.Time) {
	pi.states.add(at, intentState{status: "canceled", canceledAt: at})
	t.happen(at, "payment_intent.canceled", pi)
}

// failIntent has a charge of the intent fail, after which the intent waits for another payment method.
func (t *teller) failIntent(pi *intent, at time.Time) {
	c := &charge{
		object: object{randomID(t.rng, "py"), at}, amount: pi.amount, currency: pi.currency, metadata: pi.metadata,
		email: "payer@example.com", method: "alipay", failure: "payment_method_provider_decline", intent: pi,
	}
	pi.states.add(at, intentState{status: "requires_payment_method", latest: c})
	t.world.charges.push(c)
	t.happen(at, "charge.failed", c)
}

// newCharge takes money by Alipay. Its balance transaction comes at once, or up to two days later.
func (t *teller) newCharge(at time.Time, amount int64, currency string, metadata map[string]string) *charge {
	prefix := "ch"
	if t.coin(2) {
		prefix = "py"
	}
	c := &charge{
		object: object{randomID(t.rng, prefix), at}, amount: amount, currency: currency, metadata: metadata,
		email: "payer@example.com", method: "alipay",
	}
	booked := at
	if t.coin(12) {
		booked = at.Add(t.between(10*time.Minute, 40*time.Hour))
	}
	c.movement = bookCharge(t.rng, c, booked)
	t.world.movements.push(c.movement)
	t.world.charges.push(c)
	t.happen(at, "charge.succeeded", c)
	return c
}

// refundCharge creates a pending refund; the caller says how it ends.
func (t *teller) refundCharge(c *charge, at time.Time, amount int64) *refund {
	r := newRefund(t.rng, c, at, amount)
	t.world.refunds.push(r)
	t.world.movements.push(r.movement)
	t.happen(at, "charge.refunded", c)
	return r
}

// failRefund returns the money of a refund to the balance.
func (t *teller) failRefund(r *refund, at time.Time) {
	r.states.add(at, "failed")
	r.returned = bookReturn(t.rng, r, at)
	t.world.movements.push(r.returned)
	t.happen(at, "charge.refund.updated", r)
}

// newRefund makes a refund of a charge, pending, with its movement. It is not yet in any collection.
func newRefund(rng *rand.Rand, c *charge, at time.Time, amount int64) *refund {
	prefix := "re"
	if c.id[:2] == "py" {
		prefix = "pyr"
	}
	r := &refund{object: object{randomID(rng, prefix), at}, charge: c, amount: amount, metadata: map[string]string{}}
	r.states.add(at, "pending")
	r.movement = bookRefund(rng, r)
	c.refunds = append(c.refunds, r)
	return r
}
