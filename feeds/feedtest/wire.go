package feedtest

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// strikes is the header by which a Wire tells Faulty which fault a request meets.
const strikes = "Feedtest-Fault"

// Wire is the way from one client to a server, on which one fault strikes at the n-th request that can meet it. Some faults
// happen on the way; the others are left to the server, which must be Faulty with the same faults. It is safe for concurrent
// use.
type Wire struct {
	fault  Fault
	number int // of the fault in the list
	at     int // the first request that can meet the fault is 1
	server http.RoundTripper

	mu     sync.Mutex
	before *http.Request // the request before this one
	met    int           // requests that could meet the fault
}

// NewWire returns a wire to a server on which the fault faults[number] strikes at the at-th request that can meet it.
func NewWire(faults []Fault, number, at int, server http.RoundTripper) *Wire {
	return &Wire{fault: faults[number], number: number, at: at, server: server}
}

// RoundTrip sends a request, and lets the fault happen to it where it is its turn.
func (w *Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	before, struck := w.turn(r)
	switch {
	case !struck:
		return w.server.RoundTrip(r)
	case w.fault.Route != nil:
		sent, by := w.fault.Route(r)
		return by.RoundTrip(sent)
	case w.fault.Instead != nil:
		return w.server.RoundTrip(w.fault.Instead(before, r))
	}
	sent := r.Clone(r.Context())
	sent.Header.Set(strikes, strconv.Itoa(w.number))
	return w.server.RoundTrip(sent)
}

// turn counts a request and tells whether the fault strikes it, and which request came before.
func (w *Wire) turn(r *http.Request) (before *http.Request, struck bool) {
	kept := again(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	before, w.before = w.before, kept
	if !w.fault.meets(before, kept) {
		return before, false
	}
	w.met++
	return before, w.met == w.at || w.fault.Stays && w.met > w.at
}

// meets reports whether a request can meet the fault; before is the one before it, or nil.
func (f Fault) meets(before, r *http.Request) bool {
	switch {
	case f.Applies != nil:
		return f.Applies(r)
	case f.Instead != nil:
		return before != nil
	default:
		return true
	}
}

// Counter is a way on which nothing goes wrong, and which counts the requests that could meet each fault.
type Counter struct {
	faults []Fault
	server http.RoundTripper

	mu     sync.Mutex
	before *http.Request
	met    []int
}

// NewCounter returns a counter on the way to a server.
func NewCounter(faults []Fault, server http.RoundTripper) *Counter {
	return &Counter{faults: faults, server: server, met: make([]int, len(faults))}
}

// Met is how many requests could have met the fault with this number.
func (c *Counter) Met(number int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.met[number]
}

// RoundTrip sends a request and counts it.
func (c *Counter) RoundTrip(r *http.Request) (*http.Response, error) {
	kept := again(r)
	c.mu.Lock()
	for number, fault := range c.faults {
		if fault.meets(c.before, kept) {
			c.met[number]++
		}
	}
	c.before = kept
	c.mu.Unlock()
	return c.server.RoundTrip(r)
}

// again copies a request with its body, which stays readable in both.
func again(r *http.Request) *http.Request {
	kept := r.Clone(r.Context())
	if r.Body == nil {
		return kept
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic("feedtest: a request's body cannot be read: " + err.Error())
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	kept.Body = io.NopCloser(bytes.NewReader(body))
	kept.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return kept
}

// Faulty serves next, and does to a request what the wire it came on says.
func Faulty(faults []Fault, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.Header.Get(strikes))
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body) // a client that goes away is noticed only once all that it sent was read
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		faults[number].Serve(w, r, next)
	})
}

// impostor is a server with a certificate that nobody vouches for. It lives as long as the test binary.
var impostor = sync.OnceValue(func() *httptest.Server {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	return server
})
