package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestEachEndpointAndAllHaveTheirLimit(t *testing.T) {
	l := New(0.001, 0.0015, Sleep) // the next turn would come after a quarter of an hour
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := l.Wait(ctx, "charges"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Wait(ctx, "charges"); err == nil {
		t.Error("a second request to the same endpoint had its turn at once")
	}
	if _, err := l.Wait(ctx, "refunds"); err == nil {
		t.Error("a second request in all had its turn at once")
	}
}

func TestARefusalSlowsOneEndpointOnceAndRecovers(t *testing.T) {
	l := New(100, 1000, Sleep)
	first, second := turn(t, l, "charges"), turn(t, l, "charges")
	first.Refused(false, 0)
	second.Refused(false, 0)
	charges, began := l.endpoint("charges"), l.endpoint("charges").since
	for after, want := range map[time.Duration]float64{0: 70, time.Second: 80, 3 * time.Second: 100, time.Hour: 100} {
		if got := charges.allowed(began.Add(after)); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("after %v %v are allowed, want %v: two refusals of one moment count once", after, got, want)
		}
	}
	if got := l.all.allowed(time.Now()); got != 1000 {
		t.Errorf("in all %v are allowed, want 1000: only the endpoint was refused", got)
	}
	charges.since = charges.since.Add(-time.Hour)
	if charges.held(); float64(charges.limiter.Limit()) != 100 {
		t.Errorf("the limit is %v after an hour, want 100", charges.limiter.Limit())
	}
}

func TestRefusalsEndAtTheSlowest(t *testing.T) {
	l := New(100, 1000, func(context.Context, time.Duration) error { return nil })
	for range 40 {
		turn := Turn{endpoint: l.endpoint("x"), all: l.all, began: time.Now()}
		turn.Refused(true, 0)
	}
	if got := l.all.allowed(l.all.since); got < 20 || got > 25 {
		t.Errorf("%v are allowed after forty refusals, want about 20", got)
	}
}

func TestAllWaitForWhatOneWasAskedToWait(t *testing.T) {
	var slept []time.Duration
	l := New(1e6, 1e6, func(_ context.Context, d time.Duration) error {
		slept = append(slept, d)
		return nil
	})
	turn(t, l, "charges").Refused(false, 7*time.Second)
	turn(t, l, "refunds").Done()
	turn(t, l, "charges").Done()
	if len(slept) != 1 || slept[0] < 6*time.Second || slept[0] > 7*time.Second {
		t.Errorf("slept %v, want about 7 s before the next charges alone", slept)
	}
}

func TestTheContextEndsAWait(t *testing.T) {
	l := New(1e6, 1e6, Sleep)
	turn(t, l, "charges").Refused(false, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := l.Wait(ctx, "charges"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

func TestWidthIsWhatIsSentWhileOneIsAnswered(t *testing.T) {
	l := New(100, 1000, Sleep)
	if got := l.Width("charges"); got != atOnce {
		t.Errorf("width %d before the first answer, want %d", got, atOnce)
	}
	l.endpoint("charges").took(200 * time.Millisecond)
	l.all.took(200 * time.Millisecond)
	if got := l.Width("charges"); got != 27 {
		t.Errorf("width %d, want 100 × 0.2 s × 1.25 + 2", got)
	}
	l.endpoint("charges").took(time.Hour)
	if got := l.Width("charges"); got != widest {
		t.Errorf("width %d, want %d at most", got, widest)
	}
}

func turn(t *testing.T, l *Limiter, endpoint string) Turn {
	t.Helper()
	turn, err := l.Wait(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

// numbers reads the numbers below a bound, of which an answer gives ten.
type numbers struct {
	mutex  sync.Mutex
	asked  []span
	most   int // at a time
	going  int
	taken  []int
	failAt int
}

type span struct{ from, to int }

func (n *numbers) Ask(ctx context.Context, s span) ([]int, error) {
	n.mutex.Lock()
	n.asked = append(n.asked, s)
	n.going++
	n.most = max(n.most, n.going)
	n.mutex.Unlock()
	time.Sleep(100 * time.Microsecond)
	n.mutex.Lock()
	n.going--
	n.mutex.Unlock()
	var got []int
	for i := s.from; i < min(s.to, s.from+10); i++ {
		got = append(got, i)
	}
	if s.from <= n.failAt && n.failAt < s.to {
		return nil, fmt.Errorf("no %d", n.failAt)
	}
	return got, ctx.Err()
}

func (n *numbers) Rest(s span, got []int, parts int) ([]span, error) {
	s.from += len(got)
	var left []span
	for i := range parts {
		if part := (span{s.from + (s.to-s.from)*i/parts, s.from + (s.to-s.from)*(i+1)/parts}); part.from < part.to {
			left = append(left, part)
		}
	}
	return left, nil
}

func (n *numbers) Take(_ context.Context, got []int) error {
	n.taken = append(n.taken, got...)
	return nil
}

func TestWalkReadsAllOnce(t *testing.T) {
	n := &numbers{failAt: -1}
	if err := Walk(t.Context(), []span{{0, 700}, {700, 1000}}, func() int { return 6 }, n); err != nil {
		t.Fatal(err)
	}
	slices.Sort(n.taken)
	if want := 1000; len(n.taken) != want || n.taken[0] != 0 || n.taken[want-1] != want-1 || len(slices.Compact(n.taken)) != want {
		t.Errorf("read %d numbers, want each of the first %d once", len(n.taken), want)
	}
	if n.most != 6 {
		t.Errorf("%d at once, want 6", n.most)
	}
}

func TestAQuietWalkIsOneRequest(t *testing.T) {
	n := &numbers{failAt: -1}
	if err := Walk(t.Context(), []span{{0, 10}}, func() int { return 6 }, n); err != nil || len(n.asked) != 1 {
		t.Errorf("asked %v, error %v", n.asked, err)
	}
}

func TestWalkReturnsTheFirstErrorAndLeavesNothingGoing(t *testing.T) {
	n := &numbers{failAt: 567}
	err := Walk(t.Context(), []span{{0, 100000}}, func() int { return 6 }, n)
	if err == nil || err.Error() != "no 567" || n.going != 0 || len(n.taken) > 10000 {
		t.Errorf("error %v with %d going after %d numbers", err, n.going, len(n.taken))
	}
}

func TestWalkEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Walk(ctx, []span{{0, 100}}, func() int { return 6 }, &numbers{failAt: -1}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}
