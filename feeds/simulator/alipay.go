package simulator

import (
	"fmt"
	"slices"
	"time"
)

// AlipayAccount is the merchant's id at Alipay.
const AlipayAccount = "2088000000000001"

// alipayWindow is the refund window of the contract.
const alipayWindow = 365 * day

var alipayCurrencies = []string{"CNY", "CNY", "EUR", "USD", "JPY"}

// How long Alipay takes: a day's transactions come out the morning after, and what was completed on a day is settled two
// days later.
const (
	tradesOut = 10 * time.Hour
	settledIn = 2 * day
	settledAt = 2 * time.Hour
)

// The commission of a payment, in thousandths, and what a batch costs, in minor units.
const (
	alipayCommission = 6
	batchFee         = 50
)

// trade is one payment at Alipay; the id is trade_no.
type trade struct {
	object
	request   string // out_trade_no
	reference string // the order, by whatever out_trade_no it was paid
	amount    int64
	currency  string
	completed time.Time
	refunds   []*tradeRefund
}

// tradeRefund is money given back of a trade; the id is the merchant's own.
type tradeRefund struct {
	object
	trade  *trade
	amount int64
}

// newTrade takes money at Alipay's gateway. The second trade of an order has another out_trade_no.
func (t *teller) newTrade(reference string, at time.Time, amount int64, currency string) *trade {
	request := reference
	for n := 2; t.world.requested[request]; n++ {
		request = fmt.Sprintf("%s-%d", reference, n)
	}
	t.world.requested[request] = true
	tr := &trade{
		object: object{fmt.Sprintf("%s2200140%010d", at.In(shanghai).Format("20060102"), t.world.nextSerial()), at}, request: request, reference: reference, amount: amount, currency: currency,
		completed: at.Add(t.between(20*time.Second, 9*time.Minute)),
	}
	t.world.trades.push(tr)
	return tr
}

func (t *teller) refundTrade(tr *trade, at time.Time, amount int64) *tradeRefund {
	r := &tradeRefund{object: object{fmt.Sprintf("RF-%s-%d", tr.request, len(tr.refunds)+1), at}, trade: tr, amount: amount}
	tr.refunds = append(tr.refunds, r)
	t.world.tradeRefunds.push(r)
	return r
}

// alipayDay is the day in Shanghai on which something happened.
func alipayDay(at time.Time) time.Time {
	local := at.In(shanghai)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, shanghai)
}

// settledRow is a trade or a refund as its settlement shows it.
type settledRow struct {
	kind, id, request, original string
	completed                   time.Time
	amount, converted, net      int64 // of amount in currency; of the others in the batch's
	currency                    string
	rate                        int64 // millionths; 0: none
}

// batch is what was completed on one day, paid out in one currency.
type batch struct {
	id       string
	day, at  time.Time
	currency string
	rows     []settledRow
	paid     int64
	wrong    bool
}

func (b *batch) add(row settledRow) { b.rows = append(b.rows, row) }

// batches are all settlements that were made at t, in the order of days and currencies.
func (w *World) batches(t time.Time) []*batch {
	found := map[payoutKey]*batch{}
	add := func(completed time.Time, amount int64, currency string, commission int64, row settledRow) {
		d := alipayDay(completed)
		made := d.Add(settledIn + settledAt)
		if made.After(t) {
			return
		}
		converted, in, rate := settle(amount, currency, completed)
		key := payoutKey{in, d}
		if found[key] == nil {
			found[key] = &batch{id: "B" + d.Format("20060102") + in, day: d, at: made, currency: in}
		}
		row.completed, row.amount, row.currency, row.converted, row.rate = completed, amount, currency, converted, rate
		row.net = converted - divRound(converted*commission, 1000)
		found[key].add(row)
	}
	for _, tr := range w.trades.items {
		add(tr.completed, tr.amount, tr.currency, alipayCommission, settledRow{kind: "PAYMENT", id: tr.id, request: tr.request})
	}
	for _, r := range w.tradeRefunds.items {
		add(r.created, -r.amount, r.trade.currency, 0, settledRow{kind: "REFUND", id: r.trade.id, request: r.id, original: r.trade.request})
	}
	all := make([]*batch, 0, len(found))
	for _, b := range found {
		w.payBatch(b)
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *batch) int {
		if n := a.day.Compare(b.day); n != 0 {
			return n
		}
		return slices.Compare([]byte(a.currency), []byte(b.currency))
	})
	return all
}

// payBatch says what a batch pays: its rows less what it costs. One, some days before Now, pays too much.
func (w *World) payBatch(b *batch) {
	b.paid = -batchFee
	for _, row := range b.rows {
		b.paid += row.net
	}
	if wrong := alipayDay(w.cfg.Now).AddDate(0, 0, -20); w.cfg.Stories[alipayBatch] > 0 && b.currency == "EUR" && b.day.Equal(wrong) {
		b.wrong = true
		b.paid += payoutResidue
	}
}

// batchExpectations derives what must be said about batches.
func (w *World) batchExpectations(t time.Time) (out []Expectation) {
	for _, b := range w.batches(t) {
		if b.wrong {
			out = append(out, Expectation{
				Code: codePayoutMismatch, TransactionReference: b.id, From: b.at, Currency: b.currency, Difference: payoutResidue, story: alipayBatch,
			})
		}
	}
	return out
}
