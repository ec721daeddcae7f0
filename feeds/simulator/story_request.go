package simulator

import "time"

// Refunds that the shop asked for and that nobody has made yet.
var requestStories = []story{
	{name: "refund_requested", weight: 80, plain: true, tell: tellRequested},
	{name: "refund_request_met", weight: 30, plain: true, tell: tellRequestMet},
	{name: "refund_request_declined", weight: 20, plain: true, tell: tellRequestDeclined},
	{name: "refund_request_closing", weight: 20, tell: tellRequestClosing},
	{name: "refund_request_window_ends", weight: 10, tell: tellRequestWindowEnds},
	{name: "refund_request_late", weight: 20, tell: tellRequestLate},
	{name: "refund_request_exceeds", weight: 20, tell: tellRequestExceeds},
	{name: "refund_request_exceeds_rest", weight: 15, tell: tellRequestExceedsRest},
	{name: "refund_request_too_early", weight: 15, tell: tellRequestTooEarly},
}

// asked has a paid order ask for a refund at the given instant.
func (t *teller) asked(o *shopOrder, at time.Time) payment {
	p := t.paid(o)
	t.request(o, later(at, p.at.Add(time.Minute)), o.total/2+1)
	return p
}

// tellRequested asks in time, with weeks to go.
func tellRequested(t *teller) {
	o := t.sold(t.aged(5*day, 60*day))
	asked := t.aged(-day, 3*day)
	p := t.asked(o, asked)
	t.window(o, p, p.id, asked, time.Time{})
}

// tellRequestMet is given back, and nobody marks the request as done: a refund that meets it counts as recorded.
func tellRequestMet(t *teller) {
	o := t.sold(t.aged(6*day, 80*day))
	p := t.paid(o)
	asked := p.at.Add(t.between(2*time.Hour, 2*day))
	r := t.request(o, asked, o.total/2+1)
	t.giveBack(p, asked.Add(t.between(time.Hour, 20*time.Hour)), r.amount)
}

// tellRequestDeclined asks, and the shop says no: nothing is asked and nothing is recorded.
func tellRequestDeclined(t *teller) {
	o := t.sold(t.aged(5*day, 80*day))
	p := t.paid(o)
	asked := p.at.Add(t.between(time.Hour, 2*day))
	r := t.request(o, asked, o.total)
	r.states.add(asked.Add(t.between(time.Hour, 6*time.Hour)), requestState{state: refundDeclined})
}

// tellRequestClosing asks inside the last fortnight of the window.
func tellRequestClosing(t *teller) {
	o := t.sold(t.aged(78*day, 87*day))
	asked := t.aged(time.Hour, 20*time.Hour)
	p := t.asked(o, asked)
	t.window(o, p, p.id, asked, time.Time{})
}

// tellRequestWindowEnds asked in time, and the window ends on the day after Now.
func tellRequestWindowEnds(t *teller) {
	begun := t.tomorrow().Add(-refundWindow)
	o := t.sold(begun)
	asked := t.aged(time.Hour, 20*time.Hour)
	p := t.asked(o, asked)
	t.window(o, p, p.id, asked, time.Time{})
}

// tellRequestLate asks when the window is over.
func tellRequestLate(t *teller) {
	o := t.sold(t.aged(92*day, 94*day))
	asked := t.aged(-20*time.Hour, 20*time.Hour)
	p := t.asked(o, asked)
	t.window(o, p, p.id, asked, time.Time{})
}

// tellRequestExceeds asks for more than was paid.
func tellRequestExceeds(t *teller) {
	o := t.sold(t.aged(4*day, 60*day))
	p := t.paid(o)
	asked := t.aged(-20*time.Hour, 2*day)
	t.request(o, asked, o.total+1+t.rng.Int64N(o.total))
	t.expect(codeRefundExceeds, o, p.id, asked, time.Time{})
}

// tellRequestExceedsRest asks for more than an earlier refund left.
func tellRequestExceedsRest(t *teller) {
	o := t.sold(t.aged(8*day, 60*day))
	p := t.paid(o)
	part := o.total*3/5 + 1
	_, done := t.giveBack(p, p.at.Add(t.between(2*time.Hour, 2*day)), part)
	t.recordRefund(o, done.Add(webhookDelay), part)
	asked := t.aged(-20*time.Hour, 2*day)
	t.request(o, asked, part)
	t.expect(codeRefundExceeds, o, p.id, asked, time.Time{})
}

// tellRequestTooEarly asks while the AUTH is still at 10; it settles before its seven days are over.
func tellRequestTooEarly(t *teller) {
	o := t.order(gatewayTrust, t.aged(2*day, 5*day))
	auth := t.session(o, o.created, o.total, o.currency)
	t.record(o, o.created.Add(5*time.Minute), payment{id: auth.id})
	asked := t.aged(time.Hour, day)
	settled := o.created.Add(6*day + 12*time.Hour)
	t.request(o, asked, o.total)
	auth.settle(settled)
	t.expect(codeRefundTooEarly, o, auth.id, asked, settled)
}
