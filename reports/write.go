package reports

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"
)

// The formats that a report can have, as the configuration writes them.
const (
	FormatXLSX = "xlsx"
	FormatCSV  = "csv"
)

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

// Write renders a day in the wanted formats (FormatXLSX, FormatCSV) into dir/<finance day>. Either all files appear,
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
		return errors.New("no report format is wanted: name xlsx, csv or both")
	}
	for _, format := range formats {
		if format != FormatXLSX && format != FormatCSV {
			return fmt.Errorf("unknown report format %q: use xlsx or csv", format)
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

// render reads each table once for its CSV file and its survey, then once more for the workbook, which must know
// widths and totals before its first row.
func (w writer) render(stage *stage, formats []string, day Day) error {
	if err := writeCheckpoint(stage, day); err != nil {
		return err
	}
	control, feeds := controlTable(day), feedTable(day)
	tables := []table{exceptionTable(day), tieOutTable(day), canceledTable(day), ageingTable(day), refundWindowTable(day), payoutTable(day), matchedTable(day)}
	surveys := map[string]survey{}
	for _, t := range append([]table{control, feeds}, tables...) {
		found, err := renderCSV(stage, slices.Contains(formats, FormatCSV), t)
		if err != nil {
			return err
		}
		surveys[t.name] = found
	}
	if !slices.Contains(formats, FormatXLSX) {
		return nil
	}
	return w.renderWorkbook(stage, day, feeds, control, tables, surveys)
}

// renderCSV surveys a table, and writes its file on the way if it is wanted.
func renderCSV(stage *stage, wanted bool, t table) (found survey, err error) {
	if !wanted {
		return surveyTable(t, func([]cell) error { return nil })
	}
	err = stage.write(t.file, func(to io.Writer) (int64, error) {
		out, err := newCSVWriter(to, t.columns)
		if err != nil {
			return 0, err
		}
		if found, err = surveyTable(t, out.add); err != nil {
			return 0, err
		}
		return found.rows, out.finish()
	})
	return found, err
}

func (w writer) renderWorkbook(stage *stage, day Day, feeds, control table, tables []table, surveys map[string]survey) error {
	found, err := digestExceptions(day)
	if err != nil {
		return err
	}
	return stage.write("tieout-"+day.FinanceDay+".xlsx", func(to io.Writer) (int64, error) {
		book, err := newWorkbook(day, stage.hidden, w.sheetRows)
		if err != nil {
			return 0, err
		}
		if err := book.fill(found, feeds, control, tables, surveys); err != nil {
			return 0, errors.Join(err, book.file.Close())
		}
		return book.rows, errors.Join(book.writeTo(to), book.file.Close())
	})
}
