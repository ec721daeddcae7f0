package audit

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"
)

// In Parquet a text and an amount are strings, a number is a 64-bit integer, a time a timestamp of microseconds in UTC, and true or false is
// that; an empty cell of another type than text or money is null.

// parquetSchema has the columns of a kind in their order, which a parquet.Group would sort.
func parquetSchema(k *Kind) *parquet.Schema {
	fields := make([]reflect.StructField, len(k.Columns))
	for i, c := range k.Columns {
		of, tag := reflect.TypeFor[string](), ""
		switch c.Type {
		case Number:
			of, tag = reflect.TypeFor[int64](), ",optional"
		case Time:
			of, tag = reflect.TypeFor[int64](), ",optional,timestamp(microsecond)"
		case Flag:
			of, tag = reflect.TypeFor[bool](), ",optional"
		}
		fields[i] = reflect.StructField{Name: "C" + strconv.Itoa(i), Type: of, Tag: reflect.StructTag(`parquet:"` + c.Name + tag + `"`)}
	}
	return parquet.NewSchema(k.Name, parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

// rowsInGroup bounds what is in memory while a file is written.
const rowsInGroup = 50_000

type parquetWriter struct {
	kind *Kind
	out  *parquet.GenericWriter[any]
	row  parquet.Row
}

func newParquetWriter(k *Kind, out io.Writer) *parquetWriter {
	w := parquet.NewGenericWriter[any](out, parquetSchema(k), parquet.MaxRowsPerRowGroup(rowsInGroup), parquet.Compression(&snappy.Codec{}), parquet.CreatedBy("tieout", "", ""))
	return &parquetWriter{kind: k, out: w, row: make(parquet.Row, len(k.Columns))}
}

func (w *parquetWriter) write(_ []byte, entry int64, cells []string) error {
	w.row[atKind] = parquet.ByteArrayValue([]byte(w.kind.Name)).Level(0, 0, atKind)
	w.row[atEntry] = parquet.Int64Value(entry).Level(0, 1, atEntry)
	for i, cell := range cells {
		value, err := parquetValue(cell, w.kind.Columns[Given+i].Type, Given+i)
		if err != nil {
			return fmt.Errorf("entry %d: %s: %w", entry, w.kind.Columns[Given+i].Name, err)
		}
		w.row[Given+i] = value
	}
	_, err := w.out.WriteRows([]parquet.Row{w.row})
	return err
}

func parquetValue(cell string, of Type, column int) (parquet.Value, error) {
	if of == Text || of == Money {
		return parquet.ByteArrayValue([]byte(cell)).Level(0, 0, column), nil
	}
	if cell == "" {
		return parquet.NullValue().Level(0, 0, column), nil
	}
	var value parquet.Value
	var err error
	switch of {
	case Flag:
		value = parquet.BooleanValue(cell == "true")
	case Time:
		var at time.Time
		at, err = time.Parse(time.RFC3339Nano, cell)
		value = parquet.Int64Value(at.UnixMicro())
	default:
		var number int64
		number, err = strconv.ParseInt(cell, 10, 64)
		value = parquet.Int64Value(number)
	}
	return value.Level(0, 1, column), err
}

func (w *parquetWriter) close() error { return w.out.Close() }

type parquetReader struct {
	kind  *Kind
	in    *parquet.GenericReader[any]
	read  []parquet.Row
	rows  []parquet.Row // what is left of those that were read
	ended bool
	at    int64
	cells []string
	line  []byte
}

func newParquetReader(k *Kind, in *io.SectionReader) (r *parquetReader, err error) {
	defer recovered(&err)
	file, err := parquet.OpenFile(in, in.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errUnreadable, err)
	}
	if file.Schema().String() != parquetSchema(k).String() {
		return nil, fmt.Errorf("%w: its columns are not those of %s", errUnreadable, k.Name)
	}
	return &parquetReader{kind: k, in: parquet.NewGenericReader[any](file, file.Schema()), read: make([]parquet.Row, 256), line: []byte{leafPrefix}, cells: make([]string, len(k.Columns)-Given)}, nil
}

func (r *parquetReader) next() (_ []byte, at int64, err error) {
	defer recovered(&err)
	r.at++
	if len(r.rows) == 0 {
		if err := r.more(); err != nil {
			return nil, r.at, err
		}
	}
	row := r.rows[0]
	r.rows = r.rows[1:]
	if len(row) != len(r.kind.Columns) || string(row[atKind].ByteArray()) != r.kind.Name {
		return nil, r.at, errUnreadable
	}
	for i := range r.cells {
		r.cells[i] = parquetCell(row[Given+i], r.kind.Columns[Given+i].Type)
	}
	r.line, err = r.kind.appendLine(r.line[:1], row[atEntry].Int64(), r.cells)
	return r.line, r.at, err
}

// more reads some rows. What comes after a page that cannot be read cannot be read either.
func (r *parquetReader) more() (err error) {
	if r.ended {
		return io.EOF
	}
	r.ended = true // also where the library panics
	n, err := r.in.ReadRows(r.read)
	r.rows = r.read[:n]
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %v", errUnreadable, err)
	case n == 0:
		return io.EOF
	}
	r.ended = err != nil
	return nil
}

func parquetCell(value parquet.Value, of Type) string {
	switch {
	case value.IsNull():
		return ""
	case of == Text || of == Money:
		return string(value.ByteArray())
	case of == Flag:
		return strconv.FormatBool(value.Boolean())
	case of == Time:
		return time.UnixMicro(value.Int64()).UTC().Format(time.RFC3339Nano)
	default:
		return strconv.FormatInt(value.Int64(), 10)
	}
}

func (r *parquetReader) close() error { return r.in.Close() }
