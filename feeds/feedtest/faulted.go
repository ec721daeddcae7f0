package feedtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hasty is the client's timeout where a fault lets it run out.
const hasty = time.Second

// testFaults has every fault strike at every request of the second day's fetch. One that passes leaves no trace; after one
// that does not, the fetch says that it is incomplete, and the next one holds what there is. Which fault is met where is
// counted on a fetch without one.
func testFaults(t *testing.T, p Provider) {
	s := newStage(t, p)
	first := s.shelf()
	s.fetch(s.plain(), s.first(), first)
	s.world.SetNow(p.Now.Add(day))
	want := first.copy()
	s.fetch(s.plain(), s.second(), want)

	count := NewCounter(s.faults, s.server.Client().Transport)
	s.fetch(s.client(count, patient), s.second(), first.copy())
	var group sync.WaitGroup
	slots := map[bool]chan struct{}{true: make(chan struct{}, 32), false: make(chan struct{}, 4)} // those that wait take no time from the others
	for number, fault := range s.faults {
		if count.Met(number) == 0 {
			t.Errorf("no request can meet %q: the world is too small", fault.Name)
		}
		for at := range count.Met(number) {
			if testing.Short() && at%6 != number%6 { // under the race detector
				continue
			}
			group.Go(func() {
				slots[fault.Slow] <- struct{}{}
				defer func() { <-slots[fault.Slow] }()
				s.strike(fmt.Sprintf("%s at request %d of %d", fault.Name, at+1, count.Met(number)), number, at+1, first.copy(), want)
			})
		}
	}
	group.Wait()
}

// strike fetches with one fault, and once more without where the first fetch was incomplete.
func (s *stage) strike(name string, number, at int, shelf, want *Shelf) {
	fault, timeout := s.faults[number], patient
	if fault.Slow {
		timeout = hasty
	}
	wire := NewWire(s.faults, number, at, s.server.Client().Transport)
	_, err := s.try(context.Background(), s.client(wire, timeout), s.second(), shelf)
	switch {
	case err == nil && fault.Outcome == Final:
		s.t.Errorf("%s: the fetch is said to be whole", name)
	case err != nil && fault.Outcome == Passes:
		s.t.Errorf("%s: %v", name, err)
	}
	if err != nil {
		if _, err := s.try(context.Background(), s.client(nil, patient), s.second(), shelf); err != nil {
			s.t.Errorf("%s: the next fetch: %v", name, err)
		}
	}
	if diff := cmp.Diff(want.bodies, shelf.bodies); diff != "" {
		s.t.Errorf("%s: what is held in the end (- without the fault, + with it):\n%.1000s", name, diff)
	}
}
