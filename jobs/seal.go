package jobs

import (
	"context"

	"tieout/reconcile"
)

// Seal adds what was written since the last seal to the log of the settlement history. It comes before the reports, which print the
// checkpoint, and seals what a failed step left too: it happened.
type Seal struct {
	// Add returns how many entries it added.
	Add func(ctx context.Context, s Session) (entries int64, err error)
}

// Name is "seal".
func (*Seal) Name() string { return "seal" }

// Run seals.
func (j *Seal) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	entries, err := j.Add(ctx, s)
	step.Stored = int(entries)
	return err
}
