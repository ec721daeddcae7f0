package simulator

import (
	"math/rand/v2"
	"time"
)

// availableAfter is how long the money of a charge stays pending in the Stripe balance.
const availableAfter = 3 * day

// disputeFee is what a dispute costs, in minor units of any currency.
const disputeFee = 1_500

// newMovement converts an amount to the settlement currency and books it.
func newMovement(rng *rand.Rand, at time.Time, amount int64, currency string) *movement {
	settled, in, rate := settle(amount, currency, at)
	return &movement{
		object: object{randomID(rng, "txn"), at}, amount: settled, currency: in, rateMicros: rate, available: at,
	}
}

func bookCharge(rng *rand.Rand, c *charge, at time.Time) *movement {
	m := newMovement(rng, at, c.amount, c.currency)
	m.kind, m.category, m.source = "payment", "charge", c.id
	if c.method == "card" {
		m.kind = "charge"
	}
	m.fee = processingFee(m.amount, m.currency)
	m.available = c.created.Add(availableAfter).Truncate(day)
	if m.available.Before(at) {
		m.available = at
	}
	return m
}

func bookRefund(rng *rand.Rand, r *refund) *movement {
	m := newMovement(rng, r.created, -r.amount, r.charge.currency)
	m.kind, m.category, m.source = "payment_refund", "refund", r.id
	if r.charge.method == "card" {
		m.kind = "refund"
	}
	return m
}

// bookReturn undoes a refund's own movement, at its own rate: the two cancel out.
func bookReturn(rng *rand.Rand, r *refund, at time.Time) *movement {
	m := newMovement(rng, at, 0, r.movement.currency)
	m.amount, m.rateMicros = -r.movement.amount, r.movement.rateMicros
	m.kind, m.category, m.source = "payment_failure_refund", "refund_failure", r.id
	return m
}

// bookDispute takes the disputed amount and a fee out of the balance.
func bookDispute(rng *rand.Rand, d *dispute) *movement {
	m := newMovement(rng, d.created, -d.charge.amount, d.charge.currency)
	m.kind, m.category, m.source, m.fee = "adjustment", "dispute", d.id, disputeFee
	return m
}

// bookReversal gives the amount of a won dispute back, at the rate it was taken; the fee stays.
func bookReversal(rng *rand.Rand, d *dispute, at time.Time) *movement {
	taken := d.movements[0]
	m := newMovement(rng, at, 0, taken.currency)
	m.amount, m.rateMicros = -taken.amount, taken.rateMicros
	m.kind, m.category, m.source = "adjustment", "dispute_reversal", d.id
	return m
}

// chargeAccountFees books a monthly fee that is about no object at all.
func (w *World) chargeAccountFees() {
	for at := w.cfg.Now.AddDate(0, 0, -historyDays+10); at.Before(w.horizon); at = at.AddDate(0, 1, 0) {
		m := newMovement(w.rng, at, -200, "EUR")
		m.kind, m.category = "stripe_fee", "fee"
		w.movements.push(m)
	}
}
