package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"tieout/reconcile/money"
	"tieout/reports"
)

// The parts of a report's measurement, each in a process of its own.
const (
	partWorkbook = "workbook" // as tieout writes it
	partPlain    = "plain"    // the same cells through excelize's StreamWriter and SaveAs, nothing around it
	partReport   = "report"   // workbook and CSV files
	partCSV      = "csv"      // the CSV file of the matched orders of a database
	partParquet  = "parquet"  // the Parquet file of the same
)

// How many matched rows the files have, and with how many memory is measured again.
const (
	workbookRows = 200_000
	workbookMore = 1_000_000
	reportRows   = 100_000
	reportMore   = 1_000_000
	workbookMB   = 100 // the most memory that a workbook may take
)

// files measures what writes files without a database: the workbook, what stands beside it right before it, and the memory
// that longer ones take.
func (b *bench) files(ctx context.Context) error {
	for n := range b.rounds {
		tell("files, round %d of %d", n+1, b.rounds)
		if b.wants("workbook") {
			if err := b.part(ctx, partPlain, workbookRows); err != nil {
				return err
			}
		}
		if b.wants("workbook", "workbook_memory") {
			if err := b.part(ctx, partWorkbook, workbookRows); err != nil {
				return err
			}
		}
	}
	if b.wants("workbook_memory") {
		if err := b.part(ctx, partWorkbook, workbookMore); err != nil {
			return err
		}
	}
	if !b.wants("report_memory") {
		return nil
	}
	if err := b.part(ctx, partReport, reportRows); err != nil {
		return err
	}
	return b.part(ctx, partReport, reportMore)
}

// part measures one part with so many rows, and keeps what it took.
func (b *bench) part(ctx context.Context, name string, rows int) error {
	r, err := b.measurePart(ctx, name, "--matched", strconv.Itoa(b.scaled(rows)))
	if err != nil {
		return err
	}
	b.note(b.named(name, rows), r)
	return nil
}

// measurePart has another process of this program write files, into a folder that is gone afterwards.
func (b *bench) measurePart(ctx context.Context, name string, args ...string) (reading, error) {
	self, err := os.Executable()
	if err != nil {
		return reading{}, fmt.Errorf("find this program: %w", err)
	}
	dir, err := os.MkdirTemp(b.dir, name)
	if err != nil {
		return reading{}, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	return measure(ctx, self, append([]string{"--part", name, "--dir", dir}, args...)...)
}

func (b *bench) named(part string, rows int) string {
	return fmt.Sprintf("%s %d", part, b.scaled(rows))
}

// peak is the most memory that a part with so many rows took.
func (b *bench) peak(part string, rows int) float64 {
	most := 0.0
	for _, r := range b.took[b.named(part, rows)] {
		most = max(most, r.peak)
	}
	return most
}

// scaled keeps the numbers of rows in proportion to the world, which has a million orders as a rule.
func (b *bench) scaled(rows int) int { return max(1, rows*b.orders/1_000_000) }

func writePart(ctx context.Context, o options) error {
	switch o.part {
	case partWorkbook:
		return write(o.dir, matchedRows(o.matched), reports.FormatXLSX)
	case partReport:
		return write(o.dir, matchedRows(o.matched), reports.FormatCSV, reports.FormatXLSX)
	case partPlain:
		return plainWorkbook(filepath.Join(o.dir, "plain.xlsx"), o.matched)
	case partCSV:
		return matchedFile(ctx, o, reports.FormatCSV)
	case partParquet:
		return matchedFile(ctx, o, reports.FormatParquet)
	default:
		return fmt.Errorf("no such part: %s", o.part)
	}
}

// write makes the report of a day with matched orders and nothing else.
func write(dir string, rows iter.Seq2[reports.MatchedRow, error], formats ...string) error {
	_, err := reports.Write(dir, formats, reports.Day{
		FinanceDay: now.Format(time.DateOnly), AsOf: now, Zone: zone(), Version: "bench",
		Feeds:   []reports.FeedState{{Feed: "stripe", Account: stripeAccount, Complete: true, CompleteThrough: now}},
		Matched: rows,
	})
	return err
}

// zone is the one in which workbooks show times: one with a summer time, as most have.
func zone() *time.Location {
	location, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return location
}

// matchedRows are rows as the store has them, made from their numbers.
func matchedRows(n int) iter.Seq2[reports.MatchedRow, error] {
	return func(yield func(reports.MatchedRow, error) bool) {
		for i := range n {
			if !yield(matchedRow(i), nil) {
				return
			}
		}
	}
}

func matchedRow(i int) reports.MatchedRow {
	eur := func(minor int) money.Amount { return money.Amount{Minor: int64(minor), Currency: "EUR"} }
	gross := 1000 + i*7919%90000
	fee, net := eur(30+gross*29/1000), eur(gross-30-gross*29/1000)
	paid := now.Add(-time.Duration(i%5_184_000) * time.Second)
	return reports.MatchedRow{
		OrderReference: fmt.Sprintf("EVT-2026-%07d", i), Feed: "stripe", Account: stripeAccount, PaymentReference: fmt.Sprintf("ch_3NfRkq2eZvKYlo2C%08x", i*2654435761%(1<<32)),
		OrderAmount: eur(gross), PaidAmount: eur(gross), Refunded: eur(0), PaidAt: paid, Fee: &fee, Net: &net, AvailableAt: paid.AddDate(0, 0, 7),
		Settlement: fmt.Sprintf("po_1NfRkq2eZvKYlo2C%06d", i/1000), MatchedBy: "stored id",
	}
}

// plainWorkbook is what one writes who knows excelize: a stream of rows with a style for amounts and one for times.
func plainWorkbook(path string, rows int) (err error) {
	file := excelize.NewFile()
	defer func() { err = errors.Join(err, file.Close()) }()
	stream, err := file.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	styles, err := plainStyles(file)
	if err != nil {
		return err
	}
	headings := []any{"Order", "Feed", "Account", "Payment", "Currency", "Order amount", "Paid amount", "Refunded", "Paid", "Settlement", "Matched by", "Settled in", "Fee", "Net", "Available"}
	if err := stream.SetRow("A1", headings); err != nil {
		return err
	}
	for i := range rows {
		if err := stream.SetRow("A"+strconv.Itoa(i+2), styles.row(matchedRow(i))); err != nil {
			return err
		}
	}
	if err := stream.Flush(); err != nil {
		return err
	}
	return file.SaveAs(path)
}

type plainStyle struct{ text, amount, instant int }

func plainStyles(file *excelize.File) (p plainStyle, err error) {
	for _, style := range []struct {
		id     *int
		format string
	}{{&p.text, "@"}, {&p.amount, "#,##0.00"}, {&p.instant, "yyyy-mm-dd hh:mm"}} {
		if *style.id, err = file.NewStyle(&excelize.Style{CustomNumFmt: &style.format, Font: &excelize.Font{Family: "Calibri", Size: 11}}); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p plainStyle) row(m reports.MatchedRow) []any {
	text := func(s string) any { return excelize.Cell{StyleID: p.text, Value: s} }
	amount := func(a money.Amount) any {
		return excelize.Cell{StyleID: p.amount, Value: float64(a.Minor) / 100}
	}
	instant := func(t time.Time) any { return excelize.Cell{StyleID: p.instant, Value: t} }
	return []any{
		text(m.OrderReference), text(m.Feed), text(m.Account), text(m.PaymentReference), text(m.OrderAmount.Currency), amount(m.OrderAmount), amount(m.PaidAmount),
		amount(m.Refunded), instant(m.PaidAt), text(m.Settlement), text(m.MatchedBy), text(m.Net.Currency), amount(*m.Fee), amount(*m.Net), instant(m.AvailableAt),
	}
}
