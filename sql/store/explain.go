package store

import (
	"context"
	"fmt"

	"tieout/reconcile"
)

// Found are the records that have an id, of whatever feed and account, besides sources and payments, and the orders that
// store it.
type Found struct {
	Orders     []reconcile.Order
	Refunds    []reconcile.Refund
	Requests   []reconcile.RefundRequest
	Disputes   []reconcile.Dispute
	Movements  []reconcile.Movement
	Payouts    []reconcile.Payout
	Rejections []reconcile.Rejection
}

// FindByID looks an id up that a person typed. It reads tables that have no index by id: it is for one question at a time.
func (s *Store) FindByID(ctx context.Context, id string) (Found, error) {
	var found Found
	err := s.snapshot(ctx, func(tx session) (err error) {
		found = Found{}
		for _, look := range []func() error{
			func() error {
				found.Orders, err = orders.records(ctx, tx, "payment_id = ? ORDER BY feed, account, kind, id", id)
				return err
			},
			func() error { found.Refunds, err = refunds.records(ctx, tx, byID, id); return err },
			func() error { found.Requests, err = refundRequests.records(ctx, tx, byID, id); return err },
			func() error { found.Disputes, err = disputes.records(ctx, tx, byID, id); return err },
			func() error { found.Movements, err = movements.records(ctx, tx, byID, id); return err },
			func() error { found.Payouts, err = payouts.records(ctx, tx, byID, id); return err },
			func() error { found.Rejections, err = rejections.records(ctx, tx, byID, id); return err },
		} {
			if err := look(); err != nil {
				return err
			}
		}
		return nil
	})
	return found, wrap(err, "look for %q", id)
}

const byID = "id = ? ORDER BY feed, account, kind, id"

// MoneyOf reads the movements of some objects, the lines that paid them out, and the payouts of those lines.
func (s *Store) MoneyOf(ctx context.Context, objects []reconcile.Key) (reconcile.Around, error) {
	var around reconcile.Around
	err := s.snapshot(ctx, func(tx session) (err error) {
		around = reconcile.Around{}
		if around.Movements, err = movements.records(ctx, tx, tx.in("object_id")+" AND "+tx.inTuples("feed", "account", "object_id")+" ORDER BY created_at, feed, account, kind, id", tx.list(idsOf(objects)), accountTuples(objects)); err != nil {
			return err
		}
		return addPayouts(ctx, tx, &around)
	})
	return around, wrap(err, "read the movements of %d objects", len(objects))
}

// MovementAround is MoneyOf for one movement that is known already.
func (s *Store) MovementAround(ctx context.Context, movement reconcile.Movement) (reconcile.Around, error) {
	around := reconcile.Around{Movements: []reconcile.Movement{movement}}
	err := s.snapshot(ctx, func(tx session) error { return addPayouts(ctx, tx, &around) })
	return around, wrap(err, "read the payout of movement %s", movement.ID)
}

// addPayouts reads what paid the movements out.
func addPayouts(ctx context.Context, tx session, around *reconcile.Around) (err error) {
	moved := make([]reconcile.Key, len(around.Movements))
	for i, movement := range around.Movements {
		moved[i] = reconcile.Key{Feed: movement.Feed, Account: movement.Account, Kind: payoutLineKind, ID: movement.ID}
	}
	if around.Lines, err = payoutLines.records(ctx, tx, tx.inTuples(keyColumns...)+" ORDER BY feed, account, kind, id", keyTuples(moved)); err != nil {
		return err
	}
	paid := make([]reconcile.Key, len(around.Lines))
	for i, line := range around.Lines {
		paid[i] = reconcile.Key{Feed: line.Feed, Account: line.Account, ID: line.PayoutID}
	}
	around.Payouts, err = payouts.records(ctx, tx, tx.inTuples("feed", "account", "id")+" ORDER BY feed, account, kind, id", accountTuples(paid))
	return err
}

// payoutLineKind is the kind of every payout line; its id is the movement's.
const payoutLineKind = "payout_line"

func idsOf(keys []reconcile.Key) []string {
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = key.ID
	}
	return ids
}

func accountTuples(keys []reconcile.Key) any {
	values := make([][]string, len(keys))
	for i, key := range keys {
		values[i] = []string{key.Feed, key.Account, key.ID}
	}
	return tuples(values)
}

// LinesOf reads the lines of a payout, by movement.
func (s *Store) LinesOf(ctx context.Context, payout reconcile.Key) ([]reconcile.PayoutLine, error) {
	lines, err := payoutLines.records(ctx, s.read(), "payout_id = ? AND feed = ? AND account = ? ORDER BY kind, id", payout.ID, payout.Feed, payout.Account)
	return lines, wrap(err, "read the lines of payout %s", payout.ID)
}

// DeedsFor reads what tieout did, or began to do, for an order and its payments.
func (s *Store) DeedsFor(ctx context.Context, reference string, payments []reconcile.Key) ([]reconcile.Cancellation, []reconcile.RefundIntent, error) {
	rows, err := cancellations.find(ctx, s.read(), "order_reference = ?", reference)
	if err != nil {
		return nil, nil, wrap(err, "read the cancel of order %q", reference)
	}
	canceled := make([]reconcile.Cancellation, len(rows))
	for i, row := range rows {
		if canceled[i], err = row.cancellation(); err != nil {
			return nil, nil, fmt.Errorf("read the cancel of order %q: %w", reference, err)
		}
	}
	r := s.read()
	intents, err := refundIntents.find(ctx, r, r.inTuples("feed", "account", "payment_id")+" ORDER BY created_at, idempotency_key", accountTuples(payments))
	refunded := make([]reconcile.RefundIntent, len(intents))
	for i, row := range intents {
		refunded[i] = row.intent()
	}
	return canceled, refunded, wrap(err, "read the refunds tieout made of order %q", reference)
}

// nearLimit is how many references are suggested.
const nearLimit = 5

// NearReferences lists a few references of orders that a person may have meant: the same but for case, spaces, dashes and
// underscores, or beginning so.
func (s *Store) NearReferences(ctx context.Context, reference string) ([]string, error) {
	home := homeOfReference(reference)
	if home == "" {
		return nil, nil
	}
	near, err := selectAll[string](ctx, s.read(), "SELECT DISTINCT id FROM tieout_orders WHERE home = ? OR (home > ? AND home < ?) ORDER BY id LIMIT ?",
		home, home, home+"\U0010FFFF", nearLimit)
	return near, wrap(err, "look for references near %q", reference)
}
