package reports

import (
	"io"
	"slices"
	"strings"
)

// encoder writes the rows of one table into one file.
type encoder interface {
	add(cells []cell) error
	finish() error
}

// encoding is one way to write a table for programs. Each has the same columns in the same order, and the same rows.
type encoding struct {
	format    string
	extension string
	open      func(w io.Writer, columns []column) (encoder, error)
}

var encodings = []encoding{
	{FormatCSV, ".csv", func(w io.Writer, columns []column) (encoder, error) { return newCSVWriter(w, columns) }},
	{FormatJSONL, ".jsonl", func(w io.Writer, columns []column) (encoder, error) { return newJSONLWriter(w, columns), nil }},
	{FormatParquet, ".parquet", func(w io.Writer, columns []column) (encoder, error) { return newParquetWriter(w, columns), nil }},
}

// wantedEncodings are those of the wanted formats.
func wantedEncodings(formats []string) []encoding {
	return slices.DeleteFunc(slices.Clone(encodings), func(e encoding) bool { return !slices.Contains(formats, e.format) })
}

// inFiles are the columns that files have: all but those that a person fills in on a sheet.
func inFiles(columns []column) (indices []int) {
	for i, c := range columns {
		if !c.form {
			indices = append(indices, i)
		}
	}
	return indices
}

// writeFiles surveys a table, and writes its files on the way: it is read once, however many there are.
func writeFiles(stage *stage, t table, wanted []encoding, add func([]cell) error) (found survey, err error) {
	if len(wanted) == 0 || t.file == "" {
		return surveyTable(t, add)
	}
	err = stage.write(strings.TrimSuffix(t.file, ".csv")+wanted[0].extension, func(to io.Writer) (int64, error) {
		file, err := wanted[0].open(to, t.columns)
		if err != nil {
			return 0, err
		}
		out := newFileFeed(file, len(t.columns))
		defer out.relay.close() // an error of it is told by finish, or comes after the one that kept from it
		found, err = writeFiles(stage, t, wanted[1:], func(cells []cell) error {
			if err := add(cells); err != nil {
				return err
			}
			return out.add(cells)
		})
		if err != nil {
			return 0, err
		}
		return found.rows, out.finish()
	})
	return found, err
}
