package reports

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// csvWriter renders a table as RFC 4180: CRLF line ends, a header of keys, UTF-8 without a byte order mark. Amounts
// are plain decimals in major units with the currency's digits, times are RFC 3339 in UTC.
type csvWriter struct {
	out     *csv.Writer
	columns []column
	indices []int // of the columns that the file has
	record  []string
}

func newCSVWriter(w io.Writer, columns []column) (*csvWriter, error) {
	c := &csvWriter{out: csv.NewWriter(w), columns: columns, indices: inFiles(columns)}
	c.out.UseCRLF = true
	for _, i := range c.indices {
		c.record = append(c.record, columns[i].key)
	}
	return c, c.out.Write(c.record)
}

func (c *csvWriter) add(cells []cell) error {
	c.record = c.record[:0]
	for _, i := range c.indices {
		c.record = append(c.record, csvText(cells[i], c.columns[i].kind))
	}
	return c.out.Write(c.record)
}

func (c *csvWriter) finish() error {
	c.out.Flush()
	return c.out.Error()
}

func csvText(c cell, k kind) string {
	switch {
	case !c.set:
		return ""
	case k == kindCount:
		return strconv.FormatInt(c.number, 10)
	case k == kindRate:
		return rateDecimal(c.number)
	case k == kindAmount:
		return c.amount.Decimal()
	case k == kindTime:
		return c.at.UTC().Format(time.RFC3339)
	}
	return inert(c.text)
}

// inert keeps text that came from outside from being run as a formula when a spreadsheet opens the file: a leading
// apostrophe makes it text (design §5). Numbers never pass through here, so −5.00 stays a number.
func inert(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	switch {
	case first == '=', first == '+', first == '-', first == '@', unicode.IsControl(first):
		return "'" + text
	}
	return text
}
