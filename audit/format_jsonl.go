package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"
)

// A line of JSON Lines is an object with a member for each column, in their order and without space. Text and money are strings,
// numbers are numbers, true or false is that, a time is a string; an empty cell of another type than text is null.

// jsonlNames are the names of the members as they stand in each line.
func jsonlNames(k *Kind) [][]byte {
	names := make([][]byte, len(k.Columns))
	for i, c := range k.Columns {
		names[i] = []byte(`,"` + c.Name + `":`)
	}
	names[0][0] = '{'
	return names
}

type jsonlWriter struct {
	kind  *Kind
	names [][]byte
	out   *bufio.Writer
	line  []byte
}

func newJSONLWriter(k *Kind, out io.Writer) *jsonlWriter {
	return &jsonlWriter{kind: k, names: jsonlNames(k), out: bufio.NewWriterSize(out, 1<<16)}
}

func (w *jsonlWriter) write(_ []byte, entry int64, cells []string) error {
	line := append(append(w.line[:0], w.names[atKind]...), '"')
	line = append(append(line, w.kind.Name...), '"')
	line = strconv.AppendInt(append(line, w.names[atEntry]...), entry, 10)
	for i, cell := range cells {
		line = append(line, w.names[Given+i]...)
		line = appendJSON(line, cell, w.kind.Columns[Given+i].Type)
	}
	line = append(line, '}', '\n')
	w.line = line
	_, err := w.out.Write(line)
	return err
}

func (w *jsonlWriter) close() error { return w.out.Flush() }

func appendJSON(dst []byte, cell string, of Type) []byte {
	switch {
	case of == Text:
		return appendJSONString(dst, cell)
	case cell == "":
		return append(dst, "null"...)
	case of == Number || of == Flag:
		return append(dst, cell...)
	default:
		return append(append(append(dst, '"'), cell...), '"')
	}
}

const hexDigits = "0123456789abcdef"

// appendJSONString escapes what JSON needs escaped and nothing else, so that a text has one form.
func appendJSONString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

type jsonlReader struct {
	kind  *Kind
	names [][]byte
	lines lineReader
	line  []byte
}

func newJSONLReader(k *Kind, in *io.SectionReader) *jsonlReader {
	return &jsonlReader{kind: k, names: jsonlNames(k), lines: newLineReader(in), line: []byte{leafPrefix}}
}

func (r *jsonlReader) next() ([]byte, int64, error) {
	object, err := r.lines.line()
	if err != nil {
		return nil, r.lines.at, err
	}
	line := r.line[:1]
	for i, c := range r.kind.Columns {
		rest, ok := bytes.CutPrefix(object, r.names[i])
		if !ok {
			return nil, r.lines.at, errUnreadable
		}
		if i > 0 {
			line = append(line, ',')
		}
		if line, object, ok = appendFromJSON(line, rest, c.Type); !ok {
			return nil, r.lines.at, errUnreadable
		}
	}
	r.line = line
	if string(object) != "}" {
		return nil, r.lines.at, errUnreadable
	}
	return line, r.lines.at, nil
}

func (*jsonlReader) close() error { return nil }

// appendFromJSON takes the value at the beginning of a text as the cell of a line, and returns what follows it.
func appendFromJSON(line, text []byte, of Type) (_, rest []byte, ok bool) {
	if of != Text {
		if rest, ok := bytes.CutPrefix(text, []byte("null")); ok {
			return line, rest, true
		}
	}
	if of == Number || of == Flag {
		end := bytes.IndexAny(text, ",}")
		if end <= 0 || bytes.ContainsAny(text[:end], " \"\\'{[") {
			return line, nil, false
		}
		return append(line, text[:end]...), text[end:], true
	}
	end := jsonStringEnd(text)
	if end < 0 {
		return line, nil, false
	}
	value, rest := text[1:end], text[end+1:]
	if of != Text { // a time or an amount has nothing to escape, and is not empty
		return append(line, value...), rest, len(value) > 0 && !bytes.ContainsAny(value, "\\,\"'")
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return appendText(line, string(value)), rest, utf8.Valid(value)
	}
	var decoded string
	if err := json.Unmarshal(text[:end+1], &decoded); err != nil || string(appendJSONString(nil, decoded)) != string(text[:end+1]) {
		return line, nil, false
	}
	return appendText(line, decoded), rest, true
}

// jsonStringEnd is where the string ends that the text begins with; -1 when it does not.
func jsonStringEnd(text []byte) int {
	if len(text) == 0 || text[0] != '"' {
		return -1
	}
	for at := 1; ; at++ {
		mark := bytes.IndexByte(text[at:], '"')
		if mark < 0 {
			return -1
		}
		at += mark
		slashes := 0
		for text[at-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
	}
}
