package store

import (
	"context"
	"database/sql"
	"time"

	"tieout/reconcile"
)

// strand is one table's part of clusters: its rows come in the order of their clusters.
type strand interface {
	// gather adds the rows of some clusters to these.
	gather(ctx context.Context, tx session, names []string, at map[string]*reconcile.Cluster) error
	// open begins to read all rows, some of them ahead of what is taken.
	open(ctx context.Context, s *Store) lane
}

// lane is a strand that is being read, in the order of the clusters' names.
type lane interface {
	next() (cluster string, ok bool) // of the row that comes next; not ok at the end, or after an error
	take(c *reconcile.Cluster)       // the rows of this cluster, if it is the next one
	err() error                      // once there is no next one: why, if not because all were taken
}

// strands are all parts of a cluster. judgedAt is when what stands was last judged.
func strands(judgedAt time.Time) []strand {
	return []strand{
		factStrand(orders, func(f *reconcile.Facts) *[]reconcile.Order { return &f.Orders }),
		factStrand(sources, func(f *reconcile.Facts) *[]reconcile.Source { return &f.Sources }),
		factStrand(sourceEvents, func(f *reconcile.Facts) *[]reconcile.SourceEvent { return &f.Events }),
		factStrand(payments, func(f *reconcile.Facts) *[]reconcile.Payment { return &f.Payments }),
		factStrand(refunds, func(f *reconcile.Facts) *[]reconcile.Refund { return &f.Refunds }),
		factStrand(refundRequests, func(f *reconcile.Facts) *[]reconcile.RefundRequest { return &f.Requests }),
		factStrand(disputes, func(f *reconcile.Facts) *[]reconcile.Dispute { return &f.Disputes }),
		factStrand(rejections, func(f *reconcile.Facts) *[]reconcile.Rejection { return &f.Rejections }),
		faceStrand[reconcile.Stamp]{
			table: "tieout_verdicts", column: "stamp", read: readStamp,
			into: func(c *reconcile.Cluster) *[]reconcile.Stamp { return &c.Judged },
		},
		tableStrand[reconcile.ExceptionRecord]{
			table: "tieout_exceptions", columns: "cluster, " + exceptions.list(), where: "cluster <> ''",
			scan: scanException(judgedAt),
			into: func(c *reconcile.Cluster) *[]reconcile.ExceptionRecord { return &c.Known },
		},
	}
}

func factStrand[R any, D reconcile.Record](p projection[R, D], into func(*reconcile.Facts) *[]D) strand {
	return faceStrand[D]{table: p.name, column: "face", read: p.toFace, into: func(c *reconcile.Cluster) *[]D { return into(&c.Facts) }}
}

// tableStrand reads values of type D from the columns of a table, row by row.
type tableStrand[D any] struct {
	table, columns, where string
	scan                  func(rows *sql.Rows, cluster *string, value *D) error
	into                  func(*reconcile.Cluster) *[]D
}

func (t tableStrand[D]) gather(ctx context.Context, tx session, names []string, at map[string]*reconcile.Cluster) error {
	rows, err := tx.QueryContext(ctx, tx.bind("SELECT "+t.columns+" FROM "+t.table+" WHERE "+tx.in("cluster")), tx.list(names))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var cluster string
		var value D
		if err := t.scan(rows, &cluster, &value); err != nil {
			return err
		}
		into := t.into(at[cluster])
		*into = append(*into, value)
	}
	return rows.Err()
}

func (t tableStrand[D]) open(ctx context.Context, s *Store) lane {
	return openLane(t.into, func(full chan<- []row[D], empty <-chan []row[D]) error {
		rows, err := s.db.QueryContext(ctx, "SELECT "+t.columns+" FROM "+t.table+" WHERE "+t.where+" ORDER BY cluster")
		if err != nil {
			return err
		}
		defer rows.Close()
		for {
			select {
			case batch := <-empty:
				batch, err := t.fill(rows, batch[:0])
				if err != nil || len(batch) == 0 {
					return err
				}
				full <- batch // has room for all that there are
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
}

// fill reads the next rows into a batch; there are none at the end.
func (t tableStrand[D]) fill(rows *sql.Rows, batch []row[D]) ([]row[D], error) {
	for len(batch) < aheadRows && rows.Next() {
		var next row[D]
		if err := t.scan(rows, &next.cluster, &next.value); err != nil {
			return nil, err
		}
		batch = append(batch, next)
	}
	return batch, rows.Err()
}

// row is a value and the cluster that it belongs to.
type row[D any] struct {
	cluster string
	value   D
}

// batches is a lane whose rows are read ahead.
type batches[D any] struct {
	into    func(*reconcile.Cluster) *[]D
	rows    *supply[row[D]]
	current int // of the batch: the row that comes next
}

// openLane begins to fill a lane, as openSupply says.
func openLane[D any](into func(*reconcile.Cluster) *[]D, fill func(full chan<- []row[D], empty <-chan []row[D]) error) lane {
	return &batches[D]{into: into, rows: openSupply(fill)}
}

func (l *batches[D]) next() (string, bool) {
	if l.current < len(l.rows.batch) {
		return l.rows.batch[l.current].cluster, true
	}
	return l.turn()
}

// turn goes on to the next batch.
func (l *batches[D]) turn() (string, bool) {
	l.current = 0
	if !l.rows.turn() {
		return "", false
	}
	return l.rows.batch[0].cluster, true
}

func (l *batches[D]) take(c *reconcile.Cluster) {
	into := l.into(c)
	for {
		if cluster, ok := l.next(); !ok || cluster != c.Key {
			return
		}
		*into = append(*into, l.rows.batch[l.current].value)
		l.current++
	}
}

func (l *batches[D]) err() error { return *l.rows.failed }
