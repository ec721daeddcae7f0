package stripe

import (
	"slices"

	"tieout/feeds"
	"tieout/reconcile"
)

// NewNormaliser returns the pure function that reads Stripe's observations. referenceKeys are the paths of an object that
// may name the order, in order of trust ("metadata.order_id", "description"); paymentMethods are those in scope, in
// Stripe's words ("alipay").
func NewNormaliser(referenceKeys, paymentMethods []string) feeds.Normalise {
	n := normaliser{references: slices.Clone(referenceKeys), methods: slices.Clone(paymentMethods)}
	return n.normalise
}

type normaliser struct {
	references []string
	methods    []string
}

func (n normaliser) normalise(observation feeds.Observation) reconcile.Record {
	key := observation.Key
	if values, ok := feeds.RowOf(observation.Body); ok {
		return n.row(key, values)
	}
	r := newReader(observation.Body)
	if r.problem == "" && r.text("id") != key.ID {
		r.fail("a %s without an id of its own", key.Kind)
	}
	record := n.record(key, r)
	if r.problem == "" {
		return record
	}
	return reconcile.Rejection{Key: key, Reason: r.problem, Reference: n.reference(r), LinkedID: linked(key.Kind, r)}
}

func (n normaliser) record(key reconcile.Key, r *reader) reconcile.Record {
	switch key.Kind {
	case kindCharge:
		return n.payment(key, r)
	case kindSource:
		return n.source(key, r)
	case kindPaymentIntent:
		return n.intent(key, r)
	case kindEvent:
		return sourceEvent(key, r)
	case kindRefund:
		return n.refund(key, r)
	case kindDispute:
		return dispute(key, r)
	case kindBalanceTransaction:
		return movement(key, r)
	case kindPayout:
		return payout(key, r)
	case kindPayoutLine:
		return payoutLine(key, r)
	case kindBalance:
		return balance(key, r)
	}
	r.fail("unknown kind %q", key.Kind)
	return nil
}

// reference returns the first reference that the object itself carries, or else the first of its embedded source.
func (n normaliser) reference(r *reader) string {
	for _, prefix := range []string{"", "source."} {
		for _, path := range n.references {
			if reference := r.text(prefix + path); reference != "" {
				return reference
			}
		}
	}
	return ""
}

// inScope reports whether one of the payment methods given is in scope. An object that names none is in scope: to leave it
// out would hide a payment, to keep it at worst shows one too many.
func (n normaliser) inScope(given ...string) bool {
	given = slices.DeleteFunc(given, func(method string) bool { return method == "" })
	return len(given) == 0 || slices.ContainsFunc(given, func(method string) bool { return slices.Contains(n.methods, method) })
}

// linked returns the object that an object of this kind is about, as far as it can be read.
func linked(kind string, r *reader) string {
	switch kind {
	case kindCharge:
		return charged(r)
	case kindPaymentIntent:
		return r.id("latest_charge")
	case kindRefund, kindDispute:
		return refunded(r)
	case kindBalanceTransaction, kindPayoutLine:
		return r.id("source")
	case kindEvent:
		return r.text("data.object.id")
	}
	return ""
}
