package jobs

import (
	"context"
	"iter"
	"slices"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Cases finds what is held, in clusters: sets of facts of which each can be judged by itself.
type Cases interface {
	// Cluster brings the clusters up to date with what was observed. It comes before every other reading of them.
	Cluster(ctx context.Context) error
	ClustersOfCases(ctx context.Context, caseKeys []string) iter.Seq2[reconcile.Cluster, error]
	Coverage(ctx context.Context) ([]reconcile.Coverage, error)
}

// Judgements keeps verdicts and the lives of exceptions.
type Judgements interface {
	SaveJudgement(ctx context.Context, judgement reconcile.Judgement) error
}

// Judging takes facts to verdicts and keeps them. It is shared by the jobs that judge.
type Judging struct {
	Cases      Cases
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

// saveAt is how much (reconcile.Judgement.Size) is gathered before it is written, in one transaction: enough to make that worth
// its while, little enough to be no burden to memory.
const saveAt = 4000

// clusters judges clusters and keeps what differs from what is held. each is told of every case and its verdict, which are
// valid only until it returns. What is found is written while more is judged.
func (g *Judging) clusters(ctx context.Context, s Session, in reconcile.Context, clusters iter.Seq2[reconcile.Cluster, error], each func(*reconcile.Case, *reconcile.Verdict)) error {
	saver := newSaver(ctx, g.Judgements)
	return saver.close(feeds.Guard(func() error {
		judgement, err := saver.empty(s)
		if err != nil {
			return err
		}
		for c, err := range clusters {
			if err != nil {
				return err
			}
			judgement.Take(c, &in, each)
			if judgement.Size() < saveAt {
				continue
			}
			saver.save(judgement)
			if judgement, err = saver.empty(s); err != nil {
				return err
			}
		}
		saver.save(judgement)
		return nil
	}))
}

// again judges the cases with these keys, orders and loose ones alike, with all that hangs together with them. It counts
// and returns those that were asked for.
func (g *Judging) again(ctx context.Context, s Session, caseKeys []string, step *reconcile.Step) ([]reconcile.Verdict, error) {
	in, err := g.Context(ctx, s.Now)
	if err != nil {
		return nil, err
	}
	if err := g.Cases.Cluster(ctx); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, key := range caseKeys {
		wanted[key] = true
	}
	var verdicts []reconcile.Verdict
	err = g.clusters(ctx, s, in, g.Cases.ClustersOfCases(ctx, caseKeys), func(c *reconcile.Case, v *reconcile.Verdict) {
		if wanted[c.Key] {
			count(step, v.Outcome)
			verdicts = append(verdicts, *v)
		}
	})
	return verdicts, err
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
