package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// cancelBatch is how many orders are looked at again at once, so that each cancel follows its last look within seconds.
const cancelBatch = 20

// ErrTooManyCancels stops a run that would cancel more orders than actions.max_cancels allows: something is wrong.
var ErrTooManyCancels = errors.New("more orders to cancel than actions.max_cancels allows: none was canceled")

// ShopWriter is the merchant's own table. It is nil for a shop whose orders are only imported.
type ShopWriter interface {
	// Cancel changes the order's status from pending to canceled, if it still is pending.
	Cancel(ctx context.Context, reference string, at time.Time) (reconcile.CancelOutcome, error)
	Reread(ctx context.Context, references []string, sink feeds.Sink) error
	// Contact is the customer's address, or empty.
	Contact(ctx context.Context, reference string) (string, error)
}

// OrderFacts finds what is held on some orders.
type OrderFacts interface {
	FactsOfOrders(ctx context.Context, references []string) (reconcile.Facts, error)
}

// Rechecker is a provider account that can be read again right before an order is canceled.
type Rechecker interface {
	Feed
	Recheck(ctx context.Context, recheck feeds.Recheck) (feeds.Tally, error)
}

// Cancellations keeps what was canceled and why.
type Cancellations interface {
	CancelCandidates(ctx context.Context) ([]reconcile.Verdict, error)
	BeginCancel(ctx context.Context, cancellation reconcile.Cancellation) error
	FinishCancel(ctx context.Context, reference string, outcome reconcile.CancelOutcome, at time.Time, detail string, message *reconcile.Message) error
	OpenCancels(ctx context.Context) ([]reconcile.Cancellation, error)
}

// CancelExpired cancels open orders whose payment can no longer come (design §5 and §7). Right before, it reads again the
// order and every source and payment that could be its, judges the case anew, and only then changes the shop's row, if
// that is still pending. The evidence is kept and a message for the customer put into the outbox.
type CancelExpired struct {
	Judging
	Facts         OrderFacts
	Cancellations Cancellations
	Evidence      Evidence
	Shop          ShopWriter
	ShopNormalise feeds.Normalise
	Providers     []RecheckPlan
	Unasked       []string // feeds whose provider cannot be asked what is true now: what may have been paid there is not canceled
	Enabled       bool
	MaxCancels    int // 0: no limit
}

// RecheckPlan is a provider account and how its observations are read.
type RecheckPlan struct {
	Account   Rechecker
	Normalise feeds.Normalise
	Overlap   time.Duration
}

// Name is "cancel-expired".
func (*CancelExpired) Name() string { return "cancel-expired" }

// Run cancels what may be canceled. One order that fails does not stop the rest.
func (c *CancelExpired) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	candidates, err := c.Cancellations.CancelCandidates(ctx)
	if err != nil {
		return err
	}
	if !c.Enabled || s.DryRun || c.Shop == nil {
		step.Refused = len(candidates)
		for _, verdict := range candidates {
			s.Log.Info("would cancel", "order", verdict.OrderReference, "reason", verdict.Cancel.Reason)
		}
		s.Log.Info("canceled nothing", "would_cancel", len(candidates), "enabled", c.Enabled, "dry_run", s.DryRun, "shop_table", c.Shop != nil)
		return nil
	}
	if c.MaxCancels > 0 && len(candidates) > c.MaxCancels {
		step.Refused = len(candidates)
		return fmt.Errorf("%w (%d > %d)", ErrTooManyCancels, len(candidates), c.MaxCancels)
	}
	if err := c.settleOpen(ctx, s); err != nil {
		return err
	}
	return c.batches(ctx, s, candidates, step)
}

// settleOpen finds out how cancels ended that an earlier run began and did not finish: the shop's row tells.
func (c *CancelExpired) settleOpen(ctx context.Context, s Session) error {
	open, err := c.Cancellations.OpenCancels(ctx)
	if err != nil {
		return err
	}
	for _, cancellation := range open {
		if err := c.reread(ctx, s, []string{cancellation.OrderReference}); err != nil {
			return err
		}
		facts, err := c.Facts.FactsOfOrders(ctx, []string{cancellation.OrderReference})
		if err != nil {
			return err
		}
		if err := c.settle(ctx, s, cancellation, facts); err != nil {
			return err
		}
	}
	return nil
}

func (c *CancelExpired) settle(ctx context.Context, s Session, cancellation reconcile.Cancellation, facts reconcile.Facts) error {
	for _, order := range facts.Orders {
		if order.ID != cancellation.OrderReference {
			continue
		}
		switch order.Status {
		case reconcile.OrderCanceled:
			return c.finish(ctx, s, order.ID, cancellation.Reason, reconcile.CancelDone, "found canceled after a run that was cut off")
		case reconcile.OrderPending:
			return c.finish(ctx, s, order.ID, cancellation.Reason, reconcile.CancelRefused, "found pending after a run that was cut off; judged anew")
		default:
			return c.finish(ctx, s, order.ID, cancellation.Reason, reconcile.CancelLostRace, "found "+string(order.Status)+" after a run that was cut off")
		}
	}
	return c.finish(ctx, s, cancellation.OrderReference, cancellation.Reason, reconcile.CancelLostRace, "the order is no longer there")
}

func (c *CancelExpired) batches(ctx context.Context, s Session, candidates []reconcile.Verdict, step *reconcile.Step) error {
	var failures []error
	for len(candidates) > 0 {
		if ctx.Err() != nil {
			return errors.Join(append(failures, context.Cause(ctx))...)
		}
		if err := c.catchUp(ctx, s); err != nil {
			step.Refused += len(candidates)
			return errors.Join(append(failures, err)...)
		}
		batch := candidates[:min(cancelBatch, len(candidates))]
		candidates = candidates[len(batch):]
		failures = append(failures, c.batchOrEach(ctx, s, batch, step))
	}
	return errors.Join(failures...)
}

// batchOrEach looks at a batch of orders again together, and, when that fails, at each by itself: one source that cannot be
// read must not keep all the others.
func (c *CancelExpired) batchOrEach(ctx context.Context, s Session, batch []reconcile.Verdict, step *reconcile.Step) error {
	references := referencesOf(batch)
	if err := c.lookAgain(ctx, s, batch, references); err == nil {
		return c.batch(ctx, s, references, step)
	}
	var failures []error
	for i := range batch {
		if ctx.Err() != nil {
			return errors.Join(failures...)
		}
		one := batch[i : i+1]
		if err := c.lookAgain(ctx, s, one, references[i:i+1]); err != nil {
			step.Refused++
			failures = append(failures, fmt.Errorf("order %s is not canceled: %w", references[i], err))
			continue
		}
		failures = append(failures, c.batch(ctx, s, references[i:i+1], step))
	}
	return errors.Join(failures...)
}

func referencesOf(batch []reconcile.Verdict) []string {
	references := make([]string, len(batch))
	for i, verdict := range batch {
		references[i] = verdict.OrderReference
	}
	return references
}

// catchUp lists what was created since the last fetch, so that a payment of a minute ago is seen.
func (c *CancelExpired) catchUp(ctx context.Context, s Session) error {
	held, err := c.Cases.Coverage(ctx)
	if err != nil {
		return err
	}
	for _, plan := range c.Providers {
		to := known(held, plan.Account).Complete.To
		since := reconcile.Window{From: to.Add(-plan.Overlap), To: s.Moment()}
		if to.IsZero() || since.Empty() {
			continue
		}
		if _, err := plan.Account.Recheck(ctx, feeds.Recheck{Since: since, Sink: c.sink(plan.Normalise, s)}); err != nil {
			return fmt.Errorf("look at %s %s once more before canceling: %w", plan.Account.Feed(), plan.Account.Account(), err)
		}
	}
	return nil
}

func (c *CancelExpired) sink(normalise feeds.Normalise, s Session) *sink {
	return &sink{evidence: c.Evidence, normalise: normalise, session: s, step: &reconcile.Step{}}
}

func (c *CancelExpired) reread(ctx context.Context, s Session, references []string) error {
	return c.Shop.Reread(ctx, references, c.sink(c.ShopNormalise, s))
}

// batch judges orders anew that were just looked at again, and cancels those for which the answer is the same.
func (c *CancelExpired) batch(ctx context.Context, s Session, references []string, step *reconcile.Step) error {
	verdicts, err := c.judgeAgain(ctx, s, references)
	if err != nil {
		return err
	}
	unasked, err := c.mayBeUnasked(ctx, references)
	if err != nil {
		return err
	}
	var failures []error
	var tried []string
	for _, verdict := range verdicts {
		if unasked[verdict.OrderReference] {
			step.Refused++
			s.Log.Info("not canceled: it may have been paid where nobody can be asked", "order", verdict.OrderReference, "providers", c.Unasked)
			continue
		}
		if verdict.Cancel == nil {
			step.Refused++
			s.Log.Info("not canceled: the last look changed the answer", "order", verdict.OrderReference, "outcome", verdict.Outcome)
			continue
		}
		tried = append(tried, verdict.OrderReference)
		// Begun is finished: a unit of work is not cut in two by a request to stop.
		if err := c.cancel(context.WithoutCancel(ctx), s, verdict, step); err != nil {
			failures = append(failures, fmt.Errorf("cancel order %s: %w", verdict.OrderReference, err))
		}
	}
	if len(tried) > 0 {
		_, err := c.judgeAgain(context.WithoutCancel(ctx), s, tried)
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// mayBeUnasked tells which orders may have been paid at a provider that cannot be asked: the shop names it, or names none.
func (c *CancelExpired) mayBeUnasked(ctx context.Context, references []string) (map[string]bool, error) {
	if len(c.Unasked) == 0 {
		return nil, nil
	}
	facts, err := c.Facts.FactsOfOrders(ctx, references)
	if err != nil {
		return nil, err
	}
	unasked := map[string]bool{}
	for _, order := range facts.Orders {
		unasked[order.ID] = order.Provider == "" || slices.Contains(c.Unasked, order.Provider)
	}
	return unasked, nil
}

func (c *CancelExpired) judgeAgain(ctx context.Context, s Session, references []string) ([]reconcile.Verdict, error) {
	caseKeys := make([]string, len(references))
	for i, reference := range references {
		caseKeys[i] = reconcile.CaseKeyOfOrder(reference)
	}
	return c.again(ctx, s, caseKeys, &reconcile.Step{})
}

func (c *CancelExpired) lookAgain(ctx context.Context, s Session, batch []reconcile.Verdict, references []string) error {
	if err := c.reread(ctx, s, references); err != nil {
		return err
	}
	names := c.namesAtProviders(references)
	for _, plan := range c.Providers {
		keys := keysAt(batch, plan.Account)
		if _, err := plan.Account.Recheck(ctx, feeds.Recheck{IDs: keys, References: names, Sink: c.sink(plan.Normalise, s)}); err != nil {
			return fmt.Errorf("look at %s %s once more before canceling: %w", plan.Account.Feed(), plan.Account.Account(), err)
		}
	}
	return nil
}

// namesAtProviders are the references as a provider may carry them: whole, and cut.
func (c *CancelExpired) namesAtProviders(references []string) []string {
	names := make([]string, 0, len(references))
	for _, reference := range references {
		names = append(names, reference)
		if cut := c.Policy.Truncate(reference); cut != reference {
			names = append(names, cut)
		}
	}
	return names
}

func keysAt(batch []reconcile.Verdict, account Feed) []reconcile.Key {
	var keys []reconcile.Key
	for _, verdict := range batch {
		for _, evidence := range verdict.Cancel.Evidence {
			if evidence.Object.Feed == account.Feed() && evidence.Object.Account == account.Account() {
				keys = append(keys, evidence.Object)
			}
		}
	}
	return keys
}

// cancel writes the intent, changes the shop's row if it is still pending, and writes the outcome with the message.
func (c *CancelExpired) cancel(ctx context.Context, s Session, verdict reconcile.Verdict, step *reconcile.Step) error {
	reference := verdict.OrderReference
	intent := reconcile.Cancellation{OrderReference: reference, RunID: s.RunID, Reason: verdict.Cancel.Reason, Evidence: verdict.Cancel.Evidence, IntentAt: s.Now}
	err := c.Cancellations.BeginCancel(ctx, intent)
	if errors.Is(err, reconcile.ErrAlreadyCanceled) {
		step.Refused++
		s.Log.Warn("not canceled a second time: tieout canceled this order before, and the shop opened it again; a person must decide", "order", reference)
		return nil
	}
	if err != nil {
		return err
	}
	outcome, err := c.Shop.Cancel(ctx, reference, s.Now)
	if err != nil {
		return err // the intent stays open: the next run looks at the shop's row
	}
	if outcome == reconcile.CancelDone {
		step.Acted++
	} else {
		step.Refused++
	}
	if err := c.finish(ctx, s, reference, verdict.Cancel.Reason, outcome, ""); err != nil {
		return err
	}
	return c.reread(ctx, s, []string{reference})
}

func (c *CancelExpired) finish(ctx context.Context, s Session, reference, reason string, outcome reconcile.CancelOutcome, detail string) error {
	if outcome != reconcile.CancelDone {
		return c.Cancellations.FinishCancel(ctx, reference, outcome, s.Now, detail, nil)
	}
	recipient, err := c.Shop.Contact(ctx, reference)
	if err != nil {
		return err
	}
	return c.Cancellations.FinishCancel(ctx, reference, outcome, s.Now, detail, &reconcile.Message{
		Kind: reconcile.MessageOrderCanceled, OrderReference: reference, Recipient: recipient, CreatedAt: s.Now,
		Subject: fmt.Sprintf("Your order %s was canceled", reference),
		Body: fmt.Sprintf("Your payment for order %s was not completed in time, so the order was canceled. "+
			"No money was taken; an amount that you authorised goes back to you by itself. You are welcome to order again.", reference),
	})
}
