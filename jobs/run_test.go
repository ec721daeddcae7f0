package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/reconcile"
)

// ledger records what a runner asks of its store.
type ledger struct {
	steps    []reconcile.Step
	status   reconcile.RunStatus
	text     string
	released bool
	lockErr  error
}

func (l *ledger) BeginRun(context.Context, time.Time, []string) (int64, error) { return 7, nil }

func (l *ledger) SaveStep(_ context.Context, _ int64, step reconcile.Step) error {
	l.steps = append(l.steps, step)
	return nil
}

func (l *ledger) FinishRun(_ context.Context, _ int64, status reconcile.RunStatus, text string) error {
	l.status, l.text = status, text
	return nil
}

func (l *ledger) Lock(ctx context.Context, _ string) (context.Context, func(context.Context) error, error) {
	return ctx, func(context.Context) error { l.released = true; return nil }, l.lockErr
}

type fakeJob struct {
	name string
	run  func(ctx context.Context, step *reconcile.Step) error
}

func (j fakeJob) Name() string { return j.name }

func (j fakeJob) Run(ctx context.Context, _ Session, step *reconcile.Step) error {
	return j.run(ctx, step)
}

func newRunner(l *ledger, list ...Job) *Runner {
	clock := func() time.Time { return time.Date(2026, 3, 10, 6, 0, 0, 123, time.UTC) }
	return &Runner{Record: l, Locker: l, Jobs: list, Clock: clock, Holder: "test", Log: slog.New(slog.DiscardHandler)}
}

func fine(name string, ran *[]string) fakeJob {
	return fakeJob{name, func(context.Context, *reconcile.Step) error { *ran = append(*ran, name); return nil }}
}

func TestOneFailureDoesNotStopTheRest(t *testing.T) {
	var ran []string
	broken := errors.New("no disk")
	failing := fakeJob{"second", func(_ context.Context, step *reconcile.Step) error { step.Read = 5; return broken }}
	l := &ledger{}
	tally, err := newRunner(l, fine("first", &ran), failing, fine("third", &ran)).Run(t.Context(), Options{})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "second") {
		t.Errorf("error %v: it must carry the cause and name the job", err)
	}
	if !slices.Equal(ran, []string{"first", "third"}) || l.status != reconcile.RunFailed || !l.released {
		t.Errorf("ran %v, status %s, released %t", ran, l.status, l.released)
	}
	last := l.steps[3] // begin and end of the first step, begin and end of the second
	if last.Name != "second" || last.Status != reconcile.RunFailed || last.Read != 5 || last.Error != "no disk" {
		t.Errorf("the failed step is recorded as %+v", last)
	}
	if tally.RunID != 7 || len(tally.Steps) != 3 {
		t.Errorf("tally %+v", tally)
	}
}

func TestAPanicDoesNotStopTheRest(t *testing.T) {
	var ran []string
	broken := fakeJob{"second", func(context.Context, *reconcile.Step) error { return []error{}[len(ran)] }}
	l := &ledger{}
	_, err := newRunner(l, fine("first", &ran), broken, fine("third", &ran)).Run(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "second: this is a bug") || !strings.Contains(err.Error(), "run_test.go") {
		t.Errorf("error %v: it must say that it is a bug, and where", err)
	}
	if !slices.Equal(ran, []string{"first", "third"}) || l.status != reconcile.RunFailed || !l.released || l.steps[3].Status != reconcile.RunFailed {
		t.Errorf("ran %v, status %s, released %t, steps %+v", ran, l.status, l.released, l.steps)
	}
}

func TestStopEndsBetweenJobsAndIsRecorded(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var ran []string
	stopping := fakeJob{"first", func(context.Context, *reconcile.Step) error { stop(); return nil }}
	l := &ledger{}
	_, err := newRunner(l, stopping, fine("second", &ran)).Run(ctx, Options{})
	if !errors.Is(err, context.Canceled) || len(ran) != 0 || l.status != reconcile.RunStopped || !l.released {
		t.Errorf("error %v, ran %v, status %s, released %t", err, ran, l.status, l.released)
	}
}

func TestJobsRunInTheOrderOfTheDay(t *testing.T) {
	var ran []string
	r := newRunner(&ledger{}, fine("first", &ran), fine("second", &ran), fine("third", &ran))
	if _, err := r.Run(t.Context(), Options{Jobs: []string{"third", "first"}}); err != nil || !slices.Equal(ran, []string{"first", "third"}) {
		t.Errorf("ran %v, error %v", ran, err)
	}
	if _, err := r.Run(t.Context(), Options{Jobs: []string{"fourth"}}); !errors.Is(err, ErrUnknownJob) || !strings.Contains(err.Error(), "first, second, third") {
		t.Errorf("an unknown job: %v", err)
	}
}

func TestLockedOutRunDoesNothing(t *testing.T) {
	var ran []string
	held := errors.New("held by another")
	l := &ledger{lockErr: held}
	tally, err := newRunner(l, fine("first", &ran)).Run(t.Context(), Options{})
	if !errors.Is(err, held) || len(ran) != 0 || tally.RunID != 0 || l.status != "" {
		t.Errorf("error %v, ran %v, tally %+v, status %q", err, ran, tally, l.status)
	}
}

// The store keeps microseconds: an instant with more would not compare equal to itself read back.
func TestNowIsWholeMicroseconds(t *testing.T) {
	tally, err := newRunner(&ledger{}).Run(t.Context(), Options{})
	if err != nil || tally.Now.Nanosecond() != 0 {
		t.Errorf("now is %s, error %v", tally.Now, err)
	}
}
