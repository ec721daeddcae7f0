package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// made is a refund at the provider: one that succeeded or is on its way, or one that failed and was not made good.
type made struct {
	Refund
	exempt bool // it gives back what was never the order's money: no record is needed here
	failed bool // REFUND_FAILED says it all: no record of it is missing at the provider
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
	for _, rows := range [][]record{done, asked} {
		meet(rows, refunds, needed)
		meet(rows, refunds, spare)
	}
	meetInSum(done, refunds, needed)
	meetInSum(done, refunds, notFailed)
	meet(done, refunds, failed)
	meetInSum(done, refunds, neededOrFailed)
	if j.orderIs(OrderRefunded) && len(j.kept) > 0 {
		j.wholeByStatus(done, refunds)
	}
	j.notRecorded(refunds)
	j.notMade(done)
	j.requests(asked)
}

// made lists the refunds at the providers, earliest first.
func (j *judge) made() []made {
	var list []made
	for _, refund := range j.c.Refunds {
		switch refund.Status {
		case RefundSucceeded, RefundPending:
			list = append(list, made{Refund: refund, exempt: j.exempt(refund)})
		case RefundFailed:
			if !j.madeGood(refund) {
				list = append(list, made{Refund: refund, exempt: j.exempt(refund), failed: true})
			}
		}
	}
	return list
}

// exempt: giving back a surplus payment, or one taken for a canceled order, needs no record here (design §5, "Refunds
// here"). The surplus may also be a part: too much was taken, and what is left still covers the order's amount; but the
// status refunded records all of it.
func (j *judge) exempt(refund Refund) bool {
	if j.orderIs(OrderCanceled) {
		return true
	}
	for _, payment := range j.kept {
		if belongs(refund.Key, refund.PaymentID, payment.Payment) {
			return !j.orderIs(OrderRefunded) && !j.makes(j.kept, gross) && j.covered()
		}
	}
	return len(j.kept) > 0 && j.ofTaken(refund)
}

// covered reports whether the kept payments, less what went back or is on its way back, still pay for the order.
func (j *judge) covered() bool {
	var left int64
	for _, payment := range j.kept {
		if payment.Amount.Currency != j.c.Order.Amount.Currency {
			return false
		}
		left += j.left(payment)
	}
	return left >= j.c.Order.Amount.Minor
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

func needed(r made) bool         { return !r.exempt && !r.failed }
func spare(r made) bool          { return r.exempt && !r.failed }
func notFailed(r made) bool      { return !r.failed }
func failed(r made) bool         { return r.failed }
func neededOrFailed(r made) bool { return needed(r) || failed(r) }

// meet pairs rows with refunds of the same amount, among those that count.
func meet(rows []record, refunds []made, counts func(made) bool) {
	for i := range rows {
		if rows[i].met {
			continue
		}
		k := slices.IndexFunc(refunds, func(r made) bool { return !r.met && counts(r) && r.Amount == rows[i].amount })
		if k >= 0 {
			rows[i].met, refunds[k].met = true, true
		}
	}
}

// meetInSum pairs what is left when it adds up to the same: one record of a refund made in several steps, or the other way
// round. Sums in two currencies are no sum.
func meetInSum(rows []record, refunds []made, counts func(made) bool) {
	var here, there money.Amount
	var err error
	for _, row := range rows {
		if !row.met && err == nil {
			here, err = here.Add(row.amount)
		}
	}
	for _, refund := range refunds {
		if !refund.met && counts(refund) && err == nil {
			there, err = there.Add(refund.Amount)
		}
	}
	if err != nil || here.IsZero() || here != there {
		return
	}
	for i := range rows {
		rows[i].met = true
	}
	for i := range refunds {
		refunds[i].met = refunds[i].met || counts(refunds[i])
	}
}

// wholeByStatus reads the status refunded: it records the whole amount as given back, so every refund there is recorded,
// and what is still held is missing at the provider. A row that says the same is the same record.
func (j *judge) wholeByStatus(done []record, refunds []made) {
	rest := j.keptSum(net)
	for i := range refunds {
		refund := &refunds[i]
		if refund.Amount.Currency == rest.Currency && (refund.failed || refund.Status == RefundPending) && !refund.exempt {
			rest.Minor -= refund.Amount.Minor
		}
		refund.met = true
	}
	for i := range done {
		row := &done[i]
		if row.met || row.amount.Currency != rest.Currency {
			continue
		}
		if row.met = row.amount.Minor > rest.Minor; !row.met {
			rest.Minor -= row.amount.Minor
		}
	}
	if rest.Minor > 0 {
		j.noteRecord(record{amount: rest})
		j.missingRefund(record{amount: rest})
	}
}

// notRecorded raises refunds that the shop does not know.
func (j *judge) notRecorded(refunds []made) {
	for _, refund := range refunds {
		j.noteRefund(refund)
		if refund.met || !needed(refund) || j.unless("every row that may be about it could be read", j.unreadable()) {
			continue
		}
		if !j.absentSince(FeedShop, refund.CreatedAt.Add(j.policy.Grace.RefundNotRecorded), "the shop's time to record the refund is over") {
			j.settle(Waiting, "%s refunded %s at %s; the shop has %s to record it.", nameOf(refund.Feed), refund.Amount, at(refund.CreatedAt), span(j.policy.Grace.RefundNotRecorded))
			continue
		}
		j.raise(refund.Key, Exception{
			Code: RefundNotRecorded, TransactionReference: refund.ID, Actual: refund.Amount,
			Explanation: fmt.Sprintf("%s refunded %s of payment %s at %s (%s), and the shop has no record of it.", nameOf(refund.Feed), refund.Amount, refund.PaymentID, at(refund.CreatedAt), refund.ID),
		})
	}
}

// notMade raises records of the shop for which the provider has no refund.
func (j *judge) notMade(done []record) {
	if len(j.taken) == 0 {
		return
	}
	for _, row := range done {
		j.noteRecord(row)
		if !row.met {
			j.missingRefund(row)
		}
	}
}

// missingRefund raises REFUND_MISSING_AT_PROVIDER once the grace is over and the provider was read completely to its end. A
// record without a time counts from when the order changed last.
func (j *judge) missingRefund(row record) {
	payment := j.taken[0]
	recorded := firstKnown(row.at, j.c.Order.ChangedAt, j.c.Order.PaidAt, j.c.Order.CreatedAt)
	due := recorded.Add(j.policy.Grace.RefundMissingAtProvider)
	if j.unless("every row that may be about it could be read", j.unreadable()) {
		return
	}
	if !j.due(due, "the provider's time to show the refund is over") {
		j.settle(Waiting, "A refund of %s was recorded at %s; the provider has %s to show it.", row.amount, at(recorded), span(j.policy.Grace.RefundMissingAtProvider))
		return
	}
	if gap := j.uncovered(payment.Feed, recorded, due); gap != "" {
		j.settle(Waiting, "Whether the refund is missing cannot be said: %s.", gap)
		return
	}
	j.raise(payment.Key, Exception{
		Code: RefundMissingAtProvider, TransactionReference: firstNonEmpty(row.id, payment.ID), Expected: row.amount,
		Explanation: fmt.Sprintf("The shop recorded a refund of %s at %s, and %s shows none of that amount for payment %s.", row.amount, at(recorded), nameOf(payment.Feed), payment.ID),
	})
}

// failedRefunds raises each refund that the provider failed, until a later one of the same payment succeeds.
func (j *judge) failedRefunds() {
	if !j.concerns() {
		return
	}
	for _, refund := range j.c.Refunds {
		if refund.Status != RefundFailed {
			continue
		}
		madeGood := j.madeGood(refund)
		j.noteFailedRefund(refund, madeGood)
		if madeGood {
			continue
		}
		j.raise(refund.Key, Exception{
			Code: RefundFailedCode, TransactionReference: refund.ID, Expected: refund.Amount, Actual: none(refund.Amount),
			Explanation: fmt.Sprintf("The refund of %s of payment %s, made at %s (%s), failed at %s%s.", refund.Amount, refund.PaymentID, at(refund.CreatedAt), refund.ID, nameOf(refund.Feed), because(refund.Reason)),
		})
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + strings.TrimRight(reason, ". ") + ")"
}

// madeGood reports whether later refunds of the same payment that succeeded stand for one that failed: one of just its
// amount, or others that together reach it. Providers do not tell when a refund failed, so a later step of a refund in
// several steps is told from a second try by its amount: what a row of the shop speaks for is a step of its own.
func (j *judge) madeGood(failed Refund) bool {
	var others int64
	for _, refund := range j.c.Refunds {
		switch {
		case refund.Status != RefundSucceeded || !refund.CreatedAt.After(failed.CreatedAt) || !j.samePayment(refund, failed):
		case refund.Amount == failed.Amount:
			return true
		case refund.Amount.Currency == failed.Amount.Currency && !j.spokenFor(refund.Amount):
			others += refund.Amount.Minor
		}
	}
	return others >= failed.Amount.Minor
}

// spokenFor reports whether a row of the shop asks for a refund of this amount, or records one.
func (j *judge) spokenFor(amount money.Amount) bool {
	return slices.ContainsFunc(j.c.Requests, func(r RefundRequest) bool { return r.Status != RequestRejected && r.Amount == amount })
}

// samePayment reports whether two refunds are of one payment, which one may name by its id and the other by its
// PaymentIntent's.
func (j *judge) samePayment(a, b Refund) bool {
	if a.Feed == b.Feed && a.Account == b.Account && a.PaymentID == b.PaymentID {
		return true
	}
	return slices.ContainsFunc(j.c.Payments, func(p LinkedPayment) bool {
		return belongs(a.Key, a.PaymentID, p.Payment) && belongs(b.Key, b.PaymentID, p.Payment)
	})
}

// exceeding raises the refund with which more went back than was taken.
func (j *judge) exceeding() {
	if !j.concerns() {
		return
	}
	for _, payment := range j.taken {
		j.exceedingOf(payment)
	}
}

func (j *judge) exceedingOf(payment held) {
	back := money.Amount{Currency: payment.Amount.Currency}
	for _, refund := range j.refundsOf(payment.Payment) {
		if refund.Status != RefundSucceeded {
			continue
		}
		back.Minor += refund.Amount.Minor
		j.noteGoneBack(payment, refund, back)
		if back.Minor > payment.Amount.Minor {
			j.raise(refund.Key, Exception{
				Code: RefundExceedsPayment, TransactionReference: refund.ID, Expected: payment.Amount, Actual: back,
				Explanation: fmt.Sprintf("%s took %s (%s); with %s, made at %s, %s have gone back.", nameOf(payment.Feed), payment.Amount, payment.ID, refund.ID, at(refund.CreatedAt), back),
			})
			return
		}
	}
}
