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

// told hands on each message that is logged.
type told struct{ messages chan string }

func (told) Enabled(context.Context, slog.Level) bool { return true }

func (h told) Handle(_ context.Context, record slog.Record) error {
	select {
	case h.messages <- record.Message:
	default:
	}
	return nil
}

func (h told) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h told) WithGroup(string) slog.Handler { return h }

// A run that takes longer than its interval is not run twice at once, one whose time meets another's waits for it, and
// Schedule waits for what runs before it returns.
func TestScheduleRunsOneAtATime(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	log := told{make(chan string, 100)}
	running, most, finished := 0, 0, 0
	entry := func(name string) Entry {
		return Entry{Name: name, Spec: "@every 1s", Run: func(ctx context.Context) {
			running++
			most = max(most, running)
			<-ctx.Done()
			running--
			finished++
		}}
	}
	ended := make(chan error, 1)
	go func() { ended <- Schedule(ctx, time.UTC, []Entry{entry("one"), entry("two")}, slog.New(log)) }()
	for message := range log.messages {
		if message == "skip" { // the time of an entry that still runs has come again
			break
		}
		if ctx.Err() != nil {
			t.Fatal("nothing was skipped")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if most != 1 || finished != 1 { // the one that waited for its turn does not begin any more
		t.Errorf("%d at once, %d finished before Schedule returned; want 1 and 1", most, finished)
	}
}

func TestScheduleTellsWhichEntryIsWrong(t *testing.T) {
	err := Schedule(t.Context(), time.UTC, []Entry{{Name: "daily", Spec: "61 * * * *"}}, slog.New(slog.DiscardHandler))
	if err == nil || CheckSpec("61 * * * *") == nil || CheckSpec("0 6 * * *") != nil {
		t.Errorf("Schedule: %v, CheckSpec: %v", err, CheckSpec("61 * * * *"))
	}
}
