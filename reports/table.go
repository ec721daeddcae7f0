package reports

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"tieout/reconcile/money"
)

// column is one column of a table, the same for every rendering.
type column struct {
	key     string // the CSV header
	heading string // the workbook's header, for a person
	kind    kind
	width   int  // the most characters that the workbook gives it; longer text wraps
	total   bool // has a total per currency; its amounts must be in the currency of their row
}

// field is a column and where its value comes from.
type field[T any] struct {
	column
	value func(T) cell
}

// table is rows under columns, whatever they were made from.
type table struct {
	name     string // of the sheet
	file     string // of the CSV file
	none     string // what the sheet says instead of rows when there are none
	columns  []column
	currency int // index of the column that names the row's currency
	rows     iter.Seq2[[]cell, error]
}

const currencyKey = "currency"

// newTable joins the columns with the rows. The slice of cells that its rows give is used again for the next row.
func newTable[T any](name, file, none string, fields []field[T], rows iter.Seq2[T, error]) table {
	t := table{name: name, file: file, none: none}
	for i, f := range fields {
		t.columns = append(t.columns, f.column)
		if f.key == currencyKey {
			t.currency = i
		}
	}
	t.rows = func(yield func([]cell, error) bool) {
		if rows == nil {
			return
		}
		cells := make([]cell, len(fields))
		for row, err := range rows {
			if err == nil {
				for i, f := range fields {
					cells[i] = f.value(row)
				}
				err = t.oneCurrency(cells)
			}
			if err != nil {
				yield(nil, fmt.Errorf("read the rows of %s: %w", name, err))
				return
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
	return t
}

// oneCurrency gives amounts without a currency the currency of their row and refuses any other in a column with totals.
// Nothing in no currency at all is left empty: it is not known to be zero of anything.
func (t table) oneCurrency(cells []cell) error {
	currency := cells[t.currency].text
	for i, c := range t.columns {
		if !c.total || c.kind != kindAmount || !cells[i].set {
			continue
		}
		amount := &cells[i].amount
		if amount.Currency == "" {
			amount.Currency = currency
		}
		if *amount == (money.Amount{}) {
			cells[i] = cell{}
			continue
		}
		if amount.Currency != currency || currency == "" {
			return fmt.Errorf("%s is in %q but its row is in %q (row %s)", c.key, amount.Currency, currency, identify(cells))
		}
	}
	return nil
}

// identify names a row by its first texts, for an error that a person can look up.
func identify(cells []cell) string {
	var texts []string
	for _, c := range cells {
		if c.text != "" && len(texts) < 4 {
			texts = append(texts, c.text)
		}
	}
	return fmt.Sprintf("%q", texts)
}

// survey is what must be known of a table before its sheet can be streamed.
type survey struct {
	rows   int64
	widths []int              // per column, of the longest cell
	totals map[string][]total // per currency, one for each column; columns without totals stay zero
}

// total is the sum of one column in one currency.
type total struct {
	count  int64
	amount money.Amount
	any    bool // a cell was added: a total of nothing is left empty
}

// surveyTable reads the whole table once, handing each row to each on the way.
func surveyTable(t table, each func([]cell) error) (survey, error) {
	s := survey{widths: make([]int, len(t.columns)), totals: map[string][]total{}}
	for cells, err := range t.rows {
		if err != nil {
			return survey{}, err
		}
		if err := s.add(t, cells); err != nil {
			return survey{}, err
		}
		if err := each(cells); err != nil {
			return survey{}, err
		}
	}
	return s, nil
}

func (s *survey) add(t table, cells []cell) error {
	s.rows++
	for i, c := range t.columns {
		s.widths[i] = max(s.widths[i], displayWidth(cells[i].display(c.kind)+foreign(cells[i], cells[t.currency].text)))
		if !c.total || !cells[i].set {
			continue
		}
		sums := s.of(cells[t.currency].text, len(t.columns))
		amount, err := sums[i].amount.Add(cells[i].amount)
		if err != nil {
			return fmt.Errorf("add up %s of %s: %w", c.key, t.name, err)
		}
		sums[i] = total{count: sums[i].count + cells[i].number, amount: amount, any: true}
	}
	return nil
}

// foreign is the currency that is shown beside an amount that is not in its row's currency.
func foreign(c cell, rowCurrency string) string {
	if !c.set || c.amount.Currency == rowCurrency || c.amount.Currency == "" {
		return ""
	}
	return " " + c.amount.Currency
}

func (s *survey) of(currency string, columns int) []total {
	if s.totals[currency] == nil {
		s.totals[currency] = make([]total, columns)
	}
	return s.totals[currency]
}

// currencies lists those that have a total, sorted. Counts of rows without a currency are not among them.
func (s survey) currencies() []string {
	codes := slices.Sorted(maps.Keys(s.totals))
	return slices.DeleteFunc(codes, func(code string) bool { return code == "" })
}

// everything adds the counts of a column over all currencies; amounts are never added across them.
func (s survey) everything(column int) int64 {
	var sum int64
	for _, sums := range s.totals {
		sum += sums[column].count
	}
	return sum
}
