package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
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

// heldEvidence is an Evidence that knows one coverage.
type heldEvidence struct {
	Evidence
	coverage reconcile.Coverage
}

func (*heldEvidence) NamedPayments(context.Context, string) ([]string, error) { return nil, nil }

func (*heldEvidence) Memory(string, string) feeds.Memory { return nil }

func (e *heldEvidence) SetCoverage(_ context.Context, _ int64, coverage reconcile.Coverage) error {
	e.coverage = coverage
	return nil
}

// toldFeed answers a fetch as it is told to.
type toldFeed struct {
	tally   feeds.Tally
	failure error
}

func (toldFeed) Feed() string    { return "alipay" }
func (toldFeed) Account() string { return "2088" }

func (f toldFeed) Fetch(context.Context, feeds.Request) (feeds.Tally, error) {
	return f.tally, f.failure
}

// What a feed says that it covered counts, whether or not it failed after that; and no hole is passed over.
func TestCoverageOfAFeedThatTellsIt(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	window := func(from, to int) reconcile.Window { return reconcile.Window{From: day(from), To: day(to)} }
	told := func(from, to int) *reconcile.Window { w := window(from, to); return &w }
	broken := errors.New("a day is missing")
	for name, test := range map[string]struct {
		held    reconcile.Window
		covered *reconcile.Window
		failure error
		want    reconcile.Window
		reason  string
	}{
		"all of the window":                  {held: window(1, 3), want: window(1, 9)},
		"nothing, for it failed":             {held: window(1, 3), failure: broken, want: window(1, 3), reason: "a day is missing"},
		"a part":                             {held: window(1, 3), covered: told(2, 5), want: window(1, 5)},
		"a part, before it failed":           {held: window(1, 3), covered: told(2, 5), failure: broken, want: window(1, 5), reason: "a day is missing"},
		"nothing, as it says":                {held: window(1, 3), covered: told(0, 0), want: window(1, 3)},
		"the first time":                     {covered: told(4, 5), want: window(4, 5)},
		"what does not begin where it ended": {held: window(1, 3), covered: told(4, 5), want: window(1, 3), reason: "nothing tells of the time from 2026-03-03T00:00:00Z to 2026-03-04T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			evidence := &heldEvidence{}
			feed := toldFeed{tally: feeds.Tally{Covered: test.covered}, failure: test.failure}
			plan := FetchPlan{Feed: feed, Since: func(time.Time) time.Time { return day(1) }}
			session := Session{Now: day(9), AsOf: true, Log: slog.New(slog.DiscardHandler)}
			err := (&Fetch{Evidence: evidence}).fetch(t.Context(), session, plan, reconcile.Coverage{Feed: "alipay", Account: "2088", Complete: test.held}, &reconcile.Step{})
			if (err != nil) != (test.reason != "") || evidence.coverage.Reason != test.reason || evidence.coverage.Complete != test.want {
				t.Errorf("error %v, coverage %+v", err, evidence.coverage)
			}
		})
	}
}

// A feed whose client panics is incomplete, and says so; the others are read.
func TestAFeedThatPanicsDoesNotStopTheOthers(t *testing.T) {
	now := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	evidence := &coverages{}
	read := 0
	since := func(now time.Time) time.Time { return now.AddDate(0, 0, -100) }
	plans := []FetchPlan{
		{Feed: scripted{func(context.Context, feeds.Request) error { panic("a row of a new kind") }}, Since: since},
		{Feed: scripted{func(context.Context, feeds.Request) error { read++; return nil }}, Since: since},
	}
	session := Session{RunID: 1, Now: now, AsOf: true, Log: slog.New(slog.DiscardHandler)}
	fetch := &Fetch{Evidence: evidence, Cluster: func(context.Context) error { return nil }, Plans: plans[:1]}
	err := fetch.Run(t.Context(), session, &reconcile.Step{})
	if err == nil || !strings.Contains(err.Error(), "a row of a new kind") || !strings.Contains(evidence.held[0].Reason, "this is a bug") || !evidence.held[0].Complete.Empty() {
		t.Errorf("error %v, held %+v", err, evidence.held)
	}
	fetch.Plans = plans
	if err := fetch.Run(t.Context(), session, &reconcile.Step{}); err == nil || read != 1 {
		t.Errorf("error %v; the other feed was read %d times", err, read)
	}
}
