package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// TestThePastStaysAsItWas: whatever is observed, judged, decided, done, rebuilt and changed by hand later, what was held as of each change is
// read as it was then, and the list of versions up to it never changes.
func TestThePastStaysAsItWas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Parallel()
		life := newLife(t, s, 3)
		life.day(0)
		life.byHand()
		for n := range int(storetest.Seeds(2)) {
			life.day(1 + n)
		}
		var pieces []store.RowVersion
		for i, moment := range life.moments {
			equal(t, fmt.Sprintf("%s, as of change %d", moment.what, moment.change), life.lookAsOf(moment.change), moment.seen)
			equal(t, moment.what+": versions", collect(t, s.VersionsBetween(ctx, life.before(i), moment.change)), moment.versions)
			pieces = append(pieces, moment.versions...)
		}
		whole := collect(t, s.VersionsBetween(ctx, 0, life.moments[len(life.moments)-1].change))
		equal(t, "all versions", whole, pieces)
		if len(whole) < 200 || !slices.ContainsFunc(whole, func(v store.RowVersion) bool { return v.Removed }) {
			t.Errorf("only %d versions, or nothing was removed: the world is too quiet", len(whole))
		}
	})
}

// TestBothDatabasesKeepTheSameVersions: number by number.
func TestBothDatabasesKeepTheSameVersions(t *testing.T) {
	var lists [][]store.RowVersion
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		s.SetClock(func() time.Time { return noon }, time.Minute)
		life := newLife(t, s, 4)
		for n := range int(storetest.Seeds(4)) {
			life.day(n)
		}
		lists = append(lists, collect(t, s.VersionsBetween(ctx, 0, life.moments[len(life.moments)-1].change)))
	})
	if !t.Failed() {
		equal(t, "versions on SQLite", lists[1], lists[0])
	}
}

// life is what happens to one store, and what was seen after each thing that happened.
type life struct {
	t       *testing.T
	s       *store.Store
	tangle  tangle
	byBody  map[string]reconcile.Record
	moments []moment
}

type moment struct {
	what     string
	change   int64
	seen     string
	versions []store.RowVersion // since the moment before
}

func newLife(t *testing.T, s *store.Store, seed uint64) *life {
	return &life{t: t, s: s, tangle: newTangle(rand.New(rand.NewPCG(seed, 7))), byBody: map[string]reconcile.Record{}}
}

// day lets everything happen that can.
func (l *life) day(n int) {
	t, s := l.t, l.s
	now := noon.Add(time.Duration(48+24*n) * time.Hour)
	run := must(s.BeginRun(ctx, now, []string{"fetch"}))(t)
	l.look("run begun")
	l.observe(l.tangle.records(25)...)
	l.observe(movement(fmt.Sprint("txn_", n%3), "ch_1", "charge", int64(1000+n), 5), movement("txn_9", "nothing", "refund", int64(n), 0),
		reconcile.Payout{Key: stripeKey("payout", "po_1"), Amount: eur(int64(n)), Status: reconcile.PayoutPaid, CreatedAt: noon},
		reconcile.PayoutLine{Key: stripeKey("payout_line", "txn_1"), PayoutID: fmt.Sprint("po_", n%2), Net: eur(int64(n))},
		reconcile.Balance{Key: stripeKey("balance", fmt.Sprint("b", n)), Stated: eur(int64(n)), At: now})
	covered(t, s, noon.AddDate(-1, 0, 0), now)
	l.look("observed")
	judgeAll(t, s, run, now)
	succeed(t, s.RefreshGaps(ctx, now, time.Hour, n%2 == 0))
	l.look("judged")
	l.act(n, now)
	succeed(t, s.SaveStep(ctx, run, reconcile.Step{Name: "fetch", StartedAt: now, Status: reconcile.RunDone, Read: n}))
	succeed(t, s.FinishRun(ctx, run, reconcile.RunDone, ""))
	l.look("acted")
	must(s.Rebuild(ctx, func(o feeds.Observation) reconcile.Record { return l.byBody[string(o.Body)] }))(t)
	l.look("rebuilt")
}

func (l *life) observe(records ...reconcile.Record) {
	l.t.Helper()
	for _, record := range records {
		l.byBody[string(item(record).Observation.Body)] = record
	}
	observe(l.t, l.s, records...)
}

// act makes a person decide, and tieout cancel and refund.
func (l *life) act(n int, now time.Time) {
	l.t.Helper()
	handling := reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "ada", Note: fmt.Sprint("day ", n), At: now}
	if _, err := l.s.HandleExceptions(ctx, store.ExceptionFilter{Statuses: []string{"open"}}, handling, ""); err != nil {
		l.t.Fatal(err)
	}
	reference := fmt.Sprint("R-", n)
	succeed(l.t, l.s.BeginCancel(ctx, reconcile.Cancellation{OrderReference: reference, RunID: 1, Reason: "ran out", IntentAt: now}))
	succeed(l.t, l.s.FinishCancel(ctx, reference, reconcile.CancelDone, now, "", &reconcile.Message{Kind: "canceled", OrderReference: reference, Recipient: "x@example.com", CreatedAt: now}))
	intent := reconcile.RefundIntent{IdempotencyKey: fmt.Sprint("key-", n), Payment: stripeKey("charge", "ch_1"), Amount: eur(1), CreatedAt: now}
	if _, _, err := l.s.BeginRefund(ctx, intent); err != nil {
		l.t.Fatal(err)
	}
	succeed(l.t, l.s.FinishRefund(ctx, intent.IdempotencyKey, reconcile.RefundMade, "re_1", "", now))
}

// byHand is what somebody may do who gives no number: each statement gets one.
func (l *life) byHand() {
	l.t.Helper()
	for _, statement := range []string{
		"UPDATE tieout_payments SET minor = minor + 1", "UPDATE tieout_outbox SET sent_at = created_at + 1", "UPDATE tieout_verdicts SET paid_minor = 7",
		"UPDATE tieout_exceptions SET note = 'mine'", "UPDATE tieout_coverage SET reason = 'mine'", "UPDATE tieout_cancellations SET detail = 'mine'",
	} {
		_, err := l.s.Exec(ctx, statement)
		succeed(l.t, err)
		l.look(statement)
	}
}

func (l *life) before(i int) int64 {
	if i == 0 {
		return 0
	}
	return l.moments[i-1].change
}

// look remembers what is held now.
func (l *life) look(what string) {
	l.t.Helper()
	now := must(l.s.Now(ctx))(l.t)
	m := moment{what: what, change: now.Change(), seen: see(l.t, now)}
	succeed(l.t, now.Close())
	m.versions = collect(l.t, l.s.VersionsBetween(ctx, l.before(len(l.moments)), m.change))
	l.moments = append(l.moments, m)
}

func (l *life) lookAsOf(change int64) string {
	l.t.Helper()
	past := must(l.s.AsOf(ctx, change))(l.t)
	defer func() { succeed(l.t, past.Close()) }()
	return see(l.t, past)
}

// see tells all that reports read.
func see(t *testing.T, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	tell := func(what string, value any) { fmt.Fprintf(&b, "%s: %+v\n", what, value) }
	tell("totals", must(s.Totals(ctx))(t))
	tell("coverage", must(s.Coverage(ctx))(t))
	for _, e := range collect(t, s.Exceptions(ctx, store.ExceptionFilter{})) {
		e.Cluster = "" // where it is found, of which no versions are kept
		tell("exception", e)
		tell("changes", must(s.ExceptionChanges(ctx, e.ID()))(t))
	}
	tell("canceled", collect(t, s.Canceled(ctx)))
	tell("ageing", collect(t, s.Ageing(ctx)))
	tell("owed", collect(t, s.Owed(ctx)))
	tell("payouts", collect(t, s.PayoutSums(ctx)))
	tell("matched", collect(t, s.Matched(ctx)))
	later := noon.AddDate(1, 0, 0)
	tell("gaps", collect(t, s.Gaps(ctx, later)))
	tell("stated", must(s.StatedBalances(ctx, later))(t))
	tell("flows", must(s.Flows(ctx, reconcile.Window{From: noon, To: later}, reconcile.Window{From: later, To: later}))(t))
	tell("not booked", must(s.NotBooked(ctx, later, 1000*24*time.Hour))(t))
	tell("authorisations", must(s.Auths(ctx, reconcile.Window{From: noon.AddDate(0, 0, -1), To: later}))(t))
	run, _, err := s.LastRun(ctx)
	succeed(t, err)
	run.StartedAt, run.EndedAt = time.Time{}, time.Time{}
	tell("run", run)
	tell("steps", must(s.Steps(ctx, run.ID))(t))
	tell("intents", must(s.RefundIntents(ctx))(t))
	return b.String()
}

// TestNowStandsStill: what is written while one reads is not seen, on however many connections; and nothing can be written through it.
func TestNowStandsStill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Exceptions: []reconcile.ExceptionRecord{
			exception(reconcile.AmountMismatch, reconcile.High, "R-1", ""), exception(reconcile.Disputed, reconcile.Low, "R-2", "dp_1"),
		}}))
		now := must(s.Now(ctx))(t)
		defer func() { succeed(t, now.Close()) }()
		ids := map[string]bool{}
		for e, err := range now.Exceptions(ctx, store.ExceptionFilter{}) {
			succeed(t, err)
			ids[e.ID()] = true
			observe(t, s, charge(fmt.Sprint("ch_", len(ids)), "", "R-1"))
			handled := reconcile.Handling{To: reconcile.StatusResolved, Who: "ada", Reason: reconcile.Reasons()[0], Note: "done", At: noon}
			if _, err := s.HandleExceptions(ctx, store.ExceptionFilter{}, handled, ""); err != nil {
				t.Fatal(err)
			}
			for within, err := range now.Exceptions(ctx, store.ExceptionFilter{}) {
				succeed(t, err)
				equal(t, "status", within.Status, reconcile.StatusOpen)
			}
			equal(t, "totals", len(must(now.Totals(ctx))(t)), 0)
		}
		equal(t, "exceptions", len(ids), 2)
		equal(t, "totals of now", len(must(s.Totals(ctx))(t)), 1)
		if err := now.SetJudged(ctx, reconcile.Progress{}); err == nil || !strings.Contains(err.Error(), store.ErrReadOnly.Error()) {
			t.Errorf("write: %v", err)
		}
		if _, err := s.AsOf(ctx, 1_000_000); err == nil || !strings.Contains(err.Error(), "change 1000000: the last change is ") {
			t.Errorf("the future: %v", err)
		}
	})
}

// TestEveryColumnKeepsItsPast: in every table that has a past, a change of any column is kept, and so is a row that goes. Only where a row is
// found, and who gets a message, is not. The columns of the past are those of the present, which the triggers rely on.
func TestEveryColumnKeepsItsPast(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		found := 0
		for _, name := range columns(t, s) {
			if past, ok := strings.CutSuffix(name, "_past.touched"); ok {
				found++
				t.Run(past, func(t *testing.T) { keepsItsPast(t, s, past) })
			}
		}
		equal(t, "tables", found, 22)
	})
}

func keepsItsPast(t *testing.T, s *store.Store, table string) {
	types := columnTypes(t, s, table)
	names, values := []string{}, []string{}
	for _, c := range types {
		names, values = append(names, c.Name), append(values, map[string]string{"TEXT": "'a'", "BIGINT": "0", "BOOLEAN": "false"}[c.Type])
	}
	equal(t, "columns of the past", columnTypes(t, s, table+"_past"), append([]column{{"until", "BIGINT"}}, types...))
	do(t, s, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") "+map[bool]string{true: "OVERRIDING SYSTEM VALUE ", false: ""}[s.Dialect() == store.Postgres]+"VALUES ("+strings.Join(values, ", ")+")")
	kept := 0
	for _, c := range types {
		if table == "tieout_gaps" || table == "tieout_runs" && c.Name == "id" || c.Name == "touched" {
			continue // which cannot be changed, or is no change by itself
		}
		do(t, s, "UPDATE "+table+" SET "+c.Name+" = "+map[string]string{"TEXT": "'b'", "BIGINT": "1", "BOOLEAN": "true"}[c.Type])
		if c.Name != "cluster" && c.Name != "recipient" {
			kept++
		}
		equal(t, "versions kept, with "+c.Name, countRows(t, s, table+"_past"), kept)
	}
	do(t, s, "DELETE FROM "+table)
	equal(t, "versions kept, with the last", countRows(t, s, table+"_past"), kept+1)
}

type column struct {
	Name string `db:"name"`
	Type string `db:"type"`
}

// columnTypes lists the columns of a table in their order.
func columnTypes(t *testing.T, s *store.Store, table string) (list []column) {
	t.Helper()
	query := "SELECT name, replace(upper(type), 'INTEGER', 'BIGINT') AS type FROM pragma_table_info('" + table + "') ORDER BY cid"
	if s.Dialect() == store.Postgres {
		query = "SELECT column_name AS name, upper(data_type) AS type FROM information_schema.columns WHERE table_name = '" + table + "' ORDER BY ordinal_position"
	}
	succeed(t, s.DB().Select(&list, query))
	return list
}

func countRows(t *testing.T, s *store.Store, table string) (count int) {
	t.Helper()
	succeed(t, s.DB().Get(&count, "SELECT COUNT(*) FROM "+table))
	return count
}

func do(t *testing.T, s *store.Store, statement string) {
	t.Helper()
	_, err := s.Exec(ctx, statement)
	succeed(t, err)
}

// TestThePastCannotBeChanged: neither what is past nor, without a trace, what is present.
func TestThePastCannotBeChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, charge("ch_1", "", "R-1"))
		observe(t, s, charge("ch_1", "", "R-2"))
		statements := []string{"UPDATE tieout_payments_past SET minor = 1", "DELETE FROM tieout_payments_past", "UPDATE tieout_changes SET at = 0"}
		if s.Dialect() == store.Postgres {
			statements = append(statements, "TRUNCATE tieout_payments_past", "TRUNCATE tieout_payments", "TRUNCATE tieout_verdicts", "TRUNCATE tieout_changes")
		}
		for _, statement := range statements {
			if _, err := s.Exec(ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
}
