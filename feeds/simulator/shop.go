package simulator

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The dialects that SyncShop writes.
const (
	DialectPostgres = "postgres"
	DialectSQLite   = "sqlite"
)

// syncRows is how many rows one statement carries; eleven columns stay below every limit on parameters.
const syncRows = 500

// shopTables creates the merchant's tables; {time} is the dialect's type for an instant. shop_synced remembers up to when
// the story was written, so that a later process goes on from there.
var shopTables = []string{
	`CREATE TABLE IF NOT EXISTS shop_orders (order_no text PRIMARY KEY, payment_ref text NOT NULL, gateway text NOT NULL,
		total_minor bigint NOT NULL, currency text NOT NULL, state text NOT NULL, created_at {time} NOT NULL,
		paid_at {time}, canceled_at {time}, updated_at {time} NOT NULL, email text NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS shop_refunds (refund_no text PRIMARY KEY, order_no text NOT NULL,
		amount_minor bigint NOT NULL, currency text NOT NULL, state text NOT NULL, requested_at {time} NOT NULL,
		done_at {time})`,
	`CREATE TABLE IF NOT EXISTS shop_synced (id integer PRIMARY KEY, until {time} NOT NULL)`,
}

// shopTable is where rows go: the columns, the first of which is the key.
type shopTable struct {
	name    string
	columns []string
}

var (
	ordersTable = shopTable{"shop_orders", []string{"order_no", "payment_ref", "gateway", "total_minor", "currency", "state",
		"created_at", "paid_at", "canceled_at", "updated_at", "email"}}
	refundsTable = shopTable{"shop_refunds", []string{"refund_no", "order_no", "amount_minor", "currency", "state",
		"requested_at", "done_at"}}
)

// SyncShop writes what the shop knows at t into its tables, creating them if they are absent: new rows, and those whose own
// state changed in the story since the last call. All other rows stay as they are, so a cancel that was written back by
// somebody else stays until the shop's own story overwrites it. The driver of db must be registered by the caller.
func (w *World) SyncShop(ctx context.Context, db *sql.DB, dialect string, t time.Time) error {
	if dialect != DialectPostgres && dialect != DialectSQLite {
		return fmt.Errorf("sync shop: unknown dialect %q: use %s or %s", dialect, DialectPostgres, DialectSQLite)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sync shop: begin: %w", err)
	}
	s := shopSync{tx: tx, dialect: dialect}
	if err := s.run(ctx, w, t.UTC()); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sync shop: commit: %w", err)
	}
	return nil
}

// shopSync is one call of SyncShop.
type shopSync struct {
	tx      *sql.Tx
	dialect string
}

func (s shopSync) run(ctx context.Context, w *World, t time.Time) error {
	if err := s.createTables(ctx); err != nil {
		return err
	}
	since, err := s.lastSync(ctx)
	if err != nil {
		return err
	}
	if !t.After(since) {
		return nil
	}
	orders, refunds := w.shopRows(since, t)
	if err := s.write(ctx, ordersTable, orders); err != nil {
		return err
	}
	if err := s.write(ctx, refundsTable, refunds); err != nil {
		return err
	}
	return s.write(ctx, shopTable{"shop_synced", []string{"id", "until"}}, [][]any{{1, t}})
}

func (s shopSync) createTables(ctx context.Context) error {
	kind := "text"
	if s.dialect == DialectPostgres {
		kind = "timestamptz"
	}
	for _, statement := range shopTables {
		if _, err := s.tx.ExecContext(ctx, strings.ReplaceAll(statement, "{time}", kind)); err != nil {
			return fmt.Errorf("sync shop: create tables: %w", err)
		}
	}
	return nil
}

// lastSync returns the instant that the tables were written up to; the zero time for new tables.
func (s shopSync) lastSync(ctx context.Context) (time.Time, error) {
	var stored any
	err := s.tx.QueryRowContext(ctx, `SELECT until FROM shop_synced WHERE id = 1`).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("sync shop: read shop_synced: %w", err)
	}
	switch v := stored.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return time.Time{}, fmt.Errorf("sync shop: read shop_synced: %w", err)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("sync shop: read shop_synced: until is a %T, not a time", stored)
}

// shopRows returns the rows of orders and refunds that moved in (since, t], as they are at t.
func (w *World) shopRows(since, t time.Time) (orders, refunds [][]any) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, o := range w.orders {
		if o.states.movedIn(since, t) {
			orders = append(orders, o.row(t))
		}
	}
	for _, r := range w.requests {
		if r.states.movedIn(since, t) {
			refunds = append(refunds, r.row(t))
		}
	}
	return orders, refunds
}

func (o *shopOrder) row(t time.Time) []any {
	state, _ := o.states.at(t)
	return []any{o.reference, state.paymentRef, o.gateway, o.total, o.currency, state.state, o.created,
		state.paidAt, state.canceledAt, o.states.since(t), o.email}
}

func (r *refundRequest) row(t time.Time) []any {
	state, _ := r.states.at(t)
	return []any{r.id, r.order.reference, r.amount, r.order.currency, state.state, r.requested, state.doneAt}
}

// write inserts rows, or overwrites those with the same key.
func (s shopSync) write(ctx context.Context, table shopTable, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), syncRows)
		var args []any
		for _, row := range rows[:n] {
			for _, v := range row {
				args = append(args, s.value(v))
			}
		}
		if _, err := s.tx.ExecContext(ctx, table.upsert(n, s.dialect), args...); err != nil {
			return fmt.Errorf("sync shop: write %d rows of %s: %w", n, table.name, err)
		}
		rows = rows[n:]
	}
	return nil
}

// value turns an instant into what the dialect stores: NULL when it has not happened.
func (s shopSync) value(v any) any {
	t, ok := v.(time.Time)
	switch {
	case !ok:
		return v
	case t.IsZero():
		return nil
	case s.dialect == DialectSQLite:
		return t.UTC().Format(time.RFC3339)
	}
	return t.UTC()
}

func (t shopTable) upsert(rows int, dialect string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", t.name, strings.Join(t.columns, ", "))
	for row := range rows {
		for column := range t.columns {
			b.WriteString(separator(row, column))
			b.WriteString(placeholder(dialect, row*len(t.columns)+column+1))
		}
		b.WriteByte(')')
	}
	fmt.Fprintf(&b, " ON CONFLICT (%s) DO UPDATE SET ", t.columns[0])
	for i, column := range t.columns[1:] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = excluded.%s", column, column)
	}
	return b.String()
}

// separator is what stands before a placeholder.
func separator(row, column int) string {
	switch {
	case column > 0:
		return ", "
	case row > 0:
		return ", ("
	}
	return "("
}

func placeholder(dialect string, number int) string {
	if dialect == DialectSQLite {
		return "?"
	}
	return "$" + strconv.Itoa(number)
}
