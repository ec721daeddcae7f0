package audit

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is that of the rows in a pack.
type Format string

// The formats. All of them hold the same rows, cell by cell, and so the same leaves.
const (
	CSV     Format = "csv"
	JSONL   Format = "jsonl"
	XLSX    Format = "xlsx"
	Parquet Format = "parquet"
)

// Formats are all of them.
func Formats() []Format { return []Format{CSV, JSONL, XLSX, Parquet} }

// FormatNamed finds a format.
func FormatNamed(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	names := make([]string, len(Formats()))
	for i, f := range Formats() {
		names[i] = string(f)
	}
	return "", fmt.Errorf("%q is no format of a pack: choose from %s", name, strings.Join(names, ", "))
}

// rowWriter writes the rows of one kind.
type rowWriter interface {
	// write takes a row as its line, and as its place and its other cells.
	write(line []byte, entry int64, cells []string) error
	close() error
}

// rowReader reads back the lines of one kind, whatever format they are in.
type rowReader interface {
	// next returns the next row's line after the leaf's prefix, which is valid until the next call, and its place in the file for a
	// person: a line, or a row of a sheet. A row that tieout did not write so is errUnreadable, and the next may be read; the end is io.EOF.
	next() (prefixed []byte, at int64, err error)
	close() error
}

// errUnreadable is returned for a row that cannot be brought back to a line.
var errUnreadable = errors.New("this is not a row as tieout writes it")

// maxLine bounds a row, so that a hostile file takes no memory.
const maxLine = 4 << 20

func newRowWriter(f Format, k *Kind, out io.Writer) (rowWriter, error) {
	switch f {
	case CSV:
		return newCSVWriter(k, out)
	case JSONL:
		return newJSONLWriter(k, out), nil
	case XLSX:
		return newXLSXWriter(k, out, sheetRows)
	case Parquet:
		return newParquetWriter(k, out), nil
	default:
		return nil, fmt.Errorf("format %q cannot be written", f)
	}
}

func newRowReader(f Format, k *Kind, in *io.SectionReader) (rowReader, error) {
	switch f {
	case CSV:
		return newCSVReader(k, in)
	case JSONL:
		return newJSONLReader(k, in), nil
	case XLSX:
		return newXLSXReader(k, in)
	case Parquet:
		return newParquetReader(k, in)
	default:
		return nil, fmt.Errorf("format %q cannot be read", f)
	}
}
