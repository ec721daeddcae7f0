package simulator

import "time"

// payment is money taken at either provider.
type payment struct {
	id      string // charge id or transactionreference
	attempt string // id of the source, intent or AUTH behind it
	at      time.Time
	begun   time.Time // the refund window counts from here: charge creation, or start of the AUTH
	amount  int64
	charge  *charge
	auth    *transaction
	trade   *trade
}

// windowEnd is the first instant at which a refund is too late (source document 001; Trust Payments the same, by setting).
func (p payment) windowEnd() time.Time {
	if p.trade != nil {
		return p.begun.Add(alipayWindow)
	}
	return p.begun.Add(refundWindow)
}

// take has the shopper pay the whole order at a provider, starting at start.
func (t *teller) take(o *shopOrder, gateway string, start time.Time) payment {
	return t.takeSum(o, gateway, start, o.total, o.currency)
}

// takeSum is take for an amount and currency that need not be the order's.
func (t *teller) takeSum(o *shopOrder, gateway string, start time.Time, amount int64, currency string) payment {
	if gateway == gatewayStripe {
		return t.takeAt(o, gateway, start, start.Add(t.between(time.Minute, 20*time.Minute)), amount, currency)
	}
	return t.takeAt(o, gateway, start, start.Add(t.between(10*time.Minute, 30*time.Hour)), amount, currency)
}

// takeAt is takeSum with the instant of success given.
func (t *teller) takeAt(o *shopOrder, gateway string, start, success time.Time, amount int64, currency string) payment {
	if gateway == gatewayAlipay {
		tr := t.newTrade(o.reference, start, amount, currency)
		return payment{id: tr.id, attempt: tr.request, at: tr.completed, begun: start, amount: amount, trade: tr}
	}
	if gateway == gatewayTrust {
		auth := t.session(o, start, amount, currency)
		auth.settle(success)
		return payment{id: auth.id, attempt: auth.id, at: success, begun: start, amount: amount, auth: auth}
	}
	if t.coin(2) {
		src := t.openSource(o, start, amount, currency)
		t.authorise(src, success)
		return t.chargeSource(src, success)
	}
	pi := t.openIntent(o, start, amount, currency)
	return t.payIntent(pi, success)
}

// giveBack refunds a part of a payment and returns the refund's id and when it succeeded.
func (t *teller) giveBack(p payment, at time.Time, amount int64) (id string, done time.Time) {
	if p.trade != nil {
		return t.refundTrade(p.trade, at, amount).id, at
	}
	if p.auth != nil {
		return t.refundAuth(p.auth, at, amount).id, at
	}
	r := t.refundCharge(p.charge, at, amount)
	done = at.Add(refundDuration)
	r.states.add(done, "succeeded")
	t.happen(done, "charge.refund.updated", r)
	return r.id, done
}
