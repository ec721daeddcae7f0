package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// advisoryKey is tieout's among the advisory locks of a database: the bytes of "tieout".
const advisoryKey = 0x7469656f7574

// advisoryLock is the run lock on PostgreSQL. The row in tieout_run_lock only tells others who holds it.
type advisoryLock struct {
	store  *Store
	holder string
	conn   *sql.Conn
}

func (l *advisoryLock) take(ctx context.Context) error {
	conn, err := l.store.db.Conn(ctx)
	if err != nil {
		return err
	}
	l.conn = conn
	var got bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(advisoryKey)).Scan(&got); err != nil {
		return errors.Join(err, conn.Close())
	}
	if !got {
		return errors.Join(l.store.locked(ctx), conn.Close())
	}
	row := lockRow{Name: lockName, Holder: l.holder, Since: micros(l.store.now())}
	err = l.store.transact(ctx, func(tx session) error {
		_, err := locks.upsert(ctx, tx, []lockRow{row})
		return err
	})
	if err != nil {
		return errors.Join(err, l.release(context.WithoutCancel(ctx)))
	}
	return nil
}

// check asks the server over the connection that holds the lock: as long as it answers, the lock is held.
func (l *advisoryLock) check(ctx context.Context) error {
	var one int
	return l.conn.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// release ends the connection rather than giving it back to the pool: whatever happened to it, the lock is gone with it.
func (l *advisoryLock) release(ctx context.Context) error {
	_, err := l.conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(advisoryKey))
	if broken := l.conn.Raw(func(any) error { return driver.ErrBadConn }); broken != nil && !errors.Is(broken, driver.ErrBadConn) {
		err = errors.Join(err, broken)
	}
	return err
}
