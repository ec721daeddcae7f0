package reports

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// jsonlWriter renders a table as JSON Lines: one object a row, its keys in the order of the columns. Counts are numbers; amounts
// and rates are decimals in strings, because a JSON number is a float to most readers; times are RFC 3339 in UTC. What is
// empty is null.
type jsonlWriter struct {
	out     *bufio.Writer
	columns []column
	keys    [][]byte // of each column that files have: the text before its value
	indices []int
	line    []byte
}

func newJSONLWriter(w io.Writer, columns []column) *jsonlWriter {
	j := &jsonlWriter{out: bufio.NewWriterSize(w, 1<<16), columns: columns, indices: inFiles(columns)}
	for n, i := range j.indices {
		key := []byte{','}
		if n == 0 {
			key = []byte{'{'}
		}
		j.keys = append(j.keys, append(appendJSON(key, columns[i].key), ':'))
	}
	return j
}

func (j *jsonlWriter) add(cells []cell) error {
	j.line = j.line[:0]
	for n, i := range j.indices {
		j.line = append(j.line, j.keys[n]...)
		j.line = appendCell(j.line, cells[i], j.columns[i].kind)
	}
	j.line = append(j.line, '}', '\n')
	_, err := j.out.Write(j.line)
	return err
}

func (j *jsonlWriter) finish() error { return j.out.Flush() }

func appendCell(line []byte, c cell, k kind) []byte {
	switch {
	case !c.set:
		return append(line, "null"...)
	case k == kindCount:
		return strconv.AppendInt(line, c.number, 10)
	case k == kindRate:
		return appendJSON(line, rateDecimal(c.number))
	case k == kindAmount:
		return appendJSON(line, c.amount.Decimal())
	case k == kindTime:
		line = append(line, '"')
		line = c.at.UTC().AppendFormat(line, time.RFC3339)
		return append(line, '"')
	}
	return appendJSON(line, c.text)
}

// appendJSON appends a text as a JSON string. Nearly every text is plain.
func appendJSON(line []byte, text string) []byte {
	for i := range len(text) {
		if b := text[i]; b < ' ' || b > '~' || b == '"' || b == '\\' || b == '<' || b == '>' || b == '&' {
			quoted, _ := json.Marshal(text) // a string always encodes
			return append(line, quoted...)
		}
	}
	line = append(line, '"')
	line = append(line, text...)
	return append(line, '"')
}
