package simulator

import (
	"fmt"
	"time"
)

// What cannot be decided or cannot be read: said, and the order is not touched.
var unclearStories = []story{
	{name: "ambiguous", weight: 15, tell: tellAmbiguous},
	{name: "invalid_charge", weight: 10, tell: tellInvalidCharge},
	{name: "invalid_auth", weight: 10, tell: tellInvalidAuth},
	{name: "invalid_order", weight: 10, tell: tellInvalidOrder},
}

// tellAmbiguous has two orders that differ only after the 25 characters that Trust Payments kept. One is paid here; the
// other has a dead source of its own and must not be canceled, because the payment might be its.
func tellAmbiguous(t *teller) {
	serial := t.world.nextSerial()
	created := t.aged(4*day, eventMemory-4*day)
	paid, open := t.order(gatewayTrust, created), t.order(gatewayStripe, created)
	shared := fmt.Sprintf("GUANGZHOU-SUMMIT-2-%06d", serial)
	paid.reference, open.reference = shared+"-TICKET-A", shared+"-TICKET-B"
	t.keep = keepAttempt
	t.expire(t.openSource(open, created, open.total, open.currency))
	t.keep = keepNothing
	p := t.take(paid, gatewayTrust, created)
	t.record(paid, p.at.Add(webhookDelay), p)
	t.expectFor(codeAmbiguous, truncateReference(paid.reference), p.id, p.at, time.Time{})
}

// tellInvalidCharge is a charge in a currency that does not exist. Its movement
// is in a real one, and is explained by the rejection of the charge.
func tellInvalidCharge(t *teller) {
	o := t.order(gatewayStripe, t.aged(0, 80*day))
	src := t.openSource(o, o.created, o.total, o.currency)
	t.authorise(src, o.created.Add(5*time.Minute))
	p := t.chargeSource(src, o.created.Add(5*time.Minute))
	p.charge.currency = "ZZZ"
	if t.coin(2) {
		t.record(o, p.at.Add(webhookDelay), p)
	}
	t.expect(codeInvalid, o, p.id, p.at, time.Time{})
}

// tellInvalidAuth is an AUTH with a settlestatus that no document knows.
func tellInvalidAuth(t *teller) {
	o := t.order(gatewayTrust, t.aged(0, 80*day))
	auth := t.session(o, o.created, o.total, o.currency)
	auth.states[0].state.settle = "77"
	if t.coin(2) {
		t.record(o, o.created.Add(5*time.Minute), payment{id: auth.id})
	}
	t.expect(codeInvalid, o, auth.id, o.created, time.Time{})
}

// tellInvalidOrder has a state in the shop that nobody mapped, and a source that ran out.
func tellInvalidOrder(t *teller) {
	o := t.order(gatewayStripe, t.aged(0, 80*day))
	t.expire(t.openSource(o, o.created, o.total, o.currency))
	for i := range o.states {
		o.states[i].state.state = "on_hold"
	}
	t.expect(codeInvalid, o, o.reference, o.created, time.Time{})
}
