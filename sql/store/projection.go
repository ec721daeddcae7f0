package store

import (
	"context"
	"fmt"
	"slices"

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
	toFace   func(string) D // of a clustered one: reads a record from its face
}

// newProjection is a table of records that are summed up and not judged one by one.
func newProjection[R any, D reconcile.Record](name string, toRow func(D) R, toRecord func(R) D) projection[R, D] {
	return projection[R, D]{table: newTable[R](name, keyColumns...), toRow: toRow, toRecord: toRecord}
}

// newClustered is a table of records that are judged, cluster by cluster. A row keeps the cluster it has.
func newClustered[R any, D reconcile.Record](name string, toRow func(D) R, ofFace func(string) D) projection[R, D] {
	p := newProjection(name, toRow, func(row R) D { return ofFace(any(&row).(interface{ face() string }).face()) })
	p.toFace, p.fixed = ofFace, []string{"cluster"}
	return p
}

// projector is what observing and rebuilding need of a projection.
type projector interface {
	tableName() string
	// save brings the records of its own type up to date, leaves the others alone and returns how many were its own. change
	// numbers the change that the written rows take part in; left has the clusters of those whose rows were removed in it.
	save(ctx context.Context, s session, change int64, records []reconcile.Record, left map[reconcile.Key]string) (int, error)
	// load is save for records whose keys are new.
	load(ctx context.Context, s session, change int64, records []reconcile.Record) (int, error)
	remove(ctx context.Context, s session, change int64, keys []reconcile.Key, left map[reconcile.Key]string) error
	// strays lists what is held of objects after one and up to another, or to the end, that has no record of its own type among these.
	strays(ctx context.Context, s session, after reconcile.Key, last *reconcile.Key, records map[reconcile.Key]reconcile.Record) ([]reconcile.Key, error)
}

// projections are all of them; every type of record has exactly one.
var projections = []projector{
	orders, sources, sourceEvents, payments, refunds, refundRequests, disputes, movements, payouts, payoutLines, balances, rejections,
}

// touchable is a row that tells which change it last took part in.
type touchable interface{ touch(change int64) }

func (p projection[R, D]) save(ctx context.Context, s session, change int64, records []reconcile.Record, left map[reconcile.Key]string) (int, error) {
	rows := p.rowsOf(change, records, left)
	_, err := p.upsert(ctx, s, rows)
	return len(rows), err
}

func (p projection[R, D]) load(ctx context.Context, s session, change int64, records []reconcile.Record) (int, error) {
	rows := p.rowsOf(change, records, nil)
	return len(rows), p.table.load(ctx, s, rows)
}

// rowsOf are the rows of the records of its own type. One that was removed in this change begins in the cluster that it left.
func (p projection[R, D]) rowsOf(change int64, records []reconcile.Record, left map[reconcile.Key]string) (rows []R) {
	for _, record := range records {
		if own, ok := record.(D); ok {
			row := p.toRow(own)
			any(&row).(touchable).touch(change)
			if cluster, ok := left[cleanKey(own.RecordKey())]; ok && p.toFace != nil {
				any(&row).(interface{ stay(string) }).stay(cluster)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// remove deletes rows. That their clusters lost them is noted, since no row is left to tell, and left says which they were.
func (p projection[R, D]) remove(ctx context.Context, s session, change int64, keys []reconcile.Key, left map[reconcile.Key]string) error {
	where := " WHERE " + s.inTuples(keyColumns...)
	if p.toFace == nil {
		_, err := s.exec(ctx, "DELETE FROM "+p.name+where, keyTuples(keys))
		return err
	}
	gone, err := selectAll[leftRow](ctx, s, "DELETE FROM "+p.name+where+" RETURNING feed, account, kind, id, cluster", keyTuples(keys))
	if err != nil || len(gone) == 0 {
		return err
	}
	lost := make([]string, len(gone))
	for i, row := range gone {
		left[row.key()], lost[i] = row.Cluster, row.Cluster
	}
	slices.Sort(lost)
	for _, cluster := range slices.Compact(lost) {
		if _, err := s.exec(ctx, "INSERT INTO tieout_losses (cluster, touched) VALUES (?, ?)", cluster, change); err != nil {
			return err
		}
	}
	return nil
}

// leftRow says in which cluster an object was whose row is removed. The row that takes its place, a rejection or what can be
// read again, begins there and not at its home, so that what was found of the object is found again.
type leftRow struct {
	keyRow
	Cluster string `db:"cluster"`
}

func (p projection[R, D]) strays(ctx context.Context, s session, after reconcile.Key, last *reconcile.Key, records map[reconcile.Key]reconcile.Record) ([]reconcile.Key, error) {
	query, args := "SELECT feed, account, kind, id FROM "+p.name+" WHERE (feed, account, kind, id) > (?, ?, ?, ?)", []any{after.Feed, after.Account, after.Kind, after.ID}
	if last != nil {
		query, args = query+" AND (feed, account, kind, id) <= (?, ?, ?, ?)", append(args, last.Feed, last.Account, last.Kind, last.ID)
	}
	rows, err := selectAll[keyRow](ctx, s, query, args...)
	var keys []reconcile.Key
	for _, row := range rows {
		if _, own := records[row.key()].(D); !own {
			keys = append(keys, row.key())
		}
	}
	return keys, err
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

// project brings the projections up to date with the records, no two of which have the same key.
func project(ctx context.Context, s session, change int64, records []reconcile.Record, left map[reconcile.Key]string) error {
	return distribute(records, func(p projector) (int, error) { return p.save(ctx, s, change, records, left) })
}

// distribute gives each projection the records, of which it takes its own.
func distribute(records []reconcile.Record, to func(projector) (int, error)) error {
	saved := 0
	for _, p := range projections {
		count, err := to(p)
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
func clearRows(ctx context.Context, s session, change int64, keys []reconcile.Key, left map[reconcile.Key]string) error {
	if len(keys) == 0 {
		return nil
	}
	for _, p := range projections {
		if err := p.remove(ctx, s, change, keys, left); err != nil {
			return err
		}
	}
	return nil
}
