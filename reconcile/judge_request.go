package reconcile

import (
	"fmt"
	"slices"

	"tieout/reconcile/money"
)

// requests decides each refund that the shop asked for and nobody has made: inside the window, settled, and not above
// what settled less what has gone back (issue 2, item 7). While a row of the case cannot be read, that may be the refund
// itself, and a person decides.
func (j *judge) requests(asked []record) {
	promised := map[Key]int64{} // payment → minor units that earlier requests take
	for _, request := range asked {
		if request.met {
			continue
		}
		if len(j.taken) == 0 {
			j.unpayable(request)
			continue
		}
		j.decide(request, j.payer(request, promised), promised)
	}
}

// payer is the payment that a request is to be taken from: a surplus one of just that amount, for that is then what was
// asked back; else the first with enough left; else the one of its currency with most left; else the first there is.
func (j *judge) payer(request record, promised map[Key]int64) held {
	exact := slices.DeleteFunc(slices.Clone(j.surplus), func(h held) bool { return h.netAmount() != request.amount })
	best, most := j.taken[0], int64(-1)
	for _, payment := range slices.Concat(exact, j.taken) {
		left := j.left(payment) - promised[payment.Key]
		switch {
		case payment.Amount.Currency != request.amount.Currency:
		case left >= request.amount.Minor:
			return payment
		case left > most:
			best, most = payment, left
		}
	}
	return best
}

// left is what settled less what has gone back or is on its way back.
func (j *judge) left(payment held) int64 {
	return payment.net() - sumOf(j.refundsOf(payment.Payment), RefundPending)
}

// together is what is left of all payments of one currency.
func (j *judge) together(currency string, promised map[Key]int64) money.Amount {
	sum := money.Amount{Currency: currency}
	for _, payment := range j.taken {
		if payment.Amount.Currency == currency {
			sum.Minor += max(0, j.left(payment)-promised[payment.Key])
		}
	}
	return sum
}

func (j *judge) decide(request record, payment held, promised map[Key]int64) {
	all := j.together(payment.Amount.Currency, promised)
	remaining := money.Amount{Minor: j.left(payment) - promised[payment.Key], Currency: payment.Amount.Currency}
	end := j.policy.WindowEnd(payment.Payment)
	owed := Owed{Payment: payment.Key, RequestID: request.id, Amount: request.amount, Why: OwedRequested, AskedAt: request.at, WindowEndsAt: end}
	owed.Decision = DecisionRejected
	tooMuch := request.amount.Currency != all.Currency || request.amount.Minor > all.Minor
	closed := !end.IsZero() && !j.now.Before(end)
	j.noteRequest(request, payment, all, tooMuch, closed)
	switch {
	case tooMuch:
		owed.Reason = fmt.Sprintf("%s asked, %s left to give back", request.amount, all)
		j.asksTooMuch(request, payment.Key, all)
		j.reviewAt(end, windowCloses)
	case closed:
		owed.Reason = fmt.Sprintf("the window closed at %s", at(end))
	case len(j.c.Rejections) > 0:
		owed.Decision, owed.Reason = DecisionPerson, fmt.Sprintf("%s %s could not be read and may be this refund", j.c.Rejections[0].Feed, j.c.Rejections[0].ID)
	case j.doubt(payment) != "":
		owed.Decision, owed.Reason = DecisionPerson, j.doubt(payment)
	case request.amount.Minor > remaining.Minor:
		owed.Decision, owed.Reason = DecisionPerson, fmt.Sprintf("it takes several payments: %s left of payment %s, %s of all", remaining, payment.ID, all)
	default:
		promised[payment.Key] += request.amount.Minor
		owed.Decision, owed.Reason = DecisionApproved, fmt.Sprintf("settled, inside the window until %s, %s left of payment %s", at(end), remaining, payment.ID)
	}
	j.verdict.Owed = append(j.verdict.Owed, owed)
	if owed.Decision != DecisionRejected || !j.now.Before(end) {
		j.goBack = append(j.goBack, owed)
	}
}

// doubt says why money of this payment should not go back by itself although the figures allow it: the customer disputes it
// and may get it back that way, or the provider was not read completely and may have given it back already.
func (j *judge) doubt(payment held) string {
	for _, dispute := range j.c.Disputes {
		if dispute.Status == DisputeOpen && belongs(dispute.Key, dispute.PaymentID, payment.Payment) {
			return fmt.Sprintf("the customer disputes payment %s (%s)", payment.ID, dispute.ID)
		}
	}
	j.verdict.CoverageBound = true
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed == payment.Feed && coverage.Account == payment.Account && (coverage.Reason != "" || coverage.Complete.Empty()) {
			return fmt.Sprintf("%s (%s) was not read completely and may show a refund already", nameOf(coverage.Feed), coverage.Account)
		}
	}
	return ""
}

func (j *judge) asksTooMuch(request record, payment Key, left money.Amount) {
	j.noteAsksTooMuch(request, payment, left)
	j.raise(payment, Exception{
		Code: RefundExceedsPayment, TransactionReference: payment.ID, Expected: request.amount, Actual: left,
		Explanation: fmt.Sprintf("A refund of %s was asked for at %s (%s); %s is left to give back.", request.amount, at(request.at), request.id, left),
	})
}

// unpayable judges a request for an order for which no money was taken.
func (j *judge) unpayable(request record) {
	owed := Owed{RequestID: request.id, Amount: request.amount, Why: OwedRequested, AskedAt: request.at, Decision: DecisionRejected}
	j.noteUnpayable(request)
	for _, payment := range j.c.Payments {
		if payment.Status == PaymentPending || payment.Status == PaymentSuspended {
			j.noteBeforeSettlement(request, payment)
			owed.Payment, owed.Reason = payment.Key, fmt.Sprintf("payment %s has not settled", payment.ID)
			j.verdict.Owed = append(j.verdict.Owed, owed)
			j.raise(payment.Key, Exception{
				Code: RefundBeforeSettlement, TransactionReference: payment.ID, Expected: request.amount, Actual: none(payment.Amount),
				Explanation: fmt.Sprintf("A refund of %s was asked for at %s (%s), and payment %s is %s.", request.amount, at(request.at), request.id, payment.ID, paymentWord(payment)),
			})
			return
		}
	}
	owed.Reason = "no payment of this order has settled"
	j.verdict.Owed = append(j.verdict.Owed, owed)
	if j.absent {
		about := Key{Feed: j.c.Order.Provider, Account: j.accountOf(j.c.Order.Provider), ID: j.c.Order.PaymentID}
		if n := len(j.c.Payments); n > 0 {
			about = j.c.Payments[n-1].Key
		}
		j.asksTooMuch(request, about, none(request.amount))
	}
}
