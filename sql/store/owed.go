package store

import (
	"context"
	"iter"

	"tieout/reconcile"
)

type owedRow struct {
	Feed         string `db:"feed"`
	Account      string `db:"account"`
	PaymentID    string `db:"payment_id"`
	RequestID    string `db:"request_id"`
	PaymentKind  string `db:"payment_kind"`
	CaseKey      string `db:"case_key"`
	Minor        int64  `db:"minor"`
	Currency     string `db:"currency"`
	Why          string `db:"why"`
	AskedAt      int64  `db:"asked_at"`
	WindowEndsAt int64  `db:"window_ends_at"`
	Decision     string `db:"decision"`
	Reason       string `db:"reason"`
	touchedRow
}

var owed = newTable[owedRow]("tieout_owed", "feed", "account", "payment_id", "request_id")

func rowOfOwed(caseKey string, o reconcile.Owed) owedRow {
	return owedRow{
		Feed: o.Payment.Feed, Account: o.Payment.Account, PaymentID: o.Payment.ID, PaymentKind: o.Payment.Kind, RequestID: o.RequestID,
		CaseKey: caseKey, Minor: o.Amount.Minor, Currency: o.Amount.Currency, Why: string(o.Why), AskedAt: micros(o.AskedAt),
		WindowEndsAt: micros(o.WindowEndsAt), Decision: string(o.Decision), Reason: o.Reason,
	}
}

func (r owedRow) owed() reconcile.Owed {
	return reconcile.Owed{
		Payment:   reconcile.Key{Feed: r.Feed, Account: r.Account, Kind: r.PaymentKind, ID: r.PaymentID},
		RequestID: r.RequestID, Amount: amount(r.Minor, r.Currency), Why: reconcile.OwedWhy(r.Why),
		AskedAt: instant(r.AskedAt), WindowEndsAt: instant(r.WindowEndsAt), Decision: reconcile.Decision(r.Decision), Reason: r.Reason,
	}
}

type owedViewRow struct {
	owedRow
	OrderReference string `db:"order_reference"`
	IntentState    string `db:"intent_state"`
	RefundID       string `db:"refund_id"`
}

// Owed streams all money owed back: what must go back soonest first, what has no window (yet) last, then by order
// reference, payment and request.
func (s *Store) Owed(ctx context.Context) iter.Seq2[reconcile.OwedRow, error] {
	rows := stream[owedViewRow](ctx, s.read(), `SELECT `+owed.listOf("o")+`, COALESCE(v.order_reference, '') AS order_reference,
		COALESCE(i.state, '') AS intent_state, COALESCE(i.refund_id, '') AS refund_id
		FROM tieout_owed o
		LEFT JOIN tieout_verdicts v ON v.case_key = o.case_key
		LEFT JOIN tieout_refund_intents i ON i.idempotency_key = (
			SELECT MAX(n.idempotency_key) FROM tieout_refund_intents n
			WHERE n.payment_id = o.payment_id AND n.feed = o.feed AND n.account = o.account AND n.request_id = o.request_id
			AND n.created_at = (SELECT MAX(m.created_at) FROM tieout_refund_intents m WHERE m.payment_id = o.payment_id
				AND m.feed = o.feed AND m.account = o.account AND m.request_id = o.request_id))
		ORDER BY CASE WHEN o.window_ends_at = 0 THEN 1 ELSE 0 END, o.window_ends_at, order_reference, o.feed, o.account, o.payment_id, o.request_id`)
	return mapSeq("list what is owed", rows, func(r owedViewRow) (reconcile.OwedRow, error) {
		return reconcile.OwedRow{
			Owed: r.owed(), CaseKey: r.CaseKey, OrderReference: r.OrderReference,
			IntentState: reconcile.RefundIntentState(r.IntentState), RefundID: r.RefundID,
		}, nil
	})
}
