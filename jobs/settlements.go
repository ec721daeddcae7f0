package jobs

import (
	"context"
	"iter"
	"slices"

	"tieout/reconcile"
)

// UnsettledClusters finds the clusters with a payment that has not come to rest: pending or suspended.
type UnsettledClusters interface {
	UnsettledClusters(ctx context.Context) iter.Seq2[reconcile.Cluster, error]
}

// AgeSettlements judges again the cases whose settlement hangs: settlestatus 10 for more than seven days, or suspended at
// 2 (source document 002). Alone, it can run far more often than the whole day.
type AgeSettlements struct {
	Judging
	Unsettled UnsettledClusters
}

// Name is "age-settlements".
func (*AgeSettlements) Name() string { return "age-settlements" }

// Run judges every case with an unsettled AUTH.
func (a *AgeSettlements) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	in, err := a.Context(ctx, s.Now)
	if err != nil {
		return err
	}
	if err := a.Cases.Cluster(ctx); err != nil {
		return err
	}
	return a.clusters(ctx, s, in, a.Unsettled.UnsettledClusters(ctx), func(c *reconcile.Case, v *reconcile.Verdict) {
		if slices.ContainsFunc(c.Payments, unsettled) {
			step.Judged++
			count(step, v.Outcome)
		}
	})
}

func unsettled(p reconcile.LinkedPayment) bool {
	return p.Status == reconcile.PaymentPending || p.Status == reconcile.PaymentSuspended
}
