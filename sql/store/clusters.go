package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// clusterPage is how many clusters are read at once by their names: enough to make a query worth its while, few enough that
// memory stays flat.
const clusterPage = 1000

// DueClusters reads the clusters that have to be judged again: those with a row that changed after the change numbered since,
// and those with a verdict whose review has come or that rests on how far the feeds were read. In the order of their names.
func (s *Store) DueClusters(ctx context.Context, since int64, now time.Time) iter.Seq2[reconcile.Cluster, error] {
	query, args := "", []any{}
	for _, table := range append([]string{"tieout_losses"}, clusteredTables...) {
		query += "SELECT cluster FROM " + table + " WHERE touched > ? UNION ALL "
		args = append(args, since)
	}
	query += `SELECT cluster FROM tieout_verdicts WHERE next_review_at > 0 AND next_review_at <= ?
		UNION ALL SELECT cluster FROM tieout_verdicts WHERE coverage_bound`
	return s.clustersFrom(ctx, "list the cases to judge again", query, append(args, micros(now))...)
}

// ClustersOfCases reads the clusters of some cases, by their keys, in the order of their names.
func (s *Store) ClustersOfCases(ctx context.Context, caseKeys []string) iter.Seq2[reconcile.Cluster, error] {
	r := s.read()
	references, loose := reconcile.SplitCaseKeys(caseKeys)
	ids := make([]string, len(loose))
	for i, key := range loose {
		ids[i] = reconcile.ParseLooseKey(key).ID
	}
	return s.clustersFrom(ctx, "look for cases", "SELECT cluster FROM tieout_orders WHERE "+r.in("id")+" UNION ALL "+byIDs(r),
		r.list(references), r.list(ids), r.list(ids), r.list(ids))
}

// byIDs writes the clusters of the sources and payments with some ids, and of the payments of such sources.
func byIDs(r session) string {
	return "SELECT cluster FROM tieout_payments WHERE " + r.in("id") + " UNION ALL SELECT cluster FROM tieout_payments WHERE " + r.in("source_id") +
		" UNION ALL SELECT cluster FROM tieout_sources WHERE " + r.in("id")
}

// UnsettledClusters reads the clusters with a payment that is pending or suspended, in the order of their names.
func (s *Store) UnsettledClusters(ctx context.Context) iter.Seq2[reconcile.Cluster, error] {
	return s.clustersFrom(ctx, "list unsettled payments", "SELECT cluster FROM tieout_payments WHERE status IN ('pending', 'suspended')")
}

// clustersFrom reads the clusters that a query names, in any order and as often as it likes: SQLite would walk whole indexes to
// name them once and in order. All names are read before the first cluster is handed out, so that the
// caller may write what it finds; while one page is handed out, the next ones are read.
func (s *Store) clustersFrom(ctx context.Context, call, query string, args ...any) iter.Seq2[reconcile.Cluster, error] {
	return func(yield func(reconcile.Cluster, error) bool) {
		names, err := selectAll[string](ctx, s.read(), query, args...)
		if err != nil {
			yield(reconcile.Cluster{}, wrap(err, "%s", call))
			return
		}
		slices.Sort(names)
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for page := range s.readAhead(ctx, slices.Compact(names)) {
			read := <-page
			if read.err != nil {
				yield(reconcile.Cluster{}, read.err)
				return
			}
			for _, c := range read.clusters {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// clusterRead is a page of clusters, or why it could not be read.
type clusterRead struct {
	clusters []reconcile.Cluster
	err      error
}

// pagesAhead is how many pages are read beside each other.
const pagesAhead = 2

// readAhead begins to read the pages of these names, a few at a time, and hands them out in their order. It ends with ctx.
func (s *Store) readAhead(ctx context.Context, names []string) <-chan chan clusterRead {
	pages := make(chan chan clusterRead, pagesAhead-1)
	go func() {
		defer close(pages)
		for page := range slices.Chunk(names, clusterPage) {
			read := make(chan clusterRead, 1)
			select {
			case pages <- read:
			case <-ctx.Done():
				return
			}
			go func() {
				var got clusterRead
				err := feeds.Guard(func() (err error) {
					got.clusters, err = s.clusters(ctx, page)
					return err
				})
				got.err = wrap(err, "read %d clusters from %q on", len(page), page[0])
				read <- got
			}()
		}
	}()
	return pages
}

// clusters reads some clusters as of one instant, in the order of their names, which are sorted.
func (s *Store) clusters(ctx context.Context, names []string) ([]reconcile.Cluster, error) {
	var list []reconcile.Cluster
	err := s.snapshot(ctx, func(tx session) error {
		list = make([]reconcile.Cluster, len(names))
		at := make(map[string]*reconcile.Cluster, len(names))
		for i, name := range names {
			list[i].Key = name
			at[name] = &list[i]
		}
		progress, err := loadProgress(ctx, tx)
		if err != nil {
			return err
		}
		for _, strand := range strands(instant(progress.JudgedAt)) {
			if err := strand.gather(ctx, tx, names, at); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// FactsOfOrders reads the orders with these references, what names them, and all that hangs together with these, so that
// reconcile.Assemble links these orders as if it saw the whole store. Other orders among the facts are complete too.
func (s *Store) FactsOfOrders(ctx context.Context, references []string) (reconcile.Facts, error) {
	r := s.read()
	return s.factsFrom(ctx, fmt.Sprintf("read the facts of %d orders", len(references)),
		"SELECT cluster FROM tieout_orders WHERE "+r.in("id")+" UNION ALL SELECT cluster FROM tieout_payments WHERE "+r.in("reference")+
			" UNION ALL SELECT cluster FROM tieout_sources WHERE "+r.in("reference"), r.list(references), r.list(references), r.list(references))
}

// FactsOfKeys is FactsOfOrders for payments and sources, by their ids alone; the payments of a source with such an id are
// among them.
func (s *Store) FactsOfKeys(ctx context.Context, keys []reconcile.Key) (reconcile.Facts, error) {
	r := s.read()
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = key.ID
	}
	return s.factsFrom(ctx, fmt.Sprintf("read the facts of %d payments and sources", len(keys)),
		byIDs(r), r.list(ids), r.list(ids), r.list(ids))
}

// FactsOfRejections is FactsOfOrders for rows that could not be read.
func (s *Store) FactsOfRejections(ctx context.Context, rejected []reconcile.Rejection) (reconcile.Facts, error) {
	keys := make([]reconcile.Key, len(rejected))
	for i, rejection := range rejected {
		keys[i] = rejection.Key
	}
	return s.factsFrom(ctx, fmt.Sprintf("read the facts of %d rows that could not be read", len(rejected)),
		"SELECT cluster FROM tieout_rejections WHERE "+s.read().inTuples(keyColumns...), keyTuples(keys))
}

func (s *Store) factsFrom(ctx context.Context, call, query string, args ...any) (reconcile.Facts, error) {
	var facts reconcile.Facts
	if err := s.cluster(ctx); err != nil {
		return facts, wrap(err, "%s", call)
	}
	for c, err := range s.clustersFrom(ctx, call, query, args...) {
		if err != nil {
			return facts, err
		}
		facts.Add(c.Facts)
	}
	return facts, nil
}
