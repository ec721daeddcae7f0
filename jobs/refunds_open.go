package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tieout/reconcile"
)

// clockSkew is how much earlier than our intent a provider may say that the refund was made.
const clockSkew = 5 * time.Minute

// RefundIntents lists the refunds that were ever begun.
type RefundIntents interface {
	RefundIntents(ctx context.Context, states ...reconcile.RefundIntentState) ([]reconcile.RefundIntent, error)
}

// settleOpen finds out how refunds ended whose answer never came: what the provider has shown since tells. It sends
// nothing. Without it, an intent would stay unknown for ever once its refund is seen, because then nothing is owed any more.
func (r *Refunds) settleOpen(ctx context.Context, s Session) error {
	intents, err := r.Intents.RefundIntents(ctx)
	if err != nil {
		return err
	}
	claimed := map[string]bool{}
	for _, intent := range intents {
		claimed[intent.RefundID] = true
	}
	var failures []error
	for _, intent := range intents {
		if intent.State != reconcile.RefundIntended && intent.State != reconcile.RefundUnknown {
			continue
		}
		if err := r.settle(ctx, s, intent, claimed); err != nil {
			failures = append(failures, fmt.Errorf("settle refund %s of payment %s: %w", intent.RequestID, intent.Payment.ID, err))
		}
	}
	return errors.Join(failures...)
}

// settle takes the one refund that can be the intent's. Of two nobody can tell which it is: the intent stays as it is.
func (r *Refunds) settle(ctx context.Context, s Session, intent reconcile.RefundIntent, claimed map[string]bool) error {
	facts, err := r.Facts.FactsOfKeys(ctx, []reconcile.Key{intent.Payment})
	if err != nil {
		return err
	}
	var shown []string
	for _, refund := range facts.Refunds {
		if answers(refund, intent) && !claimed[refund.ID] {
			shown = append(shown, refund.ID)
		}
	}
	if len(shown) != 1 {
		return nil
	}
	claimed[shown[0]] = true
	return r.Ledger.FinishRefund(ctx, intent.IdempotencyKey, reconcile.RefundMade, shown[0], "found at the provider after its answer was lost", s.Now)
}

// answers reports whether a refund can be the one that was intended.
func answers(refund reconcile.Refund, intent reconcile.RefundIntent) bool {
	return refund.Feed == intent.Payment.Feed && refund.Account == intent.Payment.Account && refund.PaymentID == intent.Payment.ID &&
		refund.Amount == intent.Amount && (refund.Status == reconcile.RefundPending || refund.Status == reconcile.RefundSucceeded) &&
		!refund.CreatedAt.Before(intent.CreatedAt.Add(-clockSkew))
}
