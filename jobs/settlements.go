package jobs

import (
	"context"
	"slices"

	"tieout/reconcile"
)

// UnsettledPayments finds the payments that have not come to rest: pending or suspended.
type UnsettledPayments interface {
	UnsettledPayments(ctx context.Context) ([]reconcile.Key, error)
}

// AgeSettlements judges again the cases whose settlement hangs: settlestatus 10 for more than seven days, or suspended at
// 2 (source document 002). Alone, it can run far more often than the whole day.
type AgeSettlements struct {
	Judging
	Unsettled UnsettledPayments
}

// Name is "age-settlements".
func (*AgeSettlements) Name() string { return "age-settlements" }

// Run judges every case with an unsettled AUTH.
func (a *AgeSettlements) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	unsettled, err := a.Unsettled.UnsettledPayments(ctx)
	if err != nil {
		return err
	}
	for page := range slices.Chunk(unsettled, pageSize) {
		cases, err := a.casesOf(ctx, page)
		if err != nil {
			return err
		}
		if err := a.again(ctx, s, cases, step); err != nil {
			return err
		}
	}
	return nil
}

// casesOf lists the keys of the cases that hold one of these payments.
func (a *AgeSettlements) casesOf(ctx context.Context, payments []reconcile.Key) ([]string, error) {
	facts, err := a.Cases.FactsOfKeys(ctx, payments)
	if err != nil {
		return nil, err
	}
	var cases []string
	for _, c := range reconcile.Assemble(facts, a.Policy) {
		if slices.ContainsFunc(c.Payments, func(p reconcile.LinkedPayment) bool { return slices.Contains(payments, p.Key) }) {
			cases = append(cases, c.Key)
		}
	}
	return cases, nil
}

// again judges cases by their keys, orders and loose ones alike, a page at a time.
func (g *Judging) again(ctx context.Context, s Session, caseKeys []string, step *reconcile.Step) error {
	in, err := g.Context(ctx, s.Now)
	if err != nil {
		return err
	}
	references, loose := reconcile.SplitCaseKeys(caseKeys)
	for len(references) > 0 {
		page := references[:min(pageSize, len(references))]
		references = references[len(page):]
		if _, err := g.orders(ctx, s, in, page, step); err != nil {
			return err
		}
	}
	for len(loose) > 0 {
		page := loose[:min(pageSize, len(loose))]
		loose = loose[len(page):]
		if err := g.looseAgain(ctx, s, in, page, step); err != nil {
			return err
		}
	}
	return nil
}

// looseAgain judges loose cases by their keys. The store finds a source or payment by its id alone, whatever its kind.
func (g *Judging) looseAgain(ctx context.Context, s Session, in reconcile.Context, caseKeys []string, step *reconcile.Step) error {
	wanted := map[string]bool{}
	keys := make([]reconcile.Key, 0, len(caseKeys))
	for _, caseKey := range caseKeys {
		wanted[caseKey] = true
		keys = append(keys, reconcile.ParseLooseKey(caseKey))
	}
	facts, err := g.Cases.FactsOfKeys(ctx, keys)
	if err != nil {
		return err
	}
	_, err = g.judge(ctx, s, in, facts, func(c reconcile.Case) bool { return wanted[c.Key] }, step)
	return err
}
