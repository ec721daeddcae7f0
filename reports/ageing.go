package reports

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/bits"
	"slices"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// What is aged.
const (
	agedExceptions = "exceptions"
	agedUnsettled  = "authorised and not settled"
)

// agedLine is how old something is, and how much of it, in one currency.
type agedLine struct {
	currency string // empty: exceptions that concern no amount
	counts   [len(buckets)]int64
	amounts  [len(buckets)]money.Amount
	days     int64  // the ages of all, added up
	weighted uint64 // the ages of all times their amounts, added up
	tooMuch  bool   // weighted is out of range
}

func (l *agedLine) add(days int64, amount money.Amount) (err error) {
	at := bucketOf(days)
	l.counts[at]++
	l.days += days
	high, low := bits.Mul64(uint64(days), uint64(max(amount.Minor, 0)))
	sum, carry := bits.Add64(l.weighted, low, 0)
	l.weighted, l.tooMuch = sum, l.tooMuch || high > 0 || carry > 0
	l.amounts[at], err = l.amounts[at].Add(amount)
	return err
}

// all is how many and how much, of whatever age.
func (l agedLine) all() (count int64, sum money.Amount, err error) {
	for i := range l.counts {
		count += l.counts[i]
		if sum, err = sum.Add(l.amounts[i]); err != nil {
			return 0, money.Amount{}, err
		}
	}
	return count, sum, nil
}

// average is the mean age in whole days; byAmount is that of the money.
func (l agedLine) average() cell {
	count, _, err := l.all()
	if err != nil || count == 0 {
		return cell{}
	}
	return countCell(l.days / count)
}

func (l agedLine) byAmount() cell {
	_, sum, err := l.all()
	if err != nil || sum.Minor <= 0 || l.tooMuch {
		return cell{}
	}
	return countCell(int64(l.weighted / uint64(sum.Minor)))
}

// aging collects lines by currency.
type aging map[string]*agedLine

func (a aging) add(days int64, amount money.Amount) error {
	if a[amount.Currency] == nil {
		a[amount.Currency] = &agedLine{currency: amount.Currency}
	}
	if err := a[amount.Currency].add(days, amount); err != nil {
		return fmt.Errorf("add up by age what is in %s: %w", amount.Currency, err)
	}
	return nil
}

func (a aging) lines() []agedLine {
	var lines []agedLine
	for _, currency := range slices.Sorted(maps.Keys(a)) {
		lines = append(lines, *a[currency])
	}
	return lines
}

// ageUnsettled ages the payments that have not settled.
func ageUnsettled(day Day) ([]agedLine, error) {
	a := aging{}
	for row, err := range sequence(day.Ageing) {
		if err != nil {
			return nil, err
		}
		if err := a.add(age(row.StartedAt, day.AsOf), row.Amount); err != nil {
			return nil, err
		}
	}
	return a.lines(), nil
}

// sequence is an empty one for none.
func sequence[T any](rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	if rows == nil {
		return func(func(T, error) bool) {}
	}
	return rows
}

// ageingPage is the sheet of ages: what there is of each age, then each payment that has not settled.
func ageingPage(day Day, d digest) page {
	whole := []int{2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	list := unsettledTable(day)
	return page{name: "Ageing", long: &list, files: []table{agedTable(d)}, blocks: []block{
		{title: "Exceptions: how many", table: agedCounts("Exceptions by age", d.aged), cells: whole},
		{title: "Exceptions: amount concerned", table: agedAmounts("Exceptions by age and amount", d.aged), cells: whole, note: "The average age of money counts each day as often as there is money of that age."},
		{title: "Authorised and not settled: how many", table: agedCounts("Unsettled by age", d.unsettled), cells: whole},
		{title: "Authorised and not settled: amount", table: agedAmounts("Unsettled by age and amount", d.unsettled), cells: whole},
		{title: "Payments of the last 30 days: what has settled", table: settlingTable(day), cells: []int{2, 1, 1, 1}, note: settlingNote},
	}}
}

const settlingNote = "A payment has settled when the provider has paid it out to the bank; where a provider shows no payouts, when it says so itself. " +
	"So money that was taken and is not paid out yet is among the not settled here, and not in the tables above."

// agedWidth keeps the columns of ages about as wide as each other.
const agedWidth = 13

// agedCounts and agedAmounts lay the lines out with the ages side by side.
func agedCounts(name string, lines []agedLine) table {
	fields := []field[agedLine]{text(currencyKey, "Currency", widthShort, func(l agedLine) string { return cmp.Or(l.currency, "no amount") })}
	for i, bucket := range buckets {
		fields = append(fields, atLeast(agedWidth, totalled(count(bucket.key, bucket.name, func(l agedLine) int64 { return l.counts[i] }))))
	}
	all := totalled(count("all", "All ages", func(l agedLine) int64 { n, _, _ := l.all(); return n }))
	average := field[agedLine]{column{key: "average_days", heading: "Average (days)", kind: kindCount, width: widthShort}, agedLine.average}
	t := newTable(name, "", "None.", append(fields, all, average), withoutErrors(lines))
	t.currency = none // counts are added up over all currencies
	return t
}

func agedAmounts(name string, lines []agedLine) table {
	fields := []field[agedLine]{text(currencyKey, "Currency", widthShort, func(l agedLine) string { return l.currency })}
	for i, bucket := range buckets {
		fields = append(fields, withDash(amount(bucket.key, bucket.name, func(l agedLine) cell {
			return amountCell(money.Amount{Minor: l.amounts[i].Minor, Currency: l.currency})
		})))
	}
	all := withDash(amount("all", "All ages", func(l agedLine) cell {
		_, sum, err := l.all()
		if err != nil {
			return cell{}
		}
		return amountCell(money.Amount{Minor: sum.Minor, Currency: l.currency})
	}))
	average := field[agedLine]{column{key: "average_days", heading: "Average (days)", kind: kindCount, width: widthShort}, agedLine.byAmount}
	lines = slices.DeleteFunc(slices.Clone(lines), func(l agedLine) bool { return l.currency == "" })
	return newTable(name, "", "None.", append(fields, all, average), withoutErrors(lines))
}

const settlingName = "Settling"

// settlingTable is settling.csv, and what the summary's chart of the last thirty days is drawn from.
func settlingTable(day Day) table {
	return newTable(settlingName, "settling.csv", "None: no payment was begun.", []field[SettlingDay]{
		text("finance_day", "Begun on", widthShort, func(s SettlingDay) string { return s.FinanceDay }),
		totalled(count("settled", "Settled", func(s SettlingDay) int64 { return int64(s.Settled) })),
		totalled(count("unsettled", "Not settled", func(s SettlingDay) int64 { return int64(s.Unsettled) })),
		rate("settled_rate", "Settled share", func(s SettlingDay) (int64, int64) { return int64(s.Settled), int64(s.Settled + s.Unsettled) }),
	}, withoutErrors(day.Settling))
}

// agedCell is one cell of the ageing, for ageing.csv.
type agedCell struct {
	of       string
	currency string
	bucket   string
	count    int64
	amount   money.Amount
}

// agedTable is ageing.csv: one row for each currency and age, of exceptions and of payments that have not settled.
func agedTable(d digest) table {
	return newTable("Ages", "ageing.csv", "", []field[agedCell]{
		text("of", "Of", widthID, func(c agedCell) string { return c.of }),
		text(currencyKey, "Currency", widthShort, func(c agedCell) string { return c.currency }),
		text("bucket", "Age", widthShort, func(c agedCell) string { return c.bucket }),
		count("count", "Count", func(c agedCell) int64 { return c.count }),
		amount("amount", "Amount", func(c agedCell) cell {
			if c.currency == "" {
				return cell{}
			}
			return amountCell(money.Amount{Minor: c.amount.Minor, Currency: c.currency})
		}),
	}, withoutErrors(append(agedCells(agedExceptions, d.aged), agedCells(agedUnsettled, d.unsettled)...)))
}

func agedCells(of string, lines []agedLine) []agedCell {
	var cells []agedCell
	for _, l := range lines {
		for i, bucket := range buckets {
			cells = append(cells, agedCell{of: of, currency: l.currency, bucket: bucket.name, count: l.counts[i], amount: l.amounts[i]})
		}
	}
	return cells
}

// unsettledTable is settlement_ageing.csv: each payment that is authorised and has not settled.
func unsettledTable(day Day) table {
	t := newTable("Authorised and not settled: each payment", "settlement_ageing.csv", "None: no payment is waiting to settle.", []field[AgeingRow]{
		text("feed", "Feed", widthShort, func(a AgeingRow) string { return a.Feed }),
		text("account", "Account", widthID, func(a AgeingRow) string { return a.Account }),
		text("transaction_reference", "Transaction", widthID, func(a AgeingRow) string { return a.TransactionReference }),
		text("order_reference", "Order", widthID, func(a AgeingRow) string { return a.OrderReference }),
		text(currencyKey, "Currency", widthShort, func(a AgeingRow) string { return a.Amount.Currency }),
		totalled(amount("amount", "Amount", func(a AgeingRow) cell { return amountCell(a.Amount) })),
		text("settlestatus", "Settle status", widthShort, func(a AgeingRow) string { return a.SettleStatus }),
		instant("started_at", "Started", func(a AgeingRow) time.Time { return a.StartedAt }),
		count("age_days", "Age (days)", func(a AgeingRow) int64 { return age(a.StartedAt, day.AsOf) }),
		text("bucket", "Bucket", widthShort, func(a AgeingRow) string { return buckets[bucketOf(age(a.StartedAt, day.AsOf))].name }),
		instant("due_at", "Due", func(a AgeingRow) time.Time { return a.DueAt }),
		text("state", "State", widthShort, func(a AgeingRow) string { return a.State }),
	}, day.Ageing)
	return t.readAs("order_reference", "transaction_reference", "feed", "account", currencyKey, "amount", "settlestatus", "started_at", "age_days", "bucket", "due_at", "state")
}

// age is the whole days since an instant, never negative: a day reported as of an earlier instant has not aged.
func age(since, asOf time.Time) int64 {
	return int64(reconcile.Age(since, asOf))
}

// buckets are the ageing buckets with their last whole day. The unit is part of the name because spreadsheets take a bare
// "2-3" from a CSV file for the second of March.
var buckets = [...]struct {
	upTo int64
	key  string
	name string
}{
	{1, "days_0_1", "0-1 days"}, {3, "days_2_3", "2-3 days"}, {7, "days_4_7", "4-7 days"}, {14, "days_8_14", "8-14 days"}, {30, "days_15_30", "15-30 days"},
	{60, "days_31_60", "31-60 days"}, {90, "days_61_90", "61-90 days"}, {math.MaxInt64, "days_over_90", "90+ days"},
}

// bucketOf is the index of the bucket of a number of whole days.
func bucketOf(days int64) int {
	at := 0
	for days > buckets[at].upTo {
		at++
	}
	return at
}
