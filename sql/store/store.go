// Package store keeps what tieout knows in PostgreSQL or SQLite: the evidence that feeds were shown, its projections in
// tieout's words, the judgements derived from them, the actions taken and the runs.
//
// Both databases hold the same tables and columns, compare text by bytes and give the same answers; one suite of tests
// runs on both. Every write is keyed, so that a rerun changes nothing. Errors name the call and its key.
package store

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// Store is one database. It is safe for concurrent use.
type Store struct {
	db      *sqlx.DB
	address address
	writing sync.Mutex // SQLite has one writer: those of this process queue here instead of in the database

	asOf *int64 // of a store that only looks: the change as of which it does

	now        func() time.Time // for what is about this process and not about money: runs and the lock
	watchEvery time.Duration
}

// Open connects to postgres://…, postgresql://… or sqlite:PATH and checks that the database answers. A SQLite file is
// made, and migrated, as needed; PostgreSQL is migrated by Migrate alone, and Ready tells whether that was done.
// sqlite::memory: is a database of its own that is gone after Close. An error names the database without its password.
func Open(ctx context.Context, url string) (*Store, error) {
	address, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	db, err := address.open()
	if err != nil {
		return nil, wrap(err, "open database %s", address.shown)
	}
	// Iterators hold a connection each while a caller writes, reading all clusters one for each table; the run lock holds one for the
	// whole run.
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(4)
	s := &Store{db: db, address: address, now: time.Now, watchEvery: watchEvery}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(wrap(err, "open database %s", address.shown), s.Close())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context) error {
	if s.address.dialect == Postgres {
		return s.db.PingContext(ctx)
	}
	// While another process makes the same file, SQLite says "busy" at once and not after its timeout.
	return retry(ctx, func() error {
		if err := s.db.PingContext(ctx); err != nil {
			return err
		}
		_, err := s.Migrate(ctx)
		return err
	})
}

// Close ends all connections.
func (s *Store) Close() error {
	err := wrap(s.db.Close(), "close database %s", s.address.shown)
	if s.address.remove != "" {
		err = errors.Join(err, os.RemoveAll(s.address.remove))
	}
	return err
}

// DB is the database itself: the shop's tables may lie in it too. tieout's own tables all begin with tieout_.
func (s *Store) DB() *sqlx.DB { return s.db }

// Dialect is Postgres or SQLite.
func (s *Store) Dialect() string { return s.address.dialect }

// read is a session without a transaction.
func (s *Store) read() session { return session{runner: s.db, dialect: s.address.dialect} }
