package audit

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Sum is a control total: one column of one file added up over all its rows, in one currency. Where an object changed in the period, each
// of its versions is a row and counts.
type Sum struct {
	Column   string `json:"column"`
	Currency string `json:"currency"`
	Sum      string `json:"sum"`
}

// adder adds up the amounts of a kind.
type adder struct {
	columns []addedColumn
	rows    int64
}

type addedColumn struct {
	at, currency int // places of the columns
	name         string
	sums         []currencySum
}

// currencySum is in units of the last of so many decimals.
type currencySum struct {
	currency string
	units    int64
	decimals int
}

func newAdder(k *Kind) *adder {
	a := &adder{}
	for i, c := range k.Columns {
		if c.Type == Money {
			a.columns = append(a.columns, addedColumn{at: i, currency: k.index(c.Currency), name: c.Name})
		}
	}
	return a
}

// add takes a row, cut into cells as they stand in its line.
func (a *adder) add(cells [][]byte) error {
	a.rows++
	for i := range a.columns {
		column := &a.columns[i]
		cell := cells[column.at]
		if len(cell) == 0 {
			continue
		}
		units, decimals, ok := parseMoney(cell)
		if !ok {
			return fmt.Errorf("%s %q is no amount", column.name, cell)
		}
		if err := column.of(cells[column.currency]).add(units, decimals); err != nil {
			return fmt.Errorf("the sum of %s: %w", column.name, err)
		}
	}
	return nil
}

func (c *addedColumn) of(currency []byte) *currencySum {
	for i := range c.sums {
		if string(currency) == c.sums[i].currency { // compiles to a comparison without a copy
			return &c.sums[i]
		}
	}
	c.sums = append(c.sums, currencySum{currency: string(currency)})
	return &c.sums[len(c.sums)-1]
}

func (s *currencySum) add(units int64, decimals int) (err error) {
	for ; s.decimals < decimals && err == nil; s.decimals++ {
		s.units, err = tenTimes(s.units)
	}
	for ; decimals < s.decimals && err == nil; decimals++ {
		units, err = tenTimes(units)
	}
	sum := s.units + units
	if err != nil || (sum > s.units) != (units > 0) && units != 0 {
		return fmt.Errorf("it is too large in %s", s.currency)
	}
	s.units = sum
	return nil
}

func tenTimes(n int64) (int64, error) {
	if n > math.MaxInt64/10 || n < math.MinInt64/10 {
		return 0, fmt.Errorf("%d is too large", n)
	}
	return 10 * n, nil
}

// parseMoney reads an amount in major units: "-12.34" is -1234 with two decimals.
func parseMoney(cell []byte) (units int64, decimals int, ok bool) {
	digits, negative := bytes.CutPrefix(cell, []byte("-"))
	if len(digits) == 0 || len(digits) > 19 {
		return 0, 0, false
	}
	point := -1
	for i, c := range digits {
		switch {
		case c == '.' && point < 0 && i > 0:
			point = i
		case c < '0' || c > '9':
			return 0, 0, false
		default:
			next := 10*units + int64(c-'0')
			if next < units {
				return 0, 0, false
			}
			units = next
		}
	}
	if point >= 0 {
		decimals = len(digits) - 1 - point
	}
	if negative {
		units = -units
	}
	return units, decimals, point != len(digits)-1
}

// String is the sum in major units.
func (s currencySum) String() string {
	text := strconv.FormatInt(s.units, 10)
	if s.decimals == 0 {
		return text
	}
	digits, negative := strings.CutPrefix(text, "-")
	if short := s.decimals + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	text = digits[:len(digits)-s.decimals] + "." + digits[len(digits)-s.decimals:]
	if negative {
		return "-" + text
	}
	return text
}

// list is what was added up, by column and currency.
func (a *adder) list() []Sum {
	list := []Sum{}
	for _, column := range a.columns {
		slices.SortFunc(column.sums, func(x, y currencySum) int { return cmp.Compare(x.currency, y.currency) })
		for _, sum := range column.sums {
			list = append(list, Sum{Column: column.name, Currency: sum.currency, Sum: sum.String()})
		}
	}
	return list
}
