package feeds

import (
	"bytes"
	"reflect"

	"tieout/reconcile"
)

// Supersedes reports whether what a file tells of an object takes the place of what is held of it. held is nil where nothing
// is. It is the whole rule by which files and the API are mixed in any order:
//
//   - What says the same changes nothing.
//   - What the provider showed of an object by its API stays, unless the file knows it further along: a pending payment that
//     succeeded. A final state never goes back.
//   - Of two files the one that knows the object further along counts. Where both know it equally far and yet differ, the
//     bytes of their rows decide, so that the order in which they come does not.
//   - What cannot be read takes the place of nothing, and only of what is held from a file does a readable row take that place.
//
// The other way round there is no rule: what the API shows after an import is newer than the file, and takes its place as
// it would that of an older version.
func Supersedes(held *Item, row Item) bool {
	if held == nil {
		return true
	}
	ofFile := FromFile(held.Observation.Body)
	_, refusedRow := row.Record.(reconcile.Rejection)
	_, refusedHeld := held.Record.(reconcile.Rejection)
	switch {
	case refusedRow, reflect.DeepEqual(held.Record, row.Record):
		return false
	case refusedHeld:
		return ofFile
	}
	was, is := progress(held.Record), progress(row.Record)
	if was == is {
		return ofFile && bytes.Compare(row.Observation.Body, held.Observation.Body) > 0
	}
	return is > was
}

// progress says how far along an object is; a greater one is later. States between which an object may go both ways, and
// the ends that it may come to, are equally far. What never changes is nowhere.
func progress(record reconcile.Record) int {
	switch record := record.(type) {
	case reconcile.Payment:
		return paymentProgress(record)
	case reconcile.Refund:
		switch record.Status {
		case reconcile.RefundSucceeded:
			return 1
		case reconcile.RefundFailed, reconcile.RefundCanceled: // also after it had succeeded (stripe.md §3)
			return 2
		}
	case reconcile.Payout:
		switch record.Status {
		case reconcile.PayoutPaid:
			return 1
		case reconcile.PayoutFailed, reconcile.PayoutCanceled: // also after it was paid (stripe.md §4)
			return 2
		}
	}
	return 0
}

// paymentProgress: an AUTH goes to and fro between 0, 1, 2 and 10; from there to 3 or 100, and one that is canceled may rarely
// settle after all (source document 002). What succeeded or failed has come to its end.
func paymentProgress(payment reconcile.Payment) int {
	switch payment.Status {
	case reconcile.PaymentCanceled:
		return 1
	case reconcile.PaymentSucceeded, reconcile.PaymentFailed:
		return 2
	}
	return 0
}
