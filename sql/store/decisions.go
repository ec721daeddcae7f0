package store

import (
	"context"

	"tieout/reconcile"
)

// PlanDecisions says what people's decisions, each on one exception, would change, and why some would be refused
// (reconcile.Decide). It changes nothing.
func (s *Store) PlanDecisions(ctx context.Context, decisions []reconcile.Choice) (plan reconcile.Plan, refusals []string, err error) {
	err = s.snapshot(ctx, func(tx session) (err error) {
		plan, refusals, err = planDecisions(ctx, tx, decisions)
		return err
	})
	return plan, refusals, wrap(err, "plan what %d decisions change", len(decisions))
}

// Decide carries the decisions out that are not refused, all of them or none. The caller holds the run lock.
func (s *Store) Decide(ctx context.Context, decisions []reconcile.Choice) (plan reconcile.Plan, refusals []string, err error) {
	err = s.transact(ctx, func(tx session) (err error) {
		if plan, refusals, err = planDecisions(ctx, tx, decisions); err != nil {
			return err
		}
		return carryOut(ctx, tx, plan)
	})
	return plan, refusals, wrap(err, "carry out %d decisions", len(decisions))
}

func planDecisions(ctx context.Context, tx session, decisions []reconcile.Choice) (reconcile.Plan, []string, error) {
	ids := make([]string, len(decisions))
	for i, d := range decisions {
		ids[i] = d.ID
	}
	progress, err := loadProgress(ctx, tx)
	if err != nil {
		return reconcile.Plan{}, nil, err
	}
	rows, err := exceptions.find(ctx, tx, tx.in("id")+" ORDER BY id", tx.list(ids))
	if err != nil {
		return reconcile.Plan{}, nil, err
	}
	plan, refusals := reconcile.Decide(decisions, recordsOf(rows, instant(progress.JudgedAt)))
	return plan, refusals, nil
}
