package feedtest

import (
	"context"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// testRecheck reads again what was open on the first day, a day later: each of its sources and payments as it is then, what was
// made since, and nothing where the provider does not know one any more.
func testRecheck(t *testing.T, p Provider) {
	s := newStage(t, p)
	client, first := s.plain(), s.shelf()
	s.fetch(client, s.first(), first)
	open := openAttempts(first)
	if len(open) == 0 {
		t.Fatal("the world holds no source or payment that is open at the end of the first day")
	}
	s.world.SetNow(p.Now.Add(day))
	whole := s.shelf()
	s.fetch(client, reconcile.Window{From: p.Since, To: p.Now.Add(day)}, whole)

	for _, key := range open {
		shelf := s.shelf()
		tally := s.recheck(client, shelf, feeds.Recheck{IDs: []reconcile.Key{key, {Feed: "another", Account: key.Account, Kind: key.Kind, ID: "x-1"}}})
		if shelf.bodies[key] != whole.bodies[key] {
			t.Errorf("%s %s is read again as %q, and is %q", key.Kind, key.ID, shelf.bodies[key], whole.bodies[key])
		}
		if tally.Read != len(shelf.handed)+tally.OtherMode {
			t.Errorf("%s %s: the tally is %+v, and %d were handed over", key.Kind, key.ID, tally, len(shelf.handed))
		}
	}
	s.recheckSince(client, whole)
	s.recheckReference(client)

	gone := open[0]
	gone.ID = gone.ID[:len(gone.ID)-1] + "0000"
	if _, err := client.Recheck(context.Background(), feeds.Recheck{IDs: []reconcile.Key{gone}, Sink: s.shelf()}); err == nil {
		t.Errorf("%s %s, which the provider does not know, is no error", gone.Kind, gone.ID)
	}
}

func (s *stage) recheck(client Client, shelf *Shelf, recheck feeds.Recheck) feeds.Tally {
	s.t.Helper()
	shelf.begin()
	recheck.Sink = shelf
	tally, err := client.Recheck(context.Background(), recheck)
	if err != nil {
		s.t.Fatalf("look again at %+v: %v", recheck.IDs, err)
	}
	return tally
}

// openAttempts are the sources and payments that can still change.
func openAttempts(shelf *Shelf) []reconcile.Key {
	var open []reconcile.Key
	for _, key := range sorted(shelf.Records) {
		switch shelf.Records[key].(type) {
		case reconcile.Source, reconcile.Payment:
			if canChange(shelf.Records[key]) {
				open = append(open, key)
			}
		}
	}
	return open
}

// recheckSince wants the payments that were made since the last fetch.
func (s *stage) recheckSince(client Client, whole *Shelf) {
	s.t.Helper()
	since, shelf, made := reconcile.Window{From: s.p.Now.Add(-time.Hour), To: s.p.Now.Add(day)}, s.shelf(), 0
	s.recheck(client, shelf, feeds.Recheck{Since: since})
	for _, key := range sorted(whole.Records) {
		payment, ok := whole.Records[key].(reconcile.Payment)
		if !ok || !since.Contains(payment.CreatedAt) {
			continue
		}
		made++
		if shelf.bodies[key] != whole.bodies[key] {
			s.t.Errorf("%s %s was made since, and is shown as %q", key.Kind, key.ID, shelf.bodies[key])
		}
	}
	if made == 0 {
		s.t.Error("no payment was made on the second day: the world is too small")
	}
}

// recheckReference asks by a reference alone: who has no such search shows nothing, and that is no error.
func (s *stage) recheckReference(client Client) {
	s.t.Helper()
	shelf := s.shelf()
	s.recheck(client, shelf, feeds.Recheck{References: []string{"no such order", ""}})
	if len(shelf.handed) != 0 {
		s.t.Errorf("a reference that nobody has shows %d objects", len(shelf.handed))
	}
}
