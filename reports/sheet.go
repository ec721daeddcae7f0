package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

const (
	lineHeight   = 15.0 // points, of one line of the body font
	maxRowHeight = 405.0
	padding      = 2 // characters of a column that its text may not use: the indent, and the margins that Excel keeps
	filterButton = 1 // characters more of a heading that a filter's button lies on
)

// sheet is one sheet being streamed, top to bottom.
type sheet struct {
	*excelize.StreamWriter
	book   *workbook
	name   string
	widths []int
	row    int // the last one written
}

// openSheet begins a sheet that was made. Excel's own order of parts wants widths and panes before the first row.
func (b *workbook) openSheet(name string, l layout, frozen int) (*sheet, error) {
	yes := true
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}); err != nil {
		return nil, err
	}
	stream, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, width := range slices.Backward(l.widths) { // excelize puts each before the others
		if err := stream.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return nil, err
		}
	}
	for _, column := range l.hidden {
		if err := stream.SetColVisible(column+1, column+1, false); err != nil {
			return nil, err
		}
	}
	s := &sheet{StreamWriter: stream, book: b, name: name, widths: l.widths}
	if frozen > 0 {
		err = stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: frozen, TopLeftCell: cellName(0, frozen+1), ActivePane: "bottomLeft"})
	}
	return s, err
}

// newSheet adds a sheet; the first takes the place of the one that a new workbook has.
func (b *workbook) newSheet(name string) error {
	b.sheets++
	if b.sheets == 1 {
		return b.file.SetSheetName(b.file.GetSheetName(0), name)
	}
	_, err := b.file.NewSheet(name)
	return err
}

// add writes the next row; a height of 0 leaves it to the reader's program. Not all of those fit a row to wrapped text.
func (s *sheet) add(values []any, height float64) error {
	s.row++
	return s.SetRow("A"+strconv.Itoa(s.row), values, excelize.RowOpts{Height: min(height, maxRowHeight)})
}

// side lays cells side by side. They are pointed at and not copied: excelize reads them at once.
func side(cells []excelize.Cell) []any {
	values := make([]any, len(cells))
	for i := range cells {
		values[i] = &cells[i]
	}
	return values
}

// setPrintArea keeps the columns after the first ones off paper.
func (s *sheet) setPrintArea(columns int) error {
	area := quoted(s.name) + "!" + absolute(0, 1) + ":" + absolute(columns-1, s.row)
	return s.book.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: area, Scope: s.name})
}

// finish sets up printing (A4 landscape, all columns on a page, the header row on each unless it is 0) and ends the sheet.
// Printers with Letter paper scale A4 down to it: nothing depends on the size.
func (s *sheet) finish(header int) error {
	file := s.book.file
	if header > 0 {
		rows := &excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("%s!$%d:$%d", quoted(s.name), header, header), Scope: s.name}
		if err := file.SetDefinedName(rows); err != nil {
			return err
		}
	}
	landscape, a4, one, asMany := "landscape", 9, 1, 0
	layout := &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &asMany}
	if err := file.SetPageLayout(s.name, layout); err != nil {
		return err
	}
	flank, edge, body := 0.25, 0.3, 0.7 // inches
	margins := &excelize.PageLayoutMarginsOptions{Left: &flank, Right: &flank, Header: &edge, Footer: &edge, Top: &body, Bottom: &body}
	if err := file.SetPageMargins(s.name, margins); err != nil {
		return err
	}
	err := file.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{
		OddHeader: "&L&\"Calibri,Bold\"tieout: " + s.name + "&RFinance day " + s.book.day.FinanceDay,
		OddFooter: "&LAs of " + s.book.day.AsOf.UTC().Format(time.RFC3339) + "&RPage &P of &N",
	})
	if err != nil {
		return err
	}
	return s.Flush()
}

// layout is how a table lies on a sheet.
type layout struct {
	wraps  []bool // columns whose text is longer than the column
	widths []int  // in characters
	hidden []int  // columns that are not seen
}

// layoutOf fits the columns to headings, cells and totals, and lets what is longer than a column may be wrap. Each word of
// a heading has room beside a button of the given width.
func layoutOf(t table, s survey, button int) layout {
	l := layout{wraps: make([]bool, len(t.columns)), widths: make([]int, len(t.columns))}
	for i, c := range t.columns {
		width := s.widths[i]
		if c.kind == kindTime {
			width = max(width, len(wallTimeLayout))
		}
		for _, sums := range s.totals {
			if sums[i].any {
				width = max(width, boldWidth(totalCell(sums[i], c.kind).display(c.kind)))
			}
		}
		l.wraps[i] = c.kind == kindText && (c.lines > 0 || width > c.width)
		if c.kind == kindText {
			width = min(width, c.width)
		}
		for _, word := range strings.Fields(c.heading) {
			width = max(width, boldWidth(word)+button)
		}
		l.widths[i] = max(width+padding, c.least)
		if c.hidden {
			l.hidden = append(l.hidden, i)
		}
	}
	return l
}

func totalCell(sum total, k kind) cell {
	switch {
	case !sum.any:
		return cell{}
	case k == kindCount:
		return countCell(sum.count)
	}
	return amountCell(sum.amount)
}

// height is what the longest wrapped cell of a row needs, or 0 if none wraps.
func (l layout) height(cells []cell) float64 {
	most := 1
	for i, c := range cells {
		if l.wraps[i] {
			most = max(most, wrappedLines(c.text, l.widths[i]-padding))
		}
	}
	if most == 1 {
		return 0
	}
	return float64(most) * lineHeight
}

// wrappedLines counts the lines that text takes when it is broken between words; a word longer than a line is broken.
func wrappedLines(text string, width int) int {
	width *= 10
	space := tenths(" ")
	lines := 0
	for paragraph := range strings.SplitSeq(text, "\n") {
		used := 0
		lines++
		for _, word := range strings.Fields(paragraph) {
			length := tenths(word)
			if used > 0 && used+space+length > width {
				lines++
				used = 0
			}
			if used > 0 {
				used += space
			}
			used += length
			lines += (used - 1) / width
			used = (used-1)%width + 1
		}
	}
	return lines
}

// headings is the header row. Times name their zone, which Excel's own times have not.
func (s *sheet) headings(t table, l layout) ([]excelize.Cell, float64, error) {
	values, lines := make([]excelize.Cell, len(t.columns)), 1
	for i, c := range t.columns {
		heading := c.heading
		if c.kind == kindTime {
			heading += " (" + s.book.day.Zone.String() + ")"
		}
		lines = max(lines, wrappedLines(heading, (l.widths[i]-padding)*10/11))
		id, err := s.book.styles.id(styleKey{look: lookHeader, kind: c.kind})
		if err != nil {
			return nil, 0, err
		}
		values[i] = excelize.Cell{StyleID: id, Value: heading}
	}
	return values, float64(lines)*lineHeight + 4, nil
}

func quoted(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'" }
