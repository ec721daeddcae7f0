package feedtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Outcome is what a client has to make of a fault. In none of them may it take a wrong answer for the truth.
type Outcome int

// What a client has to make of a fault.
const (
	Passes  Outcome = iota // it goes away: the read is tried again, and the fetch is whole
	Final                  // it stays, or the provider's word is final: the fetch is incomplete, and says so
	Dubious                // the client may try again or give up
)

// Fault is one thing that goes wrong with one request, or from one request on.
type Fault struct {
	Name    string
	Outcome Outcome
	Stays   bool                                                             // all further requests meet it too
	Slow    bool                                                             // the client waits, for its own timeout or as long as it is asked to
	Applies func(r *http.Request) bool                                       // which requests can meet it; nil: all
	Serve   func(w http.ResponseWriter, r *http.Request, next http.Handler)  // what the server does in place of its answer
	Route   func(r *http.Request) (sent *http.Request, by http.RoundTripper) // where the request goes in place of the server
	Instead func(before, r *http.Request) *http.Request                      // which request the server is asked in its place; before may be nil
}

// Faults are those that the client of any provider can meet.
func Faults() []Fault {
	page := "<html><head><title>Error</title></head><body><h1>nginx</h1></body></html>\n"
	return []Fault{
		{Name: "429 with Retry-After", Slow: true, Serve: answer(http.StatusTooManyRequests, "text/plain", "slow down\n", "Retry-After", "1")},
		{Name: "429", Serve: answer(http.StatusTooManyRequests, "text/plain", "slow down\n")},
		{Name: "500", Serve: answer(http.StatusInternalServerError, "text/plain", "something went wrong\n")},
		{Name: "502 with HTML", Serve: answer(http.StatusBadGateway, "text/html", page)},
		{Name: "200 with HTML", Serve: answer(http.StatusOK, "text/html", page)},
		{Name: "connection refused", Route: refused},
		{Name: "reset before the answer", Serve: cut(0)},
		{Name: "reset in the middle of the body", Serve: cut(2)},
		{Name: "body that stops", Slow: true, Serve: stop},
		{Name: "answer after the timeout", Slow: true, Serve: late},
		{Name: "401", Outcome: Final, Serve: answer(http.StatusUnauthorized, "text/html", page)},
		{Name: "certificate of somebody else", Outcome: Final, Stays: true, Route: strange},
		{Name: "connection refused from then on", Outcome: Final, Stays: true, Route: refused},
		{Name: "500 from then on", Outcome: Final, Stays: true, Serve: answer(http.StatusInternalServerError, "text/plain", "something went wrong\n")},
	}
}

// answer is an answer that is not the server's own.
func answer(status int, contentType, body string, header ...string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client may be gone
	}
}

// real has the server answer and keeps it back.
func real(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	kept := httptest.NewRecorder()
	next.ServeHTTP(kept, r)
	return kept
}

// cut resets the connection (RST) after one part in so many of the body, or, for none, before the answer. What the request asked
// for is done.
func cut(parts int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		kept := real(r, next)
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(fmt.Sprintf("feedtest: the connection cannot be taken over: %v", err))
		}
		if parts > 0 {
			fmt.Fprintf(buffered, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", kept.Code, kept.Body.Len())
			_, _ = buffered.Write(kept.Body.Bytes()[:kept.Body.Len()/parts])
			_ = buffered.Flush()
		}
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // close resets
		}
		_ = connection.Close()
	}
}

// stop sends half the answer and then nothing, until the client has had enough.
func stop(w http.ResponseWriter, r *http.Request, next http.Handler) {
	kept := real(r, next)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(kept.Body.Len()))
	w.WriteHeader(kept.Code)
	_, _ = w.Write(kept.Body.Bytes()[:kept.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// late answers when the client has given up.
func late(w http.ResponseWriter, r *http.Request, next http.Handler) {
	kept := real(r, next)
	<-r.Context().Done()
	w.WriteHeader(kept.Code)
	_, _ = w.Write(kept.Body.Bytes())
}

// nobody is an address at which nothing listens.
const nobody = "127.0.0.1:1"

// refused sends a request to where nobody listens.
func refused(r *http.Request) (*http.Request, http.RoundTripper) {
	sent := r.Clone(r.Context())
	sent.URL.Host = nobody
	return sent, apart
}

// apart carries requests that go elsewhere; it keeps no connections.
var apart = &http.Transport{DisableKeepAlives: true}

// strange sends a request to a server that shows a certificate which nobody vouches for.
func strange(r *http.Request) (*http.Request, http.RoundTripper) {
	sent := r.Clone(r.Context())
	sent.URL.Scheme, sent.URL.Host = "https", impostor().Listener.Addr().String()
	return sent, apart
}
