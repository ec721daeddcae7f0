package reports

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"tieout/reconcile/money"
)

// fewestDays is how many days with movements it takes to know what is usual.
const fewestDays = 7

// feeLine is the fees of one category on the last whole finance day, and what the days before it lead to expect.
type feeLine struct {
	feed, account, currency, category, financeDay string
	count                                         int
	gross, fee                                    money.Amount
	before                                        []FeeDay // those with movements
	expected, spread                              int64    // in minor units; spread: how far from it the fee may be and is usual
}

// feeLines puts the days of each category together, where there were movements on the day that is told. That
// is the last whole one, which is held against the others.
func feeLines(rows []FeeDay, day string) []feeLine {
	var lines []feeLine
	for _, row := range rows {
		if n := len(lines); n == 0 || !lines[n-1].is(row) {
			lines = append(lines, feeLine{
				feed: row.Feed, account: row.Account, currency: row.Currency, category: row.Category, financeDay: day,
				gross: money.Amount{Currency: row.Currency}, fee: money.Amount{Currency: row.Currency},
			})
		}
		l := &lines[len(lines)-1]
		if row.FinanceDay == day {
			l.count, l.gross, l.fee = row.Count, row.Gross, row.Fee
			continue
		}
		l.before = append(l.before, row)
	}
	lines = slices.DeleteFunc(lines, func(l feeLine) bool { return l.count == 0 })
	for i := range lines {
		lines[i].expect()
	}
	return lines
}

func (l *feeLine) is(row FeeDay) bool {
	return l.feed == row.Feed && l.account == row.Account && l.currency == row.Currency && l.category == row.Category
}

// known tells whether there is enough to expect something from.
func (l *feeLine) known() bool { return len(l.before) >= fewestDays }

// expect fits a fixed part for each movement and a share of the amount to the days before, as providers charge both. Usual is
// up to twice as far from that as the farthest of those days, at least what rounding each fee can come to, and as many times more as the day is larger
// than the largest of them.
func (l *feeLine) expect() {
	if !l.known() {
		return
	}
	fixed, share := fitted(l.before)
	farthest, largest := int64(1), int64(1)
	for _, day := range l.before {
		farthest = max(farthest, distance(day.Fee.Minor, priced(fixed, share, day.Count, day.Gross)))
		largest = max(largest, day.Fee.Minor)
	}
	l.expected = priced(fixed, share, l.count, l.gross)
	l.spread = max(int64(l.count+1)/2, 2*farthest*max(1, l.expected/largest))
}

// fitted finds by least squares what one movement and what one minor unit of the amount costs.
func fitted(days []FeeDay) (fixed, share *big.Rat) {
	var cc, cg, gg, fc, fg big.Int
	for _, day := range days {
		c, g, f := big.NewInt(int64(day.Count)), big.NewInt(day.Gross.Minor), big.NewInt(day.Fee.Minor)
		cc.Add(&cc, new(big.Int).Mul(c, c))
		cg.Add(&cg, new(big.Int).Mul(c, g))
		gg.Add(&gg, new(big.Int).Mul(g, g))
		fc.Add(&fc, new(big.Int).Mul(f, c))
		fg.Add(&fg, new(big.Int).Mul(f, g))
	}
	det := crossed(&cc, &gg, &cg, &cg)
	switch {
	case det.Sign() != 0:
		return new(big.Rat).SetFrac(crossed(&fc, &gg, &fg, &cg), det), new(big.Rat).SetFrac(crossed(&fg, &cc, &fc, &cg), det)
	case gg.Sign() != 0: // every day of the same mean amount: the share says it all
		return new(big.Rat), new(big.Rat).SetFrac(&fg, &gg)
	default:
		return new(big.Rat).SetFrac(&fc, &cc), new(big.Rat)
	}
}

// crossed is a·b − c·d.
func crossed(a, b, c, d *big.Int) *big.Int {
	return new(big.Int).Sub(new(big.Int).Mul(a, b), new(big.Int).Mul(c, d))
}

// priced is what so many movements of an amount in all cost, in whole minor units, rounded down.
func priced(fixed, share *big.Rat, count int, gross money.Amount) int64 {
	cost := new(big.Rat).Mul(fixed, new(big.Rat).SetInt64(int64(count)))
	cost.Add(cost, new(big.Rat).Mul(share, new(big.Rat).SetInt64(gross.Minor)))
	return new(big.Int).Div(cost.Num(), cost.Denom()).Int64()
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// feeRate is the fee as a share of what was taken or given back. Where nothing was, or a fee came back, there is none.
func feeRate(gross, fee money.Amount) cell {
	return rateCell(fee.Minor, max(gross.Minor, -gross.Minor))
}

// judgement says whether the fee is what was to be expected.
func (l feeLine) judgement() string {
	switch {
	case !l.known():
		return fmt.Sprintf("not known: %d of %d days", len(l.before), fewestDays)
	case distance(l.fee.Minor, l.expected) <= l.spread:
		return "usual"
	case l.fee.Minor > l.expected:
		return feesAbove
	default:
		return feesBelow
	}
}

// What a fee that is not usual is called.
const (
	feesAbove = "above the usual"
	feesBelow = "below the usual"
)

// minor is an amount of the line's that is known only where something is expected.
func (l feeLine) minor(minor int64) cell {
	if !l.known() {
		return cell{}
	}
	return amountCell(money.Amount{Minor: minor, Currency: l.currency})
}

// feeTable is the fees of the last whole finance day, by category, beside what the thirty days before it lead to expect.
func feeTable(day Day) table {
	t := newTable("Fees", "fees.csv", "None: the balance did not move on the finance day before.", []field[feeLine]{
		text("feed", "Feed", widthShort, func(l feeLine) string { return l.feed }),
		text("account", "Account", widthID, func(l feeLine) string { return l.account }),
		text(currencyKey, "Currency", widthShort, func(l feeLine) string { return l.currency }),
		text("category", "Category", widthID, func(l feeLine) string { return l.category }),
		text("finance_day", "Finance day", widthShort, func(l feeLine) string { return l.financeDay }),
		totalled(count("count", "Count", func(l feeLine) int64 { return int64(l.count) })),
		totalled(amount("gross", "Gross", func(l feeLine) cell { return amountCell(l.gross) })),
		totalled(amount("fee", "Fee", func(l feeLine) cell { return amountCell(l.fee) })),
		{column{key: "rate", heading: "Effective rate", kind: kindRate, width: widthShort}, func(l feeLine) cell { return feeRate(l.gross, l.fee) }},
		amount("expected", "Expected fee", func(l feeLine) cell { return l.minor(l.expected) }),
		amount("difference", "Difference", func(l feeLine) cell { return l.minor(l.fee.Minor - l.expected) }),
		amount("usual_difference", "Usual up to", func(l feeLine) cell { return l.minor(l.spread) }),
		text("judgement", "Is it usual?", widthID, feeLine.judgement),
	}, withoutErrors(feeLines(day.Fees, dayBefore(day.FinanceDay))))
	t.marked = func(cell func(string) cell) look {
		if text := cell("judgement").text; text == feesAbove || text == feesBelow {
			return lookMedium
		}
		return lookBody
	}
	return t
}

// dayBefore is the date before a date.
func dayBefore(day string) string {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "" // no day: validate has refused it
	}
	return date.AddDate(0, 0, -1).Format(time.DateOnly)
}
