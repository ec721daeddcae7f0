package reports

import (
	"cmp"
	"fmt"
	"slices"
)

// pages writes one long table to as many sheets as it takes: "Matched", "Matched (2)", and so on.
type pages struct {
	book   *workbook
	table  table
	sheet  string // the name of the first
	layout layout
	last   int // the last row that data may take: the totals have room below it, because the last sheet may be full
	spans  []span
	open   *sheet
	header int // the row of the header on the open sheet

	renderer *renderer
	feed     *sheetFeed // of rows to the open sheet
}

// addTable writes a table with its totals, below what is on the sheet that is given, or on one of its own.
func (b *workbook) addTable(t table, s survey, name string, on *sheet) (err error) {
	t, s = forPeople(t, s)
	// Besides the totals, a blank row above them: Excel takes rows that touch a filtered range into the filter.
	p := &pages{book: b, table: t, sheet: name, layout: layoutOf(t, s, filterButton), last: max(2, b.limit-1-len(s.totals)), open: on}
	if on != nil {
		p.layout.widths = on.widths
	}
	p.renderer = newRenderer(b, t, p.layout)
	defer func() { err = cmp.Or(err, p.drain()) }()
	if err := p.next(); err != nil {
		return err
	}
	var rows int64
	for cells, err := range t.rows {
		if err != nil {
			return err
		}
		if err := p.add(cells); err != nil {
			return err
		}
		rows++
	}
	if rows != s.rows {
		return changedError(t.name, s.rows, rows)
	}
	b.rows += rows
	b.spans[t.name] = p.spans
	if len(p.spans) > 1 {
		b.long = append(b.long, t.name)
	}
	if err := p.end(s); err != nil {
		return err
	}
	return p.finishSheet()
}

// next begins the table with its header: on the sheet that is open, or on a new one.
func (p *pages) next() error {
	if p.open == nil {
		if err := p.newSheet(); err != nil {
			return err
		}
	}
	values, height, err := p.open.headings(p.table, p.layout)
	if err != nil {
		return err
	}
	p.header = p.open.row + 1
	p.spans = append(p.spans, span{sheet: p.open.name, first: p.header + 1, last: p.header + 1})
	if err := p.open.add(side(values), height); err != nil {
		return err
	}
	p.feed = newSheetFeed(p.open, len(p.table.columns))
	return nil
}

// drain waits until all rows of data are on the open sheet.
func (p *pages) drain() error {
	if p.feed == nil {
		return nil
	}
	err := p.feed.close()
	p.feed = nil
	return err
}

func (p *pages) newSheet() error {
	name := p.sheet
	if n := len(p.spans) + 1; n > 1 {
		name = fmt.Sprintf("%s (%d)", name, n)
	}
	if err := p.book.newSheet(name); err != nil {
		return err
	}
	s, err := p.book.openSheet(name, p.layout, 1)
	p.open = s
	return err
}

func (p *pages) add(cells []cell) error {
	if p.open.row >= p.last {
		if err := p.finishSheet(); err != nil {
			return err
		}
		p.open = nil
		if err := p.next(); err != nil {
			return err
		}
	}
	rendered, err := p.renderer.render(cells)
	if err != nil {
		return err
	}
	p.feed.add(rendered, p.layout.height(cells))
	p.spans[len(p.spans)-1].last = p.open.row
	return nil
}

// end writes what follows the last row: the totals, or the sentence that says there are no rows.
func (p *pages) end(s survey) error {
	if err := p.drain(); err != nil {
		return err
	}
	if s.rows == 0 {
		none, err := p.book.words(p.table.nothing, lookNote)
		if err != nil {
			return err
		}
		return p.open.add([]any{none}, 0)
	}
	p.open.row++
	sums := totals{table: p.table, survey: s, spans: p.spans, filterable: true}
	return sums.write(p.open, side)
}

// finishSheet puts the filter and the drop-downs on the rows of data and ends the sheet.
func (p *pages) finishSheet() error {
	if err := p.drain(); err != nil {
		return err
	}
	where := p.spans[len(p.spans)-1]
	filter := cellName(0, p.header) + ":" + cellName(len(p.table.columns)-1, where.last)
	if err := p.book.file.AutoFilter(where.sheet, filter, nil); err != nil {
		return err
	}
	if err := p.open.addChoices(p.table.columns, where); err != nil {
		return err
	}
	if printed := p.printed(); printed < len(p.table.columns) {
		if err := p.open.setPrintArea(printed); err != nil {
			return err
		}
	}
	return p.open.finish(p.header)
}

// printed is how many columns go on paper: those before the first that is for the screen alone.
func (p *pages) printed() int {
	if first := slices.IndexFunc(p.table.columns, func(c column) bool { return c.screen }); first >= 0 {
		return first
	}
	return len(p.table.columns)
}
