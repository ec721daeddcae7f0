package store

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// MatchedPair is an order and the payment that agrees with it.
type MatchedPair struct {
	OrderReference string
	Payment        reconcile.Key
	Rule           reconcile.Rule
	Order          money.Amount
	Paid           money.Amount
	Refunded       money.Amount
	PaidAt         time.Time
	MovementID     string // the first movement of the payment, or empty
	Fee            money.Amount
	Net            money.Amount
	AvailableAt    time.Time // when the provider lets it be paid out
	PayoutID       string    // the payout that paid that movement out, or empty
}

// matchedRow is as much of a verdict as tells a match: a long report reads a million of them.
type matchedRow struct {
	OrderReference string `db:"order_reference"`
	Rule           string `db:"rule"`
	stoodRow
	MovementID  string `db:"movement_id"`
	FeeMinor    int64  `db:"fee_minor"`
	FeeCurrency string `db:"fee_currency"`
	NetMinor    int64  `db:"net_minor"`
	NetCurrency string `db:"net_currency"`
	AvailableAt int64  `db:"available_at"`
	PayoutID    string `db:"payout_id"`
}

// Matched streams the matched orders that have a payment, by order reference and case.
func (s *Store) Matched(ctx context.Context) iter.Seq2[MatchedPair, error] {
	rows := ahead[matchedRow](ctx, s.read(), MatchedQuery())
	return mapSeq("list matched orders", rows, func(r matchedRow) (MatchedPair, error) {
		return MatchedPair{
			OrderReference: r.OrderReference, Payment: r.payment(),
			Rule: reconcile.Rule(r.Rule), Order: r.order(), Paid: r.paid(), Refunded: r.refunded(),
			PaidAt: instant(r.PaidAt), MovementID: r.MovementID, PayoutID: r.PayoutID,
			Fee: amount(r.FeeMinor, r.FeeCurrency), Net: amount(r.NetMinor, r.NetCurrency), AvailableAt: instant(r.AvailableAt),
		}, nil
	})
}

// MatchedQuery is what Matched reads, so that the same can be read by other means beside it.
func MatchedQuery() string {
	return `SELECT v.order_reference, v.rule, v.payment_feed, v.payment_account, v.payment_kind, v.payment_id, v.order_minor, v.order_currency,
		v.paid_minor, v.paid_currency, v.refunded_minor, v.refunded_currency, v.paid_at, COALESCE(m.id, '') AS movement_id, COALESCE(m.fee_minor, 0) AS fee_minor,
		COALESCE(m.fee_currency, '') AS fee_currency, COALESCE(m.net_minor, 0) AS net_minor, COALESCE(m.net_currency, '') AS net_currency, COALESCE(m.available_at, 0) AS available_at,
		COALESCE((SELECT l.payout_id FROM tieout_payout_lines l
			WHERE l.feed = m.feed AND l.account = m.account AND l.kind = 'payout_line' AND l.id = m.id), '') AS payout_id
		FROM tieout_verdicts v
		LEFT JOIN tieout_movements m ON m.object_id = v.payment_id AND m.feed = v.payment_feed AND m.account = v.payment_account
			AND NOT EXISTS (SELECT 1 FROM tieout_movements e WHERE e.object_id = m.object_id AND e.feed = m.feed AND e.account = m.account
				AND (e.created_at, e.kind, e.id) < (m.created_at, m.kind, m.id))
		WHERE v.outcome = '` + string(reconcile.Matched) + `' AND v.payment_id <> '' ORDER BY v.order_reference, v.case_key`
}

// Unsettled is a payment that is authorised and has not settled: pending or suspended.
type Unsettled struct {
	Payment        reconcile.Payment
	OrderReference string // of the case it stands for, else what it carries
}

type unsettledRow struct {
	Face           string `db:"face"`
	OrderReference string `db:"order_reference"`
}

// Ageing streams the payments that have not settled, oldest first.
func (s *Store) Ageing(ctx context.Context) iter.Seq2[Unsettled, error] {
	rows := stream[unsettledRow](ctx, s.read(), `
		WITH unsettled AS (SELECT face, reference, created_at, feed, account, kind, id FROM tieout_payments WHERE status IN ('pending', 'suspended'))
		SELECT p.face, COALESCE(v.order_reference, p.reference) AS order_reference
		FROM unsettled p LEFT JOIN (
			SELECT payment_feed, payment_account, payment_kind, payment_id, MIN(order_reference) AS order_reference
			FROM tieout_verdicts WHERE order_reference <> '' AND payment_id IN (SELECT id FROM unsettled) GROUP BY 1, 2, 3, 4
		) v ON v.payment_feed = p.feed AND v.payment_account = p.account AND v.payment_kind = p.kind AND v.payment_id = p.id
		ORDER BY p.created_at, p.feed, p.account, p.kind, p.id`)
	return mapSeq("list unsettled payments", rows, func(r unsettledRow) (Unsettled, error) {
		return Unsettled{Payment: paymentOfFace(r.Face), OrderReference: r.OrderReference}, nil
	})
}

type payoutSumRow struct {
	payoutRow
	NetCurrency string `db:"net_currency"`
	Lines       int    `db:"lines"`
	NetMinor    int64  `db:"net_minor"`
	AllHeld     bool   `db:"all_held"`
}

// PayoutSums streams the payouts with the sums of their lines: first those that failed or that differ from lines which are
// known to be complete, then the latest arrival first, then by id. All lines of a payout are held when its own is, which is
// fetched last, or when the account's last fetch ended well: it listed them.
func (s *Store) PayoutSums(ctx context.Context) iter.Seq2[reconcile.PayoutSum, error] {
	return s.payoutSums(ctx, "true")
}

// PayoutsToJudge streams those payouts that changed after a change, or whose lines did, those of these cases, and those whose
// lines may not all be held: that they are is known only once a fetch ends well.
func (s *Store) PayoutsToJudge(ctx context.Context, since int64, caseKeys []string) iter.Seq2[reconcile.PayoutSum, error] {
	r := s.read()
	return s.payoutSums(ctx, "touched > ? OR (feed, account, id) IN (SELECT feed, account, payout_id FROM tieout_payout_lines WHERE touched > ?) OR "+
		"itemised AND NOT EXISTS (SELECT 1 FROM tieout_payout_lines l WHERE l.payout_id = tieout_payouts.id AND l.feed = tieout_payouts.feed AND l.account = tieout_payouts.account AND l.category = 'payout') OR "+
		r.in("'payout/' || feed || '/' || account || '/' || id"), since, since, r.list(caseKeys))
}

func (s *Store) payoutSums(ctx context.Context, where string, args ...any) iter.Seq2[reconcile.PayoutSum, error] {
	rows := stream[payoutSumRow](ctx, s.read(), `WITH chosen AS (SELECT `+payouts.list()+` FROM tieout_payouts WHERE `+where+`)
		SELECT `+payouts.listOf("p")+`, COALESCE(l.net_currency, '') AS net_currency, COALESCE(l.lines, 0) AS lines, COALESCE(l.net_minor, 0) AS net_minor,
		(EXISTS (SELECT 1 FROM tieout_payout_lines o WHERE o.payout_id = p.id AND o.feed = p.feed AND o.account = p.account AND o.category = 'payout')
			OR EXISTS (SELECT 1 FROM tieout_coverage c WHERE c.feed = p.feed AND c.account = p.account AND c.reason = '')) AS all_held
		FROM chosen p LEFT JOIN (
			SELECT feed, account, payout_id, net_currency, COUNT(*) AS lines, CAST(SUM(net_minor) AS BIGINT) AS net_minor
			FROM tieout_payout_lines WHERE category <> 'payout' AND payout_id IN (SELECT id FROM chosen) GROUP BY feed, account, payout_id, net_currency
		) l ON l.feed = p.feed AND l.account = p.account AND l.payout_id = p.id
		ORDER BY MIN(CASE WHEN p.status = ? THEN 0
				WHEN p.itemised AND p.automatic AND p.status <> ? AND (l.net_currency <> p.currency OR l.net_minor <> p.minor) THEN 0
				ELSE 1 END) OVER (PARTITION BY p.feed, p.account, p.kind, p.id),
			p.arrival_at DESC, p.id, p.feed, p.account, p.kind, net_currency`,
		append(args, string(reconcile.PayoutFailed), string(reconcile.PayoutCanceled))...)
	return groupPayouts(rows)
}

// groupPayouts joins the rows of one payout, which differ in the currency of their lines.
func groupPayouts(rows iter.Seq2[payoutSumRow, error]) iter.Seq2[reconcile.PayoutSum, error] {
	return func(yield func(reconcile.PayoutSum, error) bool) {
		var sum reconcile.PayoutSum
		for row, err := range rows {
			if err != nil {
				yield(reconcile.PayoutSum{}, wrap(err, "sum payouts"))
				return
			}
			if sum.Payout.Key != row.key() {
				if sum.Payout.ID != "" && !yield(sum, nil) {
					return
				}
				sum = reconcile.PayoutSum{Payout: payoutOfRow(row.payoutRow), AllHeld: row.AllHeld}
			}
			if row.Lines > 0 {
				sum.Lines += row.Lines
				sum.Sums = append(sum.Sums, amount(row.NetMinor, row.NetCurrency))
			}
		}
		if sum.Payout.ID != "" {
			yield(sum, nil)
		}
	}
}

// Tally is how many and how much, in minor units.
type Tally struct {
	Count int
	Minor int64
}

// Total is what one account of one feed comes to in one currency.
//
// Cases are counted once each, by outcome: under the payment that stands for the case, by what was paid, or by its own
// amount while nothing is; a case without a payment under its order, by the order's amount; one with neither under its
// source. Cases is the sum of the outcomes and of Unjudged: the orders that were never judged, each under its order.
type Total struct {
	Feed       string
	Account    string
	Currency   string // empty only for rejected rows
	Orders     Tally  // of the shop
	Payments   Tally  // that succeeded
	Refunds    Tally  // that succeeded
	Movements  int    // of the provider's balance
	Fees       int64  // of movements
	Net        int64  // of movements, payouts left out
	Cases      int    // those judged, whatever came out, and Unjudged
	Unjudged   int    // orders of the shop without a verdict
	Matched    Tally
	Closed     Tally
	Waiting    Tally
	Excepted   Tally
	OutOfScope Tally
	Rejected   int // rows that cannot be read; the currency is empty
}

// totalRow is how many and how much of something, in one account and currency.
type totalRow struct {
	Feed     string `db:"feed"`
	Account  string `db:"account"`
	Currency string `db:"currency"`
	What     string `db:"what"`
	Count    int    `db:"count"`
	Minor    int64  `db:"minor"`
}

// totalsQuery counts everything that Totals shows, each in a part of its own. A case of a source alone has the source's id
// at the end of its key: what is left of the key without the characters that are no slash is all up to the last slash.
const totalsQuery = `
	WITH judged AS (
		SELECT payment_feed AS feed, payment_account AS account, paid_currency AS currency, outcome, COUNT(*) AS count, SUM(paid_minor) AS minor
			FROM tieout_verdicts WHERE payment_id <> '' AND paid_currency <> '' GROUP BY payment_feed, payment_account, paid_currency, outcome
		UNION ALL SELECT v.payment_feed, v.payment_account, COALESCE(p.currency, v.order_currency), v.outcome, COUNT(*), SUM(COALESCE(p.minor, v.order_minor))
			FROM tieout_verdicts v LEFT JOIN tieout_payments p
				ON p.feed = v.payment_feed AND p.account = v.payment_account AND p.kind = v.payment_kind AND p.id = v.payment_id
			WHERE v.payment_id <> '' AND v.paid_currency = ''
			GROUP BY v.payment_feed, v.payment_account, COALESCE(p.currency, v.order_currency), v.outcome
		UNION ALL SELECT COALESCE(o.feed, ''), COALESCE(o.account, ''), v.order_currency, v.outcome, COUNT(*), SUM(v.order_minor)
			FROM tieout_verdicts v LEFT JOIN tieout_orders o ON o.id = v.order_reference
			WHERE v.payment_id = '' AND v.order_currency <> '' GROUP BY COALESCE(o.feed, ''), COALESCE(o.account, ''), v.order_currency, v.outcome
		UNION ALL SELECT COALESCE(s.feed, ''), COALESCE(s.account, ''), COALESCE(s.currency, ''), v.outcome, COUNT(*), SUM(COALESCE(s.minor, 0))
			FROM tieout_verdicts v LEFT JOIN tieout_sources s
				ON s.id = SUBSTR(v.case_key, LENGTH(RTRIM(v.case_key, REPLACE(v.case_key, '/', ''))) + 1)
				AND v.case_key = 'loose/' || s.feed || '/' || s.account || '/' || s.id
			WHERE v.payment_id = '' AND v.order_currency = '' GROUP BY COALESCE(s.feed, ''), COALESCE(s.account, ''), COALESCE(s.currency, ''), v.outcome
	)
	SELECT feed, account, currency, outcome AS what, CAST(SUM(count) AS BIGINT) AS count, CAST(SUM(minor) AS BIGINT) AS minor
		FROM judged GROUP BY feed, account, currency, outcome
	UNION ALL SELECT feed, account, currency, 'cases', CAST(SUM(count) AS BIGINT), 0
		FROM judged GROUP BY feed, account, currency
	UNION ALL SELECT o.feed, o.account, o.currency, 'unjudged', COUNT(*), 0
		FROM tieout_orders o WHERE NOT EXISTS (SELECT 1 FROM tieout_verdicts v WHERE v.case_key = 'order/' || o.id)
		GROUP BY o.feed, o.account, o.currency
	UNION ALL SELECT feed, account, currency, 'orders', COUNT(*), CAST(SUM(minor) AS BIGINT)
		FROM tieout_orders GROUP BY feed, account, currency
	UNION ALL SELECT feed, account, currency, 'payments', COUNT(*), CAST(SUM(minor) AS BIGINT)
		FROM tieout_payments WHERE status = 'succeeded' GROUP BY feed, account, currency
	UNION ALL SELECT feed, account, currency, 'refunds', COUNT(*), CAST(SUM(minor) AS BIGINT)
		FROM tieout_refunds WHERE status = 'succeeded' GROUP BY feed, account, currency
	UNION ALL SELECT feed, account, fee_currency, 'fees', COUNT(*), CAST(SUM(fee_minor) AS BIGINT)
		FROM tieout_movements GROUP BY feed, account, fee_currency
	UNION ALL SELECT feed, account, net_currency, 'net', COUNT(*), CAST(SUM(net_minor) AS BIGINT)
		FROM tieout_movements WHERE category NOT IN ('payout', 'payout_reversal') GROUP BY feed, account, net_currency
	UNION ALL SELECT feed, account, '', 'rejected', COUNT(*), 0
		FROM tieout_rejections GROUP BY feed, account`

// Totals adds up what is held and what was judged, by feed, account and currency.
func (s *Store) Totals(ctx context.Context) ([]Total, error) {
	rows, err := selectAll[totalRow](ctx, s.read(), totalsQuery)
	byKey := map[[3]string]*Total{}
	for _, row := range rows {
		key := [3]string{row.Feed, row.Account, row.Currency}
		if byKey[key] == nil {
			byKey[key] = &Total{Feed: row.Feed, Account: row.Account, Currency: row.Currency}
		}
		byKey[key].add(row)
	}
	totals := make([]Total, 0, len(byKey))
	for _, total := range byKey {
		totals = append(totals, *total)
	}
	slices.SortFunc(totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
	return totals, wrap(err, "add up the totals")
}

func (t *Total) add(row totalRow) {
	tally := Tally{Count: row.Count, Minor: row.Minor}
	switch row.What {
	case "orders":
		t.Orders = tally
	case "payments":
		t.Payments = tally
	case "refunds":
		t.Refunds = tally
	case "fees":
		t.Movements, t.Fees = row.Count, row.Minor
	case "net":
		t.Net = row.Minor
	case "rejected":
		t.Rejected = row.Count
	case "cases":
		t.Cases += row.Count
	case "unjudged":
		t.Unjudged = row.Count
		t.Cases += row.Count
	case string(reconcile.Matched):
		t.Matched = tally
	case string(reconcile.Closed):
		t.Closed = tally
	case string(reconcile.Waiting):
		t.Waiting = tally
	case string(reconcile.Excepted):
		t.Excepted = tally
	case string(reconcile.OutOfScope):
		t.OutOfScope = tally
	}
}
