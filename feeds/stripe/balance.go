package stripe

import (
	"tieout/reconcile"
)

// refund reads a refund.
func (n normaliser) refund(key reconcile.Key, r *reader) reconcile.Record {
	return reconcile.Refund{
		Key:       key,
		PaymentID: refunded(r),
		Reference: n.reference(r),
		Amount:    r.positive("amount"),
		Status:    refundStatus(r),
		Reason:    r.text("failure_reason"),
		CreatedAt: r.instant("created"),
	}
}

// refunded returns the charge that a refund or dispute is about; where Stripe names none, the PaymentIntent, which leads
// to the payment as its source.
func refunded(r *reader) string {
	if charge := r.id("charge"); charge != "" {
		return charge
	}
	return r.id("payment_intent")
}

func refundStatus(r *reader) reconcile.RefundStatus {
	switch status := r.text("status"); status {
	case "pending", "requires_action":
		return reconcile.RefundPending
	case "succeeded":
		return reconcile.RefundSucceeded
	case "failed":
		return reconcile.RefundFailed
	case "canceled":
		return reconcile.RefundCanceled
	default:
		r.fail("unknown refund status %q", status)
		return ""
	}
}

// dispute reads a dispute.
func dispute(key reconcile.Key, r *reader) reconcile.Record {
	return reconcile.Dispute{
		Key:           key,
		PaymentID:     refunded(r),
		Amount:        r.positive("amount"),
		Status:        disputeStatus(r.text("status")),
		CreatedAt:     r.instant("created"),
		EvidenceDueAt: r.instantIfGiven("evidence_details.due_by"),
	}
}

func disputeStatus(status string) reconcile.DisputeStatus {
	switch reconcile.DisputeStatus(status) {
	case reconcile.DisputeWon, reconcile.DisputeLost, reconcile.DisputeWarningClosed:
		return reconcile.DisputeStatus(status)
	}
	return reconcile.DisputeOpen
}

// movement reads a balance transaction. Its three figures must add up, for the tie-out stands on them.
func movement(key reconcile.Key, r *reader) reconcile.Record {
	read := reconcile.Movement{
		Key:         key,
		ObjectID:    r.id("source"),
		Category:    category(r),
		Gross:       r.amount("amount"),
		Fee:         r.amount("fee"),
		Net:         r.amount("net"),
		CreatedAt:   r.instant("created"),
		AvailableAt: r.instantIfGiven("available_on"),
	}
	if net, err := read.Gross.Sub(read.Fee); r.problem == "" && (err != nil || net != read.Net) {
		r.fail("amount %s less fee %s is not net %s", read.Gross, read.Fee, read.Net)
	}
	return read
}

func category(r *reader) string {
	category := r.text("reporting_category")
	if category == "" {
		r.fail("reporting_category is missing")
	}
	return category
}

// payout reads a payout. A negative one takes money from the bank account to even out the balance.
func payout(key reconcile.Key, r *reader) reconcile.Record {
	automatic := r.is("automatic", true)
	return reconcile.Payout{
		Key:       key,
		Amount:    r.amount("amount"),
		Status:    payoutStatus(r),
		Automatic: automatic,
		Itemised:  automatic && r.text("reconciliation_status") == reconciled,
		Reason:    join(r.text("failure_code"), r.text("failure_message")),
		CreatedAt: r.instant("created"),
		ArrivalAt: r.instantIfGiven("arrival_date"),
	}
}

func payoutStatus(r *reader) reconcile.PayoutStatus {
	switch status := r.text("status"); status {
	case "pending", "in_transit":
		return reconcile.PayoutPending
	case "paid":
		return reconcile.PayoutPaid
	case "failed":
		return reconcile.PayoutFailed
	case "canceled":
		return reconcile.PayoutCanceled
	default:
		r.fail("unknown payout status %q", status)
		return ""
	}
}

// payoutLine reads a balance transaction that was listed as one of a payout's.
func payoutLine(key reconcile.Key, r *reader) reconcile.Record {
	line := reconcile.PayoutLine{Key: key, PayoutID: r.text("payout"), Category: category(r), Net: r.amount("net")}
	if line.PayoutID == "" {
		r.fail("the line names no payout")
	}
	return line
}
