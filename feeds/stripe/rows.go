package stripe

import (
	"fmt"
	"strings"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// reportTime is how Stripe's reports write a time.
const reportTime = "2006-01-02 15:04:05"

// row reads an observation that was made from a row of a report. Its amounts are in major units (stripe.md §4).
func (n normaliser) row(key reconcile.Key, values map[string]string) reconcile.Record {
	r := &rowReader{values: values}
	record := n.rowRecord(key, r)
	if values["id"] != key.ID {
		r.fail("a %s without an id of its own", key.Kind)
	}
	if r.problem == "" {
		return record
	}
	return reconcile.Rejection{Key: key, Reason: r.problem, Reference: n.rowReference(values), LinkedID: values[columnSource]}
}

func (n normaliser) rowRecord(key reconcile.Key, r *rowReader) reconcile.Record {
	switch key.Kind {
	case kindBalanceTransaction:
		return r.movement(key)
	case kindPayoutLine:
		return reconcile.PayoutLine{Key: key, PayoutID: r.must(columnPayout), Category: r.must(columnCategory), Net: r.amount(columnNet, columnCurrency)}
	case kindCharge:
		return n.rowPayment(key, r)
	}
	r.fail("unknown kind %q", key.Kind)
	return nil
}

// rowPayment reads what was paid through a PaymentIntent, as the movement of its charge tells it.
func (n normaliser) rowPayment(key reconcile.Key, r *rowReader) reconcile.Record {
	created := r.time(columnChargeCreated)
	payment := reconcile.Payment{
		Key: key, SourceID: r.must(columnIntent), Reference: n.rowReference(r.values), Amount: r.amount(columnFacingAmount, columnFacingCurrency),
		Status: reconcile.PaymentSucceeded, InScope: n.inScope(r.values[columnMethod]), CreatedAt: created, SucceededAt: created,
	}
	if payment.Amount.Minor < 0 {
		r.fail("%s %s is negative", columnFacingAmount, payment.Amount)
	}
	return payment
}

// rowReference returns the first reference of a payment's row.
func (n normaliser) rowReference(values map[string]string) string {
	for _, key := range n.references {
		name, _ := strings.CutPrefix(key, "metadata.")
		if reference := values[referenceColumn(name)]; reference != "" {
			return reference
		}
	}
	return ""
}

// rowReader reads the values of a row and keeps the first thing that is wrong with them.
type rowReader struct {
	values  map[string]string
	problem string
}

func (r *rowReader) fail(format string, values ...any) {
	if r.problem == "" {
		r.problem = fmt.Sprintf(format, values...)
	}
}

func (r *rowReader) must(column string) string {
	text := r.values[column]
	if text == "" {
		r.fail("%s is missing", column)
	}
	return text
}

// amount reads a decimal of major units into minor units, exactly or not at all.
func (r *rowReader) amount(column, currency string) money.Amount {
	amount, err := money.Parse(r.must(column), r.values[currency])
	if err != nil {
		r.fail("%s: %v", column, err)
	}
	return amount
}

// time reads a time in UTC; a date alone is its midnight.
func (r *rowReader) time(column string) time.Time {
	text := r.must(inUTC(column))
	for _, layout := range []string{reportTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1970 {
			return at
		}
	}
	r.fail("%s %q is no time; it is written %s", inUTC(column), text, reportTime)
	return time.Time{}
}

func (r *rowReader) timeIfGiven(column string) time.Time {
	if r.values[inUTC(column)] == "" {
		return time.Time{}
	}
	return r.time(column)
}

// movement reads a balance transaction. Its three figures must add up, for the tie-out stands on them.
func (r *rowReader) movement(key reconcile.Key) reconcile.Record {
	read := reconcile.Movement{
		Key: key, ObjectID: r.values[columnSource], Category: r.must(columnCategory), Gross: r.amount(columnGross, columnCurrency),
		Fee: r.amount(columnFee, columnCurrency), Net: r.amount(columnNet, columnCurrency), CreatedAt: r.time(columnCreated), AvailableAt: r.timeIfGiven(columnAvailable),
	}
	if net, err := read.Gross.Sub(read.Fee); r.problem == "" && (err != nil || net != read.Net) {
		r.fail("gross %s less fee %s is not net %s", read.Gross, read.Fee, read.Net)
	}
	return read
}
