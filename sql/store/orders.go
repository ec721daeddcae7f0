package store

import (
	"tieout/reconcile"
)

type orderRow struct {
	keyRow
	PaymentID  string `db:"payment_id"`
	Folded     string `db:"folded"` // reconcile.FoldReference of the id, to find near misses
	Provider   string `db:"provider"`
	Minor      int64  `db:"minor"`
	Currency   string `db:"currency"`
	Status     string `db:"status"`
	CreatedAt  int64  `db:"created_at"`
	PaidAt     int64  `db:"paid_at"`
	CanceledAt int64  `db:"canceled_at"`
	ChangedAt  int64  `db:"changed_at"`
}

var orders = newProjection("tieout_orders",
	func(o reconcile.Order) orderRow {
		return orderRow{
			keyRow: rowOfKey(o.Key), PaymentID: o.PaymentID, Folded: reconcile.FoldReference(o.ID), Provider: o.Provider,
			Minor: o.Amount.Minor, Currency: o.Amount.Currency, Status: string(o.Status),
			CreatedAt: micros(o.CreatedAt), PaidAt: micros(o.PaidAt), CanceledAt: micros(o.CanceledAt), ChangedAt: micros(o.ChangedAt),
		}
	},
	func(r orderRow) reconcile.Order {
		return reconcile.Order{
			Key: r.key(), PaymentID: r.PaymentID, Provider: r.Provider,
			Amount: amount(r.Minor, r.Currency), Status: reconcile.OrderStatus(r.Status),
			CreatedAt: instant(r.CreatedAt), PaidAt: instant(r.PaidAt), CanceledAt: instant(r.CanceledAt), ChangedAt: instant(r.ChangedAt),
		}
	})

type refundRequestRow struct {
	keyRow
	OrderReference string `db:"order_reference"`
	Minor          int64  `db:"minor"`
	Currency       string `db:"currency"`
	Status         string `db:"status"`
	RequestedAt    int64  `db:"requested_at"`
	DoneAt         int64  `db:"done_at"`
}

var refundRequests = newProjection("tieout_refund_requests",
	func(q reconcile.RefundRequest) refundRequestRow {
		return refundRequestRow{
			keyRow: rowOfKey(q.Key), OrderReference: q.OrderReference, Minor: q.Amount.Minor, Currency: q.Amount.Currency,
			Status: string(q.Status), RequestedAt: micros(q.RequestedAt), DoneAt: micros(q.DoneAt),
		}
	},
	func(r refundRequestRow) reconcile.RefundRequest {
		return reconcile.RefundRequest{
			Key: r.key(), OrderReference: r.OrderReference, Amount: amount(r.Minor, r.Currency),
			Status: reconcile.RequestStatus(r.Status), RequestedAt: instant(r.RequestedAt), DoneAt: instant(r.DoneAt),
		}
	})
