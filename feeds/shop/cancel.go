package shop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// CancelOutcome is how an attempt to cancel an order ended.
type CancelOutcome string

// How an attempt to cancel an order ended. Only Canceled changed anything.
const (
	Canceled   CancelOutcome = "canceled"
	NotPending CancelOutcome = "not pending" // its status is another by now: somebody paid or canceled it
	Missing    CancelOutcome = "missing"     // the shop has no such order
)

// errNothingToDo rolls a transaction back without being a failure.
var errNothingToDo = errors.New("nothing to do")

// Cancel sets an order's status to the first of the shop's words for canceled if, at that moment, its status is one of
// those for pending; and the canceled and changed columns, where mapped, to at. It is an error, and nothing is changed,
// when that would touch other than exactly one row, or when the shop's database does not keep what was written.
func (s *Shop) Cancel(ctx context.Context, reference string, at time.Time) (CancelOutcome, error) {
	outcome := Canceled
	err := s.inTransaction(ctx, s.dialect.writeOptions(), func(tx *sqlx.Tx) error {
		updated, err := s.setCanceled(ctx, tx, reference, at)
		if err != nil {
			return err
		}
		statuses, err := s.statuses(ctx, tx, reference)
		if err != nil {
			return err
		}
		outcome, err = s.judgeCancel(updated, statuses)
		return err
	})
	if err != nil && !errors.Is(err, errNothingToDo) {
		return "", fmt.Errorf("cancel order %q in %s: %w", reference, s.orders.name, err)
	}
	return outcome, nil
}

// judgeCancel takes how many rows the update changed, and the statuses that all rows with the reference have after it.
func (s *Shop) judgeCancel(updated int, statuses []string) (CancelOutcome, error) {
	switch {
	case len(statuses) > 1 || updated > 1:
		return "", fmt.Errorf("%d rows have this reference; nothing was changed", max(updated, len(statuses)))
	case updated == 1 && !slices.Equal(statuses, s.mapping.Statuses.Canceled[:1]):
		return "", fmt.Errorf("the update was accepted, but the status is now %q; nothing was changed", statuses)
	case updated == 1:
		return Canceled, nil
	case len(statuses) == 0:
		return Missing, errNothingToDo
	}
	return NotPending, errNothingToDo
}

// setCanceled is the compare-and-set. It counts what it changed by RETURNING: SQLite's own count leaves out what the
// trigger of a view changed.
func (s *Shop) setCanceled(ctx context.Context, tx *sqlx.Tx, reference string, at time.Time) (updated int, err error) {
	status := s.orders.field(keyStatus).column
	set, args := []string{quote(status) + ` = ?`}, []any{s.mapping.Statuses.Canceled[0]}
	for _, stamp := range s.stamps {
		set, args = append(set, quote(stamp.column)+` = ?`), append(args, stamp.value(at))
	}
	where, whereArgs := s.dialect.equals(s.orders.id.column, s.orders.types[s.orders.id.key], reference)
	args = append(args, whereArgs...)
	for _, word := range s.mapping.Statuses.Pending {
		args = append(args, word)
	}
	pending := strings.TrimSuffix(strings.Repeat("?, ", len(s.mapping.Statuses.Pending)), ", ")
	query := `UPDATE ` + quote(s.orders.name) + ` SET ` + strings.Join(set, ", ") + ` WHERE ` + where +
		` AND ` + s.dialect.exact(status) + ` IN (` + pending + `) RETURNING 1`
	var changed []int
	if err := tx.SelectContext(ctx, &changed, s.dialect.rebind(query), args...); err != nil {
		return 0, fmt.Errorf("set status: %w", err)
	}
	return len(changed), nil
}

// statuses are those of all rows with a reference; a null is empty.
func (s *Shop) statuses(ctx context.Context, tx *sqlx.Tx, reference string) ([]string, error) {
	where, args := s.dialect.equals(s.orders.id.column, s.orders.types[s.orders.id.key], reference)
	status := s.dialect.exact(s.orders.field(keyStatus).column)
	var found []string
	err := tx.SelectContext(ctx, &found, s.dialect.rebind(
		`SELECT COALESCE(`+status+`, '') FROM `+quote(s.orders.name)+` WHERE `+where), args...)
	if err != nil {
		return nil, fmt.Errorf("read status: %w", err)
	}
	return found, nil
}

// Contact returns the customer's e-mail address, for the outbox alone. It is empty where none is mapped or known.
func (s *Shop) Contact(ctx context.Context, reference string) (string, error) {
	column := s.mapping.Columns.Email
	if column == "" {
		return "", nil
	}
	where, args := s.dialect.equals(s.orders.id.column, s.orders.types[s.orders.id.key], reference)
	var found []sql.NullString
	err := s.db.SelectContext(ctx, &found, s.dialect.rebind(
		`SELECT CAST(`+quote(column)+` AS text) FROM `+quote(s.orders.name)+` WHERE `+where), args...)
	if err != nil {
		return "", fmt.Errorf("read e-mail of order %q in %s: %w", reference, s.orders.name, err)
	}
	if len(found) > 1 {
		return "", fmt.Errorf("read e-mail of order %q in %s: %d rows have this reference", reference, s.orders.name, len(found))
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0].String, nil
}
