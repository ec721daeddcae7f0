package store_test

import (
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// reported records a run that wrote the reports of an instant, or failed to.
func reported(t *testing.T, s *store.Store, asOf time.Time, status reconcile.RunStatus) int64 {
	t.Helper()
	id := must(s.BeginRun(ctx, asOf, []string{"report"}))(t)
	succeed(t, s.SaveStep(ctx, id, reconcile.Step{Name: "report", Status: status, StartedAt: asOf, EndedAt: asOf}))
	succeed(t, s.FinishRun(ctx, id, status, ""))
	return id
}

func TestTheLastReportIsTheNewestThatWasWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		equal(t, "before any", must(s.ReportBefore(ctx, noon))(t), store.PastReport{})
		old := reported(t, s, noon.Add(-48*time.Hour), reconcile.RunDone)
		reported(t, s, noon.Add(-24*time.Hour), reconcile.RunDone)
		again := reported(t, s, noon.Add(-24*time.Hour), reconcile.RunDone)
		reported(t, s, noon.Add(-time.Hour), reconcile.RunFailed)
		reported(t, s, noon, reconcile.RunDone)
		equal(t, "yesterday's, the second", must(s.ReportBefore(ctx, noon))(t), store.PastReport{RunID: again, AsOf: noon.Add(-24 * time.Hour)})
		equal(t, "before yesterday's", must(s.ReportBefore(ctx, noon.Add(-24*time.Hour)))(t), store.PastReport{RunID: old, AsOf: noon.Add(-48 * time.Hour)})
	})
}

func TestWhatBecameOfExceptionsSinceAReport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		low, high := exception(reconcile.AmountMismatch, reconcile.Low, "R-1", "ch_1"), exception(reconcile.PaidAfterCancel, reconcile.Critical, "R-2", "ch_2")
		change := func(e reconcile.ExceptionRecord, run int64, at time.Time, to reconcile.ExceptionStatus) reconcile.ExceptionChange {
			return reconcile.ExceptionChange{ID: e.ID(), At: at, Who: "tieout", To: to, RunID: run}
		}
		person := change(low, 0, noon.Add(time.Minute), reconcile.StatusAcknowledged)
		person.Who, person.Note = "Mei", "asked the bank"
		changes := []reconcile.ExceptionChange{
			change(low, 4, noon, reconcile.StatusOpen), change(high, 5, noon, reconcile.StatusOpen), person, change(high, 6, noon, reconcile.StatusResolved),
		}
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 4, At: noon, Exceptions: []reconcile.ExceptionRecord{low, high}, Changes: changes}))
		var got []reconcile.ExceptionChange
		for step, err := range s.ExceptionsChanged(ctx, store.PastReport{RunID: 4, AsOf: noon}) {
			succeed(t, err)
			got = append(got, step.ExceptionChange)
			equal(t, "the exception", step.Record.ID(), step.ID)
		}
		equal(t, "steps", got, []reconcile.ExceptionChange{changes[1], changes[3], changes[2]})
	})
}

// An order that agreed before and one that is newer than the report are not told; one is told whose payment came, one whose
// order was paid, one whose payment was shown for the first time, and one whose exception was resolved.
func TestOrdersThatCameToBeMatched(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before, after := noon.Add(-time.Hour), noon.Add(time.Hour)
		old := func(reference string) reconcile.Order {
			o := order(reference, "")
			o.CreatedAt, o.PaidAt, o.ChangedAt = before, before, before
			return o
		}
		matched := func(reference string, paidAt time.Time) reconcile.Verdict {
			v := verdict(reference, reconcile.Matched)
			v.Payment, v.Paid, v.PaidAt = stripeKey("charge", "ch_"+reference), eur(1000), paidAt
			return v
		}
		paidNow, young := old("paid-now"), old("young")
		paidNow.PaidAt, young.CreatedAt = after, after
		observe(t, s, old("agreed"), old("settled"), old("shown"), old("resolved"), paidNow, young)
		for run, id := range []string{"ch_agreed", "ch_shown"} {
			must(s.Observe(ctx, int64(1+4*run), noon, []feeds.Item{item(charge(id, "", ""))}))(t)
		}
		e := exception(reconcile.AmountMismatch, reconcile.High, "resolved", "ch_1")
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 5, At: after,
			Fresh: []reconcile.Verdict{
				matched("agreed", before), matched("settled", after), matched("shown", before), matched("resolved", before), matched("paid-now", before), matched("young", after)},
			Exceptions: []reconcile.ExceptionRecord{e},
			Changes:    []reconcile.ExceptionChange{{ID: e.ID(), At: after, Who: "tieout", To: reconcile.StatusResolved, RunID: 5}}}))
		since := func(run int64) (references []string) {
			for m, err := range s.NewlyMatched(ctx, store.PastReport{RunID: run, AsOf: noon}) {
				succeed(t, err)
				equal(t, "judged", m.JudgedAt, after)
				references = append(references, m.OrderReference)
			}
			return references
		}
		equal(t, "since run 4", since(4), []string{"paid-now", "resolved", "settled", "shown"})
		equal(t, "since run 5", since(5), []string(nil))
	})
}
