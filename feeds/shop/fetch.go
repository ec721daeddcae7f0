package shop

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"tieout/feeds"
	"tieout/reconcile"
)

// batchSize is how many observations a sink is handed at a time.
const batchSize = 500

// Fetch hands over every order that may have changed since the window began, and every refund. It may hand over rows that
// did not change: the store compares. Without a mapped changed column all orders are read; with one, also those that the
// request's memory calls open, whenever they changed: they were rejected, and the mapping may have been mended since.
//
// A reference that stands in several rows is handed over once, without the rows' contents, and its normaliser rejects it:
// which of them is the order would be a guess.
func (s *Shop) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	out := s.newDelivery(request.Sink)
	open, err := s.openOrders(ctx, request.Memory)
	if err != nil {
		return feeds.Tally{}, err
	}
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		if err := s.readOrders(ctx, tx, request.Window, open, out); err != nil {
			return fmt.Errorf("read orders of %s: %w", s.orders.name, err)
		}
		if s.refunds == nil {
			return nil
		}
		if err := s.readTable(ctx, tx, *s.refunds, selection{where: "1 = 1"}, out); err != nil {
			return fmt.Errorf("read refunds of %s: %w", s.refunds.name, err)
		}
		return nil
	})
	if err == nil {
		err = out.flush(ctx)
	}
	return feeds.Tally{Read: out.handed}, err
}

// openOrders asks before the read begins, for the memory may need the connection that the read will hold. A shop that does
// not tell what changed is read whole.
func (s *Shop) openOrders(ctx context.Context, memory feeds.Memory) ([]string, error) {
	if memory == nil || s.orders.field(keyChanged).column == "" {
		return nil, nil
	}
	return memory.Open(ctx, KindOrder)
}

// readOrders hands over what may have changed in a window and the open orders, each once.
func (s *Shop) readOrders(ctx context.Context, tx *sqlx.Tx, window reconcile.Window, open []string, out *delivery) error {
	rows := selection{where: "1 = 1", without: map[string]bool{}}
	if changed := s.orders.field(keyChanged); changed.column != "" {
		rows.where, rows.args = s.dialect.changedSince(changed.column, s.orders.types[keyChanged], window.From)
	}
	for _, reference := range open {
		rows.without[reference] = true
		if err := s.readOrder(ctx, tx, reference, out); err != nil {
			return fmt.Errorf("order %q: %w", reference, err)
		}
	}
	return s.readTable(ctx, tx, s.orders, rows, out)
}

// Reread hands over these orders as they are now. One that the shop does not have is left out.
func (s *Shop) Reread(ctx context.Context, references []string, sink feeds.Sink) error {
	out := s.newDelivery(sink)
	err := s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		for _, reference := range references {
			if err := s.readOrder(ctx, tx, reference, out); err != nil {
				return fmt.Errorf("read order %q of %s: %w", reference, s.orders.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.flush(ctx)
}

func (s *Shop) readOrder(ctx context.Context, tx *sqlx.Tx, reference string, out *delivery) error {
	where, args := s.dialect.equals(s.orders.id.column, s.orders.types[s.orders.id.key], reference)
	var rows []row
	err := s.eachRow(ctx, tx, s.orders, where, args, func(r row) error {
		rows = append(rows, r)
		return nil
	})
	switch {
	case err != nil || len(rows) == 0:
		return err
	case len(rows) > 1:
		return out.add(ctx, s.repeated(s.orders, reference, len(rows)))
	}
	return out.add(ctx, s.observation(s.orders, rows[0]))
}

// selection says which rows of a table to read.
type selection struct {
	where   string
	args    []any
	without map[string]bool // ids that were handed over already
}

// readTable hands over the selected rows of a table, and every id that stands in several rows.
func (s *Shop) readTable(ctx context.Context, tx *sqlx.Tx, t table, selected selection, out *delivery) error {
	repeated, err := s.repeatedIDs(ctx, tx, t)
	if err != nil {
		return err
	}
	several := map[string]bool{}
	for _, id := range repeated {
		several[id.ID] = true
		if selected.without[id.ID] {
			continue
		}
		if err := out.add(ctx, s.repeated(t, id.ID, id.Rows)); err != nil {
			return err
		}
	}
	return s.eachRow(ctx, tx, t, selected.where, selected.args, func(r row) error {
		if id := r[t.id.key]; several[id] || selected.without[id] {
			return nil
		}
		return out.add(ctx, s.observation(t, r))
	})
}

type repeatedID struct {
	ID   string `db:"id"`
	Rows int    `db:"rows_found"`
}

// repeatedIDs looks at the whole table, whatever changed: else one row of two would pass for the order.
func (s *Shop) repeatedIDs(ctx context.Context, tx *sqlx.Tx, t table) ([]repeatedID, error) {
	id := s.dialect.exact(t.id.column)
	var found []repeatedID
	err := tx.SelectContext(ctx, &found, `SELECT `+id+` AS id, count(*) AS rows_found FROM `+quote(t.name)+
		` WHERE `+quote(t.id.column)+` IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("look for repeated %s: %w", t.id.column, err)
	}
	return slices.DeleteFunc(found, func(r repeatedID) bool { return blank(r.ID) }), nil
}

func (s *Shop) repeated(t table, id string, rows int) feeds.Observation {
	return row{t.id.key: id, keyRows: strconv.Itoa(rows)}.observation(s.mapping.Account, t.kind, id)
}

func (s *Shop) observation(t table, r row) feeds.Observation {
	return r.observation(s.mapping.Account, t.kind, r[t.id.key])
}

// eachRow calls do with every row that meets a condition, until one call fails.
func (s *Shop) eachRow(ctx context.Context, tx *sqlx.Tx, t table, where string, args []any, do func(row) error) error {
	rows, err := tx.QueryContext(ctx, s.dialect.rebind(s.selectFrom(t)+` WHERE `+where), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, pointers := make([]any, len(t.fields)), make([]any, len(t.fields))
	for i := range values {
		pointers[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		if err := do(newRow(t.fields, values)); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Shop) selectFrom(t table) string {
	values := make([]string, len(t.fields))
	for i, f := range t.fields {
		values[i] = s.dialect.value(f)
	}
	return `SELECT ` + strings.Join(values, ", ") + ` FROM ` + quote(t.name)
}

// inSnapshot runs reads in one read-only transaction.
func (s *Shop) inSnapshot(ctx context.Context, read func(*sqlx.Tx) error) error {
	return s.inTransaction(ctx, s.dialect.readOptions(), read)
}

// inTransaction commits unless do fails.
func (s *Shop) inTransaction(ctx context.Context, options *sql.TxOptions, do func(*sqlx.Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin in the shop's database: %w", err)
	}
	defer tx.Rollback() // after a commit this does nothing, and after an error that one is what matters
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit in the shop's database: %w", err)
	}
	return nil
}

// delivery hands observations to a sink in batches.
type delivery struct {
	sink    feeds.Sink
	hold    bool // hand over nothing before flush
	waiting []feeds.Observation
	handed  int
}

// newDelivery holds everything back until the read is over where the shop's pool has a single connection: it may be the
// sink's too, and the sink would wait for ever for the read to give it back.
func (s *Shop) newDelivery(sink feeds.Sink) *delivery {
	return &delivery{sink: sink, hold: s.db.Stats().MaxOpenConnections == 1}
}

func (d *delivery) add(ctx context.Context, observation feeds.Observation) error {
	d.waiting = append(d.waiting, observation)
	if d.hold || len(d.waiting) < batchSize {
		return nil
	}
	return d.flush(ctx)
}

func (d *delivery) flush(ctx context.Context) error {
	for batch := range slices.Chunk(d.waiting, batchSize) {
		if err := d.sink.Observe(ctx, batch); err != nil {
			return err
		}
		d.handed += len(batch)
	}
	d.waiting = nil
	return nil
}
