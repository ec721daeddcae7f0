package simulator

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// The exception codes of design §5 that the stories lead to.
const (
	codeMissingAtProvider = "MISSING_AT_PROVIDER"
	codeMissingOrder      = "MISSING_ORDER"
	codeAmountMismatch    = "AMOUNT_MISMATCH"
	codeCurrencyMismatch  = "CURRENCY_MISMATCH"
	codeDuplicate         = "DUPLICATE_PAYMENT"
	codeNotRecorded       = "PAID_NOT_RECORDED"
	codePaidAfterCancel   = "PAID_AFTER_CANCEL"
	codeNotCharged        = "AUTHORISED_NOT_CHARGED"
	codeLost              = "AUTHORISATION_LOST"
	codeOverdue           = "SETTLEMENT_OVERDUE"
	codeSuspended         = "SETTLEMENT_SUSPENDED"
	codePaymentCancelled  = "PAYMENT_CANCELLED"
	codeWindowClosing     = "REFUND_WINDOW_CLOSING"
	codeOutOfWindow       = "REFUND_OUT_OF_WINDOW"
	codeRefundExceeds     = "REFUND_EXCEEDS_PAYMENT"
	codeRefundTooEarly    = "REFUND_BEFORE_SETTLEMENT"
	codeRefundNotRecorded = "REFUND_NOT_RECORDED"
	codeRefundMissing     = "REFUND_MISSING_AT_PROVIDER"
	codeRefundFailed      = "REFUND_FAILED"
	codeDisputed          = "DISPUTED"
	codePayoutMismatch    = "PAYOUT_MISMATCH"
	codeAmbiguous         = "AMBIGUOUS"
	codeInvalid           = "DATA_INVALID"
	codeUnexplained       = "UNEXPLAINED"
)

// What must have become of an order: canceled by the batch job, not canceled by it, or canceled by the shop itself.
const (
	CancelYes  = "yes"
	CancelNo   = "no"
	CancelShop = "shop"
)

// Expectation is one exception that must stand in [From, Until). A zero Until means for ever. OrderReference is the
// shop's, or what the provider carried where the shop has no such order; TransactionReference is the id of the object
// that is wrong, by the readings of design §5. UNEXPLAINED is about a currency of the Stripe account and has neither.
type Expectation struct {
	Code                 string
	OrderReference       string
	TransactionReference string
	From, Until          time.Time
	Currency             string // of Difference; empty where that is not told
	Difference           int64  // actual − expected in minor units: of UNEXPLAINED, and of a payout that pays another sum

	story string
}

// StandsAt tells whether the exception is expected at t.
func (e Expectation) StandsAt(t time.Time) bool {
	return !t.Before(e.From) && (e.Until.IsZero() || t.Before(e.Until))
}

// OrderTruth is what must be said at an instant about one order of the shop, or about one transaction that belongs to
// none. Codes is sorted and holds a code once for each exception.
type OrderTruth struct {
	OrderReference       string
	TransactionReference string // only of a row that belongs to no order of the shop
	Story                string
	Codes                []string
	Cancel               string
}

// expect adds an exception to the story of an order; an empty span adds none.
func (t *teller) expect(code string, o *shopOrder, transaction string, from, until time.Time) {
	t.expectFor(code, o.reference, transaction, from, until)
}

func (t *teller) expectFor(code, reference, transaction string, from, until time.Time) {
	if !until.IsZero() && !from.Before(until) {
		return
	}
	t.world.expectations = append(t.world.expectations, Expectation{
		Code: code, OrderReference: reference, TransactionReference: transaction, From: from, Until: until, story: t.story,
	})
}

// owed adds an exception about money that must go back, with the codes of its refund window beside it.
func (t *teller) owed(code string, o *shopOrder, p payment, transaction string, from, until time.Time) {
	t.expect(code, o, transaction, from, until)
	t.window(o, p, transaction, from, until)
}

// window adds the codes of a refund window for money that is owed in [from, until).
func (t *teller) window(o *shopOrder, p payment, transaction string, from, until time.Time) {
	end := p.windowEnd()
	closes := end
	if !until.IsZero() {
		closes = earlier(end, until)
	}
	t.expect(codeWindowClosing, o, transaction, later(from, end.Add(-closingNotice)), closes)
	t.expect(codeOutOfWindow, o, transaction, later(from, end), until)
}

// Expected returns the exceptions that must stand at t, in a fixed order. It is meant for t from Now to Now + Days, the
// first run being at Now, and for a world whose refunds over HTTP have not been used: who refunds changes the story.
func (w *World) Expected(t time.Time) []Expectation {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.expected(t)
}

func (w *World) expected(t time.Time) []Expectation {
	var out []Expectation
	for _, e := range slices.Concat(w.expectations, w.payoutExpectations(), w.batchExpectations(t), w.faultExpectations(t)) {
		if e.StandsAt(t) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Expectation) int {
		return cmp.Or(cmp.Compare(a.OrderReference, b.OrderReference), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.TransactionReference, b.TransactionReference), cmp.Compare(a.Currency, b.Currency))
	})
	return out
}

// Truth returns one row for each order that the shop has at t, by reference, and then one for each transaction that an
// exception is expected for and that belongs to no order. The limits of Expected hold.
func (w *World) Truth(t time.Time) []OrderTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var rows []OrderTruth
	place := map[string]int{}
	for _, o := range w.orders {
		if o.created.After(t) {
			continue
		}
		place[o.reference] = len(rows)
		rows = append(rows, OrderTruth{OrderReference: o.reference, Story: o.story, Cancel: o.cancelAt(t)})
	}
	return addCodes(rows, place, w.expected(t))
}

// addCodes writes each expectation into its order's row, or into a row of its own.
func addCodes(rows []OrderTruth, place map[string]int, expected []Expectation) []OrderTruth {
	var loose []OrderTruth
	for _, e := range expected {
		if i, ok := place[e.OrderReference]; ok {
			rows[i].Codes = append(rows[i].Codes, e.Code)
			continue
		}
		loose = append(loose, OrderTruth{
			OrderReference: e.OrderReference, TransactionReference: e.TransactionReference, Story: e.story,
			Codes: []string{e.Code}, Cancel: CancelNo,
		})
	}
	return append(rows, loose...)
}

func (o *shopOrder) cancelAt(t time.Time) string {
	if state, _ := o.states.at(t); state.state == orderVoid {
		return CancelShop
	}
	if !o.cancelFrom.IsZero() && !t.Before(o.cancelFrom) {
		return CancelYes
	}
	return CancelNo
}

// WriteTruth writes Truth(t) as CSV: order_reference, transaction_reference, story, codes (sorted, separated by spaces)
// and cancel (yes, no or shop).
func (w *World) WriteTruth(out io.Writer, t time.Time) error {
	c := csv.NewWriter(out)
	rows := [][]string{{"order_reference", "transaction_reference", "story", "codes", "cancel"}}
	for _, r := range w.Truth(t) {
		rows = append(rows, []string{
			r.OrderReference, r.TransactionReference, r.Story, strings.Join(r.Codes, " "), r.Cancel,
		})
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write the truth at %s: %w", t.UTC().Format(time.RFC3339), err)
	}
	return nil
}
