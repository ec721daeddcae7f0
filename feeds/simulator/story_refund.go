package simulator

import "time"

// Refunds that one side made and the other does not know, that failed, or that were too much.
var refundStories = []story{
	{name: "refund_not_recorded", weight: 40, tell: tellRefundNotRecorded},
	{name: "refund_missing_by_status", weight: 20, tell: tellRefundMissingByStatus},
	{name: "refund_missing_by_row", weight: 20, tell: tellRefundMissingByRow},
	{name: "refund_failed", weight: 20, tell: tellRefundFailed},
	{name: "refund_failed_retried", weight: 15, tell: tellRefundFailedRetried},
	{name: "refund_exceeds_settled", weight: 15, tell: tellRefundExceedsSettled},
}

// toRefund returns a paid order and an instant for a refund, hours to days after the payment.
func (t *teller) toRefund(young, old time.Duration) (*shopOrder, payment, time.Time) {
	o := t.sold(t.aged(young, old))
	p := t.paid(o)
	return o, p, p.at.Add(t.between(2*time.Hour, 3*day))
}

func tellRefundNotRecorded(t *teller) {
	o, p, at := t.toRefund(0, 70*day)
	amount := o.total
	if t.coin(2) {
		amount = o.total/2 + 1
	}
	id, _ := t.giveBack(p, at, amount)
	t.expect(codeRefundNotRecorded, o, id, at.Add(unrecordedGrace), time.Time{})
}

func tellRefundMissingByStatus(t *teller) {
	o, p, at := t.toRefund(0, 70*day)
	t.reimburse(o, at)
	t.expect(codeRefundMissing, o, p.id, at.Add(unmadeGrace), time.Time{})
}

func tellRefundMissingByRow(t *teller) {
	o, _, at := t.toRefund(0, 70*day)
	row := t.recordRefund(o, at, o.total/2+1)
	t.expect(codeRefundMissing, o, row.id, at.Add(unmadeGrace), time.Time{})
}

// failedRefund makes and records a refund of the whole amount that fails some days later.
func (t *teller) failedRefund(young, old time.Duration) (*shopOrder, payment, *refund, time.Time) {
	o := t.order(gatewayStripe, t.aged(young, old))
	p := t.paid(o)
	r := t.refundCharge(p.charge, p.at.Add(t.between(2*time.Hour, 3*day)), o.total)
	failed := r.created.Add(t.between(6*time.Hour, 5*day))
	if t.coin(2) {
		t.reimburse(o, r.created)
	} else {
		t.recordRefund(o, r.created, o.total)
	}
	t.failRefund(r, failed)
	return o, p, r, failed
}

func tellRefundFailed(t *teller) {
	o, _, r, failed := t.failedRefund(0, 70*day)
	t.expect(codeRefundFailed, o, r.id, failed, time.Time{})
}

// tellRefundFailedRetried succeeds with a second refund of the same payment; for some on the day after Now.
func tellRefundFailedRetried(t *teller) {
	o, p, r, failed := t.failedRefund(9*day, 70*day)
	again := failed.Add(t.between(time.Hour, 10*time.Hour))
	if t.coin(2) {
		again = t.tomorrow()
	}
	_, done := t.giveBack(p, again, o.total)
	t.expect(codeRefundFailed, o, r.id, failed, done)
}

// tellRefundExceedsSettled gave back more than settled. Stripe cannot; an old or manual REFUND at Trust Payments can.
func tellRefundExceedsSettled(t *teller) {
	o := t.order(gatewayTrust, t.aged(0, 70*day))
	p := t.paid(o)
	at := p.at.Add(t.between(2*time.Hour, 3*day))
	amount := o.total + o.total/4
	id, _ := t.giveBack(p, at, amount)
	row := t.request(o, at.Add(webhookDelay), amount)
	row.states.add(row.requested, requestState{state: refundDone, doneAt: row.requested})
	t.expect(codeRefundExceeds, o, id, at, time.Time{})
}
