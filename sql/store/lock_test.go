package store_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// clock is a time that a test moves.
type clock struct{ micros atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.micros.Store(noon.UnixMicro())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMicro(c.micros.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

// pair opens one database twice, as two processes do.
func pair(t *testing.T, url string, c *clock, watchEvery time.Duration) (one, two *store.Store) {
	t.Helper()
	one, two = storetest.Open(t, url), storetest.Open(t, url)
	one.SetClock(c.now, watchEvery)
	two.SetClock(c.now, watchEvery)
	return one, two
}

func eachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run(store.Postgres, func(t *testing.T) { test(t, storetest.PostgresURL(t)) })
	t.Run(store.SQLite, func(t *testing.T) { test(t, storetest.SQLiteURL(t)) })
}

func lost(t *testing.T, held context.Context) {
	t.Helper()
	select {
	case <-held.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("nobody noticed that the lock is gone")
	}
	if cause := context.Cause(held); !errors.Is(cause, store.ErrLockLost) {
		t.Errorf("cause: %v", cause)
	}
}

func TestOneHolderAtATime(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		one, two := pair(t, url, newClock(), time.Hour)
		before := dump(t, one, "run_lock")
		held, release, err := one.Lock(ctx, "host-a, process 1")
		succeed(t, err)
		for _, s := range []*store.Store{one, two} {
			_, _, err := s.Lock(ctx, "host-b")
			if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), "host-a, process 1, since 2026-03-10T12:00:00Z") {
				t.Errorf("second holder: %v", err)
			}
		}
		equal(t, "held", held.Err(), error(nil))
		ended, cancel := context.WithCancel(ctx)
		cancel()
		succeed(t, release(ended)) // a run that was told to stop gives it back too
		_, release, err = two.Lock(ctx, "host-b")
		succeed(t, err)
		succeed(t, release(ctx))
		if one.Dialect() == store.SQLite {
			equal(t, "rows", dump(t, one, "run_lock"), before)
		}
	})
}

func TestPostgresLockDiesWithItsConnection(t *testing.T) {
	one, two := pair(t, storetest.PostgresURL(t), newClock(), 5*time.Millisecond)
	held, release, err := one.Lock(ctx, "host-a")
	succeed(t, err)
	_, err = two.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	succeed(t, err)
	lost(t, held)
	_, releaseTwo, err := two.Lock(ctx, "host-b")
	succeed(t, err)
	if err := release(ctx); err == nil {
		t.Error("a lock was given back that was lost")
	}
	succeed(t, releaseTwo(ctx))
}

func TestSQLiteLockIsALease(t *testing.T) {
	c := newClock()
	url := storetest.SQLiteURL(t)
	one, two := pair(t, url, c, time.Hour) // looked after by hand: never
	_, release, err := one.Lock(ctx, "host-a")
	succeed(t, err)
	c.advance(2*time.Minute - time.Microsecond)
	if _, _, err := two.Lock(ctx, "host-b"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("just inside the lease: %v", err)
	}
	c.advance(time.Microsecond)
	_, releaseTwo, err := two.Lock(ctx, "host-b")
	succeed(t, err)
	succeed(t, release(ctx)) // late, and takes nothing from the new holder
	if _, _, err := one.Lock(ctx, "host-a"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("the new holder's lock is gone: %v", err)
	}
	succeed(t, releaseTwo(ctx))
}

func TestSQLiteLeaseIsRenewedWhileHeld(t *testing.T) {
	c := newClock()
	one, two := pair(t, storetest.SQLiteURL(t), c, time.Millisecond)
	held, release, err := one.Lock(ctx, "host-a")
	succeed(t, err)
	for range 3 {
		c.advance(time.Minute)
		renewedTo(t, one, c.now().Add(2*time.Minute))
	}
	if _, _, err := two.Lock(ctx, "host-b"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("after three minutes: %v", err)
	}
	equal(t, "held", held.Err(), error(nil))
	_, err = two.Exec(ctx, "UPDATE tieout_run_lock SET token = 'somebody else'")
	succeed(t, err)
	lost(t, held)
	succeed(t, release(ctx))
}

// renewedTo waits until the lease reaches as far.
func renewedTo(t *testing.T, s *store.Store, until time.Time) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		var lease int64
		succeed(t, s.DB().Get(&lease, "SELECT lease_until FROM tieout_run_lock"))
		if lease == until.UnixMicro() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("lease until %v, not %v", time.UnixMicro(lease), until)
		}
	}
}

// A run that was killed leaves its lock behind. On its own host the next run need not wait for the lease.
func TestLockOfDeadProcess(t *testing.T) {
	url := storetest.SQLiteURL(t)
	killed, next := storetest.Open(t, url), storetest.Open(t, url)
	_, release, err := killed.Lock(ctx, "killed")
	succeed(t, err)
	_, _, err = next.Lock(ctx, "next")
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("while its process lives: %v", err)
	}
	gone := exec.Command("true")
	succeed(t, gone.Run())
	_, err = killed.DB().ExecContext(ctx, "UPDATE tieout_run_lock SET process = ?", gone.Process.Pid)
	succeed(t, err)
	_, releaseNext, err := next.Lock(ctx, "next")
	succeed(t, err)
	succeed(t, release(ctx)) // the late end of the dead one takes nothing away
	_, _, err = killed.Lock(ctx, "third")
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("the new holder lost its lock: %v", err)
	}
	succeed(t, releaseNext(ctx))
}
