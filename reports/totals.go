package reports

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"tieout/reconcile/money"
)

// span is where rows of data lie: from row first to row last of a sheet.
type span struct {
	sheet       string
	first, last int
}

// totals writes the total rows of a table: one for each currency, and one with the counts of all currencies. Each is
// a formula for the auditor who changes a figure to see what happens, and the value for programs that do not compute.
type totals struct {
	table      table
	survey     survey
	spans      []span
	places     []place // where the columns of the table lie on the sheet; nil: side by side from the first
	filterable bool    // the spans have a filter: a single currency's total follows it
}

func (t totals) write(s *sheet, arrange func([]excelize.Cell) []any) error {
	if t.table.currency == none {
		return t.plainRow(s, arrange)
	}
	currencies := t.survey.currencies()
	for _, currency := range currencies {
		values, err := t.currencyRow(s, currency, len(currencies) == 1)
		if err != nil {
			return err
		}
		if err := s.add(arrange(values), 0); err != nil {
			return err
		}
	}
	if len(t.survey.totals) < 2 || !t.counts() {
		return nil
	}
	values, err := t.countsRow(s, "All currencies")
	if err != nil {
		return err
	}
	return s.add(arrange(values), 0)
}

// plainRow is the total of a table that has counts and no amounts.
func (t totals) plainRow(s *sheet, arrange func([]excelize.Cell) []any) error {
	if !t.counts() {
		return nil
	}
	values, err := t.countsRow(s, "Total")
	if err != nil {
		return err
	}
	return s.add(arrange(values), 0)
}

// at is the column of the sheet in which a column of the table lies.
func (t totals) at(column int) int {
	if t.places == nil {
		return column
	}
	return t.places[column].first
}

// counts tells whether the table has a column that can be added up over all currencies.
func (t totals) counts() bool {
	for _, c := range t.table.columns {
		if c.total && c.kind == kindCount {
			return true
		}
	}
	return false
}

func (t totals) currencyRow(s *sheet, currency string, single bool) ([]excelize.Cell, error) {
	criterion := cellName(t.at(t.table.currency), s.row+1)
	return t.row(s, "Total", currency, func(i int) (cell, string) {
		sum := totalCell(t.survey.totals[currency][i], t.table.columns[i].kind)
		if !sum.set {
			return cell{}, ""
		}
		formula := t.sumIf(i, criterion)
		if single && t.filterable {
			formula = t.visible(i)
		}
		return sum, rounded(formula, t.table.columns[i].kind, sum.amount)
	})
}

func (t totals) countsRow(s *sheet, label string) ([]excelize.Cell, error) {
	return t.row(s, label, "", func(i int) (cell, string) {
		if t.table.columns[i].kind != kindCount {
			return cell{}, ""
		}
		return countCell(t.survey.everything(i)), "SUM(" + t.ranges(i) + ")"
	})
}

// row writes a label in the first column, the currency in its own, and the sum and formula of each column with totals.
func (t totals) row(s *sheet, label, currency string, sum func(column int) (cell, string)) ([]excelize.Cell, error) {
	values := make([]excelize.Cell, len(t.table.columns))
	for i, c := range t.table.columns {
		content, formula, kind := cell{}, "", kindText
		switch {
		case c.total:
			content, formula = sum(i)
			kind = c.kind
		case i == 0:
			content = textCell(label)
		case i == t.table.currency:
			content = textCell(currency)
		}
		value, err := s.book.value(content, kind, lookTotal, currency)
		if err != nil {
			return nil, err
		}
		value.Formula = formula
		values[i] = value
	}
	return values, nil
}

// sumIf adds the column where the currency column says what the criterion's cell says, over all spans.
func (t totals) sumIf(column int, criterion string) string {
	parts := make([]string, len(t.spans))
	for i, s := range t.spans {
		parts[i] = fmt.Sprintf("SUMIF(%s,%s,%s)", s.of(t.at(t.table.currency)), criterion, s.of(t.at(column)))
	}
	return strings.Join(parts, "+")
}

// visible adds what a filter leaves to be seen.
func (t totals) visible(column int) string { return "SUBTOTAL(109," + t.ranges(column) + ")" }

func (t totals) ranges(column int) string {
	parts := make([]string, len(t.spans))
	for i, s := range t.spans {
		parts[i] = s.of(t.at(column))
	}
	return strings.Join(parts, ",")
}

func (s span) of(column int) string {
	return fmt.Sprintf("%s!%s:%s", quoted(s.sheet), absolute(column, s.first), absolute(column, s.last))
}

// rounded keeps a sum of doubles at the currency's decimals, where it equals the exact sum that is stored with it.
func rounded(formula string, k kind, sum money.Amount) string {
	if k != kindAmount {
		return formula
	}
	digits, _ := money.Exponent(sum.Currency)
	return fmt.Sprintf("ROUND(%s,%d)", formula, digits)
}

// cellName is the reference of a cell, its column counted from 0. Columns and rows here are always within Excel's.
func cellName(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column+1, row)
	return name
}

func absolute(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column+1, row, true)
	return name
}
