package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Feed is one account of a place that facts come from.
type Feed interface {
	Feed() string
	Account() string
	// Fetch hands everything it is shown to the request's sink. An error means that the fetch is incomplete; what was
	// handed over before it stays.
	Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error)
}

// FetchPlan is a feed and how far its fetches reach.
type FetchPlan struct {
	Feed      Feed
	Normalise feeds.Normalise
	Since     func(now time.Time) time.Time // where the first fetch begins
	Overlap   time.Duration                 // how far each later fetch reaches behind the last one
	Lag       time.Duration                 // how far behind the clock a fetch ends: lists are not complete at once
}

// Evidence is where observations go, and what is held already.
type Evidence interface {
	Observe(ctx context.Context, runID int64, at time.Time, items []feeds.Item) (feeds.Counts, error)
	Memory(feed, account string) feeds.Memory
	NamedPayments(ctx context.Context, feed string) ([]string, error)
	Coverage(ctx context.Context) ([]reconcile.Coverage, error)
	SetCoverage(ctx context.Context, runID int64, coverage reconcile.Coverage) error
}

// Fetch reads every feed from where its last complete fetch ended. A feed that fails is recorded as incomplete and keeps
// its old coverage, so that nothing is called missing that was only not read; the others go on.
type Fetch struct {
	Plans    []FetchPlan // the shop first: the providers are asked for the payments that its orders name
	Evidence Evidence
	Cluster  func(ctx context.Context) error // finds out what of all that was fetched hangs together
}

// Name is "fetch".
func (*Fetch) Name() string { return "fetch" }

// Run fetches all feeds, joins their errors, and finds out what hangs together.
func (f *Fetch) Run(ctx context.Context, s Session, step *reconcile.Step) error {
	failure := f.fetchAll(ctx, s, step)
	if ctx.Err() != nil {
		return failure
	}
	return errors.Join(failure, f.Cluster(ctx))
}

func (f *Fetch) fetchAll(ctx context.Context, s Session, step *reconcile.Step) error {
	coverage, err := f.Evidence.Coverage(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, plan := range f.Plans {
		if ctx.Err() != nil {
			return errors.Join(append(failures, context.Cause(ctx))...)
		}
		if err := f.fetch(ctx, s, plan, known(coverage, plan.Feed), step); err != nil {
			failures = append(failures, fmt.Errorf("%s %s is incomplete: %w", plan.Feed.Feed(), plan.Feed.Account(), err))
		}
	}
	return errors.Join(failures...)
}

func known(coverage []reconcile.Coverage, feed Feed) reconcile.Coverage {
	for _, c := range coverage {
		if c.Feed == feed.Feed() && c.Account == feed.Account() {
			return c
		}
	}
	return reconcile.Coverage{Feed: feed.Feed(), Account: feed.Account()}
}

func (f *Fetch) fetch(ctx context.Context, s Session, plan FetchPlan, covered reconcile.Coverage, step *reconcile.Step) error {
	named, err := f.Evidence.NamedPayments(ctx, plan.Feed.Feed())
	if err != nil {
		return err
	}
	if !s.AsOf && covered.Complete.To.After(s.Now) {
		// A run as of the future claimed what nobody had read. What is really held cannot be told from it: read all again.
		s.Log.Warn("the coverage reaches into the future: read from the beginning", "feed", plan.Feed.Feed(), "account", plan.Feed.Account(), "claimed", covered.Complete.To)
		covered.Complete = reconcile.Window{}
	}
	window := plan.window(s, covered.Complete)
	sink := &sink{evidence: f.Evidence, normalise: plan.Normalise, session: s, step: step, atOnce: storedAtOnce}
	progress := func(ctx context.Context, through time.Time) error {
		if err := sink.flush(ctx); err != nil { // what is called covered is held
			return err
		}
		covered.Complete = widen(covered.Complete, reconcile.Window{From: window.From, To: through})
		covered.Reason = fmt.Sprintf("the fetch up to %s broke off", window.To.UTC().Format(time.RFC3339)) // should this be the last that is heard of it
		s.Log.Info("read through", "feed", plan.Feed.Feed(), "account", plan.Feed.Account(), "from", window.From, "through", through, "to", window.To)
		return f.Evidence.SetCoverage(ctx, s.RunID, covered)
	}
	var tally feeds.Tally
	failure := feeds.Guard(func() (err error) {
		tally, err = plan.Feed.Fetch(ctx, feeds.Request{
			Window: window, Named: named, Memory: memory{f.Evidence.Memory(plan.Feed.Feed(), plan.Feed.Account()), sink}, Sink: sink, Through: progress,
		})
		return err
	})
	// What was handed over stays, whatever ended the fetch.
	failure = errors.Join(failure, sink.flush(context.WithoutCancel(ctx)))
	step.Read += tally.OtherMode
	step.OtherMode += tally.OtherMode
	s.Log.Info("fetched", "feed", plan.Feed.Feed(), "account", plan.Feed.Account(), "from", window.From, "to", window.To, "read", tally.Read, "other_mode", tally.OtherMode, "fallbacks", tally.Fallbacks, "complete", failure == nil)
	if shown := shownWhole(tally, window, failure); covered.Complete.Empty() || !shown.From.After(covered.Complete.To) {
		covered.Complete = widen(covered.Complete, shown)
	} else {
		failure = errors.Join(failure, fmt.Errorf("nothing tells of the time from %s to %s", covered.Complete.To.Format(time.RFC3339), shown.From.Format(time.RFC3339)))
	}
	covered.Reason = ""
	if failure != nil {
		covered.Reason = failure.Error()
	}
	// That a fetch was incomplete is recorded even when it was told to stop.
	return errors.Join(failure, f.Evidence.SetCoverage(context.WithoutCancel(ctx), s.RunID, covered))
}

// shownWhole is what a fetch showed completely: what the feed says, or else the window if nothing failed.
func shownWhole(tally feeds.Tally, window reconcile.Window, failure error) reconcile.Window {
	switch {
	case tally.Covered != nil:
		return *tally.Covered
	case failure != nil:
		return reconcile.Window{}
	}
	return window
}

// window begins where the last complete fetch ended, less the overlap, and ends now. By the clock it ends a lag earlier;
// an instant that was given stands for now as it is. A setting that reaches further back than what was ever read makes it
// begin there once more.
func (p FetchPlan) window(s Session, complete reconcile.Window) reconcile.Window {
	window := reconcile.Window{From: p.Since(s.Now), To: s.Now}
	if !s.AsOf {
		window.To = s.Now.Add(-p.Lag)
	}
	if !complete.Empty() && !window.From.Before(complete.From) {
		window.From = complete.To.Add(-p.Overlap)
	}
	if window.From.After(window.To) {
		window.From = window.To
	}
	return window
}

// widen adds a fetched window to what is covered. It never shrinks: an --as-of in the past reads nothing new. Nor does it
// leave a gap: what was read of a time that does not reach what is covered yet counts once it does.
func widen(complete, window reconcile.Window) reconcile.Window {
	if window.Empty() {
		return complete
	}
	switch {
	case complete.Empty():
		return window
	case window.To.Before(complete.From) || window.From.After(complete.To):
		return complete
	}
	if window.From.Before(complete.From) {
		complete.From = window.From
	}
	if window.To.After(complete.To) {
		complete.To = window.To
	}
	return complete
}

// storedAtOnce is how many observations a fetch collects before they are stored. A page at a time, most of the time would go into
// the transactions; more than this makes it no quicker and is held in memory.
const storedAtOnce = 2500

// sink normalises what a feed was shown and hands it to the store.
type sink struct {
	evidence  Evidence
	normalise feeds.Normalise
	session   Session
	step      *reconcile.Step
	atOnce    int // it collects so many; 0: what it is given is stored when Observe returns

	collecting sync.Mutex // a feed may ask its memory while it hands over
	items      []feeds.Item
}

// Observe takes a batch, and stores it with what it has collected when that is enough.
func (k *sink) Observe(ctx context.Context, batch []feeds.Observation) error {
	k.collecting.Lock()
	defer k.collecting.Unlock()
	for _, observation := range batch {
		k.items = append(k.items, feeds.Item{Observation: observation, Record: k.normalise(observation)})
	}
	if len(k.items) < k.atOnce {
		return nil
	}
	return k.store(ctx)
}

// flush stores what is collected.
func (k *sink) flush(ctx context.Context) error {
	k.collecting.Lock()
	defer k.collecting.Unlock()
	return k.store(ctx)
}

// store stores what is collected and counts what became of it. What could not be stored is not tried again: the fetch has failed, and
// the next one is shown it again.
func (k *sink) store(ctx context.Context) error {
	if len(k.items) == 0 {
		return nil
	}
	counts, err := k.evidence.Observe(ctx, k.session.RunID, k.session.Now, k.items)
	clear(k.items)
	k.items = k.items[:0]
	k.step.Read += counts.Read
	k.step.Stored += counts.Stored
	k.step.Unchanged += counts.Unchanged
	k.step.Rejected += counts.Rejected
	return err
}

// memory is the store's, asked once it holds all that was handed over.
type memory struct {
	held feeds.Memory
	sink *sink
}

// Open lists what can still change.
func (m memory) Open(ctx context.Context, kind string) ([]string, error) {
	if err := m.sink.flush(ctx); err != nil {
		return nil, err
	}
	return m.held.Open(ctx, kind)
}

// Missing lists what is not held.
func (m memory) Missing(ctx context.Context, kind string, ids []string) ([]string, error) {
	if err := m.sink.flush(ctx); err != nil {
		return nil, err
	}
	return m.held.Missing(ctx, kind, ids)
}
