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
	lines   int  // of sentences: the column grows until each takes no more lines than this; 0: not sentences
	total   bool // has a total per currency; its amounts must be in the currency of their row
	dashed  bool // a zero is shown as a dash, as it is where figures are added up
	screen  bool // is not printed: paper has no room for all
	hidden  bool // is not seen at all
	form    bool // is on the sheet alone, for the way back from it
	blank   bool // of those, one that a person fills in
	least   int  // characters that the workbook gives it at least
	unlike  bool // of text: nearly every row says something else, so that a dictionary of it would only be in the way
}

// field is a column and where its value comes from.
type field[T any] struct {
	column
	value func(T) cell
}

// table is rows under columns, whatever they were made from.
type table struct {
	name       string // of the sheet
	file       string // of the CSV file
	nothing    string // what the sheet says instead of rows when there are none
	columns    []column
	currency   int                                   // index of the column that names the row's currency; none: the rows have no amounts
	unmeasured bool                                  // there is no workbook whose columns have to be as wide as this
	tinted     bool                                  // each row has a tint of the colour of its severity
	reading    []int                                 // the order of the columns for people; nil: as declared
	marked     func(cell func(key string) cell) look // of a whole row in the workbook; lookBody, or no function: of each cell
	rows       iter.Seq2[[]cell, error]
}

const (
	currencyKey = "currency"
	none        = -1
)

// newTable joins the columns with the rows. The slice of cells that its rows give is used again for the next row.
func newTable[T any](name, file, nothing string, fields []field[T], rows iter.Seq2[T, error]) table {
	t := table{name: name, file: file, nothing: nothing, currency: none}
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

// currencyOf is the currency of a row.
func (t table) currencyOf(cells []cell) string {
	if t.currency == none {
		return ""
	}
	return cells[t.currency].text
}

// markOf is the look of a whole row, or lookBody where its cells have their own.
func (t table) markOf(cells []cell) look {
	if t.marked == nil {
		return lookBody
	}
	return t.marked(func(key string) cell {
		return cells[slices.IndexFunc(t.columns, func(c column) bool { return c.key == key })]
	})
}

// tintOf is the colour behind a row, or empty.
func (t table) tintOf(cells []cell) string {
	if !t.tinted {
		return ""
	}
	return severityTints[cells[slices.IndexFunc(t.columns, func(c column) bool { return c.key == severityKey })].text]
}

// readAs says in which order people read the columns; the CSV file keeps the order in which they are declared.
func (t table) readAs(keys ...string) table {
	for _, key := range keys {
		t.reading = append(t.reading, slices.IndexFunc(t.columns, func(c column) bool { return c.key == key }))
	}
	return t
}

// forPeople puts the columns, and what was found out about them, into the order in which people read them.
func forPeople(t table, s survey) (table, survey) {
	if t.reading == nil {
		return t, s
	}
	arranged, rows := t, t.rows
	arranged.columns = pick(t.reading, t.columns)
	arranged.currency = slices.Index(t.reading, t.currency)
	cells := make([]cell, len(t.reading))
	arranged.rows = func(yield func([]cell, error) bool) {
		for declared, err := range rows {
			if err == nil {
				for i, from := range t.reading {
					cells[i] = declared[from]
				}
			}
			if !yield(cells, err) {
				return
			}
		}
	}
	found := survey{rows: s.rows, widths: pick(t.reading, s.widths), totals: map[string][]total{}}
	for currency, sums := range s.totals {
		found.totals[currency] = pick(t.reading, sums)
	}
	return arranged, found
}

func pick[T any](order []int, from []T) []T {
	picked := make([]T, len(order))
	for i, at := range order {
		picked[i] = from[at]
	}
	return picked
}

// oneCurrency gives amounts without a currency the currency of their row and refuses any other in a column with totals.
// Nothing in no currency at all is left empty: it is not known to be zero of anything.
func (t table) oneCurrency(cells []cell) error {
	currency := t.currencyOf(cells)
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
	widths []int              // per column, of the longest cell; of prose, to hold each cell in a few lines
	totals map[string][]total // per currency, one for each column; columns without totals stay zero
	seen   []seen             // per column
}

// seen is what a column is known to have room for: neighbours are often the same, and an amount between two others is no
// wider than both.
type seen struct {
	text      string
	currency  string
	row       string // the currency of the row
	low, high int64
}

// fits reports whether a cell is as one that was measured.
func (s *seen) fits(c cell, k kind, row string) bool {
	switch k {
	case kindText:
		if s.text == c.text {
			return true
		}
		s.text = c.text
	case kindAmount:
		if s.currency == c.amount.Currency && s.row == row && s.low <= c.amount.Minor && c.amount.Minor <= s.high {
			return true
		}
		if s.currency != c.amount.Currency || s.row != row {
			s.currency, s.row, s.low, s.high = c.amount.Currency, row, c.amount.Minor, c.amount.Minor
		}
		s.low, s.high = min(s.low, c.amount.Minor), max(s.high, c.amount.Minor)
	}
	return false
}

// total is the sum of one column in one currency.
type total struct {
	count  int64
	amount money.Amount
	any    bool // a cell was added: a total of nothing is left empty
}

// surveyTable reads the whole table once, handing each row to each on the way.
func surveyTable(t table, each func([]cell) error) (survey, error) {
	s := survey{widths: make([]int, len(t.columns)), seen: make([]seen, len(t.columns)), totals: map[string][]total{}}
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
	currency := t.currencyOf(cells)
	for i, c := range t.columns {
		switch {
		case t.unmeasured || !cells[i].set || s.seen[i].fits(cells[i], c.kind, currency):
		case c.lines > 0:
			s.widths[i] = c.proseWidth(s.widths[i], cells[i].text)
		default:
			s.widths[i] = max(s.widths[i], displayWidth(cells[i].display(c.kind)+foreign(cells[i], currency)))
		}
		if !c.total || !cells[i].set {
			continue
		}
		sums := s.of(currency, len(t.columns))
		amount, err := sums[i].amount.Add(cells[i].amount)
		if err != nil {
			return fmt.Errorf("add up %s of %s: %w", c.key, t.name, err)
		}
		sums[i] = total{count: sums[i].count + cells[i].number, amount: amount, any: true}
	}
	return nil
}

// narrowestProse is the width that sentences are given before they wrap.
const narrowestProse = 40

// proseWidth widens a column of sentences as far as a text needs, but not beyond the widest that it may be.
func (c column) proseWidth(width int, text string) int {
	whole := displayWidth(text)
	if whole <= width {
		return width
	}
	width = max(width, min(whole, narrowestProse))
	for width < c.width && wrappedLines(text, width) > c.lines {
		width++
	}
	return width
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
