package stripe

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"
)

// exchange is what one request met on the wire. stripe-go's errors do not tell it when the answer is no Stripe error: a
// proxy's 502 page, a body cut short.
type exchange struct {
	status     int           // of the answer; zero when none came
	retryAfter time.Duration // what the answer asked us to wait; zero when it did not
	inAll      bool          // of a 429: the account has had too many requests, not the endpoint alone
	keepAway   bool          // Stripe told not to try again
	connected  bool          // a connection was there, so that bytes may have been sent
	body       *bytes.Buffer // of the answer to a GET that succeeded
}

type exchangeKey struct{}

func withExchange(ctx context.Context) (context.Context, *exchange) {
	met := &exchange{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { met.connected = true },
	})
	return context.WithValue(ctx, exchangeKey{}, met), met
}

// observed notes each answer in its request's exchange. The body of a read that succeeded goes there too, and stripe-go gets an
// empty object in its place: it would go through each page four times before we see it, and that took a third of a fetch.
type observed struct{ next http.RoundTripper }

// RoundTrip sends a request. A POST is sent once: net/http would send one with an Idempotency-Key again by itself when an
// idle connection turns out to be closed, and without GetBody it cannot.
func (o observed) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodPost {
		request = request.Clone(request.Context())
		request.GetBody = nil
	}
	response, err := o.next.RoundTrip(request)
	met, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if ok && err == nil {
		met.status = response.StatusCode
		met.retryAfter = retryAfter(response.Header)
		met.inAll = strings.HasPrefix(response.Header.Get("Stripe-Rate-Limited-Reason"), "global") // stripe.md §5
		met.keepAway = response.Header.Get("Stripe-Should-Retry") == "false"
	}
	if !ok || err != nil || request.Method != http.MethodGet || met.status/100 != 2 {
		return response, err
	}
	defer response.Body.Close()
	met.body = bodies.Get().(*bytes.Buffer)
	met.body.Reset()
	if _, err := met.body.ReadFrom(response.Body); err != nil {
		met.release()
		return nil, err
	}
	response.Body = io.NopCloser(strings.NewReader("{}"))
	return response, nil
}

// bodies are used again and again: a page is some hundred kilobytes, and to grow a buffer to that takes as much once more.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read has the body read, and gives it back.
func (e *exchange) read(read func(body []byte) error) error {
	defer e.release()
	return read(e.body.Bytes())
}

func (e *exchange) release() {
	bodies.Put(e.body)
	e.body = nil
}

// retryAfter reads the number of seconds; the form with a date would need a clock that agrees with Stripe's, and is not read.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
