package store

import (
	"cmp"
	"context"
	"slices"

	"tieout/reconcile"
)

// truncation is where a reference may arrive cut off, in characters (design §5, "References"). The indexes named
// …_truncated are made for it.
const truncation = 25

// FactsOfOrders reads, as of one instant, the orders with these references and everything that could belong to them, so
// that reconcile.Assemble links these orders as if it saw the whole store. Orders that compete for what was found are
// there too, with nothing of their own: cases of orders that were not asked for are not to be judged.
func (s *Store) FactsOfOrders(ctx context.Context, references []string) (reconcile.Facts, error) {
	facts, err := s.facts(ctx, func(c *closure) error { return c.startFromOrders(ctx, references) })
	return facts, wrap(err, "read the facts of %d orders", len(references))
}

// FactsOfKeys is FactsOfOrders for payments and sources: with everything that decides to which order they belong, or that
// they belong to none. A key without a kind stands for every payment and source with that id, and for the payments of a
// source with it.
func (s *Store) FactsOfKeys(ctx context.Context, keys []reconcile.Key) (reconcile.Facts, error) {
	facts, err := s.facts(ctx, func(c *closure) error { return c.startFromKeys(ctx, keys) })
	return facts, wrap(err, "read the facts of %d payments and sources", len(keys))
}

func (s *Store) facts(ctx context.Context, start func(*closure) error) (reconcile.Facts, error) {
	var facts reconcile.Facts
	err := s.snapshot(ctx, func(tx session) error {
		c := newClosure(tx)
		if err := start(c); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{c.linkSources, c.findRivals, c.findFollowers, c.findRejections} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		facts = c.facts()
		return nil
	})
	return facts, err
}

// closure gathers facts and the ids and references by which more are found.
type closure struct {
	tx         session
	orders     held[reconcile.Order]
	sources    held[reconcile.Source]
	payments   held[reconcile.Payment]
	events     held[reconcile.SourceEvent]
	refunds    held[reconcile.Refund]
	requests   held[reconcile.RefundRequest]
	disputes   held[reconcile.Dispute]
	rejections held[reconcile.Rejection]

	references words // of the orders asked for, whole and cut
	near       words // the same, folded
	stored     words // payment ids on those orders
	objects    words // ids of the sources and payments found
	carried    words // references that those carry
}

func newClosure(tx session) *closure {
	return &closure{
		tx:     tx,
		orders: held[reconcile.Order]{}, sources: held[reconcile.Source]{}, payments: held[reconcile.Payment]{},
		events: held[reconcile.SourceEvent]{}, refunds: held[reconcile.Refund]{}, requests: held[reconcile.RefundRequest]{},
		disputes: held[reconcile.Dispute]{}, rejections: held[reconcile.Rejection]{},
		references: words{}, near: words{}, stored: words{}, objects: words{}, carried: words{},
	}
}

func (c *closure) startFromOrders(ctx context.Context, references []string) error {
	for _, reference := range references {
		c.references.add(reference)
		c.references.add(truncate(reference))
		c.near.add(reconcile.FoldReference(reference))
	}
	if err := gather(ctx, c, c.orders, orders, "id", references); err != nil {
		return err
	}
	for _, order := range c.orders {
		c.stored.add(order.PaymentID)
	}
	for _, by := range []struct {
		column string
		values []string
	}{{"id", c.stored.sorted()}, {"reference", c.references.sorted()}, {"folded", c.near.sorted()}} {
		if err := gather(ctx, c, c.payments, payments, by.column, by.values); err != nil {
			return err
		}
		if err := gather(ctx, c, c.sources, sources, by.column, by.values); err != nil {
			return err
		}
	}
	if err := gather(ctx, c, c.payments, payments, "source_id", c.stored.sorted()); err != nil {
		return err
	}
	return c.findNamingRefunds(ctx)
}

// findNamingRefunds reads the refunds that name one of the orders, and their payments: a refund goes with its payment
// where that is held, and that may belong elsewhere.
func (c *closure) findNamingRefunds(ctx context.Context) error {
	if err := gather(ctx, c, c.refunds, refunds, "reference", c.references.sorted()); err != nil {
		return err
	}
	refunded := words{}
	for _, refund := range c.refunds {
		refunded.add(refund.PaymentID)
	}
	if err := gather(ctx, c, c.payments, payments, "id", refunded.sorted()); err != nil {
		return err
	}
	return gather(ctx, c, c.sources, sources, "id", refunded.sorted())
}

func (c *closure) startFromKeys(ctx context.Context, keys []reconcile.Key) error {
	ids := words{}
	for _, key := range keys {
		if key.Kind == "" {
			ids.add(key.ID)
		}
	}
	if err := c.startFromIDs(ctx, ids.sorted()); err != nil {
		return err
	}
	foundPayments, err := payments.records(ctx, c.tx, c.tx.inTuples(keyColumns...), keyTuples(keys))
	if err != nil {
		return err
	}
	foundSources, err := sources.records(ctx, c.tx, c.tx.inTuples(keyColumns...), keyTuples(keys))
	c.payments.add(foundPayments)
	c.sources.add(foundSources)
	return err
}

// startFromIDs finds payments and sources of whatever kind, and payments of a source that is not held itself.
func (c *closure) startFromIDs(ctx context.Context, ids []string) error {
	if err := gather(ctx, c, c.payments, payments, "id", ids); err != nil {
		return err
	}
	if err := gather(ctx, c, c.payments, payments, "source_id", ids); err != nil {
		return err
	}
	return gather(ctx, c, c.sources, sources, "id", ids)
}

// linkSources follows payments to their sources and sources to their payments until nothing new turns up.
func (c *closure) linkSources(ctx context.Context) error {
	for {
		before := len(c.sources) + len(c.payments)
		charged, made := words{}, words{}
		for _, payment := range c.payments {
			charged.add(payment.SourceID)
		}
		for _, source := range c.sources {
			made.add(source.ID)
		}
		if err := gather(ctx, c, c.sources, sources, "id", charged.without(made)); err != nil {
			return err
		}
		if err := gather(ctx, c, c.payments, payments, "source_id", made.with(charged)); err != nil {
			return err
		}
		if len(c.sources)+len(c.payments) == before {
			return nil
		}
	}
}

// findRivals reads the orders that could claim what was found: by stored id, by reference, or by a reference that may
// have been cut; and those that are near and claim nothing.
func (c *closure) findRivals(ctx context.Context) error {
	cut, near := words{}, words{}
	for _, payment := range c.payments {
		c.objects.add(payment.ID)
		c.objects.add(payment.SourceID)
		c.carried.add(payment.Reference)
	}
	for _, source := range c.sources {
		c.objects.add(source.ID)
		c.carried.add(source.Reference)
	}
	for reference := range c.carried {
		near.add(reconcile.FoldReference(reference))
		if isCut(reference) {
			cut.add(reference)
		}
	}
	if err := gather(ctx, c, c.orders, orders, "payment_id", c.objects.sorted()); err != nil {
		return err
	}
	if err := gather(ctx, c, c.orders, orders, "id", c.carried.sorted()); err != nil {
		return err
	}
	if err := gather(ctx, c, c.orders, orders, "folded", near.sorted()); err != nil {
		return err
	}
	return gather(ctx, c, c.orders, orders, "substr(id, 1, 25)", cut.sorted())
}

// findFollowers reads what hangs on the orders, sources and payments found. A refund or dispute may name a PaymentIntent
// in place of its charge.
func (c *closure) findFollowers(ctx context.Context) error {
	ids := c.objects.with(c.stored)
	if err := gather(ctx, c, c.events, sourceEvents, "source_id", ids); err != nil {
		return err
	}
	if err := gather(ctx, c, c.disputes, disputes, "payment_id", ids); err != nil {
		return err
	}
	if err := gather(ctx, c, c.refunds, refunds, "payment_id", ids); err != nil {
		return err
	}
	placed := words{}
	for _, order := range c.orders {
		placed.add(order.ID)
	}
	return gather(ctx, c, c.requests, refundRequests, "order_reference", placed.sorted())
}

// findRejections reads the rows that could not be read and may be about any of this: by the order they name, by what they
// are and by what they link to. An order that could not be read has its reference as its id.
func (c *closure) findRejections(ctx context.Context) error {
	ids := c.objects.with(c.stored)
	names := c.references.with(c.carried)
	for _, by := range []struct {
		column string
		values []string
	}{
		{"id", ids}, {"linked_id", ids}, {"id", names}, {"reference", names}, {"substr(reference, 1, 25)", c.carried.sorted()},
	} {
		if err := gather(ctx, c, c.rejections, rejections, by.column, by.values); err != nil {
			return err
		}
	}
	return nil
}

func (c *closure) facts() reconcile.Facts {
	return reconcile.Facts{
		Orders: c.orders.sorted(), Sources: c.sources.sorted(), Events: c.events.sorted(), Payments: c.payments.sorted(),
		Refunds: c.refunds.sorted(), Requests: c.requests.sorted(), Disputes: c.disputes.sorted(), Rejections: c.rejections.sorted(),
	}
}

// gather adds the records of a projection whose column has one of the values. Each query uses one index.
func gather[R any, D reconcile.Record](ctx context.Context, c *closure, into held[D], from projection[R, D], column string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	found, err := from.records(ctx, c.tx, c.tx.in(column), c.tx.list(values))
	into.add(found)
	return err
}

// held are records without repeats.
type held[D reconcile.Record] map[reconcile.Key]D

func (h held[D]) add(records []D) {
	for _, record := range records {
		h[record.RecordKey()] = record
	}
}

func (h held[D]) sorted() []D {
	records := make([]D, 0, len(h))
	for _, record := range h {
		records = append(records, record)
	}
	slices.SortFunc(records, func(a, b D) int { return a.RecordKey().Compare(b.RecordKey()) })
	return records
}

// words are texts without repeats, and never an empty one: that names nothing.
type words map[string]bool

func (w words) add(word string) {
	if word != "" {
		w[word] = true
	}
}

func (w words) sorted() []string { return w.without(nil) }

func (w words) without(other words) []string {
	var list []string
	for word := range w {
		if !other[word] {
			list = append(list, word)
		}
	}
	slices.SortFunc(list, cmp.Compare[string])
	return list
}

func (w words) with(other words) []string {
	both := words{}
	for _, set := range []words{w, other} {
		for word := range set {
			both.add(word)
		}
	}
	return both.sorted()
}

func truncate(reference string) string {
	if characters := []rune(reference); len(characters) > truncation {
		return string(characters[:truncation])
	}
	return reference
}

// isCut reports whether a reference has exactly the length of one that was cut off.
func isCut(reference string) bool { return len([]rune(reference)) == truncation }

// OrderReferences pages through the references of the orders in the order of their bytes. A page shorter than limit is the
// last one.
func (s *Store) OrderReferences(ctx context.Context, after string, limit int) ([]string, error) {
	references, err := selectAll[string](ctx, s.read(), "SELECT DISTINCT id FROM tieout_orders WHERE id > ? ORDER BY id LIMIT ?", after, limit)
	return references, wrap(err, "list orders after %q", after)
}

// LooseKeys pages through the keys of all payments and sources in their order; reconcile.Assemble decides which of them
// belong to no order. A page shorter than limit is the last one.
func (s *Store) LooseKeys(ctx context.Context, after reconcile.Key, limit int) ([]reconcile.Key, error) {
	const page = "SELECT feed, account, kind, id FROM (SELECT feed, account, kind, id FROM "
	rows, err := selectAll[keyRow](ctx, s.read(),
		page+"tieout_payments WHERE "+afterKey+" LIMIT ?) p UNION "+page+"tieout_sources WHERE "+afterKey+" LIMIT ?) s "+
			"ORDER BY feed, account, kind, id LIMIT ?",
		after.Feed, after.Account, after.Kind, after.ID, limit, after.Feed, after.Account, after.Kind, after.ID, limit, limit)
	keys := make([]reconcile.Key, len(rows))
	for i, row := range rows {
		keys[i] = row.key()
	}
	return keys, wrap(err, "list payments and sources after %v", after)
}
