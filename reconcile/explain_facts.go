package reconcile

import (
	"fmt"
	"slices"
	"time"

	"tieout/reconcile/money"
)

// Fact is one thing that is held, in a sentence.
type Fact struct {
	At     time.Time // zero: not known
	Object Key
	Says   string
	Amount money.Amount // without currency: none
	Status string       // of the object now, or empty
}

// chronicle collects facts.
type chronicle struct{ facts []Fact }

func (l *chronicle) tell(when time.Time, of Key, amount money.Amount, status, format string, args ...any) {
	l.facts = append(l.facts, Fact{At: when, Object: of, Amount: amount, Status: status, Says: fmt.Sprintf(format, args...)})
}

// factsInTime lists what is held on a case, earliest first; what has no time comes last.
func factsInTime(c Case, around Around) []Fact {
	l := &chronicle{}
	l.order(c.Order)
	for _, source := range c.Sources {
		l.source(source)
	}
	for _, event := range c.Events {
		l.tell(event.At, event.Key, money.Amount{}, string(event.Status), "Source %s became %s.", event.SourceID, event.Status)
	}
	for _, payment := range c.Payments {
		l.payment(payment.Payment)
	}
	for _, refund := range c.Refunds {
		l.refund(refund)
	}
	for _, request := range c.Requests {
		l.request(request)
	}
	for _, dispute := range c.Disputes {
		l.tell(dispute.CreatedAt, dispute.Key, dispute.Amount, string(dispute.Status), "The customer disputed %s of payment %s (%s); it is %s, and evidence is due at %s.",
			dispute.Amount, dispute.PaymentID, dispute.ID, dispute.Status, at(dispute.EvidenceDueAt))
	}
	l.beside(c)
	l.money(around)
	l.deeds(around)
	slices.SortStableFunc(l.facts, func(a, b Fact) int {
		if a.At.IsZero() != b.At.IsZero() {
			return b.At.Compare(a.At)
		}
		return a.At.Compare(b.At)
	})
	return l.facts
}

func (l *chronicle) order(order *Order) {
	if order == nil {
		return
	}
	stores := "stores no payment id"
	if order.PaymentID != "" {
		stores = "stores the payment id " + order.PaymentID
	}
	through := ""
	if order.Provider != "" {
		through = " to be paid through " + nameOf(order.Provider)
	}
	tell := func(when time.Time, says string, args ...any) {
		l.tell(when, order.Key, order.Amount, string(order.Status), says, args...)
	}
	tell(order.CreatedAt, "The shop made order %s for %s%s; it is %s now and %s.", order.ID, order.Amount, through, order.Status, stores)
	if !order.PaidAt.IsZero() {
		tell(order.PaidAt, "The shop recorded the order as paid.")
	}
	if !order.CanceledAt.IsZero() {
		tell(order.CanceledAt, "The shop canceled the order.")
	}
	if known := []time.Time{order.CreatedAt, order.PaidAt, order.CanceledAt}; !order.ChangedAt.IsZero() && !slices.ContainsFunc(known, order.ChangedAt.Equal) {
		tell(order.ChangedAt, "The shop changed the order last.")
	}
}

// naming says which order an object names.
func naming(reference string) string {
	if reference == "" {
		return "naming no order"
	}
	return "naming order " + reference
}

func (l *chronicle) source(source Source) {
	what := "source"
	if source.Kind == KindPaymentIntent {
		what = "PaymentIntent"
	}
	declined := ""
	if source.Declined {
		declined = "; its last attempt was declined"
	}
	l.tell(source.CreatedAt, source.Key, source.Amount, string(source.Status), "%s made %s %s over %s, %s; it is %s now%s.",
		nameOf(source.Feed), what, source.ID, source.Amount, naming(source.Reference), sourceWord(source.Status), declined)
}

// sourceWord says what a status means to somebody who has not met sources before.
func sourceWord(status SourceStatus) string {
	switch status {
	case SourceChargeable:
		return "chargeable (authorised by the customer, and not charged)"
	case SourceConsumed:
		return "consumed (charged)"
	default:
		return string(status)
	}
}

func (l *chronicle) payment(payment Payment) {
	word := paymentWord(LinkedPayment{Payment: payment})
	of := ""
	if payment.SourceID != "" {
		of = " of " + payment.SourceID
	}
	tell := func(when time.Time, says string, args ...any) {
		l.tell(when, payment.Key, payment.Amount, word, says, args...)
	}
	taken := payment.Status == PaymentSucceeded
	switch {
	case payment.SettleStatus != "":
		tell(payment.CreatedAt, "%s authorised %s (%s), %s; it is %s now.", nameOf(payment.Feed), payment.Amount, payment.ID, naming(payment.Reference), word)
	case taken && payment.SucceededAt.Equal(payment.CreatedAt):
		tell(payment.CreatedAt, "%s took %s (%s%s), %s.", nameOf(payment.Feed), payment.Amount, payment.ID, of, naming(payment.Reference))
	default:
		tell(payment.CreatedAt, "%s was asked for %s (%s%s), %s; it is %s now.", nameOf(payment.Feed), payment.Amount, payment.ID, of, naming(payment.Reference), word)
	}
	if taken && !payment.SucceededAt.Equal(payment.CreatedAt) {
		tell(payment.SucceededAt, "%s took the %s of %s.", nameOf(payment.Feed), payment.Amount, payment.ID)
	}
}

func (l *chronicle) refund(refund Refund) {
	did := "began to refund"
	if refund.Status == RefundSucceeded {
		did = "refunded"
	}
	l.tell(refund.CreatedAt, refund.Key, refund.Amount, string(refund.Status), "%s %s %s of payment %s (%s); it is %s now%s.",
		nameOf(refund.Feed), did, refund.Amount, refund.PaymentID, refund.ID, refund.Status, because(refund.Reason))
}

func (l *chronicle) request(request RefundRequest) {
	tell := func(when time.Time, says string) {
		l.tell(when, request.Key, request.Amount, string(request.Status), says, request.Amount, request.ID, request.Status)
	}
	tell(request.RequestedAt, "The shop asked for a refund of %s (%s); it is %s now.")
	if !request.DoneAt.IsZero() && !request.DoneAt.Equal(request.RequestedAt) {
		tell(request.DoneAt, "The shop recorded the refund of %s (%s) as %s.")
	}
}

// beside tells of what is not the case's and bears on it.
func (l *chronicle) beside(c Case) {
	for _, rejection := range c.Rejections {
		fact := FactOfRejection(rejection)
		fact.Says += " It may be about this."
		l.facts = append(l.facts, fact)
	}
	for _, payment := range c.Contested {
		l.tell(payment.CreatedAt, payment.Key, payment.Amount, string(payment.Status), "Payment %s over %s, %s, fits this order and another one equally, and is linked to none.", payment.ID, payment.Amount, naming(payment.Reference))
	}
	for _, payment := range c.NearMisses {
		l.tell(payment.CreatedAt, payment.Key, payment.Amount, string(payment.Status), "Payment %s over %s names order %q, which is only near this one and not matched.", payment.ID, payment.Amount, payment.Reference)
	}
}

// FactOfRejection tells of a row that could not be read.
func FactOfRejection(rejection Rejection) Fact {
	return Fact{Object: rejection.Key, Status: "rejected", Says: fmt.Sprintf("The %s %s of %s could not be read: %s.", rejection.Kind, rejection.ID, nameOf(rejection.Feed), rejection.Reason)}
}

// FactsOfMoney tells of movements and their payouts alone.
func FactsOfMoney(around Around) []Fact {
	l := &chronicle{}
	l.money(around)
	return l.facts
}

// money tells how the balance moved, and which payouts took that to the bank.
func (l *chronicle) money(around Around) {
	for _, movement := range around.Movements {
		l.tell(movement.CreatedAt, movement.Key, movement.Net, movement.Category, "The balance at %s moved for %s (%s, %s): gross %s, fee %s, net %s; %s.", nameOf(movement.Feed), firstNonEmpty(movement.ObjectID, "no object"),
			movement.Category, movement.ID, movement.Gross, movement.Fee, movement.Net, paidOut(movement, around.Lines))
	}
	for _, payout := range around.Payouts {
		l.tell(payout.CreatedAt, payout.Key, payout.Amount, string(payout.Status), "%s made payout %s of %s, with this in it; %s.", nameOf(payout.Feed), payout.ID, payout.Amount, arrival(payout))
	}
}

// deeds tells what tieout did about the case.
func (l *chronicle) deeds(around Around) {
	for _, cancel := range around.Cancellations {
		detail := ""
		if cancel.Detail != "" {
			detail = " (" + cancel.Detail + ")"
		}
		l.tell(firstKnown(cancel.OutcomeAt, cancel.IntentAt), Key{Feed: ByTieout, Kind: "cancel", ID: cancel.OrderReference}, money.Amount{}, string(cancel.Outcome),
			"tieout set out to cancel the order; it ended as: %s%s. The reason: %s", cancel.Outcome, detail, cancel.Reason)
	}
	for _, intent := range around.Refunds {
		l.tell(intent.CreatedAt, Key{Feed: ByTieout, Kind: "refund", ID: intent.IdempotencyKey}, intent.Amount, string(intent.State),
			"tieout set out to refund %s of payment %s, as asked for by %s; it stands at: %s%s.", intent.Amount, intent.Payment.ID, intent.RequestID, intent.State, because(intent.Reason))
	}
}

func paidOut(movement Movement, lines []PayoutLine) string {
	for _, line := range lines {
		if line.Feed == movement.Feed && line.Account == movement.Account && line.ID == movement.ID {
			return "paid out by " + line.PayoutID
		}
	}
	return "in no payout that is itemised"
}

// arrival says whether the money of a payout reached the bank, as far as the provider tells.
func arrival(payout Payout) string {
	switch payout.Status {
	case PayoutPaid:
		return "it is paid, with arrival at the bank at " + at(payout.ArrivalAt)
	case PayoutFailed:
		return "it failed" + because(payout.Reason) + ", and the money did not reach the bank"
	case PayoutCanceled:
		return "it was canceled"
	default:
		return "it is on its way and expected at " + at(payout.ArrivalAt)
	}
}
