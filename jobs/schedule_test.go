package jobs

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

// An entry that panics must fire again: with cron's wrappers the other way round it would be silent for ever.
func TestScheduleSurvivesPanic(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	fired := make(chan int, 8)
	count := 0
	entry := Entry{Name: "fragile", Spec: "@every 1s", Run: func(context.Context) {
		count++
		fired <- count
		panic("this entry always panics")
	}}
	ended := make(chan error, 1)
	go func() { ended <- Schedule(ctx, time.UTC, []Entry{entry}, slog.New(slog.DiscardHandler)) }()
	for want := 1; want <= 2; want++ {
		select {
		case got := <-fired:
			if got != want {
				t.Fatalf("fired %d times, want %d", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("the entry did not fire for time %d: the panic silenced it", want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// A run that takes longer than its interval is not run twice at once, and Schedule waits for it before it returns.
func TestScheduleSkipsWhileRunning(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	running, overlaps, finished := make(chan struct{}, 1), 0, 0
	started := make(chan struct{}, 8)
	slow := Entry{Name: "slow", Spec: "@every 1s", Run: func(ctx context.Context) {
		select {
		case running <- struct{}{}:
		default:
			overlaps++
		}
		started <- struct{}{}
		<-ctx.Done()
		<-running
		finished++
	}}
	ticks := make(chan struct{}, 8)
	other := Entry{Name: "other", Spec: "@every 1s", Run: func(context.Context) { ticks <- struct{}{} }}
	ended := make(chan error, 1)
	go func() { ended <- Schedule(ctx, time.UTC, []Entry{slow, other}, slog.New(slog.DiscardHandler)) }()
	<-started
	<-ticks
	<-ticks
	<-ticks // slow's time has come at least once more by now
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if overlaps != 0 || finished != 1 {
		t.Errorf("%d overlapping runs, %d finished before Schedule returned; want 0 and 1", overlaps, finished)
	}
}

func TestScheduleTellsWhichEntryIsWrong(t *testing.T) {
	err := Schedule(t.Context(), time.UTC, []Entry{{Name: "daily", Spec: "61 * * * *"}}, slog.New(slog.DiscardHandler))
	if err == nil || CheckSpec("61 * * * *") == nil || CheckSpec("0 6 * * *") != nil {
		t.Errorf("Schedule: %v, CheckSpec: %v", err, CheckSpec("61 * * * *"))
	}
}
