package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"time"

	"tieout/reconcile"
)

// Everything lists what there is to judge.
type Everything interface {
	AllClusters(ctx context.Context) iter.Seq2[reconcile.Cluster, error]
	// DueClusters are those with a row that changed after the change numbered since, or with a verdict that has to be given
	// anew at now or whenever more of a feed was read.
	DueClusters(ctx context.Context, since int64, now time.Time) iter.Seq2[reconcile.Cluster, error]
}

// Ledger keeps how far the judging has come.
type Ledger interface {
	Progress(ctx context.Context) (reconcile.Progress, error)
	SetJudged(ctx context.Context, progress reconcile.Progress) error
}

// Money lists what is tied out in bulk, and the exceptions that came of it.
type Money interface {
	// PayoutsToJudge are the payouts that changed after a change, or whose lines did, and those of these cases.
	PayoutsToJudge(ctx context.Context, since int64, caseKeys []string) iter.Seq2[reconcile.PayoutSum, error]
	Balances
	BulkExceptions
}

// Balances are what the providers' balances show.
type Balances interface {
	GapFinder
	// StatedBalances returns the first figure that each provider stated and the last one at or before an instant.
	StatedBalances(ctx context.Context, until time.Time) ([]reconcile.StatedBalance, error)
}

// GapFinder knows what the balances show and nothing explains.
type GapFinder interface {
	// RefreshGaps brings the gaps up to date; full looks at everything. A payment may lack its movement for patience.
	RefreshGaps(ctx context.Context, now time.Time, patience time.Duration, full bool) error
	// Gaps lists those that began before an instant.
	Gaps(ctx context.Context, before time.Time) iter.Seq2[reconcile.Gap, error]
}

// BulkExceptions are those that belong to no cluster.
type BulkExceptions interface {
	// ExceptionsOf returns those that belong to one of the cases or have one of the ids, of every status.
	ExceptionsOf(ctx context.Context, caseKeys, ids []string) ([]reconcile.ExceptionRecord, error)
	OutsideClusters(ctx context.Context) ([]string, error) // case keys of all but what tieout itself resolved
}

// Reconcile judges what changed since it last did and what time alone has changed; everything, when that is asked for or
// the rules themselves changed.
type Reconcile struct {
	Judging
	Everything Everything
	Ledger     Ledger
	Money      Money
	Version    string // of the program: another one may judge otherwise
}

// Name is "reconcile".
func (*Reconcile) Name() string { return "reconcile" }

// Run judges the cases, then payouts and balances. How far it came is recorded at the end: a run that fails before leaves
// everything to be judged again.
func (r *Reconcile) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	in, err := r.Context(ctx, s.Now)
	if err != nil {
		return err
	}
	// What is observed from here on has a higher number and is judged in the next run, whether or not this one sees it.
	progress, err := r.Ledger.Progress(ctx)
	if err != nil {
		return err
	}
	if err := r.Cases.Cluster(ctx); err != nil {
		return err
	}
	basis := r.basis(in)
	full := s.Full || progress.JudgedAt.IsZero() || progress.Basis != basis || s.Now.Before(progress.JudgedAt)
	s.Log.Info("judging", "all", full, "changes", progress.Change-progress.Judged)
	if full {
		progress.Judged = 0
	}
	if err := r.clusters(ctx, s, in, r.toJudge(ctx, full, progress.Judged, s.Now), func(_ *reconcile.Case, v *reconcile.Verdict) {
		step.Judged++
		count(step, v.Outcome)
	}); err != nil {
		return err
	}
	if err := r.bulk(ctx, s, step, progress.Judged); err != nil {
		return err
	}
	return r.Ledger.SetJudged(ctx, reconcile.Progress{Judged: progress.Change, JudgedAt: s.Now, Basis: basis})
}

func (r *Reconcile) toJudge(ctx context.Context, full bool, since int64, now time.Time) iter.Seq2[reconcile.Cluster, error] {
	if full {
		return r.Everything.AllClusters(ctx)
	}
	return r.Everything.DueClusters(ctx, since, now)
}

// basis is the same as long as verdicts that were given before still hold: the program, the policy, the accounts, and where
// the coverage of each begins. (That it reaches further than before is looked at in each verdict that rests on it.)
func (r *Reconcile) basis(in reconcile.Context) string {
	policy := in.Policy
	zone := policy.Source.CutoffZone.String()
	policy.Source.CutoffZone = nil // a pointer prints as where it happens to lie
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%+v\n", r.Version, zone, policy)
	for _, c := range in.Coverage {
		fmt.Fprintf(h, "%s\t%s\t%t\t%d\n", c.Feed, c.Account, c.Complete.Empty(), c.Complete.From.UnixMicro())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// bulk judges payouts and balances: those that changed, and those with an exception that stands.
func (r *Reconcile) bulk(ctx context.Context, s Session, step *reconcile.Step, since int64) error {
	cases, err := r.Money.OutsideClusters(ctx)
	if err != nil {
		return err
	}
	var raised []reconcile.Exception
	for sum, err := range r.Money.PayoutsToJudge(ctx, since, cases) {
		if err != nil {
			return err
		}
		cases = append(cases, reconcile.CaseKeyOfPayout(sum.Key))
		raised = append(raised, reconcile.JudgePayout(sum)...)
	}
	gaps, err := r.gaps(ctx, s.Now, since == 0)
	if err != nil {
		return err
	}
	raised = append(raised, reconcile.JudgeBalance(gaps)...)
	step.Excepted += len(raised)
	return r.keep(ctx, s, cases, raised)
}

// gaps ties out each account in money: its movements against their objects, and its stated balance against its movements.
func (r *Reconcile) gaps(ctx context.Context, now time.Time, full bool) ([]reconcile.Gap, error) {
	if err := r.Money.RefreshGaps(ctx, now, r.Policy.MovementAfter, full); err != nil {
		return nil, err
	}
	var gaps []reconcile.Gap
	for gap, err := range r.Money.Gaps(ctx, now) {
		if err != nil {
			return nil, err
		}
		gaps = append(gaps, gap)
	}
	stated, err := r.Money.StatedBalances(ctx, now)
	if err != nil {
		return nil, err
	}
	for _, balance := range stated {
		if gap, ok := balance.Gap(); ok {
			gaps = append(gaps, gap)
		}
	}
	return gaps, nil
}

// keep takes the exceptions of these cases, and those raised, one run further.
func (r *Reconcile) keep(ctx context.Context, s Session, cases []string, raised []reconcile.Exception) error {
	ids := make([]string, len(raised))
	for i, exception := range raised {
		ids[i] = exception.ID()
	}
	known, err := r.Money.ExceptionsOf(ctx, cases, ids)
	if err != nil {
		return err
	}
	judgement := reconcile.Judgement{RunID: s.RunID, At: s.Now}
	judgement.Exceptions, judgement.Changes = reconcile.AdvanceAll(known, raised, s.Now, s.RunID, r.Policy)
	return r.Judgements.SaveJudgement(ctx, judgement)
}
