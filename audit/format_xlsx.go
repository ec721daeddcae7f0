package audit

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"tieout/reconcile/money"
)

// A workbook has the rows of one kind, on as many sheets as they need, each with a header. Numbers and amounts of up to fifteen digits, which
// is what Excel keeps, are numbers; everything else is text.

// sheetRows is how many rows a sheet holds, its header among them.
const sheetRows = excelize.TotalRows

// exactDigits is how many digits a number in Excel keeps.
const exactDigits = 15

type xlsxWriter struct {
	kind   *Kind
	out    io.Writer
	limit  int
	file   *excelize.File
	sheet  *excelize.StreamWriter
	sheets int
	row    int // the last that was written on the sheet
	values []any
}

func newXLSXWriter(k *Kind, out io.Writer, limit int) (*xlsxWriter, error) {
	w := &xlsxWriter{kind: k, out: out, limit: limit, file: excelize.NewFile(), values: make([]any, len(k.Columns))}
	return w, w.begin()
}

// begin begins the next sheet.
func (w *xlsxWriter) begin() (err error) {
	w.sheets++
	w.row = 1
	name := w.kind.Name
	if w.sheets == 1 {
		err = w.file.SetSheetName("Sheet1", name)
	} else {
		name = fmt.Sprintf("%s (%d)", name, w.sheets)
		_, err = w.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if w.sheet, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, c := range w.kind.Columns {
		w.values[i] = c.Name
	}
	return errors.Join(w.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}), w.sheet.SetRow("A1", w.values))
}

func (w *xlsxWriter) write(_ []byte, entry int64, cells []string) error {
	if w.row == w.limit {
		if err := errors.Join(w.sheet.Flush(), w.begin()); err != nil {
			return err
		}
	}
	w.row++
	w.values[atKind], w.values[atEntry] = w.kind.Name, entry
	for i, cell := range cells {
		c := w.kind.Columns[Given+i]
		if len(cell) > excelize.TotalCellChars {
			return fmt.Errorf("entry %d: %s has %d characters, more than a cell of Excel holds: choose another format", entry, c.Name, utf8.RuneCountInString(cell))
		}
		w.values[Given+i] = w.value(c, cell, cells)
	}
	return w.sheet.SetRow("A"+strconv.Itoa(w.row), w.values)
}

// value is a cell as Excel takes it.
func (w *xlsxWriter) value(c Column, cell string, cells []string) any {
	switch {
	case cell == "":
		return nil
	case c.Type == Text:
		return escapeXLSX(cell)
	case len(cell) > exactDigits || c.Type != Number && c.Type != Money:
		return cell
	case c.Type == Money && decimals(cells[w.kind.index(c.Currency)-Given]) != len(cell)-1-strings.IndexByte(cell+".", '.') && strings.Contains(cell, "."):
		return cell // not as many decimals as the currency has: they could not be given back
	}
	if number, err := strconv.ParseFloat(cell, 64); err == nil {
		return number
	}
	return cell
}

// decimals is how many the amounts of a currency have.
func decimals(currency string) int {
	digits, _ := money.Exponent(currency)
	return digits
}

// escapeXLSX writes a text without what XML changes or refuses: line breaks and control characters, and the backslash that stands for them.
func escapeXLSX(text string) string {
	if !strings.ContainsFunc(text, awkward) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case awkward(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func awkward(r rune) bool { return r < ' ' && r != '\t' || r == '\\' || r == '\uFFFE' || r == '\uFFFF' }

func (w *xlsxWriter) close() error {
	if err := w.sheet.Flush(); err != nil {
		return err
	}
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w.out) })
	return errors.Join(w.file.Write(io.Discard), w.file.Close())
}

type xlsxReader struct {
	kind   *Kind
	file   *excelize.File
	sheets []string
	sheet  int // the how manieth is read, from 1
	row    int64
	rows   *excelize.Rows
	cells  []string
	line   []byte
}

// maxUnzipped is how many times its size a workbook may unpack to: rows of XML are some ten times.
const maxUnzipped = 100

func newXLSXReader(k *Kind, in *io.SectionReader) (r *xlsxReader, err error) {
	defer recovered(&err)
	file, err := excelize.OpenReader(in, excelize.Options{RawCellValue: true, UnzipSizeLimit: 1<<20 + maxUnzipped*in.Size()})
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errUnreadable, err)
	}
	return &xlsxReader{kind: k, file: file, sheets: file.GetSheetList(), line: []byte{leafPrefix}, cells: make([]string, len(k.Columns)-Given)}, nil
}

// recovered makes an unreadable file of a panic in a library that read it.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("%w: %v", errUnreadable, cause)
	}
}

func (r *xlsxReader) next() (_ []byte, at int64, err error) {
	defer recovered(&err)
	for r.rows == nil || !r.rows.Next() {
		if r.rows != nil {
			if err := errors.Join(r.rows.Error(), r.rows.Close()); err != nil {
				r.rows, r.sheet = nil, len(r.sheets) // what comes after it cannot be read either
				return nil, r.at(), fmt.Errorf("%w: %v", errUnreadable, err)
			}
		}
		if r.sheet == len(r.sheets) {
			return nil, r.at(), io.EOF
		}
		if err := r.open(); err != nil {
			return nil, r.at(), err
		}
	}
	r.row++
	values, err := r.rows.Columns()
	if err != nil || len(values) > len(r.kind.Columns) || len(values) <= Given || values[atKind] != r.kind.Name {
		return nil, r.at(), errUnreadable
	}
	entry, ok := entryOf([]byte(values[atEntry]))
	if !ok {
		return nil, r.at(), errUnreadable
	}
	for i := range r.cells {
		r.cells[i] = ""
		if Given+i < len(values) {
			r.cells[i] = values[Given+i]
		}
	}
	r.restore()
	r.line, err = r.kind.appendLine(r.line[:1], entry, r.cells)
	return r.line, r.at(), err
}

// open opens the next sheet and reads its header.
func (r *xlsxReader) open() (err error) {
	r.sheet++
	r.row = 1
	if r.rows, err = r.file.Rows(r.sheets[r.sheet-1]); err != nil {
		return fmt.Errorf("%w: %v", errUnreadable, err)
	}
	var header []string
	if r.rows.Next() {
		header, err = r.rows.Columns()
	}
	if err != nil || strings.Join(header, ",") != r.kind.header() {
		return errUnreadable
	}
	return nil
}

func (r *xlsxReader) at() int64 { return int64(r.sheet-1)*sheetRows + r.row }

// restore brings cells back to what they were: amounts get the decimals that a number lost.
func (r *xlsxReader) restore() {
	for i, cell := range r.cells {
		switch c := r.kind.Columns[Given+i]; {
		case cell == "":
		case c.Type == Text:
			r.cells[i] = unescapeXLSX(cell)
		case c.Type == Money:
			r.cells[i] = padded(cell, decimals(r.cells[r.kind.index(c.Currency)-Given]))
		}
	}
}

func padded(amount string, digits int) string {
	whole, fraction, _ := strings.Cut(amount, ".")
	if digits <= len(fraction) {
		return amount
	}
	return whole + "." + fraction + strings.Repeat("0", digits-len(fraction))
}

func unescapeXLSX(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = after
		if code, err := strconv.ParseUint(after[min(1, len(after)):min(5, len(after))], 16, 16); err == nil && after[0] == 'u' {
			b.WriteRune(rune(code))
			text = after[5:]
		} else {
			b.WriteByte('\\')
			text = strings.TrimPrefix(after, `\`)
		}
	}
}

func (r *xlsxReader) close() error { return r.file.Close() }
