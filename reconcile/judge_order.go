package reconcile

import (
	"fmt"

	"tieout/reconcile/money"
)

// order judges what the shop says of an order against the money that was taken for it.
func (j *judge) order() {
	j.split()
	switch j.c.Order.Status {
	case OrderPending:
		j.openOrder()
	case OrderCanceled:
		j.canceledOrder()
	default:
		j.paidOrder()
	}
	j.refunds()
}

// split decides which payments pay for the order. Payments count net of what went back: several that together make
// exactly the order's amount all count, and one that was given back in full does not while another is held. All others
// but the earliest are surplus (design §5, "One cause, one code" and "Rows").
func (j *judge) split() {
	if len(j.taken) < 2 {
		return
	}
	held := live(j.taken)
	switch {
	case j.makes(j.taken, gross):
	case len(held) == 0:
		j.kept = j.taken[:1]
	case len(held) == 1 || j.makes(held, net):
		j.kept = held
	default:
		j.kept, j.surplus = held[:1], held[1:]
	}
	j.noteSplit()
}

func gross(h held) int64 { return h.Amount.Minor }

func net(h held) int64 { return h.net() }

// makes reports whether the payments add up to exactly the order's amount in its currency.
func (j *judge) makes(payments []held, of func(held) int64) bool {
	var sum int64
	for _, payment := range payments {
		if payment.Amount.Currency != j.c.Order.Amount.Currency {
			return false
		}
		sum += of(payment)
	}
	return sum == j.c.Order.Amount.Minor
}

// openOrder judges an order that the shop still waits for.
func (j *judge) openOrder() {
	order := *j.c.Order
	held := live(j.kept)
	if len(held) == 0 {
		j.idle()
		j.cancel()
		return
	}
	j.compare()
	first := held[0]
	j.noteStillPending(first)
	if !j.absentSince(FeedShop, first.SucceededAt.Add(j.policy.Grace.PaidNotRecorded), "the shop's time to hear of the payment is over") {
		j.settle(Waiting, "%s took %s for it at %s; the shop has %s to hear of that.", nameOf(first.Feed), first.Amount, at(first.SucceededAt), span(j.policy.Grace.PaidNotRecorded))
		return
	}
	j.raise(first.Key, Exception{
		Code: PaidNotRecorded, TransactionReference: first.ID, Expected: order.Amount, Actual: first.netAmount(),
		Explanation: fmt.Sprintf("%s took %s at %s (%s), and the order is still pending in the shop for %s.", nameOf(first.Feed), first.Amount, at(first.SucceededAt), linked(first), order.Amount),
	})
}

// none is "nothing" on the side of the shop, in the order's currency: it knows the order and has recorded no money.
func none(amount money.Amount) money.Amount { return money.Amount{Currency: amount.Currency} }

// canceledOrder: money held for a canceled order must go back, whether it came before or after the cancel.
func (j *judge) canceledOrder() {
	held := live(j.taken)
	j.surplus, j.kept = nil, j.taken
	j.noteAfterCancel()
	for _, payment := range held {
		j.raise(payment.Key, Exception{
			Code: PaidAfterCancel, TransactionReference: payment.ID, Expected: money.Amount{Currency: payment.Amount.Currency}, Actual: payment.netAmount(),
			DueAt:       j.policy.WindowEnd(payment.Payment),
			Explanation: fmt.Sprintf("The order is canceled%s, and %s holds %s taken at %s (%s).", since(j.c.Order.CanceledAt), nameOf(payment.Feed), payment.netAmount(), at(payment.SucceededAt), linked(payment)),
		})
		j.owe(payment, OwedAfterCancel)
	}
	if len(held) == 0 {
		j.settle(Closed, "The order is canceled and no money is held for it.")
	}
}

// paidOrder judges an order that the shop believes was paid.
func (j *judge) paidOrder() {
	if len(j.taken) == 0 {
		j.unpaid()
		return
	}
	j.compare()
	j.outcome = Matched
}

// whyMatched says in a sentence why the order and its payment agree.
func (j *judge) whyMatched() string {
	first := j.kept[0]
	return fmt.Sprintf("%s took %s at %s (%s) and the order says %s.", nameOf(first.Feed), first.Amount, at(first.SucceededAt), linked(first), j.c.Order.Amount)
}

// compare holds the kept payments against the order's amount, and names the surplus ones. Where both sides say that all
// of it went back, nothing is left to differ.
func (j *judge) compare() {
	order := j.c.Order.Amount
	for _, payment := range j.surplus {
		j.duplicate(payment)
	}
	if j.orderIs(OrderRefunded) && len(live(j.kept)) == 0 {
		j.noteNothingLeft()
		return
	}
	first := j.kept[0]
	currencies := first.Amount.Currency != order.Currency
	if j.trace != nil {
		j.noteCurrency(currencies)
	}
	if currencies {
		j.raise(first.Key, Exception{
			Code: CurrencyMismatch, TransactionReference: first.ID, Expected: order, Actual: first.Amount,
			Explanation: fmt.Sprintf("The order is for %s; %s took %s (%s).", order, nameOf(first.Feed), first.Amount, linked(first)),
		})
		return
	}
	differ := len(j.surplus) == 0 && !j.makes(j.kept, gross) && !j.makes(j.kept, net)
	if j.trace != nil {
		j.noteAmounts(differ)
	}
	if differ {
		j.amountMismatch(first)
	}
}

func (j *judge) amountMismatch(first held) {
	order := j.c.Order.Amount
	paid := j.keptSum(gross)
	explanation := fmt.Sprintf("The order is for %s; %s took %s (%s)", order, nameOf(first.Feed), paid, linked(first))
	if left := j.keptSum(net); left.Minor > order.Minor && left != paid {
		explanation += fmt.Sprintf(", of which %s are left", left)
		paid = left
	}
	difference := money.Amount{Minor: paid.Minor - order.Minor, Currency: order.Currency}
	j.raise(first.Key, Exception{
		Code: AmountMismatch, TransactionReference: first.ID, Expected: order, Actual: paid,
		Explanation: explanation + ": " + tooMuch(difference) + ".",
	})
}

// keptSum adds up the kept payments, which are of one currency.
func (j *judge) keptSum(of func(held) int64) money.Amount {
	sum := money.Amount{Currency: j.kept[0].Amount.Currency}
	for _, payment := range j.kept {
		if payment.Amount.Currency == sum.Currency {
			sum.Minor += of(payment)
		}
	}
	return sum
}

func tooMuch(difference money.Amount) string {
	if difference.Minor < 0 {
		return difference.Neg().String() + " too little"
	}
	return difference.String() + " too much"
}

func (j *judge) duplicate(payment held) {
	first := j.kept[0]
	j.raise(payment.Key, Exception{
		Code: DuplicatePayment, TransactionReference: payment.ID, Expected: money.Amount{Currency: payment.Amount.Currency}, Actual: payment.netAmount(),
		DueAt:       j.policy.WindowEnd(payment.Payment),
		Explanation: fmt.Sprintf("The order for %s was paid by %s (%s, %s); %s took another %s at %s (%s).", j.c.Order.Amount, first.ID, nameOf(first.Feed), first.Amount, nameOf(payment.Feed), payment.netAmount(), at(payment.SucceededAt), linked(payment)),
	})
	j.owe(payment, OwedDuplicate)
}
