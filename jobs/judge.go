package jobs

import (
	"context"
	"slices"
	"time"

	"tieout/reconcile"
)

// CaseReader finds the facts around some orders or some payments and sources: enough to judge those.
type CaseReader interface {
	FactsOfOrders(ctx context.Context, references []string) (reconcile.Facts, error)
	FactsOfKeys(ctx context.Context, keys []reconcile.Key) (reconcile.Facts, error)
	Coverage(ctx context.Context) ([]reconcile.Coverage, error)
}

// Judgements keeps verdicts and the lives of exceptions.
type Judgements interface {
	// ExceptionsOf returns those that belong to one of the cases or have one of the ids, of every status.
	ExceptionsOf(ctx context.Context, caseKeys, ids []string) ([]reconcile.ExceptionRecord, error)
	SaveJudgement(ctx context.Context, judgement reconcile.Judgement) error
}

// Judging takes facts to verdicts and keeps them. It is shared by the jobs that judge.
type Judging struct {
	Cases      CaseReader
	Judgements Judgements
	Policy     reconcile.Policy
	Accounts   []reconcile.Coverage // every configured account, so that one that was never fetched counts as not covered
}

// Context is what all judgements at one instant depend on.
func (g *Judging) Context(ctx context.Context, now time.Time) (reconcile.Context, error) {
	held, err := g.Cases.Coverage(ctx)
	if err != nil {
		return reconcile.Context{}, err
	}
	coverage := slices.Clone(g.Accounts)
	for i := range coverage {
		for _, c := range held {
			if c.Feed == coverage[i].Feed && c.Account == coverage[i].Account {
				coverage[i] = c
			}
		}
	}
	return reconcile.Context{Policy: g.Policy, Coverage: coverage, Now: now}, nil
}

// orders judges the cases of these orders.
func (g *Judging) orders(ctx context.Context, s Session, in reconcile.Context, references []string, step *reconcile.Step) ([]reconcile.Verdict, error) {
	facts, err := g.Cases.FactsOfOrders(ctx, references)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, reference := range references {
		wanted[reconcile.CaseKeyOfOrder(reference)] = true
	}
	return g.judge(ctx, s, in, facts, func(c reconcile.Case) bool { return wanted[c.Key] }, step)
}

// loose judges the cases without an order whose first source or payment is among these keys, so that a case that spans
// two pages of keys is judged once.
func (g *Judging) loose(ctx context.Context, s Session, in reconcile.Context, keys []reconcile.Key, step *reconcile.Step) ([]reconcile.Verdict, error) {
	facts, err := g.Cases.FactsOfKeys(ctx, keys)
	if err != nil {
		return nil, err
	}
	wanted := map[reconcile.Key]bool{}
	for _, key := range keys {
		wanted[key] = true
	}
	return g.judge(ctx, s, in, facts, func(c reconcile.Case) bool { return c.Order == nil && wanted[c.First()] }, step)
}

func (g *Judging) judge(ctx context.Context, s Session, in reconcile.Context, facts reconcile.Facts, wanted func(reconcile.Case) bool, step *reconcile.Step) ([]reconcile.Verdict, error) {
	var verdicts []reconcile.Verdict
	var raised []reconcile.Exception
	var cases []string
	for _, c := range reconcile.Assemble(facts, in.Policy) {
		if !wanted(c) {
			continue
		}
		verdict := reconcile.Judge(c, in)
		verdicts, raised, cases = append(verdicts, verdict), append(raised, verdict.Exceptions...), append(cases, c.Key)
		count(step, verdict.Outcome)
	}
	return verdicts, g.keep(ctx, s, verdicts, cases, raised)
}

func count(step *reconcile.Step, outcome reconcile.Outcome) {
	switch outcome {
	case reconcile.Matched:
		step.Matched++
	case reconcile.Waiting:
		step.Waiting++
	case reconcile.Excepted:
		step.Excepted++
	}
}

// keep moves the exceptions of these cases one run further and saves all of it at once.
func (g *Judging) keep(ctx context.Context, s Session, verdicts []reconcile.Verdict, cases []string, raised []reconcile.Exception) error {
	ids := make([]string, len(raised))
	for i, exception := range raised {
		ids[i] = exception.ID()
	}
	known, err := g.Judgements.ExceptionsOf(ctx, cases, ids)
	if err != nil {
		return err
	}
	judgement := reconcile.Judgement{RunID: s.RunID, At: s.Now, Verdicts: verdicts}
	judgement.Exceptions, judgement.Changes = reconcile.AdvanceAll(known, raised, s.Now, s.RunID, g.Policy)
	return g.Judgements.SaveJudgement(ctx, judgement)
}
