package simulator

import (
	"cmp"
	"slices"
	"time"
)

// Object is one object that a provider holds, whoever asks for it.
type Object struct {
	Provider  string // stripe or trustpayments
	Site      string // of a Trust Payments record
	Kind      string // the provider's own word: charge, balance_transaction, AUTH
	ID        string
	Created   time.Time
	OtherMode bool   // of the other mode than the world's own objects
	Topic     string // of an event: its type
}

// Holds lists everything that both providers hold at t, oldest first in each kind: what a client that asks for all of it must be
// shown.
func (w *World) Holds(t time.Time) []Object {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Concat(
		shown(w.sources, t, func(*source) Object { return Object{Provider: gatewayStripe, Kind: "source"} }),
		shown(w.intents, t, func(*intent) Object { return Object{Provider: gatewayStripe, Kind: "payment_intent"} }),
		shown(w.charges, t, func(c *charge) Object {
			return Object{Provider: gatewayStripe, Kind: "charge", OtherMode: c.foreign}
		}),
		shown(w.refunds, t, func(*refund) Object { return Object{Provider: gatewayStripe, Kind: "refund"} }),
		shown(w.disputes, t, func(*dispute) Object { return Object{Provider: gatewayStripe, Kind: "dispute"} }),
		shown(w.movements, t, func(*movement) Object { return Object{Provider: gatewayStripe, Kind: "balance_transaction"} }),
		shown(w.payouts, t, func(*payout) Object { return Object{Provider: gatewayStripe, Kind: "payout"} }),
		slices.DeleteFunc(shown(w.events, t, func(e *event) Object {
			return Object{Provider: gatewayStripe, Kind: "event", Topic: e.kind}
		}), func(o Object) bool { return o.Created.Before(t.Add(-eventLife)) }),
		shown(w.transactions, t, func(x *transaction) Object {
			return Object{Provider: gatewayTrust, Site: x.site, Kind: x.kind, OtherMode: x.foreign}
		}),
	)
}

func shown[T record](c *collection[T], t time.Time, describe func(T) Object) []Object {
	items := c.between(time.Time{}, t)
	out := make([]Object, 0, len(items))
	for _, item := range items {
		o := describe(item)
		o.ID, o.Created = item.self().id, item.self().created
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b Object) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return out
}
