package reconcile

import (
	"fmt"
	"strings"
)

// loose judges a payment or source that belongs to no order.
func (j *judge) loose() {
	if !j.inScope() {
		j.settle(OutOfScope, "Of a payment method outside feeds.stripe.payment_methods or feeds.trustpayments.payment_types, and no order names it.")
		return
	}
	held := live(j.taken)
	j.settle(Closed, "No money is held, and no order is concerned.")
	for _, payment := range held {
		j.loosePayment(payment)
	}
	if len(held) == 0 && j.looseAlive() {
		j.settle(Waiting, "An attempt to pay that names no order here; no money has been taken.")
	}
}

func (j *judge) loosePayment(payment held) {
	if len(j.c.Rivals) > 0 {
		j.noteLoose(Ambiguous, payment)
	} else {
		j.noteLoose(MissingOrder, payment)
	}
	switch {
	case len(j.c.Rivals) > 0:
		j.raise(payment.Key, Exception{
			Code: Ambiguous, TransactionReference: payment.ID, Actual: payment.netAmount(),
			Explanation: fmt.Sprintf("%s took %s for %q (%s), which fits %d orders equally: %s.", nameOf(payment.Feed), payment.Amount, payment.Reference, payment.ID, len(j.c.Rivals), strings.Join(j.c.Rivals, ", ")),
		})
	case j.unless("every row that may be about it could be read", j.unreadable()):
	case !j.absentSince(FeedShop, payment.SucceededAt.Add(j.policy.Grace.MissingOrder), "the shop's time to show the order is over"):
		j.settle(Waiting, "%s took %s at %s; the shop has %s to show the order.", nameOf(payment.Feed), payment.Amount, at(payment.SucceededAt), span(j.policy.Grace.MissingOrder))
	default:
		j.raise(payment.Key, Exception{
			Code: MissingOrder, TransactionReference: payment.ID, Actual: payment.netAmount(),
			Explanation: fmt.Sprintf("%s took %s at %s (%s) %s.", nameOf(payment.Feed), payment.Amount, at(payment.SucceededAt), payment.ID, j.forWhich()),
		})
	}
}

func (j *judge) forWhich() string {
	reference := j.c.Reference()
	if reference == "" {
		return "and names no order"
	}
	text := fmt.Sprintf("for order %q, which the shop does not have", reference)
	if len(j.c.Near) > 0 {
		text += fmt.Sprintf("; it has %s, which is only near and not matched", quoted(j.c.Near))
	}
	return text
}

func quoted(references []string) string {
	texts := make([]string, len(references))
	for i, reference := range references {
		texts[i] = fmt.Sprintf("%q", reference)
	}
	return strings.Join(texts, ", ")
}

// inScope reports whether tieout was asked to look after this case: it is of such a payment method, or orders name it.
func (j *judge) inScope() bool {
	if len(j.c.Rivals) > 0 {
		return true
	}
	for _, payment := range j.c.Payments {
		if payment.InScope {
			return true
		}
	}
	for _, source := range j.c.Sources {
		if source.InScope {
			return true
		}
	}
	return false
}

func (j *judge) looseAlive() bool {
	for _, payment := range j.c.Payments {
		if payment.Status == PaymentPending || payment.Status == PaymentSuspended {
			return true
		}
	}
	for _, source := range j.c.Sources {
		if source.Status == SourcePending || source.Status == SourceChargeable {
			return true
		}
	}
	return false
}

// concerns reports whether exceptions about single objects are raised for this case at all.
func (j *judge) concerns() bool { return j.c.Order != nil || j.inScope() }
