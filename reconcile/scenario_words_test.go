package reconcile_test

import (
	"fmt"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// A sentence is something that the shop, a provider, a customer or finance does. Its form is what README.md of the
// scenarios lists.
type sentence struct {
	form
	tell func(*telling, filled) error
}

func does(text string, tell func(*telling, filled) error) sentence {
	return sentence{form: newForm(text), tell: tell}
}

// sentences is the whole vocabulary of what may happen.
var sentences = []sentence{
	does("the shop makes order {order} for {amount}[, to be paid by {provider}][, storing {id}]", makesOrder),
	does("order {order} becomes paid[, storing {id}]", becomes(reconcile.OrderPaid)),
	does("order {order} becomes canceled", becomes(reconcile.OrderCanceled)),
	does("order {order} becomes refunded", becomes(reconcile.OrderRefunded)),
	does("order {order} becomes pending again", becomes(reconcile.OrderPending)),
	does("order {order} stores {id}", func(w *telling, s filled) error {
		return change(w.orders, s.word("order"), func(o *reconcile.Order) { o.PaymentID, o.ChangedAt = s.word("id"), s.at })
	}),
	does("order {order} is corrected to {amount}", func(w *telling, s filled) error {
		return change(w.orders, s.word("order"), func(o *reconcile.Order) { o.Amount, o.ChangedAt = s.amount("amount"), s.at })
	}),
	does("the shop asks to refund {amount} of {order} as {id}", requests(reconcile.RequestOpen)),
	does("the shop records a refund of {amount} of {order} as {id}", requests(reconcile.RequestDone)),
	does("the shop records {id} as done", requestBecomes(reconcile.RequestDone)),
	does("the shop rejects {id}", requestBecomes(reconcile.RequestRejected)),

	does("the customer opens source {source} of {amount}[ for {order}]", opens(reconcile.KindSource)),
	does("the customer opens PaymentIntent {source} of {amount}[ for {order}]", opens(reconcile.KindPaymentIntent)),
	does("source {source} becomes chargeable", func(w *telling, s filled) error {
		key := keyOf(reconcile.FeedStripe, "event", "evt_"+s.word("source"))
		w.events = append(w.events, reconcile.SourceEvent{Key: key, SourceID: s.word("source"), Status: reconcile.SourceChargeable, At: s.at})
		return authorise(w, s)
	}),
	does("source {source} becomes chargeable, and no event tells when", authorise),
	does("source {source} is canceled", sourceBecomes(reconcile.SourceCanceled)),
	does("source {source} is declined", sourceBecomes(reconcile.SourceFailed)),
	does("PaymentIntent {source} succeeds", sourceBecomes(reconcile.SourceConsumed)),
	does("PaymentIntent {source} is canceled", sourceBecomes(reconcile.SourceCanceled)),
	does("PaymentIntent {source} is declined and waits for another try", func(w *telling, s filled) error {
		return change(w.sources, s.word("source"), func(source *reconcile.Source) { source.Declined = true })
	}),
	does("stripe charges {amount}[ from {source}][ for {order}] as {id}", takes(reconcile.PaymentSucceeded, true)),
	does("stripe charges {amount} by card[ for {order}] as {id}", takes(reconcile.PaymentSucceeded, false)),
	does("stripe begins to charge {amount}[ from {source}][ for {order}] as {id}", takes(reconcile.PaymentPending, true)),
	does("stripe fails to charge {amount}[ from {source}][ for {order}] as {id}", takes(reconcile.PaymentFailed, true)),
	does("charge {id} succeeds", func(w *telling, s filled) error {
		return change(w.payments, s.word("id"), func(p *reconcile.Payment) { p.Status, p.SucceededAt = reconcile.PaymentSucceeded, s.at })
	}),
	does("charge {id} fails", func(w *telling, s filled) error {
		return change(w.payments, s.word("id"), func(p *reconcile.Payment) { p.Status = reconcile.PaymentFailed })
	}),

	does("trustpayments authorises {amount}[ for {order}] as {id}", func(w *telling, s filled) error {
		return add(w.payments, s.word("id"), reconcile.Payment{
			Key: keyOf(reconcile.FeedTrustPayments, "auth", s.word("id")), Reference: s.word("order"), Amount: s.amount("amount"),
			Status: reconcile.PaymentPending, SettleStatus: "0", InScope: true, CreatedAt: s.at,
		})
	}),
	does("AUTH {id} goes to settlestatus {settle}", settles),
	does("AUTH {id} fails with an errorcode", func(w *telling, s filled) error {
		return change(w.payments, s.word("id"), func(p *reconcile.Payment) { p.Status = reconcile.PaymentFailed })
	}),

	does("{provider} refunds {amount} of {payment} as {id}", refunds(reconcile.RefundSucceeded)),
	does("{provider} begins to refund {amount} of {payment} as {id}", refunds(reconcile.RefundPending)),
	does("refund {id} succeeds", refundBecomes(reconcile.RefundSucceeded)),
	does("refund {id} is canceled", refundBecomes(reconcile.RefundCanceled)),
	does("refund {id} fails: {reason}", refundBecomes(reconcile.RefundFailed)),
	does("the customer disputes {amount} of {payment} as {id}, evidence due {due}", func(w *telling, s filled) error {
		return add(w.disputes, s.word("id"), reconcile.Dispute{
			Key: keyOf(reconcile.FeedStripe, "dispute", s.word("id")), PaymentID: s.word("payment"), Amount: s.amount("amount"),
			Status: reconcile.DisputeOpen, CreatedAt: s.at, EvidenceDueAt: s.when("due"),
		})
	}),
	does("dispute {id} ends as {end}", func(w *telling, s filled) error {
		return change(w.disputes, s.word("id"), func(d *reconcile.Dispute) { d.Status = reconcile.DisputeStatus(s.word("end")) })
	}),

	does("stripe pays out {amount} as {id}", paysOut(true)),
	does("stripe pays out {amount} by hand as {id}", paysOut(false)),
	does("payout {id} fails: {reason}", func(w *telling, s filled) error {
		return change(w.payouts, s.word("id"), func(p *reconcile.PayoutSum) { p.Status, p.Reason = reconcile.PayoutFailed, s.word("reason") })
	}),
	does("payout {id} is canceled", func(w *telling, s filled) error {
		return change(w.payouts, s.word("id"), func(p *reconcile.PayoutSum) { p.Status = reconcile.PayoutCanceled })
	}),
	does("payout {id} lists {count} movements so far, together {amount}[ and {other}]", lists(false)),
	does("payout {id} lists all of its {count} movements, together {amount}[ and {other}]", lists(true)),
	does("the tie-out of {provider} finds {amount} unexplained: {what} {id}", func(w *telling, s filled) error {
		return add(w.gaps, s.word("id"), reconcile.Gap{
			Feed: s.word("provider"), Account: mainAccount, Kind: reconcile.GapKind(s.word("what")), ID: s.word("id"), Amount: s.amount("amount"),
		})
	}),
	does("the tie-out explains {id}", func(w *telling, s filled) error { return remove(w.gaps, s.word("id")) }),

	does("the {kind} {id} of {feed} cannot be read[, and names {order}][, and is about {payment}]: {reason}", func(w *telling, s filled) error {
		return add(w.rejections, s.word("id"), reconcile.Rejection{
			Key: keyOf(s.word("feed"), s.word("kind"), s.word("id")), Reason: s.word("reason"), Reference: s.word("order"), LinkedID: s.word("payment"),
		})
	}),
	does("the {kind} {id} of {feed} can be read again", func(w *telling, s filled) error { return remove(w.rejections, s.word("id")) }),

	does("{feed} has been read only up to {when}", reads(func(c *reconcile.Coverage, s filled) { c.Complete.To = s.when("when") })),
	does("{feed} has been read only from {when} on", reads(func(c *reconcile.Coverage, s filled) { c.Complete.From = s.when("when") })),
	does("{feed} has been read completely", reads(func(c *reconcile.Coverage, s filled) { *c = *completely(s.word("feed")) })),
	does("{feed} cannot be read: {reason}", reads(func(c *reconcile.Coverage, s filled) {
		c.Complete.To, c.Reason = s.at, s.word("reason")
	})),
	does("{feed} is not configured", func(w *telling, s filled) error { return remove(w.read, s.word("feed")) }),
	does("the setting {setting} is {length}", func(w *telling, s filled) error { return setting(&w.policy, s.word("setting"), s.word("length")) }),
	does("finance acknowledges {code}[ of {id}]", func(w *telling, s filled) error {
		return w.byPerson(s.word("code"), s.word("id"), func(r *reconcile.ExceptionRecord) { r.Status = reconcile.StatusAcknowledged })
	}),
	does("finance resolves {code}[ of {id}]: {reason}", func(w *telling, s filled) error {
		return w.byPerson(s.word("code"), s.word("id"), func(r *reconcile.ExceptionRecord) {
			r.Status, r.ResolvedAt, r.ResolvedBy, r.Resolution = reconcile.StatusResolved, s.at, "finance", s.word("reason")
		})
	}),
}

func remove[T any](objects map[string]*T, id string) error {
	if objects[id] == nil {
		return fmt.Errorf("nothing has been told of %s yet", id)
	}
	delete(objects, id)
	return nil
}

func makesOrder(w *telling, s filled) error {
	return add(w.orders, s.word("order"), reconcile.Order{
		Key: keyOf(reconcile.FeedShop, "order", s.word("order")), PaymentID: s.word("id"), Provider: s.word("provider"),
		Amount: s.amount("amount"), Status: reconcile.OrderPending, CreatedAt: s.at, ChangedAt: s.at,
	})
}

func becomes(status reconcile.OrderStatus) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return change(w.orders, s.word("order"), func(o *reconcile.Order) {
			o.Status, o.ChangedAt = status, s.at
			switch status {
			case reconcile.OrderPaid:
				o.PaidAt = s.at
			case reconcile.OrderCanceled:
				o.CanceledAt = s.at
			}
			if s.has("id") {
				o.PaymentID = s.word("id")
			}
		})
	}
}

func requests(status reconcile.RequestStatus) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		r := reconcile.RefundRequest{
			Key: keyOf(reconcile.FeedShop, "refund", s.word("id")), OrderReference: s.word("order"), Amount: s.amount("amount"),
			Status: status, RequestedAt: s.at,
		}
		if status == reconcile.RequestDone {
			r.DoneAt = s.at
		}
		return add(w.requests, s.word("id"), r)
	}
}

func requestBecomes(status reconcile.RequestStatus) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return change(w.requests, s.word("id"), func(r *reconcile.RefundRequest) {
			r.Status = status
			if status == reconcile.RequestDone {
				r.DoneAt = s.at
			}
		})
	}
}

func opens(kind string) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return add(w.sources, s.word("source"), reconcile.Source{
			Key: keyOf(reconcile.FeedStripe, kind, s.word("source")), Reference: s.word("order"), Amount: s.amount("amount"),
			Status: reconcile.SourcePending, InScope: true, CreatedAt: s.at,
		})
	}
}

func authorise(w *telling, s filled) error {
	return change(w.sources, s.word("source"), func(source *reconcile.Source) {
		source.Status, source.Authorised = reconcile.SourceChargeable, true
	})
}

func sourceBecomes(status reconcile.SourceStatus) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return change(w.sources, s.word("source"), func(source *reconcile.Source) { source.Status = status })
	}
}

// takes makes a charge. One that is not refused at once uses its source up.
func takes(status reconcile.PaymentStatus, inScope bool) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		p := reconcile.Payment{
			Key: keyOf(reconcile.FeedStripe, "charge", s.word("id")), SourceID: s.word("source"), Reference: s.word("order"),
			Amount: s.amount("amount"), Status: status, InScope: inScope, CreatedAt: s.at,
		}
		if status == reconcile.PaymentSucceeded {
			p.SucceededAt = s.at
		}
		if source := w.sources[p.SourceID]; source != nil && status != reconcile.PaymentFailed {
			source.Status = reconcile.SourceConsumed
		}
		return add(w.payments, s.word("id"), p)
	}
}

// settleStatuses are Trust Payments' numbers (source document 002).
var settleStatuses = map[string]reconcile.PaymentStatus{
	"0": reconcile.PaymentPending, "1": reconcile.PaymentPending, "10": reconcile.PaymentPending,
	"2": reconcile.PaymentSuspended, "3": reconcile.PaymentCanceled, "100": reconcile.PaymentSucceeded,
}

func settles(w *telling, s filled) error {
	status, ok := settleStatuses[s.word("settle")]
	if !ok {
		return fmt.Errorf("there is no settlestatus %s: write 0, 1, 2, 3, 10 or 100", s.word("settle"))
	}
	return change(w.payments, s.word("id"), func(p *reconcile.Payment) {
		p.Status, p.SettleStatus, p.SucceededAt = status, s.word("settle"), time.Time{}
		if status == reconcile.PaymentSucceeded {
			p.SucceededAt = s.at
		}
	})
}

func refunds(status reconcile.RefundStatus) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return add(w.refunds, s.word("id"), reconcile.Refund{
			Key: keyOf(s.word("provider"), "refund", s.word("id")), PaymentID: s.word("payment"), Amount: s.amount("amount"),
			Status: status, CreatedAt: s.at,
		})
	}
}

func refundBecomes(status reconcile.RefundStatus) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return change(w.refunds, s.word("id"), func(r *reconcile.Refund) { r.Status, r.Reason = status, s.word("reason") })
	}
}

func paysOut(automatic bool) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return add(w.payouts, s.word("id"), reconcile.PayoutSum{Payout: reconcile.Payout{
			Key: keyOf(reconcile.FeedStripe, "payout", s.word("id")), Amount: s.amount("amount"), Status: reconcile.PayoutPaid,
			Automatic: automatic, CreatedAt: s.at,
		}})
	}
}

// lists tells what the movements of a payout come to, without its own line; whether they are all there is the provider's word.
func lists(complete bool) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return change(w.payouts, s.word("id"), func(p *reconcile.PayoutSum) {
			p.Itemised, p.AllHeld, p.Sums = complete, complete, []money.Amount{s.amount("amount")}
			if s.has("other") {
				p.Sums = append(p.Sums, s.amount("other"))
			}
			_, err := fmt.Sscan(s.word("count"), &p.Lines)
			s.note(err)
		})
	}
}

func reads(tell func(*reconcile.Coverage, filled)) func(*telling, filled) error {
	return func(w *telling, s filled) error {
		return change(w.read, s.word("feed"), func(c *reconcile.Coverage) { tell(c, s) })
	}
}

// setting changes one rule of the policy, under the name that it has in the configuration.
func setting(p *reconcile.Policy, name, length string) error {
	lengths := map[string]*time.Duration{
		"grace.missing_at_provider": &p.Grace.MissingAtProvider, "settlement_overdue_after": &p.SettlementOverdueAfter,
		"cancel.no_attempt_after": &p.Cancel.NoAttemptAfter, "cancel.waiting_intent_after": &p.Cancel.WaitingIntentAfter,
	}
	if lengths[name] == nil {
		return fmt.Errorf("there is no setting %s", name)
	}
	var err error
	*lengths[name], err = time.ParseDuration(length)
	return err
}
