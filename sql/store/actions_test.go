package store_test

import (
	"errors"
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func intent(reference string, at time.Time) reconcile.Cancellation {
	return reconcile.Cancellation{
		OrderReference: reference, RunID: 3, Reason: "the source ran out", IntentAt: at,
		Evidence: []reconcile.Evidence{{Object: stripeKey("source", "src_1"), Status: "canceled", At: noon}},
	}
}

func TestCancelIsIntentThenOutcome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, order("R-1", ""))
		open := func() []reconcile.Cancellation { return must(s.OpenCancels(ctx))(t) }
		succeed(t, s.BeginCancel(ctx, intent("R-2", noon)))
		succeed(t, s.BeginCancel(ctx, intent("R-1", noon)))
		begun := []reconcile.Cancellation{intent("R-1", noon), intent("R-2", noon)}
		begun[0].Outcome, begun[1].Outcome = reconcile.CancelIntent, reconcile.CancelIntent
		equal(t, "open", open(), begun)

		later := noon.Add(time.Minute)
		message := reconcile.Message{Kind: reconcile.MessageOrderCanceled, OrderReference: "R-1", Recipient: "a@example.com", Subject: "s", Body: "b", CreatedAt: later}
		succeed(t, s.FinishCancel(ctx, "R-1", reconcile.CancelDone, later, "by us", &message))
		succeed(t, s.FinishCancel(ctx, "R-2", reconcile.CancelLostRace, later, "paid meanwhile", nil))
		equal(t, "open", open(), []reconcile.Cancellation{})

		done := begun[0]
		done.Outcome, done.OutcomeAt, done.Detail = reconcile.CancelDone, later, "by us"
		want := []store.CanceledOrder{{Cancellation: done, Amount: eur(1000), QueuedAt: later}}
		equal(t, "canceled", collect(t, s.Canceled(ctx)), want)
		_, err := s.Exec(ctx, "UPDATE tieout_outbox SET sent_at = created_at + 1000000")
		succeed(t, err)
		want[0].SentAt = later.Add(time.Second)
		equal(t, "canceled and told", collect(t, s.Canceled(ctx)), want)

		before := dump(t, s)
		if err := s.BeginCancel(ctx, intent("R-1", noon)); !errors.Is(err, reconcile.ErrAlreadyCanceled) {
			t.Errorf("canceled before: %v", err)
		}
		for _, reference := range []string{"R-1", "R-2", "R-3"} {
			if err := s.FinishCancel(ctx, reference, reconcile.CancelDone, later, "", &message); err == nil {
				t.Errorf("%s: an outcome without an intent", reference)
			}
		}
		equal(t, "rows", dump(t, s), before)
		succeed(t, s.BeginCancel(ctx, intent("R-2", later)))
		equal(t, "tried again", open()[0].IntentAt, later)
	})
}

func TestOneMessageForAnOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		message := reconcile.Message{Kind: reconcile.MessageOrderCanceled, OrderReference: "R-1", Subject: "first", CreatedAt: noon}
		succeed(t, s.BeginCancel(ctx, intent("R-1", noon)))
		succeed(t, s.FinishCancel(ctx, "R-1", reconcile.CancelRefused, noon, "", &message))
		before := dump(t, s, "outbox")
		message.Subject = "second"
		succeed(t, s.BeginCancel(ctx, intent("R-1", noon)))
		succeed(t, s.FinishCancel(ctx, "R-1", reconcile.CancelDone, noon, "", &message))
		equal(t, "outbox", dump(t, s, "outbox"), before)
		equal(t, "messages", len(before), 1)
	})
}

func TestRefundIntents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := reconcile.RefundIntent{
			IdempotencyKey: "k1", Payment: stripeKey("charge", "ch_1"), RequestID: "rf_1", Amount: eur(5),
			State: reconcile.RefundIntended, CreatedAt: noon, UpdatedAt: noon,
		}
		begin := func(r reconcile.RefundIntent) (reconcile.RefundIntent, bool) {
			t.Helper()
			held, fresh, err := s.BeginRefund(ctx, r)
			succeed(t, err)
			return held, fresh
		}
		held, fresh := begin(first)
		equal(t, "new", held, first)
		equal(t, "fresh", fresh, true)
		again := first
		again.Amount, again.CreatedAt = eur(6), noon.Add(time.Hour)
		held, fresh = begin(again)
		equal(t, "held", held, first)
		equal(t, "fresh", fresh, false)

		second := first
		second.IdempotencyKey, second.CreatedAt, second.UpdatedAt = "a2", noon.Add(time.Minute), noon.Add(time.Minute)
		begin(second)
		later := noon.Add(time.Hour)
		succeed(t, s.FinishRefund(ctx, "k1", reconcile.RefundUnknown, "", "timeout", later))
		succeed(t, s.FinishRefund(ctx, "k1", reconcile.RefundMade, "re_1", "", later))
		if err := s.FinishRefund(ctx, "k1", reconcile.RefundRefused, "", "late answer", later); err == nil {
			t.Error("a refund that was made was refused afterwards")
		}
		if err := s.FinishRefund(ctx, "k9", reconcile.RefundMade, "re_9", "", later); err == nil {
			t.Error("a refund was made without an intent")
		}
		first.State, first.RefundID, first.UpdatedAt = reconcile.RefundMade, "re_1", later
		equal(t, "all, oldest first", must(s.RefundIntents(ctx))(t), []reconcile.RefundIntent{first, second})
		unfinished := must(s.RefundIntents(ctx, reconcile.RefundIntended, reconcile.RefundUnknown))(t)
		equal(t, "unfinished", unfinished, []reconcile.RefundIntent{second})
	})
}

func TestRuns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := noon
		s.SetClock(func() time.Time { return clock }, time.Hour)
		if _, found := must2(s.LastRun(ctx))(t); found {
			t.Error("a run before the first")
		}
		asOf := noon.Add(-24 * time.Hour)
		first := must(s.BeginRun(ctx, asOf, []string{"fetch", "reconcile"}))(t)
		want := reconcile.Run{ID: first, StartedAt: noon, AsOf: asOf, Jobs: []string{"fetch", "reconcile"}, Status: reconcile.RunRunning}
		last, _ := must2(s.LastRun(ctx))(t)
		equal(t, "running", last, want)

		step := reconcile.Step{Name: "reconcile", StartedAt: noon.Add(time.Second), Status: reconcile.RunRunning}
		succeed(t, s.SaveStep(ctx, first, step))
		step.EndedAt, step.Status = noon.Add(time.Minute), reconcile.RunFailed
		step.Read, step.Stored, step.Unchanged, step.Rejected, step.OtherMode = 1, 2, 3, 4, 5
		step.Matched, step.Waiting, step.Excepted, step.Acted, step.Refused, step.Error = 6, 7, 8, 9, 10, "no"
		succeed(t, s.SaveStep(ctx, first, step))
		fetch := reconcile.Step{Name: "zfetch", StartedAt: noon, Status: reconcile.RunDone}
		succeed(t, s.SaveStep(ctx, first, fetch))
		equal(t, "steps", must(s.Steps(ctx, first))(t), []reconcile.Step{fetch, step})

		clock = noon.Add(time.Hour)
		succeed(t, s.FinishRun(ctx, first, reconcile.RunFailed, "no"))
		want.EndedAt, want.Status, want.Error = clock, reconcile.RunFailed, "no"
		last, _ = must2(s.LastRun(ctx))(t)
		equal(t, "failed", last, want)
		if err := s.FinishRun(ctx, 99, reconcile.RunDone, ""); err == nil {
			t.Error("a run ended that never began")
		}

		must(s.BeginRun(ctx, asOf, nil))(t) // and dies
		third := must(s.BeginRun(ctx, asOf, nil))(t)
		var statuses []string
		succeed(t, s.DB().Select(&statuses, "SELECT status FROM tieout_runs ORDER BY id"))
		equal(t, "statuses", statuses, []string{"failed", "stopped", "running"})
		equal(t, "id", third > first, true)
	})
}

func must2[A, B any](a A, b B, err error) func(*testing.T) (A, B) {
	return func(t *testing.T) (A, B) {
		t.Helper()
		succeed(t, err)
		return a, b
	}
}
