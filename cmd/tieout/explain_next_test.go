package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/config"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// What is said to happen next depends on the verdict, on the settings, and on what was tried already.
func TestWhatHappensNext(t *testing.T) {
	now := firstDay
	charge := reconcile.Key{Feed: "stripe", Account: "default", Kind: "charge", ID: "ch_1"}
	owed := reconcile.Owed{Payment: charge, RequestID: "rr_1", Amount: money.Amount{Minor: 500, Currency: "EUR"}, Why: reconcile.OwedRequested, Decision: reconcile.DecisionApproved, Reason: "in time"}
	decided := func(decision reconcile.Decision) reconcile.Verdict {
		other := owed
		other.Decision = decision
		return reconcile.Verdict{Outcome: reconcile.Matched, Owed: []reconcile.Owed{other}}
	}
	lost := reconcile.Exception{Code: reconcile.AuthorisationLost, Sticky: true, NextStep: "Tell the customer."}
	dispute := func(due time.Time) reconcile.Verdict {
		return reconcile.Verdict{Outcome: reconcile.Excepted, Exceptions: []reconcile.Exception{{Code: reconcile.Disputed, DueAt: due, NextStep: "Answer it."}}}
	}
	const acts = "A person acts: see the next step of each exception. It closes by itself once its cause is gone."
	for name, test := range map[string]struct {
		e       reconcile.Explanation
		intents []reconcile.RefundIntent
		life    *toldLife
		actions config.Actions
		want    []toldStep
	}{
		"matched":                 {e: reconcile.Explanation{Verdict: reconcile.Verdict{Outcome: reconcile.Matched}}, want: []toldStep{{Says: "Nothing: it is matched."}}},
		"waiting for facts":       {e: reconcile.Explanation{Verdict: reconcile.Verdict{Outcome: reconcile.Waiting}}, want: []toldStep{{Says: "Nothing by time alone: it is judged again when something new is known about it."}}},
		"waiting for time":        {e: reconcile.Explanation{Verdict: reconcile.Verdict{Outcome: reconcile.Waiting}, Reviews: []reconcile.Review{{At: now.Add(time.Hour), Then: "the time is over"}}}, want: []toldStep{{At: now.Add(time.Hour), Says: "Judged again: the time is over."}}},
		"to cancel":               {e: reconcile.Explanation{Verdict: reconcile.Verdict{Outcome: reconcile.Waiting, Cancel: &reconcile.Cancel{Reason: "it ran out."}}}, actions: config.Actions{CancelExpired: true}, want: []toldStep{{Says: "The next run reads the provider once more and then cancels the order, because: it ran out."}}},
		"to cancel, switched off": {e: reconcile.Explanation{Verdict: reconcile.Verdict{Outcome: reconcile.Waiting, Cancel: &reconcile.Cancel{Reason: "it ran out."}}}, want: []toldStep{{Says: "The order could be canceled, and actions.cancel_expired is off. The reason: it ran out."}}},
		"approved":                {e: reconcile.Explanation{Verdict: decided(reconcile.DecisionApproved)}, actions: config.Actions{Refunds: true}, want: []toldStep{{Says: "The refund of 5.00 EUR of payment ch_1 (refund requested, rr_1) is approved, and the refunds job of the next run makes it: in time."}}},
		"approved, switched off":  {e: reconcile.Explanation{Verdict: decided(reconcile.DecisionApproved)}, want: []toldStep{{Says: "The refund of 5.00 EUR of payment ch_1 (refund requested, rr_1) is approved, and the refunds job makes it when actions.refunds is on: in time."}}},
		"tried": {e: reconcile.Explanation{Verdict: decided(reconcile.DecisionApproved)}, intents: []reconcile.RefundIntent{{Payment: charge, RequestID: "rr_1", State: reconcile.RefundRefused}},
			want: []toldStep{{Says: "The refund of 5.00 EUR of payment ch_1 (refund requested, rr_1) was tried and stands at: refused."}}},
		"refused":    {e: reconcile.Explanation{Verdict: decided(reconcile.DecisionRejected)}, want: []toldStep{{Says: "The refund of 5.00 EUR of payment ch_1 (refund requested, rr_1) is refused: in time."}}},
		"a person's": {e: reconcile.Explanation{Verdict: decided(reconcile.DecisionPerson)}, want: []toldStep{{Says: "A person decides on the refund of 5.00 EUR of payment ch_1 (refund requested, rr_1): in time."}}},
		"due":        {e: reconcile.Explanation{Verdict: dispute(now.Add(time.Hour))}, want: []toldStep{{Says: acts}, {At: now.Add(time.Hour), Says: "DISPUTED is due. Answer it."}}},
		"late":       {e: reconcile.Explanation{Verdict: dispute(now)}, want: []toldStep{{Says: acts}, {At: now, Says: "DISPUTED was due, and is late. Answer it."}}},
		"cannot un-happen": {e: reconcile.Explanation{Verdict: reconcile.Verdict{Outcome: reconcile.Excepted, Exceptions: []reconcile.Exception{lost}}}, life: &toldLife{Status: "open", FirstSeen: now},
			want: []toldStep{{Says: acts}, {At: now.AddDate(0, 0, 30), Says: "AUTHORISATION_LOST closes by itself, unless a person resolves it before: it cannot un-happen."}}},
		"unreadable": {e: reconcile.Explanation{Case: reconcile.Case{Rejections: []reconcile.Rejection{{}}}, Verdict: reconcile.Verdict{Outcome: reconcile.Waiting}}, want: untilItCanBeRead},
	} {
		t.Run(name, func(t *testing.T) {
			x := &explainer{in: reconcile.Context{Policy: reconcile.DefaultPolicy(), Now: now}, actions: test.actions}
			exceptions := make([]toldException, len(test.e.Verdict.Exceptions))
			for i := range exceptions {
				exceptions[i].Life = test.life
			}
			if diff := cmp.Diff(test.want, x.nextOf(test.e, reconcile.Around{Refunds: test.intents}, exceptions)); diff != "" {
				t.Errorf("next (-want +got):\n%s", diff)
			}
		})
	}
}
