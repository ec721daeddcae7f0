package jobs

import (
	"testing"
	"time"

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
