package main

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"strings"

	"tieout/reports"
	"tieout/sql/store"
)

// copiedOut is what psql's \copy of the matched orders is called.
const copiedOut = "copy out"

// csv measures the CSV and the Parquet file of the matched orders, and before them psql's way to write what the same query gives.
func (b *bench) csv(ctx context.Context, p *place) error {
	query := strings.Join(strings.Fields(store.MatchedQuery()), " ") // \copy is one line
	r, err := psql(ctx, p.url, `\copy (`+query+`) to '`+filepath.Join(b.dir, "matched.csv")+`' (format csv)`)
	if err != nil {
		return err
	}
	b.note(copiedOut, r)
	for _, part := range []string{partCSV, partParquet} {
		if r, err = b.measurePart(ctx, part, "--url", p.url); err != nil {
			return err
		}
		b.note(part, r)
	}
	return nil
}

// matchedFile writes a file of the matched orders of a database.
func matchedFile(ctx context.Context, o options, format string) (err error) {
	s, err := store.Open(ctx, o.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return write(o.dir, func(yield func(reports.MatchedRow, error) bool) {
		for m, err := range s.Matched(ctx) {
			if !yield(rowOf(m), err) || err != nil {
				return
			}
		}
	}, format)
}

func rowOf(m store.MatchedPair) reports.MatchedRow {
	row := reports.MatchedRow{
		OrderReference: m.OrderReference, Feed: m.Payment.Feed, Account: m.Payment.Account, PaymentReference: m.Payment.ID,
		OrderAmount: m.Order, PaidAmount: m.Paid, Refunded: m.Refunded, PaidAt: m.PaidAt, AvailableAt: m.AvailableAt,
		Settlement: cmp.Or(m.PayoutID, m.MovementID), MatchedBy: string(m.Rule),
	}
	if m.Net.Currency != "" {
		row.Fee, row.Net = &m.Fee, &m.Net
	}
	return row
}
