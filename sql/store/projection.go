package store

import (
	"context"
	"fmt"
	"iter"

	"tieout/reconcile"
)

// keyRow is the key of an object: the first columns of every projection and of the observations.
type keyRow struct {
	Feed    string `db:"feed"`
	Account string `db:"account"`
	Kind    string `db:"kind"`
	ID      string `db:"id"`
}

var keyColumns = []string{"feed", "account", "kind", "id"}

func rowOfKey(k reconcile.Key) keyRow { return keyRow(k) }
func (r keyRow) key() reconcile.Key   { return reconcile.Key(r) }

func keyTuples(keys []reconcile.Key) any {
	values := make([][]string, len(keys))
	for i, key := range keys {
		values[i] = []string{key.Feed, key.Account, key.Kind, key.ID}
	}
	return tuples(values)
}

// projection is one table of records of type D, kept as rows of type R.
type projection[R any, D reconcile.Record] struct {
	table[R]
	toRow    func(D) R
	toRecord func(R) D
}

func newProjection[R any, D reconcile.Record](name string, toRow func(D) R, toRecord func(R) D) projection[R, D] {
	return projection[R, D]{table: newTable[R](name, keyColumns...), toRow: toRow, toRecord: toRecord}
}

// projector is what observing and rebuilding need of a projection.
type projector interface {
	// save brings the records of its own type up to date, leaves the others alone and returns how many were its own.
	save(ctx context.Context, s session, records []reconcile.Record) (int, error)
	remove(ctx context.Context, s session, keys []reconcile.Key) error
	empty(ctx context.Context, s session) error
}

// projections are all of them; every type of record has exactly one.
var projections = []projector{
	orders, sources, sourceEvents, payments, refunds, refundRequests, disputes, movements, payouts, payoutLines, balances, rejections,
}

func (p projection[R, D]) save(ctx context.Context, s session, records []reconcile.Record) (int, error) {
	var rows []R
	for _, record := range records {
		if own, ok := record.(D); ok {
			rows = append(rows, p.toRow(own))
		}
	}
	_, err := p.upsert(ctx, s, rows)
	return len(rows), err
}

func (p projection[R, D]) remove(ctx context.Context, s session, keys []reconcile.Key) error {
	_, err := s.exec(ctx, "DELETE FROM "+p.name+" WHERE "+s.inTuples(keyColumns...), keyTuples(keys))
	return err
}

func (p projection[R, D]) empty(ctx context.Context, s session) error {
	_, err := s.exec(ctx, "DELETE FROM "+p.name)
	return err
}

// records reads what fits a condition.
func (p projection[R, D]) records(ctx context.Context, s session, where string, args ...any) ([]D, error) {
	rows, err := p.find(ctx, s, where, args...)
	records := make([]D, len(rows))
	for i, row := range rows {
		records[i] = p.toRecord(row)
	}
	return records, err
}

// all streams every record in key order.
func (p projection[R, D]) all(ctx context.Context, s session) iter.Seq2[D, error] {
	rows := stream[R](ctx, s, "SELECT "+p.list()+" FROM "+p.name+" ORDER BY feed, account, kind, id")
	return mapSeq("read "+p.name, rows, func(row R) (D, error) { return p.toRecord(row), nil })
}

// project brings the projections up to date with the records, no two of which have the same key.
func project(ctx context.Context, s session, records []reconcile.Record) error {
	saved := 0
	for _, p := range projections {
		count, err := p.save(ctx, s, records)
		if err != nil {
			return err
		}
		saved += count
	}
	if saved != len(records) {
		return fmt.Errorf("%d of %d records are of a type that has no table", len(records)-saved, len(records))
	}
	return nil
}

// clearRows removes what any projection shows of the keys.
func clearRows(ctx context.Context, s session, keys []reconcile.Key) error {
	if len(keys) == 0 {
		return nil
	}
	for _, p := range projections {
		if err := p.remove(ctx, s, keys); err != nil {
			return err
		}
	}
	return nil
}
