package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tieout/reconcile"
)

type balanceRow struct {
	keyRow
	Minor    int64  `db:"minor"`
	Currency string `db:"currency"`
	At       int64  `db:"at"`
	touchedRow
}

var balances = newProjection("tieout_balances",
	func(b reconcile.Balance) balanceRow {
		return balanceRow{keyRow: rowOfKey(b.Key), Minor: b.Stated.Minor, Currency: b.Stated.Currency, At: micros(b.At)}
	},
	func(r balanceRow) reconcile.Balance {
		return reconcile.Balance{Key: r.key(), Stated: amount(r.Minor, r.Currency), At: instant(r.At)}
	})

type figureRow struct {
	balanceRow
	Held int64 `db:"held"`
}

// StatedBalances returns, by feed, account and currency, the first figure that a provider stated and the last one at or
// before an instant, each with what the movements from before it come to. An account that stated none yet gets its first
// figure twice, whose instant then lies behind.
func (s *Store) StatedBalances(ctx context.Context, until time.Time) ([]reconcile.StatedBalance, error) {
	rows, err := selectAll[figureRow](ctx, s.read(), `SELECT `+balances.listOf("b")+`,
		COALESCE((SELECT CAST(SUM(m.net_minor) AS BIGINT) FROM tieout_movements m
			WHERE m.feed = b.feed AND m.account = b.account AND m.net_currency = b.currency AND m.created_at < b.at), 0) AS held
		FROM tieout_balances b WHERE NOT EXISTS (SELECT 1 FROM tieout_balances e
			WHERE e.feed = b.feed AND e.account = b.account AND e.currency = b.currency AND e.at < b.at)
		OR b.at = (SELECT MAX(e.at) FROM tieout_balances e
			WHERE e.feed = b.feed AND e.account = b.account AND e.currency = b.currency AND e.at <= ?)
		ORDER BY b.feed, b.account, b.currency, b.at`, micros(until))
	var stated []reconcile.StatedBalance
	for _, row := range rows {
		figure := reconcile.Figure{Stated: amount(row.Minor, row.Currency), At: instant(row.At), Held: row.Held}
		if n := len(stated); n > 0 && stated[n-1].Feed == row.Feed && stated[n-1].Account == row.Account && stated[n-1].First.Stated.Currency == row.Currency {
			stated[n-1].Last = figure
			continue
		}
		stated = append(stated, reconcile.StatedBalance{Feed: row.Feed, Account: row.Account, First: figure, Last: figure})
	}
	return stated, wrap(err, "read the balances that providers state")
}

// AccountFlow is what the movements of one category come to in one account, currency and window.
type AccountFlow struct {
	Feed     string
	Account  string
	Currency string
	Window   int // 0: before the first; then the windows in their order
	reconcile.Flow
}

type flowRow struct {
	Feed     string `db:"feed"`
	Account  string `db:"account"`
	Currency string `db:"currency"`
	Place    int    `db:"place"`
	Category string `db:"category"`
	Count    int    `db:"count"`
	Gross    int64  `db:"gross"`
	Fee      int64  `db:"fee"`
	WithFee  int    `db:"with_fee"`
}

// Flows adds up the movements from before the first of two adjoining windows and in each, by account, currency and category.
func (s *Store) Flows(ctx context.Context, first, second reconcile.Window) ([]AccountFlow, error) {
	rows, err := selectAll[flowRow](ctx, s.read(), `SELECT feed, account, net_currency AS currency,
		CASE WHEN created_at < ? THEN 0 WHEN created_at < ? THEN 1 ELSE 2 END AS place, category, COUNT(*) AS count,
		CAST(SUM(gross_minor) AS BIGINT) AS gross, CAST(SUM(fee_minor) AS BIGINT) AS fee, SUM(CASE fee_minor WHEN 0 THEN 0 ELSE 1 END) AS with_fee
		FROM tieout_movements WHERE created_at < ? GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`,
		micros(first.From), micros(second.From), micros(second.To))
	flows := make([]AccountFlow, len(rows))
	for i, row := range rows {
		flows[i] = AccountFlow{
			Feed: row.Feed, Account: row.Account, Currency: row.Currency, Window: row.Place,
			Flow: reconcile.Flow{Category: row.Category, Count: row.Count, Gross: row.Gross, Fee: row.Fee, WithFee: row.WithFee},
		}
	}
	return flows, wrap(err, "add up the movements")
}

// AccountEntry is how many and how much of something, in one account and currency. What names the thing.
type AccountEntry struct {
	Feed     string
	Account  string
	Currency string
	What     string
	reconcile.Entry
}

func (s *Store) entries(ctx context.Context, call, query string, args ...any) ([]AccountEntry, error) {
	rows, err := selectAll[totalRow](ctx, s.read(), query, args...)
	entries := make([]AccountEntry, len(rows))
	for i, row := range rows {
		entries[i] = AccountEntry{
			Feed: row.Feed, Account: row.Account, Currency: row.Currency, What: row.What,
			Entry: reconcile.Entry{Count: row.Count, Amount: amount(row.Minor, row.Currency)},
		}
	}
	return entries, wrap(err, "%s", call)
}

// NotBooked adds up the payments that succeeded before an instant and have no movement before it, where that may still come:
// those made no longer ago than patience.
func (s *Store) NotBooked(ctx context.Context, before time.Time, patience time.Duration) ([]AccountEntry, error) {
	return s.entries(ctx, "add up the payments without a movement", `
		SELECT p.feed, p.account, p.currency, '' AS what, COUNT(*) AS count, CAST(SUM(p.minor) AS BIGINT) AS minor
		FROM tieout_payments p JOIN tieout_coverage c ON c.feed = p.feed AND c.account = p.account
		WHERE p.status = 'succeeded' AND p.created_at < ? AND p.created_at >= ? AND p.created_at >= c.complete_from AND p.created_at < c.complete_through
		AND EXISTS (SELECT 1 FROM tieout_movements m WHERE m.feed = p.feed AND m.account = p.account)
		AND NOT EXISTS (SELECT 1 FROM tieout_movements m WHERE m.object_id = p.id AND m.feed = p.feed AND m.account = p.account AND m.created_at < ?)
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, micros(before), micros(before.Add(-patience)), micros(before))
}

// What Auths adds up.
const (
	AuthsUnsettled  = "unsettled"  // begun before the window, and not settled before it
	AuthsAuthorised = "authorised" // begun in the window
	AuthsSettled    = "settled"    // settled in the window
	AuthsCanceled   = "canceled"   // begun in the window and canceled since: when, the provider does not tell
	AuthsRefunded   = "refunded"   // given back in the window
	AuthsUnread     = "unread"     // rows that could not be read, of whatever time; they have no amount
)

// Auths adds up what was authorised, settled and given back in a window at Trust Payments, which shows no balance.
func (s *Store) Auths(ctx context.Context, window reconcile.Window) ([]AccountEntry, error) {
	const auths = "tieout_payments WHERE feed = 'trustpayments' AND "
	from, to := micros(window.From), micros(window.To)
	return s.entries(ctx, "add up the authorisations", `
		SELECT feed, account, currency, 'unsettled' AS what, COUNT(*) AS count, CAST(SUM(minor) AS BIGINT) AS minor FROM `+auths+`
			created_at < ? AND (status IN ('pending', 'suspended') OR status = 'succeeded' AND succeeded_at >= ?) GROUP BY 1, 2, 3
		UNION ALL SELECT feed, account, currency, 'authorised', COUNT(*), CAST(SUM(minor) AS BIGINT) FROM `+auths+`
			created_at >= ? AND created_at < ? AND status IN ('pending', 'suspended', 'succeeded', 'canceled') GROUP BY 1, 2, 3
		UNION ALL SELECT feed, account, currency, 'settled', COUNT(*), CAST(SUM(minor) AS BIGINT) FROM `+auths+`
			succeeded_at >= ? AND succeeded_at < ? AND status = 'succeeded' AND created_at < ? GROUP BY 1, 2, 3
		UNION ALL SELECT feed, account, currency, 'canceled', COUNT(*), CAST(SUM(minor) AS BIGINT) FROM `+auths+`
			created_at >= ? AND created_at < ? AND status = 'canceled' GROUP BY 1, 2, 3
		UNION ALL SELECT feed, account, currency, 'refunded', COUNT(*), CAST(SUM(minor) AS BIGINT) FROM tieout_refunds
			WHERE feed = 'trustpayments' AND created_at >= ? AND created_at < ? AND status = 'succeeded' GROUP BY 1, 2, 3
		UNION ALL SELECT feed, account, '', 'unread', COUNT(*), 0 FROM tieout_rejections WHERE feed = 'trustpayments' GROUP BY 1, 2, 3
		ORDER BY 1, 2, 3, 4`, from, from, from, to, from, to, to, from, to, from, to)
}

// FlowDay is what the movements of one category come to in one account, currency and stretch of time, by its number.
type FlowDay struct {
	Feed     string
	Account  string
	Currency string
	Day      int
	reconcile.Flow
}

// FlowDays adds up the movements between adjoining instants, payouts left out, by account, currency, category and stretch.
func (s *Store) FlowDays(ctx context.Context, bounds []time.Time) ([]FlowDay, error) {
	rows, err := selectAll[flowRow](ctx, s.read(), `SELECT feed, account, net_currency AS currency, category, `+dayOf("created_at", bounds)+` AS place, COUNT(*) AS count,
		CAST(SUM(gross_minor) AS BIGINT) AS gross, CAST(SUM(fee_minor) AS BIGINT) AS fee
		FROM tieout_movements WHERE created_at >= ? AND created_at < ? AND category NOT IN ('payout', 'payout_reversal')
		GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`, micros(bounds[0]), micros(bounds[len(bounds)-1]))
	days := make([]FlowDay, len(rows))
	for i, row := range rows {
		days[i] = FlowDay{
			Feed: row.Feed, Account: row.Account, Currency: row.Currency, Day: row.Place,
			Flow: reconcile.Flow{Category: row.Category, Count: row.Count, Gross: row.Gross, Fee: row.Fee},
		}
	}
	return days, wrap(err, "add up the fees by day")
}

// dayOf writes between which of adjoining instants a column's lies, as the number of the stretch from 0. It lies in one.
func dayOf(column string, bounds []time.Time) string {
	var b strings.Builder
	b.WriteString("CASE")
	for i, end := range bounds[1 : len(bounds)-1] {
		fmt.Fprintf(&b, " WHEN %s < %d THEN %d", column, micros(end), i)
	}
	fmt.Fprintf(&b, " ELSE %d END", len(bounds)-2)
	return b.String()
}

// Settling is how many of the payments that were begun in a stretch of time have settled, and how many have not.
type Settling struct {
	Settled   int
	Unsettled int
}

type settlingRow struct {
	Day       int `db:"day"`
	Settled   int `db:"settled"`
	Unsettled int `db:"unsettled"`
}

// SettlingDays counts the payments that were begun between adjoining instants, by stretch. One has settled when its movement
// is paid out to the bank; at a provider that shows no movements, when it says so.
func (s *Store) SettlingDays(ctx context.Context, bounds []time.Time) ([]Settling, error) {
	rows, err := selectAll[settlingRow](ctx, s.read(), `WITH begun AS (
			SELECT `+dayOf("p.created_at", bounds)+` AS day, CASE WHEN p.status = 'succeeded' AND (
				EXISTS (SELECT 1 FROM tieout_movements m JOIN tieout_payout_lines l ON l.feed = m.feed AND l.account = m.account AND l.kind = 'payout_line' AND l.id = m.id
					WHERE m.object_id = p.id AND m.feed = p.feed AND m.account = p.account)
				OR NOT EXISTS (SELECT 1 FROM tieout_movements m WHERE m.feed = p.feed AND m.account = p.account)) THEN 1 ELSE 0 END AS settled
			FROM tieout_payments p WHERE p.created_at >= ? AND p.created_at < ? AND p.status IN ('pending', 'suspended', 'succeeded'))
		SELECT day, CAST(SUM(settled) AS BIGINT) AS settled, CAST(SUM(1 - settled) AS BIGINT) AS unsettled FROM begun GROUP BY day`,
		micros(bounds[0]), micros(bounds[len(bounds)-1]))
	days := make([]Settling, len(bounds)-1)
	for _, row := range rows {
		days[row.Day] = Settling{Settled: row.Settled, Unsettled: row.Unsettled}
	}
	return days, wrap(err, "count what has settled by day")
}
