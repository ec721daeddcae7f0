package store

import (
	"context"
	"database/sql"
	"time"
)

// SetClock gives the lock and the run record another clock, and how often a held lock is looked after.
func (s *Store) SetClock(now func() time.Time, watchEvery time.Duration) {
	s.now, s.watchEvery = now, watchEvery
}

// Transact runs fn in a transaction that is tried again when it loses against another one.
func (s *Store) Transact(ctx context.Context, fn func() error) error {
	return s.transact(ctx, func(session) error { return fn() })
}

// Exec runs one statement as it is.
func (s *Store) Exec(ctx context.Context, statement string) (sql.Result, error) {
	return s.db.ExecContext(ctx, statement)
}

const RebuildPage = rebuildPage
