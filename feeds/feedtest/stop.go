package feedtest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

var errFull = errors.New("the sink is full")

// testSinkError has the sink fail at its first, its second and its last call.
func testSinkError(t *testing.T, p Provider) {
	s := newStage(t, p)
	client, whole := s.plain(), s.shelf()
	s.fetch(client, s.first(), whole)
	for _, at := range []int{1, 2, whole.calls} {
		shelf := s.shelf()
		shelf.refuse = func(call int) error {
			if call >= at {
				return errFull
			}
			return nil
		}
		_, err := s.try(context.Background(), client, s.first(), shelf)
		if !errors.Is(err, errFull) {
			t.Errorf("call %d of the sink failed, and the fetch says %v", at, err)
		}
		if shelf.calls != at {
			t.Errorf("the sink failed at call %d and was called %d times", at, shelf.calls)
		}
	}
}

// testCancel cancels a fetch while an answer is on its way, at the first, a later and the last request, and while the client
// waits before it tries again.
func testCancel(t *testing.T, p Provider) {
	counted := newStage(t, p)
	count := NewCounter(Faults(), counted.server.Client().Transport)
	counted.fetch(counted.client(count, patient), counted.first(), counted.shelf())
	for _, at := range []int{1, count.Met(0) / 2, count.Met(0)} {
		testCanceledAt(t, p, at, hang)
	}
	testCanceledAt(t, p, 2, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := counted.try(ctx, counted.plain(), counted.first(), counted.shelf()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past its deadline the fetch says %v", err)
	}
}

// hang keeps the answer until the client is gone.
func hang(_ http.ResponseWriter, r *http.Request) {
	_ = BodyHolds(r, "") // a client that goes away is noticed only once all that it sent was read
	<-r.Context().Done()
}

// soon is how long a fetch may take to end after it was canceled, with room for a busy machine.
const soon = 10 * time.Second

func testCanceledAt(t *testing.T, p Provider, at int, answer func(http.ResponseWriter, *http.Request)) {
	t.Helper()
	s := newStage(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	requests := make(chan int, 1)
	requests <- 0
	s.each(func(w http.ResponseWriter, r *http.Request) bool {
		number := <-requests + 1
		requests <- number
		if number < at {
			return false
		}
		time.AfterFunc(20*time.Millisecond, cancel) // when the client waits for the answer, or has it
		answer(w, r)
		return true
	})
	shelf := s.shelf()
	ended := make(chan error, 1)
	client := s.plain()
	go func() {
		_, err := s.try(ctx, client, s.first(), shelf)
		ended <- err
	}()
	select {
	case err := <-ended:
		made := <-requests
		requests <- made
		if made >= at && !errors.Is(err, context.Canceled) { // a client that asks several things at once may need fewer requests this time
			t.Errorf("canceled at request %d the fetch says %v", at, err)
		}
	case <-time.After(soon):
		t.Fatalf("canceled at request %d the fetch goes on", at)
	}
	calls := shelf.calls
	time.Sleep(5 * time.Millisecond)
	if shelf.inside.Load() != 0 || shelf.calls != calls {
		t.Errorf("canceled at request %d the fetch came back, and still calls the sink", at)
	}
}
