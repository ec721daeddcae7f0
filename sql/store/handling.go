package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/reconcile"
)

// Why exceptions are not changed.
var (
	ErrUnknownException = errors.New("no such exception")                     // an id that the filter names is not held
	ErrOtherPlan        = errors.New("not the exceptions that were expected") // the filter hits others than were shown
)

// PlanExceptions says what a person's handling would make of the exceptions that fit, and changes nothing. An id that is
// not held is ErrUnknownException; a plan that does not meet what is expected (reconcile.Plan.Meets) is ErrOtherPlan.
func (s *Store) PlanExceptions(ctx context.Context, filter ExceptionFilter, h reconcile.Handling, expected string) (reconcile.Plan, error) {
	var plan reconcile.Plan
	err := s.snapshot(ctx, func(tx session) (err error) {
		plan, err = planExceptions(ctx, tx, filter, h, expected)
		return err
	})
	return plan, wrap(err, "plan what becomes of exceptions")
}

// HandleExceptions carries such a plan out, all or none, and returns it. The caller holds the run lock: a run writes back the statuses that it has read.
func (s *Store) HandleExceptions(ctx context.Context, filter ExceptionFilter, h reconcile.Handling, expected string) (reconcile.Plan, error) {
	var plan reconcile.Plan
	err := s.change(ctx, func(tx session) (err error) {
		if plan, err = planExceptions(ctx, tx, filter, h, expected); err != nil {
			return err
		}
		return carryOut(ctx, tx, plan)
	})
	return plan, wrap(err, "change exceptions to %s", h.To)
}

func carryOut(ctx context.Context, tx session, plan reconcile.Plan) error {
	rows := make([]exceptionRow, len(plan.Records))
	for i, record := range plan.Records {
		rows[i] = rowOfException(record)
	}
	if _, err := exceptions.upsert(ctx, tx, rows); err != nil {
		return err
	}
	return appendChanges(ctx, tx, plan.Changes, nil)
}

func planExceptions(ctx context.Context, tx session, filter ExceptionFilter, h reconcile.Handling, expected string) (reconcile.Plan, error) {
	if err := h.Check(); err != nil {
		return reconcile.Plan{}, err
	}
	if err := allHeld(ctx, tx, filter.IDs); err != nil {
		return reconcile.Plan{}, err
	}
	progress, err := loadProgress(ctx, tx)
	if err != nil {
		return reconcile.Plan{}, err
	}
	query, args := filter.query(tx)
	rows, err := selectAll[exceptionRow](ctx, tx, query, args...)
	if err != nil {
		return reconcile.Plan{}, err
	}
	plan := h.Plan(recordsOf(rows, instant(progress.JudgedAt)))
	if !plan.Meets(expected) {
		return plan, fmt.Errorf("%w: expected %s, found %s", ErrOtherPlan, expected, plan.Mark())
	}
	return plan, nil
}

func allHeld(ctx context.Context, tx session, ids []string) error {
	held, err := selectAll[string](ctx, tx, "SELECT id FROM tieout_exceptions WHERE "+tx.in("id"), tx.list(ids))
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(held, id) })
	if err == nil && len(unknown) > 0 {
		err = fmt.Errorf("%w: %s", ErrUnknownException, strings.Join(unknown, ", "))
	}
	return err
}
