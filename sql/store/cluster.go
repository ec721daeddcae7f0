package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// A cluster is a set of rows that hang together: each shares an id or a reference with another one of it, and none with a row
// outside. So reconcile.Assemble makes the same cases of a cluster as it would of the whole store, and a case is judged
// again when, and only when, a row of its cluster changed or its time has come.
//
// Clusters only grow. Hanging together more than is needed costs a little time and changes no answer.

// column is a place where a row names an object, itself or another one. At %s stands the alias of the table.
type column struct{ table, expression, where string }

func (c column) as(alias string) (expression, where string) {
	expression = strings.ReplaceAll(c.expression, "%s", alias)
	where = expression + " <> ''"
	if c.where != "" {
		where = strings.ReplaceAll(c.where, "%s", alias)
	}
	return expression, where
}

func plain(table, name string) column { return column{table: table, expression: "%s." + name} }

// shortened is the beginning of a longer reference, as Trust Payments may have cut it; whole is one that may have been cut.
func shortened(table, name string) column {
	return column{table, "substr(%s." + name + ", 1, 25)", "length(%s." + name + ") > 25"}
}

func whole(table, name string) column {
	return column{table, "%s." + name, "length(%s." + name + ") = 25"}
}

// tie says that two columns name the same thing: rows in which they are equal hang together.
type tie struct{ one, other column }

// ties are all ways in which rows hang together, besides having the same home. They follow the rules by which
// reconcile.Assemble looks: stored ids, a payment's source, what hangs on a payment or source, and references that were cut.
var ties = allTies()

func allTies() []tie {
	payment, charged, source := plain("tieout_payments", "id"), plain("tieout_payments", "source_id"), plain("tieout_sources", "id")
	stored := plain("tieout_orders", "payment_id")
	list := []tie{{charged, charged}, {charged, source}, {payment, source}}
	for _, object := range []column{payment, charged, source} {
		for _, naming := range []column{
			stored, plain("tieout_refunds", "payment_id"), plain("tieout_disputes", "payment_id"), plain("tieout_source_events", "source_id"),
			plain("tieout_rejections", "id"), plain("tieout_rejections", "linked_id"),
		} {
			list = append(list, tie{naming, object})
		}
	}
	list = append(list, tie{plain("tieout_rejections", "id"), stored}, tie{plain("tieout_rejections", "linked_id"), stored})
	for _, long := range []column{shortened("tieout_orders", "id"), shortened("tieout_rejections", "reference")} {
		for _, cut := range []string{"tieout_payments", "tieout_sources", "tieout_refunds", "tieout_rejections"} {
			list = append(list, tie{long, whole(cut, "reference")})
		}
	}
	return list
}

// pairsAtOnce bounds how many pairs of clusters are in memory at a time.
const pairsAtOnce = 100_000

// Cluster gives every row that changed since it was last called the cluster that it belongs to. Where nothing changed it
// asks one question.
func (s *Store) Cluster(ctx context.Context) error {
	return wrap(s.cluster(ctx), "find out what hangs together")
}

func (s *Store) cluster(ctx context.Context) error {
	progress, err := loadProgress(ctx, s.read())
	if err == nil && progress.Clustered < progress.Observed {
		err = s.transact(ctx, func(tx session) error { return assignClusters(ctx, tx) })
	}
	return err
}

// assignClusters joins clusters until no two hang together. Observers wait until the end of the transaction.
func assignClusters(ctx context.Context, tx session) error {
	progress, err := lockProgress(ctx, tx)
	if err != nil {
		return err
	}
	for {
		found, all, err := findPairs(ctx, tx, progress.Clustered)
		if err != nil {
			return err
		}
		if err := join(ctx, tx, found.merges()); err != nil {
			return err
		}
		if all {
			break
		}
	}
	_, err = tx.exec(ctx, "UPDATE tieout_progress SET clustered = change_number WHERE id = 1")
	return err
}

// pair is two clusters that hang together.
type pair struct {
	One   string `db:"one"`
	Other string `db:"other"`
}

// findPairs looks for clusters that hang together through a row that changed after a change; all is false when there are
// more than it can hold.
func findPairs(ctx context.Context, tx session, since int64) (found *forest, all bool, err error) {
	found = newForest()
	for _, query := range pairQueries(tx.dialect, since) {
		pairs, err := selectAll[pair](ctx, tx, query, since, pairsAtOnce)
		if err != nil {
			return nil, false, err
		}
		for _, p := range pairs {
			found.join(p.One, p.Other)
		}
		if found.size() >= pairsAtOnce || len(pairs) == pairsAtOnce {
			return found, false, nil
		}
	}
	return found, true, nil
}

// pairQueries has for each tie the two questions "does a changed row of this side hang together with any of the other", and for each
// table the rows that are not in the cluster of their home. Where every row has changed, one question of the two is enough.
func pairQueries(dialect string, since int64) []string {
	var queries []string
	for _, table := range clusteredTables {
		queries = append(queries, "SELECT a.cluster AS one, COALESCE(m.cluster, a.home) AS other FROM "+changedRows(dialect, since, table)+
			" LEFT JOIN tieout_merges m ON m.home = a.home WHERE a.touched > ? AND a.home LIKE '"+byReference+"%' AND a.cluster <> COALESCE(m.cluster, a.home) LIMIT ?")
	}
	for _, t := range ties {
		queries = append(queries, t.query(dialect, since))
		if t.one != t.other && since > 0 {
			queries = append(queries, tie{t.other, t.one}.query(dialect, since))
		}
	}
	return queries
}

func (t tie) query(dialect string, since int64) string {
	a, whereA := t.one.as("a")
	b, whereB := t.other.as("b")
	join := "JOIN"
	if dialect == SQLite {
		join = "CROSS JOIN" // which keeps it from beginning with the other side
	}
	return fmt.Sprintf("SELECT a.cluster AS one, b.cluster AS other FROM %s %s %s b ON %s = %s WHERE a.touched > ? AND %s AND %s AND a.cluster <> b.cluster LIMIT ?",
		changedRows(dialect, since, t.one.table), join, t.other.table, b, a, whereA, whereB)
}

// changedRows names the table of the rows that changed. SQLite has no statistics that tell it how few they are, and has to be
// told by which index they are found.
func changedRows(dialect string, since int64, table string) string {
	if dialect == SQLite && since > 0 {
		return table + " a INDEXED BY " + table + "_touched"
	}
	return table + " a"
}

// clusteredTables are the projections whose rows are judged cluster by cluster.
var clusteredTables = []string{
	"tieout_orders", "tieout_sources", "tieout_source_events", "tieout_payments", "tieout_refunds", "tieout_refund_requests", "tieout_disputes", "tieout_rejections",
}

// join moves all rows of the clusters that became part of others, and what was judged of them.
func join(ctx context.Context, tx session, merges [][]string) error {
	homes := slices.DeleteFunc(slices.Clone(merges), func(m []string) bool { return !strings.HasPrefix(m[0], byReference) })
	for part := range slices.Chunk(merges, chunk) {
		for _, table := range append([]string{"tieout_verdicts", "tieout_exceptions", "tieout_losses", "tieout_merges"}, clusteredTables...) {
			if _, err := tx.exec(ctx, "UPDATE "+table+" SET cluster = x.other FROM ("+tx.pairs()+") x WHERE cluster = x.one", tuples(part)); err != nil {
				return err
			}
		}
	}
	for part := range slices.Chunk(homes, chunk) {
		if _, err := tx.exec(ctx, "INSERT INTO tieout_merges (home, cluster) "+tx.pairs()+" ON CONFLICT (home) DO UPDATE SET cluster = excluded.cluster", tuples(part)); err != nil {
			return err
		}
	}
	return nil
}

// forest joins names into trees; the root of a tree is the name that the others become part of.
type forest struct{ parent map[string]string }

func newForest() *forest { return &forest{parent: map[string]string{}} }

func (f *forest) size() int { return len(f.parent) }

func (f *forest) root(name string) string {
	root := name
	for f.parent[root] != "" {
		root = f.parent[root]
	}
	for name != root {
		next := f.parent[name]
		f.parent[name] = root
		name = next
	}
	return root
}

// join makes the name that comes first the root: one by reference before one by object, since only the former is found again
// by what it is called.
func (f *forest) join(one, other string) {
	one, other = f.root(one), f.root(other)
	if one == other {
		return
	}
	if first(other, one) {
		one, other = other, one
	}
	f.parent[other] = one
}

func first(a, b string) bool {
	refA, refB := strings.HasPrefix(a, byReference), strings.HasPrefix(b, byReference)
	if refA != refB {
		return refA
	}
	return cmp.Less(a, b)
}

// merges lists what becomes part of what, by name.
func (f *forest) merges() [][]string {
	var list [][]string
	for name := range f.parent {
		list = append(list, []string{name, f.root(name)})
	}
	slices.SortFunc(list, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return list
}
