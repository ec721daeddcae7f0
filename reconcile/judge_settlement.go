package reconcile

import (
	"fmt"

	"tieout/reconcile/money"
)

// settlements raises AUTHs that hang: suspended, or unsettled for strictly more than seven days (source document 002).
func (j *judge) settlements() {
	if !j.concerns() {
		return
	}
	for _, payment := range j.c.Payments {
		if payment.SettleStatus == "" {
			continue
		}
		switch payment.Status {
		case PaymentSuspended:
			j.suspended(payment)
		case PaymentPending:
			j.overdue(payment)
		}
	}
}

func (j *judge) suspended(payment LinkedPayment) {
	j.noteUnsettled(SettlementSuspended, payment)
	j.raise(payment.Key, Exception{
		Code: SettlementSuspended, TransactionReference: payment.ID, Expected: j.orderAmount(), Actual: none(payment.Amount),
		Explanation: fmt.Sprintf("%s has suspended %s authorised at %s (%s, settlestatus 2): it will not settle by itself.", nameOf(payment.Feed), payment.Amount, at(payment.CreatedAt), payment.ID),
	})
}

func (j *judge) overdue(payment LinkedPayment) {
	limit := j.policy.OverdueAt(payment.CreatedAt)
	j.noteUnsettled(SettlementOverdue, payment)
	if !j.due(limit.Add(tick), "its time to settle has passed") {
		return
	}
	j.raise(payment.Key, Exception{
		Code: SettlementOverdue, TransactionReference: payment.ID, Expected: j.orderAmount(), Actual: none(payment.Amount), DueAt: limit,
		Explanation: fmt.Sprintf("%s authorised %s at %s (%s) and it is still at settlestatus %s after more than %s.", nameOf(payment.Feed), payment.Amount, at(payment.CreatedAt), payment.ID, payment.SettleStatus, span(j.policy.SettlementOverdueAfter)),
	})
}

// orderAmount is what the shop says, or nothing when there is no order.
func (j *judge) orderAmount() money.Amount {
	if j.c.Order == nil {
		return money.Amount{}
	}
	return j.c.Order.Amount
}

// disputes raises each dispute that is still open at the provider.
func (j *judge) disputes() {
	if !j.concerns() {
		return
	}
	for _, dispute := range j.c.Disputes {
		j.noteDispute(dispute)
		if dispute.Status != DisputeOpen {
			continue
		}
		j.raise(dispute.Key, Exception{
			Code: Disputed, TransactionReference: dispute.ID, Actual: dispute.Amount, DueAt: dispute.EvidenceDueAt,
			Explanation: fmt.Sprintf("The customer disputes %s of payment %s since %s; evidence is due at %s.", dispute.Amount, dispute.PaymentID, at(dispute.CreatedAt), at(dispute.EvidenceDueAt)),
		})
	}
}
