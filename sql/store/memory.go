package store

import (
	"context"
	"slices"

	"tieout/feeds"
	"tieout/reconcile"
)

// canceledMayChange is how many microseconds older than the newest AUTH a canceled one may be and still be read again, for
// rarely it settles after all (source document 002): 90 days.
const canceledMayChange = "7776000000000"

// intentMayChange is how many microseconds older than the newest PaymentIntent an unfinished one may be and still be read again:
// 7 days, after which Stripe gives back what was authorised and not captured. One that was abandoned never ends by itself, and
// there are more of them each day. What becomes of an older one is told by its charge or by the event payment_intent.canceled.
const intentMayChange = "604800000000"

// movementMayCome is how many microseconds older than the newest charge one that succeeded may be and still be read again
// because no movement of it is held: it has no balance transaction yet (stripe.md §10). 30 days: by then UNEXPLAINED has long
// said so.
const movementMayCome = "2592000000000"

// openStates says which held objects of a feed can still change, by feed and kind: the table and the condition.
var openStates = map[[2]string]struct{ table, where string }{
	{reconcile.FeedStripe, reconcile.KindSource}: {"tieout_sources", `status IN ('pending', 'chargeable') OR (status = 'consumed' AND NOT EXISTS (
		SELECT 1 FROM tieout_payments p WHERE p.source_id = t.id AND p.feed = t.feed AND p.account = t.account))`},
	{reconcile.FeedStripe, reconcile.KindPaymentIntent}: {"tieout_sources", `status IN ('pending', 'chargeable') AND (created_at > (
		SELECT MAX(created_at) FROM tieout_sources WHERE feed = '` + reconcile.FeedStripe + `' AND kind = '` + reconcile.KindPaymentIntent + `') - ` + intentMayChange + ` OR EXISTS (
		SELECT 1 FROM tieout_payments p WHERE p.source_id = t.id AND p.feed = t.feed AND p.account = t.account AND p.status = 'succeeded'))`},
	{reconcile.FeedStripe, "charge"}: {"tieout_payments", `status = 'pending' OR (status = 'succeeded' AND created_at > (
		SELECT MAX(created_at) FROM tieout_payments WHERE feed = '` + reconcile.FeedStripe + `') - ` + movementMayCome + ` AND NOT EXISTS (
		SELECT 1 FROM tieout_movements m WHERE m.object_id = t.id AND m.feed = t.feed AND m.account = t.account))`},
	{reconcile.FeedStripe, "refund"}:  {"tieout_refunds", `status = 'pending'`},
	{reconcile.FeedStripe, "dispute"}: {"tieout_disputes", `status = 'open'`},
	{reconcile.FeedStripe, "payout"}: {"tieout_payouts", `status = 'pending' OR (status = 'paid' AND automatic AND NOT itemised) OR (itemised AND NOT EXISTS (
		SELECT 1 FROM tieout_payout_lines l WHERE l.payout_id = t.id AND l.feed = t.feed AND l.account = t.account))`},
	{reconcile.FeedTrustPayments, "auth"}: {"tieout_payments", `status IN ('pending', 'suspended') OR (status = 'canceled' AND created_at > (
		SELECT MAX(created_at) FROM tieout_payments WHERE feed = '` + reconcile.FeedTrustPayments + `') - ` + canceledMayChange + `)`},
	{reconcile.FeedTrustPayments, "refund"}: {"tieout_refunds", `status = 'pending'`},
	// What of a shop can be read is read again when the shop says that it changed: only what was rejected is open.
	{reconcile.FeedShop, "order"}:          {"tieout_orders", `false`},
	{reconcile.FeedShop, "refund_request"}: {"tieout_refund_requests", `false`},
}

type memory struct {
	store         *Store
	feed, account string
}

// Memory is what is held of one account of a feed.
func (s *Store) Memory(feed, account string) feeds.Memory {
	return memory{store: s, feed: feed, account: account}
}

// Open lists the ids of a kind whose held state can still change, sorted; none for a kind that never changes. A row that
// could not be read is among them: it may be shown or read otherwise by now, and only then does its DATA_INVALID end.
func (m memory) Open(ctx context.Context, kind string) ([]string, error) {
	open, ok := openStates[[2]string{m.feed, kind}]
	if !ok {
		return nil, nil
	}
	ids, err := selectAll[string](ctx, m.store.read(), "SELECT id FROM "+open.table+
		" t WHERE feed = ? AND account = ? AND kind = ? AND ("+open.where+
		") UNION SELECT id FROM tieout_rejections WHERE feed = ? AND account = ? AND kind = ? AND id NOT LIKE 'unreadable-%' ORDER BY id",
		m.feed, m.account, kind, m.feed, m.account, kind)
	return ids, wrap(err, "list open objects of kind %s of %s %s", kind, m.feed, m.account)
}

// Missing returns those of the ids of a kind of which no observation is held, sorted and without repeats.
func (m memory) Missing(ctx context.Context, kind string, ids []string) ([]string, error) {
	s := m.store.read()
	held, err := selectAll[string](ctx, s, "SELECT DISTINCT id FROM tieout_observations WHERE feed = ? AND account = ? AND kind = ? AND "+
		s.in("id"), m.feed, m.account, kind, s.list(ids))
	if err != nil {
		return nil, wrap(err, "look for %d objects of kind %s of %s %s", len(ids), kind, m.feed, m.account)
	}
	slices.Sort(held)
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, found := slices.BinarySearch(held, clean(id))
		return found
	})
	slices.Sort(missing)
	return slices.Compact(missing), nil
}

// NamedPayments lists the payment ids on the shop's orders that may be the feed's (the order names it, or no provider) and
// of which neither a source, nor a payment, nor a charge that used the source up is held, sorted and without repeats.
func (s *Store) NamedPayments(ctx context.Context, feed string) ([]string, error) {
	ids, err := selectAll[string](ctx, s.read(), `SELECT DISTINCT payment_id FROM tieout_orders o
		WHERE payment_id <> '' AND provider IN (?, '')
		AND NOT EXISTS (SELECT 1 FROM tieout_sources s WHERE s.id = o.payment_id)
		AND NOT EXISTS (SELECT 1 FROM tieout_payments p WHERE p.id = o.payment_id)
		AND NOT EXISTS (SELECT 1 FROM tieout_payments p WHERE p.source_id = o.payment_id AND p.status = 'succeeded')
		ORDER BY payment_id`, feed)
	return ids, wrap(err, "list the orders' payments that %s has not shown", feed)
}
