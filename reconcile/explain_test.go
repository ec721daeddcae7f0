package reconcile_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/reconcile"
)

// The trace tells the same story as the verdict: an exception is raised where a question about it is answered with yes, and
// nowhere else; the same for matching, canceling and refunding.
func TestTheTraceTellsTheVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			e := reconcile.Explain(c, reconcile.Around{Facts: w.facts}, w.at(w.now))
			if diff := gocmp.Diff(reconcile.Judge(c, w.at(w.now)), e.Verdict); diff != "" {
				t.Fatalf("Explain judges otherwise than Judge (-Judge +Explain):\n%s", diff)
			}
			checkTrace(t, e)
		}
	})
}

func checkTrace(t *rapid.T, e reconcile.Explanation) {
	v := e.Verdict
	for _, raised := range v.Exceptions {
		if !slices.ContainsFunc(e.Questions, func(q reconcile.Question) bool { return q.Yes() && asksFor(q, raised) }) {
			t.Fatalf("%s is raised about %q and no question about it is answered with yes: %+v", raised.Code, raised.TransactionReference, e.Questions)
		}
	}
	said := map[string]bool{}
	for _, q := range e.Questions {
		if len(q.Conditions) == 0 {
			t.Fatalf("a question without conditions: %+v", q)
		}
		for i, condition := range q.Conditions {
			if condition.Asks == "" || condition.Left.Who == "" || condition.Left.String() == "" || (condition.Right.Who == "") != (condition.Right.String() == "") {
				t.Fatalf("condition %d is incomplete: %+v", i, q)
			}
		}
		said[q.Topic] = said[q.Topic] || q.Yes()
		if q.Yes() && slices.Contains(reconcile.Codes(), reconcile.Code(q.Topic)) && !slices.ContainsFunc(v.Exceptions, func(raised reconcile.Exception) bool { return asksFor(q, raised) }) {
			t.Fatalf("the answer is yes and nothing is raised: %+v", q)
		}
	}
	approved := slices.ContainsFunc(v.Owed, func(owed reconcile.Owed) bool { return owed.Decision == reconcile.DecisionApproved })
	if said[reconcile.TopicMatched] != (v.Outcome == reconcile.Matched) || said[reconcile.TopicCancel] != (v.Cancel != nil) || said[reconcile.TopicRefund] != approved {
		t.Fatalf("%s, to cancel: %t, a refund approved: %t, and the answers are %v", v.Outcome, v.Cancel != nil, approved, said)
	}
	if len(e.Reviews) == 0 != v.NextReview.IsZero() || len(e.Reviews) > 0 && !e.Reviews[0].At.Equal(v.NextReview) {
		t.Fatalf("the next review is at %s, and the reviews are %v", stamp(v.NextReview), e.Reviews)
	}
}

func asksFor(q reconcile.Question, e reconcile.Exception) bool {
	return q.Topic == string(e.Code) && q.Feed == e.Feed && q.Account == e.Account && q.About == e.TransactionReference
}
