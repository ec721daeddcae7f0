package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"tieout/jobs"
	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/reports"
	"tieout/sql/store"
)

// writeReport writes the files of the finance day that now lies in, from what is held at this moment, and records it.
func (p *parts) writeReport(ctx context.Context, s jobs.Session) (files int, err error) {
	now, err := p.store.Now(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, now.Close()) }()
	e := edition{store: now, asOf: s.Now, version: version, terms: p.terms(s.Failed)}
	day, err := e.day(ctx)
	if err != nil {
		return 0, err
	}
	written, err := reports.Write(p.config.Reports.Directory, e.terms.Formats, day)
	if err != nil {
		return 0, err
	}
	return len(written.Files), p.record(ctx, s.RunID, e, written)
}

// financeDay is the day in the finance zone.
func (p *parts) financeDay(t time.Time) string {
	return t.In(p.config.Timezone.Location).Format(time.DateOnly)
}

// edition is a report that is to be written: of what a store holds as of one change, on terms that are recorded with it. It reads
// neither the clock nor the configuration, so that a day of the past comes out as it did then.
type edition struct {
	store   *store.Store
	asOf    time.Time // stands for now
	version string    // of the program that writes it, or wrote it first
	terms   terms
}

// financeDay is the day in the finance zone.
func (p *edition) financeDay(t time.Time) string {
	return t.In(p.terms.Zone.Location).Format(time.DateOnly)
}

func (p *edition) day(ctx context.Context) (reports.Day, error) {
	day := reports.Day{FinanceDay: p.financeDay(p.asOf), AsOf: p.asOf, Zone: p.terms.Zone.Location, Version: p.version, Failed: p.terms.Failed}
	totals, err := p.store.Totals(ctx)
	if err != nil {
		return day, err
	}
	for _, total := range totals {
		day.Totals = append(day.Totals, controlTotal(total))
	}
	if day.Feeds, err = p.feedStates(ctx); err != nil {
		return day, err
	}
	statements, err := p.statements(ctx)
	if err != nil {
		return day, err
	}
	day.TieOut = p.tieOutRows(statements)
	seal, sealed, err := p.store.SealAsOf(ctx, p.asOf)
	if err != nil {
		return day, err
	}
	if sealed {
		day.Checkpoint = seal.Note
	}
	if err := p.addDays(ctx, &day); err != nil {
		return day, err
	}
	since, err := p.addInputs(ctx, &day)
	if err != nil {
		return day, err
	}
	db := p.store
	day.Exceptions = each(db.Exceptions(ctx, store.ExceptionFilter{Standing: true}), exceptionRow)
	day.Changes = p.changes(ctx, since)
	day.Canceled = each(db.Canceled(ctx), canceledRow)
	day.Ageing = each(db.Ageing(ctx), ageingRow(p.terms.Policy, p.asOf))
	day.RefundWindow = each(db.Owed(ctx), refundWindowRow)
	day.Payouts = each(db.PayoutSums(ctx), payoutRow)
	day.Matched = each(db.Matched(ctx), matchedRow)
	return day, nil
}

// each turns the rows of the store into those of a report, one at a time.
func each[From, To any](rows iter.Seq2[From, error], convert func(From) To) iter.Seq2[To, error] {
	return func(yield func(To, error) bool) {
		for row, err := range rows {
			if err != nil {
				var none To
				yield(none, err)
				return
			}
			if !yield(convert(row), nil) {
				return
			}
		}
	}
}

// feedStates says of every account that was configured how far it is known, in the order of the configuration.
func (p *edition) feedStates(ctx context.Context) ([]reports.FeedState, error) {
	held, err := p.store.Coverage(ctx)
	if err != nil {
		return nil, err
	}
	var states []reports.FeedState
	for _, account := range p.terms.Accounts {
		state := reports.FeedState{Feed: account.Feed, Account: account.Account, Reason: "it was never read completely"}
		for _, coverage := range held {
			if coverage.Feed == account.Feed && coverage.Account == account.Account {
				state.CompleteThrough, state.Reason = coverage.Complete.To, coverage.Reason
				state.Complete = coverage.Reason == "" && !coverage.Complete.To.IsZero()
			}
		}
		states = append(states, state)
	}
	return states, nil
}

func controlTotal(t store.Total) reports.ControlTotal {
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: t.Currency} }
	tally := func(of store.Tally) reports.Tally { return reports.Tally{Count: of.Count, Value: amount(of.Minor)} }
	row := reports.ControlTotal{
		Feed: t.Feed, Account: t.Account, Currency: t.Currency, Cases: t.Cases + t.Rejected, Unjudged: t.Unjudged,
		Matched: tally(t.Matched), Waiting: tally(t.Waiting), Excepted: tally(t.Excepted), NothingDue: t.Closed.Count,
		OutOfScope: tally(t.OutOfScope), Rejected: t.Rejected,
	}
	switch {
	case t.Currency == "": // rejected rows alone
	case t.Feed == reconcile.FeedShop:
		row.Orders = &t.Orders.Count
	default:
		row.Payments, row.Gross, row.Refunded = &t.Payments.Count, figure(amount(t.Payments.Minor)), figure(amount(t.Refunds.Minor))
	}
	if t.Movements > 0 {
		row.Fees, row.Net = figure(amount(t.Fees)), figure(amount(t.Net))
	}
	return row
}

func exceptionRow(r reconcile.ExceptionRecord) reports.Exception {
	return reports.Exception{
		ID: r.ID(), State: r.State(), Code: string(r.Code), Severity: string(r.Severity), Status: string(r.Status), Feed: r.Feed, Account: r.Account,
		OrderReference: r.OrderReference, TransactionReference: r.TransactionReference, Currency: r.Currency,
		Expected: figure(r.Expected), Actual: figure(r.Actual), Difference: figure(r.Difference),
		FirstSeen: r.FirstSeen, LastSeen: r.LastSeen, DueAt: r.DueAt, Explanation: r.Explanation, NextStep: r.NextStep,
	}
}

// figure is nil for a side that says nothing.
func figure(amount money.Amount) *money.Amount {
	if amount.Currency == "" {
		return nil
	}
	return &amount
}

func canceledRow(c store.CanceledOrder) reports.CanceledOrder {
	evidence := make([]string, len(c.Evidence))
	for i, e := range c.Evidence {
		evidence[i] = e.Object.ID + " " + e.Status
	}
	return reports.CanceledOrder{
		OrderReference: c.OrderReference, Amount: c.Amount, CanceledAt: c.OutcomeAt, Reason: c.Reason,
		Evidence: strings.Join(evidence, "; "), CustomerTold: told(c),
	}
}

func told(c store.CanceledOrder) string {
	switch {
	case !c.SentAt.IsZero():
		return "sent " + c.SentAt.UTC().Format(time.RFC3339)
	case !c.QueuedAt.IsZero():
		return "waiting in the outbox"
	default:
		return "no message"
	}
}

func ageingRow(rules reconcile.Policy, now time.Time) func(store.Unsettled) reports.AgeingRow {
	return func(u store.Unsettled) reports.AgeingRow {
		due := rules.OverdueAt(u.Payment.CreatedAt)
		state := "waiting"
		switch {
		case u.Payment.Status == reconcile.PaymentSuspended:
			state = "suspended"
		case now.After(due):
			state = "overdue"
		}
		return reports.AgeingRow{
			Feed: u.Payment.Feed, Account: u.Payment.Account, TransactionReference: u.Payment.ID, OrderReference: u.OrderReference, Amount: u.Payment.Amount,
			SettleStatus: cmp.Or(u.Payment.SettleStatus, string(u.Payment.Status)), StartedAt: u.Payment.CreatedAt, DueAt: due, State: state,
		}
	}
}

func refundWindowRow(o reconcile.OwedRow) reports.RefundWindowRow {
	decision, reason := string(o.Decision), o.Reason
	if o.IntentState != "" {
		decision = "refund " + string(o.IntentState)
		reason = strings.TrimSpace(fmt.Sprintf("%s %s", reason, o.RefundID))
	}
	return reports.RefundWindowRow{
		OrderReference: o.OrderReference, PaymentReference: o.Payment.ID, Feed: o.Payment.Feed, Account: o.Payment.Account, Amount: o.Amount,
		Why: string(o.Why), AskedAt: o.AskedAt, WindowEnds: o.WindowEndsAt, Decision: decision, Reason: reason,
	}
}

func payoutRow(s reconcile.PayoutSum) reports.PayoutRow {
	row := reports.PayoutRow{
		Feed: s.Feed, Account: s.Account, Payout: s.ID, Amount: s.Amount, Status: string(s.Status), ArrivesAt: s.ArrivalAt,
		Movements: s.Lines, ReconciliationStatus: itemised(s.Payout),
	}
	sums := s.Sums
	if s.Itemised && s.AllHeld && s.Lines == 0 {
		sums = []money.Amount{{Currency: s.Amount.Currency}} // the provider lists nothing, which is known
	}
	for _, sum := range sums {
		if sum.Currency == s.Amount.Currency {
			row.MovementsSum = &sum
			if difference, err := s.Amount.Sub(sum); err == nil && s.Itemised && s.AllHeld {
				row.Difference = &difference
			}
		}
	}
	return row
}

func itemised(p reconcile.Payout) string {
	switch {
	case !p.Automatic:
		return "not itemised: manual payout"
	case p.Itemised:
		return "completed"
	default:
		return "in progress"
	}
}

func matchedRow(m store.MatchedPair) reports.MatchedRow {
	return reports.MatchedRow{
		OrderReference: m.OrderReference, Feed: m.Payment.Feed, Account: m.Payment.Account, PaymentReference: m.Payment.ID,
		OrderAmount: m.Order, PaidAmount: m.Paid, Refunded: m.Refunded, PaidAt: m.PaidAt, Fee: figure(m.Fee), Net: figure(m.Net), AvailableAt: m.AvailableAt, Settlement: cmp.Or(m.PayoutID, m.MovementID), MatchedBy: string(m.Rule),
	}
}
