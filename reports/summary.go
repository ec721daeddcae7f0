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
	cells []int // how many columns of the page each column of the table takes, left to right
}

// summaryColumns is the width of the page in columns; it is that of the control totals.
const summaryColumns = 18

// addSummary writes the page that is read first: whether the day ties out, then why.
func (b *workbook) addSummary(found digest, control table, controlled survey) error {
	blocks := []block{
		{"Exceptions by code", codeTable(b.day, found), []int{1, 1, 1, 1, 1, 1, 1, summaryColumns - 7}},
		{"Control totals", control, nil},
		{"How far each feed is known", feedTable(b.day), []int{1, 1, 4, 1, summaryColumns - 7}},
		{"What the run did", stepTable(b.day), []int{2, 1, 1, 1, 1, 1, 1, 1, 1}},
	}
	b.rows += controlled.rows
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
		fitted := layoutOf(block.table, found).widths
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
	across := 0
	for _, width := range widths {
		across += width
	}
	asOf := fmt.Sprintf("As of %s (%s UTC), run %d, tieout %s. Amounts are in major units of the currency named in their row.",
		day.AsOf.In(day.Zone).Format("2006-01-02 15:04:05 ")+day.Zone.String(), day.AsOf.UTC().Format(time.DateTime), day.RunID, day.Version)
	// The verdict is set larger than the body, so a line of it holds fewer characters and is higher.
	lines := wrappedLines(sentence, across*5/6)
	return firstError(
		func() error { return s.banner("tieout: finance day "+day.FinanceDay, lookTitle, 27) },
		func() error { return s.banner(sentence, verdict, float64(lines)*18+10) },
		func() error { return s.banner(asOf, lookNote, 0) },
	)
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
	s.row++
	if err := s.banner(b.title, lookSection, 22); err != nil {
		return err
	}
	if found.rows == 0 {
		return s.banner(b.table.none, lookNote, 0)
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
	sums := totals{table: b.table, survey: found, spans: []span{where}}
	return sums.write(s, b.arrange)
}

// layout is that of the block's table, in the columns that the page gives it.
func (b block) layout(found survey, widths []int) layout {
	l := layout{wraps: make([]bool, len(b.table.columns)), widths: make([]int, len(b.table.columns))}
	for i, at := range b.places() {
		for _, width := range widths[at.first : at.first+at.cells] {
			l.widths[i] += width
		}
		l.wraps[i] = b.table.columns[i].kind == kindText && found.widths[i] > l.widths[i]-1
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

// feedTable says through when each feed is known.
func feedTable(day Day) table {
	return newTable("Feeds", "", "None: no feed was read.", []field[FeedState]{
		text("feed", "Feed", widthShort, func(f FeedState) string { return f.Feed }),
		text("account", "Account", widthID, func(f FeedState) string { return f.Account }),
		text("state", "State", widthShort, func(f FeedState) string {
			if f.Complete {
				return "complete"
			}
			return "INCOMPLETE"
		}),
		instant("complete_through", "Complete through", func(f FeedState) time.Time { return f.CompleteThrough }),
		text("reason", "Reason", widthProse, func(f FeedState) string { return f.Reason }),
	}, withoutErrors(day.Feeds))
}

// stepTable is the counts of the run.
func stepTable(day Day) table {
	number := func(key, heading string, value func(StepCount) int) field[StepCount] {
		return count(key, heading, func(s StepCount) int64 { return int64(value(s)) })
	}

	return newTable("Steps", "", "None: the run recorded no step.", []field[StepCount]{
		text("step", "Step", widthID, func(s StepCount) string { return s.Step }),
		number("read", "Read", func(s StepCount) int { return s.Read }),
		number("stored", "Stored", func(s StepCount) int { return s.Stored }),
		number("unchanged", "Unchanged", func(s StepCount) int { return s.Unchanged }),
		number("rejected", "Rejected", func(s StepCount) int { return s.Rejected }),
		number("matched", "Matched", func(s StepCount) int { return s.Matched }),
		number("waiting", "Waiting", func(s StepCount) int { return s.Waiting }),
		number("excepted", "Excepted", func(s StepCount) int { return s.Excepted }),
		number("acted", "Acted", func(s StepCount) int { return s.Acted }),
	}, withoutErrors(day.Steps))
}
