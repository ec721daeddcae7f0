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
	open(ctx context.Context, s session) lane
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
		tableStrand[reconcile.Stamp]{
			table: "tieout_verdicts", columns: "cluster, case_key, hash",
			scan: func(rows *sql.Rows, cluster *string, stamp *reconcile.Stamp) error {
				return rows.Scan(cluster, &stamp.CaseKey, &stamp.Hash)
			},
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
	return tableStrand[D]{
		table: p.name, columns: "cluster, face",
		scan: func(rows *sql.Rows, cluster *string, record *D) error {
			var face string
			err := rows.Scan(cluster, &face)
			*record = p.toFace(face)
			return err
		},
		into: func(c *reconcile.Cluster) *[]D { return into(&c.Facts) },
	}
}

// tableStrand reads values of type D from a table.
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

// row is a value and the cluster that it belongs to.
type row[D any] struct {
	cluster string
	value   D
}

// aheadRows is how many rows a lane hands over at a time, and aheadBatches how many such batches there are: one is taken from
// while others are filled. They are used again and again.
const (
	aheadRows    = 512
	aheadBatches = 3
)

// openLane is a lane that another goroutine fills.
type openLane[D any] struct {
	strand  tableStrand[D]
	full    <-chan []row[D]
	empty   chan<- []row[D]
	failed  *error // set before full is closed
	batch   []row[D]
	current int // of batch: the row that comes next
}

func (t tableStrand[D]) open(ctx context.Context, s session) lane {
	full, empty, failed := make(chan []row[D], aheadBatches), make(chan []row[D], aheadBatches), new(error)
	for range aheadBatches {
		empty <- nil
	}
	go func() {
		defer close(full)
		*failed = t.read(ctx, s, full, empty)
	}()
	return &openLane[D]{strand: t, full: full, empty: empty, failed: failed}
}

func (t tableStrand[D]) read(ctx context.Context, s session, full chan<- []row[D], empty <-chan []row[D]) error {
	query := "SELECT " + t.columns + " FROM " + t.table
	if t.where != "" {
		query += " WHERE " + t.where
	}
	rows, err := s.QueryContext(ctx, query+" ORDER BY cluster")
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
}

// fill reads the next rows into a batch; there are none at the end.
func (t tableStrand[D]) fill(rows *sql.Rows, batch []row[D]) ([]row[D], error) {
	if batch == nil {
		batch = make([]row[D], 0, aheadRows)
	}
	for len(batch) < aheadRows && rows.Next() {
		batch = batch[:len(batch)+1]
		last := &batch[len(batch)-1]
		if err := t.scan(rows, &last.cluster, &last.value); err != nil {
			return nil, err
		}
	}
	return batch, rows.Err()
}

func (l *openLane[D]) next() (string, bool) {
	if l.current < len(l.batch) {
		return l.batch[l.current].cluster, true
	}
	return l.turn()
}

// turn goes on to the next batch.
func (l *openLane[D]) turn() (string, bool) {
	if l.batch != nil {
		l.empty <- l.batch // has room for all that there are
	}
	l.batch, l.current = <-l.full, 0
	if l.batch == nil {
		return "", false
	}
	return l.batch[0].cluster, true
}

func (l *openLane[D]) take(c *reconcile.Cluster) {
	into := l.strand.into(c)
	for {
		if cluster, ok := l.next(); !ok || cluster != c.Key {
			return
		}
		*into = append(*into, l.batch[l.current].value)
		l.current++
	}
}

func (l *openLane[D]) err() error { return *l.failed }
