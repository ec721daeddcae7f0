package reports

import (
	"strconv"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// kind says how the cells of a column are written and aligned.
type kind int

const (
	kindText kind = iota
	kindCount
	kindAmount
	kindTime
)

// cell is one value of a row; which field holds it follows from the kind of its column. A cell that is not set is
// empty in every rendering, which is not the same as zero.
type cell struct {
	set    bool
	text   string
	number int64
	amount money.Amount
	at     time.Time
}

func textCell(s string) cell { return cell{set: s != "", text: s} }

func countCell(n int64) cell { return cell{set: true, number: n} }

func amountCell(a money.Amount) cell { return cell{set: true, amount: a} }

func optionalAmount(a *money.Amount) cell {
	if a == nil {
		return cell{}
	}
	return amountCell(*a)
}

func timeCell(t time.Time) cell { return cell{set: !t.IsZero(), at: t} }

// display is the text that the workbook's number formats make of a cell; column widths are fitted to it.
func (c cell) display(k kind) string {
	switch {
	case !c.set:
		return ""
	case k == kindCount:
		return grouped(strconv.FormatInt(c.number, 10))
	case k == kindAmount:
		return grouped(c.amount.Decimal())
	case k == kindTime:
		return wallTimeLayout
	}
	return c.text
}

// grouped puts a comma between each three digits of the whole part of a decimal number.
func grouped(decimal string) string {
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, hasFraction := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if hasFraction {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// displayWidth counts the character cells that text takes in a proportional font, roughly: East Asian characters are
// twice as wide as Latin ones.
func displayWidth(text string) int {
	width := 0
	for _, r := range text {
		width++
		if r >= 0x1100 {
			width++
		}
	}
	return width
}

// wholeDays is the number of whole days from one instant to a later one; a day begun is not a day, also when the
// second instant is the earlier one (−0.5 days are −1).
func wholeDays(from, to time.Time) int64 {
	const day = 24 * time.Hour
	elapsed := to.Sub(from)
	days := elapsed / day
	if elapsed%day < 0 {
		days--
	}
	return int64(days)
}
