package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"tieout/reconcile"
)

// faceStrand reads values of type D from a table whose rows have them in one line of text beside the cluster, both in one
// index. Many rows travel as two texts, since what a row costs on its way is mostly that it is one.
type faceStrand[D any] struct {
	table, column string
	read          func(line string) D
	into          func(*reconcile.Cluster) *[]D
}

// lineBreak stands between the lines of packed rows. Neither clusters nor faces have one.
const lineBreak = "\n"

// packed writes a query for some rows of "cluster, line", packed: how many there are, their clusters, their lines.
func packed(rows string) string {
	return "SELECT COUNT(*), COALESCE(string_agg(cluster, CAST(? AS TEXT)), ''), COALESCE(string_agg(line, CAST(? AS TEXT)), '') FROM (" + rows + ") r"
}

// unpack reads packed rows into a batch.
func (f faceStrand[D]) unpack(result *sql.Row, batch []row[D]) ([]row[D], error) {
	var count int
	var clusters, lines string
	if err := result.Scan(&count, &clusters, &lines); err != nil {
		return nil, err
	}
	batch = slices.Grow(batch, count)[:len(batch)+count]
	for i := len(batch) - count; i < len(batch); i++ {
		var line string
		batch[i].cluster, clusters, _ = strings.Cut(clusters, lineBreak)
		line, lines, _ = strings.Cut(lines, lineBreak)
		batch[i].value = f.read(line)
	}
	if clusters != "" || lines != "" {
		return nil, fmt.Errorf("%s: a cluster or a %s has more than one line", f.table, f.column)
	}
	return batch, nil
}

func (f faceStrand[D]) gather(ctx context.Context, tx session, names []string, at map[string]*reconcile.Cluster) error {
	query := packed("SELECT cluster, " + f.column + " AS line FROM " + f.table + " WHERE " + tx.in("cluster"))
	rows, err := f.unpack(tx.row(ctx, query, lineBreak, lineBreak, tx.list(names)), nil)
	for i := range rows {
		into := f.into(at[rows[i].cluster])
		*into = append(*into, rows[i].value)
	}
	return err
}

func (f faceStrand[D]) open(ctx context.Context, s *Store) lane {
	return openLane(f.into, func(full chan<- []row[D], empty <-chan []row[D]) error {
		query := packed("SELECT cluster, " + f.column + " AS line FROM " + f.table + " WHERE cluster > ? ORDER BY cluster LIMIT ?")
		conn, err := s.db.Connx(ctx) // one connection, on which the query is prepared once
		if err != nil {
			return err
		}
		defer conn.Close()
		statement, err := conn.PreparexContext(ctx, s.read().bind(query))
		if err != nil {
			return err
		}
		defer statement.Close()
		return f.pages(ctx, statement, full, empty)
	})
}

// pages hands over page after page. A page ends with a whole cluster: what is there of the last one is left for the next page,
// and a page that one cluster fills is read again with more room.
func (f faceStrand[D]) pages(ctx context.Context, statement *sqlx.Stmt, full chan<- []row[D], empty <-chan []row[D]) error {
	after := ""
	for {
		var batch []row[D]
		select {
		case batch = <-empty:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		last := false
		for room := aheadRows; ; room *= 2 {
			var err error
			if batch, err = f.unpack(statement.QueryRowContext(ctx, lineBreak, lineBreak, after, room), batch[:0]); err != nil {
				return err
			}
			if last = len(batch) < room; last {
				break
			}
			if batch = wholeClusters(batch); len(batch) > 0 {
				break
			}
		}
		if len(batch) > 0 {
			after = batch[len(batch)-1].cluster
			full <- batch // has room for all that there are
		}
		if last {
			return nil
		}
	}
}

// wholeClusters leaves out the last cluster, of which there may be more.
func wholeClusters[D any](batch []row[D]) []row[D] {
	end := len(batch) - 1
	for end > 0 && batch[end-1].cluster == batch[len(batch)-1].cluster {
		end--
	}
	return batch[:end]
}
