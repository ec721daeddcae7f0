package feedtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

const day = 24 * time.Hour

// Run holds a provider's client against the contract, each part of it in a subtest with a world of its own.
func Run(t *testing.T, p Provider) {
	for _, check := range []struct {
		name string
		run  func(*testing.T, Provider)
	}{
		{"what the window holds is handed over once, and nothing else", testWindows},
		{"an overlap gives the same bytes again", testOverlap},
		{"the same fetch again changes nothing", testAgain},
		{"rows that come while we page shift us off none", testPaging},
		{"objects that changed are found again", testChanges},
		{"a first fetch that breaks off goes on where it was", testResume},
		{"the other mode is counted and left alone", testOtherMode},
		{"personal data stays out", testPersonal},
		{"an empty window reads what is named and open", testNamed},
		{"an error of the sink ends the fetch", testSinkError},
		{"a canceled context ends the fetch", testCancel},
		{"no secret is told", testSecrets},
		{"every observation can be read or is rejected", testNormalise},
		{"a fault passes or is told", testFaults},
		{"a refund whose answer is lost is not sent twice", testRefundLost},
		{"a refund that failed is not sent again", testRefundFailed},
		{"a refund that is refused moves nothing", testRefundRefused},
		{"a refund that was not sent is an error", testRefundUnsent},
		{"the last look before a cancel", testRecheck},
	} {
		t.Run(check.name, func(t *testing.T) { check.run(t, p) })
	}
}

// stage is a world on real HTTP, and a client of it.
type stage struct {
	t      *testing.T
	p      Provider
	world  World
	server *httptest.Server
	faults []Fault

	mu     sync.Mutex
	before func(w http.ResponseWriter, r *http.Request) (answered bool) // called before each request; may be nil
	money  int                                                          // requests that moved money, or were to
}

func newStage(t *testing.T, p Provider) *stage {
	t.Helper()
	s := &stage{t: t, p: p, world: p.Start(t), faults: append(Faults(), p.Faults...)}
	s.world.SetNow(p.Now)
	faulty := Faulty(s.faults, s.world)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		before := s.before
		if p.MovesMoney(r) {
			s.money++
		}
		s.mu.Unlock()
		if before == nil || !before(w, r) {
			faulty.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		s.server.CloseClientConnections() // a handler may wait for a client that is done
		s.server.Close()
	})
	return s
}

// each has a function see each request before the world does.
func (s *stage) each(before func(w http.ResponseWriter, r *http.Request) (answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *stage) moneyRequests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.money
}

// patient is long enough for any answer that comes.
const patient = 20 * time.Second

// client connects over a transport; nil stands for one that nothing goes wrong on.
func (s *stage) client(over http.RoundTripper, timeout time.Duration) Client {
	s.t.Helper()
	if over == nil {
		over = s.server.Client().Transport
	}
	client, err := s.p.Connect(s.connection(over, timeout))
	if err != nil {
		s.t.Fatalf("connect: %v", err)
	}
	return client
}

func (s *stage) connection(over http.RoundTripper, timeout time.Duration) Connection {
	return Connection{Base: s.server.URL, HTTP: &http.Client{Transport: over}, Timeout: timeout, RetryWait: time.Millisecond}
}

// plain is a client on which nothing goes wrong.
func (s *stage) plain() Client { return s.client(nil, patient) }

// first is the window that holds all of the world's first day.
func (s *stage) first() reconcile.Window { return reconcile.Window{From: s.p.Since, To: s.p.Now} }

// second is the window of the fetch a day later, which reaches back a little.
func (s *stage) second() reconcile.Window {
	return reconcile.Window{From: s.p.Now.Add(-2 * time.Hour), To: s.p.Now.Add(day)}
}

// fetch reads a window onto a shelf, and must succeed.
func (s *stage) fetch(client Client, window reconcile.Window, shelf *Shelf, named ...string) feeds.Tally {
	s.t.Helper()
	tally, err := s.try(context.Background(), client, window, shelf, named...)
	if err != nil {
		s.t.Fatalf("fetch [%s, %s): %v", window.From.Format(time.RFC3339Nano), window.To.Format(time.RFC3339Nano), err)
	}
	return tally
}

func (s *stage) try(ctx context.Context, client Client, window reconcile.Window, shelf *Shelf, named ...string) (feeds.Tally, error) {
	shelf.begin()
	return client.Fetch(ctx, feeds.Request{Window: window, Named: named, Memory: shelf, Sink: shelf, Through: shelf.through})
}

func (s *stage) shelf() *Shelf { return NewShelf(s.t, s.p.Feed, s.p.Account, s.p.Normalise) }
