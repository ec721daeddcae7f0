package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tieout/config"
	"tieout/reconcile"
	"tieout/sql/store"
)

// explainer collects what one reference means.
type explainer struct {
	store   *store.Store
	in      reconcile.Context
	actions config.Actions
	found   []subject
}

// exceptionID is how reconcile.Exception.ID writes itself.
var exceptionID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// find looks a reference up, the most likely meaning first: an order, a payment or source, what hangs on those, an exception.
func (x *explainer) find(ctx context.Context, reference string) error {
	for _, look := range []func(context.Context, string) error{x.order, x.object, x.follower} {
		if err := look(ctx, reference); err != nil || len(x.found) > 0 {
			return err
		}
	}
	if exceptionID.MatchString(reference) {
		return x.exception(ctx, reference)
	}
	return nil
}

// order finds the case of an order, or the loose cases that name an order which the shop does not have.
func (x *explainer) order(ctx context.Context, reference string) error {
	facts, err := x.store.FactsOfOrders(ctx, []string{reference})
	if err != nil {
		return err
	}
	cases := reconcile.Assemble(facts, x.in.Policy)
	own := slices.IndexFunc(cases, func(c reconcile.Case) bool { return c.Order != nil && c.Order.ID == reference })
	if own < 0 {
		return x.withoutOrder(ctx, reference, cases, facts)
	}
	return x.addCase(ctx, "order "+reference, cases[own], facts)
}

// withoutOrder finds what names an order that the shop does not have.
func (x *explainer) withoutOrder(ctx context.Context, reference string, cases []reconcile.Case, facts reconcile.Facts) error {
	for _, c := range cases {
		if c.Order != nil || c.Reference() != reference {
			continue
		}
		if err := x.addCase(ctx, fmt.Sprintf("order %s is not in the shop, and %s names it", reference, reconcile.ParseLooseKey(c.Key).ID), c, facts); err != nil {
			return err
		}
	}
	return nil
}

// object finds the cases of the payments and sources with an id.
func (x *explainer) object(ctx context.Context, id string) error { return x.objectAs(ctx, id, "") }

// objectAs is object for one that was come by in another way, which title says.
func (x *explainer) objectAs(ctx context.Context, id, title string) error {
	facts, err := x.store.FactsOfKeys(ctx, []reconcile.Key{{ID: id}})
	if err != nil {
		return err
	}
	for _, c := range reconcile.Assemble(facts, x.in.Policy) {
		what := kindIn(c, id)
		if what == "" {
			continue
		}
		heading := title
		if heading == "" {
			heading = what + " " + id
		}
		if c.Order != nil {
			err = x.orderAs(ctx, c.Order.ID, heading+", of order "+c.Order.ID)
		} else {
			err = x.addCase(ctx, heading+", of no order", c, facts)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// orderAs is the case of an order under another title. The facts around a payment are not all that there is around its
// order.
func (x *explainer) orderAs(ctx context.Context, reference, title string) error {
	before := len(x.found)
	err := x.order(ctx, reference)
	for i := range x.found[before:] {
		x.found[before+i].Title = title
	}
	return err
}

// kindIn says as what an id is in a case, or nothing.
func kindIn(c reconcile.Case, id string) string {
	for _, p := range c.Payments {
		if p.ID == id || p.SourceID == id && !slices.ContainsFunc(c.Sources, func(s reconcile.Source) bool { return s.ID == id }) {
			return "payment"
		}
	}
	for _, s := range c.Sources {
		if s.ID == id {
			return "source"
		}
	}
	return ""
}

// follower finds what hangs on a payment or an order, and payouts and rows that could not be read.
func (x *explainer) follower(ctx context.Context, id string) error {
	found, err := x.store.FindByID(ctx, id)
	if err != nil {
		return err
	}
	return x.followers(ctx, id, found)
}

func (x *explainer) followers(ctx context.Context, id string, found store.Found) error {
	var looks []func() error
	for _, order := range found.Orders {
		looks = append(looks, func() error {
			return x.orderAs(ctx, order.ID, fmt.Sprintf("payment id %s, not held here, which order %s stores", id, order.ID))
		})
	}
	for _, refund := range found.Refunds {
		looks = append(looks, func() error { return x.refund(ctx, refund) })
	}
	for _, request := range found.Requests {
		looks = append(looks, func() error {
			return x.orderAs(ctx, request.OrderReference, fmt.Sprintf("refund %s in the shop, of order %s", id, request.OrderReference))
		})
	}
	for _, dispute := range found.Disputes {
		looks = append(looks, func() error {
			return x.objectAs(ctx, dispute.PaymentID, fmt.Sprintf("dispute %s of payment %s", id, dispute.PaymentID))
		})
	}
	for _, movement := range found.Movements {
		looks = append(looks, func() error { return x.movement(ctx, movement) })
	}
	for _, payout := range found.Payouts {
		looks = append(looks, func() error { return x.payout(ctx, payout) })
	}
	for _, look := range looks {
		if err := look(); err != nil {
			return err
		}
	}
	if len(x.found) > 0 {
		return nil // a case tells of the rows that could not be read and may be about it
	}
	for _, rejection := range found.Rejections {
		if err := x.rejection(ctx, rejection); err != nil {
			return err
		}
	}
	return nil
}

// refund finds the case of a refund: its payment's, or that of the order which it names.
func (x *explainer) refund(ctx context.Context, refund reconcile.Refund) error {
	before := len(x.found)
	if err := x.objectAs(ctx, refund.PaymentID, fmt.Sprintf("refund %s of payment %s", refund.ID, refund.PaymentID)); err != nil || len(x.found) > before || refund.Reference == "" {
		return err
	}
	return x.orderAs(ctx, refund.Reference, fmt.Sprintf("refund %s, which names order %s", refund.ID, refund.Reference))
}

// movement tells a line of a provider's balance, and the case of what it moved for.
func (x *explainer) movement(ctx context.Context, movement reconcile.Movement) error {
	before := len(x.found)
	if movement.ObjectID != "" {
		if err := x.moved(ctx, movement.ObjectID, fmt.Sprintf("movement %s of %s", movement.ID, movement.ObjectID)); err != nil {
			return err
		}
	}
	if len(x.found) > before {
		return nil
	}
	return x.addMovement(ctx, movement)
}

// moved finds what a movement is for: a payment, or what hangs on one, or a payout; never another movement.
func (x *explainer) moved(ctx context.Context, id, title string) error {
	before := len(x.found)
	if err := x.objectAs(ctx, id, title); err != nil || len(x.found) > before {
		return err
	}
	found, err := x.store.FindByID(ctx, id)
	if err != nil {
		return err
	}
	found.Movements, found.Orders = nil, nil
	return x.followers(ctx, id, found)
}

// exception finds the case that an exception is about, or tells the exception alone where its case is gone or is a balance.
func (x *explainer) exception(ctx context.Context, id string) error {
	records, err := x.store.ExceptionsOf(ctx, nil, []string{id})
	if err != nil || len(records) == 0 {
		return err
	}
	record := records[0]
	if err := x.ofCase(ctx, record.CaseKey, record.TransactionReference); err != nil {
		return err
	}
	if len(x.found) > 0 {
		for i := range x.found {
			x.found[i].Title = fmt.Sprintf("exception %s (%s): %s", id, record.Code, x.found[i].Title)
		}
		return nil
	}
	return x.addRecord(ctx, record)
}

// ofCase finds a case by its key. transaction is what an exception of it is about.
func (x *explainer) ofCase(ctx context.Context, key, transaction string) error {
	references, loose := reconcile.SplitCaseKeys([]string{key})
	switch {
	case len(references) > 0:
		return x.order(ctx, references[0])
	case len(loose) > 0:
		return x.object(ctx, reconcile.ParseLooseKey(key).ID)
	}
	found, err := x.store.FindByID(ctx, transaction)
	if err != nil {
		return err
	}
	for _, payout := range found.Payouts {
		if reconcile.CaseKeyOfPayout(payout.Key) == key {
			return x.payout(ctx, payout)
		}
	}
	for _, rejection := range found.Rejections {
		if reconcile.CaseKeyOfRejection(rejection.Key) == key {
			return x.rejection(ctx, rejection)
		}
	}
	return nil
}

// unknown is the error for a reference that means nothing here; it names what is near.
func (x *explainer) unknown(ctx context.Context, reference string) error {
	near, err := x.store.NearReferences(ctx, reference)
	if err != nil {
		return err
	}
	suggestion := ""
	if len(near) > 0 {
		suggestion = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("%q is no order, payment, source, refund, dispute, movement, payout or exception that is known%s", reference, suggestion)
}
