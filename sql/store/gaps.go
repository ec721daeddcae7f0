package store

import (
	"context"
	"iter"
	"time"

	"tieout/reconcile"
)

type gapRow struct {
	Feed     string `db:"feed"`
	Account  string `db:"account"`
	What     string `db:"what"`
	ID       string `db:"id"`
	ObjectID string `db:"object_id"`
	Category string `db:"category"`
	Minor    int64  `db:"minor"`
	Currency string `db:"currency"`
	At       int64  `db:"at"`
	touchedRow
}

var gaps = newTable[gapRow]("tieout_gaps")

// gapQuery finds what the tie-out in money cannot explain (design §5, "UNEXPLAINED"): movements that name an object we do
// not hold; objects whose movements of one category (a charge, a refund, a dispute, a payout, or what reverses it) together
// differ from their amount in the same currency, as when one was booked twice; and payments that show no movement,
// among those made in the time that was read completely: the movement of an older one was never asked for.
// Movements that name no object are fees and adjustments, explained by their category. An account that shows no movement at
// all has no balance to tie out.
//
// Only what differs depends on the instant until which it is asked. The rest has its instant, from which on it is a gap; and
// movements after it are listed ('later'), because what differs may be otherwise once they count.
type gapQuery struct{ objects string } // a CTE of the ids of the objects that are looked at; empty: all are

// ofAll looks at every object.
func ofAll() gapQuery { return gapQuery{} }

// ofSome looks at the objects that the first parameter lists.
func ofSome(s session) gapQuery {
	list := "SELECT value AS id FROM json_each(?)"
	if s.dialect == Postgres {
		list = "SELECT unnest(CAST(? AS text[])) AS id"
	}
	return gapQuery{objects: "objects AS (" + list + "), "}
}

// only is a condition that a column is among the objects looked at.
func (q gapQuery) only(column string) string {
	if q.objects == "" {
		return ""
	}
	return " AND " + column + " IN (SELECT id FROM objects)"
}

// differing finds the objects of a table whose movements of one category together differ from them: plus is the category that
// moves an object's amount in, minus the one that moves it out. What was captured of a charge is the charge less what was not
// captured, so these two are one. Where an object is in another currency, the provider converted it and its movement
// tells what it comes to; of several the largest does, and the others are too many. An object whose only movement is as it should be is not looked at
// further, and those are nearly all.
func (q gapQuery) differing(table, plus, minus string) string {
	const category = "CASE m.category WHEN 'partial_capture_reversal' THEN 'charge' ELSE m.category END"
	expected := "CASE b.category WHEN '" + plus + "' THEN b.held ELSE -b.held END"
	return `
	UNION ALL SELECT b.feed, b.account, 'differs', b.object_id, b.object_id, b.category, b.minor - CASE b.currency WHEN b.own THEN ` + expected + ` ELSE b.largest END, b.currency, b.at
		FROM (SELECT m.feed, m.account, m.object_id, ` + category + ` AS category, m.gross_currency AS currency, o.minor AS held, o.currency AS own,
				CAST(SUM(m.gross_minor) AS BIGINT) AS minor, MAX(m.created_at) AS at,
				CASE WHEN SUM(m.gross_minor) > 0 THEN MAX(m.gross_minor) ELSE MIN(m.gross_minor) END AS largest,
				SUM(CASE m.category WHEN 'partial_capture_reversal' THEN 0 ELSE 1 END) AS lines
			FROM tieout_movements m JOIN ` + table + ` o ON o.id = m.object_id AND o.feed = m.feed AND o.account = m.account
			WHERE m.category IN ('` + plus + `', '` + minus + `', 'partial_capture_reversal') AND m.created_at < ?` + q.only("m.object_id") + `
			AND (m.gross_currency = o.currency AND m.gross_minor <> CASE m.category WHEN '` + plus + `' THEN o.minor ELSE -o.minor END
				OR m.object_id IN (SELECT object_id FROM several))
			GROUP BY m.feed, m.account, m.object_id, ` + category + `, m.gross_currency, o.kind, o.minor, o.currency
		) b WHERE CASE b.currency WHEN b.own THEN b.minor <> ` + expected + ` ELSE b.lines > 1 END`
}

func (q gapQuery) text() string {
	return `
	WITH ` + q.objects + `several AS MATERIALIZED (SELECT object_id FROM tieout_movements WHERE object_id <> ''` + q.only("object_id") + ` GROUP BY object_id HAVING COUNT(*) > 1)
	SELECT m.feed, m.account, 'unknown' AS what, m.id, m.object_id, m.category, m.gross_minor AS minor, m.gross_currency AS currency, m.created_at AS at
		FROM tieout_movements m WHERE m.object_id <> ''` + q.only("m.object_id") + `
		AND NOT EXISTS (SELECT 1 FROM tieout_payments o WHERE o.id = m.object_id AND o.feed = m.feed AND o.account = m.account)
		AND NOT EXISTS (SELECT 1 FROM tieout_refunds o WHERE o.id = m.object_id AND o.feed = m.feed AND o.account = m.account)
		AND NOT EXISTS (SELECT 1 FROM tieout_disputes o WHERE o.id = m.object_id AND o.feed = m.feed AND o.account = m.account)
		AND NOT EXISTS (SELECT 1 FROM tieout_payouts o WHERE o.id = m.object_id AND o.feed = m.feed AND o.account = m.account)
		AND NOT EXISTS (SELECT 1 FROM tieout_rejections o WHERE o.id = m.object_id AND o.feed = m.feed AND o.account = m.account)` +
		q.differing("tieout_payments", "charge", "charge_failure") +
		q.differing("tieout_refunds", "refund_failure", "refund") +
		q.differing("tieout_disputes", "dispute_reversal", "dispute") +
		q.differing("tieout_payouts", "payout_reversal", "payout") + `
	UNION ALL SELECT p.feed, p.account, 'none', p.id, p.id, 'charge', -p.minor, p.currency, p.created_at + ?
		FROM tieout_payments p JOIN tieout_coverage c ON c.feed = p.feed AND c.account = p.account
		WHERE EXISTS (SELECT 1 FROM tieout_coverage WHERE tied_from < tied_through) -- or else no payment need be looked at
		AND p.status = 'succeeded' AND p.created_at >= c.tied_from AND p.created_at < c.tied_through` + q.only("p.id") + `
		AND NOT EXISTS (SELECT 1 FROM tieout_movements m WHERE m.object_id = p.id AND m.feed = p.feed AND m.account = p.account)
	UNION ALL SELECT m.feed, m.account, 'later', m.id, m.object_id, m.category, m.gross_minor, m.gross_currency, m.created_at
		FROM tieout_movements m WHERE m.object_id <> '' AND m.created_at >= ?` + q.only("m.object_id")
}

// args are the parameters of text, after the list of objects.
func (q gapQuery) args(now time.Time, patience time.Duration) []any {
	until := micros(now)
	return []any{until, until, until, until, patience.Microseconds(), until}
}

var gapKinds = map[string]reconcile.GapKind{
	"unknown": reconcile.GapUnknownObject, "differs": reconcile.GapDiffers, "none": reconcile.GapNoMovement,
}

// Gaps streams what the tie-out in money of all that was moved before an instant cannot explain, as RefreshGaps last found it.
func (s *Store) Gaps(ctx context.Context, before time.Time) iter.Seq2[reconcile.Gap, error] {
	rows := stream[gapRow](ctx, s.read(), "SELECT "+gaps.list()+" FROM tieout_gaps WHERE what <> 'later' AND at < ? ORDER BY feed, account, currency, what, id, category, at, minor", micros(before))
	return mapSeq("list the gaps in the balances", rows, func(r gapRow) (reconcile.Gap, error) {
		return reconcile.Gap{
			Feed: r.Feed, Account: r.Account, Kind: gapKinds[r.What], ID: r.ID, Category: r.Category,
			Amount: amount(r.Minor, r.Currency), At: instant(r.At),
		}, nil
	})
}
