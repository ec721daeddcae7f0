package audit

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A row is hashed as one line of CSV, whatever the format of the pack:
//
//   - cells are separated by commas, and there is no line break in a line;
//   - in a text, a backslash is written \\, a line feed \n and a carriage return \r;
//   - a text that begins with = + - @ ' or a tab has an apostrophe before it, so that no spreadsheet takes it for a formula;
//   - then a text with a comma or a quotation mark stands in quotation marks, and each mark in it is doubled.
//
// A CSV file holds these lines as they are, so checking it needs no parsing.

// appendLine writes the line of a row at a place in the log.
func (k *Kind) appendLine(dst []byte, entry int64, cells []string) ([]byte, error) {
	if len(cells) != len(k.Columns)-Given {
		return dst, fmt.Errorf("a row of %s has %d cells, want %d", k.Name, len(cells), len(k.Columns)-Given)
	}
	dst = append(append(dst, k.Name...), ',')
	dst = strconv.AppendInt(dst, entry, 10)
	for i, cell := range cells {
		dst = append(dst, ',')
		if k.Columns[Given+i].Type == Text {
			dst = appendText(dst, cell)
		} else {
			dst = append(dst, cell...)
		}
	}
	return dst, nil
}

const (
	escaped = "\\\n\r"
	quoted  = ",\""
)

func appendText(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	formula := strings.IndexByte("=+-@'\t", text[0]) >= 0
	if !formula && !strings.ContainsAny(text, escaped+quoted) {
		return append(dst, text...)
	}
	quote := strings.ContainsAny(text, quoted)
	if quote {
		dst = append(dst, '"')
	}
	if formula {
		dst = append(dst, '\'')
	}
	for i := range len(text) {
		switch text[i] {
		case '\\':
			dst = append(dst, `\\`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '"':
			dst = append(dst, `""`...)
		default:
			dst = append(dst, text[i])
		}
	}
	if quote {
		dst = append(dst, '"')
	}
	return dst
}

// splitLine cuts a line into its cells, as they are written. It reports whether the line is one.
func splitLine(line []byte, cells [][]byte) ([][]byte, bool) {
	cells = cells[:0]
	for {
		end := cellEnd(line)
		if end < 0 {
			return cells, false
		}
		cells = append(cells, line[:end])
		if end == len(line) {
			return cells, true
		}
		line = line[end+1:]
	}
}

// cellEnd is where the first cell ends: at a comma or the line's end; -1 when a quotation mark is missing.
func cellEnd(line []byte) int {
	if len(line) == 0 || line[0] != '"' {
		if end := bytes.IndexByte(line, ','); end >= 0 {
			return end
		}
		return len(line)
	}
	for at := 1; ; {
		mark := bytes.IndexByte(line[at:], '"')
		if mark < 0 {
			return -1
		}
		at += mark + 1
		switch {
		case at == len(line) || line[at] == ',':
			return at
		case line[at] != '"':
			return -1
		}
		at++
	}
}

// textOf reads a cell of a type as it is written in a line.
func textOf(cell []byte, of Type) string {
	text := string(cell)
	if of != Text || text == "" {
		return text
	}
	if text[0] == '"' && len(text) > 1 {
		text = strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
	}
	text = strings.TrimPrefix(text, "'")
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	return unescape.Replace(text)
}

var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")

// header is the first line of a CSV file.
func (k *Kind) header() string {
	names := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ",")
}

// entryOf reads the number of an entry as it is written in a line.
func entryOf(cell []byte) (int64, bool) {
	if len(cell) == 0 || len(cell) > 18 || len(cell) > 1 && cell[0] == '0' {
		return 0, false
	}
	var n int64
	for _, c := range cell {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
