package jobs

import (
	"context"
	"errors"
	"log/slog"
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
	} {
		if got := widen(test.covered, test.fetched); got != test.want {
			t.Errorf("%v widened by %v is %v, want %v", test.covered, test.fetched, got, test.want)
		}
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
