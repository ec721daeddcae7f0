package reconcile

import (
	"fmt"
	"slices"
	"time"

	"tieout/reconcile/money"
)

// made is a refund at the provider that succeeded or is on its way.
type made struct {
	Refund
	exempt bool // it gives back what was never the order's money: no record is needed here
	met    bool // a record or request of the shop is this refund
}

// record is what the shop says of a refund: a done row, a request, or the status refunded.
type record struct {
	id     string // the shop's refund id, or empty for the status
	amount money.Amount
	at     time.Time
	met    bool
}

// refunds holds what the shop recorded as given back against what the provider gave back, then judges the requests.
func (j *judge) refunds() {
	refunds := j.made()
	done, asked := j.rows(RequestDone), j.rows(RequestOpen)
	meet(done, refunds)
	meet(asked, refunds)
	meetInSum(done, refunds)
	j.statusCovers(refunds, j.restByStatus(done))
	j.notRecorded(refunds)
	j.notMade(done)
	j.exceeding()
	j.requests(asked)
}

// made lists the refunds at the providers, earliest first.
func (j *judge) made() []made {
	var list []made
	for _, refund := range j.c.Refunds {
		if refund.Status == RefundSucceeded || refund.Status == RefundPending {
			list = append(list, made{Refund: refund, exempt: j.exempt(refund)})
		}
	}
	return list
}

// exempt: giving back a surplus payment, or one taken for a canceled order, needs no record here (design §5, "Refunds
// here"). The surplus may also be a part: too much was taken, and the rest makes the order's amount.
func (j *judge) exempt(refund Refund) bool {
	if j.orderIs(OrderCanceled) {
		return true
	}
	for _, payment := range j.kept {
		if belongs(refund.Key, refund.PaymentID, payment.Payment) {
			return !j.makes(j.kept, gross) && j.makes(j.kept, net)
		}
	}
	return len(j.kept) > 0 && j.ofTaken(refund)
}

func (j *judge) ofTaken(refund Refund) bool {
	for _, payment := range j.taken {
		if belongs(refund.Key, refund.PaymentID, payment.Payment) {
			return true
		}
	}
	return false
}

func (j *judge) rows(status RequestStatus) []record {
	var rows []record
	for _, request := range j.c.Requests {
		if request.Status == status {
			when := request.RequestedAt
			if status == RequestDone {
				when = firstKnown(request.DoneAt, request.RequestedAt)
			}
			rows = append(rows, record{id: request.ID, amount: request.Amount, at: when})
		}
	}
	return rows
}

// meet pairs rows with refunds of the same amount, those that need a record first.
func meet(rows []record, refunds []made) {
	for i := range rows {
		for _, exempt := range []bool{false, true} {
			k := slices.IndexFunc(refunds, func(r made) bool { return !r.met && r.exempt == exempt && r.Amount == rows[i].amount })
			if k >= 0 {
				rows[i].met, refunds[k].met = true, true
				break
			}
		}
	}
}

// meetInSum pairs what is left when it adds up to the same: one record of a refund made in several steps.
func meetInSum(rows []record, refunds []made) {
	var here, there money.Amount
	for _, row := range rows {
		if !row.met {
			here, _ = here.Add(row.amount)
		}
	}
	for _, refund := range refunds {
		if !refund.met && !refund.exempt {
			there, _ = there.Add(refund.Amount)
		}
	}
	if here.IsZero() || here != there {
		return
	}
	for i := range rows {
		rows[i].met = true
	}
	for i := range refunds {
		refunds[i].met = refunds[i].met || !refunds[i].exempt
	}
}

// restByStatus is what the status refunded records beyond the rows: status and row are one record of the same refund.
func (j *judge) restByStatus(done []record) money.Amount {
	if !j.orderIs(OrderRefunded) || len(j.kept) == 0 {
		return money.Amount{}
	}
	rest := money.Amount{Currency: j.kept[0].Amount.Currency}
	for _, payment := range j.kept {
		if payment.Amount.Currency == rest.Currency {
			rest.Minor += payment.Amount.Minor
		}
	}
	for _, row := range done {
		if row.amount.Currency == rest.Currency {
			rest.Minor -= row.amount.Minor
		}
	}
	return rest
}

// statusCovers lets the status refunded stand as the record of the earliest refunds, up to its amount. What it records
// and nobody made is missing at the provider.
func (j *judge) statusCovers(refunds []made, rest money.Amount) {
	for i := range refunds {
		refund := &refunds[i]
		if !refund.met && !refund.exempt && refund.Amount.Currency == rest.Currency && refund.Amount.Minor <= rest.Minor {
			rest.Minor -= refund.Amount.Minor
			refund.met = true
		}
	}
	if rest.Minor > 0 && !j.failedFor(rest) {
		order := j.c.Order
		j.missingRefund(record{amount: rest, at: firstKnown(order.ChangedAt, order.PaidAt, order.CreatedAt)})
	}
}

// notRecorded raises refunds that the shop does not know.
func (j *judge) notRecorded(refunds []made) {
	for _, refund := range refunds {
		if refund.met || refund.exempt {
			continue
		}
		if !j.absentSince(FeedShop, refund.CreatedAt.Add(j.policy.Grace.RefundNotRecorded)) {
			j.settle(Waiting, "%s refunded %s at %s; the shop has %s to record it.", refund.Feed, refund.Amount, at(refund.CreatedAt), span(j.policy.Grace.RefundNotRecorded))
			continue
		}
		j.raise(refund.Key, Exception{
			Code: RefundNotRecorded, TransactionReference: refund.ID, Expected: money.Amount{Currency: refund.Amount.Currency}, Actual: refund.Amount,
			Explanation: fmt.Sprintf("%s refunded %s of payment %s at %s (%s), and the shop has no record of it.", refund.Feed, refund.Amount, refund.PaymentID, at(refund.CreatedAt), refund.ID),
		})
	}
}

// notMade raises records of the shop for which the provider has no refund.
func (j *judge) notMade(done []record) {
	for _, row := range done {
		if !row.met && len(j.taken) > 0 && !j.failedFor(row.amount) {
			j.missingRefund(row)
		}
	}
}

// failedFor reports a refund of that amount that failed: REFUND_FAILED says it all.
func (j *judge) failedFor(amount money.Amount) bool {
	return slices.ContainsFunc(j.c.Refunds, func(r Refund) bool { return r.Status == RefundFailed && r.Amount == amount })
}

func (j *judge) missingRefund(row record) {
	payment := j.taken[0]
	if !j.due(row.at.Add(j.policy.Grace.RefundMissingAtProvider)) {
		j.settle(Waiting, "A refund of %s was recorded at %s; the provider has %s to show it.", row.amount, at(row.at), span(j.policy.Grace.RefundMissingAtProvider))
		return
	}
	if gap := j.uncovered(payment.Feed, row.at, row.at); gap != "" {
		j.settle(Waiting, "Whether the refund is missing cannot be said: %s.", gap)
		return
	}
	j.raise(payment.Key, Exception{
		Code: RefundMissingAtProvider, TransactionReference: firstNonEmpty(row.id, payment.ID), Expected: row.amount, Actual: none(row.amount),
		Explanation: fmt.Sprintf("The shop recorded a refund of %s at %s, and %s shows none of that amount for payment %s.", row.amount, at(row.at), payment.Feed, payment.ID),
	})
}

// failedRefunds raises each refund that the provider failed, until a later one of the same payment succeeds.
func (j *judge) failedRefunds() {
	if !j.concerns() {
		return
	}
	for _, refund := range j.c.Refunds {
		if refund.Status != RefundFailed || j.madeGood(refund) {
			continue
		}
		j.raise(refund.Key, Exception{
			Code: RefundFailedCode, TransactionReference: refund.ID, Expected: refund.Amount, Actual: none(refund.Amount),
			Explanation: fmt.Sprintf("The refund of %s of payment %s, made at %s (%s), failed at %s%s.", refund.Amount, refund.PaymentID, at(refund.CreatedAt), refund.ID, refund.Feed, because(refund.Reason)),
		})
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func (j *judge) madeGood(failed Refund) bool {
	return slices.ContainsFunc(j.c.Refunds, func(r Refund) bool {
		return r.Status == RefundSucceeded && r.PaymentID == failed.PaymentID && r.Account == failed.Account && r.CreatedAt.After(failed.CreatedAt)
	})
}

// exceeding raises the refund with which more went back than was taken.
func (j *judge) exceeding() {
	for _, payment := range j.taken {
		var back int64
		for _, refund := range j.refundsOf(payment.Payment) {
			if refund.Status != RefundSucceeded {
				continue
			}
			back += refund.Amount.Minor
			if back > payment.Amount.Minor {
				j.raise(refund.Key, Exception{
					Code: RefundExceedsPayment, TransactionReference: refund.ID, Expected: payment.Amount, Actual: money.Amount{Minor: back, Currency: payment.Amount.Currency},
					Explanation: fmt.Sprintf("%s took %s (%s); with %s, made at %s, %s have gone back.", payment.Feed, payment.Amount, payment.ID, refund.ID, at(refund.CreatedAt), money.Amount{Minor: back, Currency: payment.Amount.Currency}),
				})
				break
			}
		}
	}
}
