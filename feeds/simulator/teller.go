package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// keeping is what a shop stores of a payment: nothing (the provider's metadata names the order), the id of the attempt
// from the start, or the id of the payment once it is told of it.
type keeping int

const (
	keepNothing keeping = iota
	keepAttempt
	keepPayment
)

// eventMemory is a margin inside the 30 days that Stripe keeps events: what only an event tells must be younger.
const eventMemory = 24 * day

const day = 24 * time.Hour

// teller writes one shopper's story into the world.
type teller struct {
	world    *World
	story    string
	rng      *rand.Rand
	upcoming bool
	keep     keeping
	nameless bool // the payment carries no reference: only the stored id tells
}

// between returns a duration of whole seconds in [lo, hi).
func (t *teller) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(t.rng.Int64N(int64((hi-lo)/time.Second)))*time.Second
}

func (t *teller) coin(oneIn int) bool { return t.rng.IntN(oneIn) == 0 }

// anyDay returns an instant of the history, later days denser, or of the days after Now for an upcoming order.
func (t *teller) anyDay() time.Time {
	now := t.world.cfg.Now
	if t.upcoming {
		return t.awake(now.Add(t.between(time.Second, t.world.horizon.Sub(now))))
	}
	age := t.between(0, historyDays*day)
	if t.coin(2) {
		age = min(age, t.between(0, historyDays*day)) // whole numbers: floating point is not the same on every machine
	}
	return t.awake(now.Add(-age))
}

// awake moves three of four orders out of the night of the shoppers' zone, to the day before.
func (t *teller) awake(at time.Time) time.Time {
	hour := at.In(t.world.cfg.Zone).Hour()
	if hour >= 1 && hour < 7 && !t.coin(4) && !t.upcoming {
		return at.Add(-8 * time.Hour)
	}
	return at
}

// aged returns an instant between young and old before Now. Negative ages lie after Now.
func (t *teller) aged(young, old time.Duration) time.Time {
	return t.world.cfg.Now.Add(-t.between(young, old))
}

// tomorrow returns an instant inside the day after Now, away from its edges.
func (t *teller) tomorrow() time.Time { return t.aged(-20*time.Hour, -2*time.Hour) }

// checkpoint returns the end of one of the days that stories move on, Now included.
func (t *teller) checkpoint() time.Time {
	return t.world.cfg.Now.AddDate(0, 0, t.rng.IntN(t.world.cfg.Days+1))
}

func (t *teller) gateway() string {
	if t.rng.IntN(100) < 65 {
		return gatewayStripe
	}
	return gatewayTrust
}

// order writes a new order into the shop.
func (t *teller) order(gateway string, created time.Time) *shopOrder {
	currency := pickCurrency(t.rng, gateway)
	serial := t.world.nextSerial()
	o := &shopOrder{
		reference: t.reference(serial), gateway: gateway, currency: currency, total: pickAmount(t.rng, currency),
		email: fmt.Sprintf("shopper%d@example.com", serial), created: created, story: t.story,
	}
	o.states.add(created, orderState{state: orderNew})
	t.keep = keeping(t.rng.IntN(3))
	t.world.orders = append(t.world.orders, o)
	return o
}

// reference is short for most orders; the long ones differ within the 25 characters that Trust Payments keeps.
func (t *teller) reference(serial int) string {
	if t.coin(16) {
		return fmt.Sprintf("EVT-%06d-SHENZHEN-EXPO-HALL-7", serial)
	}
	return fmt.Sprintf("EVT-%06d", serial)
}

// sold writes down the kind of order that most stories begin with.
func (t *teller) sold(created time.Time) *shopOrder { return t.order(t.gateway(), created) }

// remember stores an attempt's id from at on, if this shop stores attempts.
func (t *teller) remember(o *shopOrder, at time.Time, attempt string) {
	if t.keep != keepAttempt {
		return
	}
	state := o.states.last()
	state.paymentRef = attempt
	o.states.add(at, state)
}

// record marks the order as paid here.
func (t *teller) record(o *shopOrder, at time.Time, p payment) {
	state := o.states.last()
	state.state, state.paidAt = orderComplete, at
	if t.keep == keepPayment {
		state.paymentRef = p.id
	}
	o.states.add(at, state)
}

// paid takes the whole amount and lets the shop know at once.
func (t *teller) paid(o *shopOrder) payment {
	p := t.take(o, o.gateway, o.created)
	t.record(o, p.at.Add(webhookDelay), p)
	return p
}

// webhookDelay is how long a notification takes when none is lost.
const webhookDelay = 3 * time.Second

// void cancels the order in the shop.
func (t *teller) void(o *shopOrder, at time.Time) {
	state := o.states.last()
	state.state, state.canceledAt = orderVoid, at
	o.states.add(at, state)
}

// reimburse marks the whole order as refunded in the shop.
func (t *teller) reimburse(o *shopOrder, at time.Time) {
	state := o.states.last()
	state.state = orderReimbursed
	o.states.add(at, state)
}

// request writes a refund request of the shop.
func (t *teller) request(o *shopOrder, at time.Time, amount int64) *refundRequest {
	r := &refundRequest{id: fmt.Sprintf("RF-%06d", t.world.nextSerial()), order: o, amount: amount, requested: at}
	r.states.add(at, requestState{state: refundAsked})
	t.world.requests = append(t.world.requests, r)
	return r
}

// recordRefund writes down a refund that the shop knows as done.
func (t *teller) recordRefund(o *shopOrder, at time.Time, amount int64) *refundRequest {
	r := t.request(o, at.Add(-time.Hour), amount)
	r.states.add(at, requestState{state: refundDone, doneAt: at})
	return r
}
