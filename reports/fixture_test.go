package reports

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"tieout/reconcile/money"
)

var asOf = time.Date(2026, 3, 10, 22, 59, 59, 0, time.UTC)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
func jpy(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "JPY"} }
func kwd(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "KWD"} }

func ptr[T any](v T) *T { return &v }

func daysAgo(days int) time.Time { return asOf.AddDate(0, 0, -days) }

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// emptyDay is a day on which nothing happened and every feed was read to the end.
func emptyDay(t testing.TB) Day {
	return Day{
		FinanceDay: "2026-03-10", AsOf: asOf, Zone: berlin(t), Version: "v0.1.0",
		Feeds: []FeedState{{Feed: "stripe", Account: "main", Complete: true, CompleteThrough: asOf}},
	}
}

// busyDay has every table filled, three currencies with 0, 2 and 3 decimals, and hostile text.
func busyDay(t testing.TB) Day {
	day := emptyDay(t)
	day.Feeds = []FeedState{
		{Feed: "shop", Complete: true, CompleteThrough: asOf},
		{Feed: "stripe", Account: "main", Complete: true, CompleteThrough: asOf},
		{Feed: "trustpayments", Account: "site_70210", CompleteThrough: daysAgo(1), Reason: "page 3 of the window from 2026-03-09 22:00 answered 503 three times; the next run reads it again"},
	}
	day.Totals = busyTotals()
	day.TieOut = append(statement("stripe", "EUR", eur, 10, -1800), statement("trustpayments", "KWD", kwd, 0, 0)[:6]...)
	day.Since = daysAgo(1)
	day.Inputs = []Input{
		{Feed: "shop", Account: "shop", Kind: "order", Read: 1201, Stored: 1200, Rejected: 1, Fresh: 2, Hash: "cc6c335e17b9072e46c79634f91d084669d41fd90a1449fcc245660f7f80d473"},
		{Feed: "stripe", Account: "main", Kind: "charge", Read: 1165, Stored: 1165},
	}
	day.Settling = []SettlingDay{{FinanceDay: "2026-03-08", Settled: 31}, {FinanceDay: "2026-03-09", Settled: 16, Unsettled: 12}, {FinanceDay: "2026-03-10"}}
	day.Fees = busyFees()
	day.Exceptions = withoutErrors(busyExceptions())
	day.Changes = withoutErrors(busyChanges())
	day.Canceled = withoutErrors([]CanceledOrder{
		{OrderReference: "EVT-2026-00817", Amount: eur(4950), CanceledAt: daysAgo(0), Reason: "its source was canceled unused after 1 h", Evidence: "src_1NfRkq2eZvKYlo2C0aB canceled; no payment", CustomerTold: "waiting in the outbox"},
		{OrderReference: "00123", Amount: jpy(12000), CanceledAt: daysAgo(1), Reason: "its source failed more than 24 h ago", Evidence: "src_1NfRkq2eZvKYlo2C0aC failed; src_1NfRkq2eZvKYlo2C0aD canceled; no payment", CustomerTold: "sent 2026-03-10T08:00:00Z"},
	})
	day.Ageing = withoutErrors([]AgeingRow{
		{Feed: "trustpayments", Account: "site_70210", TransactionReference: "42-9-1000417", OrderReference: "EVT-2026-00790", Amount: eur(12900), SettleStatus: "10", StartedAt: daysAgo(9), DueAt: daysAgo(2), State: "overdue"},
		{Feed: "trustpayments", Account: "site_70210", TransactionReference: "42-9-1000733", OrderReference: "EVT-2026-00812", Amount: kwd(10500), SettleStatus: "0", StartedAt: daysAgo(2), DueAt: daysAgo(-5), State: "waiting"},
	})
	day.RefundWindow = withoutErrors([]RefundWindowRow{
		{OrderReference: "EVT-2026-00214", PaymentReference: "ch_3NfRkq2eZvKYlo2C1kQ9xYzA", Feed: "stripe", Account: "main", Amount: eur(9900), Why: "refund requested", AskedAt: daysAgo(3), WindowEnds: asOf.Add(60 * time.Hour), Decision: "approved", Reason: "inside the window and settled"},
		{OrderReference: "EVT-2025-09113", PaymentReference: "py_3NfRkq2eZvKYlo2C1kQ9xYzB", Feed: "stripe", Account: "main", Amount: eur(2500), Why: "duplicate payment", WindowEnds: asOf.Add(-time.Hour), Decision: "rejected", Reason: "the window of 90 days is over: return the money by bank transfer"},
		{OrderReference: "EVT-2026-00812", PaymentReference: "42-9-1000733", Feed: "trustpayments", Account: "site_70210", Amount: kwd(10500), Why: "refund requested", AskedAt: daysAgo(1), Decision: "rejected", Reason: "payment 42-9-1000733 has not settled"},
	})
	day.Payouts = withoutErrors([]PayoutRow{
		{Feed: "stripe", Account: "main", Payout: "po_1NfRkq2eZvKYlo2CwXyZ0001", Amount: eur(1204550), Status: "paid", ArrivesAt: daysAgo(0), Movements: 311, MovementsSum: ptr(eur(1204500)), Difference: ptr(eur(50)), ReconciliationStatus: "completed"},
		{Feed: "stripe", Account: "main", Payout: "po_1NfRkq2eZvKYlo2CwXyZ0002", Amount: jpy(980000), Status: "in_transit", ArrivesAt: daysAgo(-2), Movements: 12, ReconciliationStatus: "in progress"},
	})
	day.Matched = withoutErrors(matchedRows(9))
	return day
}

func busyTotals() []ControlTotal {
	return []ControlTotal{
		{Feed: "shop", Account: "shop", Currency: "EUR", Orders: ptr(1140), Cases: 41, Waiting: Tally{8, eur(54320)}, Excepted: Tally{1, eur(245000)}, NothingDue: 32},
		{Feed: "shop", Account: "shop", Currency: "JPY", Orders: ptr(60)},
		{Feed: "shop", Account: "shop", Currency: "GBP", Orders: ptr(0)}, // nothing but zeros: not shown
		{Feed: "stripe", Account: "main", Currency: "EUR", Payments: ptr(1104), Gross: ptr(eur(123456789)), Refunded: ptr(eur(19800)), Fees: ptr(eur(345678)), Net: ptr(eur(123091311)),
			Cases: 1105, Matched: Tally{1090, eur(122000000)}, Waiting: Tally{9, eur(900000)}, Excepted: Tally{4, eur(456789)}, OutOfScope: Tally{1, eur(100000)}, Rejected: 1},
		{Feed: "stripe", Account: "main", Currency: "JPY", Payments: ptr(61), Gross: ptr(jpy(9800000)), Refunded: ptr(jpy(0)), Fees: ptr(jpy(98000)), Net: ptr(jpy(9702000)),
			Cases: 61, Matched: Tally{60, jpy(9788000)}, Excepted: Tally{1, jpy(12000)}},
		{Feed: "trustpayments", Account: "site_70210", Currency: "EUR", Payments: ptr(35), Gross: ptr(eur(512300)), Refunded: ptr(eur(0)),
			Cases: 37, Matched: Tally{30, eur(450000)}, Waiting: Tally{5, eur(62300)}, NothingDue: 2},
		{Feed: "trustpayments", Account: "site_70210", Currency: "KWD", Payments: ptr(1), Gross: ptr(kwd(10500)), Refunded: ptr(kwd(0)), Cases: 1, Waiting: Tally{1, kwd(10500)}},
		{Feed: "trustpayments", Account: "site_70210", Cases: 1, Rejected: 1},
	}
}

// statement is one of a balance; by what Stripe's figure differs is left unexplained.
func statement(feed, currency string, in func(int64) money.Amount, gaps int, unexplained int64) []TieOutRow {
	from := time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)
	var rows []TieOutRow
	for i, line := range []string{"opening unsettled", "payments", "refunds", "fees", "payouts", "closing unsettled"} {
		rows = append(rows, TieOutRow{Line: line, Count: ptr(i), Amount: ptr(in(int64([]int{500000, 123456, -1000, -3456, -400000, 219000}[i])))})
	}
	rows[0].Count, rows[5].Count = nil, nil
	rows = append(rows,
		TieOutRow{Line: "provider's own figure", Amount: ptr(in(219000 + unexplained)), AsOf: asOf.Add(-time.Hour)},
		TieOutRow{Line: LineUnexplained, Count: &gaps, Amount: ptr(in(unexplained))},
		TieOutRow{Line: "taken from the first stated figure"})
	for i := range rows {
		rows[i].Feed, rows[i].Account, rows[i].Currency, rows[i].FinanceDay, rows[i].From, rows[i].To = feed, "main", currency, "2026-03-10", from, asOf
	}
	return rows
}

// busyFees are thirty days of charges at 2.9 % and 0.30 each, then one day that cost more; and too few refunds to tell.
func busyFees() []FeeDay {
	var days []FeeDay
	for n := range 31 {
		count, gross := 3+n%5, int64(10000+700*n%3000)
		row := FeeDay{Feed: "stripe", Account: "main", Currency: "EUR", Category: "charge", FinanceDay: daysAgo(31 - n).Format(time.DateOnly), Count: count, Gross: eur(gross), Fee: eur((29*gross+500)/1000 + int64(30*count))}
		if n == 30 {
			row.Fee.Minor += 120
		}
		days = append(days, row)
	}
	return append(days, FeeDay{Feed: "stripe", Account: "main", Currency: "EUR", Category: "refund", FinanceDay: "2026-03-09", Count: 1, Gross: eur(-1000), Fee: eur(0)})
}

func busyChanges() []Change {
	e := busyExceptions()
	of := func(what string, e Exception, who, why string) Change {
		return Change{
			What: what, At: asOf, Who: who, Why: why, ExceptionID: e.ID, Code: e.Code, Severity: e.Severity, Feed: e.Feed, Account: e.Account, OrderReference: e.OrderReference,
			TransactionReference: e.TransactionReference, Currency: e.Currency, Expected: e.Expected, Actual: e.Actual, Difference: e.Difference,
		}
	}
	return []Change{
		of(ChangeNew, e[5], "tieout", ""),
		of(ChangeReopened, e[2], "tieout", "cause returned"),
		of(ChangeMoved, e[3], "tieout", "actual 12.000 KWD → 12.345 KWD"),
		of(ChangeAcknowledged, e[1], "Mei Lin", "I asked Stripe"),
		of(ChangeResolved, Exception{ID: "00000000000000ff", Code: "MISSING_ORDER", Severity: "high", Feed: "stripe", Account: "main", TransactionReference: "ch_9", Currency: "EUR", Actual: ptr(eur(700))}, "Mei Lin", "data-corrected: =the order was on paper"),
		{What: ChangeMatched, At: asOf, Who: "tieout", Why: "reference", Feed: "stripe", Account: "main", OrderReference: "EVT-2026-00003", TransactionReference: "ch_3", Currency: "EUR", Expected: ptr(eur(1000)), Actual: ptr(eur(1000))},
	}
}

func busyExceptions() []Exception {
	list := []Exception{
		{Code: "MISSING_AT_PROVIDER", Severity: "critical", Status: "open", Feed: "stripe", Account: "main", OrderReference: "EVT-2026-00801", TransactionReference: "ch_3NfRkq2eZvKYlo2C1kQ9xYzC", Currency: "EUR", Expected: ptr(eur(245000)),
			FirstSeen: daysAgo(3), LastSeen: asOf, Explanation: "The order was paid here on 2026-03-06 for 2450.00 EUR; Stripe shows no successful payment for it, and its payments are known completely up to now.", NextStep: "Look the payment up in Stripe; if there is none, ask the customer and set the order back to pending."},
		{Code: "DUPLICATE_PAYMENT", Severity: "critical", Status: "acknowledged", Feed: "stripe", Account: "main", OrderReference: "00123", TransactionReference: "py_3NfRkq2eZvKYlo2C1kQ9xYzD", Currency: "JPY", Expected: ptr(jpy(12000)), Actual: ptr(jpy(24000)), Difference: ptr(jpy(12000)),
			FirstSeen: daysAgo(12), LastSeen: asOf, DueAt: daysAgo(-78), Explanation: "Two payments succeeded for one order: 12000 JPY and 12000 JPY.", NextStep: "Refund the second payment before the window ends."},
		{Code: "AMOUNT_MISMATCH", Severity: "high", Status: "open", Feed: "stripe", Account: "main", OrderReference: "=HYPERLINK(\"http://example.test\")", TransactionReference: "ch_3NfRkq2eZvKYlo2C1kQ9xYzE", Currency: "EUR", Expected: ptr(eur(10000)), Actual: ptr(eur(9000)), Difference: ptr(eur(-1000)),
			FirstSeen: daysAgo(1), LastSeen: asOf, Explanation: "The order is 100.00 EUR, the payment 90.00 EUR: 10.00 EUR too little.", NextStep: "Ask the customer for the rest, or cancel and refund."},
		{Code: "CURRENCY_MISMATCH", Severity: "high", Status: "open", Feed: "trustpayments", Account: "site_70210", OrderReference: "EVT-2026-00799", TransactionReference: "42-9-1000555", Currency: "EUR", Expected: ptr(eur(3500)), Actual: ptr(kwd(12345)),
			FirstSeen: daysAgo(1), LastSeen: asOf, Explanation: "The order is 35.00 EUR, the payment 12.345 KWD.", NextStep: "Refund and ask the customer to pay again."},
		{Code: "SETTLEMENT_OVERDUE", Severity: "medium", Status: "open", Feed: "trustpayments", Account: "site_70210", OrderReference: "EVT-2026-00790", TransactionReference: "42-9-1000417", Currency: "EUR", Actual: ptr(eur(12900)),
			FirstSeen: daysAgo(2), LastSeen: asOf, DueAt: daysAgo(2), Explanation: "Authorised 9 days ago and still waiting to settle (settlestatus 10).", NextStep: "Ask Trust Payments."},
		{Code: "DATA_INVALID", Severity: "low", Status: "open", Feed: "trustpayments", Account: "site_70210", TransactionReference: "-42-9-1000556",
			FirstSeen: daysAgo(0), LastSeen: asOf, Explanation: "The row's currency is \"X1\", which no list knows.", NextStep: "@ops: look at the raw row."},
	}
	for i := range list {
		list[i].ID, list[i].State = fmt.Sprintf("%016x", 1000+i), fmt.Sprintf("%016x", 2000+i)
	}
	return list
}

func matchedRows(n int) []MatchedRow {
	rows := make([]MatchedRow, n)
	for i := range rows {
		value := []func(int64) money.Amount{eur, jpy, kwd}[i%3](int64(1000000 + 1234*i))
		rows[i] = MatchedRow{
			OrderReference: fmt.Sprintf("EVT-2026-%05d", i), Feed: "stripe", Account: "main", PaymentReference: fmt.Sprintf("ch_3NfRkq2eZvKYlo2C%08d", i),
			OrderAmount: value, PaidAmount: value, Fee: ptr(eur(int64(30 + i))), Net: ptr(eur(int64(900 + i))), AvailableAt: asOf.AddDate(0, 0, 7), PaidAt: asOf.Add(-time.Duration(i) * time.Hour), Settlement: fmt.Sprintf("txn_3NfRkq2eZvKYlo2C%07d", i), MatchedBy: "stored id",
		}
	}
	return rows
}

var errFeedGone = errors.New("the database went away")

// failing gives some rows and then an error.
func failing[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		var none T
		yield(none, errFeedGone)
	}
}
