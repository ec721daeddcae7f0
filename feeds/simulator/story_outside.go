package simulator

// What the same accounts carry that is none of this shop's Alipay business.
var outsideStories = []story{
	{name: "card_sale", weight: 250, plain: true, daily: true, tell: tellCardSale},
	{name: "other_mode", weight: 40, plain: true, daily: true, tell: tellOtherMode},
}

// tellCardSale is a card charge of another business on the account, some of them refunded. It counts in money only.
func tellCardSale(t *teller) {
	at := t.anyDay()
	currency := pickCurrency(t.rng, gatewayStripe)
	c := t.newCharge(at, pickAmount(t.rng, currency), currency, map[string]string{})
	c.method, c.movement.kind = "card", "charge"
	if t.coin(6) {
		r := t.refundCharge(c, at.Add(t.between(day, 20*day)), c.amount/2)
		r.states.add(r.created.Add(refundDuration), "succeeded")
	}
}

// tellOtherMode is a payment of the other mode (test among live, or live among test) that names an order nobody has.
func tellOtherMode(t *teller) {
	ghost := &shopOrder{reference: "OTHER-MODE", total: 1_999, currency: "EUR", created: t.anyDay()}
	if t.coin(2) {
		auth := t.session(ghost, ghost.created, ghost.total, ghost.currency)
		auth.foreign = true
		auth.settle(ghost.created.Add(day))
		return
	}
	c := unbookedCharge(t, ghost)
	c.foreign = true
}

// unbookedCharge is a charge without a movement: the balance of the other mode is another balance.
func unbookedCharge(t *teller, o *shopOrder) *charge {
	c := &charge{
		object: object{randomID(t.rng, "ch"), o.created}, amount: o.total, currency: o.currency, method: "alipay",
		metadata: map[string]string{"order_id": o.reference},
	}
	t.world.charges.push(c)
	return c
}
