package jobs

import (
	"context"

	"tieout/reconcile"
)

// Report writes the finance day's reports.
type Report struct {
	// Write writes the files of the day that the session's now lies in and returns how many there are.
	Write func(ctx context.Context, s Session) (files int, err error)
}

// Name is "report".
func (*Report) Name() string { return "report" }

// Run writes the reports.
func (r *Report) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	files, err := r.Write(ctx, s)
	step.Acted = files
	return err
}
