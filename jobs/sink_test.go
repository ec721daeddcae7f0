package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

// scripted is a feed that does what its script says.
type scripted struct {
	script func(ctx context.Context, request feeds.Request) error
}

func (scripted) Feed() string    { return reconcile.FeedStripe }
func (scripted) Account() string { return "main" }

func (f scripted) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	return feeds.Tally{}, f.script(ctx, request)
}

// diary is evidence that tells what was asked of it, one line each.
type diary struct {
	lines  []string
	refuse error // to store
}

func (d *diary) write(format string, values ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, values...))
}

func (d *diary) Observe(ctx context.Context, _ int64, _ time.Time, items []feeds.Item) (feeds.Counts, error) {
	if err := errors.Join(ctx.Err(), d.refuse); err != nil {
		return feeds.Counts{}, err
	}
	d.write("store %d, first %s", len(items), items[0].Observation.Key.ID)
	return feeds.Counts{Read: len(items), Stored: len(items)}, nil
}

func (d *diary) Memory(string, string) feeds.Memory { return d }

func (d *diary) Open(_ context.Context, kind string) ([]string, error) {
	d.write("open %s", kind)
	return nil, nil
}

func (d *diary) Missing(_ context.Context, kind string, _ []string) ([]string, error) {
	d.write("missing %s", kind)
	return nil, nil
}

func (*diary) NamedPayments(context.Context, string) ([]string, error) { return nil, nil }
func (*diary) Coverage(context.Context) ([]reconcile.Coverage, error)  { return nil, nil }

func (d *diary) SetCoverage(_ context.Context, _ int64, c reconcile.Coverage) error {
	d.write("covered through day %d, %q", c.Complete.To.Day(), c.Reason) // the first day is that of no time at all
	return nil
}

// TestWhatWasHandedOverIsStored: pages are stored many at a time; before the memory is asked, before a stretch is called covered and in
// the end, whatever that is, all of them are.
func TestWhatWasHandedOverIsStored(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	next := 0
	hand := func(ctx context.Context, request feeds.Request, count int) error {
		page := make([]feeds.Observation, count)
		for i := range page {
			next++
			page[i].Key.ID = fmt.Sprint(next)
		}
		return request.Sink.Observe(ctx, page)
	}
	away := errors.New("the provider went away")
	for _, test := range []struct {
		name   string
		script func(ctx context.Context, request feeds.Request, stop func()) error
		refuse error
		want   []string
		stored int
	}{
		{"few", func(ctx context.Context, r feeds.Request, _ func()) error {
			return errors.Join(hand(ctx, r, 3), hand(ctx, r, 0), hand(ctx, r, 2))
		}, nil, []string{"store 5, first 1", `covered through day 9, ""`}, 5},
		{"nothing", func(context.Context, feeds.Request, func()) error { return nil }, nil, []string{`covered through day 9, ""`}, 0},
		{"many", func(ctx context.Context, r feeds.Request, _ func()) error {
			return errors.Join(hand(ctx, r, storedAtOnce-1), hand(ctx, r, 100), hand(ctx, r, 1))
		}, nil, []string{fmt.Sprintf("store %d, first 1", storedAtOnce+99), fmt.Sprintf("store 1, first %d", storedAtOnce+100), `covered through day 9, ""`}, storedAtOnce + 100},
		{"before the memory is asked", func(ctx context.Context, r feeds.Request, _ func()) error {
			err := hand(ctx, r, 1)
			_, one := r.Memory.Open(ctx, "charge")
			err = errors.Join(err, one, hand(ctx, r, 1))
			_, other := r.Memory.Missing(ctx, "source", nil)
			return errors.Join(err, other)
		}, nil, []string{"store 1, first 1", "open charge", "store 1, first 2", "missing source", `covered through day 9, ""`}, 2},
		{"before a stretch is covered", func(ctx context.Context, r feeds.Request, _ func()) error {
			return errors.Join(hand(ctx, r, 2), r.ReadThrough(ctx, at(5)), hand(ctx, r, 1))
		}, nil, []string{"store 2, first 1", `covered through day 5, "the fetch up to 2026-03-09T00:00:00Z broke off"`, "store 1, first 3", `covered through day 9, ""`}, 3},
		{"when the fetch fails", func(ctx context.Context, r feeds.Request, _ func()) error { return errors.Join(hand(ctx, r, 2), away) },
			nil, []string{"store 2, first 1", `covered through day 1, "the provider went away"`}, 2},
		{"when it is told to stop", func(ctx context.Context, r feeds.Request, stop func()) error {
			err := hand(ctx, r, 2)
			stop()
			return errors.Join(err, ctx.Err())
		}, nil, []string{"store 2, first 1", `covered through day 1, "context canceled"`}, 2},
		{"what cannot be stored is covered by nothing", func(ctx context.Context, r feeds.Request, _ func()) error { return hand(ctx, r, 2) },
			errors.New("the disk is full"), []string{`covered through day 1, "the disk is full"`}, 0},
		{"nor is a stretch of it", func(ctx context.Context, r feeds.Request, _ func()) error {
			return errors.Join(hand(ctx, r, 2), r.ReadThrough(ctx, at(5)))
		}, errors.New("the disk is full"), []string{`covered through day 1, "the disk is full"`}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			next = 0
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			evidence := &diary{refuse: test.refuse}
			job := Fetch{Evidence: evidence, Cluster: func(context.Context) error { return nil }, Plans: []FetchPlan{{
				Feed:      scripted{func(ctx context.Context, request feeds.Request) error { return test.script(ctx, request, stop) }},
				Normalise: func(o feeds.Observation) reconcile.Record { return reconcile.Rejection{Key: o.Key} },
				Since:     func(time.Time) time.Time { return at(1) },
			}}}
			var step reconcile.Step
			err := job.Run(ctx, Session{Now: at(9), AsOf: true, Log: slog.New(slog.DiscardHandler)}, &step)
			if failed := slices.ContainsFunc(evidence.lines, func(line string) bool { return line == `covered through day 9, ""` }); failed == (err != nil) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(test.want, evidence.lines); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if step.Stored != test.stored || step.Read != test.stored {
				t.Errorf("counted %d read and %d stored, want %d", step.Read, step.Stored, test.stored)
			}
		})
	}
}
