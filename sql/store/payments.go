package store

import (
	"context"

	"tieout/reconcile"
)

type paymentRow struct {
	keyRow
	SourceID     string `db:"source_id"`
	Reference    string `db:"reference"`
	Folded       string `db:"folded"` // reconcile.FoldReference of the reference
	Minor        int64  `db:"minor"`
	Currency     string `db:"currency"`
	Status       string `db:"status"`
	SettleStatus string `db:"settle_status"`
	InScope      bool   `db:"in_scope"`
	CreatedAt    int64  `db:"created_at"`
	SucceededAt  int64  `db:"succeeded_at"`
}

var payments = newProjection("tieout_payments",
	func(p reconcile.Payment) paymentRow {
		return paymentRow{
			keyRow: rowOfKey(p.Key), SourceID: p.SourceID, Reference: p.Reference, Folded: reconcile.FoldReference(p.Reference), Minor: p.Amount.Minor, Currency: p.Amount.Currency,
			Status: string(p.Status), SettleStatus: p.SettleStatus, InScope: p.InScope,
			CreatedAt: micros(p.CreatedAt), SucceededAt: micros(p.SucceededAt),
		}
	},
	paymentOfRow)

func paymentOfRow(r paymentRow) reconcile.Payment {
	return reconcile.Payment{
		Key: r.key(), SourceID: r.SourceID, Reference: r.Reference, Amount: amount(r.Minor, r.Currency),
		Status: reconcile.PaymentStatus(r.Status), SettleStatus: r.SettleStatus, InScope: r.InScope,
		CreatedAt: instant(r.CreatedAt), SucceededAt: instant(r.SucceededAt),
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
}

var refunds = newProjection("tieout_refunds",
	func(r reconcile.Refund) refundRow {
		return refundRow{
			keyRow: rowOfKey(r.Key), PaymentID: r.PaymentID, Reference: r.Reference, Minor: r.Amount.Minor, Currency: r.Amount.Currency,
			Status: string(r.Status), Reason: r.Reason, CreatedAt: micros(r.CreatedAt),
		}
	},
	func(r refundRow) reconcile.Refund {
		return reconcile.Refund{
			Key: r.key(), PaymentID: r.PaymentID, Reference: r.Reference, Amount: amount(r.Minor, r.Currency),
			Status: reconcile.RefundStatus(r.Status), Reason: r.Reason, CreatedAt: instant(r.CreatedAt),
		}
	})

type disputeRow struct {
	keyRow
	PaymentID     string `db:"payment_id"`
	Minor         int64  `db:"minor"`
	Currency      string `db:"currency"`
	Status        string `db:"status"`
	CreatedAt     int64  `db:"created_at"`
	EvidenceDueAt int64  `db:"evidence_due_at"`
}

var disputes = newProjection("tieout_disputes",
	func(d reconcile.Dispute) disputeRow {
		return disputeRow{
			keyRow: rowOfKey(d.Key), PaymentID: d.PaymentID, Minor: d.Amount.Minor, Currency: d.Amount.Currency,
			Status: string(d.Status), CreatedAt: micros(d.CreatedAt), EvidenceDueAt: micros(d.EvidenceDueAt),
		}
	},
	func(r disputeRow) reconcile.Dispute {
		return reconcile.Dispute{
			Key: r.key(), PaymentID: r.PaymentID, Amount: amount(r.Minor, r.Currency),
			Status: reconcile.DisputeStatus(r.Status), CreatedAt: instant(r.CreatedAt), EvidenceDueAt: instant(r.EvidenceDueAt),
		}
	})

// UnsettledPayments lists the keys of the payments that are pending or suspended, in key order.
func (s *Store) UnsettledPayments(ctx context.Context) ([]reconcile.Key, error) {
	rows, err := selectAll[keyRow](ctx, s.read(), "SELECT feed, account, kind, id FROM tieout_payments WHERE status IN (?, ?) ORDER BY feed, account, kind, id",
		string(reconcile.PaymentPending), string(reconcile.PaymentSuspended))
	keys := make([]reconcile.Key, len(rows))
	for i, row := range rows {
		keys[i] = row.key()
	}
	return keys, wrap(err, "list unsettled payments")
}
