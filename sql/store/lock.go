package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrLocked: another run holds the lock. The text says who and since when.
var ErrLocked = errors.New("another run holds the lock")

// ErrLockLost is the cause with which the context of a lock ends when the lock is lost: another run may have begun.
var ErrLockLost = errors.New("the run lock was lost")

// The lease is how long a SQLite lock outlives its holder; a lock is looked after several times in that time.
const (
	lease      = 2 * time.Minute
	watchEvery = 20 * time.Second

	watchPostgresEvery = time.Second
)

// Lock takes the run lock of this database for holder, a name for people, or returns ErrLocked. It does not wait. What is
// done under the lock is done with the context held: it is ctx until the lock is lost, and then ends with the cause
// ErrLockLost. release gives the lock back, also when ctx has ended; it must be called, once.
//
// On PostgreSQL the lock is an advisory lock on a connection of its own, and is free as soon as that connection dies. On
// SQLite it is a row with a lease of two minutes, renewed while it is held, and anybody's once the lease has run out, or
// at once when its holder was a process of this machine that has died.
func (s *Store) Lock(ctx context.Context, holder string) (held context.Context, release func(context.Context) error, err error) {
	var l locker = &leaseLock{store: s, holder: holder}
	if s.address.dialect == Postgres {
		l = &advisoryLock{store: s, holder: holder}
	}
	if err := l.take(ctx); err != nil {
		return nil, nil, wrap(err, "lock database %s", s.address.shown)
	}
	every := s.watchEvery
	if s.address.dialect == Postgres { // a lost connection frees the lock at once, so it must be noticed at once
		every = min(every, watchPostgresEvery)
	}
	held, unwatch := watch(ctx, l.check, every)
	return held, func(ctx context.Context) error {
		unwatch()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return wrap(l.release(ctx), "release the lock of database %s", s.address.shown)
	}, nil
}

// locker is the run lock as one database has it.
type locker interface {
	// take returns ErrLocked when another one holds it.
	take(ctx context.Context) error
	// check returns an error as soon as the lock is no longer sure to be held.
	check(ctx context.Context) error
	release(ctx context.Context) error
}

// watch checks a lock until unwatch is called, which waits for a check under way.
func watch(ctx context.Context, check func(context.Context) error, every time.Duration) (held context.Context, unwatch func()) {
	held, lose := context.WithCancelCause(ctx)
	done, quit := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
			// Also after ctx has ended: a run that is stopping still holds its lock.
			checking, cancel := context.WithTimeout(context.WithoutCancel(ctx), every)
			err := check(checking)
			cancel()
			if err != nil {
				lose(fmt.Errorf("%w: %w", ErrLockLost, err))
				return
			}
		}
	}()
	return held, func() {
		close(quit)
		<-done
		lose(context.Canceled)
	}
}

type lockRow struct {
	Name       string `db:"name"`
	Holder     string `db:"holder"`
	Space      string `db:"space"`   // SQLite: where the holder's process id means something; empty when not known
	Process    int    `db:"process"` // SQLite: that id
	Token      string `db:"token"`
	Since      int64  `db:"since"`
	LeaseUntil int64  `db:"lease_until"`
}

var locks = newTable[lockRow]("tieout_run_lock", "name")

// lockName is the one row of the table.
const lockName = "run"

// locked is ErrLocked with what is known of the holder.
func (s *Store) locked(ctx context.Context) error {
	rows, err := locks.find(ctx, s.read(), "name = ?", lockName)
	if err != nil || len(rows) == 0 {
		return errors.Join(ErrLocked, err)
	}
	return fmt.Errorf("%w: %s, since %s", ErrLocked, rows[0].Holder, instant(rows[0].Since).Format(time.RFC3339))
}
