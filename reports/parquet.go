package reports

import (
	"fmt"
	"io"
	"math"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"

	"tieout/reconcile/money"
)

const (
	// parquetScale is how many decimals an amount has in a Parquet file, where a column has one number of them for all rows: no
	// currency has more (ISO 4217).
	parquetScale = 4

	// parquetGroup is how many rows are held in memory before they are written.
	parquetGroup = 1 << 15

	// parquetBatch is how many rows are handed over at once.
	parquetBatch = 1 << 10
)

// parquetWriter renders a table as Parquet: text as strings, counts as 64-bit integers, amounts as DECIMAL(18,4), rates as
// DECIMAL(10,2) of a percent, times as timestamps in UTC. Every column may be null.
type parquetWriter struct {
	out     *parquet.GenericWriter[any]
	columns []column
	indices []int
	batch   []parquet.Row
	texts   []byte // of the batch, side by side
	rows    int
}

func newParquetWriter(w io.Writer, columns []column) *parquetWriter {
	indices := inFiles(columns)
	schema := parquet.NewSchema("row", parquet.SchemaOf(reflect.New(parquetRow(columns, indices)).Interface()))
	return &parquetWriter{
		columns: columns, indices: indices, batch: make([]parquet.Row, 0, parquetBatch),
		out: parquet.NewGenericWriter[any](w, schema, parquet.CreatedBy("tieout", "", ""), parquet.Compression(&snappy.Codec{}),
			parquet.PageBufferSize(1<<17), parquet.DataPageStatistics(false)),
	}
}

// parquetRow is a struct with the columns of a table: it is how the library is told their order.
func parquetRow(columns []column, indices []int) reflect.Type {
	fields := make([]reflect.StructField, len(indices))
	for n, i := range indices {
		of, options := reflect.TypeFor[int64](), ",optional"
		switch columns[i].kind {
		case kindText:
			of = reflect.TypeFor[string]()
			if !columns[i].unlike {
				options = ",optional,dict"
			}
		case kindAmount:
			options = fmt.Sprintf(",optional,decimal(%d:18)", parquetScale)
		case kindRate:
			options = ",optional,decimal(2:10)"
		case kindTime:
			options = ",optional,timestamp(microsecond)"
		}
		fields[n] = reflect.StructField{Name: fmt.Sprintf("Column%d", n), Type: of, Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", columns[i].key+options))}
	}
	return reflect.StructOf(fields)
}

func (p *parquetWriter) add(cells []cell) error {
	row := p.spare()
	for n, i := range p.indices {
		value, err := p.value(cells[i], p.columns[i].kind)
		if err != nil {
			return fmt.Errorf("%s: %w", p.columns[i].key, err)
		}
		defined := 1
		if value.IsNull() {
			defined = 0
		}
		row[n] = value.Level(0, defined, n)
	}
	if len(p.batch) == cap(p.batch) {
		return p.write()
	}
	return nil
}

// spare is the next row of the batch, whose memory is used again once the batch is written, as is that of its texts.
func (p *parquetWriter) spare() parquet.Row {
	p.batch = p.batch[:len(p.batch)+1]
	last := &p.batch[len(p.batch)-1]
	if *last == nil {
		*last = make(parquet.Row, len(p.indices))
	}
	return *last
}

func (p *parquetWriter) write() error {
	n, err := p.out.WriteRows(p.batch)
	p.rows += n
	p.batch, p.texts = p.batch[:0], p.texts[:0]
	if err == nil && p.rows >= parquetGroup {
		p.rows = 0
		err = p.out.Flush()
	}
	return err
}

func (p *parquetWriter) finish() error {
	if err := p.write(); err != nil {
		return err
	}
	return p.out.Close()
}

func (p *parquetWriter) value(c cell, k kind) (parquet.Value, error) {
	switch {
	case !c.set:
		return parquet.NullValue(), nil
	case k == kindCount, k == kindRate:
		return parquet.Int64Value(c.number), nil
	case k == kindAmount:
		scaled, err := scaledAmount(c.amount)
		return parquet.Int64Value(scaled), err
	case k == kindTime:
		return parquet.Int64Value(c.at.UnixMicro()), nil
	case c.text == "":
		return parquet.NullValue(), nil
	}
	begin := len(p.texts)
	p.texts = append(p.texts, c.text...)
	return parquet.ByteArrayValue(p.texts[begin:]), nil
}

// scaledAmount is an amount with parquetScale decimals, whatever its currency has.
func scaledAmount(a money.Amount) (int64, error) {
	if a.Minor == 0 {
		return 0, nil
	}
	exponent, ok := money.Exponent(a.Currency)
	if !ok || exponent > parquetScale {
		return 0, fmt.Errorf("%q is no currency whose decimals are known", a.Currency)
	}
	scaled := a.Minor
	for range parquetScale - exponent {
		if scaled > math.MaxInt64/10 || scaled < math.MinInt64/10 {
			return 0, fmt.Errorf("%s is too large for a Parquet file", a)
		}
		scaled *= 10
	}
	return scaled, nil
}
