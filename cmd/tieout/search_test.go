package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/config"
	"tieout/feeds/simulator"
	"tieout/feeds/trustpayments"
)

func TestSearchFieldsAreTheClients(t *testing.T) {
	if diff := cmp.Diff(trustpayments.DefaultSearchFields(), config.Default().Feeds.TrustPayments.SearchFields); diff != "" {
		t.Errorf("the columns asked for by default (-client +configuration):\n%s", diff)
	}
}

// TestSearchGivesWhatQueriesGive: two days of a world that are listed by Trust Payments' bulk search leave the projections
// and the verdicts that queries leave; also where a day is too full for the search.
func TestSearchGivesWhatQueriesGive(t *testing.T) {
	t.Parallel()
	world := newWorld(t, simulator.Config{Seed: 31, Orders: 400})
	var want map[string]string
	for _, settings := range [][]string{
		{"--set", "feeds.trustpayments.source=query"},
		{"--set", "feeds.trustpayments.source=search"},
		{"--set", "feeds.trustpayments.source=search", "--set", "feeds.trustpayments.search_max_records=2"},
	} {
		s := newScene(t, sqliteApart, world)
		for _, now := range []time.Time{firstDay, secondDay} {
			s.moveTo(now)
			s.must(append(settings, "run", "--as-of", now.Format(time.RFC3339))...)
		}
		rows := s.derivedRows()
		if want == nil {
			want = rows
			continue
		}
		s.same(secondDay, settings[1], want, rows)
	}
}
