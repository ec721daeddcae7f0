package feeds

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// File is a provider's file that can be read to its end: plain or gzip, told by its content.
type File struct {
	Path   string
	Header Header
	comma  rune
	utf8   bool
}

// Line is what one row of a file came to: observations, or a reason why it cannot be read.
type Line struct {
	Number       int // of its first line in the file, from 1; 0: what only the file as a whole tells
	Observations []Observation
	Reason       string
}

const byteOrderMark = "\uFEFF"

// OpenFile reads a file once to its end, so that one that breaks off is refused before anything of it is stored, and finds
// its header, its separator and whether it is UTF-8.
func OpenFile(path string) (*File, error) {
	f := &File{Path: path, utf8: true}
	reader, closer, err := f.open()
	if err != nil {
		return nil, err
	}
	defer closer()
	first := ""
	for n := 1; ; n++ {
		line, err := reader.ReadString('\n')
		if n == 1 {
			first = line
		}
		f.utf8 = f.utf8 && utf8.ValidString(line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read to its end, after line %d: %w", path, n-1, err)
		}
	}
	return f, f.readHeader(first)
}

func (f *File) readHeader(first string) error {
	first = strings.TrimPrefix(first, byteOrderMark)
	if strings.TrimSpace(first) == "" {
		return fmt.Errorf("%s: the first line is empty: it must name the columns", f.Path)
	}
	f.comma = separator(first)
	reader := csv.NewReader(strings.NewReader(first))
	reader.Comma = f.comma
	cells, err := reader.Read()
	if err != nil {
		return fmt.Errorf("%s: read the header: %w", f.Path, err)
	}
	f.Header = NewHeader(cells)
	if name := f.Header.repeated(); name != "" {
		return fmt.Errorf("%s: the header names %s twice", f.Path, name)
	}
	return nil
}

// open returns the decompressed bytes and what closes them.
func (f *File) open() (*bufio.Reader, func(), error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, nil, err
	}
	closer := func() { _ = file.Close() } // nothing was written
	plain := bufio.NewReaderSize(file, 1<<16)
	magic, err := plain.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		closer()
		return nil, nil, fmt.Errorf("read %s: %w", f.Path, err)
	}
	if string(magic) != "\x1f\x8b" {
		return plain, closer, nil
	}
	unzipped, err := gzip.NewReader(plain)
	if err != nil {
		closer()
		return nil, nil, fmt.Errorf("%s is not a whole gzip file: %w", f.Path, err)
	}
	return bufio.NewReaderSize(unzipped, 1<<16), closer, nil
}

// separator is the one of comma, semicolon, tab and bar that is most frequent in the header; no column's name holds one.
func separator(header string) rune {
	best := ','
	for _, candidate := range ";\t|" {
		if strings.Count(header, string(candidate)) > strings.Count(header, string(best)) {
			best = candidate
		}
	}
	return best
}

// Recognise finds the format of the file among those that are known.
func (f *File) Recognise(formats []Format) (Format, error) {
	var found *Format
	for i := range formats {
		if len(f.Header.Missing(formats[i].Columns...)) == 0 && (found == nil || len(formats[i].Columns) > len(found.Columns)) {
			found = &formats[i]
		}
	}
	if found == nil {
		return Format{}, f.unknown(formats)
	}
	if !f.utf8 && !found.GBK {
		return Format{}, fmt.Errorf("%s (%s) is not UTF-8 text: save it as CSV UTF-8", f.Path, found.Name)
	}
	return *found, nil
}

func (f *File) unknown(formats []Format) error {
	known := make([]string, len(formats))
	for i, format := range formats {
		known[i] = fmt.Sprintf("\n  %s, by the columns %s", format.Name, strings.ReplaceAll(strings.Join(format.Columns, ", "), "|", " or "))
	}
	slices.Sort(known)
	return fmt.Errorf("%s is of no known format: its header is %s; known are%s", f.Path, clip(strings.Join(f.Header.Cells(), string(f.comma))), strings.Join(known, ""))
}

// clip shortens a text for a message.
func clip(text string) string {
	const most = 400
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Lines reads the rows. It may be called again, and reads the file anew. An error ends it: then the file as such cannot be
// read, or is not whole.
func (f *File) Lines(format Format, account string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		if err := f.lines(format, account, func(line Line) bool { return yield(line, nil) }); err != nil {
			yield(Line{}, fmt.Errorf("%s: %w", f.Path, err))
		}
	}
}

func (f *File) lines(format Format, account string, yield func(Line) bool) error {
	rows, err := format.Open(f.Header, account)
	if err != nil {
		return err
	}
	bytes, closer, err := f.open()
	if err != nil {
		return err
	}
	defer closer()
	reader := f.csv(bytes)
	if _, err := reader.Read(); err != nil { // the header
		return err
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return f.end(rows, yield)
		}
		if err != nil {
			return err
		}
		number, _ := reader.FieldPos(0)
		if line, ok := f.line(number, row, rows); ok && !yield(line) {
			return nil
		}
	}
}

func (f *File) end(rows Rows, yield func(Line) bool) error {
	if err := rows.End(); err != nil {
		return err
	}
	if file, ok := rows.(Whole); ok {
		if observations := file.Whole(); len(observations) > 0 {
			yield(Line{Observations: observations})
		}
	}
	return nil
}

// csv reads text; its Reader drops the mark that UTF-8 files may begin with.
func (f *File) csv(bytes *bufio.Reader) *csv.Reader {
	var text io.Reader = bytes
	if mark, err := bytes.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = bytes.Discard(len(byteOrderMark)) // they were peeked at
	}
	if !f.utf8 {
		text = simplifiedchinese.GBK.NewDecoder().Reader(bytes)
	}
	reader := csv.NewReader(text)
	reader.Comma = f.comma
	reader.FieldsPerRecord = -1 // a row of another length is told, and does not end the reading
	reader.ReuseRecord = true
	return reader
}

// line reads one row; false where nothing is written in it, or it is no row of data.
func (f *File) line(number int, row []string, rows Rows) (Line, bool) {
	line := Line{Number: number}
	text := strings.Join(row, "")
	switch {
	case strings.TrimSpace(text) == "":
		return line, false
	case strings.ContainsRune(text, 0) || strings.ContainsRune(text, utf8.RuneError):
		line.Reason = "the row holds bytes that are no text"
		return line, true
	}
	observations, err := rows.Read(row)
	if err != nil {
		line.Reason = err.Error()
	}
	line.Observations = observations
	return line, err != nil || len(observations) > 0
}

// Width says that a row has another number of fields than the header.
func (h Header) Width(row []string) error {
	if len(row) != len(h.cells) {
		return fmt.Errorf("the row has %d fields, the header %d", len(row), len(h.cells))
	}
	return nil
}
