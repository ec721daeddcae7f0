package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func owedFor(id, request string, minor int64) reconcile.Owed {
	return reconcile.Owed{
		Payment: stripeKey("charge", id), RequestID: request, Amount: eur(minor), Why: reconcile.OwedRequested, AskedAt: noon,
		WindowEndsAt: noon.Add(90 * 24 * time.Hour), Decision: reconcile.DecisionApproved, Reason: "in time",
	}
}

func verdict(reference string, outcome reconcile.Outcome) reconcile.Verdict {
	return reconcile.Verdict{CaseKey: "order/" + reference, OrderReference: reference, Outcome: outcome, Reason: "because", Order: eur(1000)}
}

func exception(code reconcile.Code, severity reconcile.Severity, reference, transaction string) reconcile.ExceptionRecord {
	return reconcile.ExceptionRecord{
		Exception: reconcile.Exception{
			Code: code, Severity: severity, CaseKey: "order/" + reference, Feed: "stripe", Account: "default",
			OrderReference: reference, TransactionReference: transaction, Currency: "EUR", Expected: eur(1000), Actual: eur(900), Difference: eur(-100),
			DueAt: noon.Add(time.Hour), Explanation: "they differ", NextStep: "look",
		},
		Status: reconcile.StatusOpen, FirstSeen: noon, LastSeen: noon,
	}
}

func fullVerdict() reconcile.Verdict {
	v := verdict("R-1", reconcile.Matched)
	v.Rule, v.Payment = reconcile.RuleReference, stripeKey("charge", "ch_1")
	v.Paid, v.Refunded, v.PaidAt, v.NextReview = eur(1000), eur(10), noon, noon.Add(time.Hour)
	v.Owed = []reconcile.Owed{owedFor("ch_1", "rf_1", 5), owedFor("ch_1", "rf_2", 6)}
	v.Cancel = &reconcile.Cancel{Reason: "the source ran out", Evidence: []reconcile.Evidence{{Object: stripeKey("source", "src_1"), Status: "canceled", At: noon}}}
	return v
}

func TestJudgementsComeBackAndRerunsTouchNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		full, plain := fullVerdict(), verdict("R-2", reconcile.Waiting)
		known := exception(reconcile.AmountMismatch, reconcile.High, "R-1", "")
		judgement := reconcile.Judgement{
			RunID: 1, At: noon, Fresh: []reconcile.Verdict{full, plain}, Exceptions: []reconcile.ExceptionRecord{known},
			Changes: []reconcile.ExceptionChange{{ID: known.ID(), At: noon, Who: "tieout", To: reconcile.StatusOpen, RunID: 1}},
		}
		succeed(t, s.SaveJudgement(ctx, judgement))
		equal(t, "verdicts", must(s.Verdicts(ctx, []string{"order/R-2", "order/R-1", "order/none"}))(t), []reconcile.Verdict{full, plain})
		equal(t, "exceptions by case", must(s.ExceptionsOf(ctx, []string{"order/R-1"}, nil))(t), []reconcile.ExceptionRecord{known})
		equal(t, "exceptions by id", must(s.ExceptionsOf(ctx, nil, []string{known.ID()}))(t), []reconcile.ExceptionRecord{known})
		equal(t, "changes", must(s.ExceptionChanges(ctx, known.ID()))(t), judgement.Changes)

		before := content(t, s)
		judgement.RunID, judgement.At, judgement.Changes = 2, noon.Add(time.Hour), nil
		judgement.Fresh, judgement.Changed = nil, judgement.Fresh
		succeed(t, s.SaveJudgement(ctx, judgement))
		equal(t, "rows after a rerun", content(t, s), before)
	})
}

func TestOwedFollowsItsCase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		save := func(verdicts ...reconcile.Verdict) {
			t.Helper()
			succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Changed: verdicts}))
		}
		one, two := verdict("R-1", reconcile.Excepted), verdict("R-2", reconcile.Excepted)
		one.Owed = []reconcile.Owed{owedFor("ch_1", "", 5), owedFor("ch_2", "", 6)}
		two.Owed = []reconcile.Owed{owedFor("ch_3", "", 7)}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{one, two}}))
		one.Owed = []reconcile.Owed{owedFor("ch_1", "", 8)}
		save(one)
		rows := collect(t, s.Owed(ctx))
		equal(t, "owed", []reconcile.Owed{rows[0].Owed, rows[1].Owed}, []reconcile.Owed{owedFor("ch_1", "", 8), owedFor("ch_3", "", 7)})
		equal(t, "rows", len(rows), 2)
		soon, never := owedFor("ch_3", "", 7), owedFor("ch_3", "rf_0", 1)
		soon.WindowEndsAt, never.WindowEndsAt = noon.Add(time.Hour), time.Time{}
		two.Owed = []reconcile.Owed{soon, never}
		save(two)
		var order []string
		for _, row := range collect(t, s.Owed(ctx)) {
			order = append(order, row.Payment.ID+row.RequestID)
		}
		equal(t, "soonest first", order, []string{"ch_3", "ch_1", "ch_3rf_0"})
		equal(t, "whose", []string{rows[0].CaseKey, rows[0].OrderReference}, []string{"order/R-1", "R-1"})
		two.Owed, one.Owed = one.Owed, nil
		save(two, one) // ch_1 belongs to the other case now
		rows = collect(t, s.Owed(ctx))
		equal(t, "moved", []string{rows[0].CaseKey, rows[0].Payment.ID}, []string{"order/R-2", "ch_1"})
		equal(t, "rows", len(rows), 1)
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 2, At: noon, Gone: []reconcile.GoneCase{{CaseKey: "order/R-2"}}}))
		equal(t, "owed by a case that is gone", collect(t, s.Owed(ctx)), []reconcile.OwedRow(nil))
		equal(t, "verdicts left", must(s.Verdicts(ctx, []string{"order/R-1", "order/R-2"}))(t), []reconcile.Verdict{one})
	})
}

func TestOwedTellsItsNewestIntent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		v := verdict("R-1", reconcile.Excepted)
		v.Owed = []reconcile.Owed{owedFor("ch_1", "rf_1", 5), owedFor("ch_1", "rf_2", 6)}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{v}}))
		for i, key := range []string{"b-first", "a-second"} {
			_, _, err := s.BeginRefund(ctx, reconcile.RefundIntent{
				IdempotencyKey: key, Payment: stripeKey("charge", "ch_1"), RequestID: "rf_1", Amount: eur(5), CreatedAt: noon.Add(time.Duration(i) * time.Hour),
			})
			succeed(t, err)
		}
		succeed(t, s.FinishRefund(ctx, "b-first", reconcile.RefundRefused, "", "no", noon))
		succeed(t, s.FinishRefund(ctx, "a-second", reconcile.RefundMade, "re_1", "", noon))
		rows := collect(t, s.Owed(ctx))
		equal(t, "tried", []string{string(rows[0].IntentState), rows[0].RefundID}, []string{"made", "re_1"})
		equal(t, "not tried", rows[1].IntentState, reconcile.RefundIntentState(""))
	})
}

func TestOrdersToCancel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		cancel := fullVerdict()
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: []reconcile.Verdict{verdict("R-2", reconcile.Waiting), cancel}}))
		cancel.Owed = nil
		equal(t, "to cancel", must(s.CancelCandidates(ctx))(t), []reconcile.Verdict{cancel})
	})
}

func TestExceptionsAreListedByUrgency(t *testing.T) {
	resolved := exception(reconcile.Disputed, reconcile.Low, "R-6", "dp_1")
	resolved.Status, resolved.ResolvedAt, resolved.ResolvedBy, resolved.Resolution = reconcile.StatusResolved, noon, "tieout", "cause gone"
	silent := exception(reconcile.MissingAtProvider, reconcile.Medium, "R-3", "")
	silent.Actual, silent.Difference, silent.DueAt = money.Amount{}, money.Amount{}, time.Time{}
	sorted := []reconcile.ExceptionRecord{
		exception(reconcile.PaidAfterCancel, reconcile.Critical, "b", "ch_1"),
		exception(reconcile.AmountMismatch, reconcile.High, "B", ""), exception(reconcile.AmountMismatch, reconcile.High, "b", ""),
		exception(reconcile.DuplicatePayment, reconcile.High, "b", "ch_1"), exception(reconcile.DuplicatePayment, reconcile.High, "b", "ch_2"),
		silent, resolved, exception(reconcile.Ambiguous, "unheard of", "R-7", "ch_7"),
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shuffled := []reconcile.ExceptionRecord{sorted[7], sorted[4], sorted[2], sorted[6], sorted[0], sorted[5], sorted[3], sorted[1]}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Exceptions: shuffled}))
		tests := []struct {
			name   string
			filter store.ExceptionFilter
			want   []reconcile.ExceptionRecord
		}{
			{"all", store.ExceptionFilter{}, sorted},
			{"standing", store.ExceptionFilter{Standing: true}, append(sorted[:6:6], sorted[7])},
			{"codes", store.ExceptionFilter{Codes: []string{"AMOUNT_MISMATCH", "DISPUTED"}}, []reconcile.ExceptionRecord{sorted[1], sorted[2], sorted[6]}},
			{"severities and standing", store.ExceptionFilter{Severities: []string{"low", "medium"}, Standing: true}, sorted[5:6]},
			{"statuses", store.ExceptionFilter{Statuses: []string{"resolved"}}, sorted[6:7]},
			{"order", store.ExceptionFilter{Reference: "R-3"}, sorted[5:6]},
			{"transaction", store.ExceptionFilter{Reference: "ch_1"}, []reconcile.ExceptionRecord{sorted[0], sorted[3]}},
			{"none", store.ExceptionFilter{Codes: []string{"UNEXPLAINED"}}, nil},
		}
		for _, test := range tests {
			equal(t, test.name, collect(t, s.Exceptions(ctx, test.filter)), test.want)
		}
		standing := []string{"order/B", "order/R-3", "order/R-7", "order/b"}
		equal(t, "cases", must(s.OutsideClusters(ctx))(t), standing)
		inCluster := sorted[0]
		inCluster.Cluster = "r:b"
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Exceptions: []reconcile.ExceptionRecord{inCluster}}))
		equal(t, "cases of no cluster", must(s.OutsideClusters(ctx))(t), standing) // order/b has others
		for range s.Exceptions(ctx, store.ExceptionFilter{}) {
			break // a loop that is left gives its connection back
		}
	})
}

func TestACancelNeedsAReason(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		v := fullVerdict()
		v.Cancel.Reason = ""
		if err := s.SaveJudgement(ctx, reconcile.Judgement{Fresh: []reconcile.Verdict{v}}); err == nil {
			t.Error("a cancel without a reason would be lost")
		}
	})
}

// A case that another cluster makes now is found there, whichever of the two clusters is judged first.
func TestACaseMovesToAnotherCluster(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		of := func(cluster string) []reconcile.Verdict {
			list := make([]reconcile.Verdict, 150) // so many are copied
			for i := range list {
				list[i] = verdict(fmt.Sprintf("%s-%d", cluster, i), reconcile.Matched)
				list[i].Cluster = cluster
			}
			list[7].CaseKey, list[7].OrderReference = "order/moved", "moved"
			return list
		}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Fresh: of("r:b")}))
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 2, At: noon, Fresh: of("r:a")}))
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 2, At: noon, Gone: []reconcile.GoneCase{{Cluster: "r:b", CaseKey: "order/moved"}, {Cluster: "r:b", CaseKey: "order/r:b-0"}}}))
		held := must(s.Verdicts(ctx, []string{"order/moved", "order/r:a-1", "order/r:b-0", "order/r:b-1"}))(t)
		var got []string
		for _, v := range held {
			got = append(got, v.CaseKey+" in "+v.Cluster)
		}
		equal(t, "held", got, []string{"order/moved in r:a", "order/r:a-1 in r:a", "order/r:b-1 in r:b"})
	})
}

// So does an exception: it is not new where it comes to, goes on in its one row, and its changes are numbered on.
func TestAnExceptionMovesToAnotherCluster(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		begins := func(runID int64, cluster string, names ...string) reconcile.Judgement {
			j := reconcile.Judgement{RunID: runID, At: noon}
			for _, name := range names {
				e := exception(reconcile.AmountMismatch, reconcile.High, name, "")
				e.Cluster = cluster
				j.Exceptions = append(j.Exceptions, e)
				j.Changes = append(j.Changes, reconcile.ExceptionChange{ID: e.ID(), At: noon, Who: "tieout", To: reconcile.StatusOpen, RunID: runID})
			}
			return j
		}
		one, other := []string{"moved"}, []string{"moved"}
		for i := range 149 { // so many are copied
			one, other = append(one, fmt.Sprint("one-", i)), append(other, fmt.Sprint("other-", i))
		}
		succeed(t, s.SaveJudgement(ctx, begins(1, "r:b", one...)))
		succeed(t, s.SaveJudgement(ctx, begins(2, "r:a", other...)))
		moved := exception(reconcile.AmountMismatch, reconcile.High, "moved", "")
		var places []string
		for _, e := range must(s.ExceptionsOf(ctx, []string{"order/moved", "order/one-7", "order/other-7"}, nil))(t) {
			places = append(places, e.CaseKey+" in "+e.Cluster)
		}
		slices.Sort(places)
		equal(t, "where they are", places, []string{"order/moved in r:a", "order/one-7 in r:b", "order/other-7 in r:a"})
		var runs []int64
		for _, change := range must(s.ExceptionChanges(ctx, moved.ID()))(t) {
			runs = append(runs, change.RunID)
		}
		equal(t, "runs that changed the one that moved", runs, []int64{1, 2})
		// Two clusters may raise it in the same judgement: the last counts.
		both := begins(3, "r:c", append(one[:120:120], "twice")...)
		second := begins(3, "r:d", "twice")
		both.Exceptions, both.Changes = append(both.Exceptions, second.Exceptions...), append(both.Changes, second.Changes...)
		succeed(t, s.SaveJudgement(ctx, both))
		equal(t, "cluster of the one raised twice", must(s.ExceptionsOf(ctx, []string{"order/twice"}, nil))(t)[0].Cluster, "r:d")
	})
}
