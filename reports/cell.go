package reports

import (
	"fmt"
	"math/bits"
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
	kindRate
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

func optionalCount(n *int) cell {
	if n == nil {
		return cell{}
	}
	return countCell(int64(*n))
}

// rateCell is a share of a whole in hundredths of a percent, rounded down: only all of it is 100 %. No share of nothing
// is known.
func rateCell(part, whole int64) cell {
	if whole <= 0 || part < 0 || part > whole {
		return cell{}
	}
	const full = 10_000
	high, low := bits.Mul64(uint64(part), full)
	rate, _ := bits.Div64(high, low, uint64(whole))
	return cell{set: true, number: int64(rate)}
}

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
	case k == kindRate:
		return rateDecimal(c.number) + "%"
	case k == kindAmount:
		return grouped(c.amount.Decimal())
	case k == kindTime:
		return wallTimeLayout
	}
	return c.text
}

// rateDecimal writes hundredths of a percent as percent.
func rateDecimal(rate int64) string { return fmt.Sprintf("%d.%02d", rate/100, rate%100) }

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

// displayWidth is how wide text is, in digits of the body font, rounded up: the unit in which Excel measures columns.
func displayWidth(text string) int { return (tenths(text) + 9) / 10 }

// boldWidth is displayWidth of bold text.
func boldWidth(text string) int { return (tenths(text)*11 + 99) / 100 }

// tenths measures text in tenths of the width of a digit. The letters of the body font, and of those that stand in for it
// where it is missing, fall into few classes of width.
func tenths(text string) int {
	width := 0
	for _, r := range text {
		switch {
		case r >= 0x1100: // East Asian
			width += 20
		case r >= 0x80:
			width += 11
		default:
			width += int(latinTenths[r])
		}
	}
	return width
}

var latinTenths = func() (widths [0x80]uint8) {
	for r := range widths {
		switch {
		case strings.ContainsRune(" ijl.,:;'|!I", rune(r)):
			widths[r] = 5
		case strings.ContainsRune("frt()[]-/J", rune(r)):
			widths[r] = 7
		case strings.ContainsRune("mwMW@%", rune(r)):
			widths[r] = 16
		case strings.ContainsRune("DGHNOQU", rune(r)):
			widths[r] = 12
		case strings.ContainsRune("ABCKPRVXZ", rune(r)):
			widths[r] = 11
		case strings.ContainsRune("cksvxyz", rune(r)):
			widths[r] = 9
		default:
			widths[r] = 10
		}
	}
	return widths
}()

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
