package simulator

import (
	"testing"
	"time"
)

// success is when the money of a charge or an AUTH arrived.
func success(w *World, id string) time.Time {
	if c, ok := w.charges.byID[id]; ok {
		return c.created
	}
	return w.transactions.byID[id].states.last().settled
}

// begun is where the refund window of a charge or an AUTH counts from.
func begun(w *World, id string) time.Time {
	if c, ok := w.charges.byID[id]; ok {
		return c.created
	}
	return w.transactions.byID[id].created
}

func refundCreated(w *World, id string) time.Time {
	if r, ok := w.refunds.byID[id]; ok {
		return r.created
	}
	return w.transactions.byID[id].created
}

func orderOf(t *testing.T, w *World, reference string) *shopOrder {
	t.Helper()
	for _, o := range w.orders {
		if o.reference == reference {
			return o
		}
	}
	t.Fatalf("no order %s", reference)
	return nil
}

// TestGraces measures each exception's first instant from the object that it is about.
func TestGraces(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	since := map[string]func(Expectation) time.Time{
		codeNotRecorded:       func(e Expectation) time.Time { return success(w, e.TransactionReference) },
		codeMissingOrder:      func(e Expectation) time.Time { return success(w, e.TransactionReference) },
		codeMissingAtProvider: func(e Expectation) time.Time { return orderOf(t, w, e.OrderReference).states.last().paidAt },
		codeRefundNotRecorded: func(e Expectation) time.Time { return refundCreated(w, e.TransactionReference) },
		codeOverdue:           func(e Expectation) time.Time { return begun(w, e.TransactionReference) },
	}
	want := map[string]time.Duration{
		codeNotRecorded: time.Hour, codeMissingOrder: time.Hour, codeMissingAtProvider: 24 * time.Hour,
		codeRefundNotRecorded: 24 * time.Hour, codeOverdue: 7*24*time.Hour + time.Nanosecond,
	}
	for _, e := range w.expectations {
		if from, ok := since[e.Code]; ok && e.From.Sub(from(e)) != want[e.Code] {
			t.Errorf("%s of %s stands after %s, want %s", e.Code, e.TransactionReference, e.From.Sub(from(e)), want[e.Code])
		}
	}
}

// TestWindowCodes has each warning end when the window does, and begin at most fourteen days before.
func TestWindowCodes(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	seen := map[string]int{}
	for _, e := range w.expectations {
		if e.Code != codeWindowClosing && e.Code != codeOutOfWindow {
			continue
		}
		seen[e.Code]++
		end := begun(w, e.TransactionReference).Add(90 * 24 * time.Hour)
		late := e.Code == codeOutOfWindow
		if late && e.From.Before(end) {
			t.Errorf("%s of %s stands before its window ends", e.Code, e.TransactionReference)
		}
		if !late && (e.Until.After(end) || e.From.Before(end.Add(-14*24*time.Hour))) {
			t.Errorf("%s of %s stands in [%s, %s), its window ends %s", e.Code, e.TransactionReference, e.From, e.Until, end)
		}
	}
	if seen[codeWindowClosing] == 0 || seen[codeOutOfWindow] == 0 {
		t.Errorf("seen %v", seen)
	}
}

// TestOneRowPerCause has no exception twice, and no two about the order itself for one order.
func TestOneRowPerCause(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	aboutOrder := map[string]bool{codeMissingAtProvider: true, codeNotRecorded: true, codePaymentCancelled: true,
		codeAmountMismatch: true, codeCurrencyMismatch: true}
	for _, at := range []time.Time{endOfDay, endOfDay.Add(day), endOfDay.Add(2 * day)} {
		seen, orders := map[string]bool{}, map[string]string{}
		for _, e := range w.Expected(at) {
			key := e.Code + " " + e.OrderReference + " " + e.TransactionReference
			if seen[key] {
				t.Errorf("%s: %s twice", at, key)
			}
			seen[key] = true
			if other := orders[e.OrderReference]; aboutOrder[e.Code] && e.OrderReference != "" && other != "" {
				t.Errorf("%s: %s has %s and %s", at, e.OrderReference, other, e.Code)
			}
			if aboutOrder[e.Code] {
				orders[e.OrderReference] = e.Code
			}
		}
	}
}

// TestDuplicatesNameTheLaterPayment finds both payments of each duplicate and compares when they began.
func TestDuplicatesNameTheLaterPayment(t *testing.T) {
	w := newWorld(t, Config{Orders: 300, Stories: map[string]int{"duplicate": 1, "duplicate_across": 1}})
	for _, e := range w.expectations {
		if e.Code != codeDuplicate {
			continue
		}
		surplus := begun(w, e.TransactionReference)
		for _, id := range paymentsOf(w, e.OrderReference) {
			if begun(w, id).After(surplus) {
				t.Errorf("%s: %s is called the surplus, and %s began later", e.OrderReference, e.TransactionReference, id)
			}
			if success(w, id).After(e.From) {
				t.Errorf("%s: the duplicate stands before %s took money", e.OrderReference, id)
			}
		}
	}
}

// paymentsOf returns the ids of everything that names an order and took money.
func paymentsOf(w *World, reference string) []string {
	var out []string
	for _, c := range w.charges.items {
		if c.metadata["order_id"] == reference || c.metadata["order_reference"] == reference {
			out = append(out, c.id)
		}
	}
	for _, x := range w.transactions.items {
		if x.reference == truncateReference(reference) {
			out = append(out, x.id)
		}
	}
	return out
}

// TestLateEndsOfAuthorisations has each loss begin where its authorisation ends, at both kinds of deadline.
func TestLateEndsOfAuthorisations(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	afterHours, atCutOff := 0, 0
	waiting := map[string]Expectation{}
	for _, e := range w.expectations {
		if e.Code == codeNotCharged {
			waiting[e.TransactionReference] = e
		}
	}
	for _, e := range w.expectations {
		if e.Code != codeLost {
			continue
		}
		before := waiting[e.TransactionReference]
		if state, _ := w.sources.byID[e.TransactionReference].states.at(e.From); state.status != "canceled" || !before.Until.Equal(e.From) {
			t.Errorf("%s is %s when it is lost, and was chargeable until %s", e.TransactionReference, state.status, before.Until)
		}
		local := e.From.In(shanghai)
		switch {
		case local.Hour() == 23 && local.Minute() == 45 && local.Second() == 0:
			atCutOff++
		case e.From.Sub(before.From) == 6*time.Hour:
			afterHours++
		default:
			t.Errorf("%s ends at %s, %s after it was authorised", e.TransactionReference, local, e.From.Sub(before.From))
		}
		if e.Until.Before(endOfDay.Add(30*day)) || e.Until.Before(e.From.Add(30*day)) {
			t.Errorf("%s is forgotten at %s", e.TransactionReference, e.Until)
		}
	}
	if afterHours == 0 || atCutOff == 0 {
		t.Errorf("%d ended after six hours, %d at the cut-off", afterHours, atCutOff)
	}
}

// TestClosings has each exception that ends do so when its cause is gone.
func TestClosings(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	over := map[string]bool{"won": true, "lost": true, "warning_closed": true}
	seen := map[string]int{}
	for _, e := range w.expectations {
		if e.Until.IsZero() {
			continue
		}
		switch e.Code {
		case codeDisputed:
			d := w.disputes.byID[e.TransactionReference]
			before, _ := d.states.at(e.Until.Add(-time.Second))
			after, _ := d.states.at(e.Until)
			if over[before] || !over[after] {
				t.Errorf("dispute %s goes from %s to %s", d.id, before, after)
			}
			if after == "won" && !d.movements[1].created.Equal(e.Until) {
				t.Errorf("dispute %s is won at %s and paid back at %s", d.id, e.Until, d.movements[1].created)
			}
		case codeRefundTooEarly, codeOverdue:
			if got := success(w, e.TransactionReference); !got.Equal(e.Until) {
				t.Errorf("%s of %s ends %s, it settled %s", e.Code, e.TransactionReference, e.Until, got)
			}
		case codeRefundFailed:
			if !laterRefundSucceeds(w.refunds.byID[e.TransactionReference], e.Until) {
				t.Errorf("no later refund of the payment of %s succeeds at %s", e.TransactionReference, e.Until)
			}
		}
		seen[e.Code]++
	}
	for _, code := range []string{codeDisputed, codeOverdue, codeRefundFailed, codeDuplicate, codePaidAfterCancel, codeNotRecorded,
		codeRefundTooEarly} {
		if seen[code] == 0 {
			t.Errorf("no %s ever ends", code)
		}
	}
}

func laterRefundSucceeds(failed *refund, at time.Time) bool {
	for _, r := range failed.charge.refunds {
		if status, _ := r.states.at(at); r.created.After(failed.states.since(at)) && status == "succeeded" {
			return true
		}
	}
	return false
}
