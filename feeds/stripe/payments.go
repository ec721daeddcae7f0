package stripe

import (
	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// payment reads a charge.
func (n normaliser) payment(key reconcile.Key, r *reader) reconcile.Record {
	payment := reconcile.Payment{
		Key:       key,
		SourceID:  charged(r),
		Reference: n.reference(r),
		Amount:    r.positive(chargedAmount(r)),
		Status:    paymentStatus(r),
		InScope:   n.inScope(r.text("payment_method_details.type"), r.text("source.type")),
		CreatedAt: r.instant("created"),
	}
	if payment.Status == reconcile.PaymentSucceeded {
		payment.SucceededAt = payment.CreatedAt
	}
	return payment
}

// chargedAmount says which field tells what was taken: amount_captured where a card was captured, which may be for less
// than what was authorised.
func chargedAmount(r *reader) string {
	if capturedLater(r) && r.is("captured", true) && r.given("amount_captured") {
		return "amount_captured"
	}
	return "amount"
}

// capturedLater reports whether a charge may be an authorisation that takes no money before it is captured. Alipay has no
// such thing (stripe.md §6): whatever its captured and amount_captured say, a charge that succeeded took its amount.
func capturedLater(r *reader) bool {
	return r.text("payment_method_details.type") != "alipay" && r.text("source.type") != "alipay"
}

// paymentStatus reads a charge's status. One that succeeded and is not captured took no money yet, and never will once the
// authorisation was given back.
func paymentStatus(r *reader) reconcile.PaymentStatus {
	switch status := r.text("status"); status {
	case "succeeded":
		switch {
		case !capturedLater(r) || !r.is("captured", false):
			return reconcile.PaymentSucceeded
		case r.is("refunded", true):
			return reconcile.PaymentCanceled
		}
		return reconcile.PaymentPending
	case "pending":
		return reconcile.PaymentPending
	case "failed":
		return reconcile.PaymentFailed
	default:
		r.fail("unknown charge status %q", status)
		return ""
	}
}

// charged returns the source or PaymentIntent that a charge charges. A charge's source may also be a card or a bank
// account, which are no sources in our sense; a charge made with a source may name it only as its payment method
// (stripe.md §2).
func charged(r *reader) string {
	source := r.id("source")
	if kindOfID(source) == kindSource || r.text("source.object") == "source" {
		return source
	}
	if intent := r.id("payment_intent"); intent != "" {
		return intent
	}
	if method := r.id("payment_method"); kindOfID(method) == kindSource {
		return method
	}
	return ""
}

// source reads a Source. One that takes any amount (not Alipay's) has none, and then the record's amount has no currency.
func (n normaliser) source(key reconcile.Key, r *reader) reconcile.Record {
	status := sourceStatus(r)
	var amount money.Amount
	if r.given("amount") {
		amount = r.positive("amount")
	}
	return reconcile.Source{
		Key:       key,
		Reference: n.reference(r),
		Amount:    amount,
		Status:    status,
		Authorised: status == reconcile.SourceChargeable || status == reconcile.SourceConsumed ||
			r.text("redirect.status") == "succeeded",
		InScope:   n.inScope(r.text("type")),
		CreatedAt: r.instant("created"),
	}
}

// sourceStatus reads a source's status; Stripe's words are ours (source document 001).
func sourceStatus(r *reader) reconcile.SourceStatus {
	switch status := reconcile.SourceStatus(r.text("status")); status {
	case reconcile.SourcePending, reconcile.SourceChargeable, reconcile.SourceConsumed, reconcile.SourceCanceled, reconcile.SourceFailed:
		return status
	default:
		r.fail("unknown source status %q", string(status))
		return ""
	}
}

// intent reads a PaymentIntent as a source. A declined one goes back to waiting for a payment method and says what was
// wrong with the last (stripe.md §6).
func (n normaliser) intent(key reconcile.Key, r *reader) reconcile.Record {
	status := intentStatus(r)
	return reconcile.Source{
		Key:        key,
		Reference:  n.reference(r),
		Amount:     r.positive("amount"),
		Status:     status,
		Declined:   r.given("last_payment_error"),
		Authorised: status == reconcile.SourceChargeable || status == reconcile.SourceConsumed,
		InScope:    n.inScope(texts(r.object.At("payment_method_types"))...),
		CreatedAt:  r.instant("created"),
	}
}

func intentStatus(r *reader) reconcile.SourceStatus {
	switch status := r.text("status"); status {
	case "requires_payment_method", "requires_confirmation", "requires_action", "processing":
		return reconcile.SourcePending
	case "requires_capture":
		return reconcile.SourceChargeable
	case "succeeded":
		return reconcile.SourceConsumed
	case "canceled":
		return reconcile.SourceCanceled
	default:
		r.fail("unknown PaymentIntent status %q", status)
		return ""
	}
}

func texts(list feeds.JSON) []string {
	var found []string
	for element := range list.Elements() {
		if element.IsString() {
			found = append(found, element.Text())
		}
	}
	return found
}

// sourceEvent reads an event about a source or a PaymentIntent. What it announces is in its type: the object in it is rendered in the API version of
// its day (stripe.md §1).
func sourceEvent(key reconcile.Key, r *reader) reconcile.Record {
	event := reconcile.SourceEvent{Key: key, SourceID: r.text("data.object.id"), At: r.instant("created")}
	switch kind := r.text("type"); kind {
	case "source.chargeable":
		event.Status = reconcile.SourceChargeable
	case "source.failed":
		event.Status = reconcile.SourceFailed
	case "source.canceled", "payment_intent.canceled":
		event.Status = reconcile.SourceCanceled
	default:
		r.fail("unknown event type %q", kind)
	}
	if event.SourceID == "" {
		r.fail("the event names no source")
	}
	return event
}
