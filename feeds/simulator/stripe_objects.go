package simulator

import (
	"strings"
	"time"
)

// eventLife is how long Stripe keeps events.
const eventLife = 30 * day

func (c *stripeCall) view() view { return view{c.world, c.now} }

// getOne answers an object by id; only expand[] may be asked.
func getOne[T record](c *stripeCall, kind string, items *collection[T], render func(T, expansion) any) (any, *stripeError) {
	for _, name := range sortedKeys(c.params) {
		if !strings.HasPrefix(name, "expand") {
			return nil, invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
	}
	expand, e := parseExpand(c.params, kind, false)
	if e != nil {
		return nil, e
	}
	item, ok := items.find(c.id, c.now)
	if !ok {
		return nil, missing(kind, "id", c.id)
	}
	return render(item, expand), nil
}

func renderCharge(v view) func(*charge, expansion) any {
	return func(c *charge, e expansion) any { return v.charge(c, e) }
}

func listCharges(c *stripeCall) (any, *stripeError) {
	return listing[*charge]{
		kind: "charge", url: "/v1/charges", items: c.world.charges, render: renderCharge(c.view()),
		filters: map[string]func(*charge) func(string) bool{
			"payment_intent": equals((*charge).intentID),
			"customer":       equals(func(*charge) string { return "" }),
			"transfer_group": equals(func(*charge) string { return "" }),
		},
	}.serve(c)
}

func (c *charge) intentID() string {
	if c.intent == nil {
		return ""
	}
	return c.intent.id
}

func getCharge(c *stripeCall) (any, *stripeError) {
	return getOne(c, "charge", c.world.charges, renderCharge(c.view()))
}

func renderRefund(v view) func(*refund, expansion) any {
	return func(r *refund, e expansion) any { return v.refund(r, e) }
}

func listRefunds(c *stripeCall) (any, *stripeError) {
	return listing[*refund]{
		kind: "refund", url: "/v1/refunds", items: c.world.refunds, render: renderRefund(c.view()),
		filters: map[string]func(*refund) func(string) bool{
			"charge":         equals(func(r *refund) string { return r.charge.id }),
			"payment_intent": equals(func(r *refund) string { return r.charge.intentID() }),
		},
	}.serve(c)
}

func getRefund(c *stripeCall) (any, *stripeError) {
	return getOne(c, "refund", c.world.refunds, renderRefund(c.view()))
}

func renderDispute(v view) func(*dispute, expansion) any {
	return func(d *dispute, e expansion) any { return v.dispute(d, e) }
}

func listDisputes(c *stripeCall) (any, *stripeError) {
	return listing[*dispute]{
		kind: "dispute", url: "/v1/disputes", items: c.world.disputes, render: renderDispute(c.view()),
		filters: map[string]func(*dispute) func(string) bool{
			"charge":         equals(func(d *dispute) string { return d.charge.id }),
			"payment_intent": equals(func(d *dispute) string { return d.charge.intentID() }),
		},
	}.serve(c)
}

func getDispute(c *stripeCall) (any, *stripeError) {
	return getOne(c, "dispute", c.world.disputes, renderDispute(c.view()))
}

func renderIntent(v view) func(*intent, expansion) any {
	return func(pi *intent, e expansion) any { return v.intent(pi, e) }
}

func listIntents(c *stripeCall) (any, *stripeError) {
	return listing[*intent]{
		kind: "payment_intent", url: "/v1/payment_intents", items: c.world.intents, render: renderIntent(c.view()),
		filters: map[string]func(*intent) func(string) bool{
			"customer": equals(func(*intent) string { return "" }),
		},
	}.serve(c)
}

func getIntent(c *stripeCall) (any, *stripeError) {
	return getOne(c, "payment_intent", c.world.intents, renderIntent(c.view()))
}

func getSource(c *stripeCall) (any, *stripeError) {
	v := c.view()
	return getOne(c, "source", c.world.sources, func(s *source, _ expansion) any { return v.source(s) })
}

func renderPayout(v view) func(*payout, expansion) any {
	return func(p *payout, e expansion) any { return v.payout(p, e) }
}

func listPayouts(c *stripeCall) (any, *stripeError) {
	return listing[*payout]{
		kind: "payout", url: "/v1/payouts", items: c.world.payouts, render: renderPayout(c.view()),
		filters: map[string]func(*payout) func(string) bool{
			"status":      equals(func(p *payout) string { return p.status(c.now) }),
			"destination": equals(func(p *payout) string { return "ba_" + p.id[3:] }),
		},
		ranges: map[string]func(*payout) time.Time{"arrival_date": func(p *payout) time.Time { return p.arrival }},
	}.serve(c)
}

func getPayout(c *stripeCall) (any, *stripeError) {
	return getOne(c, "payout", c.world.payouts, renderPayout(c.view()))
}

func renderMovement(v view) func(*movement, expansion) any {
	return func(m *movement, e expansion) any { return v.movement(m, e) }
}

func listMovements(c *stripeCall) (any, *stripeError) {
	l := listing[*movement]{
		kind: "balance_transaction", url: "/v1/balance_transactions", items: c.world.movements,
		render: renderMovement(c.view()),
		filters: map[string]func(*movement) func(string) bool{
			"source":   equals(func(m *movement) string { return m.source }),
			"type":     equals(func(m *movement) string { return m.kind }),
			"currency": equals(func(m *movement) string { return strings.ToLower(m.currency) }),
			"payout":   func(*movement) func(string) bool { return func(string) bool { return true } },
		},
	}
	if id := c.params.Get("payout"); id != "" {
		p, ok := c.world.payouts.find(id, c.now)
		if !ok {
			return nil, missing("payout", "payout", id)
		}
		if p.fault == payoutManual {
			return nil, invalid("", "payout", "Only the balance transactions of automatic payouts can be listed; %s is manual.", id)
		}
		l.items, l.keep = p.movements, p.itemised(c.now)
	}
	return l.serve(c)
}

// itemised leaves out every second movement while Stripe is still putting the list of a payout together.
func (p *payout) itemised(t time.Time) func(*movement) bool {
	if p.reconciliation(t) == "completed" {
		return nil
	}
	late := map[*movement]bool{}
	for i, m := range p.movements.items {
		late[m] = i%2 == 1
	}
	return func(m *movement) bool { return !late[m] }
}

func getMovement(c *stripeCall) (any, *stripeError) {
	return getOne(c, "balance_transaction", c.world.movements, renderMovement(c.view()))
}

func listEvents(c *stripeCall) (any, *stripeError) {
	v := c.view()
	kinds := equals(func(ev *event) string { return ev.kind })
	if c.params.Has("type") && len(listParam(c.params, "types")) > 0 {
		return nil, invalid("", "types", "You may pass either type or types, but not both.")
	}
	return listing[*event]{
		kind: "event", url: "/v1/events", items: c.world.events,
		render:  func(ev *event, _ expansion) any { return v.event(ev) },
		filters: map[string]func(*event) func(string) bool{"type": kinds, "types": kinds},
		keep:    func(ev *event) bool { return ev.keptAt(c.now) },
	}.serve(c)
}

func (ev *event) keptAt(t time.Time) bool { return !ev.created.Before(t.Add(-eventLife)) }

func getEvent(c *stripeCall) (any, *stripeError) {
	if ev, ok := c.world.events.find(c.id, c.now); ok && !ev.keptAt(c.now) {
		return nil, missing("event", "id", c.id)
	}
	v := c.view()
	return getOne(c, "event", c.world.events, func(ev *event, _ expansion) any { return v.event(ev) })
}

// balanceSide is what one currency of the balance holds: money that may be paid out, and money on its way.
type balanceSide struct{ available, pending int64 }

// getBalance states the balance as Stripe does: all movements so far, payouts included.
func getBalance(c *stripeCall) (any, *stripeError) {
	sums := map[string]balanceSide{}
	for _, m := range c.world.movements.between(time.Time{}, c.now) {
		currency := strings.ToLower(m.currency)
		sum := sums[currency]
		if m.available.After(c.now) {
			sum.pending += m.net()
		} else {
			sum.available += m.net()
		}
		sums[currency] = sum
	}
	available, pending := []balanceJSON{}, []balanceJSON{}
	for _, currency := range sortedKeys(sums) {
		sum := sums[currency]
		sum.available += c.world.statedResidue(strings.ToUpper(currency), c.now)
		available = append(available, balanceJSON{sum.available, currency, map[string]int64{"card": sum.available}})
		pending = append(pending, balanceJSON{sum.pending, currency, map[string]int64{"card": sum.pending}})
	}
	return map[string]any{
		"object": "balance", "available": available, "pending": pending, "livemode": c.world.cfg.Live,
	}, nil
}
