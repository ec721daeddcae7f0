package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// TestClustersSeeWhatTheWholeStoreSees: whatever the world and however it came about, the cases that are assembled cluster by
// cluster are those of everything at once, and those that changed are in the clusters that are due.
func TestClustersSeeWhatTheWholeStoreSees(t *testing.T) {
	for _, database := range []struct {
		name  string
		url   func(testing.TB) string
		seeds uint64
	}{{store.SQLite, storetest.SQLiteURL, 60}, {store.Postgres, storetest.PostgresURL, 8}} {
		t.Run(database.name, func(t *testing.T) {
			s := storetest.Open(t, database.url(t))
			for seed := range storetest.Seeds(database.seeds) {
				clearAll(t, s)
				unfold(t, s, seed)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// unfold lets a tangled world come about in batches and looks at the clusters now and then.
func unfold(t *testing.T, s *store.Store, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	most := 1 + random.IntN(1+random.IntN(30)) // in a crowded world everything meets in more than one way
	tangled := newTangle(random)
	world := map[reconcile.Key]reconcile.Record{}
	var since int64
	var before []reconcile.Case
	for batch := range 8 {
		for range 1 + random.IntN(3) {
			records := tangled.records(1 + random.IntN(most))
			observe(t, s, records...)
			for _, record := range records {
				world[record.RecordKey()] = record
			}
		}
		if batch < 7 && random.IntN(2) == 0 {
			continue // more comes before anybody looks
		}
		succeed(t, s.Cluster(ctx))
		facts := factsOf(slices.SortedFunc(maps.Values(world), func(a, b reconcile.Record) int { return a.RecordKey().Compare(b.RecordKey()) }))
		whole := reconcile.Assemble(facts, reconcile.DefaultPolicy())
		all := collectClusters(t, s.AllClusters(ctx))
		equal(t, "cases", casesOf(all), whole)
		equal(t, "rejections", invalidOf(all), sortedByCase(reconcile.JudgeRejections(facts.Rejections, facts, reconcile.DefaultPolicy())))
		equal(t, "cases of the clusters that ever changed", casesOf(collectClusters(t, s.DueClusters(ctx, 0, time.Time{}))), whole)
		holdsChanged(t, casesOf(collectClusters(t, s.DueClusters(ctx, since, time.Time{}))), before, whole)
		before, since = whole, must(s.Progress(ctx))(t).Change
		if t.Failed() {
			t.Fatalf("after batch %d", batch)
		}
	}
}

// holdsChanged checks that all cases that are not as they were before are due.
func holdsChanged(t *testing.T, due, before, now []reconcile.Case) {
	t.Helper()
	text := func(cases []reconcile.Case) map[string]string {
		texts := map[string]string{}
		for _, c := range cases {
			order := ""
			if c.Order != nil {
				order = fmt.Sprintf("%+v", *c.Order)
			}
			c.Order = nil
			texts[c.Key] = fmt.Sprintf("%s %+v", order, c)
		}
		return texts
	}
	was, is, found := text(before), text(now), text(due)
	for key := range is {
		if is[key] != was[key] && is[key] != found[key] {
			t.Errorf("case %s changed and is not due", key)
		}
	}
}

func collectClusters(t *testing.T, clusters func(func(reconcile.Cluster, error) bool)) []reconcile.Cluster {
	t.Helper()
	var list []reconcile.Cluster
	for c, err := range clusters {
		succeed(t, err)
		var facts reconcile.Facts
		facts.Add(c.Facts) // a cluster is valid only until the next one
		c.Facts, c.Judged, c.Known = facts, slices.Clone(c.Judged), slices.Clone(c.Known)
		list = append(list, c)
	}
	return list
}

func casesOf(clusters []reconcile.Cluster) []reconcile.Case {
	cases := []reconcile.Case{}
	for _, c := range clusters {
		cases = append(cases, reconcile.Assemble(c.Facts, reconcile.DefaultPolicy())...)
	}
	slices.SortFunc(cases, func(a, b reconcile.Case) int { return cmp.Compare(a.Key, b.Key) })
	return cases
}

func invalidOf(clusters []reconcile.Cluster) []reconcile.Exception {
	raised := []reconcile.Exception{}
	for _, c := range clusters {
		raised = append(raised, reconcile.JudgeRejections(c.Facts.Rejections, c.Facts, reconcile.DefaultPolicy())...)
	}
	return sortedByCase(raised)
}

func sortedByCase(raised []reconcile.Exception) []reconcile.Exception {
	slices.SortFunc(raised, func(a, b reconcile.Exception) int { return cmp.Compare(a.CaseKey, b.CaseKey) })
	return raised
}

// References that meet in every way there is: equal, cut, near misses, of nothing but dashes, longer than an index likes, and of
// characters that take more bytes than one.
var tangledReferences = []string{
	"", "", "R-1", "r-1", "R_1", "R 1", "R1", "R-2", "r2", "R-3", "-", "--", "_", cutReference, longOne, longTwo, strings.ToLower(longOne),
	strings.Repeat("L", 130), strings.Repeat("l", 130), strings.Repeat("L", 130) + "-", strings.Repeat("L", 25), "Ünïçødé-Ünïçødé-Ünïçødé-1", "Ünïçødé-Ünïçødé-Ünïçødé-1-2", "R-9",
}

// Ids of payments and sources, some the same in more than one feed or account.
var tangledIDs = []string{"", "", "src_0", "src_1", "src_2", "src_9", "pi_0", "pi_1", "ch_0", "ch_1", "ch_2", "ch_3", "1-2-0", "1-2-1", "1-2-2", "gone"}

// tangle makes versions of few objects with few ids and references, so that they collide often: what changes is whatever a
// later version says otherwise, and what cannot be read comes and goes.
type tangle struct {
	random          *rand.Rand
	references, ids []string // those of all that come up in this world
}

func newTangle(random *rand.Rand) tangle {
	some := func(list []string) []string {
		chosen := make([]string, 2+random.IntN(len(list)))
		for i := range chosen {
			chosen[i] = list[random.IntN(len(list))]
		}
		return chosen
	}
	return tangle{random, some(tangledReferences), some(tangledIDs)}
}

func (w tangle) records(n int) []reconcile.Record {
	records := make([]reconcile.Record, n)
	for i := range records {
		records[i] = w.record()
	}
	return records
}

func (w tangle) record() reconcile.Record {
	readable := w.readable()
	if w.random.IntN(6) > 0 {
		return readable
	}
	rejection := reconcile.Rejection{Key: readable.RecordKey(), Reason: "no", Reference: w.reference(), LinkedID: w.id()}
	if id := w.id(); id != "" && w.random.IntN(4) == 0 {
		rejection.Kind, rejection.ID = "row", id // of a kind that nobody knows, with an id that is known
	}
	return rejection
}

func (w tangle) reference() string { return w.references[w.random.IntN(len(w.references))] }
func (w tangle) id() string        { return w.ids[w.random.IntN(len(w.ids))] }

// sourceID is the id of a source or PaymentIntent, or none.
func (w tangle) sourceID() string {
	if id := w.id(); strings.HasPrefix(id, "src_") || strings.HasPrefix(id, "pi_") {
		return id
	}
	return ""
}

func (w tangle) readable() reconcile.Record {
	number := w.random.IntN(4)
	at := func(kind, prefix string) reconcile.Key {
		key := stripeKey(kind, fmt.Sprint(prefix, number))
		if w.random.IntN(5) == 0 {
			key.Account = "other"
		}
		return key
	}
	switch w.random.IntN(12) {
	case 0, 1, 2:
		return order(cmp.Or(w.reference(), "R-1"), w.id())
	case 3:
		return withKey(source("", w.reference(), reconcile.SourceConsumed), at("source", "src_"))
	case 4:
		return withKey(source("", w.reference(), reconcile.SourcePending), at("payment_intent", "pi_"))
	case 5, 6:
		payment := charge("", w.sourceID(), w.reference())
		payment.Key = at("charge", "ch_")
		return payment
	case 7:
		payment := auth(fmt.Sprint("1-2-", number), w.reference(), reconcile.PaymentSucceeded)
		if w.random.IntN(4) == 0 {
			payment.ID = fmt.Sprint("ch_", number) // the id of another feed's payment
		}
		return payment
	case 8:
		return reconcile.SourceEvent{Key: at("event", "evt_"), SourceID: w.id(), At: noon}
	case 9:
		refund := reconcile.Refund{Key: at("refund", "re_"), PaymentID: w.id(), Reference: w.reference(), Amount: eur(1)}
		if w.random.IntN(2) == 0 {
			refund.Key = trustKey("refund", fmt.Sprint("1-3-", number))
		}
		return refund
	case 10:
		return reconcile.Dispute{Key: at("dispute", "dp_"), PaymentID: w.id(), Amount: eur(1)}
	default:
		return reconcile.RefundRequest{Key: shopKey("refund_request", fmt.Sprint("rf_", number)), OrderReference: w.reference(), Amount: eur(1)}
	}
}

func withKey(s reconcile.Source, key reconcile.Key) reconcile.Source {
	s.Key = key
	return s
}
