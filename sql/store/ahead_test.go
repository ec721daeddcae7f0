package store_test

import (
	"context"
	"testing"

	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// A query with numbers from 1 to 10,000, several batches of them; at 5,500 the second fails on both databases.
const (
	numbers       = "WITH RECURSIVE t (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 10000) SELECT i AS n FROM t"
	numbersFailAt = "WITH RECURSIVE t (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 10000) SELECT i + 0 / (5500 - i) AS n FROM t"
)

func TestWhatIsReadAheadIsWholeAndInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		next := int64(0)
		for n, err := range s.Numbers(ctx, numbers) {
			succeed(t, err)
			if next++; n != next {
				t.Fatalf("got %d, want %d", n, next)
			}
		}
		equal(t, "numbers", next, int64(10_000))
		equal(t, "no numbers", len(collect(t, s.Numbers(ctx, "SELECT i AS n FROM (SELECT 1 AS i) t WHERE i > 1"))), 0)
	})
}

func TestReadingAheadTellsWhyItEnded(t *testing.T) {
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, c := range map[string]struct {
			ctx   context.Context
			query string
		}{"a row that fails": {ctx, numbersFailAt}, "no such query": {ctx, "SELECT n FROM nowhere"}, "no such field": {ctx, "SELECT 1 AS m"}, "canceled": {canceled, numbers}} {
			rows, failures := 0, 0
			for _, err := range s.Numbers(c.ctx, c.query) {
				if rows++; err != nil {
					failures++
				}
			}
			if failures != 1 || rows > 5500 {
				t.Errorf("%s: %d rows, %d failures", name, rows, failures)
			}
		}
	})
}

func TestReadingAheadEndsWithTheLoop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, query := range []string{numbers, numbersFailAt} {
			for range s.Numbers(ctx, query) {
				break
			}
			if inUse := s.DB().Stats().InUse; inUse != 0 {
				t.Errorf("%d connections are still in use", inUse)
			}
		}
	})
}
