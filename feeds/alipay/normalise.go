package alipay

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// Normalise reads an observation that was made from a row. It needs no setting: what depends on one was decided when the row
// was read.
func Normalise(observation feeds.Observation) reconcile.Record {
	key := observation.Key
	values, ok := feeds.RowOf(observation.Body)
	r := &reader{values: values}
	if !ok || values["id"] != key.ID {
		r.fail("a %s without an id of its own", key.Kind)
	}
	record := r.record(key)
	if r.problem == "" {
		return record
	}
	return reconcile.Rejection{Key: key, Reason: r.problem, Reference: r.reference(), LinkedID: cmp.Or(values["object"], values["original"])}
}

// reader reads the values of a row and keeps the first thing that is wrong with them.
type reader struct {
	values  map[string]string
	problem string
}

func (r *reader) fail(format string, values ...any) {
	if r.problem == "" {
		r.problem = fmt.Sprintf(format, values...)
	}
}

func (r *reader) record(key reconcile.Key) reconcile.Record {
	switch key.Kind {
	case kindPayment:
		return r.payment(key)
	case kindRefund:
		return r.refund(key)
	case kindMovement:
		return r.movement(key)
	case kindPayout:
		return reconcile.Payout{
			Key: key, Amount: r.amount("settled", "settled_currency"), Status: reconcile.PayoutPaid, Automatic: true, Itemised: true, CreatedAt: r.time("settled_at"), ArrivalAt: r.time("settled_at"),
		}
	case kindLine:
		return reconcile.PayoutLine{Key: key, PayoutID: r.values["batch"], Category: r.values["category"], Net: r.amount("net", "settled_currency")}
	case kindRow:
		r.fail("%s", r.values["reason"])
	default:
		r.fail("unknown kind %q", key.Kind)
	}
	return nil
}

// payment: out_trade_no is what the customer paid, so it stands as the payment's source, and a refund, which names nothing
// else, finds the payment by it.
func (r *reader) payment(key reconcile.Key) reconcile.Record {
	payment := reconcile.Payment{
		Key: key, SourceID: r.values["request"], Reference: r.reference(), Amount: r.positive("amount", "currency"),
		Status: reconcile.PaymentStatus(r.status()), InScope: true, CreatedAt: r.began(),
	}
	if payment.Status == reconcile.PaymentSucceeded {
		payment.SucceededAt = r.began()
		if r.values["completed"] != "" {
			payment.SucceededAt = r.time("completed")
		}
	}
	return payment
}

func (r *reader) refund(key reconcile.Key) reconcile.Record {
	if r.values["original"] == "" {
		r.fail("the refund does not say of which payment (feeds.alipay.columns.original)")
	}
	return reconcile.Refund{
		Key: key, PaymentID: r.values["original"], Reference: cmp.Or(r.values["order"], r.values["original"]), Amount: r.positive("amount", "currency"),
		Status: reconcile.RefundStatus(r.status()), CreatedAt: r.began(),
	}
}

// reference is the order that a payment names: by a number of its own, or else by out_trade_no. A row that cannot be read may
// be a refund, and then names the payment's.
func (r *reader) reference() string {
	return cmp.Or(r.values["order"], r.values["original"], r.values["request"])
}

// status is pending, succeeded or failed, which payments and refunds call the same.
func (r *reader) status() string {
	word, unknown := strings.CutPrefix(r.values["status"], "unknown: ")
	if unknown {
		r.fail("unknown status %q: name it under feeds.alipay.statuses", word)
	}
	return word
}

// began is when a transaction was made; where that is not told, when it was completed.
func (r *reader) began() time.Time {
	if r.values["created"] != "" {
		return r.time("created")
	}
	return r.time("completed")
}

func (r *reader) movement(key reconcile.Key) reconcile.Record {
	return reconcile.Movement{
		Key: key, ObjectID: r.values["object"], Category: r.values["category"], Gross: r.amount("gross", "settled_currency"),
		Fee: r.amount("fee", "settled_currency"), Net: r.amount("net", "settled_currency"), CreatedAt: r.time("settled_at"), AvailableAt: r.time("settled_at"),
	}
}

func (r *reader) amount(name, currency string) money.Amount {
	amount, err := money.Parse(r.values[name], r.values[currency])
	if err != nil {
		r.fail("%s: %v", name, err)
	}
	return amount
}

// positive is the amount of a payment or refund: its type tells the direction, and some files write a sign as well.
func (r *reader) positive(name, currency string) money.Amount {
	amount := r.amount(name, currency)
	if amount.Minor < 0 {
		return amount.Neg()
	}
	return amount
}

func (r *reader) time(name string) time.Time {
	at, err := time.Parse(time.RFC3339, r.values[name])
	if err != nil {
		r.fail("%s: the row tells no time", name)
	}
	return at.UTC()
}
