package feedtest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Client is a provider's client: what the jobs fetch, recheck and refunds ask of one.
type Client interface {
	Feed() string
	Account() string
	Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error)
	Recheck(ctx context.Context, recheck feeds.Recheck) (feeds.Tally, error)
	Refund(ctx context.Context, instruction feeds.RefundInstruction) (feeds.RefundOutcome, error)
}

// World is a provider's server with something behind it whose truth is known.
type World interface {
	http.Handler
	// SetNow moves the clock: the server shows everything as it is then, and nothing that is made later.
	SetNow(now time.Time)
	// Holds lists what the account holds at an instant, in any mode.
	Holds(at time.Time) []Object
	// FailRefunds has the refunds fail that are made from now on: accepted first or not, but made known as refunds that failed.
	FailRefunds(fail bool)
}

// Object is one object that the provider holds.
type Object struct {
	Kind      string // as in the key of its observation
	ID        string
	Created   time.Time
	OtherMode bool // a test object where the client looks after live money, or the other way round
}

// Kind says how a client comes to objects of a kind.
type Kind struct {
	Back     time.Duration // how far before a fetch's window its list is read, because its objects change after their creation
	Unlisted bool          // there is no list: it is read by id where something names it
	Made     bool          // the client makes it of several answers: it is nothing that the provider holds under this key
}

// Connection says how a client reaches the world's server.
type Connection struct {
	Base      string       // http://127.0.0.1:PORT, to which the provider's path is added
	HTTP      *http.Client // carries the requests
	Timeout   time.Duration
	RetryWait time.Duration // before the second try of a read
}

// Provider is what a provider's test supplies.
type Provider struct {
	Feed, Account string // the first two parts of every key

	Start     func(t testing.TB) World
	Connect   func(connection Connection) (Client, error)
	Normalise feeds.Normalise

	Since, Now time.Time // when the world begins, and the end of the first day; a second one follows
	Kinds      map[string]Kind
	Changes    []string // kinds with an object that changes in the last fortnight, from one day to another

	Secrets    []string                          // what no error and no formatted value may hold
	Values     func(connection Connection) []any // further values that know a secret, such as the client's options
	Personal   []string                          // what the world's answers hold and no observation may
	MovesMoney func(*http.Request) bool          // whether a request gives money back; it may read the body
	Faults     []Fault                           // besides those that every provider can have (Faults)
	Denied     error                             // what errors.Is finds where the credentials are refused
}

func (p Provider) key(kind, id string) reconcile.Key {
	return reconcile.Key{Feed: p.Feed, Account: p.Account, Kind: kind, ID: id}
}
