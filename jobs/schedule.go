package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Entry is something that fires on a schedule: five cron fields, read in the finance zone.
type Entry struct {
	Name string
	Spec string
	Run  func(ctx context.Context)
}

// CheckSpec reports whether a cron expression can be read, for the configuration's check.
func CheckSpec(spec string) error {
	_, err := cron.ParseStandard(spec)
	return err
}

// Schedule fires the entries until ctx ends, then waits for those that run. An entry that still runs when its time comes
// again is skipped; one that panics is logged and fires again next time; two whose times meet run one after the other.
//
// The order of the wrappers matters: with cron v3.0.1, Recover outside SkipIfStillRunning would keep its token after a
// panic and silence the entry for ever.
func Schedule(ctx context.Context, zone *time.Location, entries []Entry, log *slog.Logger) error {
	logger := cronLogger{log}
	var turn sync.Mutex // entries whose times meet run one after the other: neither is locked out by the other
	runner := cron.New(cron.WithLocation(zone), cron.WithLogger(logger), cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	for _, entry := range entries {
		if _, err := runner.AddFunc(entry.Spec, func() {
			turn.Lock()
			defer turn.Unlock()
			if ctx.Err() == nil {
				entry.Run(ctx)
			}
		}); err != nil {
			return fmt.Errorf("schedule %s %q: %w", entry.Name, entry.Spec, err)
		}
	}
	runner.Start()
	<-ctx.Done()
	<-runner.Stop().Done()
	return nil
}

// cronLogger hands cron's messages to slog; its routine ones are worth a debug line only.
type cronLogger struct{ log *slog.Logger }

func (l cronLogger) Info(message string, keysAndValues ...any) {
	l.log.Debug(message, keysAndValues...)
}

func (l cronLogger) Error(err error, message string, keysAndValues ...any) {
	l.log.Error(message, append([]any{"error", err}, keysAndValues...)...)
}
