package feedtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// testWindows fetches all that the world holds, the last day, and for each kind windows whose ends are the very second, and
// the middle of it, in which an object was made.
func testWindows(t *testing.T, p Provider) {
	s := newStage(t, p)
	client := s.plain()
	if client.Feed() != p.Feed || client.Account() != p.Account {
		t.Errorf("the client is of %s %s, want %s %s", client.Feed(), client.Account(), p.Feed, p.Account)
	}
	windows := []reconcile.Window{s.first(), {From: p.Now.Add(-day), To: p.Now}}
	for kind := range p.Kinds {
		windows = append(windows, s.edges(kind)...)
	}
	for _, window := range windows {
		shelf := s.shelf()
		s.checkWindow(window, shelf, s.fetch(client, window, shelf))
	}
}

// edges are windows around an object of a kind, none for a kind that has no list.
func (s *stage) edges(kind string) []reconcile.Window {
	s.t.Helper()
	if how := s.p.Kinds[kind]; how.Unlisted || how.Made {
		return nil
	}
	var last time.Time
	for _, o := range s.world.Holds(s.p.Now) {
		if o.Kind == kind && !o.OtherMode && o.Created.After(last) && o.Created.Before(s.p.Now.Add(-2*time.Second)) {
			last = o.Created
		}
	}
	if last.IsZero() {
		s.t.Fatalf("the world holds no %s: it must hold one of each kind that has a list", kind)
	}
	at := func(from, to time.Duration) reconcile.Window {
		return reconcile.Window{From: last.Add(from), To: last.Add(to)}
	}
	const half = time.Second / 2
	return []reconcile.Window{at(0, time.Second), at(-time.Second, 0), at(time.Second, 2*time.Second), at(-half, half)}
}

// checkWindow holds what a fetch handed over against what the world holds.
func (s *stage) checkWindow(window reconcile.Window, shelf *Shelf, tally feeds.Tally) {
	s.t.Helper()
	name := fmt.Sprintf("[%s, %s)", window.From.Format(time.RFC3339Nano), window.To.Format(time.RFC3339Nano))
	handed, others := shelf.keys(), 0
	held := map[reconcile.Key]Object{}
	for _, o := range s.world.Holds(s.p.Now) {
		key := s.p.key(o.Kind, o.ID)
		held[key] = o
		how, known := s.p.Kinds[o.Kind]
		switch {
		case !known:
			s.t.Fatalf("the world holds an object of kind %q, of which Kinds says nothing", o.Kind)
		case how.Unlisted || how.Made || !how.listed(window).Contains(o.Created):
		case o.OtherMode:
			others++
		case handed[key] == 0:
			s.t.Errorf("%s: %s %s, made %s, was not handed over", name, o.Kind, o.ID, o.Created.Format(time.RFC3339))
		}
	}
	for _, key := range sorted(handed) {
		if handed[key] > 1 {
			s.t.Errorf("%s: %s %s was handed over %d times", name, key.Kind, key.ID, handed[key])
		}
		s.checkOne(name, window, shelf, key, held)
	}
	if tally.OtherMode != others || tally.Read != len(shelf.handed)+others {
		s.t.Errorf("%s: the tally is %+v; %d were handed over, and %d are of the other mode", name, tally, len(shelf.handed), others)
	}
}

// listed is the stretch of time in which objects of a kind are listed for a window.
func (k Kind) listed(window reconcile.Window) reconcile.Window {
	return reconcile.Window{From: window.From.Add(-k.Back), To: window.To}
}

// checkOne asks of one observation: is it of an object that is held, under its key, and made in the window or named by another?
func (s *stage) checkOne(name string, window reconcile.Window, shelf *Shelf, key reconcile.Key, held map[reconcile.Key]Object) {
	s.t.Helper()
	how, known := s.p.Kinds[key.Kind]
	o, there := held[key]
	switch {
	case !known:
		s.t.Errorf("%s: an observation has the key %+v, and Kinds says nothing of its kind", name, key)
	case key != s.p.key(key.Kind, key.ID):
		s.t.Errorf("%s: the key %+v is not of the account", name, key)
	case how.Made:
	case !there:
		s.t.Errorf("%s: the key %+v is of nothing that the provider holds", name, key)
	case o.OtherMode:
		s.t.Errorf("%s: %s %s is of the other mode and was handed over", name, key.Kind, key.ID)
	case how.Unlisted, how.listed(wholeSeconds(window)).Contains(o.Created), shelf.names(key):
	default:
		s.t.Errorf("%s: %s %s, made %s, is outside of the window, and nothing handed over names it", name, key.Kind, key.ID, o.Created.Format(time.RFC3339))
	}
}

// wholeSeconds rounds a window outward: a provider that tells whole seconds cannot say on which side of an instant inside one
// an object was made.
func wholeSeconds(window reconcile.Window) reconcile.Window {
	rounded := reconcile.Window{From: window.From.Truncate(time.Second), To: window.To.Truncate(time.Second)}
	if rounded.To.Before(window.To) {
		rounded.To = rounded.To.Add(time.Second)
	}
	return rounded
}

// names reports whether an observation of another object holds the id of this one.
func (s *Shelf) names(key reconcile.Key) bool {
	for _, observation := range s.handed {
		if observation.Key != key && strings.Contains(string(observation.Body), `"`+key.ID+`"`) {
			return true
		}
	}
	return false
}

// testOverlap fetches two windows that share a day.
func testOverlap(t *testing.T, p Provider) {
	s := newStage(t, p)
	client, early, late := s.plain(), s.shelf(), s.shelf()
	s.fetch(client, reconcile.Window{From: p.Since, To: p.Now.Add(-day)}, early)
	s.fetch(client, reconcile.Window{From: p.Now.Add(-3 * day), To: p.Now}, late)
	common := 0
	for _, key := range sorted(early.bodies) {
		body, both := late.bodies[key]
		if !both {
			continue
		}
		common++
		if body != early.bodies[key] {
			t.Errorf("%s %s is shown as\n%s and as\n%s", key.Kind, key.ID, early.bodies[key], body)
		}
	}
	if common == 0 {
		t.Error("the two windows show nothing that is the same: the world is too small")
	}
}

// testAgain fetches twice with what the first fetch left in the memory.
func testAgain(t *testing.T, p Provider) {
	s := newStage(t, p)
	client, shelf := s.plain(), s.shelf()
	s.fetch(client, s.first(), shelf)
	s.fetch(client, s.first(), shelf)
	for _, key := range shelf.changed {
		t.Errorf("%s %s is stored again: %s", key.Kind, key.ID, shelf.bodies[key])
	}
	if len(shelf.handed) == 0 {
		t.Error("the second fetch shows nothing: its lists were not read")
	}
}

// testPaging moves the clock at each request, so that objects are made while the lists are read, inside the window.
func testPaging(t *testing.T, p Provider) {
	s := newStage(t, p)
	start, window := p.Now, reconcile.Window{From: p.Since, To: p.Now.Add(day)}
	count := NewCounter(s.faults, s.server.Client().Transport)
	s.fetch(s.client(count, patient), window, s.shelf())
	var clock sync.Mutex
	now := start
	s.each(func(http.ResponseWriter, *http.Request) bool {
		clock.Lock()
		defer clock.Unlock()
		if next := now.Add(day / time.Duration(count.Met(0))); next.Before(window.To) {
			now = next.Truncate(time.Second)
		}
		s.world.SetNow(now)
		return false
	})
	shelf := s.shelf()
	s.fetch(s.plain(), window, shelf)
	handed := shelf.keys()
	clock.Lock()
	defer clock.Unlock()
	if was, is := len(s.world.Holds(start)), len(s.world.Holds(now)); is <= was {
		t.Errorf("nothing was made between %s and %s: the world is too small", start, now)
	}
	stays := map[reconcile.Key]bool{} // what is kept for some time alone may be gone
	for _, o := range s.world.Holds(window.To) {
		stays[p.key(o.Kind, o.ID)] = true
	}
	for _, o := range s.world.Holds(start) {
		if how := p.Kinds[o.Kind]; how.Unlisted || how.Made || o.OtherMode || !how.listed(s.first()).Contains(o.Created) || !stays[p.key(o.Kind, o.ID)] {
			continue
		}
		if count := handed[s.p.key(o.Kind, o.ID)]; count != 1 {
			t.Errorf("%s %s, made %s, was handed over %d times", o.Kind, o.ID, o.Created.Format(time.RFC3339), count)
		}
	}
}

// testOtherMode wants some of the other mode in the window; checkWindow counts them.
func testOtherMode(t *testing.T, p Provider) {
	s := newStage(t, p)
	shelf := s.shelf()
	tally := s.fetch(s.plain(), s.first(), shelf)
	if tally.OtherMode == 0 {
		t.Error("nothing of the other mode was met: the world must hold some")
	}
	handed := shelf.keys()
	for _, o := range s.world.Holds(p.Now) {
		if o.OtherMode && handed[s.p.key(o.Kind, o.ID)] > 0 {
			t.Errorf("%s %s is of the other mode and was handed over", o.Kind, o.ID)
		}
	}
}

// testPersonal looks for what the world's answers tell of customers.
func testPersonal(t *testing.T, p Provider) {
	s := newStage(t, p)
	wire := &ear{next: s.server.Client().Transport}
	shelf := s.shelf()
	s.fetch(s.client(wire, patient), s.first(), shelf)
	for _, personal := range append(p.Personal, p.Secrets...) {
		if !wire.heard(personal) && !slices.Contains(p.Secrets, personal) {
			t.Errorf("the world's answers do not hold %q: what is not told cannot be kept out", personal)
		}
		for _, observation := range shelf.handed {
			if strings.Contains(string(observation.Body), personal) {
				t.Errorf("%s %s tells %q: %s", observation.Key.Kind, observation.Key.ID, personal, observation.Body)
			}
		}
	}
}

// testNamed fetches an empty window: only what the shop names is read, and what it names is.
func testNamed(t *testing.T, p Provider) {
	s := newStage(t, p)
	client, all := s.plain(), s.shelf()
	s.fetch(client, s.first(), all)
	for _, key := range sorted(all.Records) {
		payment, ok := all.Records[key].(reconcile.Payment)
		if !ok || payment.Status != reconcile.PaymentSucceeded {
			continue
		}
		shelf := s.shelf()
		s.fetch(client, reconcile.Window{From: p.Now, To: p.Now}, shelf, key.ID, "another provider's id", "")
		if shelf.bodies[key] != all.bodies[key] {
			t.Errorf("%s %s, which the shop names, is read as %q", key.Kind, key.ID, shelf.bodies[key])
		}
		return
	}
	t.Error("the world holds no payment that succeeded")
}
