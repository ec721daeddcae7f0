package stripe

import (
	"context"
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

// events are those that tell when a source changed, for which there is no list; there is none for pending and consumed
// (stripe.md §1). The last is of PaymentIntents, which may be canceled long after they were made.
var events = []filter{
	{"types[]", "source.chargeable"},
	{"types[]", "source.failed"},
	{"types[]", "source.canceled"},
	{"types[]", "payment_intent.canceled"},
}

// stretch is how much of a long window is read at a time: a first fetch that breaks off goes on where the last stretch ended.
const stretch = 30 * day

// readable are the kinds that can be read by id, in the order in which they are.
var readable = []string{kindRefund, kindDispute, kindPaymentIntent, kindCharge, kindSource, kindPayout}

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
	if err := r.wantOpen(ctx); err != nil {
		return err
	}
	for _, id := range request.Named {
		r.named.add(kindOfID(id), id)
	}
	if err := r.stretches(ctx, request); err != nil {
		return err
	}
	for kind, named := range r.named {
		for id := range named {
			r.must.add(kind, id)
		}
	}
	delete(r.must, "") // no ids of Stripe's
	if err := r.readNamed(ctx); err != nil {
		return err
	}
	if err := r.payoutLines(ctx); err != nil || request.Window.Empty() {
		return err
	}
	return r.stated(ctx, request.Window.To)
}

// stretches reads a window from its beginning to its end, and says how far it has come.
func (r *run) stretches(ctx context.Context, request feeds.Request) error {
	window, first := request.Window, true
	for ; !window.Empty(); first = false {
		part := reconcile.Window{From: window.From, To: earlier(window.From.Truncate(time.Second).Add(stretch), window.To)}
		if err := r.listAll(ctx, part, first); err != nil {
			return err
		}
		window.From = part.To
		if window.Empty() {
			return nil
		}
		if err := r.readNamed(ctx); err != nil {
			return err
		}
		if err := r.payoutLines(ctx); err != nil {
			return err
		}
		if err := request.ReadThrough(ctx, part.To); err != nil {
			return err
		}
		r.asked, r.gone, r.itemised = ids{}, ids{}, map[string]string{}
	}
	return nil
}

// listAll reads the lists of everything that has one. What names others comes after them: so they are held when it is looked
// up whether they are. Behind the first stretch, what changes late was listed with the stretch before.
func (r *run) listAll(ctx context.Context, window reconcile.Window, first bool) error {
	back := func(by time.Duration) reconcile.Window {
		if !first {
			by = 0
		}
		return reconcile.Window{From: window.From.Add(-by), To: window.To}
	}
	lists := []struct {
		kind   string
		window reconcile.Window
		more   []filter
	}{
		{kindPaymentIntent, window, nil},
		{kindCharge, window, nil},
		{kindRefund, back(refundsBack), nil},
		{kindDispute, back(disputesBack), nil},
		{kindPayout, back(payoutsBack), nil},
		{kindBalanceTransaction, window, nil},
		{kindEvent, reconcile.Window{From: later(window.From, window.To.Add(-eventsKept)), To: window.To}, events},
	}
	for _, list := range lists {
		if err := r.list(ctx, list.kind, list.window, list.more...); err != nil {
			return err
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

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// wantOpen asks our memory which objects can still change. Those that the lists show need not be read.
func (r *run) wantOpen(ctx context.Context) error {
	for _, kind := range readable {
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
		for _, kind := range readable {
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

// noteRead remembers what an object that was read by id names. Of a PaymentIntent that is its latest charge, too; one that
// was listed has none that is older than itself, so that the list of charges shows it, of this window or the next.
func (r *run) noteRead(kind string, object shown) {
	if kind == kindPaymentIntent {
		r.may.add(kindCharge, object.LatestCharge.id)
	}
	r.note(kind, object)
}

// note remembers what an object names.
func (r *run) note(kind string, object shown) {
	switch kind {
	case kindCharge:
		r.noteCharge(object)
	case kindRefund, kindDispute:
		r.may.add(kindCharge, object.Charge.id)
		r.may.add(kindPaymentIntent, object.PaymentIntent.id)
	case kindEvent:
		r.noteEvent(object.Data.Object.id)
	case kindBalanceTransaction:
		r.noteMovement(object.slim)
	case kindPayout:
		if object.Automatic && object.ReconciliationStatus == reconciled {
			r.itemised[object.ID] = object.BalanceTransaction.id
		}
	}
}

// noteCharge wants the PaymentIntent and the source of a charge. The source of one that succeeded is used up and can tell
// only which order it was for: when the charge tells that, or shows the source as an object, it need not be read. Without
// this, a first fetch would cost one request for every charge of its hundred days.
func (r *run) noteCharge(object shown) {
	r.may.add(kindPaymentIntent, object.PaymentIntent.id)
	for _, source := range []string{object.Source.id, object.PaymentMethod.id} {
		if kindOfID(source) != kindSource {
			continue // paid with, and no source: card_, ba_, pm_
		}
		if r.client.usedUp(object) {
			delete(r.named[kindSource], source)
			continue
		}
		r.may.add(kindSource, source)
	}
}

// usedUp reports whether nothing more can be learned from the source of a charge. Most show it as an object: then the charge
// need not be read whole, as it is for its order's reference.
func (c *Client) usedUp(charge shown) bool {
	if charge.Status != "succeeded" || charge.Captured != nil && !*charge.Captured {
		return false
	}
	if charge.Source.shown {
		return true
	}
	payment, ok := c.normalise(charge.Observation).(reconcile.Payment)
	return ok && payment.Reference != ""
}

// noteEvent wants the object that an event is about: a source that is not held, a PaymentIntent in any case, for it may be
// so old that it is not read again by itself.
func (r *run) noteEvent(id string) {
	switch kind := kindOfID(id); kind {
	case kindSource:
		r.may.add(kind, id)
	case kindPaymentIntent:
		r.must.add(kind, id)
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
