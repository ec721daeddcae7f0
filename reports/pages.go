package reports

import (
	"fmt"
	"slices"
)

// pages writes one table to as many sheets as it takes: "Matched", "Matched (2)", and so on.
type pages struct {
	book   *workbook
	table  table
	layout layout
	room   int // rows of data on a sheet
	spans  []span
	open   *sheet
}

// addTable writes a table with its totals. Every sheet keeps room for the totals, because the last may be full.
func (b *workbook) addTable(t table, s survey) error {
	t, s = forPeople(t, s)
	// The header, and a blank row above the total rows: Excel takes rows that touch a filtered range into the filter.
	const around = 2
	p := &pages{book: b, table: t, layout: layoutOf(t, s, filterButton), room: max(1, b.limit-around-len(s.totals))}
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
	if err := p.end(s); err != nil {
		return err
	}
	return p.finishSheet()
}

// next begins a sheet with its header.
func (p *pages) next() error {
	name := p.table.name
	if n := len(p.spans) + 1; n > 1 {
		name = fmt.Sprintf("%s (%d)", name, n)
	}
	s, err := p.book.openSheet(name, p.layout.widths, true)
	if err != nil {
		return err
	}
	values, height, err := s.headings(p.table, p.layout)
	if err != nil {
		return err
	}
	p.open = s
	p.spans = append(p.spans, span{sheet: name, first: 2, last: 2})
	return s.add(side(values), height)
}

func (p *pages) add(cells []cell) error {
	if p.open.row > p.room {
		if err := p.finishSheet(); err != nil {
			return err
		}
		if err := p.next(); err != nil {
			return err
		}
	}
	values, err := p.open.cells(p.table, p.layout, cells)
	if err != nil {
		return err
	}
	if err := p.open.add(side(values), p.layout.height(cells)); err != nil {
		return err
	}
	p.spans[len(p.spans)-1].last = p.open.row
	return nil
}

// end writes what follows the last row: the totals, or the sentence that says there are no rows.
func (p *pages) end(s survey) error {
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

// finishSheet puts the filter on the rows of data and ends the sheet.
func (p *pages) finishSheet() error {
	where := p.spans[len(p.spans)-1]
	filter := cellName(0, 1) + ":" + cellName(len(p.table.columns)-1, where.last)
	if err := p.book.file.AutoFilter(where.sheet, filter, nil); err != nil {
		return err
	}
	if printed := p.printed(); printed < len(p.table.columns) {
		if err := p.open.setPrintArea(printed); err != nil {
			return err
		}
	}
	return p.open.finish(true)
}

// printed is how many columns go on paper: those before the first that is for the screen alone.
func (p *pages) printed() int {
	if first := slices.IndexFunc(p.table.columns, func(c column) bool { return c.screen }); first >= 0 {
		return first
	}
	return len(p.table.columns)
}
