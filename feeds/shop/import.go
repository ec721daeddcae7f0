package shop

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tieout/feeds"
	"tieout/reconcile"
)

// ImportReport says what became of each row of a file: Read = Stored + Repeated + len(Bad).
type ImportReport struct {
	Read     int
	Stored   int // orders handed to the sink
	Repeated int // rows that say the same again of an order that was stored
	Bad      []BadRow
	Unplaced int // of the bad rows, those of which nothing was handed to the sink: the order that they mean is not known
}

// BadRow is a row that was not stored.
type BadRow struct {
	Line   int // of its first line in the file, from 1; the header is at the top
	Reason string
}

// Import hands the orders in a CSV file to a sink, for a shop whose database is closed to us. The header names the keys of
// Columns (without email, which is never stored); statuses, providers and the fixed currency are the mapping's. Bad rows
// are reported in the order of the file and the others go in; a bad one that names an order is handed to the sink as what
// it is, and the normaliser rejects it. An error that comes before the sink was asked means that
// nothing was stored: the file could not be read to its end.
func Import(ctx context.Context, r io.Reader, m Mapping, sink feeds.Sink) (ImportReport, error) {
	lines, err := readCSV(r, m.Currency)
	if err != nil {
		return ImportReport{}, fmt.Errorf("import orders: %w", err)
	}
	report := ImportReport{Read: len(lines)}
	orders, refused := report.sort(lines, m)
	for batch := range slices.Chunk(orders, batchSize) {
		if err := sink.Observe(ctx, batch); err != nil {
			return report, fmt.Errorf("import orders: %w", err)
		}
		report.Stored += len(batch)
	}
	for batch := range slices.Chunk(refused, batchSize) {
		if err := sink.Observe(ctx, batch); err != nil {
			return report, fmt.Errorf("import orders: %w", err)
		}
	}
	return report, nil
}

// sort tells the good rows from the bad ones and from repetitions, one reference at a time. refused are the orders whose
// rows are bad and yet name a reference.
func (report *ImportReport) sort(lines []line, m Mapping) (orders, refused []feeds.Observation) {
	normalise := NewNormaliser(m)
	byReference := map[string][]line{}
	var references []string // in the order of the file
	for _, l := range lines {
		if l.bad != "" {
			report.Bad = append(report.Bad, BadRow{l.number, l.bad})
			report.Unplaced++
			continue
		}
		reference := l.row[keyReference]
		if byReference[reference] == nil {
			references = append(references, reference)
		}
		byReference[reference] = append(byReference[reference], l)
	}
	for _, reference := range references {
		if bad := judgeLines(byReference[reference], normalise, m.Account); len(bad) > 0 {
			report.Bad = append(report.Bad, bad...)
			if blank(reference) {
				report.Unplaced += len(bad)
			} else {
				refused = append(refused, refusal(byReference[reference], m.Account))
			}
			continue
		}
		orders = append(orders, byReference[reference][0].observation(m.Account))
		report.Repeated += len(byReference[reference]) - 1
	}
	slices.SortFunc(report.Bad, func(a, b BadRow) int { return cmp.Compare(a.Line, b.Line) })
	return orders, refused
}

// refusal observes an order whose lines were refused, so that it is known to exist: its payment is not called one without
// an order. Lines that differ become the same rejected observation as a reference that stands in several rows of a table.
func refusal(lines []line, account string) feeds.Observation {
	if conflicting(lines) == "" {
		return lines[0].observation(account)
	}
	reference := lines[0].row[keyReference]
	return row{keyReference: reference, keyRows: strconv.Itoa(len(lines))}.observation(account, KindOrder, reference)
}

// judgeLines returns what is bad about the lines of one reference: all of them, or none. Where they differ none is good,
// for which of them is the order would be a guess.
func judgeLines(lines []line, normalise feeds.Normalise, account string) []BadRow {
	conflict := conflicting(lines)
	var bad []BadRow
	for _, l := range lines {
		reason := conflict
		if rejection, ok := normalise(l.observation(account)).(reconcile.Rejection); ok {
			reason = rejection.Reason
		}
		if reason != "" {
			bad = append(bad, BadRow{l.number, reason})
		}
	}
	return bad
}

// conflicting says that lines of one reference differ, or nothing. Lines without a reference have no such claim.
func conflicting(lines []line) string {
	reference, first := lines[0].row[keyReference], string(lines[0].row.json())
	same := func(l line) bool { return string(l.row.json()) == first }
	if blank(reference) || !slices.ContainsFunc(lines, func(l line) bool { return !same(l) }) {
		return ""
	}
	numbers := make([]string, len(lines))
	for i, l := range lines {
		numbers[i] = strconv.Itoa(l.number)
	}
	return fmt.Sprintf("reference %q stands in lines %s with different contents", clip(reference), strings.Join(numbers, ", "))
}

func (l line) observation(account string) feeds.Observation {
	return l.row.observation(account, KindOrder, l.row[keyReference])
}
