package reports

import (
	"iter"
	"slices"
	"time"
)

// The widest that a column grows in the workbook, in characters. References may have 31 characters and more.
const (
	widthShort = 18
	widthID    = 40
	widthProse = 80
)

func text[T any](key, heading string, width int, value func(T) string) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindText, width: width}, func(row T) cell { return textCell(value(row)) }}
}

func prose[T any](key, heading string, lines int, value func(T) string) field[T] {
	f := text(key, heading, widthProse, value)
	f.lines = lines
	return f
}

func count[T any](key, heading string, value func(T) int64) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindCount, width: widthShort}, func(row T) cell { return countCell(value(row)) }}
}

func optional[T any](key, heading string, value func(T) *int) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindCount, width: widthShort}, func(row T) cell { return optionalCount(value(row)) }}
}

func rate[T any](key, heading string, value func(T) (part, whole int64)) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindRate, width: widthShort}, func(row T) cell { return rateCell(value(row)) }}
}

func amount[T any](key, heading string, value func(T) cell) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindAmount, width: widthID}, value}
}

func instant[T any](key, heading string, value func(T) time.Time) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindTime, width: widthShort}, func(row T) cell { return timeCell(value(row)) }}
}

// totalled marks a column that the workbook adds up per currency.
func totalled[T any](f field[T]) field[T] {
	f.total = true
	return f
}

// withDash marks a column whose zeros are shown as a dash, though it has no total.
func withDash[T any](f field[T]) field[T] {
	f.dashed = true
	return f
}

// atLeast gives a column no fewer characters.
func atLeast[T any](characters int, f field[T]) field[T] {
	f.least = characters
	return f
}

// filledIn is a column that a person fills in on the sheet: it is in no file, and not on paper.
func filledIn[T any](key, heading string, least int) field[T] {
	return field[T]{column{key: key, heading: heading, kind: kindText, width: least, least: least, form: true, blank: true, screen: true}, func(T) cell { return cell{} }}
}

// onSheet marks a column that is on the sheet alone and not on paper: what belongs to the columns that are filled in.
func onSheet[T any](f field[T]) field[T] {
	f.form, f.screen = true, true
	return f
}

// unseen marks a column that only programs read.
func unseen[T any](f field[T]) field[T] {
	f.hidden = true
	return f
}

// unlike marks a column of text of which nearly every row has another one.
func unlike[T any](f field[T]) field[T] {
	f.unlike = true
	return f
}

// onScreen marks a column that is left off paper.
func onScreen[T any](f field[T]) field[T] {
	f.screen = true
	return f
}

const exceptionsName = "Exceptions"

// exceptionTable has the columns of design §5, in its order: exceptions.csv is a contract with other programs. People read
// what is wrong first, and where and when it was seen last; those last columns are not printed.
// Expected and actual have no totals: where currencies differ they are in two of them. The last columns are on the sheet alone: there a person
// decides, and tieout finds the exception again and sees whether it has moved since.
func exceptionTable(day Day) table {
	t := newTable(exceptionsName, "exceptions.csv", "None: no exception is open.", []field[Exception]{
		text("code", "Code", widthID, func(e Exception) string { return e.Code }),
		text(severityKey, "Severity", widthShort, func(e Exception) string { return e.Severity }),
		onScreen(text("status", "Status", widthShort, func(e Exception) string { return e.Status })),
		onScreen(text("feed", "Feed", widthShort, func(e Exception) string { return e.Feed })),
		onScreen(text("account", "Account", widthID, func(e Exception) string { return e.Account })),
		text("order_reference", "Order", widthID, func(e Exception) string { return e.OrderReference }),
		text("transaction_reference", "Transaction", widthID, func(e Exception) string { return e.TransactionReference }),
		text(currencyKey, "Currency", widthShort, func(e Exception) string { return e.Currency }),
		amount("expected", "Expected (order)", func(e Exception) cell { return optionalAmount(e.Expected) }),
		amount("actual", "Actual (provider)", func(e Exception) cell { return optionalAmount(e.Actual) }),
		totalled(amount("difference", "Difference", func(e Exception) cell { return optionalAmount(e.Difference) })),
		onScreen(instant("first_seen", "First seen", func(e Exception) time.Time { return e.FirstSeen })),
		onScreen(instant("last_seen", "Last seen", func(e Exception) time.Time { return e.LastSeen })),
		count("age_days", "Age (days)", func(e Exception) int64 { return age(e.FirstSeen, day.AsOf) }),
		instant("due_at", "Due", func(e Exception) time.Time { return e.DueAt }),
		prose("explanation", "Explanation", 3, func(e Exception) string { return e.Explanation }),
		prose("next_step", "Next step", 3, func(e Exception) string { return e.NextStep }),
		filledIn[Exception](decisionKey, "Decision", 14),
		filledIn[Exception](reasonKey, "Reason", 18),
		filledIn[Exception]("note", "Note", 40),
		onSheet(text("exception", "Exception", widthShort, func(e Exception) string { return e.ID })),
		unseen(onSheet(text("state", "State", widthShort, func(e Exception) string { return e.State }))),
	}, day.Exceptions)
	t.tinted = true
	return t.readAs(severityKey, "code", "order_reference", "transaction_reference", currencyKey, "expected", "actual", "difference",
		"age_days", "due_at", "explanation", "next_step", "status", "feed", "account", "first_seen", "last_seen",
		decisionKey, reasonKey, "note", "exception", "state")
}

// feedTable is feeds.csv and a block of the summary sheet: through when each feed is known. A program that reads the other
// files must look here first, because what is missing from an incomplete feed is missing from them too.
func feedTable(day Day) table {
	return newTable("Feeds", "feeds.csv", "None: no feed was read.", []field[FeedState]{
		text("feed", "Feed", widthShort, func(f FeedState) string { return f.Feed }),
		text("account", "Account", widthID, func(f FeedState) string { return f.Account }),
		text("complete", "Complete", widthShort, func(f FeedState) string {
			if f.Complete {
				return "yes"
			}
			return "no"
		}),
		instant("complete_through", "Complete through", func(f FeedState) time.Time { return f.CompleteThrough }),
		prose("reason", "Reason", 1, func(f FeedState) string { return f.Reason }),
	}, withoutErrors(day.Feeds))
}

// tieOutTable has no totals: each statement adds up in itself. When exactly its window begins and ends is not printed.
func tieOutTable(day Day) table {
	t := newTable("Tie-out", "tie_out.csv", "None: no account is known.", []field[TieOutRow]{
		text("feed", "Feed", widthShort, func(r TieOutRow) string { return r.Feed }),
		text("account", "Account", widthID, func(r TieOutRow) string { return r.Account }),
		text(currencyKey, "Currency", widthShort, func(r TieOutRow) string { return r.Currency }),
		text("finance_day", "Finance day", widthShort, func(r TieOutRow) string { return r.FinanceDay }),
		onScreen(instant("from", "From", func(r TieOutRow) time.Time { return r.From })),
		onScreen(instant("to", "To (exclusive)", func(r TieOutRow) time.Time { return r.To })),
		text("line", "Line", widthProse, func(r TieOutRow) string { return r.Line }),
		optional("count", "Count", func(r TieOutRow) *int { return r.Count }),
		amount("amount", "Amount", func(r TieOutRow) cell { return optionalAmount(r.Amount) }),
		instant("as_of", "Stated as of", func(r TieOutRow) time.Time { return r.AsOf }),
	}, withoutErrors(day.TieOut))
	t.marked = func(cell func(string) cell) look { return tieOutLook(cell("line").text, cell("count"), cell("amount")) }
	return t.readAs("feed", "account", currencyKey, "finance_day", "line", "count", "amount", "as_of", "from", "to")
}

// tieOutLook lets the eye find where a statement ends, and what it does not explain.
func tieOutLook(line string, gaps, left cell) look {
	switch {
	case line == LineClosing:
		return lookTotal
	case line == LineUnexplained && (gaps.number != 0 || left.amount.Minor != 0):
		return lookCritical
	}
	return lookBody
}

func canceledTable(day Day) table {
	return newTable("Canceled orders", "canceled_orders.csv", "None: no order was canceled.", []field[CanceledOrder]{
		text("order_reference", "Order", widthID, func(o CanceledOrder) string { return o.OrderReference }),
		text(currencyKey, "Currency", widthShort, func(o CanceledOrder) string { return o.Amount.Currency }),
		totalled(amount("amount", "Amount", func(o CanceledOrder) cell { return amountCell(o.Amount) })),
		instant("canceled_at", "Canceled", func(o CanceledOrder) time.Time { return o.CanceledAt }),
		prose("reason", "Reason", 2, func(o CanceledOrder) string { return o.Reason }),
		prose("evidence", "Evidence: sources and payments", 2, func(o CanceledOrder) string { return o.Evidence }),
		text("customer_told", "Customer told", widthID, func(o CanceledOrder) string { return o.CustomerTold }),
	}, day.Canceled)
}

func refundWindowTable(day Day) table {
	return newTable("Refund window", "refund_window.csv", "None: no money is owed back.", []field[RefundWindowRow]{
		text("order_reference", "Order", widthID, func(r RefundWindowRow) string { return r.OrderReference }),
		text("payment_reference", "Payment", widthID, func(r RefundWindowRow) string { return r.PaymentReference }),
		text("feed", "Feed", widthShort, func(r RefundWindowRow) string { return r.Feed }),
		text("account", "Account", widthID, func(r RefundWindowRow) string { return r.Account }),
		text(currencyKey, "Currency", widthShort, func(r RefundWindowRow) string { return r.Amount.Currency }),
		totalled(amount("amount", "Owed back", func(r RefundWindowRow) cell { return amountCell(r.Amount) })),
		text("why", "Why", widthID, func(r RefundWindowRow) string { return r.Why }),
		instant("asked_at", "Asked", func(r RefundWindowRow) time.Time { return r.AskedAt }),
		instant("window_ends", "Window ends", func(r RefundWindowRow) time.Time { return r.WindowEnds }),
		optional("days_left", "Days left", func(r RefundWindowRow) *int { return daysLeft(day.AsOf, r.WindowEnds) }),
		text("decision", "Decision", widthShort, func(r RefundWindowRow) string { return r.Decision }),
		prose("reason", "Reason", 2, func(r RefundWindowRow) string { return r.Reason }),
	}, day.RefundWindow)
}

func payoutTable(day Day) table {
	return newTable("Payouts", "payouts.csv", "None: no payout is known.", []field[PayoutRow]{
		text("feed", "Feed", widthShort, func(p PayoutRow) string { return p.Feed }),
		text("account", "Account", widthID, func(p PayoutRow) string { return p.Account }),
		text("payout", "Payout", widthID, func(p PayoutRow) string { return p.Payout }),
		text(currencyKey, "Currency", widthShort, func(p PayoutRow) string { return p.Amount.Currency }),
		totalled(amount("amount", "Amount", func(p PayoutRow) cell { return amountCell(p.Amount) })),
		text("status", "Status", widthShort, func(p PayoutRow) string { return p.Status }),
		instant("arrives_at", "Arrives", func(p PayoutRow) time.Time { return p.ArrivesAt }),
		count("movements", "Movements", func(p PayoutRow) int64 { return int64(p.Movements) }),
		totalled(amount("movements_sum", "Sum of movements", func(p PayoutRow) cell { return optionalAmount(p.MovementsSum) })),
		totalled(amount("difference", "Difference", func(p PayoutRow) cell { return optionalAmount(p.Difference) })),
		text("reconciliation_status", "Provider's reconciliation", widthID, func(p PayoutRow) string { return p.ReconciliationStatus }),
	}, day.Payouts)
}

func matchedTable(day Day) table {
	return newTable("Matched", "matched.csv", "None: no order is matched.", []field[MatchedRow]{
		unlike(text("order_reference", "Order", widthID, func(m MatchedRow) string { return m.OrderReference })),
		text("feed", "Feed", widthShort, func(m MatchedRow) string { return m.Feed }),
		text("account", "Account", widthID, func(m MatchedRow) string { return m.Account }),
		unlike(text("payment_reference", "Payment", widthID, func(m MatchedRow) string { return m.PaymentReference })),
		text(currencyKey, "Currency", widthShort, func(m MatchedRow) string { return m.OrderAmount.Currency }),
		totalled(amount("order_amount", "Order amount", func(m MatchedRow) cell { return amountCell(m.OrderAmount) })),
		totalled(amount("paid_amount", "Paid amount", func(m MatchedRow) cell { return amountCell(m.PaidAmount) })),
		totalled(amount("refunded", "Refunded", func(m MatchedRow) cell { return amountCell(m.Refunded) })),
		instant("paid_at", "Paid", func(m MatchedRow) time.Time { return m.PaidAt }),
		text("settlement", "Settlement", widthID, func(m MatchedRow) string { return m.Settlement }),
		text("matched_by", "Matched by", widthID, func(m MatchedRow) string { return m.MatchedBy }),
		onScreen(text("settled_currency", "Settled in", widthShort, MatchedRow.settledIn)),
		onScreen(amount("fee", "Fee", func(m MatchedRow) cell { return optionalAmount(m.Fee) })),
		onScreen(amount("net", "Net", func(m MatchedRow) cell { return optionalAmount(m.Net) })),
		onScreen(instant("available_at", "Available", func(m MatchedRow) time.Time { return m.AvailableAt })),
	}, day.Matched)
}

// settledIn is the currency of fee and net, which may be another one than the payment's.
func (m MatchedRow) settledIn() string {
	if m.Net == nil {
		return ""
	}
	return m.Net.Currency
}

func withoutErrors[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row := range slices.Values(rows) {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// daysLeft is nil where no window has begun.
func daysLeft(asOf, end time.Time) *int {
	if end.IsZero() {
		return nil
	}
	days := int(wholeDays(asOf, end))
	return &days
}
