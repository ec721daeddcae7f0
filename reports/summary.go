package reports

import (
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

// block is one table on the summary page.
type block struct {
	title string
	table table
	cells []int  // how many columns of the page each column of the table takes, left to right
	note  string // how to read it, or empty
}

// summaryColumns is the width of the page in columns; it is that of the control totals.
const summaryColumns = 20

// addSummary writes the page that is read first: whether the day ties out, then why.
func (b *workbook) addSummary(found digest, feeds, control table) error {
	rates, err := matchRates(b.day)
	if err != nil {
		return err
	}
	blocks := []block{
		{title: "How far each feed is known", table: feeds, cells: []int{1, 1, 2, 2, summaryColumns - 6}},
		{title: "Ageing of exceptions", table: exceptionAgeingTable(found), cells: []int{2, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{title: "Control totals", table: control, note: controlNote},
		{title: "Match rate", table: rateTable(rates), cells: []int{2, 1, 1, 1, 1, 1, 1}, note: rateNote},
		{title: "Exceptions by code", table: codeTable(b.day, found), cells: []int{1, 1, 1, 1, 1, 1, 2, summaryColumns - 8}},
	}
	surveys, widths, err := surveyBlocks(blocks)
	if err != nil {
		return err
	}
	s, err := b.openSheet("Summary", widths, false)
	if err != nil {
		return err
	}
	if err := s.top(found, widths); err != nil {
		return err
	}
	for i, block := range blocks {
		if err := s.block(block, surveys[i], widths); err != nil {
			return fmt.Errorf("%s: %w", block.title, err)
		}
	}
	return s.finish(false)
}

// surveyBlocks fits the page's columns to all blocks that share them.
func surveyBlocks(blocks []block) ([]survey, []int, error) {
	surveys, widths := make([]survey, len(blocks)), make([]int, summaryColumns)
	for i, block := range blocks {
		found, err := surveyTable(block.table, func([]cell) error { return nil })
		if err != nil {
			return nil, nil, err
		}
		surveys[i] = found
		fitted := layoutOf(block.table, found, 0).widths
		for column, at := range block.places() {
			if at.cells == 1 {
				widths[at.first] = max(widths[at.first], fitted[column])
			}
		}
	}
	return surveys, widths, nil
}

// place is where a column of a block lies on the page.
type place struct{ first, cells int }

func (b block) places() []place {
	places, next := make([]place, len(b.table.columns)), 0
	for i := range places {
		cells := 1
		if b.cells != nil {
			cells = b.cells[i]
		}
		places[i] = place{next, cells}
		next += cells
	}
	return places
}

// top writes the title, the verdict and when it was true.
func (s *sheet) top(found digest, widths []int) error {
	day := s.book.day
	sentence, tiesOut := headline(day, found)
	verdict := lookExcepted
	if tiesOut {
		verdict = lookTiesOut
	}
	asOf := fmt.Sprintf("As of %s (%s UTC), tieout %s. Amounts are in major units of the currency named in their row. A dash is zero; an empty cell does not apply.",
		day.AsOf.In(day.Zone).Format("2006-01-02 15:04:05 ")+day.Zone.String(), day.AsOf.UTC().Format(time.DateTime), day.Version)
	// The verdict is set larger than the body, so a line of it holds fewer characters and is higher.
	lines := wrappedLines(sentence, across(widths)*5/6)
	return firstError(
		func() error { return s.banner("tieout: finance day "+day.FinanceDay, lookTitle, 27) },
		func() error { return s.banner(sentence, verdict, float64(lines)*18+10) },
		func() error { return s.banner(asOf, lookNote, 0) },
		func() error {
			if day.Checkpoint == "" {
				return nil
			}
			return s.banner(checkpointNote(day), lookNote, 0)
		},
	)
}

func across(widths []int) int {
	sum := 0
	for _, width := range widths {
		sum += width
	}
	return sum
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// banner is one text across the page.
func (s *sheet) banner(text string, l look, height float64) error {
	value, err := s.book.words(text, l)
	if err != nil {
		return err
	}
	row := s.row + 1
	if err := s.MergeCell(cellName(0, row), cellName(summaryColumns-1, row)); err != nil {
		return err
	}
	return s.add([]any{value}, height)
}

// block writes one table of the page under its title.
func (s *sheet) block(b block, found survey, widths []int) error {
	if err := s.banner(b.title, lookSection, 32); err != nil {
		return err
	}
	if found.rows == 0 {
		return s.banner(b.table.nothing, lookNote, 0)
	}
	l := b.layout(found, widths)
	values, height, err := s.headings(b.table, l)
	if err != nil {
		return err
	}
	if err := s.spread(b, values, height); err != nil {
		return err
	}
	where := span{sheet: s.name, first: s.row + 1, last: s.row + int(found.rows)}
	for cells, err := range b.table.rows {
		if err != nil {
			return err
		}
		values, err := s.cells(b.table, l, cells)
		if err != nil {
			return err
		}
		if err := s.spread(b, values, l.height(cells)); err != nil {
			return err
		}
	}
	sums := totals{table: b.table, survey: found, spans: []span{where}, places: b.places()}
	if err := sums.write(s, b.arrange); err != nil || b.note == "" {
		return err
	}
	return s.banner(b.note, lookWrappedNote, float64(wrappedLines(b.note, across(widths)-padding))*lineHeight+4)
}

// layout is that of the block's table, in the columns that the page gives it.
func (b block) layout(found survey, widths []int) layout {
	l := layout{wraps: make([]bool, len(b.table.columns)), widths: make([]int, len(b.table.columns))}
	for i, at := range b.places() {
		for _, width := range widths[at.first : at.first+at.cells] {
			l.widths[i] += width
		}
		c := b.table.columns[i]
		l.wraps[i] = c.kind == kindText && (c.lines > 0 || found.widths[i] > l.widths[i]-padding)
	}
	return l
}

// arrange puts the values of a row into the page's columns; merged cells repeat the style of their first.
func (b block) arrange(values []excelize.Cell) []any {
	var page []any
	for i, at := range b.places() {
		page = append(page, values[i])
		for range at.cells - 1 {
			page = append(page, excelize.Cell{StyleID: values[i].StyleID})
		}
	}
	return page
}

// spread adds a row whose wide columns are merged cells.
func (s *sheet) spread(b block, values []excelize.Cell, height float64) error {
	row := s.row + 1
	for _, at := range b.places() {
		if at.cells == 1 {
			continue
		}
		if err := s.MergeCell(cellName(at.first, row), cellName(at.first+at.cells-1, row)); err != nil {
			return err
		}
	}
	return s.add(b.arrange(values), height)
}
