package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tieout/reconcile"
	"tieout/sql/store"
)

// addCase judges a case and adds all that there is to tell about it.
func (x *explainer) addCase(ctx context.Context, title string, c reconcile.Case, facts reconcile.Facts) error {
	around, err := x.around(ctx, c)
	if err != nil {
		return err
	}
	around.Facts = facts
	e := reconcile.Explain(c, around, x.in)
	unreadable, err := x.unreadable(ctx, c.Rejections)
	if err != nil {
		return err
	}
	exceptions, err := x.exceptions(ctx, c.Key, slices.Concat(e.Verdict.Exceptions, unreadable), idsIn(c))
	if err != nil {
		return err
	}
	x.found = append(x.found, subject{
		Title: title, Case: c.Key, Verdict: tellVerdict(e.Verdict), Exceptions: exceptions, Facts: tellFacts(e.Facts),
		Links: tellLinks(e.Links), Judged: tellQuestions(e.Questions), Next: x.nextOf(e, around, exceptions),
	})
	return nil
}

// unreadable judges rows that could not be read, which are cases of their own.
func (x *explainer) unreadable(ctx context.Context, rows []reconcile.Rejection) ([]reconcile.Exception, error) {
	facts, err := x.store.FactsOfRejections(ctx, rows)
	if err != nil {
		return nil, err
	}
	return reconcile.JudgeRejections(rows, facts, x.in.Policy), nil
}

// around reads the money that moved for a case, and what tieout did about it.
func (x *explainer) around(ctx context.Context, c reconcile.Case) (reconcile.Around, error) {
	var payments, objects []reconcile.Key
	for _, payment := range c.Payments {
		payments = append(payments, payment.Key)
	}
	objects = slices.Clone(payments)
	for _, refund := range c.Refunds {
		objects = append(objects, refund.Key)
	}
	for _, dispute := range c.Disputes {
		objects = append(objects, dispute.Key)
	}
	around, err := x.store.MoneyOf(ctx, objects)
	if err != nil {
		return around, err
	}
	around.Cancellations, around.Refunds, err = x.store.DeedsFor(ctx, c.Reference(), payments)
	return around, err
}

// idsIn are the references by which exceptions may be kept that are about a case: its order's, and those of its objects,
// which may have been cases of their own before.
func idsIn(c reconcile.Case) []string {
	ids := []string{c.Reference()}
	for _, payment := range c.Payments {
		ids = append(ids, payment.ID)
	}
	for _, source := range c.Sources {
		ids = append(ids, source.ID)
	}
	for _, rejection := range c.Rejections {
		ids = append(ids, rejection.ID)
	}
	return ids
}

// exceptions are those raised now, then those that are kept besides: first what stands, then what is resolved.
func (x *explainer) exceptions(ctx context.Context, caseKey string, raised []reconcile.Exception, references []string) ([]toldException, error) {
	kept, err := x.kept(ctx, caseKey, references)
	if err != nil {
		return nil, err
	}
	list := []toldException{}
	for _, e := range raised {
		told := tellException(e, true)
		if i := slices.IndexFunc(kept, func(r reconcile.ExceptionRecord) bool { return r.ID() == told.ID }); i >= 0 {
			if told.Life, err = x.life(ctx, kept[i]); err != nil {
				return nil, err
			}
			kept = slices.Delete(kept, i, i+1)
		}
		list = append(list, told)
	}
	for _, record := range kept {
		told := tellException(record.Exception, false)
		if told.Life, err = x.life(ctx, record); err != nil {
			return nil, err
		}
		list = append(list, told)
	}
	return list, nil
}

// kept reads the exceptions of a case and those about the same order or objects: what stands first, then the latest.
func (x *explainer) kept(ctx context.Context, caseKey string, references []string) ([]reconcile.ExceptionRecord, error) {
	kept, err := x.store.ExceptionsOf(ctx, []string{caseKey}, nil)
	if err != nil {
		return nil, err
	}
	for _, reference := range references {
		if reference == "" {
			continue
		}
		for record, err := range x.store.Exceptions(ctx, store.ExceptionFilter{Reference: reference}) {
			if err != nil {
				return nil, err
			}
			kept = append(kept, record)
		}
	}
	slices.SortStableFunc(kept, func(a, b reconcile.ExceptionRecord) int {
		return cmp.Or(cmp.Compare(order(!a.Stands()), order(!b.Stands())), b.FirstSeen.Compare(a.FirstSeen), cmp.Compare(a.ID(), b.ID()))
	})
	return slices.CompactFunc(kept, func(a, b reconcile.ExceptionRecord) bool { return a.ID() == b.ID() }), nil
}

// order puts false before true.
func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *explainer) life(ctx context.Context, record reconcile.ExceptionRecord) (*toldLife, error) {
	changes, err := x.store.ExceptionChanges(ctx, record.ID())
	return tellLife(record, changes), err
}

// payout tells a payout, its lines by category, and whether they agree.
func (x *explainer) payout(ctx context.Context, payout reconcile.Payout) error {
	lines, err := x.store.LinesOf(ctx, payout.Key)
	if err != nil {
		return err
	}
	e := reconcile.ExplainPayout(payout, lines, x.read(payout.Key))
	key := reconcile.CaseKeyOfPayout(payout.Key)
	exceptions, err := x.exceptions(ctx, key, e.Exceptions, nil)
	if err != nil {
		return err
	}
	x.found = append(x.found, subject{
		Title: "payout " + payout.ID, Case: key, Exceptions: exceptions, Facts: tellFacts(e.Facts), Payout: tellPayout(e),
		Judged: tellQuestions(e.Questions), Next: x.nextOfPayout(e, exceptions),
	})
	return nil
}

// read reports whether the last fetch of an account ended well.
func (x *explainer) read(of reconcile.Key) bool {
	return slices.ContainsFunc(x.in.Coverage, func(c reconcile.Coverage) bool {
		return c.Feed == of.Feed && c.Account == of.Account && c.Reason == "" && !c.Complete.Empty()
	})
}

// rejection tells a row that could not be read.
func (x *explainer) rejection(ctx context.Context, rejection reconcile.Rejection) error {
	raised, err := x.unreadable(ctx, []reconcile.Rejection{rejection})
	if err != nil {
		return err
	}
	key := reconcile.CaseKeyOfRejection(rejection.Key)
	exceptions, err := x.exceptions(ctx, key, raised, nil)
	if err != nil {
		return err
	}
	x.found = append(x.found, subject{
		Title: fmt.Sprintf("%s %s, a row that could not be read", rejection.Kind, rejection.ID), Case: key, Exceptions: exceptions,
		Facts: tellFacts([]reconcile.Fact{reconcile.FactOfRejection(rejection)}), Next: untilItCanBeRead,
	})
	return nil
}

// addMovement tells a movement of nothing that is held, such as a fee.
func (x *explainer) addMovement(ctx context.Context, movement reconcile.Movement) error {
	around, err := x.store.MovementAround(ctx, movement)
	if err != nil {
		return err
	}
	x.found = append(x.found, subject{Title: "movement " + movement.ID, Exceptions: []toldException{}, Facts: tellFacts(reconcile.FactsOfMoney(around)), Next: []toldStep{}})
	return nil
}

// addRecord tells an exception whose case is a whole balance, or gone.
func (x *explainer) addRecord(ctx context.Context, record reconcile.ExceptionRecord) error {
	told := tellException(record.Exception, false)
	life, err := x.life(ctx, record)
	if err != nil {
		return err
	}
	told.Life = life
	x.found = append(x.found, subject{
		Title: fmt.Sprintf("exception %s (%s), as the last run kept it", told.ID, told.Code), Case: record.CaseKey,
		Exceptions: []toldException{told}, Facts: []toldFact{}, Next: []toldStep{},
	})
	return nil
}
