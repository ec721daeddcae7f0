package store

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"syscall"
)

// leaseLock is the run lock on SQLite.
type leaseLock struct {
	store  *Store
	holder string
	token  string // tells this holding of the lock from every other
	until  int64  // Unix microseconds: the end of the lease as last renewed
}

func (l *leaseLock) take(ctx context.Context) error {
	if err := l.clearDead(ctx); err != nil {
		return err
	}
	l.token = rand.Text()
	now := l.store.now()
	until := micros(now.Add(lease))
	var got int64
	err := l.store.transact(ctx, func(tx session) (err error) {
		got, err = tx.exec(ctx, `INSERT INTO tieout_run_lock (name, holder, space, process, token, since, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, space = excluded.space, process = excluded.process, token = excluded.token, since = excluded.since,
			lease_until = excluded.lease_until WHERE tieout_run_lock.lease_until <= excluded.since`,
			lockName, l.holder, processSpace(), os.Getpid(), l.token, micros(now), until)
		return err
	})
	if err != nil {
		return err
	}
	if got == 0 {
		return l.store.locked(ctx)
	}
	l.until = until
	return nil
}

// clearDead drops a lock whose holder was a process of this machine that was killed: nobody will renew it, and the next run
// need not wait for the lease to run out.
func (l *leaseLock) clearDead(ctx context.Context) error {
	rows, err := locks.find(ctx, l.store.read(), "name = ?", lockName)
	if err != nil || len(rows) == 0 || rows[0].Space == "" || rows[0].Space != processSpace() || !hasDied(rows[0].Process) {
		return err
	}
	return l.store.transact(ctx, func(tx session) error {
		_, err := tx.exec(ctx, "DELETE FROM tieout_run_lock WHERE token = ?", rows[0].Token)
		return err
	})
}

// hasDied reports whether there is surely no such process here. Any doubt leaves the lock to its lease.
func hasDied(process int) bool {
	return process > 0 && errors.Is(syscall.Kill(process, 0), syscall.ESRCH)
}

// processSpace names the space in which process ids mean something: this boot of this machine and, inside it, this PID
// namespace. Two containers may share a host name and a volume, and not their processes. Empty where the system does not
// tell: then only the lease counts.
func processSpace() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// check renews the lease. A renewal that fails is tried again until the lease has run out.
func (l *leaseLock) check(ctx context.Context) error {
	now := l.store.now()
	if micros(now) >= l.until {
		return errors.New("its lease ran out before it could be renewed")
	}
	until := micros(now.Add(lease))
	var renewed int64
	err := l.store.transact(ctx, func(tx session) (err error) {
		renewed, err = tx.exec(ctx, "UPDATE tieout_run_lock SET lease_until = ? WHERE token = ?", until, l.token)
		return err
	})
	if err == nil && renewed == 0 {
		return errors.New("another run has taken it over")
	}
	if err == nil {
		l.until = until
	}
	return nil
}

func (l *leaseLock) release(ctx context.Context) error {
	return l.store.transact(ctx, func(tx session) error {
		_, err := tx.exec(ctx, "DELETE FROM tieout_run_lock WHERE token = ?", l.token)
		return err
	})
}
