// Package feeds is the contract between the places that facts come from and the rest of tieout.
//
// A feed does two things and keeps them apart. It fetches: it hands every object it is shown to a Sink as an Observation,
// unread but for its key, with personal data removed. And it normalises: a pure function turns one observation into one
// record in tieout's words, or into a rejection that says why not. So a normaliser's bug is mended and replayed over the
// observations (design §1).
package feeds

import (
	"context"
	"time"

	"tieout/reconcile"
)

// Observation is one object as a feed showed it: the key and the JSON that passed the feed's allow-list.
type Observation struct {
	Key  reconcile.Key
	Body []byte // canonical JSON: keys sorted, no insignificant white space
}

// Normalise turns an observation into a record. It is pure and total: what cannot be read becomes a
// reconcile.Rejection with the same key.
type Normalise func(Observation) reconcile.Record

// Sink takes what a feed was shown. It may be called from one goroutine at a time. A feed stops at the first error.
type Sink interface {
	Observe(ctx context.Context, batch []Observation) error
}

// Memory is what is already held of one account of a feed; a feed asks it which objects to read again by id.
type Memory interface {
	// Open lists the ids of a kind whose held state can still change, sorted.
	Open(ctx context.Context, kind string) ([]string, error)
	// Missing returns those of the ids of a kind that are not held yet, sorted and without repeats.
	Missing(ctx context.Context, kind string, ids []string) ([]string, error)
}

// Request says what to fetch.
type Request struct {
	Window reconcile.Window // objects created in it
	Named  []string         // payment ids on the shop's orders for which nothing is held yet; a feed reads those it recognises
	Memory Memory
	Sink   Sink

	// Through, if not nil, is told that all that was created in the window before an instant has been handed over; the next
	// fetch goes on there if this one breaks off. A feed calls it by ReadThrough, each time for a later instant.
	Through func(ctx context.Context, instant time.Time) error
}

// ReadThrough says that the window has been read completely up to an instant.
func (r Request) ReadThrough(ctx context.Context, instant time.Time) error {
	if r.Through == nil {
		return nil
	}
	return r.Through(ctx, instant)
}

// Tally counts what a fetch was shown. Read = handed to the sink + OtherMode.
type Tally struct {
	Read      int // objects the provider answered with
	OtherMode int // of the other mode (test objects with a live key, or live ones with a test key): left alone
}

// Add adds other to t.
func (t *Tally) Add(other Tally) {
	t.Read += other.Read
	t.OtherMode += other.OtherMode
}

// Recheck says what to read again right before an order is canceled.
type Recheck struct {
	Since      reconcile.Window // payments created in it are listed again: what came since the last fetch
	IDs        []reconcile.Key  // the order's sources and payments held at this account
	References []string         // the order's reference as this feed may carry it
	Sink       Sink
}

// RefundInstruction is one refund to make at a provider.
type RefundInstruction struct {
	Payment        reconcile.Payment
	Amount         int64    // minor units of the payment's currency
	IdempotencyKey string   // the same for every try of the same refund
	Reference      string   // our own name for the refund, to find it again
	Known          []string // ids of the refunds of this payment that the decision took into account
}

// RefundState is how an attempt to refund ended. An error instead of an outcome means that this call moved nothing and that
// the same instruction may be given again.
type RefundState string

// How an attempt to refund ended. After RefundUnknown nothing is sent again before the provider has been read.
const (
	RefundMade    RefundState = "made"
	RefundRefused RefundState = "refused" // the provider said no; nothing moved
	RefundUnknown RefundState = "unknown" // the request went out and no answer came back
)

// RefundOutcome is the provider's answer to a RefundInstruction.
type RefundOutcome struct {
	State    RefundState
	RefundID string // the provider's id of the refund made
	Reason   string // code and message of a refusal, or what broke
}

// Item is an observation with the record that it normalises to.
type Item struct {
	Observation Observation
	Record      reconcile.Record
}

// Counts says what became of items that were handed to the store: Read = Stored + Unchanged; Rejected are among them.
type Counts struct {
	Read, Stored, Unchanged, Rejected int
}
