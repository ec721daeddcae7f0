package jobs

import (
	"context"

	"tieout/reconcile"
)

// UnsettledCases finds the cases that hold an AUTH which has not come to rest.
type UnsettledCases interface {
	CasesWithPayments(ctx context.Context, statuses []reconcile.PaymentStatus) ([]string, error)
}

// AgeSettlements judges again the cases whose settlement hangs: settlestatus 10 for more than seven days, or suspended at
// 2 (source document 002). Alone, it can run far more often than the whole day.
type AgeSettlements struct {
	Judging
	Unsettled UnsettledCases
}

// Name is "age-settlements".
func (*AgeSettlements) Name() string { return "age-settlements" }

// Run judges every case with an unsettled AUTH.
func (a *AgeSettlements) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	keys, err := a.Unsettled.CasesWithPayments(ctx, []reconcile.PaymentStatus{reconcile.PaymentPending, reconcile.PaymentSuspended})
	if err != nil {
		return err
	}
	return a.again(ctx, s, keys, step)
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
