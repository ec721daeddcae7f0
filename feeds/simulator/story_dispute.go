package simulator

import "time"

// Disputes: only Stripe has them, and for Alipay only about the goods (source document 001).
var disputeStories = []story{
	{name: "disputed", weight: 20, tell: func(t *teller) { tellDispute(t, "") }},
	{name: "dispute_won", weight: 15, tell: func(t *teller) { tellDispute(t, "won") }},
	{name: "dispute_lost", weight: 15, tell: func(t *teller) { tellDispute(t, "lost") }},
	{name: "dispute_warning_closed", weight: 15, tell: func(t *teller) { tellDispute(t, "warning_closed") }},
	{name: "disputed_after_refund", weight: 10, tell: tellDisputedAfterRefund},
}

// evidencePeriod is how long the shop has to answer a dispute.
const evidencePeriod = 9 * day

// tellDispute opens a dispute of a paid order and ends it with the given status; an empty one leaves it open. Some end on
// the day after Now.
func tellDispute(t *teller, end string) {
	o := t.order(gatewayStripe, t.aged(6*day, 80*day))
	p := t.paid(o)
	d := t.openDispute(p.charge, p.at.Add(t.between(day, 4*day)), end == "warning_closed")
	until := time.Time{}
	if end != "" {
		until = d.created.Add(t.between(day, 12*day))
		if t.coin(2) {
			until = t.tomorrow()
		}
		t.closeDispute(d, until, end)
	}
	t.expect(codeDisputed, o, d.id, d.created, until)
}

// tellDisputedAfterRefund disputes a charge that was given back already: the dispute alone is told.
func tellDisputedAfterRefund(t *teller) {
	o := t.order(gatewayStripe, t.aged(8*day, 80*day))
	p := t.paid(o)
	_, done := t.giveBack(p, p.at.Add(t.between(2*time.Hour, 2*day)), o.total)
	t.reimburse(o, done.Add(webhookDelay))
	d := t.openDispute(p.charge, done.Add(t.between(day, 3*day)), false)
	t.expect(codeDisputed, o, d.id, d.created, time.Time{})
}

// openDispute takes the money at once, unless the provider only warns.
func (t *teller) openDispute(c *charge, at time.Time, warning bool) *dispute {
	d := &dispute{object: object{randomID(t.rng, "dp"), at}, charge: c, dueBy: at.Add(evidencePeriod)}
	if warning {
		d.states.add(at, "warning_needs_response")
	} else {
		d.states.add(at, "needs_response")
		d.movements = append(d.movements, bookDispute(t.rng, d))
		t.world.movements.push(d.movements[0])
	}
	c.disputes = append(c.disputes, d)
	t.world.disputes.push(d)
	t.happen(at, "charge.dispute.created", d)
	return d
}

func (t *teller) closeDispute(d *dispute, at time.Time, end string) {
	if under := d.created.Add(12 * time.Hour); end != "warning_closed" && under.Before(at) {
		d.states.add(under, "under_review")
	}
	d.states.add(at, end)
	if end == "won" {
		back := bookReversal(t.rng, d, at)
		d.movements = append(d.movements, back)
		t.world.movements.push(back)
	}
	t.happen(at, "charge.dispute.closed", d)
}
