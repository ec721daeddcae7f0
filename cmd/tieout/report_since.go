package main

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"tieout/reconcile"
	"tieout/reports"
	"tieout/sql/store"
)

// addInputs tells since which report it tells what is new, and what came from the feeds. That report is the last one of an
// earlier finance day: a second report of one day tells the same as the first.
func (p *edition) addInputs(ctx context.Context, day *reports.Day) (store.PastReport, error) {
	_, today := p.lastTwoDays()
	since, err := p.store.ReportBefore(ctx, today.From)
	if err != nil {
		return since, err
	}
	day.Since = since.AsOf
	inputs, err := p.store.Inputs(ctx, since.RunID)
	for _, in := range inputs {
		day.Inputs = append(day.Inputs, reports.Input(in))
	}
	return since, err
}

// changes are what became of exceptions since a report, by what it was, then the orders that came to be matched. Nothing is
// told where no report was written before: all would be new.
func (p *edition) changes(ctx context.Context, since store.PastReport) iter.Seq2[reports.Change, error] {
	if since.RunID == 0 {
		return nil
	}
	return func(yield func(reports.Change, error) bool) {
		steps := each(p.store.ExceptionsChanged(ctx, since), changeRow)
		for _, what := range []string{reports.ChangeNew, reports.ChangeReopened, reports.ChangeMoved, reports.ChangeAcknowledged, reports.ChangeResolved} {
			for row, err := range steps {
				if (err != nil || row.What == what) && !yield(row, err) {
					return
				}
			}
		}
		each(p.store.NewlyMatched(ctx, since), newMatchRow)(yield)
	}
}

func changeRow(s store.ExceptionStep) reports.Change {
	r := s.Record
	return reports.Change{
		What: whatBecame(s.ExceptionChange), At: s.At, Who: s.Who, Why: because(s.Reason, s.Note), ExceptionID: s.ID,
		Code: string(r.Code), Severity: string(r.Severity), Feed: r.Feed, Account: r.Account, OrderReference: r.OrderReference,
		TransactionReference: r.TransactionReference, Currency: r.Currency, Expected: figure(r.Expected), Actual: figure(r.Actual), Difference: figure(r.Difference),
	}
}

// because is a reason with its note; either may be missing.
func because(reason, note string) string {
	return strings.Join(slices.DeleteFunc([]string{reason, note}, func(text string) bool { return text == "" }), ": ")
}

func whatBecame(c reconcile.ExceptionChange) string {
	switch {
	case c.From == "":
		return reports.ChangeNew
	case c.From == c.To:
		return reports.ChangeMoved
	case c.To == reconcile.StatusResolved:
		return reports.ChangeResolved
	case c.From == reconcile.StatusResolved:
		return reports.ChangeReopened
	case c.To == reconcile.StatusAcknowledged:
		return reports.ChangeAcknowledged
	default:
		return reports.ChangeMoved
	}
}

func newMatchRow(m store.NewMatch) reports.Change {
	return reports.Change{
		What: reports.ChangeMatched, At: m.JudgedAt, Who: reconcile.ByTieout, Why: string(m.Rule), Feed: m.Payment.Feed, Account: m.Payment.Account,
		OrderReference: m.OrderReference, TransactionReference: m.Payment.ID, Currency: m.Order.Currency, Expected: figure(m.Order), Actual: figure(m.Paid),
	}
}

// daysBack is how many finance days the report looks back for what is usual.
const daysBack = 30

// addDays tells what has settled of the payments of the last thirty days, that of the report included, and what fees came to
// on the day before it, which is whole, and on each of the thirty days before that.
func (p *edition) addDays(ctx context.Context, day *reports.Day) error {
	bounds := p.dayBounds(daysBack + 1)
	bounds[len(bounds)-1] = day.AsOf
	settling, err := p.store.SettlingDays(ctx, bounds[2:])
	if err != nil {
		return err
	}
	for i, s := range settling {
		day.Settling = append(day.Settling, reports.SettlingDay{FinanceDay: p.financeDay(bounds[i+2]), Settled: s.Settled, Unsettled: s.Unsettled})
	}
	bounds = bounds[:len(bounds)-1]
	flows, err := p.store.FlowDays(ctx, bounds)
	for _, flow := range flows {
		day.Fees = append(day.Fees, feeDay(flow, p.financeDay(bounds[flow.Day])))
	}
	return err
}

// dayBounds are the instants at which the finance day of the report, and each of as many before it, begins, and the end of the last.
func (p *edition) dayBounds(before int) []time.Time {
	year, month, day := p.asOf.In(p.terms.Zone.Location).Date()
	bounds := make([]time.Time, before+2)
	for i := range bounds {
		bounds[i] = time.Date(year, month, day-before+i, 0, 0, 0, 0, p.terms.Zone.Location).UTC()
	}
	return bounds
}

// feeDay: what a provider bills by itself is a movement of its own, of the category fee, whose amount is the fee.
func feeDay(f store.FlowDay, financeDay string) reports.FeeDay {
	row := reports.FeeDay{Feed: f.Feed, Account: f.Account, Currency: f.Currency, Category: f.Category, FinanceDay: financeDay, Count: f.Count}
	row.Gross.Currency, row.Fee.Currency = f.Currency, f.Currency
	row.Gross.Minor, row.Fee.Minor = f.Gross, f.Fee
	if reconcile.LineOf(f.Category) == reconcile.LineFees {
		row.Gross.Minor, row.Fee.Minor = 0, f.Fee-f.Gross
	}
	return row
}
