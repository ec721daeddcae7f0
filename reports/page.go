package reports

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// block is one small table of a page.
type block struct {
	title string
	table table
	cells []int  // how many columns of the page each column of the table takes, left to right; nil: one each
	note  string // how to read it, or empty
}

// addPage writes a sheet: its small tables from top to bottom, then its long one.
func (b *workbook) addPage(p page, surveys map[string]survey) error {
	if len(p.blocks) == 0 {
		return b.addTable(*p.long, surveys[p.long.name], p.name, nil)
	}
	if err := b.newSheet(p.name); err != nil {
		return err
	}
	s, err := b.openPage(p, surveys)
	if err != nil {
		return err
	}
	if err := s.addBlocks(p.blocks, surveys); err != nil {
		return err
	}
	if p.long == nil {
		return s.finish(0)
	}
	if err := s.banner(p.long.name, lookSection, 32); err != nil {
		return err
	}
	return b.addTable(*p.long, surveys[p.long.name], p.name, s)
}

// openPage begins a sheet whose columns fit all tables that share them.
func (b *workbook) openPage(p page, surveys map[string]survey) (*sheet, error) {
	widths := make([]int, p.columns())
	for _, block := range p.blocks {
		fitted := layoutOf(block.table, surveys[block.table.name], 0).widths
		for column, at := range block.places() {
			if at.cells == 1 {
				widths[at.first] = max(widths[at.first], fitted[column])
			}
		}
	}
	if p.long != nil {
		long, found := forPeople(*p.long, surveys[p.long.name])
		for column, width := range layoutOf(long, found, filterButton).widths {
			widths[column] = max(widths[column], width)
		}
	}
	return b.openSheet(p.name, layout{widths: widths}, 0)
}

// columns is the width of a page in columns.
func (p page) columns() int {
	most := 0
	for _, b := range p.blocks {
		places := b.places()
		last := places[len(places)-1]
		most = max(most, last.first+last.cells)
	}
	if p.long != nil {
		most = max(most, len(p.long.columns))
	}
	return most
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
	if err := s.MergeCell(cellName(0, row), cellName(len(s.widths)-1, row)); err != nil {
		return err
	}
	return s.add([]any{value}, height)
}

func (s *sheet) addBlocks(blocks []block, surveys map[string]survey) error {
	for _, b := range blocks {
		if err := s.block(b, surveys[b.table.name]); err != nil {
			return fmt.Errorf("%s: %w", b.title, err)
		}
	}
	return nil
}

// block writes one table of the page under its title.
func (s *sheet) block(b block, found survey) error {
	if err := s.banner(b.title, lookSection, 32); err != nil {
		return err
	}
	if found.rows == 0 {
		return s.banner(b.table.nothing, lookNote, 0)
	}
	l := b.layout(found, s.widths)
	values, height, err := s.headings(b.table, l)
	if err != nil {
		return err
	}
	if err := s.spread(b, values, height); err != nil {
		return err
	}
	where := span{sheet: s.name, first: s.row + 1, last: s.row + int(found.rows)}
	s.book.spans[b.table.name] = []span{where}
	if err := s.blockRows(b, l); err != nil {
		return err
	}
	if b.table.file != "" {
		s.book.rows += found.rows
	}
	sums := totals{table: b.table, survey: found, spans: []span{where}, places: b.places()}
	if err := sums.write(s, b.arrange); err != nil || b.note == "" {
		return err
	}
	return s.wrapped(b.note)
}

// wrapped is a note across the page, of as many lines as it takes.
func (s *sheet) wrapped(note string) error {
	return s.banner(note, lookWrappedNote, float64(wrappedLines(note, across(s.widths)-padding))*lineHeight+4)
}

func (s *sheet) blockRows(b block, l layout) error {
	r := newRenderer(s.book, b.table, l)
	for cells, err := range b.table.rows {
		if err != nil {
			return err
		}
		values, err := r.render(cells)
		if err != nil {
			return err
		}
		if err := s.spread(b, values, l.height(cells)); err != nil {
			return err
		}
	}
	return nil
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
