package shop

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// line is one row of an imported file.
type line struct {
	number int // of its first line in the file, from 1
	row    row
	bad    string // why it cannot be read at all, or empty
}

// readCSV reads a whole file: a header of our own keys, then one order a row, separated by commas, semicolons or tabs. An
// error means that the file as such cannot be read, and then none of its rows are returned. Rows in which nothing is
// written, as spreadsheets leave behind, are left out.
func readCSV(r io.Reader, fixedCurrency string) ([]line, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	reader := csv.NewReader(bytes.NewReader(content))
	reader.Comma = separator(content)
	reader.FieldsPerRecord = -1 // a row of another length is told, and does not end the import
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	fields, err := headerFields(header, fixedCurrency)
	if err != nil {
		return nil, err
	}
	return readLines(reader, fields)
}

func readLines(reader *csv.Reader, fields []field) ([]line, error) {
	var lines []line
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		number, _ := reader.FieldPos(0)
		lines = append(lines, newLine(number, fields, record))
	}
}

func newLine(number int, fields []field, record []string) line {
	if len(record) != len(fields) {
		return line{number: number, bad: fmt.Sprintf("the row has %d fields, the header %d", len(record), len(fields))}
	}
	r := row{}
	for i, f := range fields {
		text := record[i]
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return line{number: number, bad: fmt.Sprintf("%s is not UTF-8 text: save the file as CSV UTF-8", f.key)}
		}
		if f.key != keyReference { // references are compared byte for byte, so they stay as they are
			text = strings.TrimSpace(text)
		}
		if f.isTime {
			text = canonicalTime(text)
		}
		if text != "" {
			r[f.key] = text
		}
	}
	return line{number: number, row: r}
}

// separator is the one of comma, semicolon and tab that is most frequent in the first line; no column's name holds one.
func separator(content []byte) rune {
	first, _, _ := bytes.Cut(content, []byte("\n"))
	best := ','
	for _, candidate := range ";\t" {
		if bytes.Count(first, []byte(string(candidate))) > bytes.Count(first, []byte(string(best))) {
			best = candidate
		}
	}
	return best
}

// headerFields finds the field of each column. A column that is not known is refused, not skipped: it may be a known one
// misspelt, and its times or amounts would be lost in silence.
func headerFields(header []string, fixedCurrency string) ([]field, error) {
	known, names := map[string]field{}, []string{}
	for _, f := range (Columns{}).fields() {
		known[f.key], names = f, append(names, f.key)
	}
	var fields []field
	var unknown []string
	seen := map[string]bool{}
	for _, cell := range header {
		name := strings.ToLower(strings.TrimSpace(cell))
		f, ok := known[name]
		if !ok {
			unknown = append(unknown, fmt.Sprintf("%q", clip(cell)))
		}
		if ok && seen[name] {
			return nil, fmt.Errorf("the header names %s twice", name)
		}
		seen[name] = true
		fields = append(fields, f)
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the header names columns that are not known: %s; known are %s", strings.Join(unknown, ", "), strings.Join(names, ", "))
	}
	return fields, checkHeader(seen, fixedCurrency)
}

func checkHeader(seen map[string]bool, fixedCurrency string) error {
	var missing []string
	for _, key := range []string{keyReference, keyStatus} {
		if !seen[key] {
			missing = append(missing, key)
		}
	}
	if !seen[keyAmount] && !seen[keyAmountMinor] {
		missing = append(missing, "amount or amount_minor")
	}
	if !seen[keyCurrency] && fixedCurrency == "" {
		missing = append(missing, "currency (or set feeds.shop.currency)")
	}
	if len(missing) > 0 {
		return fmt.Errorf("the header lacks %s", strings.Join(missing, ", "))
	}
	if seen[keyAmount] && seen[keyAmountMinor] {
		return errors.New("the header names both amount and amount_minor: keep one")
	}
	return nil
}
