package simulator

import (
	"fmt"
	"time"
)

// Orders paid through Alipay's own classic gateway (source document 003). They have no weight unless AlipayStories gives one:
// most worlds have no such gateway.
var alipayStories = []story{
	{name: "alipay_paid", plain: true, daily: true, tell: tellAlipayPaid},
	{name: "alipay_chinese", plain: true, daily: true, tell: tellAlipayChinese},
	{name: "alipay_refunded", plain: true, tell: tellAlipayRefunded},
	{name: "alipay_refund_asked", plain: true, tell: tellAlipayRefundAsked},
	{name: "alipay_missing", tell: tellAlipayMissing},
	{name: "alipay_amount", tell: tellAlipayAmount},
	{name: "alipay_duplicate", tell: tellAlipayDuplicate},
	{name: "alipay_not_recorded", tell: tellAlipayNotRecorded},
	{name: "alipay_missing_order", tell: tellAlipayMissingOrder},
}

// alipayBatch is about a settlement batch and not about a shopper.
const alipayBatch = "alipay_batch_wrong"

// AlipayStories returns the weights of a world whose orders are all paid through Alipay's own gateway.
func AlipayStories() map[string]int {
	return map[string]int{
		"alipay_paid": 60, "alipay_chinese": 10, "alipay_refunded": 12, "alipay_refund_asked": 3, "alipay_missing": 4, "alipay_amount": 4, "alipay_duplicate": 4,
		"alipay_not_recorded": 4, "alipay_missing_order": 2, alipayBatch: 1,
	}
}

// alipayLag is how long a day's file and its batch take, so that what is older is told in the files at Now.
const alipayLag = 4 * day

func tellAlipayPaid(t *teller) {
	o := t.order(gatewayAlipay, t.anyDay())
	t.paid(o)
}

// tellAlipayChinese has a reference that is not ASCII, as the subject of every row is not.
func tellAlipayChinese(t *teller) {
	o := t.order(gatewayAlipay, t.anyDay())
	o.reference = fmt.Sprintf("订单-%s", o.reference)
	t.paid(o)
}

// tellAlipayRefunded gives a part back, and the shop writes it down.
func tellAlipayRefunded(t *teller) {
	o := t.order(gatewayAlipay, t.aged(3*alipayLag, 90*day))
	p := t.paid(o)
	at := p.at.Add(t.between(2*time.Hour, 2*alipayLag))
	amount := max(1, o.total*(10+t.rng.Int64N(80))/100)
	t.giveBack(p, at, amount)
	t.recordRefund(o, at.Add(webhookDelay), amount)
}

// tellAlipayRefundAsked waits for people: nobody can make a refund through a file.
func tellAlipayRefundAsked(t *teller) {
	o := t.order(gatewayAlipay, t.aged(alipayLag, 90*day))
	p := t.paid(o)
	t.request(o, p.at.Add(t.between(time.Hour, day)), max(1, o.total/2))
}

// tellAlipayMissing is paid here and nowhere in the files.
func tellAlipayMissing(t *teller) {
	o := t.order(gatewayAlipay, t.aged(alipayLag, 90*day))
	t.keep = keepNothing
	at := o.created.Add(5 * time.Minute)
	t.record(o, at, payment{})
	t.expect(codeMissingAtProvider, o, "", at.Add(missingGrace), time.Time{})
}

func tellAlipayAmount(t *teller) {
	o := t.order(gatewayAlipay, t.aged(alipayLag, 90*day))
	p := t.takeSum(o, gatewayAlipay, o.created, o.total+1+t.rng.Int64N(o.total/3), o.currency)
	t.differ(codeAmountMismatch, o, p)
}

// tellAlipayDuplicate pays a second time, under another out_trade_no for the same order.
func tellAlipayDuplicate(t *teller) {
	o := t.order(gatewayAlipay, t.aged(alipayLag, 90*day))
	t.paid(o)
	second := t.take(o, gatewayAlipay, o.created.Add(time.Hour))
	t.owed(codeDuplicate, o, second, second.id, second.at, time.Time{})
}

// tellAlipayNotRecorded is a shop whose notify_url never answered.
func tellAlipayNotRecorded(t *teller) {
	o := t.order(gatewayAlipay, t.aged(alipayLag, 90*day))
	p := t.take(o, gatewayAlipay, o.created)
	t.expect(codeNotRecorded, o, p.id, p.at.Add(webhookGrace), time.Time{})
}

// tellAlipayMissingOrder is money for an order that the shop does not have.
func tellAlipayMissingOrder(t *teller) {
	created := t.aged(alipayLag, 90*day)
	reference := fmt.Sprintf("GONE-%06d", t.world.nextSerial())
	currency := pickCurrency(t.rng, gatewayAlipay)
	tr := t.newTrade(reference, created, pickAmount(t.rng, currency), currency)
	t.expectFor(codeMissingOrder, reference, tr.id, tr.completed.Add(webhookGrace), time.Time{})
}
