package simulator

import "time"

// session starts an Alipay AUTH: settlestatus 10 with errorcode 0, which is not money yet. Now and then the gateway says 0
// or 1 instead, which means the same to the shop.
func (t *teller) session(o *shopOrder, at time.Time, amount int64, currency string) *transaction {
	auth := t.newAuth(o, at, amount, currency)
	status := "10"
	if t.coin(10) {
		status = []string{"0", "1"}[t.rng.IntN(2)]
	}
	auth.states.add(at, authState{settle: status, amount: amount})
	return auth
}

// refuse writes an AUTH that the gateway declined on the spot.
func (t *teller) refuse(o *shopOrder, at time.Time, amount int64) *transaction {
	auth := t.newAuth(o, at, amount, o.currency)
	auth.errorCode = "70000"
	auth.states.add(at, authState{settle: "3"})
	return auth
}

func (t *teller) newAuth(o *shopOrder, at time.Time, amount int64, currency string) *transaction {
	serial := t.world.nextSerial()
	auth := &transaction{
		object: object{trustReference(serial), at}, serial: serial, kind: "AUTH", amount: amount, currency: currency,
		site: t.world.cfg.SiteReferences[t.rng.IntN(len(t.world.cfg.SiteReferences))], errorCode: "0",
	}
	if !t.nameless {
		auth.reference = truncateReference(o.reference)
	}
	t.world.transactions.push(auth)
	t.remember(o, at, auth.id)
	return auth
}

func (a *transaction) settle(at time.Time) {
	a.states.add(at, authState{settle: "100", amount: a.amount, settled: at})
}

// turn moves a record to a settlestatus that is not settled: 2 suspended, 3 cancelled, or one nobody knows.
func (a *transaction) turn(at time.Time, status string) {
	a.states.add(at, authState{settle: status, amount: a.amount})
}

// refundAuth gives money back; Alipay refunds settle at once (source document 002).
func (t *teller) refundAuth(auth *transaction, at time.Time, amount int64) *transaction {
	r := newTrustRefund(t.world.nextSerial(), auth, at, amount, auth.reference)
	t.world.transactions.push(r)
	return r
}

// newTrustRefund makes a settled REFUND of an AUTH. It is not yet in any collection.
func newTrustRefund(serial int, auth *transaction, at time.Time, amount int64, reference string) *transaction {
	r := &transaction{
		object: object{trustReference(serial), at}, serial: serial, kind: "REFUND", parent: auth, site: auth.site,
		amount: amount, currency: auth.currency, reference: reference, errorCode: "0", foreign: auth.foreign,
	}
	r.states.add(at, authState{settle: "100", amount: amount, settled: at})
	auth.refunds = append(auth.refunds, r)
	return r
}
