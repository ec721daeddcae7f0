package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// attempts bounds how often a transaction that lost against another one is tried.
const attempts = 6

// transact runs fn in one transaction, all or nothing, and again from its start when the database says that another
// transaction came in between. fn must leave nothing behind but what it writes through its session.
func (s *Store) transact(ctx context.Context, fn func(session) error) error {
	if s.asOf != nil {
		return ErrReadOnly
	}
	if s.address.dialect == SQLite {
		s.writing.Lock()
		defer s.writing.Unlock()
	}
	return retry(ctx, func() error { return s.once(ctx, &sql.TxOptions{Isolation: s.isolation()}, fn) })
}

// snapshot runs fn in one read-only transaction, so that all its queries see the same instant.
func (s *Store) snapshot(ctx context.Context, fn func(session) error) error {
	if s.asOf != nil {
		return fn(s.read()) // which is in one already
	}
	return retry(ctx, func() error { return s.once(ctx, &sql.TxOptions{Isolation: s.isolation(), ReadOnly: true}, fn) })
}

// isolation is that of SQLite, which has no weaker one, and its like on PostgreSQL for the writes made here: a row that
// changed since the transaction began cannot be overwritten.
func (s *Store) isolation() sql.IsolationLevel {
	if s.address.dialect == SQLite {
		return sql.LevelDefault
	}
	return sql.LevelRepeatableRead
}

// retry tries again, a few times and after a pause, what lost against another transaction.
func retry(ctx context.Context, try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		if err == nil || attempt == attempts || !lostRace(err) {
			return err
		}
		pause := time.Duration(attempt) * time.Duration(10+rand.IntN(20)) * time.Millisecond
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (s *Store) once(ctx context.Context, options *sql.TxOptions, fn func(session) error) error {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTxx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := fn(session{runner: tx, dialect: s.address.dialect, conn: conn.Conn}); err != nil {
		return err
	}
	return tx.Commit()
}

// lostRace reports whether an error says only that another transaction was in the way.
func lostRace(err error) bool {
	var pg *pq.Error
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01" // serialization_failure, deadlock_detected
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & 0xff
		return primary == sqlitelib.SQLITE_BUSY || primary == sqlitelib.SQLITE_LOCKED
	}
	return false
}

// isTaken reports whether a row was to be added whose key is held already.
func isTaken(err error) bool {
	var pg *pq.Error
	if errors.As(err, &pg) {
		return pg.Code == "23505" // unique_violation
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY || lite.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE)
}
