package store

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"tieout/feeds"
)

// SetClock gives the lock and the run record another clock, and how often a held lock is looked after.
func (s *Store) SetClock(now func() time.Time, watchEvery time.Duration) {
	s.now, s.watchEvery = now, watchEvery
}

// Transact runs fn in a transaction that is tried again when it loses against another one.
func (s *Store) Transact(ctx context.Context, fn func() error) error {
	return s.transact(ctx, func(session) error { return fn() })
}

// ObserveTogether is Observe for some batches, one after the other in one transaction.
func (s *Store) ObserveTogether(ctx context.Context, runID int64, at time.Time, batches ...[]feeds.Item) error {
	return s.transact(ctx, func(tx session) error {
		for _, items := range batches {
			if _, err := observe(ctx, tx, runID, at, items); err != nil {
				return err
			}
		}
		return nil
	})
}

// StageFrom has fewer rows go through a staging table, until restore.
func StageFrom(rows int) (restore func()) {
	before := stageFrom
	stageFrom = rows
	return func() { stageFrom = before }
}

// Exec runs one statement as it is.
func (s *Store) Exec(ctx context.Context, statement string) (sql.Result, error) {
	return s.db.ExecContext(ctx, statement)
}

// Numbers reads the column n of a query ahead.
func (s *Store) Numbers(ctx context.Context, query string) iter.Seq2[int64, error] {
	type numberRow struct {
		N int64 `db:"n"`
	}
	rows := ahead[numberRow](ctx, s.read(), query)
	return mapSeq("read numbers", rows, func(r numberRow) (int64, error) { return r.N, nil })
}

const RebuildPage = rebuildPage
