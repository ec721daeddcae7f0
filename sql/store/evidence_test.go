package store_test

import (
	"fmt"
	"strings"
	"testing"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func TestObserveKeepsWhatDiffers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one, other := charge("ch_1", "", "R-1"), charge("ch_1", "", "R-2")
		steps := []struct {
			name    string
			records []reconcile.Record
			want    feeds.Counts
		}{
			{"new", []reconcile.Record{one, charge("ch_2", "", "")}, feeds.Counts{Read: 2, Stored: 2}},
			{"the same", []reconcile.Record{one}, feeds.Counts{Read: 1, Unchanged: 1}},
			{"changed", []reconcile.Record{other}, feeds.Counts{Read: 1, Stored: 1}},
			{"changed back is a version", []reconcile.Record{one}, feeds.Counts{Read: 1, Stored: 1}},
			{"versions in one batch", []reconcile.Record{other, other, one, other}, feeds.Counts{Read: 4, Stored: 3, Unchanged: 1}},
			{"rejected", []reconcile.Record{reconcile.Rejection{Key: stripeKey("charge", "ch_3"), Reason: "no"}}, feeds.Counts{Read: 1, Stored: 1, Rejected: 1}},
			{"rejected again", []reconcile.Record{reconcile.Rejection{Key: stripeKey("charge", "ch_3"), Reason: "no"}}, feeds.Counts{Read: 1, Unchanged: 1, Rejected: 1}},
			{"nothing", nil, feeds.Counts{}},
		}
		for _, step := range steps {
			equal(t, step.name, observe(t, s, step.records...), step.want)
		}
		history := must(s.History(ctx, one.Key))(t)
		var references []string
		for i, version := range history {
			equal(t, "version", version.Version, i+1)
			equal(t, "run", version.RunID, int64(7))
			equal(t, "seen", version.SeenAt, noon)
			equal(t, "hash", len(version.Hash), 64)
			references = append(references, string(version.Observation.Body[strings.Index(string(version.Observation.Body), "R-"):][:3]))
		}
		equal(t, "history", references, []string{"R-1", "R-2", "R-1", "R-2", "R-1", "R-2"})
		held := must(s.FactsOfKeys(ctx, []reconcile.Key{other.Key}))(t)
		equal(t, "payment", held.Payments, []reconcile.Payment{other})
	})
}

func TestRejectionTakesThePlaceAndGivesItBack(t *testing.T) {
	valid := source("src_1", "R-1", reconcile.SourceChargeable)
	valid.Authorised = true
	later := source("src_1", "R-1", reconcile.SourceCanceled)
	rejection := reconcile.Rejection{Key: valid.Key, Reason: "unknown currency", Reference: "R-1"}
	tests := []struct {
		name    string
		batches [][]reconcile.Record
	}{
		{"one by one", [][]reconcile.Record{{valid}, {rejection}, {later}}},
		{"in one batch", [][]reconcile.Record{{valid, rejection, later}}},
		{"across batches", [][]reconcile.Record{{valid}, {rejection, later}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				for _, batch := range test.batches {
					observe(t, s, batch...)
					_, rejected := batch[len(batch)-1].(reconcile.Rejection)
					facts := must(s.FactsOfKeys(ctx, []reconcile.Key{valid.Key}))(t)
					refused := heldFacts(t, s).Rejections
					equal(t, "as a source", len(facts.Sources) == 1, !rejected)
					equal(t, "as a rejection", len(refused) == 1, rejected)
				}
				// What cannot be read between two versions ends what the earlier one said, in whatever batches they came.
				equal(t, "authorised", must(s.FactsOfKeys(ctx, []reconcile.Key{valid.Key}))(t).Sources[0].Authorised, false)
			})
		})
	}
}

// The same bytes are read otherwise once the mapping is mended, or spoilt: no new version, but the projection follows.
func TestUnchangedIsReadOtherwise(t *testing.T) {
	valid, other := order("R-1", "src_1"), order("R-1", "src_2")
	refusal := func(reason string) reconcile.Rejection {
		return reconcile.Rejection{Key: valid.Key, Reason: reason, Reference: "R-1"}
	}
	same := func(record reconcile.Record) feeds.Item {
		return feeds.Item{Observation: item(valid).Observation, Record: record}
	}
	steps := []struct {
		name  string
		items []feeds.Item
		want  feeds.Counts
		shows reconcile.Record
	}{
		{"refused", []feeds.Item{same(refusal("status\x00"))}, feeds.Counts{Read: 1, Stored: 1, Rejected: 1}, refusal("status\uFFFD")},
		{"refused for something else", []feeds.Item{same(refusal("currency"))}, feeds.Counts{Read: 1, Unchanged: 1, Rejected: 1}, refusal("currency")},
		{"mended", []feeds.Item{same(valid), same(valid)}, feeds.Counts{Read: 2, Unchanged: 2}, valid},
		{"spoilt", []feeds.Item{same(refusal("status\x00"))}, feeds.Counts{Read: 1, Unchanged: 1, Rejected: 1}, refusal("status\uFFFD")},
		{"mended, then changed", []feeds.Item{same(valid), item(other)}, feeds.Counts{Read: 2, Stored: 1, Unchanged: 1}, other},
		{"changed, then unchanged", []feeds.Item{same(refusal("status")), same(refusal("status"))}, feeds.Counts{Read: 2, Stored: 1, Unchanged: 1, Rejected: 2}, refusal("status")},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, step := range steps {
			equal(t, step.name, must(s.Observe(ctx, 7, noon, step.items))(t), step.want)
			shown := []reconcile.Record{}
			for _, held := range must(s.FactsOfOrders(ctx, []string{"R-1"}))(t).Orders {
				shown = append(shown, held)
			}
			for _, held := range heldFacts(t, s).Rejections {
				shown = append(shown, held)
			}
			equal(t, step.name+": projections", shown, []reconcile.Record{step.shows})
			before := writes(t, s)
			last := step.items[len(step.items)-1:]
			equal(t, step.name+": a rerun", must(s.Observe(ctx, 8, noon, last))(t).Stored, 0)
			equal(t, step.name+": rows that a rerun wrote", writes(t, s), before)
		}
	})
}

// writes tells one state of the projections from another, even where a row was only written again as it was.
func writes(t *testing.T, s *store.Store) []string {
	t.Helper()
	place := map[string]string{store.Postgres: "CAST(ctid AS text) || CAST(xmin AS text)", store.SQLite: "''"}[s.Dialect()]
	var found []string
	for _, table := range []string{"tieout_orders", "tieout_rejections"} {
		var rows []string
		succeed(t, s.DB().SelectContext(ctx, &rows, "SELECT id || "+place+" FROM "+table+" ORDER BY id"))
		found = append(found, rows...)
	}
	return found
}

func TestAuthorisedSticks(t *testing.T) {
	chargeable := source("src_1", "R-1", reconcile.SourceChargeable)
	chargeable.Authorised = true
	canceled := source("src_1", "R-1", reconcile.SourceCanceled)
	for name, batches := range map[string][][]reconcile.Record{
		"one by one": {{chargeable}, {canceled}}, "in one batch": {{chargeable, canceled}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				for _, batch := range batches {
					observe(t, s, batch...)
				}
				got := must(s.FactsOfKeys(ctx, []reconcile.Key{canceled.Key}))(t).Sources
				want := canceled
				want.Authorised = true
				equal(t, "source", got, []reconcile.Source{want})
			})
		})
	}
}

func TestObserveRefusesWhatItCouldNotRebuild(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		stranger := item(charge("ch_1", "", ""))
		stranger.Record = charge("ch_2", "", "")
		unread := item(charge("ch_1", "", ""))
		unread.Record = nil
		pointer := item(charge("ch_1", "", ""))
		record := charge("ch_1", "", "")
		pointer.Record = &record
		for name, bad := range map[string]feeds.Item{"another key": stranger, "no record": unread, "no table": pointer} {
			if _, err := s.Observe(ctx, 7, noon, []feeds.Item{item(charge("ch_9", "", "")), bad}); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		equal(t, "rows", content(t, s), []string(nil))
	})
}

func TestTextThatADatabaseCannotHold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		odd := charge("ch_\x00\xff", "", "R\x00")
		equal(t, "first", observe(t, s, odd), feeds.Counts{Read: 1, Stored: 1})
		equal(t, "again", observe(t, s, odd), feeds.Counts{Read: 1, Unchanged: 1})
		equal(t, "reference", heldFacts(t, s).Payments[0].Reference, "R\uFFFD")
		equal(t, "missing", must(s.Memory("stripe", "default").Missing(ctx, "charge", []string{odd.ID}))(t), []string{})
	})
}

func TestEvidenceCannotBeChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, charge("ch_1", "", ""))
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{Changes: []reconcile.ExceptionChange{{ID: "x", To: reconcile.StatusOpen}}}))
		before := dump(t, s)
		statements := []string{
			"UPDATE tieout_observations SET body = ''", "DELETE FROM tieout_observations",
			"UPDATE tieout_exception_changes SET who = 'me'", "DELETE FROM tieout_exception_changes",
		}
		if s.Dialect() == store.Postgres {
			statements = append(statements, "TRUNCATE tieout_observations", "TRUNCATE tieout_exception_changes")
		}
		for _, statement := range statements {
			if _, err := s.Exec(ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		equal(t, "rows", dump(t, s), before)
	})
}

func TestRebuildEquals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		byBody := map[string]reconcile.Record{}
		keep := func(records ...reconcile.Record) {
			for _, record := range records {
				byBody[string(item(record).Observation.Body)] = record
			}
			observe(t, s, records...)
		}
		authorised := source("src_1", "R-1", reconcile.SourceChargeable)
		authorised.Authorised = true
		keep(order("R-1", "src_1"), authorised, charge("ch_1", "src_1", ""))
		keep(source("src_1", "R-1", reconcile.SourceConsumed), reconcile.Rejection{Key: stripeKey("charge", "ch_1"), Reason: "no"})
		keep(charge("ch_2", "", "R-2"), reconcile.Rejection{Key: stripeKey("charge", "ch_2"), Reason: "no"}, charge("ch_2", "", "R-3"))
		// One object has versions on both sides of a page's end.
		var many []reconcile.Record
		for i := range store.RebuildPage {
			many = append(many, auth(fmt.Sprintf("1-2-%05d", i/3), fmt.Sprintf("R-%d", i), reconcile.PaymentPending))
		}
		keep(many...)
		succeed(t, s.Cluster(ctx))
		before := content(t, s)
		_, err := s.Exec(ctx, "UPDATE tieout_payments SET reference = 'tampered'")
		succeed(t, err)
		_, err = s.Exec(ctx, "DELETE FROM tieout_sources")
		succeed(t, err)
		counts := must(s.Rebuild(ctx, func(o feeds.Observation) reconcile.Record { return byBody[string(o.Body)] }))(t)
		equal(t, "rows", content(t, s), before)
		objects := 4 + (store.RebuildPage+2)/3
		equal(t, "counts", counts, feeds.Counts{
			Read: store.RebuildPage + 8, Stored: objects, Unchanged: store.RebuildPage + 8 - objects, Rejected: 1,
		})
	})
}
