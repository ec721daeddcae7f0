package feedtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

// testResume breaks a first fetch off, at many of its requests, and goes on from where it said that it was: in the end all is
// held. A client need not say how far it has come; then the next fetch begins at the beginning.
func testResume(t *testing.T, p Provider) {
	s := newStage(t, p)
	whole := s.shelf()
	s.watchProgress(whole)
	s.fetch(s.plain(), s.first(), whole)
	whole.through = nil

	down := []Fault{{Name: "connection refused from then on", Stays: true, Route: refused}}
	count := NewCounter(down, s.server.Client().Transport)
	s.fetch(s.client(count, patient), s.first(), s.shelf())
	breaks := 10
	if testing.Short() { // under the race detector
		breaks = 2
	}
	for at := 1; at <= count.Met(0); at += 1 + count.Met(0)/breaks {
		s.resume(NewWire(down, 0, at, s.server.Client().Transport), at, whole)
	}
	s.checkProgressError()
}

// watchProgress holds what a fetch says of how far it has come against what it has handed over.
func (s *stage) watchProgress(shelf *Shelf) {
	last := s.first().From
	shelf.through = func(_ context.Context, instant time.Time) error {
		if !instant.After(last) || instant.After(s.p.Now) {
			s.t.Errorf("read through %s after %s, in a window until %s", instant, last, s.p.Now)
		}
		last = instant
		handed := shelf.keys()
		for _, o := range s.world.Holds(s.p.Now) {
			how := s.p.Kinds[o.Kind]
			if how.Unlisted || how.Made || o.OtherMode || !how.listed(reconcile.Window{From: s.p.Since, To: instant}).Contains(o.Created) {
				continue
			}
			if handed[s.p.key(o.Kind, o.ID)] == 0 {
				s.t.Errorf("read through %s: %s %s, made %s, was not handed over", instant, o.Kind, o.ID, o.Created)
			}
		}
		return nil
	}
}

// resume fetches until the provider goes away, and then the rest.
func (s *stage) resume(wire *Wire, at int, whole *Shelf) {
	s.t.Helper()
	shelf, rest := s.shelf(), s.first()
	shelf.through = func(_ context.Context, instant time.Time) error {
		rest.From = instant.Add(-time.Hour) // as a next fetch overlaps
		return nil
	}
	if _, err := s.try(context.Background(), s.client(wire, patient), s.first(), shelf); err == nil {
		s.t.Errorf("the provider went away at request %d, and the fetch is said to be whole", at)
	}
	shelf.through = nil
	s.fetch(s.plain(), rest, shelf)
	if diff := cmp.Diff(whole.bodies, shelf.bodies); diff != "" {
		s.t.Errorf("broken off at request %d, gone on from %s (- without, + with):\n%.1000s", at, rest.From, diff)
	}
}

// checkProgressError wants an error of who is told how far the fetch has come to end it.
func (s *stage) checkProgressError() {
	s.t.Helper()
	shelf, told := s.shelf(), 0
	shelf.through = func(context.Context, time.Time) error {
		told++
		return errFull
	}
	if _, err := s.try(context.Background(), s.plain(), s.first(), shelf); told > 0 && (!errors.Is(err, errFull) || told > 1) {
		s.t.Errorf("told %d times how far it is, refused each time, and the fetch says %v", told, err)
	}
}
