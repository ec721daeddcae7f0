package store_test

import (
	"errors"
	"testing"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// imported puts records in as a file would.
func imported(t *testing.T, s *store.Store, records ...reconcile.Record) {
	t.Helper()
	succeed(t, s.Import(ctx, noon, func(into *store.Import) error {
		items := make([]feeds.Item, len(records))
		for i, record := range records {
			items[i] = item(record)
		}
		return into.Observe(ctx, items)
	}))
}

func TestImportGoesInWholeOrNotAtAll(t *testing.T) {
	cut := errors.New("the file breaks off")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, charge("ch_1", "", "R-1"))
		before := dump(t, s)
		one, two := charge("ch_2", "", "R-2"), charge("ch_2", "", "R-3")
		keys := []reconcile.Key{one.Key, stripeKey("charge", "ch_1"), stripeKey("charge", "ch_9")}
		import2 := func(end error) error {
			return s.Import(ctx, noon, func(into *store.Import) error {
				succeed(t, into.Observe(ctx, []feeds.Item{item(one)}))
				succeed(t, into.Observe(ctx, []feeds.Item{item(two)}))
				newest := must(into.Newest(ctx, keys))(t)
				equal(t, "held within the import", len(newest), 2)
				equal(t, "the newest", newest[two.Key], item(two).Observation)
				return end
			})
		}
		if err := import2(cut); !errors.Is(err, cut) {
			t.Error(err)
		}
		equal(t, "rows after a file that breaks off", dump(t, s), before)
		succeed(t, import2(nil))
		equal(t, "versions", len(must(s.History(ctx, two.Key))(t)), 2)
		equal(t, "payments", len(heldFacts(t, s).Payments), 2)
	})
}

// What only a file told is still asked of its provider; once a run has shown it, no more.
func TestWhatIsOnlyImportedIsStillAsked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, order("R-1", "ch_1"), order("R-2", "pi_2"), order("R-3", "ch_3"))
		one, two := charge("ch_1", "", ""), charge("ch_2", "pi_2", "")
		imported(t, s, one, two)
		asked := func(wantNamed, wantMissing []string) {
			t.Helper()
			equal(t, "named", must(s.NamedPayments(ctx, "stripe"))(t), wantNamed)
			equal(t, "missing", must(s.Memory("stripe", "default").Missing(ctx, "charge", []string{"ch_1", "ch_2", "ch_3"}))(t), wantMissing)
		}
		asked([]string{"ch_1", "ch_3", "pi_2"}, []string{"ch_1", "ch_2", "ch_3"})
		two.Reference = "R-2" // the API says more
		observe(t, s, two)
		asked([]string{"ch_1", "ch_3"}, []string{"ch_1", "ch_3"})
		imported(t, s, one)
		one.Reference = "R-1"
		observe(t, s, one, charge("ch_3", "", ""))
		asked(nil, []string{})
	})
}
