package simulator

import "time"

// Orders whose payment is not what the order says.
var differingStories = []story{
	{name: "amount_too_low", weight: 25, tell: func(t *teller) { tellAmount(t, -1) }},
	{name: "amount_too_high", weight: 25, tell: func(t *teller) { tellAmount(t, +1) }},
	{name: "amount_lowered", weight: 10, tell: tellAmountLowered},
	{name: "currency_mismatch", weight: 25, tell: tellCurrency},
	{name: "payment_cancelled_session", weight: 20, tell: tellPaymentCancelledSession},
	{name: "payment_cancelled_source", weight: 20, tell: tellPaymentCancelledSource},
}

// tellAmount takes more (sign 1) or less (sign -1) than the order's total.
func tellAmount(t *teller, sign int64) {
	o := t.sold(t.aged(-day, 94*day))
	wrong := o.total + sign*(1+t.rng.Int64N(o.total/3))
	p := t.takeSum(o, o.gateway, o.created, wrong, o.currency)
	t.differ(codeAmountMismatch, o, p)
}

// differ records the payment and expects the difference from then on.
func (t *teller) differ(code string, o *shopOrder, p payment) {
	recorded := p.at.Add(webhookDelay)
	t.record(o, recorded, p)
	t.expect(code, o, p.id, recorded, time.Time{})
}

// tellAmountLowered settles less than was authorised: settlebaseamount is below baseamount.
func tellAmountLowered(t *teller) {
	o := t.order(gatewayTrust, t.aged(-day, 94*day))
	p := t.take(o, gatewayTrust, o.created)
	p.auth.states[len(p.auth.states)-1].state.amount = o.total * 4 / 5
	t.differ(codeAmountMismatch, o, p)
}

// tellCurrency takes the same number in another currency.
func tellCurrency(t *teller) {
	o := t.sold(t.aged(-day, 94*day))
	other := "USD"
	if o.currency == other {
		other = "EUR"
	}
	p := t.takeSum(o, o.gateway, o.created, o.total, other)
	t.differ(codeCurrencyMismatch, o, p)
}

// tellPaymentCancelledSession is recorded at the authorisation, and then the session ends as cancelled.
func tellPaymentCancelledSession(t *teller) {
	o := t.order(gatewayTrust, t.aged(-day, 94*day))
	recorded := o.created.Add(4 * time.Minute)
	ended := recorded.Add(t.between(time.Hour, 2*day))
	auth := t.session(o, o.created, o.total, o.currency)
	t.record(o, recorded, payment{id: auth.id})
	auth.turn(ended, "3")
	t.expect(codePaymentCancelled, o, auth.id, ended, time.Time{})
}

// tellPaymentCancelledSource is recorded although the shopper declined.
func tellPaymentCancelledSource(t *teller) {
	o := t.order(gatewayStripe, t.aged(-day, 94*day))
	t.findable(o)
	src := t.openSource(o, o.created, o.total, o.currency)
	t.decline(src, o.created.Add(5*time.Minute))
	recorded := o.created.Add(10 * time.Minute)
	t.keep = keepNothing
	t.record(o, recorded, payment{})
	t.expect(codePaymentCancelled, o, src.id, recorded, time.Time{})
}
