package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

func TestWindow(t *testing.T) {
	now := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	plan := FetchPlan{Since: func(now time.Time) time.Time { return now.AddDate(0, 0, -100) }, Overlap: time.Hour, Lag: 5 * time.Minute}
	read := reconcile.Window{From: now.AddDate(0, 0, -300), To: now.Add(-24 * time.Hour)}
	short := reconcile.Window{From: now.AddDate(0, 0, -50), To: read.To}
	for name, test := range map[string]struct {
		asOf    bool
		covered reconcile.Window
		want    reconcile.Window
	}{
		"first, by the clock": {want: reconcile.Window{From: now.AddDate(0, 0, -100), To: now.Add(-5 * time.Minute)}},
		"first, as of":        {asOf: true, want: reconcile.Window{From: now.AddDate(0, 0, -100), To: now}},
		"later":               {asOf: true, covered: read, want: reconcile.Window{From: read.To.Add(-time.Hour), To: now}},
		"reaching further back than was ever read": {asOf: true, covered: short, want: reconcile.Window{From: now.AddDate(0, 0, -100), To: now}},
		"as of long ago": {asOf: true, covered: reconcile.Window{From: read.From, To: now.Add(48 * time.Hour)}, want: reconcile.Window{From: now, To: now}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plan.window(Session{Now: now, AsOf: test.asOf}, test.covered); got != test.want {
				t.Errorf("window %v to %v, want %v to %v", got.From, got.To, test.want.From, test.want.To)
			}
		})
	}
}

// Coverage only grows: reading an old day again takes nothing away from what is known.
func TestWiden(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	window := func(from, to int) reconcile.Window { return reconcile.Window{From: day(from), To: day(to)} }
	for _, test := range []struct{ covered, fetched, want reconcile.Window }{
		{reconcile.Window{}, window(1, 3), window(1, 3)},
		{window(1, 3), window(2, 5), window(1, 5)},
		{window(1, 5), window(2, 3), window(1, 5)},
		{window(3, 5), window(1, 6), window(1, 6)},
		{window(4, 6), window(1, 2), window(4, 6)}, // no gap is taken for read
		{window(1, 2), window(4, 6), window(1, 2)},
		{window(4, 6), window(1, 4), window(1, 6)},
	} {
		if got := widen(test.covered, test.fetched); got != test.want {
			t.Errorf("%v widened by %v is %v, want %v", test.covered, test.fetched, got, test.want)
		}
	}
}

// long is a feed that reads a window day by day, and breaks off where it is told to.
type long struct {
	breaksAt time.Time
	asked    []reconcile.Window
	evidence *coverages
	seen     []reconcile.Coverage // what was kept while it read
}

func (*long) Feed() string    { return reconcile.FeedStripe }
func (*long) Account() string { return "main" }

func (l *long) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	l.asked = append(l.asked, request.Window)
	for at := request.Window.From.AddDate(0, 0, 1); at.Before(request.Window.To); at = at.AddDate(0, 0, 1) {
		if !l.breaksAt.IsZero() && at.After(l.breaksAt) {
			return feeds.Tally{}, errors.New("the provider went away")
		}
		if err := request.ReadThrough(ctx, at); err != nil {
			return feeds.Tally{}, err
		}
		l.seen = append(l.seen, l.evidence.held...)
	}
	return feeds.Tally{}, nil
}

// coverages is evidence of which only the coverage is kept.
type coverages struct{ held []reconcile.Coverage }

func (*coverages) Observe(context.Context, int64, time.Time, []feeds.Item) (feeds.Counts, error) {
	return feeds.Counts{}, nil
}
func (*coverages) Memory(string, string) feeds.Memory                       { return nil }
func (*coverages) NamedPayments(context.Context, string) ([]string, error)  { return nil, nil }
func (c *coverages) Coverage(context.Context) ([]reconcile.Coverage, error) { return c.held, nil }
func (c *coverages) SetCoverage(_ context.Context, _ int64, of reconcile.Coverage) error {
	c.held = []reconcile.Coverage{of}
	return nil
}

// A first fetch that breaks off goes on where it was: what was read completely before is covered, and not asked for again.
func TestAFirstFetchThatBrokeOffGoesOnWhereItWas(t *testing.T) {
	now := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	evidence := &coverages{}
	feed := &long{evidence: evidence, breaksAt: now.AddDate(0, 0, -60)}
	fetch := &Fetch{Evidence: evidence, Cluster: func(context.Context) error { return nil }, Plans: []FetchPlan{{
		Feed: feed, Since: func(now time.Time) time.Time { return now.AddDate(0, 0, -100) }, Overlap: time.Hour,
	}}}
	session := Session{RunID: 1, Now: now, AsOf: true, Log: slog.New(slog.DiscardHandler)}
	from, half := now.AddDate(0, 0, -100), now.AddDate(0, 0, -60)

	if err := fetch.Run(t.Context(), session, &reconcile.Step{}); err == nil {
		t.Fatal("the fetch that broke off is no failure")
	}
	held := evidence.held[0]
	if want := (reconcile.Window{From: from, To: half}); held.Complete != want || held.Reason != "the provider went away" {
		t.Errorf("held after it broke off %+v, want the forty days that were read", held)
	}
	if killed := feed.seen[10]; killed.Complete.To != from.AddDate(0, 0, 11) || killed.Reason == "" {
		t.Errorf("held on the way %+v, want eleven days and a reason, should the process be killed", killed)
	}

	feed.breaksAt = time.Time{}
	if err := fetch.Run(t.Context(), session, &reconcile.Step{}); err != nil {
		t.Fatal(err)
	}
	want := []reconcile.Window{{From: from, To: now}, {From: half.Add(-time.Hour), To: now}}
	if !slices.Equal(feed.asked, want) {
		t.Errorf("asked for %v, want %v", feed.asked, want)
	}
	if held := evidence.held[0]; held.Complete != want[0] || held.Reason != "" {
		t.Errorf("held in the end %+v, want all, and no reason", held)
	}
}
