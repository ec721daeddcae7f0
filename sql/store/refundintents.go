package store

import (
	"context"
	"errors"
	"time"

	"tieout/reconcile"
)

type refundIntentRow struct {
	IdempotencyKey string `db:"idempotency_key"`
	Feed           string `db:"feed"`
	Account        string `db:"account"`
	PaymentKind    string `db:"payment_kind"`
	PaymentID      string `db:"payment_id"`
	RequestID      string `db:"request_id"`
	Minor          int64  `db:"minor"`
	Currency       string `db:"currency"`
	State          string `db:"state"`
	RefundID       string `db:"refund_id"`
	Reason         string `db:"reason"`
	CreatedAt      int64  `db:"created_at"`
	UpdatedAt      int64  `db:"updated_at"`
	touchedRow
}

var refundIntents = newTable[refundIntentRow]("tieout_refund_intents", "idempotency_key")

func (r refundIntentRow) intent() reconcile.RefundIntent {
	return reconcile.RefundIntent{
		IdempotencyKey: r.IdempotencyKey, RequestID: r.RequestID,
		Payment: reconcile.Key{Feed: r.Feed, Account: r.Account, Kind: r.PaymentKind, ID: r.PaymentID},
		Amount:  amount(r.Minor, r.Currency), State: reconcile.RefundIntentState(r.State), RefundID: r.RefundID, Reason: r.Reason,
		CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
}

// BeginRefund records the intent to make a refund before the call, in the state reconcile.RefundIntended. When one is held under its
// idempotency key already, that one is returned, as it stands, and false.
func (s *Store) BeginRefund(ctx context.Context, r reconcile.RefundIntent) (reconcile.RefundIntent, bool, error) {
	var row refundIntentRow
	fresh := false
	err := s.change(ctx, func(tx session) error {
		count, err := refundIntents.add(ctx, tx, []refundIntentRow{{
			IdempotencyKey: r.IdempotencyKey, Feed: r.Payment.Feed, Account: r.Payment.Account, PaymentKind: r.Payment.Kind,
			PaymentID: r.Payment.ID, RequestID: r.RequestID, Minor: r.Amount.Minor, Currency: r.Amount.Currency,
			State: string(reconcile.RefundIntended), CreatedAt: micros(r.CreatedAt), UpdatedAt: micros(r.CreatedAt),
		}})
		if err != nil {
			return err
		}
		rows, err := refundIntents.find(ctx, tx, "idempotency_key = ?", r.IdempotencyKey)
		if err == nil && len(rows) != 1 {
			err = errors.New("the row just written is not there")
		}
		if err != nil {
			return err
		}
		row, fresh = rows[0], count == 1
		return nil
	})
	if err != nil {
		return reconcile.RefundIntent{}, false, wrap(err, "record the intent to refund payment %v", r.Payment)
	}
	return row.intent(), fresh, nil
}

// FinishRefund records what became of a refund intent. One that was made stays made: that is an error.
func (s *Store) FinishRefund(ctx context.Context, idempotencyKey string, state reconcile.RefundIntentState, refundID, reason string, at time.Time) error {
	err := s.change(ctx, func(tx session) error {
		count, err := tx.exec(ctx, `UPDATE tieout_refund_intents SET state = ?, refund_id = ?, reason = ?, updated_at = ?, touched = ?
			WHERE idempotency_key = ? AND state <> ?`,
			string(state), refundID, clean(reason), micros(at), tx.change, idempotencyKey, string(reconcile.RefundMade))
		if err == nil && count != 1 {
			err = errors.New("no open intent is held")
		}
		return err
	})
	return wrap(err, "record that refund %s ended as %s", idempotencyKey, state)
}

// RefundIntents lists the refund intents in these states, or all of them, oldest first.
func (s *Store) RefundIntents(ctx context.Context, states ...reconcile.RefundIntentState) ([]reconcile.RefundIntent, error) {
	r := s.read()
	where, args := "true", []any{}
	if len(states) > 0 {
		texts := make([]string, len(states))
		for i, state := range states {
			texts[i] = string(state)
		}
		where, args = r.in("state"), []any{r.list(texts)}
	}
	rows, err := refundIntents.find(ctx, r, where+" ORDER BY created_at, idempotency_key", args...)
	list := make([]reconcile.RefundIntent, len(rows))
	for i, row := range rows {
		list[i] = row.intent()
	}
	return list, wrap(err, "list refund intents")
}
