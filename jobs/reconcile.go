package jobs

import (
	"context"
	"iter"
	"strings"
	"time"

	"tieout/reconcile"
)

// pageSize is how many orders or keys are judged at once: enough to make a query worth its while, few enough that a run
// told to stop does so within a second and memory stays flat.
const pageSize = 500

// Pages lists what there is to judge, in pages of byte order.
type Pages interface {
	OrderReferences(ctx context.Context, after string, limit int) ([]string, error)
	LooseKeys(ctx context.Context, after reconcile.Key, limit int) ([]reconcile.Key, error)
	Rejections(ctx context.Context, after reconcile.Key, limit int) ([]reconcile.Rejection, error)
	// FactsOfRejections holds the orders that the rejected rows may be about.
	FactsOfRejections(ctx context.Context, rejected []reconcile.Rejection) (reconcile.Facts, error)
	PayoutSums(ctx context.Context) iter.Seq2[reconcile.PayoutSum, error]
	// Gaps lists what the balances show before an instant and nothing explains; a payment may lack its movement for patience.
	Gaps(ctx context.Context, before time.Time, patience time.Duration) iter.Seq2[reconcile.Gap, error]
	// StatedBalances returns the first figure that each provider stated and the last one at or before an instant.
	StatedBalances(ctx context.Context, until time.Time) ([]reconcile.StatedBalance, error)
}

// Gone finds what an earlier run judged and this one did not: cases that no longer exist.
type Gone interface {
	VerdictKeys(ctx context.Context, after string, limit int) ([]string, error)
	DeleteVerdicts(ctx context.Context, caseKeys []string) error
	StandingCases(ctx context.Context) ([]string, error) // case keys of exceptions that stand
}

// Reconcile judges every case and keeps verdicts and exceptions.
type Reconcile struct {
	Judging
	Pages Pages
	Gone  Gone
}

// Name is "reconcile".
func (*Reconcile) Name() string { return "reconcile" }

// Run judges the orders, then what belongs to no order, then payouts, balances and rows that could not be read, and at last
// closes what concerned cases that are gone.
func (r *Reconcile) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	in, err := r.Context(ctx, s.Now)
	if err != nil {
		return err
	}
	if err := r.allOrders(ctx, s, in, step); err != nil {
		return err
	}
	judged, err := r.allLoose(ctx, s, in, step)
	if err != nil {
		return err
	}
	if err := r.payouts(ctx, s, step, judged); err != nil {
		return err
	}
	if err := r.balances(ctx, s, step, judged); err != nil {
		return err
	}
	if err := r.rejections(ctx, s, step, judged); err != nil {
		return err
	}
	return r.closeGone(ctx, s, judged)
}

func (r *Reconcile) allOrders(ctx context.Context, s Session, in reconcile.Context, step *reconcile.Step) error {
	after := ""
	for {
		page, err := r.Pages.OrderReferences(ctx, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		if _, err := r.orders(ctx, s, in, page, step); err != nil {
			return err
		}
		after = page[len(page)-1]
	}
}

// allLoose returns the keys of the cases it judged. They are few: what belongs to an order is not among them.
func (r *Reconcile) allLoose(ctx context.Context, s Session, in reconcile.Context, step *reconcile.Step) (map[string]bool, error) {
	judged := map[string]bool{}
	after := reconcile.Key{}
	for {
		page, err := r.Pages.LooseKeys(ctx, after, pageSize)
		if err != nil || len(page) == 0 {
			return judged, err
		}
		verdicts, err := r.loose(ctx, s, in, page, step)
		if err != nil {
			return nil, err
		}
		for _, verdict := range verdicts {
			judged[verdict.CaseKey] = true
		}
		after = page[len(page)-1]
	}
}

func (r *Reconcile) payouts(ctx context.Context, s Session, step *reconcile.Step, judged map[string]bool) error {
	var cases []string
	var raised []reconcile.Exception
	for sum, err := range r.Pages.PayoutSums(ctx) {
		if err != nil {
			return err
		}
		key := reconcile.CaseKeyOfPayout(sum.Key)
		judged[key] = true
		cases = append(cases, key)
		raised = append(raised, reconcile.JudgePayout(sum)...)
	}
	step.Excepted += len(raised)
	return r.keep(ctx, s, nil, cases, raised)
}

// balances ties out each account in money: its movements against their objects, and its stated balance against its movements.
func (r *Reconcile) balances(ctx context.Context, s Session, step *reconcile.Step, judged map[string]bool) error {
	var gaps []reconcile.Gap
	for gap, err := range r.Pages.Gaps(ctx, s.Now, r.Policy.MovementAfter) {
		if err != nil {
			return err
		}
		gaps = append(gaps, gap)
	}
	stated, err := r.Pages.StatedBalances(ctx, s.Now)
	if err != nil {
		return err
	}
	for _, balance := range stated {
		if gap, ok := balance.Gap(); ok {
			gaps = append(gaps, gap)
		}
	}
	raised := reconcile.JudgeBalance(gaps)
	var cases []string
	for _, exception := range raised {
		judged[exception.CaseKey] = true
		cases = append(cases, exception.CaseKey)
	}
	step.Excepted += len(raised)
	return r.keep(ctx, s, nil, cases, raised)
}

func (r *Reconcile) rejections(ctx context.Context, s Session, step *reconcile.Step, judged map[string]bool) error {
	after := reconcile.Key{}
	for {
		page, err := r.Pages.Rejections(ctx, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		facts, err := r.Pages.FactsOfRejections(ctx, page)
		if err != nil {
			return err
		}
		raised := reconcile.JudgeRejections(page, facts, r.Policy)
		cases := make([]string, len(raised))
		for i, exception := range raised {
			judged[exception.CaseKey] = true
			cases[i] = exception.CaseKey
		}
		step.Excepted += len(raised)
		if err := r.keep(ctx, s, nil, cases, raised); err != nil {
			return err
		}
		after = page[len(page)-1].Key
	}
}

// closeGone resolves exceptions of cases that exist no longer (a loose payment whose order has come, a row that can be
// read now) and drops their verdicts. Orders do not go away: a shop that deletes one leaves its last state with us.
func (r *Reconcile) closeGone(ctx context.Context, s Session, judged map[string]bool) error {
	standing, err := r.Gone.StandingCases(ctx)
	if err != nil {
		return err
	}
	if gone := missingFrom(judged, standing); len(gone) > 0 {
		if err := r.keep(ctx, s, nil, gone, nil); err != nil {
			return err
		}
	}
	after := ""
	for {
		page, err := r.Gone.VerdictKeys(ctx, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		if gone := missingFrom(judged, page); len(gone) > 0 {
			if err := r.Gone.DeleteVerdicts(ctx, gone); err != nil {
				return err
			}
		}
		after = page[len(page)-1]
	}
}

func missingFrom(judged map[string]bool, keys []string) []string {
	var gone []string
	for _, key := range keys {
		if !judged[key] && !strings.HasPrefix(key, reconcile.CaseKeyOfOrder("")) {
			gone = append(gone, key)
		}
	}
	return gone
}
