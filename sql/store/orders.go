package store

import (
	"cmp"

	"tieout/reconcile"
)

type orderRow struct {
	keyRow
	PaymentID  string `db:"payment_id"`
	Provider   string `db:"provider"`
	Minor      int64  `db:"minor"`
	Currency   string `db:"currency"`
	Status     string `db:"status"`
	CreatedAt  int64  `db:"created_at"`
	PaidAt     int64  `db:"paid_at"`
	CanceledAt int64  `db:"canceled_at"`
	ChangedAt  int64  `db:"changed_at"`
	memberRow
}

var orders = newClustered("tieout_orders", rowOfOrder, orderOfFace)

func rowOfOrder(o reconcile.Order) orderRow {
	face := newFace(o.Key).add(o.PaymentID, o.Provider).amount(o.Amount).add(string(o.Status)).times(o.CreatedAt, o.PaidAt, o.CanceledAt, o.ChangedAt)
	return orderRow{
		keyRow: rowOfKey(o.Key), PaymentID: o.PaymentID, Provider: o.Provider,
		Minor: o.Amount.Minor, Currency: o.Amount.Currency, Status: string(o.Status),
		CreatedAt: micros(o.CreatedAt), PaidAt: micros(o.PaidAt), CanceledAt: micros(o.CanceledAt), ChangedAt: micros(o.ChangedAt),
		memberRow: memberAt(cmp.Or(homeOfReference(o.ID), homeOfObject(o.Key, o.ID)), face),
	}
}

func orderOfFace(face string) reconcile.Order {
	r := readFace(face)
	return reconcile.Order{
		Key: r.key(), PaymentID: r.text(), Provider: r.text(), Amount: r.amount(), Status: reconcile.OrderStatus(r.text()),
		CreatedAt: r.time(), PaidAt: r.time(), CanceledAt: r.time(), ChangedAt: r.time(),
	}
}

type refundRequestRow struct {
	keyRow
	OrderReference string `db:"order_reference"`
	Minor          int64  `db:"minor"`
	Currency       string `db:"currency"`
	Status         string `db:"status"`
	RequestedAt    int64  `db:"requested_at"`
	DoneAt         int64  `db:"done_at"`
	memberRow
}

var refundRequests = newClustered("tieout_refund_requests", rowOfRefundRequest, refundRequestOfFace)

func rowOfRefundRequest(q reconcile.RefundRequest) refundRequestRow {
	face := newFace(q.Key).add(q.OrderReference).amount(q.Amount).add(string(q.Status)).times(q.RequestedAt, q.DoneAt)
	return refundRequestRow{
		keyRow: rowOfKey(q.Key), OrderReference: q.OrderReference, Minor: q.Amount.Minor, Currency: q.Amount.Currency,
		Status: string(q.Status), RequestedAt: micros(q.RequestedAt), DoneAt: micros(q.DoneAt),
		memberRow: memberAt(cmp.Or(homeOfReference(q.OrderReference), homeOfObject(q.Key, q.ID)), face),
	}
}

func refundRequestOfFace(face string) reconcile.RefundRequest {
	r := readFace(face)
	return reconcile.RefundRequest{
		Key: r.key(), OrderReference: r.text(), Amount: r.amount(), Status: reconcile.RequestStatus(r.text()),
		RequestedAt: r.time(), DoneAt: r.time(),
	}
}
