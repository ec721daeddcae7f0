package simulator

import (
	"fmt"
	"strings"
	"time"
)

// Money or an authorisation that the shop lost sight of, and the other way round.
var lostStories = []story{
	{name: "lost_webhook", weight: 60, daily: true, tell: tellLostWebhook},
	{name: "left_paid_elsewhere", weight: 15, daily: true, tell: tellLeftPaidElsewhere},
	{name: "late_webhook", weight: 20, tell: tellLateWebhook},
	{name: "authorised_waiting", weight: 20, tell: tellAuthorisedWaiting},
	{name: "authorised_lost_six_hours", weight: 20, tell: tellLostAfterSixHours},
	{name: "authorised_lost_cut_off", weight: 20, tell: tellLostAtCutOff},
	{name: "missing_at_provider", weight: 40, tell: tellMissingAtProvider},
	{name: "missing_unfinished_intent", weight: 15, tell: tellMissingUnfinishedIntent},
	{name: "missing_near_miss", weight: 10, tell: tellNearMiss},
	{name: "missing_order", weight: 40, daily: true, tell: tellMissingOrder},
	{name: "missing_order_nameless", weight: 15, tell: tellMissingOrderNameless},
}

// tellLostWebhook takes the money, and the shop is never told.
func tellLostWebhook(t *teller) {
	o := t.sold(t.anyDay())
	p := t.take(o, o.gateway, o.created)
	t.expect(codeNotRecorded, o, p.id, p.at.Add(webhookGrace), time.Time{})
}

// tellLeftPaidElsewhere leaves a source to run out and pays at the other provider, of which the shop is not told. The dead
// source must not cancel an order that money was taken for.
func tellLeftPaidElsewhere(t *teller) {
	o := t.bothSold(t.anyDay())
	t.findable(o)
	t.expire(t.openSource(o, o.created, o.total, o.currency))
	t.keep = keepNothing
	start := o.created.Add(5 * time.Minute)
	p := t.takeAt(o, gatewayTrust, start, start.Add(t.between(10*time.Minute, 40*time.Minute)), o.total, o.currency)
	t.expect(codeNotRecorded, o, p.id, p.at.Add(webhookGrace), time.Time{})
}

// tellLateWebhook is told on the day after Now.
func tellLateWebhook(t *teller) {
	o := t.sold(t.aged(6*time.Hour, 18*time.Hour))
	at := o.created.Add(t.between(2*time.Minute, 20*time.Minute))
	p := t.takeAt(o, o.gateway, o.created, at, o.total, o.currency)
	told := t.tomorrow()
	t.record(o, told, p)
	t.expect(codeNotRecorded, o, p.id, p.at.Add(webhookGrace), told)
}

// tellAuthorisedWaiting is authorised and not charged when a day ends, and lost after it.
func tellAuthorisedWaiting(t *teller) {
	end := t.checkpoint()
	lag := t.between(time.Minute, 5*time.Hour)
	for !deadline(end.Add(-lag)).After(end) {
		lag /= 2
	}
	tellAuthorised(t, end.Add(-lag.Truncate(time.Second)))
}

// tellLostAfterSixHours becomes chargeable in a Shanghai morning: six hours end before the cut-off.
func tellLostAfterSixHours(t *teller) {
	tellAuthorised(t, t.shanghaiDay().Add(t.between(8*time.Hour, 17*time.Hour)))
}

// tellLostAtCutOff becomes chargeable in a Shanghai evening: 23:45 ends it before its six hours do.
func tellLostAtCutOff(t *teller) {
	tellAuthorised(t, t.shanghaiDay().Add(t.between(18*time.Hour, 23*time.Hour)))
}

// shanghaiDay returns a midnight in Shanghai, young enough that the source's events are still there.
func (t *teller) shanghaiDay() time.Time {
	local := t.aged(-day, eventMemory).In(shanghai)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, shanghai).UTC()
}

// tellAuthorised is a source that the shopper authorised and nobody charged: Alipay gives the money back at the deadline.
func tellAuthorised(t *teller, chargeable time.Time) {
	o := t.order(gatewayStripe, chargeable.Add(-t.between(2*time.Minute, 30*time.Minute)))
	src := t.openSource(o, o.created, o.total, o.currency)
	t.authorise(src, chargeable)
	end := deadline(chargeable)
	t.lapse(src, end)
	o.cancelFrom = end
	t.expect(codeNotCharged, o, src.id, chargeable, end)
	t.expect(codeLost, o, src.id, end, t.world.lasting(end))
}

// tellMissingAtProvider is paid here and unknown there; some such orders store the id of something that does not exist.
func tellMissingAtProvider(t *teller) {
	o := t.sold(t.aged(-day, 94*day))
	stored := ""
	switch t.rng.IntN(3) {
	case 0:
		stored = t.inventedID(o.gateway, "src")
	case 1:
		stored = t.inventedID(o.gateway, "ch")
	}
	o.states[0].state.paymentRef = stored
	paidAt := o.created.Add(t.between(time.Minute, 30*time.Minute))
	t.keep = keepNothing
	t.record(o, paidAt, payment{})
	t.expect(codeMissingAtProvider, o, stored, paidAt.Add(missingGrace), time.Time{})
}

// inventedID looks like an id of the provider and names nothing there.
func (t *teller) inventedID(gateway, prefix string) string {
	if gateway == gatewayTrust {
		return trustReference(t.world.nextSerial())
	}
	return randomID(t.rng, prefix)
}

// tellMissingUnfinishedIntent is paid here while the PaymentIntent still waits for the shopper.
func tellMissingUnfinishedIntent(t *teller) {
	o := t.order(gatewayStripe, t.aged(-day, 94*day))
	t.keep = keepAttempt
	pi := t.openIntent(o, o.created, o.total, o.currency)
	paidAt := o.created.Add(t.between(time.Minute, 30*time.Minute))
	t.record(o, paidAt, payment{})
	t.expect(codeMissingAtProvider, o, pi.id, paidAt.Add(missingGrace), time.Time{})
}

// tellNearMiss carries the order's reference in small letters. References are compared byte for byte: neither side has a
// counterpart.
func tellNearMiss(t *teller) {
	o := t.sold(t.aged(-day, 94*day))
	t.keep = keepNothing
	almost := &shopOrder{reference: strings.ToLower(o.reference), currency: o.currency, total: o.total, created: o.created}
	p := t.take(almost, o.gateway, o.created)
	paidAt := p.at.Add(webhookDelay)
	t.record(o, paidAt, p)
	t.expect(codeMissingAtProvider, o, "", paidAt.Add(missingGrace), time.Time{})
	t.expectFor(codeMissingOrder, carried(p), p.id, p.at.Add(webhookGrace), time.Time{})
}

// carried is the reference as the provider shows it.
func carried(p payment) string {
	if p.auth != nil {
		return p.auth.reference
	}
	return p.charge.metadata["order_id"] + p.charge.metadata["order_reference"]
}

// tellMissingOrder is money for an order that the shop does not have.
func tellMissingOrder(t *teller) {
	gateway := t.gateway()
	currency := pickCurrency(t.rng, gateway)
	ghost := &shopOrder{
		reference: fmt.Sprintf("GONE-%06d", t.world.nextSerial()), created: t.anyDay(),
		currency: currency, total: pickAmount(t.rng, currency),
	}
	t.keep = keepNothing
	p := t.take(ghost, gateway, ghost.created)
	t.expect(codeMissingOrder, ghost, p.id, p.at.Add(webhookGrace), time.Time{})
}

// tellMissingOrderNameless is Alipay money that names no order, and that no order names.
func tellMissingOrderNameless(t *teller) {
	gateway := t.gateway()
	currency := pickCurrency(t.rng, gateway)
	ghost := &shopOrder{currency: currency, total: pickAmount(t.rng, currency), created: t.aged(-day, 94*day)}
	t.keep, t.nameless = keepNothing, true
	p := t.take(ghost, gateway, ghost.created)
	t.expect(codeMissingOrder, ghost, p.id, p.at.Add(webhookGrace), time.Time{})
}
