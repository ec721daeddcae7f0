package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Refunder is a provider account that can give money back.
type Refunder interface {
	Feed
	// Refund makes one refund, having looked first whether it was made already. A RefundUnknown outcome means that the
	// request went out and no answer came back.
	Refund(ctx context.Context, instruction feeds.RefundInstruction) (feeds.RefundOutcome, error)
}

// RefundLedger keeps what is owed and what was done about it.
type RefundLedger interface {
	Owed(ctx context.Context) iter.Seq2[reconcile.OwedRow, error]
	// BeginRefund records the intent, or returns the one already held under its key and false.
	BeginRefund(ctx context.Context, intent reconcile.RefundIntent) (reconcile.RefundIntent, bool, error)
	FinishRefund(ctx context.Context, idempotencyKey string, state reconcile.RefundIntentState, refundID, reason string, at time.Time) error
}

// PaymentFacts finds what is held on some payments.
type PaymentFacts interface {
	FactsOfKeys(ctx context.Context, keys []reconcile.Key) (reconcile.Facts, error)
}

// Refunds decides each refund that the shop asked for (reconcile.Judge holds the rules) and, where actions.refunds is on,
// makes those it approved: intent, one call with a deterministic key, outcome.
type Refunds struct {
	Judging
	Facts     PaymentFacts
	Ledger    RefundLedger
	Intents   RefundIntents
	Providers []Refunder
	ByHand    []string // feeds whose provider takes no refunds from here: people make them
	Execute   bool
}

// Name is "refunds".
func (*Refunds) Name() string { return "refunds" }

// Run settles what earlier runs left open, judges every case that owes money again, then makes the approved refunds. One
// that fails does not stop the rest.
func (r *Refunds) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	if err := r.settleOpen(ctx, s); err != nil {
		return err
	}
	cases, _, err := r.owed(ctx)
	if err != nil {
		return err
	}
	if _, err := r.again(ctx, s, cases, step); err != nil {
		return err
	}
	_, approved, err := r.owed(ctx)
	if err != nil {
		return err
	}
	if !r.Execute || s.DryRun {
		s.Log.Info("made no refunds", "approved", len(approved), "execute", r.Execute, "dry_run", s.DryRun)
		return nil
	}
	return r.makeAll(ctx, s, approved, step)
}

// owed returns the cases that owe money and the rows that are approved. They are read before anything is written.
func (r *Refunds) owed(ctx context.Context) (cases []string, approved []reconcile.OwedRow, err error) {
	for row, err := range r.Ledger.Owed(ctx) {
		if err != nil {
			return nil, nil, err
		}
		if len(cases) == 0 || cases[len(cases)-1] != row.CaseKey {
			cases = append(cases, row.CaseKey)
		}
		if row.Decision == reconcile.DecisionApproved {
			approved = append(approved, row)
		}
	}
	return cases, approved, nil
}

func (r *Refunds) makeAll(ctx context.Context, s Session, approved []reconcile.OwedRow, step *reconcile.Step) error {
	var failures []error
	for _, row := range approved {
		if ctx.Err() != nil {
			return errors.Join(append(failures, context.Cause(ctx))...)
		}
		if err := r.makeOne(context.WithoutCancel(ctx), s, row, step); err != nil {
			failures = append(failures, fmt.Errorf("refund %s of order %s: %w", row.RequestID, row.OrderReference, err))
		}
	}
	return errors.Join(failures...)
}

// makeOne sends one refund at most once. An intent whose outcome is unknown is sent again only because Refunder.Refund
// reads the provider first; one that was made or refused is left alone.
func (r *Refunds) makeOne(ctx context.Context, s Session, row reconcile.OwedRow, step *reconcile.Step) error {
	if slices.Contains(r.ByHand, row.Payment.Feed) {
		step.Refused++
		s.Log.Info("a refund is left to people: its provider takes none from here", "order", row.OrderReference, "payment", row.Payment.ID, "request", row.RequestID, "amount", row.Amount.String())
		return nil
	}
	provider := r.providerOf(row.Payment)
	if provider == nil {
		return fmt.Errorf("no account %s %s is configured", row.Payment.Feed, row.Payment.Account)
	}
	intent, fresh, err := r.Ledger.BeginRefund(ctx, reconcile.RefundIntent{
		IdempotencyKey: refundKey(row), Payment: row.Payment, RequestID: row.RequestID, Amount: row.Amount, State: reconcile.RefundIntended, CreatedAt: s.Moment(),
	})
	if err != nil || !fresh && !again(intent, s.Moment()) {
		return err
	}
	payment, known, err := r.payment(ctx, row)
	if err != nil {
		return err
	}
	outcome, failure := provider.Refund(ctx, feeds.RefundInstruction{Payment: payment, Amount: row.Amount.Minor, IdempotencyKey: intent.IdempotencyKey, Reference: row.RequestID, Known: known})
	if failure != nil {
		outcome = feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: failure.Error()}
	}
	tallyRefund(step, outcome.State)
	if outcome.State != feeds.RefundMade {
		s.Log.Warn("a refund was not made", "order", row.OrderReference, "payment", row.Payment.ID, "request", row.RequestID, "amount", row.Amount.String(), "state", outcome.State, "reason", outcome.Reason)
	}
	return errors.Join(failure, r.Ledger.FinishRefund(ctx, intent.IdempotencyKey, reconcile.RefundIntentState(outcome.State), outcome.RefundID, outcome.Reason, s.Moment()))
}

// unknownWait is how long a provider may take to show what it did (trustpayments.md §2 and §3): only then does reading it
// tell whether a refund without an answer was made.
const unknownWait = 5 * time.Minute

// again reports whether an intent that is held may be tried again: not one that was made or refused, nor one whose
// outcome the provider cannot tell yet.
func again(intent reconcile.RefundIntent, now time.Time) bool {
	switch intent.State {
	case reconcile.RefundMade, reconcile.RefundRefused:
		return false
	case reconcile.RefundUnknown, reconcile.RefundIntended: // an intent without an outcome may have been sent by a run that was killed
		return !now.Before(intent.UpdatedAt.Add(unknownWait))
	default:
		return true
	}
}

func tallyRefund(step *reconcile.Step, state feeds.RefundState) {
	if state == feeds.RefundMade {
		step.Acted++
		return
	}
	step.Refused++
}

func (r *Refunds) providerOf(payment reconcile.Key) Refunder {
	for _, provider := range r.Providers {
		if provider.Feed() == payment.Feed && provider.Account() == payment.Account {
			return provider
		}
	}
	return nil
}

// payment returns the payment to refund, and the ids of the refunds that are held.
func (r *Refunds) payment(ctx context.Context, row reconcile.OwedRow) (reconcile.Payment, []string, error) {
	facts, err := r.Facts.FactsOfKeys(ctx, []reconcile.Key{row.Payment})
	if err != nil {
		return reconcile.Payment{}, nil, err
	}
	var known []string
	for _, refund := range facts.Refunds {
		known = append(known, refund.ID)
	}
	for _, payment := range facts.Payments {
		if payment.Key == row.Payment {
			return payment, known, nil
		}
	}
	return reconcile.Payment{}, nil, fmt.Errorf("payment %s is not held", row.Payment.ID)
}

// refundKey is the same for every try of the same refund, on any day and any machine.
func refundKey(row reconcile.OwedRow) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{row.Payment.Feed, row.Payment.Account, row.Payment.ID, row.OrderReference, row.RequestID, row.Amount.String()}, "\x00")))
	return "tieout-" + hex.EncodeToString(sum[:16])
}
