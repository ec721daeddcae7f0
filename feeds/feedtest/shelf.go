package feedtest

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Shelf is what a store would hold of an account: the newest body and record of each key. It is the sink and the memory of a
// fetch.
type Shelf struct {
	Records map[reconcile.Key]reconcile.Record

	t             testing.TB
	feed, account string
	normalise     feeds.Normalise
	bodies        map[reconcile.Key]string

	handed  []feeds.Observation // since the last fetch began, in order
	changed []reconcile.Key     // those of them that differ from what was held
	calls   int
	through func(context.Context, time.Time) error // is told how far a fetch has come; may be nil
	refuse  func(call int) error                   // decides whether a call fails; nil: none does
	inside  atomic.Int32
}

// NewShelf is an empty one.
func NewShelf(t testing.TB, feed, account string, normalise feeds.Normalise) *Shelf {
	return &Shelf{t: t, feed: feed, account: account, normalise: normalise, bodies: map[reconcile.Key]string{}, Records: map[reconcile.Key]reconcile.Record{}}
}

// copy is a shelf that holds the same.
func (s *Shelf) copy() *Shelf {
	same := NewShelf(s.t, s.feed, s.account, s.normalise)
	same.bodies, same.Records = maps.Clone(s.bodies), maps.Clone(s.Records)
	return same
}

// Observe keeps a batch. Two calls at once are a mistake: the contract of feeds.Sink.
func (s *Shelf) Observe(_ context.Context, batch []feeds.Observation) error {
	if s.inside.Add(1) > 1 {
		s.t.Error("the sink is called by two goroutines at once")
	}
	defer s.inside.Add(-1)
	runtime.Gosched()
	s.calls++
	if s.refuse != nil {
		if err := s.refuse(s.calls); err != nil {
			return err
		}
	}
	for _, observation := range batch {
		s.handed = append(s.handed, observation)
		if body, held := s.bodies[observation.Key]; !held || body != string(observation.Body) {
			s.changed = append(s.changed, observation.Key)
		}
		s.bodies[observation.Key] = string(observation.Body)
		s.Records[observation.Key] = s.normalise(observation)
	}
	return nil
}

// Missing tells which ids are not held.
func (s *Shelf) Missing(_ context.Context, kind string, ids []string) ([]string, error) {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return s.Records[reconcile.Key{Feed: s.feed, Account: s.account, Kind: kind, ID: id}] != nil
	})
	slices.Sort(missing)
	return slices.Compact(missing), nil
}

// Open tells which objects of a kind can still change.
func (s *Shelf) Open(_ context.Context, kind string) ([]string, error) {
	var open []string
	for key, record := range s.Records {
		if key.Kind == kind && canChange(record) {
			open = append(open, key.ID)
		}
	}
	slices.Sort(open)
	return open, nil
}

// canChange says of a record what the store says of its rows (sql/store/memory.go), with the exceptions left out that hang on
// other rows.
func canChange(record reconcile.Record) bool {
	switch r := record.(type) {
	case reconcile.Source:
		return r.Status == reconcile.SourcePending || r.Status == reconcile.SourceChargeable
	case reconcile.Payment:
		return r.Status == reconcile.PaymentPending || r.Status == reconcile.PaymentSuspended || r.Status == reconcile.PaymentCanceled
	case reconcile.Refund:
		return r.Status == reconcile.RefundPending
	case reconcile.Dispute:
		return r.Status == reconcile.DisputeOpen
	case reconcile.Payout:
		return r.Status == reconcile.PayoutPending || r.Automatic && !r.Itemised
	case reconcile.Rejection:
		return !strings.HasPrefix(r.ID, "unreadable-")
	}
	return false
}

// begin forgets what the fetch before handed over, and keeps what is held.
func (s *Shelf) begin() { s.handed, s.changed, s.calls = nil, nil, 0 }

// keys are those handed over, each as often as it was.
func (s *Shelf) keys() map[reconcile.Key]int {
	keys := map[reconcile.Key]int{}
	for _, observation := range s.handed {
		keys[observation.Key]++
	}
	return keys
}

// sorted are the keys of what is held, so that tests tell the same each time.
func sorted[V any](held map[reconcile.Key]V) []reconcile.Key {
	keys := make([]reconcile.Key, 0, len(held))
	for key := range held {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, reconcile.Key.Compare)
	return keys
}
