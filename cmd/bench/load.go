package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/sql/store"
)

// loadAtOnce is how many records are in memory, and in a transaction.
const loadAtOnce = 5000

// load fills a migrated database with the world, or with a day's increment to it when day is above 0. It runs in a process
// of its own: the memory of one that starts another counts as the other's.
func load(ctx context.Context, url string, w world, day int) (err error) {
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if day > 0 {
		return loadDay(ctx, s, w, day)
	}
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	start := time.Now()
	if err := withoutIndexes(ctx, s, func() error { return loadWorld(ctx, s, w) }); err != nil {
		return err
	}
	filled := time.Now()
	if err := s.Cluster(ctx); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "  %s: %d orders loaded in %.1f s; what hangs together found in %.1f s (of a fetch, not of what is measured)\n",
		s.Dialect(), w.orders, filled.Sub(start).Seconds(), time.Since(filled).Seconds())
	return cover(ctx, s, now)
}

// loadWorld fills one table after the other, each in another order, so that what belongs together does not lie together.
// SQLite keeps rows by their keys, whatever order they come in; orders and refunds come in that of their keys.
func loadWorld(ctx context.Context, s *store.Store, w world) error {
	for seed, pick := range []func(reconcile.Facts) []reconcile.Record{
		func(f reconcile.Facts) []reconcile.Record { return records(f.Orders) },
		func(f reconcile.Facts) []reconcile.Record { return records(f.Sources) },
		func(f reconcile.Facts) []reconcile.Record { return records(f.Payments) },
		func(f reconcile.Facts) []reconcile.Record { return append(records(f.Refunds), records(f.Requests)...) },
	} {
		numbers := shuffled(w.cases(), uint64(seed+1)*0x9E3779B1)
		if s.Dialect() == store.SQLite {
			numbers = inOrder(w.cases())
		}
		if err := loadAll(ctx, s, w.of(pick, numbers)); err != nil {
			return err
		}
	}
	return nil
}

// withoutIndexes makes the indexes after the rows: that takes a fraction of the time. Each is as if it had just been made anew,
// as are those of the join that tieout is compared with.
func withoutIndexes(ctx context.Context, s *store.Store, then func() error) error {
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if s.Dialect() == store.Postgres {
		query = "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE NOT indisprimary AND indrelid::regclass::text LIKE 'tieout_%'"
	}
	indexes, err := pairs(ctx, s, query)
	if err != nil {
		return err
	}
	for _, index := range indexes {
		if err := execute(ctx, s.DB().DB, "DROP INDEX "+index[0]); err != nil {
			return err
		}
	}
	if err := then(); err != nil {
		return err
	}
	for _, index := range indexes {
		if err := execute(ctx, s.DB().DB, index[1]); err != nil {
			return err
		}
	}
	return execute(ctx, s.DB().DB, "ANALYZE")
}

func pairs(ctx context.Context, s *store.Store, query string) (list [][2]string, err error) {
	rows, err := s.DB().QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the indexes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			return nil, fmt.Errorf("list the indexes: %w", err)
		}
		list = append(list, pair)
	}
	return list, rows.Err()
}

// of lists some of the records of every case.
func (w world) of(pick func(reconcile.Facts) []reconcile.Record, numbers iter.Seq[int]) iter.Seq[reconcile.Record] {
	return func(yield func(reconcile.Record) bool) {
		for n := range numbers {
			for _, record := range pick(w.facts(n)) {
				if !yield(record) {
					return
				}
			}
		}
	}
}

// loadDay adds a day's increment as a fetch of that day would, which ends with finding what hangs together.
func loadDay(ctx context.Context, s *store.Store, w world, day int) error {
	var items []feeds.Item
	for f := range w.increment(day) {
		for _, list := range [][]reconcile.Record{records(f.Orders), records(f.Sources), records(f.Payments), records(f.Refunds), records(f.Requests)} {
			for _, record := range list {
				body := fmt.Appendf(nil, `{"bench": "%d %v"}`, day, record.RecordKey())
				items = append(items, feeds.Item{Observation: feeds.Observation{Key: record.RecordKey(), Body: body}, Record: record})
			}
		}
	}
	for part := range slices.Chunk(items, loadAtOnce) {
		if _, err := s.Observe(ctx, 0, dayAfter, part); err != nil {
			return err
		}
	}
	start := time.Now()
	if err := s.Cluster(ctx); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "  day %d: %d changes; what hangs together found in %.2f s (of a fetch, not of what is measured)\n", day, len(items), time.Since(start).Seconds())
	return cover(ctx, s, dayAfter)
}

func loadAll(ctx context.Context, s *store.Store, all iter.Seq[reconcile.Record]) error {
	batch := make([]reconcile.Record, 0, loadAtOnce)
	for record := range all {
		if batch = append(batch, record); len(batch) == loadAtOnce {
			if err := s.Load(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return s.Load(ctx, batch)
}

func records[R reconcile.Record](list []R) []reconcile.Record {
	all := make([]reconcile.Record, len(list))
	for i, record := range list {
		all[i] = record
	}
	return all
}

// cover says that every feed was read completely until a few minutes before an instant.
func cover(ctx context.Context, s *store.Store, at time.Time) error {
	for _, account := range [][2]string{{reconcile.FeedShop, shopAccount}, {reconcile.FeedStripe, stripeAccount}, {reconcile.FeedTrustPayments, site}} {
		err := s.SetCoverage(ctx, 0, reconcile.Coverage{
			Feed: account[0], Account: account[1], Complete: reconcile.Window{From: now.AddDate(0, 0, -100), To: at.Add(-5 * time.Minute)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
