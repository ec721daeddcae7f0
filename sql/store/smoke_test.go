package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func TestSmokeSpeed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
		var items []feeds.Item
		for i := range 20000 {
			key := reconcile.Key{Feed: "stripe", Account: "default", Kind: "charge", ID: fmt.Sprintf("ch_%08x", uint32(i)*2654435761)}
			items = append(items, feeds.Item{
				Observation: feeds.Observation{Key: key, Body: []byte(fmt.Sprintf(`{"id":%q,"amount":%d,"pad":"%0200d"}`, key.ID, i, i))},
				Record: reconcile.Payment{Key: key, SourceID: "src" + key.ID, Reference: fmt.Sprintf("R-%06d", i), Amount: money.Amount{Minor: int64(i), Currency: "EUR"},
					Status: reconcile.PaymentSucceeded, InScope: true, CreatedAt: at, SucceededAt: at},
			})
		}
		for range 2 {
			start := time.Now()
			var total feeds.Counts
			for i := 0; i < len(items); i += 500 {
				c, err := s.Observe(ctx, 1, at, items[i:i+500])
				if err != nil {
					t.Fatal(err)
				}
				total.Stored += c.Stored
			}
			t.Log("500s", time.Since(start), total)
		}
		start := time.Now()
		c, err := s.Observe(ctx, 1, at, items)
		t.Log("all again", time.Since(start), c, err)
		start = time.Now()
		c, err = s.Rebuild(ctx, func(o feeds.Observation) reconcile.Record {
			return reconcile.Payment{Key: o.Key, Reference: o.Key.ID}
		})
		t.Log("rebuild", time.Since(start), c, err)
		start = time.Now()
		var refs []string
		for i := range 1000 {
			refs = append(refs, fmt.Sprintf("ch_%08x", uint32(i)*2654435761))
		}
		f, err := s.FactsOfOrders(ctx, refs)
		t.Log("facts", time.Since(start), len(f.Payments), err)
	})
}
