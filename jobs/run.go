package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// ErrUnknownJob is returned for a job name that is not in Names.
var ErrUnknownJob = errors.New("unknown job")

// Job is one step of a run. Run fills in the step's counts as it goes, so that a step that fails still tells how far it
// came. It returns an error for what failed, having done all that could be done without it; a canceled context stops it
// between two units of work.
type Job interface {
	Name() string
	Run(ctx context.Context, s Session, step *reconcile.Step) error
}

// Session is what a job knows of the run it is part of.
type Session struct {
	RunID  int64
	Now    time.Time // stands for now everywhere: --as-of, or the clock at the run's start
	AsOf   bool      // Now was given and is not the clock's
	DryRun bool      // change nothing outside tieout's own database
	Full   bool      // judge every case, not only those that changed or whose time has come
	Failed []string  // names of the steps of this run that failed before this one
	Clock  func() time.Time
	Log    *slog.Logger
}

// Moment is the present: the clock's, which has moved on since the run began, unless an instant was given to stand for now.
func (s Session) Moment() time.Time {
	if s.AsOf {
		return s.Now
	}
	return s.Clock().UTC().Truncate(time.Microsecond)
}

// Record keeps runs and their steps.
type Record interface {
	BeginRun(ctx context.Context, asOf time.Time, jobs []string) (int64, error)
	SaveStep(ctx context.Context, runID int64, step reconcile.Step) error
	FinishRun(ctx context.Context, runID int64, status reconcile.RunStatus, errText string) error
}

// Locker lets one run at a time work on a database.
type Locker interface {
	// Lock returns a context that ends when the lock is lost, and the release. A lock that another run holds is an error
	// that names the holder.
	Lock(ctx context.Context, holder string) (held context.Context, release func(context.Context) error, err error)
}

// Runner runs jobs under the lock and keeps the record.
type Runner struct {
	Record Record
	Locker Locker
	Jobs   []Job // in the order of the daily run
	Clock  func() time.Time
	Holder string                    // names this process to others that want the lock
	Watch  func(step reconcile.Step) // told when a step begins and when it ends; may be nil
	Log    *slog.Logger
}

// Options are what one run is asked to do.
type Options struct {
	Jobs   []string // none: all
	AsOf   time.Time
	DryRun bool
	Full   bool
}

// Tally is what a run came to.
type Tally struct {
	RunID int64
	Now   time.Time
	Steps []reconcile.Step
}

// Names lists the jobs in the order of the daily run.
func (r *Runner) Names() []string {
	names := make([]string, len(r.Jobs))
	for i, job := range r.Jobs {
		names[i] = job.Name()
	}
	return names
}

// Run runs the chosen jobs, in the order of the daily run whatever order they were named in. One that fails does not stop
// the rest; the errors are joined. A canceled ctx stops the run between two units of work and the record says so.
func (r *Runner) Run(ctx context.Context, options Options) (tally Tally, err error) {
	chosen, err := r.choose(options.Jobs)
	if err != nil {
		return Tally{}, err
	}
	held, release, err := r.Locker.Lock(ctx, r.Holder)
	if err != nil {
		return Tally{}, err
	}
	// The lock is given back even when the run was told to stop, or panics.
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	return r.locked(held, chosen, options)
}

func (r *Runner) choose(names []string) ([]Job, error) {
	if len(names) == 0 {
		return r.Jobs, nil
	}
	for _, name := range names {
		if !slices.Contains(r.Names(), name) {
			return nil, fmt.Errorf("%w %q: choose from %s", ErrUnknownJob, name, strings.Join(r.Names(), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(r.Jobs), func(job Job) bool { return !slices.Contains(names, job.Name()) }), nil
}

func (r *Runner) locked(ctx context.Context, chosen []Job, options Options) (Tally, error) {
	session := Session{Now: r.now(options), AsOf: !options.AsOf.IsZero(), DryRun: options.DryRun, Full: options.Full, Clock: r.Clock}
	names := make([]string, len(chosen))
	for i, job := range chosen {
		names[i] = job.Name()
	}
	id, err := r.Record.BeginRun(ctx, session.Now, names)
	if err != nil {
		return Tally{}, err
	}
	session.RunID = id
	tally := Tally{RunID: id, Now: session.Now}
	var failures []error
	for _, job := range chosen {
		if ctx.Err() != nil {
			break
		}
		step, err := r.step(ctx, job, session)
		tally.Steps = append(tally.Steps, step)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", job.Name(), err))
			session.Failed = append(session.Failed, job.Name())
		}
	}
	return tally, r.finish(ctx, id, failures)
}

// now is to the microsecond, which is what the store keeps.
func (r *Runner) now(options Options) time.Time {
	if !options.AsOf.IsZero() {
		return options.AsOf.UTC().Truncate(time.Microsecond)
	}
	return r.Clock().UTC().Truncate(time.Microsecond)
}

func (r *Runner) step(ctx context.Context, job Job, session Session) (reconcile.Step, error) {
	step := reconcile.Step{Name: job.Name(), StartedAt: r.Clock().UTC(), Status: reconcile.RunRunning}
	session.Log = r.Log.With("run", session.RunID, "job", job.Name())
	r.tell(step)
	failure := r.Record.SaveStep(ctx, session.RunID, step)
	if failure == nil {
		failure = feeds.Guard(func() error { return job.Run(ctx, session, &step) })
	}
	step.EndedAt = r.Clock().UTC()
	step.Status = reconcile.RunDone
	if failure != nil {
		step.Status, step.Error = status(ctx), failure.Error()
	}
	r.tell(step)
	session.Log.Info("step ended", "status", step.Status, "read", step.Read, "stored", step.Stored, "unchanged", step.Unchanged, "rejected", step.Rejected, "judged", step.Judged,
		"matched", step.Matched, "waiting", step.Waiting, "excepted", step.Excepted, "acted", step.Acted, "refused", step.Refused, "took", step.EndedAt.Sub(step.StartedAt).Round(time.Millisecond).String())
	// What a step did is recorded even when the run was told to stop.
	return step, errors.Join(failure, r.Record.SaveStep(context.WithoutCancel(ctx), session.RunID, step))
}

func (r *Runner) tell(step reconcile.Step) {
	if r.Watch != nil {
		r.Watch(step)
	}
}

func status(ctx context.Context) reconcile.RunStatus {
	if ctx.Err() != nil {
		return reconcile.RunStopped
	}
	return reconcile.RunFailed
}

func (r *Runner) finish(ctx context.Context, id int64, failures []error) error {
	outcome, text := reconcile.RunDone, ""
	if ctx.Err() != nil {
		failures = append(failures, fmt.Errorf("stopped before the end: %w", context.Cause(ctx)))
	}
	failure := errors.Join(failures...)
	if failure != nil {
		outcome, text = status(ctx), failure.Error()
	}
	return errors.Join(failure, r.Record.FinishRun(context.WithoutCancel(ctx), id, outcome, text))
}
