package main

import (
	"maps"
	"slices"
	"testing"

	"tieout/reconcile"
)

func TestShuffled(t *testing.T) {
	for _, n := range []int{1, 2, 1000, 1021} {
		got := slices.Collect(shuffled(n, 0x9E3779B1))
		if n > 2 && slices.IsSorted(got) {
			t.Errorf("%d numbers come in their own order", n)
		}
		slices.Sort(got)
		if want := slices.Collect(inOrder(n)); !slices.Equal(got, want) {
			t.Errorf("of %d numbers not each comes once: %v", n, got)
		}
	}
}

// TestShares holds a world to what docs/PERFORMANCE.md says of it.
func TestShares(t *testing.T) {
	w := world{10_000}
	counts := map[string]int{}
	for n := range w.cases() {
		f := w.facts(n)
		counts["orders"] += len(f.Orders)
		counts["payments"] += len(f.Payments)
		counts["refunds"] += len(f.Refunds)
		if len(f.Orders) == 0 {
			counts["payments without an order"]++
		} else if len(f.Payments) == 0 && f.Orders[0].Status == reconcile.OrderPaid {
			counts["orders without a payment"]++
		}
		if len(f.Payments) == 2 {
			counts["paid twice"]++
		}
		if len(f.Orders) == 1 && len(f.Payments) == 1 && f.Orders[0].Amount != f.Payments[0].Amount {
			counts["wrong amounts"]++
		}
		for _, p := range f.Payments {
			if p.Feed == reconcile.FeedStripe {
				counts["tenths Stripe"]++
			}
		}
	}
	counts["tenths Stripe"] = (counts["tenths Stripe"]*10 + w.orders/2) / w.orders
	want := map[string]int{
		"orders": 10_000, "payments": 10_000, "refunds": 300, "payments without an order": 200, "orders without a payment": 200,
		"paid twice": 50, "wrong amounts": 100, "tenths Stripe": 6,
	}
	if !maps.Equal(counts, want) {
		t.Errorf("the world has %v, want %v", counts, want)
	}
}

// TestIncrement: a day's increment is 1 % of the cases, and no case is in two of them.
func TestIncrement(t *testing.T) {
	w := world{10_000}
	seen := map[reconcile.Key]bool{}
	for day := range maxDays {
		changed := 0
		for f := range w.increment(day + 1) {
			changed++
			for _, record := range append(records(f.Orders), append(records(f.Payments), records(f.Refunds)...)...) {
				if seen[record.RecordKey()] {
					t.Errorf("day %d changes %v again", day+1, record.RecordKey())
				}
				seen[record.RecordKey()] = true
			}
		}
		if changed != w.orders/100 {
			t.Errorf("day %d changes %d cases of %d", day+1, changed, w.orders)
		}
	}
}
