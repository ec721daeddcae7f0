package store

import (
	"cmp"

	"tieout/reconcile"
)

type paymentRow struct {
	keyRow
	SourceID     string `db:"source_id"`
	Reference    string `db:"reference"`
	Minor        int64  `db:"minor"`
	Currency     string `db:"currency"`
	Status       string `db:"status"`
	SettleStatus string `db:"settle_status"`
	InScope      bool   `db:"in_scope"`
	CreatedAt    int64  `db:"created_at"`
	SucceededAt  int64  `db:"succeeded_at"`
	memberRow
}

var payments = newClustered("tieout_payments", rowOfPayment, paymentOfFace)

func rowOfPayment(p reconcile.Payment) paymentRow {
	face := newFace(p.Key).add(p.SourceID, p.Reference).amount(p.Amount).add(string(p.Status), p.SettleStatus).flags(p.InScope).times(p.CreatedAt, p.SucceededAt)
	return paymentRow{
		keyRow: rowOfKey(p.Key), SourceID: p.SourceID, Reference: p.Reference, Minor: p.Amount.Minor, Currency: p.Amount.Currency,
		Status: string(p.Status), SettleStatus: p.SettleStatus, InScope: p.InScope,
		CreatedAt: micros(p.CreatedAt), SucceededAt: micros(p.SucceededAt),
		memberRow: memberAt(cmp.Or(homeOfReference(p.Reference), homeOfObject(p.Key, cmp.Or(p.SourceID, p.ID))), face),
	}
}

func paymentOfFace(face string) reconcile.Payment {
	r := readFace(face)
	return reconcile.Payment{
		Key: r.key(), SourceID: r.text(), Reference: r.text(), Amount: r.amount(),
		Status: reconcile.PaymentStatus(r.text()), SettleStatus: r.text(), InScope: r.flag(),
		CreatedAt: r.time(), SucceededAt: r.time(),
	}
}

type refundRow struct {
	keyRow
	PaymentID string `db:"payment_id"`
	Reference string `db:"reference"`
	Minor     int64  `db:"minor"`
	Currency  string `db:"currency"`
	Status    string `db:"status"`
	Reason    string `db:"reason"`
	CreatedAt int64  `db:"created_at"`
	memberRow
}

var refunds = newClustered("tieout_refunds", rowOfRefund, refundOfFace)

func rowOfRefund(r reconcile.Refund) refundRow {
	face := newFace(r.Key).add(r.PaymentID, r.Reference).amount(r.Amount).add(string(r.Status), r.Reason).times(r.CreatedAt)
	return refundRow{
		keyRow: rowOfKey(r.Key), PaymentID: r.PaymentID, Reference: r.Reference, Minor: r.Amount.Minor, Currency: r.Amount.Currency,
		Status: string(r.Status), Reason: r.Reason, CreatedAt: micros(r.CreatedAt),
		memberRow: memberAt(cmp.Or(homeOfReference(r.Reference), homeOfObject(r.Key, cmp.Or(r.PaymentID, r.ID))), face),
	}
}

func refundOfFace(face string) reconcile.Refund {
	r := readFace(face)
	return reconcile.Refund{
		Key: r.key(), PaymentID: r.text(), Reference: r.text(), Amount: r.amount(),
		Status: reconcile.RefundStatus(r.text()), Reason: r.text(), CreatedAt: r.time(),
	}
}

type disputeRow struct {
	keyRow
	PaymentID     string `db:"payment_id"`
	Minor         int64  `db:"minor"`
	Currency      string `db:"currency"`
	Status        string `db:"status"`
	CreatedAt     int64  `db:"created_at"`
	EvidenceDueAt int64  `db:"evidence_due_at"`
	memberRow
}

var disputes = newClustered("tieout_disputes", rowOfDispute, disputeOfFace)

func rowOfDispute(d reconcile.Dispute) disputeRow {
	face := newFace(d.Key).add(d.PaymentID).amount(d.Amount).add(string(d.Status)).times(d.CreatedAt, d.EvidenceDueAt)
	return disputeRow{
		keyRow: rowOfKey(d.Key), PaymentID: d.PaymentID, Minor: d.Amount.Minor, Currency: d.Amount.Currency,
		Status: string(d.Status), CreatedAt: micros(d.CreatedAt), EvidenceDueAt: micros(d.EvidenceDueAt),
		memberRow: memberAt(homeOfObject(d.Key, cmp.Or(d.PaymentID, d.ID)), face),
	}
}

func disputeOfFace(face string) reconcile.Dispute {
	r := readFace(face)
	return reconcile.Dispute{
		Key: r.key(), PaymentID: r.text(), Amount: r.amount(), Status: reconcile.DisputeStatus(r.text()),
		CreatedAt: r.time(), EvidenceDueAt: r.time(),
	}
}
