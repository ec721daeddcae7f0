package reconcile

import (
	"fmt"
	"time"
)

// sources raises what is to say about Stripe Sources that were authorised and not charged (source document 001). A
// PaymentIntent charges itself, so it has neither exception.
//
// Money that is held says that the sale was made with another source; money that was given back says so too, unless the
// order is still open.
func (j *judge) sources() {
	if !j.concerns() || anyLive(j.taken) || len(j.taken) > 0 && !j.orderIs(OrderPending) {
		j.noteSettled()
		return
	}
	for _, source := range j.c.Sources {
		j.noteSource(source, false)
		if source.Kind != KindSource || j.charged(source) {
			continue
		}
		switch {
		case source.Status == SourcePending:
			j.reviewAt(j.policy.PendingDeadline(source.CreatedAt), "a source that nobody used is canceled")
		case source.Status == SourceChargeable && !j.orderIs(OrderCanceled):
			j.notCharged(source)
		case source.Status == SourceCanceled && j.wasChargeable(source) && !j.orderIs(OrderPaid) && !j.orderIs(OrderRefunded):
			j.lost(source)
		}
	}
}

func (j *judge) orderIs(status OrderStatus) bool {
	return j.c.Order != nil && j.c.Order.Status == status
}

// charged reports whether a charge uses up the source. One that failed does not.
func (j *judge) charged(source Source) bool {
	for _, payment := range j.c.Payments {
		if payment.SourceID == source.ID && payment.Feed == source.Feed && payment.Status != PaymentFailed {
			return true
		}
	}
	return false
}

// chargeableAt is when the source became chargeable, as told by its event; zero when no event told.
func (j *judge) chargeableAt(source Source) time.Time {
	for _, event := range j.c.Events {
		if event.SourceID == source.ID && event.Status == SourceChargeable {
			return event.At
		}
	}
	return time.Time{}
}

func (j *judge) wasChargeable(source Source) bool {
	return source.Authorised || !j.chargeableAt(source).IsZero()
}

func (j *judge) notCharged(source Source) {
	authorised := firstKnown(j.chargeableAt(source), source.CreatedAt)
	deadline := j.policy.ChargeDeadline(authorised)
	j.reviewAt(deadline, "a source that nobody charged is canceled, and the sale is lost")
	e := Exception{
		Code: AuthorisedNotCharged, TransactionReference: source.ID, Actual: source.Amount, DueAt: deadline,
		Explanation: fmt.Sprintf("The customer authorised %s at %s (%s) and nothing has been charged; the source runs out at %s.", source.Amount, at(authorised), source.ID, at(deadline)),
	}
	if j.c.Order != nil {
		e.Expected = j.c.Order.Amount
	}
	j.raise(source.Key, e)
}

func (j *judge) lost(source Source) {
	e := Exception{
		Code: AuthorisationLost, TransactionReference: source.ID, Sticky: true,
		Explanation: fmt.Sprintf("The customer authorised %s (%s), nobody charged it in time, and it was canceled: the money went back and the sale is lost.", source.Amount, source.ID),
	}
	e.Expected, e.Actual = source.Amount, none(source.Amount)
	if j.c.Order != nil {
		e.Expected, e.Actual = j.c.Order.Amount, none(j.c.Order.Amount)
	}
	j.raise(source.Key, e)
}
