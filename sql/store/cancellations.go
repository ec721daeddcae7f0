package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

type cancellationRow struct {
	OrderReference string `db:"order_reference"`
	RunID          int64  `db:"run_id"`
	Reason         string `db:"reason"`
	Evidence       string `db:"evidence"`
	IntentAt       int64  `db:"intent_at"`
	Outcome        string `db:"outcome"`
	OutcomeAt      int64  `db:"outcome_at"`
	Detail         string `db:"detail"`
	touchedRow
}

var cancellations = newTable[cancellationRow]("tieout_cancellations", "order_reference")

func (r cancellationRow) cancellation() (reconcile.Cancellation, error) {
	evidence, err := decodeEvidence(r.Evidence)
	return reconcile.Cancellation{
		OrderReference: r.OrderReference, RunID: r.RunID, Reason: r.Reason, Evidence: evidence, IntentAt: instant(r.IntentAt),
		Outcome: reconcile.CancelOutcome(r.Outcome), OutcomeAt: instant(r.OutcomeAt), Detail: r.Detail,
	}, err
}

type messageRow struct {
	Kind           string `db:"kind"`
	OrderReference string `db:"order_reference"`
	Recipient      string `db:"recipient"`
	Subject        string `db:"subject"`
	Body           string `db:"body"`
	CreatedAt      int64  `db:"created_at"`
	SentAt         int64  `db:"sent_at"`
	touchedRow
}

var outbox = newTable[messageRow]("tieout_outbox", "kind", "order_reference")

// BeginCancel records the intent to cancel an order before anything is done to it; Outcome, OutcomeAt and Detail are
// ignored. An earlier attempt that ended otherwise, or did not end, makes way; a cancel that was done is
// reconcile.ErrAlreadyCanceled.
func (s *Store) BeginCancel(ctx context.Context, c reconcile.Cancellation) error {
	err := s.change(ctx, func(tx session) error {
		earlier, err := cancellations.find(ctx, tx, "order_reference = ? AND outcome = ?", c.OrderReference, string(reconcile.CancelDone))
		if err != nil {
			return err
		}
		if len(earlier) > 0 {
			return reconcile.ErrAlreadyCanceled
		}
		evidence, err := encodeEvidence(c.Evidence)
		if err != nil {
			return err
		}
		_, err = cancellations.upsert(ctx, tx, []cancellationRow{{
			OrderReference: c.OrderReference, RunID: c.RunID, Reason: c.Reason, Evidence: evidence,
			IntentAt: micros(c.IntentAt), Outcome: string(reconcile.CancelIntent),
		}})
		return err
	})
	return wrap(err, "record the intent to cancel order %q", c.OrderReference)
}

// FinishCancel records how the canceling of an order ended and, in the same transaction, puts the message for the customer
// into the outbox; nil is no message. It is an error when no intent was recorded or it has ended already.
func (s *Store) FinishCancel(ctx context.Context, reference string, outcome reconcile.CancelOutcome, at time.Time, detail string, message *reconcile.Message) error {
	err := s.change(ctx, func(tx session) error {
		count, err := tx.exec(ctx, "UPDATE tieout_cancellations SET outcome = ?, outcome_at = ?, detail = ?, touched = ? WHERE order_reference = ? AND outcome = ?",
			string(outcome), micros(at), clean(detail), tx.change, reference, string(reconcile.CancelIntent))
		if err != nil {
			return err
		}
		if count != 1 {
			return errors.New("no open intent to cancel it is held")
		}
		if message == nil {
			return nil
		}
		return addMessage(ctx, tx, *message)
	})
	return wrap(err, "record that canceling order %q ended as %s", reference, outcome)
}

// OpenCancels lists the intents that have no outcome yet, by order reference: after a run was killed, those are to be
// looked at first.
func (s *Store) OpenCancels(ctx context.Context) ([]reconcile.Cancellation, error) {
	rows, err := cancellations.find(ctx, s.read(), "outcome = ? ORDER BY order_reference", string(reconcile.CancelIntent))
	if err != nil {
		return nil, wrap(err, "list open cancels")
	}
	list := make([]reconcile.Cancellation, len(rows))
	for i, row := range rows {
		if list[i], err = row.cancellation(); err != nil {
			return nil, fmt.Errorf("read the cancel of order %q: %w", row.OrderReference, err)
		}
	}
	return list, nil
}

// addMessage puts a message into the outbox, unless one of its kind for its order is or was there.
func addMessage(ctx context.Context, tx session, m reconcile.Message) error {
	_, err := outbox.add(ctx, tx, []messageRow{{
		Kind: m.Kind, OrderReference: m.OrderReference, Recipient: m.Recipient, Subject: m.Subject, Body: m.Body,
		CreatedAt: micros(m.CreatedAt), SentAt: micros(m.SentAt),
	}})
	return err
}

// CanceledOrder is an order that tieout canceled, and whether the customer was told.
type CanceledOrder struct {
	reconcile.Cancellation
	Amount   money.Amount
	QueuedAt time.Time // when the first message for it was put into the outbox; zero: there is none
	SentAt   time.Time // zero: none was sent yet
}

type canceledRow struct {
	cancellationRow
	Minor    int64  `db:"minor"`
	Currency string `db:"currency"`
	QueuedAt int64  `db:"queued_at"`
	SentAt   int64  `db:"sent_at"`
}

// Canceled streams the orders that tieout canceled, the latest first, then by reference.
func (s *Store) Canceled(ctx context.Context) iter.Seq2[CanceledOrder, error] {
	rows := stream[canceledRow](ctx, s.read(), `SELECT `+cancellations.listOf("c")+`,
		COALESCE((SELECT MAX(o.minor) FROM tieout_orders o WHERE o.id = c.order_reference), 0) AS minor,
		COALESCE((SELECT MAX(o.currency) FROM tieout_orders o WHERE o.id = c.order_reference), '') AS currency,
		COALESCE((SELECT MIN(m.created_at) FROM tieout_outbox m WHERE m.order_reference = c.order_reference), 0) AS queued_at,
		COALESCE((SELECT MIN(m.sent_at) FROM tieout_outbox m WHERE m.order_reference = c.order_reference AND m.sent_at > 0), 0) AS sent_at
		FROM tieout_cancellations c WHERE c.outcome = ? ORDER BY c.outcome_at DESC, c.order_reference`, string(reconcile.CancelDone))
	return mapSeq("list canceled orders", rows, func(r canceledRow) (CanceledOrder, error) {
		c, err := r.cancellation()
		return CanceledOrder{
			Cancellation: c, Amount: amount(r.Minor, r.Currency), QueuedAt: instant(r.QueuedAt), SentAt: instant(r.SentAt),
		}, err
	})
}
