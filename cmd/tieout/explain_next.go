package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tieout/reconcile"
)

// untilItCanBeRead is what happens next with a row that could not be read.
var untilItCanBeRead = []toldStep{{Says: "Nothing by itself: it closes when the row can be read. Until then nothing is concluded about its order."}}

// nextOf says what happens next with a case, and when: what tieout does by itself, what is due, and what time alone changes.
func (x *explainer) nextOf(e reconcile.Explanation, around reconcile.Around, exceptions []toldException) []toldStep {
	steps := x.cancelStep(e.Verdict)
	for _, owed := range e.Verdict.Owed {
		steps = append(steps, x.refundStep(owed, around.Refunds))
	}
	steps = append(steps, x.dueSteps(e.Verdict.Exceptions, exceptions)...)
	for _, review := range e.Reviews {
		steps = append(steps, toldStep{At: inUTC(review.At), Says: "Judged again: " + review.Then + "."})
	}
	if len(e.Case.Rejections) > 0 {
		steps = append(steps, untilItCanBeRead...)
	}
	if len(e.Case.Rejections) == 0 || e.Verdict.Outcome == reconcile.Excepted {
		steps = append(steps, rest(e.Verdict, len(e.Reviews) > 0)...)
	}
	return inOrder(steps)
}

func inOrder(steps []toldStep) []toldStep {
	slices.SortStableFunc(steps, func(a, b toldStep) int { return cmp.Or(a.At.Compare(b.At), 0) })
	return steps
}

func (x *explainer) cancelStep(v reconcile.Verdict) []toldStep {
	switch {
	case v.Cancel == nil:
		return nil
	case x.actions.CancelExpired:
		return []toldStep{{Says: "The next run reads the provider once more and then cancels the order, because: " + v.Cancel.Reason}}
	default:
		return []toldStep{{Says: "The order could be canceled, and actions.cancel_expired is off. The reason: " + v.Cancel.Reason}}
	}
}

// refundStep says what becomes of money that must go back.
func (x *explainer) refundStep(owed reconcile.Owed, intents []reconcile.RefundIntent) toldStep {
	what := fmt.Sprintf("%s of payment %s (%s)", owed.Amount, owed.Payment.ID, owed.Why)
	if owed.RequestID != "" {
		what = fmt.Sprintf("%s of payment %s (%s, %s)", owed.Amount, owed.Payment.ID, owed.Why, owed.RequestID)
	}
	if owed.Payment.ID == "" {
		what = fmt.Sprintf("%s (%s, %s)", owed.Amount, owed.Why, owed.RequestID)
	}
	tried := slices.IndexFunc(intents, func(i reconcile.RefundIntent) bool {
		return i.Payment == owed.Payment && i.RequestID == owed.RequestID && i.State != reconcile.RefundIntended
	})
	switch {
	case tried >= 0:
		return toldStep{Says: fmt.Sprintf("The refund of %s was tried and stands at: %s.", what, intents[tried].State)}
	case owed.Decision == reconcile.DecisionRejected:
		return toldStep{Says: fmt.Sprintf("The refund of %s is refused: %s.", what, owed.Reason)}
	case owed.Decision == reconcile.DecisionPerson:
		return toldStep{Says: fmt.Sprintf("A person decides on the refund of %s: %s.", what, owed.Reason)}
	case x.actions.Refunds:
		return toldStep{Says: fmt.Sprintf("The refund of %s is approved, and the refunds job of the next run makes it: %s.", what, owed.Reason)}
	default:
		return toldStep{Says: fmt.Sprintf("The refund of %s is approved, and the refunds job makes it when actions.refunds is on: %s.", what, owed.Reason)}
	}
}

// dueSteps tells what is or was due, and when what cannot un-happen closes by itself.
func (x *explainer) dueSteps(raised []reconcile.Exception, exceptions []toldException) []toldStep {
	var steps []toldStep
	for i, e := range raised {
		switch {
		case e.DueAt.IsZero():
		case e.DueAt.After(x.in.Now):
			steps = append(steps, toldStep{At: inUTC(e.DueAt), Says: fmt.Sprintf("%s is due. %s", e.Code, e.NextStep)})
		default:
			steps = append(steps, toldStep{At: inUTC(e.DueAt), Says: fmt.Sprintf("%s was due, and is late. %s", e.Code, e.NextStep)})
		}
		if life := exceptions[i].Life; e.Sticky && life != nil && life.Status != string(reconcile.StatusResolved) {
			steps = append(steps, toldStep{At: life.FirstSeen.Add(x.in.Policy.StickyFor), Says: fmt.Sprintf("%s closes by itself, unless a person resolves it before: it cannot un-happen.", e.Code)})
		}
	}
	return steps
}

// rest says what else there is to expect.
func rest(v reconcile.Verdict, timed bool) []toldStep {
	switch {
	case v.Outcome == reconcile.Excepted:
		return []toldStep{{Says: "A person acts: see the next step of each exception. It closes by itself once its cause is gone."}}
	case timed || v.Cancel != nil || len(v.Owed) > 0:
		return nil
	case v.Outcome == reconcile.Waiting:
		return []toldStep{{Says: "Nothing by time alone: it is judged again when something new is known about it."}}
	default:
		return []toldStep{{Says: fmt.Sprintf("Nothing: it is %s.", v.Outcome)}}
	}
}

func (x *explainer) nextOfPayout(e reconcile.PayoutExplanation, exceptions []toldException) []toldStep {
	steps := x.dueSteps(e.Exceptions, exceptions)
	switch {
	case len(e.Exceptions) > 0:
		steps = append(steps, toldStep{Says: "A person acts: see the next step of the exception."})
	case e.Sum.Status == reconcile.PayoutPending && e.Sum.ArrivalAt.After(x.in.Now):
		steps = append(steps, toldStep{At: inUTC(e.Sum.ArrivalAt), Says: "It is expected at the bank."})
	case e.Sum.Automatic && !e.Sum.Itemised:
		steps = append(steps, toldStep{Says: "It is held against its movements once the provider says that they are all there."})
	default:
		steps = append(steps, toldStep{Says: "Nothing, unless the provider calls it failed later."})
	}
	return inOrder(steps)
}

// stamp writes an instant for people, in UTC to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "time not known"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
