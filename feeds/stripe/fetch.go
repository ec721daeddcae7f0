package stripe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

const day = 24 * time.Hour

// How far back before the window the lists go whose objects change after they were created, and how long Stripe keeps
// events (stripe.md §1, §10). Alipay refunds and payouts end within days; an evidence deadline and a verdict take months.
const (
	refundsBack  = 30 * day
	payoutsBack  = 30 * day
	disputesBack = 120 * day
	eventsKept   = 30 * day
)

// sourceEvents are the events that tell when a source changed; there is none for pending and consumed (stripe.md §1).
var sourceEvents = []filter{
	{"types[]", "source.chargeable"},
	{"types[]", "source.failed"},
	{"types[]", "source.canceled"},
}

// Fetch hands to the request's sink what was created in the window, the refunds and payouts of the 30 days and the
// disputes of the 120 days before it, and then by id whatever these name, the shop names or our memory holds open. There
// is no list of sources: they are found through charges, events, orders and memory (source document 001, stripe.md §1). At
// the end it asks what the account holds.
//
// It stops at the first error, and then the fetch is incomplete; the tally counts what was shown until then.
func (c *Client) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	r := newRun(c, request.Memory, request.Sink)
	err := r.fetch(ctx, request)
	return r.tally, err
}

func (r *run) fetch(ctx context.Context, request feeds.Request) error {
	if !request.Window.Empty() {
		if err := r.listAll(ctx, request.Window); err != nil {
			return err
		}
	}
	if err := r.wantOpen(ctx); err != nil {
		return err
	}
	for _, id := range request.Named {
		if kind := kindOfID(id); kind != "" && !r.spent[kind][id] {
			r.must.add(kind, id)
		}
	}
	if err := r.readNamed(ctx); err != nil {
		return err
	}
	if err := r.payoutLines(ctx); err != nil || request.Window.Empty() {
		return err
	}
	return r.stated(ctx, request.Window.To)
}

// listAll reads the lists of everything that has one.
func (r *run) listAll(ctx context.Context, window reconcile.Window) error {
	lists := []struct {
		kind string
		from time.Time
		more []filter
	}{
		{kindCharge, window.From, nil},
		{kindPaymentIntent, window.From, nil},
		{kindRefund, window.From.Add(-refundsBack), nil},
		{kindDispute, window.From.Add(-disputesBack), nil},
		{kindBalanceTransaction, window.From, nil},
		{kindPayout, window.From.Add(-payoutsBack), nil},
		{kindEvent, later(window.From, window.To.Add(-eventsKept)), sourceEvents},
	}
	for _, list := range lists {
		part := reconcile.Window{From: list.from, To: window.To}
		if err := r.list(ctx, list.kind, append(createdIn(part), list.more...)); err != nil {
			return fmt.Errorf("list %ss created %s: %w", list.kind, span(part), err)
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// wantOpen asks our memory which objects can still change.
func (r *run) wantOpen(ctx context.Context) error {
	for _, kind := range []string{kindCharge, kindPaymentIntent, kindSource, kindRefund, kindDispute, kindPayout} {
		open, err := r.memory.Open(ctx, kind)
		if err != nil {
			return err
		}
		for _, id := range open {
			r.must.add(kind, id)
		}
	}
	return nil
}

// readNamed reads by id what is wanted, and what that names in turn: a refund its charge, a PaymentIntent its latest
// charge, a charge its source or PaymentIntent. No id is read twice, so it ends.
func (r *run) readNamed(ctx context.Context) error {
	for {
		read := 0
		for _, kind := range []string{kindRefund, kindDispute, kindPaymentIntent, kindCharge, kindSource, kindPayout} {
			count, err := r.readDue(ctx, kind)
			if err != nil {
				return err
			}
			read += count
		}
		if read == 0 {
			return nil
		}
	}
}

// note remembers what an object names.
func (r *run) note(kind string, object slim, observation feeds.Observation) {
	switch kind {
	case kindCharge:
		r.noteCharge(object, observation)
	case kindPaymentIntent:
		r.may.add(kindCharge, object.LatestCharge.id)
	case kindRefund, kindDispute:
		r.may.add(kindCharge, object.Charge.id)
		r.may.add(kindPaymentIntent, object.PaymentIntent.id)
	case kindEvent:
		r.noteSource(object.Data.Object.id)
	case kindBalanceTransaction:
		r.noteMovement(object)
	case kindPayout:
		if object.Automatic && object.ReconciliationStatus == reconciled {
			r.itemised[object.ID] = object.BalanceTransaction.id
		}
	}
}

// noteCharge wants the PaymentIntent and the source of a charge. The source of one that succeeded is used up and can tell
// only which order it was for: when the charge tells that, or shows the source as an object, it need not be read. Without
// this, a first fetch would cost one request for every charge of its hundred days.
func (r *run) noteCharge(object slim, observation feeds.Observation) {
	r.may.add(kindPaymentIntent, object.PaymentIntent.id)
	payment, ok := r.client.normalise(observation).(reconcile.Payment)
	usedUp := ok && payment.Status == reconcile.PaymentSucceeded && (payment.Reference != "" || object.Source.shown)
	for _, source := range []string{object.Source.id, object.PaymentMethod.id} {
		if usedUp {
			r.spent.add(kindSource, source)
			continue
		}
		r.noteSource(source)
	}
}

// noteSource leaves out what is paid with but is no source: card_, ba_, pm_.
func (r *run) noteSource(id string) {
	if kindOfID(id) == kindSource {
		r.may.add(kindSource, id)
	}
}

// noteMovement wants the object that a movement names, if it is not held; and wants it again when the movement undid it,
// because its state changed after it was listed or held: a failed refund (refund_failure, charge_failure), a payout that
// came back (payout_reversal), a dispute won (dispute_reversal).
func (r *run) noteMovement(object slim) {
	id := object.Source.id
	kind := kindOfID(id)
	switch {
	case kind == "":
	case strings.HasSuffix(object.ReportingCategory, "_failure"), strings.HasSuffix(object.ReportingCategory, "_reversal"):
		r.must.add(kind, id)
	default:
		r.may.add(kind, id)
	}
}
