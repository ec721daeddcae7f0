package store

import (
	"context"
	"fmt"

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
	toRow  func(D) R
	toFace func(string) D // of a clustered one: reads a record from its face
}

// newProjection is a table of records that are summed up and not judged one by one.
func newProjection[R any, D reconcile.Record](name string, toRow func(D) R) projection[R, D] {
	p := projection[R, D]{table: newTable[R](name, keyColumns...), toRow: toRow}
	p.stamps = []string{"touched"}
	return p
}

// newClustered is a table of records that are judged, cluster by cluster. A row keeps the cluster it has.
func newClustered[R any, D reconcile.Record](name string, toRow func(D) R, ofFace func(string) D) projection[R, D] {
	p := newProjection(name, toRow)
	p.toFace, p.fixed = ofFace, []string{"cluster"}
	return p
}

// projector is what observing and rebuilding need of a projection.
type projector interface {
	// save brings the records of its own type up to date, leaves the others alone and returns how many were its own. change
	// numbers the change that the written rows take part in.
	save(ctx context.Context, s session, change int64, records []reconcile.Record) (int, error)
	// load is save for records whose keys are new.
	load(ctx context.Context, s session, change int64, records []reconcile.Record) (int, error)
	remove(ctx context.Context, s session, change int64, keys []reconcile.Key) error
	empty(ctx context.Context, s session) error
}

// projections are all of them; every type of record has exactly one.
var projections = []projector{
	orders, sources, sourceEvents, payments, refunds, refundRequests, disputes, movements, payouts, payoutLines, rejections,
}

// touchable is a row that tells which change it last took part in.
type touchable interface{ touch(change int64) }

func (p projection[R, D]) save(ctx context.Context, s session, change int64, records []reconcile.Record) (int, error) {
	rows := p.rowsOf(change, records)
	_, err := p.upsert(ctx, s, rows)
	return len(rows), err
}

func (p projection[R, D]) load(ctx context.Context, s session, change int64, records []reconcile.Record) (int, error) {
	rows := p.rowsOf(change, records)
	_, err := p.table.load(ctx, s, rows)
	return len(rows), err
}

// rowsOf are the rows of the records of its own type.
func (p projection[R, D]) rowsOf(change int64, records []reconcile.Record) (rows []R) {
	for _, record := range records {
		if own, ok := record.(D); ok {
			row := p.toRow(own)
			any(&row).(touchable).touch(change)
			rows = append(rows, row)
		}
	}
	return rows
}

// remove deletes rows. That their clusters lost them is noted, since no row is left to tell.
func (p projection[R, D]) remove(ctx context.Context, s session, change int64, keys []reconcile.Key) error {
	where := s.inTuples(keyColumns...)
	if p.toFace != nil {
		_, err := s.exec(ctx, "INSERT INTO tieout_losses (cluster, touched) SELECT DISTINCT cluster, CAST(? AS BIGINT) FROM "+p.name+" WHERE "+where, change, keyTuples(keys))
		if err != nil {
			return err
		}
	}
	_, err := s.exec(ctx, "DELETE FROM "+p.name+" WHERE "+where, keyTuples(keys))
	return err
}

func (p projection[R, D]) empty(ctx context.Context, s session) error {
	_, err := s.exec(ctx, "DELETE FROM "+p.name)
	return err
}

// project brings the projections up to date with the records, no two of which have the same key.
func project(ctx context.Context, s session, change int64, records []reconcile.Record) error {
	return distribute(ctx, s, change, records, projector.save)
}

// distribute gives each projection the records, of which it takes its own.
func distribute(ctx context.Context, s session, change int64, records []reconcile.Record, to func(projector, context.Context, session, int64, []reconcile.Record) (int, error)) error {
	saved := 0
	for _, p := range projections {
		count, err := to(p, ctx, s, change, records)
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
func clearRows(ctx context.Context, s session, change int64, keys []reconcile.Key) error {
	if len(keys) == 0 {
		return nil
	}
	for _, p := range projections {
		if err := p.remove(ctx, s, change, keys); err != nil {
			return err
		}
	}
	return nil
}
