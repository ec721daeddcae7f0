package store_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"tieout/feeds"
	"tieout/reconcile"
	migrations "tieout/sql"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// judgeAll judges every cluster, keeps what came of it and returns that.
func judgeAll(t *testing.T, s *store.Store, runID int64, now time.Time) reconcile.Judgement {
	t.Helper()
	succeed(t, s.Cluster(ctx))
	in := reconcile.Context{Policy: reconcile.DefaultPolicy(), Now: now}
	for _, account := range []reconcile.Key{shopKey("", ""), stripeKey("", ""), trustKey("", "")} {
		in.Coverage = append(in.Coverage, reconcile.Coverage{Feed: account.Feed, Account: account.Account, Complete: reconcile.Window{From: noon.AddDate(-1, 0, 0), To: now}})
	}
	judgement := reconcile.Judgement{RunID: runID, At: now}
	for c, err := range s.AllClusters(ctx) {
		succeed(t, err)
		judgement.Take(c, &in, nil)
	}
	succeed(t, s.SaveJudgement(ctx, judgement))
	progress := must(s.Progress(ctx))(t)
	succeed(t, s.SetJudged(ctx, reconcile.Progress{Judged: progress.Change, JudgedAt: now, Basis: "some"}))
	return judgement
}

func TestWhatStandsWasSeenInTheLastJudging(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		open, resolved := exception(reconcile.AmountMismatch, reconcile.High, "R-1", ""), exception(reconcile.Disputed, reconcile.Low, "R-2", "dp_1")
		resolved.Status, resolved.ResolvedAt = reconcile.StatusResolved, noon
		open.Cluster, resolved.Cluster = "r:r1", "r:r2"
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Exceptions: []reconcile.ExceptionRecord{open, resolved}}))
		for _, step := range []struct{ judged, want time.Time }{{noon.Add(-time.Hour), noon}, {noon.Add(time.Hour), noon.Add(time.Hour)}} {
			succeed(t, s.SetJudged(ctx, reconcile.Progress{JudgedAt: step.judged}))
			open.LastSeen = step.want
			both := []reconcile.ExceptionRecord{open, resolved}
			equal(t, "listed", collect(t, s.Exceptions(ctx, store.ExceptionFilter{})), both)
			equal(t, "by case", must(s.ExceptionsOf(ctx, []string{"order/R-1"}, nil))(t), both[:1])
			observe(t, s, order("R-1", ""), order("R-2", ""))
			var known []reconcile.ExceptionRecord
			for _, c := range collectClusters(t, s.AllClusters(ctx)) {
				known = append(known, c.Known...)
			}
			equal(t, "known of all clusters", known, both)
			known = nil
			for _, c := range collectClusters(t, s.ClustersOfCases(ctx, []string{"order/R-1", "order/R-2"})) {
				known = append(known, c.Known...)
			}
			equal(t, "known of some clusters", known, both)
		}
	})
}

// Many rows go another way into PostgreSQL than few: they come back the same, whatever is in their texts.
func TestManyVerdictsComeBack(t *testing.T) {
	odd := []string{"tab\there", `\N`, `\.`, "line\nend\r\n", `back\slash`, `"quoted" 'twice'`, "nul\x00", "no UTF-8 \xff", "é…", ""}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var fresh []reconcile.Verdict
		var keys []string
		for i := range 250 {
			v := fullVerdict()
			v.CaseKey, v.OrderReference = fmt.Sprintf("order/%s%03d", odd[i%len(odd)], i), odd[i%len(odd)]
			v.Reason, v.Cancel.Reason = odd[(i+1)%len(odd)], "because: "+odd[(i+2)%len(odd)]
			v.Owed = []reconcile.Owed{owedFor(fmt.Sprint("ch_", i), odd[(i+3)%len(odd)], 5)}
			fresh, keys = append(fresh, v), append(keys, v.CaseKey)
		}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: fresh}))
		replace := strings.NewReplacer("\x00", "\uFFFD", "\xff", "\uFFFD")
		for i := range fresh {
			v := &fresh[i]
			for _, text := range []*string{&v.CaseKey, &v.OrderReference, &v.Reason, &v.Cancel.Reason, &v.Owed[0].RequestID} {
				*text = replace.Replace(*text)
			}
		}
		slices.SortFunc(fresh, func(a, b reconcile.Verdict) int { return cmp.Compare(a.CaseKey, b.CaseKey) })
		equal(t, "verdicts", must(s.Verdicts(ctx, keys))(t), fresh)
	})
}

// What became part of a cluster is found under that cluster's name from then on: rows, verdicts, exceptions, and what comes later.
func TestClustersThatMerge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		loose := charge("ch_1", "", "A-9")
		observe(t, s, order("B-1", ""), loose, charge("ch_2", "", "C-9"))
		judgeAll(t, s, 1, noon.Add(48*time.Hour))
		equal(t, "apart", clusterOf(t, s, loose.Key), "r:a9")
		observe(t, s, order("B-1", "ch_1"), charge("ch_2", "", "B-1"))
		succeed(t, s.Cluster(ctx))
		equal(t, "merges", dump(t, s, "merges"), []string{"tieout_merges: r:a9|r:b1", "tieout_merges: r:a9|r:c9"})
		for _, table := range []string{"orders", "payments", "verdicts", "exceptions"} {
			var names []string
			succeed(t, s.DB().Select(&names, "SELECT DISTINCT cluster FROM tieout_"+table))
			equal(t, "clusters of "+table, names, []string{"r:a9"})
		}
		late := charge("ch_3", "", "c 9")
		observe(t, s, late)
		equal(t, "comes later", clusterOf(t, s, late.Key), "r:a9")
		// The root of them becomes part of another in its turn.
		observe(t, s, order("0-1", "ch_3"))
		equal(t, "all", clusterOf(t, s, late.Key), "r:01")
		equal(t, "merges", dump(t, s, "merges"), []string{"tieout_merges: r:01|r:a9", "tieout_merges: r:01|r:b1", "tieout_merges: r:01|r:c9"})
	})
}

// A cluster that lost a row is due although no row of it changed, until that was judged.
func TestClustersThatLose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		line := reconcile.PayoutLine{Key: stripeKey("payout_line", "txn_1"), PayoutID: "po_1", Category: "charge", Net: eur(9)}
		observe(t, s, reconcile.Rejection{Key: line.Key, Reason: "no"})
		judged := judgeAll(t, s, 1, noon)
		equal(t, "exceptions", len(judged.Exceptions), 1)
		since := must(s.Progress(ctx))(t).Judged
		equal(t, "due", len(collectClusters(t, s.DueClusters(ctx, since, noon))), 0)
		observe(t, s, line) // can be read, and is no fact of any case
		due := collectClusters(t, s.DueClusters(ctx, since, noon))
		if len(due) != 1 || len(due[0].Known) != 1 || len(recordsOf(due[0].Facts)) != 0 {
			t.Fatalf("due: %+v", due)
		}
		judged = judgeAll(t, s, 2, noon)
		equal(t, "resolved", judged.Exceptions[0].Status, reconcile.StatusResolved)
		equal(t, "losses", dump(t, s, "tieout_losses"), []string(nil))
	})
}

// An object that cannot be read for a while and then can again is what it was: its exceptions keep when they were first seen,
// whatever its cluster has become meanwhile.
func TestExceptionsComeBackAfterARejection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		lost, at := charge("ch_1", "", ""), noon.Add(48*time.Hour)
		step := func(records ...reconcile.Record) {
			t.Helper()
			observe(t, s, records...)
			judgeAll(t, s, 1, at)
			at = at.Add(time.Hour)
		}
		step(order("R-1", "ch_1"), lost)
		step(order("R-1", ""))
		step(reconcile.Rejection{Key: lost.Key, Reason: "no"})
		step(lost)
		step(reconcile.Rejection{Key: lost.Key, Reason: "no"}, lost, reconcile.Rejection{Key: lost.Key, Reason: "no"})
		step(lost)
		var lives []string
		for _, e := range collect(t, s.Exceptions(ctx, store.ExceptionFilter{Reference: "ch_1"})) {
			lives = append(lives, fmt.Sprintf("%s %s %s", e.Code, e.Status, e.FirstSeen.Sub(noon)))
			for _, change := range must(s.ExceptionChanges(ctx, e.ID()))(t) {
				lives = append(lives, fmt.Sprintf("  %s → %s", change.From, change.To))
			}
		}
		equal(t, "lives", lives, []string{
			"MISSING_ORDER reopened 49h0m0s", "   → open", "  open → resolved", "  resolved → reopened", "  reopened → resolved", "  resolved → reopened",
			"DATA_INVALID resolved 50h0m0s", "   → open", "  open → resolved", "  resolved → reopened", "  reopened → resolved",
		})
	})
}

// TestRebuildKeepsWhatWasJudged: after the projections were made anew, each verdict and exception is in the cluster of its case, and
// judging all again writes nothing.
func TestRebuildKeepsWhatWasJudged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for seed := range uint64(5) {
			clearAll(t, s)
			for _, table := range []string{"verdicts", "owed", "exceptions"} {
				_, err := s.Exec(ctx, "DELETE FROM tieout_"+table)
				succeed(t, err)
			}
			tangled, byBody := newTangle(rand.New(rand.NewPCG(seed, 9))), map[string]reconcile.Record{}
			now := noon.Add(48 * time.Hour)
			for range 5 {
				records := tangled.records(30)
				for _, record := range records {
					byBody[string(item(record).Observation.Body)] = record
				}
				observe(t, s, records...)
				judgeAll(t, s, 1, now)
				now = now.Add(time.Hour)
			}
			now = now.Add(-time.Hour)
			judged := content(t, s)
			must(s.Rebuild(ctx, func(o feeds.Observation) reconcile.Record { return byBody[string(o.Body)] }))(t)
			equal(t, "progress", must(s.Progress(ctx))(t).JudgedAt, time.Time{})
			again := judgeAll(t, s, 2, now)
			equal(t, "judged anew", []int{len(again.Fresh), len(again.Changed), len(again.Gone), len(again.Exceptions)}, []int{0, 0, 0, 0})
			equal(t, "rows", content(t, s), judged)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}

func TestCoverageThatShrinksCallsForAFullJudging(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		cover := func(to time.Time, reason string) string {
			t.Helper()
			c := reconcile.Coverage{Feed: "stripe", Account: "default", Reason: reason, Complete: reconcile.Window{From: noon.Add(-time.Hour), To: to}}
			succeed(t, s.SetCoverage(ctx, 1, c))
			return must(s.Progress(ctx))(t).Basis
		}
		succeed(t, s.SetJudged(ctx, reconcile.Progress{JudgedAt: noon, Basis: "some"}))
		equal(t, "first", cover(noon, ""), "some")
		equal(t, "the same", cover(noon, ""), "some")
		equal(t, "with a reason", cover(noon, "503"), "some")
		equal(t, "further", cover(noon.Add(time.Hour), ""), "some")
		equal(t, "less far", cover(noon.Add(time.Minute), ""), "")
		equal(t, "when it was judged", must(s.Progress(ctx))(t).JudgedAt, noon)
	})
}

// TestDatabaseOfTheFirstVersion: one that was filled before there were clusters is stale, is made anew from its observations, and
// keeps its exceptions with when they were first seen.
func TestDatabaseOfTheFirstVersion(t *testing.T) {
	for _, database := range []struct {
		name, driver, folder string
		dialect              goose.Dialect
		url                  func(testing.TB) string
	}{
		{store.Postgres, "postgres", "migrations/postgres", goose.DialectPostgres, storetest.EmptyPostgresURL},
		{store.SQLite, "sqlite", "migrations/sqlite", goose.DialectSQLite3, storetest.SQLiteURL},
	} {
		t.Run(database.name, func(t *testing.T) {
			url := database.url(t)
			db := must(sql.Open(database.driver, strings.TrimPrefix(url, "sqlite:")))(t)
			files := must(fs.Sub(migrations.Migrations, database.folder))(t)
			first := must(goose.NewProvider(database.dialect, db, files, goose.WithDisableGlobalRegistry(true), goose.WithTableName("tieout_migrations")))(t)
			must(first.UpTo(ctx, 1))(t)
			world := []reconcile.Record{
				order("R-1", "ch_1"), order("R-2", ""), charge("ch_1", "", ""), charge("ch_2", "", ""), reconcile.Rejection{Key: trustKey("auth", "1-2-3"), Reason: "no"}, charge("ch_9", "", "R-2"),
			}
			byBody := map[string]reconcile.Record{}
			for _, record := range world {
				body, key := string(item(record).Observation.Body), record.RecordKey()
				byBody[body] = record
				execute(t, db, "INSERT INTO tieout_observations (feed, account, kind, id, version, seen_at, run_id, hash, body) VALUES ($1, $2, $3, $4, 1, 0, 1, 'h', $5)", key.Feed, key.Account, key.Kind, key.ID, body)
			}
			// What stands, what was resolved and comes back, and what is over, for its row can be read now.
			standing := []string{"loose/stripe/default/ch_2", "rejection/trustpayments/site/auth/1-2-3"}
			for i, e := range []struct{ code, caseKey, feed, account, transaction, status string }{
				{"MISSING_ORDER", standing[0], "stripe", "default", "ch_2", "acknowledged"},
				{"DATA_INVALID", standing[1], "trustpayments", "site", "1-2-3", "open"},
				{"DATA_INVALID", "rejection/stripe/default/charge/ch_9", "stripe", "default", "ch_9", "resolved"},
			} {
				id := reconcile.Exception{Code: reconcile.Code(e.code), CaseKey: e.caseKey, Feed: e.feed, Account: e.account, TransactionReference: e.transaction}.ID()
				execute(t, db, `INSERT INTO tieout_exceptions (id, code, severity, case_key, feed, account, order_reference, transaction_reference, currency, expected_minor, expected_currency,
					actual_minor, actual_currency, difference_minor, difference_currency, due_at, explanation, next_step, status, first_seen, last_seen, resolved_at, resolved_by, resolution, note)
					VALUES ($1, $2, 'high', $3, $4, $5, '', $6, 'EUR', 0, '', 1000, 'EUR', 0, '', 0, 'as it was', 'look', $7, $8, 0, 0, 'tieout', '', 'asked')`,
					id, e.code, e.caseKey, e.feed, e.account, e.transaction, e.status, noon.AddDate(0, 0, -i-1).UnixMicro())
			}
			succeed(t, db.Close())

			s := storetest.Open(t, url)
			must(s.Migrate(ctx))(t)
			equal(t, "stale", must(s.Stale(ctx))(t), true)
			must(s.Rebuild(ctx, func(o feeds.Observation) reconcile.Record { return byBody[string(o.Body)] }))(t)
			equal(t, "stale after a rebuild", must(s.Stale(ctx))(t), false)
			judgeAll(t, s, 2, noon.Add(48*time.Hour))
			back := reconcile.Rejection{Key: stripeKey("charge", "ch_9"), Reason: "again"}
			observe(t, s, back)
			judgeAll(t, s, 3, noon.Add(72*time.Hour))
			var lives []string
			for _, e := range collect(t, s.Exceptions(ctx, store.ExceptionFilter{})) {
				lives = append(lives, fmt.Sprint(e.CaseKey, " ", e.Code, " ", e.Status, " ", e.FirstSeen.Format(time.DateOnly)))
			}
			slices.Sort(lives)
			equal(t, "exceptions", lives, []string{
				"loose/stripe/default/ch_2 MISSING_ORDER acknowledged 2026-03-09",
				"order/R-2 MISSING_AT_PROVIDER open 2026-03-13",
				"rejection/stripe/default/charge/ch_9 DATA_INVALID reopened 2026-03-07",
				"rejection/trustpayments/site/auth/1-2-3 DATA_INVALID open 2026-03-08",
			})
		})
	}
}

func execute(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}
