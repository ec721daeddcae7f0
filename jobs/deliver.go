package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tieout/reconcile"
)

// Carrier brings one report to one place.
type Carrier interface {
	Name() string
	// Repeatable reports whether a second time does no harm.
	Repeatable() bool
	// Deliver reports whether the place has the report. With an error, arrived means that it may have it.
	Deliver(ctx context.Context) (arrived bool, err error)
}

// DeliveryLedger keeps what was brought where.
type DeliveryLedger interface {
	// BeginDelivery records the intent, or returns what is held already of this report and carrier, and false.
	BeginDelivery(ctx context.Context, intent reconcile.Delivery) (reconcile.Delivery, bool, error)
	FinishDelivery(ctx context.Context, outcome reconcile.Delivery) error
}

// Deliver brings the day's report to those who read it: intent, one delivery, outcome. What cannot be repeated without harm
// is never done twice for one report.
type Deliver struct {
	Ledger DeliveryLedger
	// Load returns the report of the finance day that now lies in, by a name that tells its content, and who brings it.
	Load func(ctx context.Context, s Session) (report reconcile.Delivery, carriers []Carrier, err error)
	// Again names carriers that are to bring it even if it was brought, or may have been.
	Again []string
}

// Name is "deliver".
func (*Deliver) Name() string { return "deliver" }

// Run uses every carrier; one that fails does not stop the rest.
func (d *Deliver) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	if s.DryRun || slices.Contains(s.Failed, "report") {
		s.Log.Info("delivered nothing", "dry_run", s.DryRun, "failed", s.Failed)
		return nil
	}
	report, carriers, err := d.Load(ctx, s)
	if err != nil {
		return err
	}
	var failures []error
	for _, carrier := range carriers {
		if ctx.Err() != nil {
			return errors.Join(append(failures, context.Cause(ctx))...)
		}
		report.Carrier = carrier.Name()
		if err := d.bring(ctx, s, report, carrier, step); err != nil {
			step.Refused++
			failures = append(failures, fmt.Errorf("deliver by %s: %w", carrier.Name(), err))
		}
	}
	return errors.Join(failures...)
}

func (d *Deliver) bring(ctx context.Context, s Session, intent reconcile.Delivery, carrier Carrier, step *reconcile.Step) error {
	intent.State, intent.BegunAt = reconcile.DeliveryIntended, s.Moment()
	held, fresh, err := d.Ledger.BeginDelivery(ctx, intent)
	if err != nil {
		return err
	}
	if !fresh && !d.wanted(s, held, carrier) {
		return nil
	}
	// An outcome is recorded also when the run was told to stop meanwhile: else nobody would know it.
	arrived, failure := carrier.Deliver(ctx)
	outcome := held
	outcome.RunID, outcome.EndedAt = s.RunID, s.Moment()
	outcome.State, outcome.Detail = outcomeOf(arrived, failure)
	if outcome.State == reconcile.DeliveryDone {
		step.Acted++
	}
	return errors.Join(failure, d.Ledger.FinishDelivery(context.WithoutCancel(ctx), outcome))
}

func outcomeOf(arrived bool, failure error) (state reconcile.DeliveryState, detail string) {
	switch {
	case failure == nil:
		return reconcile.DeliveryDone, ""
	case arrived:
		return reconcile.DeliveryUnknown, failure.Error()
	}
	return reconcile.DeliveryFailed, failure.Error()
}

// wanted reports whether a report that this carrier began to bring before is to be brought (again). An intent without an
// outcome is of a run that died: it may have arrived.
func (d *Deliver) wanted(s Session, held reconcile.Delivery, carrier Carrier) bool {
	switch {
	case slices.Contains(d.Again, held.Carrier), held.State == reconcile.DeliveryFailed:
		return true
	case held.State == reconcile.DeliveryDone:
		return false
	case carrier.Repeatable():
		return true
	}
	s.Log.Warn("this report may have arrived and is not sent a second time by itself", "carrier", held.Carrier, "finance_day", held.FinanceDay, "since", held.BegunAt, "detail", held.Detail)
	return false
}
