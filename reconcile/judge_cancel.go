package reconcile

import (
	"fmt"
	"time"
)

// idle settles an open order for which no money is held.
func (j *judge) idle() {
	switch {
	case len(j.taken) > 0:
		j.settle(Closed, "%s took %s and all of it was given back.", nameOf(j.taken[0].Feed), j.taken[0].Amount)
	case len(j.c.Contested) > 0:
		j.settle(Waiting, "Payment %s fits this order and another one equally.", j.c.Contested[0].ID)
	default:
		j.settle(Waiting, "The order is open and no money has been taken for it.")
	}
}

// cancel proposes to cancel an open order when every attempt to pay for it is a dead end and no money can come any more
// (design §5, "Which dead ends cancel an open order"). The provider's word decides, not our clock.
func (j *judge) cancel() {
	j.noteCancel()
	if j.cancelBlocked() {
		return
	}
	evidence, ready := j.deadEnds()
	switch {
	case !ready:
	case len(evidence) > 0:
		last := evidence[len(evidence)-1]
		j.proposeCancel(evidence, fmt.Sprintf("%s says that %s, created at %s, is %s; no money was taken and none can come.", nameOf(last.Object.Feed), last.Object.ID, at(last.At), last.Status))
	case !j.given("somebody tried to pay, or policy.cancel.no_attempt_after is set", j.policy.Cancel.NoAttemptAfter > 0 && !j.c.Order.CreatedAt.IsZero()):
	case j.due(j.c.Order.CreatedAt.Add(j.policy.Cancel.NoAttemptAfter), "the time to try to pay is over"):
		j.proposeCancel(nil, fmt.Sprintf("Nobody has tried to pay since %s.", at(j.c.Order.CreatedAt)))
	}
}

// cancelBlocked reports whether anything that is known forbids the cancel: money that was ever taken, a payment that might
// be its, a row that could not be read, or an id that the shop stored and we do not hold.
func (j *judge) cancelBlocked() bool {
	if j.unless("no money was ever taken for it", len(j.taken) > 0) ||
		j.unless("no payment fits it and another order equally", len(j.c.Contested) > 0) ||
		j.unless("every row that may be about it could be read", len(j.c.Rejections) > 0) ||
		!j.given("the id that the shop stored, if any, is known here", j.holds(j.c.Order.PaymentID)) {
		return true
	}
	_, near := j.nearMoney()
	return j.unless("no payment names it but for case, spaces or dashes", near)
}

// proposeCancel proposes the cancel unless a provider was not read completely since the order began: there may be more.
func (j *judge) proposeCancel(evidence []Evidence, reason string) {
	began := j.began()
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed != FeedShop && !coverage.Complete.Empty() && coverage.Complete.From.After(began) {
			j.noteKnown(coverage, began, false)
			return // reading on will not change that
		}
	}
	j.verdict.CoverageBound = true
	for _, coverage := range j.ctx.Coverage {
		known := !coverage.Complete.Empty() && coverage.Reason == ""
		j.noteKnown(coverage, began, known)
		if !known {
			return
		}
	}
	j.verdict.Cancel = &Cancel{Evidence: evidence, Reason: reason}
}

// nearMoney finds a payment that is or may become money and whose reference is a near miss of the order's: never matched,
// and yet no reason to say that nobody paid.
func (j *judge) nearMoney() (Payment, bool) {
	for _, payment := range j.c.NearMisses {
		if payment.Status != PaymentFailed && payment.Status != PaymentCanceled {
			return payment, true
		}
	}
	return Payment{}, false
}

// began is when the order was made, or the first attempt to pay for it where that came first or is all that is known.
func (j *judge) began() time.Time {
	began := j.c.Order.CreatedAt
	for _, source := range j.c.Sources {
		began = earliest(began, source.CreatedAt)
	}
	for _, payment := range j.c.Payments {
		began = earliest(began, payment.CreatedAt)
	}
	return began
}

func (j *judge) holds(id string) bool {
	if id == "" {
		return true
	}
	for _, payment := range j.c.Payments {
		if payment.ID == id || payment.SourceID == id {
			return true
		}
	}
	for _, source := range j.c.Sources {
		if source.ID == id {
			return true
		}
	}
	return false
}

// ripe is asked of every dead end.
const ripe = "the attempt ended long enough ago to cancel the order"

// deadEnds returns the attempts that ended; ready is false while any is alive or too young.
func (j *judge) deadEnds() (evidence []Evidence, ready bool) {
	ready = true
	for _, source := range j.c.Sources {
		dead, when := j.deadSource(source)
		j.noteDeadEnd(source.Key, string(source.Status), dead)
		ready = dead && j.due(when, ripe) && ready
		evidence = append(evidence, Evidence{Object: source.Key, Status: string(source.Status), At: source.CreatedAt})
	}
	for _, payment := range j.c.Payments {
		dead, when := j.deadPayment(payment)
		j.noteDeadEnd(payment.Key, paymentWord(payment), dead)
		ready = dead && j.due(when, ripe) && ready
		evidence = append(evidence, Evidence{Object: payment.Key, Status: paymentWord(payment), At: payment.CreatedAt})
	}
	return evidence, ready
}

// deadSource says whether a source ended, and from when on it counts as a dead end.
func (j *judge) deadSource(source Source) (bool, time.Time) {
	switch source.Status {
	case SourceCanceled:
		return true, source.CreatedAt
	case SourceFailed:
		return true, source.CreatedAt.Add(j.policy.Cancel.DeclinedAfter)
	case SourcePending:
		waiting := j.policy.Cancel.WaitingIntentAfter
		return source.Kind == KindPaymentIntent && waiting > 0, source.CreatedAt.Add(waiting)
	default:
		return false, time.Time{}
	}
}

// deadPayment is the same for an attempt to take money. A failed charge is as dead as its source, which is judged by
// itself.
func (j *judge) deadPayment(payment LinkedPayment) (bool, time.Time) {
	switch payment.Status {
	case PaymentCanceled:
		return true, payment.CreatedAt.Add(j.policy.Cancel.DeclinedAfter)
	case PaymentFailed:
		if payment.SourceID != "" && j.holdsSource(payment.SourceID) {
			return true, payment.CreatedAt
		}
		return true, payment.CreatedAt.Add(j.policy.Cancel.DeclinedAfter)
	default:
		return false, time.Time{}
	}
}

func (j *judge) holdsSource(id string) bool {
	for _, source := range j.c.Sources {
		if source.ID == id {
			return true
		}
	}
	return false
}

func paymentWord(payment LinkedPayment) string {
	if payment.SettleStatus != "" {
		return string(payment.Status) + " (settlestatus " + payment.SettleStatus + ")"
	}
	return string(payment.Status)
}
