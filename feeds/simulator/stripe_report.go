package simulator

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// reportTime is how a report writes a time.
const reportTime = "2006-01-02 15:04:05"

// StripeReport says which of Stripe's itemised reports to write: every movement, or those that a payout paid out.
type StripeReport struct {
	At       time.Time // when it is made: it tells what is known then
	From, To time.Time // of the movements' creation, or of the payouts'; half-open
	PaidOut  bool      // payout reconciliation, instead of balance change from activity
	Columns  []string  // default StripeReportColumns
}

// StripeReportColumns are the columns that a report can have here, besides the personal data that it leaves out.
func StripeReportColumns() []string {
	columns := make([]string, len(reportColumns))
	for i, column := range reportColumns {
		columns[i] = column.name
	}
	return columns
}

type reportColumn struct {
	name  string
	value func(reportRow) string
}

// reportRow is a movement with the charge that it is about; nil where there is none.
type reportRow struct {
	*movement
	charge *charge
	at     time.Time
}

var reportColumns = []reportColumn{
	{"balance_transaction_id", func(r reportRow) string { return r.id }},
	{"created_utc", func(r reportRow) string { return r.created.UTC().Format(reportTime) }},
	{"created", func(r reportRow) string { return r.created.In(reportZone).Format(reportTime) }},
	{"available_on_utc", func(r reportRow) string { return r.available.UTC().Format(reportTime) }},
	{"available_on", func(r reportRow) string { return r.available.In(reportZone).Format(reportTime) }},
	{"currency", func(r reportRow) string { return strings.ToLower(r.currency) }},
	{"gross", func(r reportRow) string { return majorUnits(r.amount, r.currency) }},
	{"fee", func(r reportRow) string { return majorUnits(r.fee, r.currency) }},
	{"net", func(r reportRow) string { return majorUnits(r.net(), r.currency) }},
	{"reporting_category", func(r reportRow) string { return r.category }},
	{"source_id", func(r reportRow) string { return r.source }},
	{"description", func(r reportRow) string { return "Tickets, row 4" }},
	{"customer_facing_amount", func(r reportRow) string {
		return r.ofCharge(func(c *charge) string { return majorUnits(c.amount, c.currency) })
	}},
	{"customer_facing_currency", func(r reportRow) string {
		return r.ofCharge(func(c *charge) string { return strings.ToLower(c.currency) })
	}},
	{"automatic_payout_id", reportRow.payoutID},
	{"charge_id", func(r reportRow) string { return r.ofCharge(func(c *charge) string { return c.id }) }},
	{"payment_intent_id", func(r reportRow) string { return r.ofCharge((*charge).intentID) }},
	{"charge_created_utc", func(r reportRow) string {
		return r.ofCharge(func(c *charge) string { return c.created.UTC().Format(reportTime) })
	}},
	{"payment_method_type", func(r reportRow) string { return r.ofCharge(func(c *charge) string { return c.method }) }},
	{"customer_email", func(r reportRow) string { return r.ofCharge(func(c *charge) string { return c.email }) }},
	{"payment_metadata[order_id]", func(r reportRow) string { return r.ofCharge(func(c *charge) string { return c.metadata["order_id"] }) }},
	{"payment_metadata[order_reference]", func(r reportRow) string {
		return r.ofCharge(func(c *charge) string { return c.metadata["order_reference"] })
	}},
}

// reportZone is the zone of the account, in which the columns without _utc are.
var reportZone = time.FixedZone("Asia/Shanghai", 8*60*60)

func (r reportRow) ofCharge(value func(*charge) string) string {
	if r.charge == nil {
		return ""
	}
	return value(r.charge)
}

// payoutID is the automatic payout that paid the row out; manual ones cannot be itemised.
func (r reportRow) payoutID() string {
	if r.payout == nil || r.payout.fault == payoutManual || r.at.Before(r.payout.created) {
		return ""
	}
	return r.payout.id
}

// WriteStripeReport writes a report as Stripe would make it at an instant.
func (w *World) WriteStripeReport(out io.Writer, report StripeReport) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	columns := report.columns()
	c := csv.NewWriter(out)
	rows := [][]string{make([]string, len(columns))}
	for i, column := range columns {
		rows[0][i] = column.name
	}
	for _, m := range w.movements.between(time.Time{}, report.At) {
		if !report.has(m) {
			continue
		}
		row := make([]string, len(columns))
		for i, column := range columns {
			row[i] = column.value(reportRow{m, w.chargeOf(m.source), report.At})
		}
		rows = append(rows, row)
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write a report of Stripe's: %w", err)
	}
	return nil
}

func (report StripeReport) columns() (chosen []reportColumn) {
	if report.Columns == nil {
		return reportColumns
	}
	for _, name := range report.Columns {
		for _, column := range reportColumns {
			if column.name == name {
				chosen = append(chosen, column)
			}
		}
	}
	return chosen
}

// has tells whether a movement is in the report. Of payouts those are whose list is complete.
func (report StripeReport) has(m *movement) bool {
	at := m.created
	if report.PaidOut {
		if m.payout == nil || m.payout.reconciliation(report.At) != "completed" {
			return false
		}
		at = m.payout.created
	}
	return !at.Before(report.From) && at.Before(report.To)
}

// chargeOf finds the charge behind a charge, a refund or a dispute; nil for anything else.
func (w *World) chargeOf(id string) *charge {
	if r := w.refunds.byID[id]; r != nil {
		return r.charge
	}
	if d := w.disputes.byID[id]; d != nil {
		return d.charge
	}
	return w.charges.byID[id]
}

// majorUnits writes an amount of minor units as a decimal.
func majorUnits(amount int64, currency string) string {
	if currency == "JPY" || currency == "KRW" {
		return strconv.FormatInt(amount, 10)
	}
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	return fmt.Sprintf("%s%d.%02d", sign, amount/100, amount%100)
}
