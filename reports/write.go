package reports

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// The formats that a report can have, as the configuration writes them.
const (
	FormatXLSX    = "xlsx"
	FormatHTML    = "html"
	FormatCSV     = "csv"
	FormatJSONL   = "jsonl"
	FormatParquet = "parquet"
)

var formatNames = []string{FormatXLSX, FormatHTML, FormatCSV, FormatJSONL, FormatParquet}

// Written lists the files that were published, in the order of their names.
type Written struct {
	Directory string
	Files     []File
}

// File is one published file: its name inside the directory, its rows of data (all tables together for the workbook)
// and its size.
type File struct {
	Name  string
	Rows  int64
	Bytes int64
	// SHA256 of its bytes, in hex.
	SHA256 string
}

// Write renders a day in the wanted formats (FormatXLSX and so on) into dir/<finance day>. Either all files appear,
// by rename, or the folder keeps what it had and the error names the file and the cause. The bytes depend on the day
// alone.
func Write(dir string, formats []string, day Day) (Written, error) {
	return WriteIf(dir, formats, day, nil)
}

// WriteIf is Write where the files appear only if right, which is shown them in the order of their names, returns no error. A right of nil
// is always so.
func WriteIf(dir string, formats []string, day Day, right func([]File) error) (Written, error) {
	return writer{create: createFile, sheetRows: excelize.TotalRows, right: right}.write(dir, formats, day)
}

// writer is what tests vary: how files are made, and how many rows a sheet holds.
type writer struct {
	create    func(path string) (output, error)
	sheetRows int
	right     func([]File) error // nil: always
}

func (w writer) write(dir string, formats []string, day Day) (_ Written, err error) {
	if err := validate(formats, day); err != nil {
		return Written{}, err
	}
	stage, err := openStage(filepath.Join(dir, day.FinanceDay), w.create)
	if err != nil {
		return Written{}, err
	}
	defer func() { err = errors.Join(err, stage.discard()) }()
	if err := w.render(stage, formats, day); err != nil {
		return Written{}, err
	}
	if w.right != nil {
		if err := w.right(stage.sorted()); err != nil {
			return Written{}, err
		}
	}
	return stage.publish()
}

func validate(formats []string, day Day) error {
	if len(formats) == 0 {
		return errors.New("no report format is wanted: name at least one of " + strings.Join(formatNames, ", "))
	}
	for _, format := range formats {
		if !slices.Contains(formatNames, format) {
			return fmt.Errorf("unknown report format %q: use %s", format, strings.Join(formatNames, ", "))
		}
	}
	if _, err := time.Parse(time.DateOnly, day.FinanceDay); err != nil {
		return fmt.Errorf("finance day %q is not a date such as 2026-03-10", day.FinanceDay)
	}
	if day.Zone == nil || day.AsOf.IsZero() {
		return fmt.Errorf("the report of %s needs a zone and an as-of time", day.FinanceDay)
	}
	return nil
}

// render reads each table once for its files and its survey, then once more for the page, then once more for the workbook, which must know
// widths and totals before its first row.
func (w writer) render(stage *stage, formats []string, day Day) error {
	if err := writeCheckpoint(stage, day); err != nil {
		return err
	}
	found, err := digestDay(day)
	if err != nil {
		return err
	}
	pages, err := pagesOf(day, found)
	if err != nil {
		return err
	}
	surveys, wanted, tables := map[string]survey{}, wantedEncodings(formats), tablesOf(pages)
	inWorkbook := slices.Contains(formats, FormatXLSX)
	for _, t := range tables {
		t.unmeasured = !inWorkbook
		if surveys[t.name], err = writeFiles(stage, t, wanted, func([]cell) error { return nil }); err != nil {
			return err
		}
	}
	if counted := surveys[exceptionsName].rows; counted != found.count {
		return changedError(exceptionsName, counted, found.count)
	}
	if err := stage.write(briefFile, func(to io.Writer) (int64, error) { return writeBrief(to, day, found) }); err != nil {
		return err
	}
	if slices.Contains(formats, FormatCSV) {
		described := func(to io.Writer) (int64, error) { return writeSchema(to, day, tables) }
		if err := stage.write(schemaFile, described); err != nil {
			return err
		}
	}
	if slices.Contains(formats, FormatHTML) {
		if err := writeHTML(stage, day, found, pages, surveys, formats); err != nil {
			return err
		}
	}
	if !inWorkbook {
		return nil
	}
	return w.renderWorkbook(stage, day, found, pages, surveys)
}

func (w writer) renderWorkbook(stage *stage, day Day, found digest, pages []page, surveys map[string]survey) error {
	return stage.write("tieout-"+day.FinanceDay+".xlsx", func(to io.Writer) (int64, error) {
		book, err := newWorkbook(day, stage.hidden, w.sheetRows)
		if err != nil {
			return 0, err
		}
		if err := book.fill(found, pages, surveys); err != nil {
			return 0, errors.Join(err, book.file.Close())
		}
		return book.rows, errors.Join(book.writeTo(to), book.file.Close())
	})
}
