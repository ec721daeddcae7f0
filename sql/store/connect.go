package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"modernc.org/sqlite"
)

func (a address) open() (*sqlx.DB, error) {
	connector, err := a.connector()
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(sql.OpenDB(connector), a.dialect), nil
}

func (a address) connector() (driver.Connector, error) {
	if a.dialect != Postgres {
		return file{a.dsn}, nil
	}
	connector, err := pq.NewConnector(a.dsn)
	return tuned{connector}, err
}

// file connects to a file of SQLite.
type file struct{ dsn string }

// Connect connects.
func (f file) Connect(context.Context) (driver.Conn, error) { return f.Driver().Open(f.dsn) }

// Driver is SQLite's.
func (file) Driver() driver.Driver { return &sqlite.Driver{} }

// tuned connects to PostgreSQL and tells the planner what kind of work comes: a million rows read in the order of an index,
// where compiling the query costs more than it saves, and thousands of rows looked up by key, which is not as dear as on a
// disk that turns. It says so in the session and not when it connects, where a pooler might refuse it.
type tuned struct{ driver.Connector }

const tuning = "SET jit = off; SET random_page_cost = 1.1"

// Connect connects.
func (t tuned) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := t.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, tuning, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
