package trustpayments

import (
	"bytes"
	"context"
	cryptorand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	apiVersion    = "1.00"
	maxBody       = 64 << 20 // bytes; a full reply of 500 records is well under one MiB
	maxTries      = 5
	maxRetryAfter = time.Minute // a longer wait that the provider asks for is cut to this
)

// request is the body of a call: the alias is the user name again, not a second secret (st-python-api, converter.py).
type request struct {
	Alias   string `json:"alias"`
	Version string `json:"version"`
	Request [1]any `json:"request"`
}

// element is one request of a call. It carries a reference, which the gateway must give back (st-python-api, api.py).
type element interface {
	referenced(reference string) any
}

// unsentError says that no connection was made: no byte of the request can have reached the gateway.
type unsentError struct{ error }

// Unwrap returns what kept the connection from being made.
func (e unsentError) Unwrap() error { return e.error }

// ask sends one element and returns the answer to it. It tries again, after a pause, as long as again says so of the error.
func (c *Client) ask(ctx context.Context, e element, again func(error) bool) (said answer, err error) {
	err = c.persist(ctx, again, func() error {
		said, err = c.exchange(ctx, e)
		return err
	})
	return said, err
}

// persist does what do does until it succeeds, may not be done again, or was tried maxTries times.
func (c *Client) persist(ctx context.Context, again func(error) bool, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || !again(err) {
			return err
		}
		if try == maxTries {
			return fmt.Errorf("given up after %d tries: %w", try, err)
		}
		if stopped := c.sleep(ctx, max(c.pause(try), retryAfter(err))); stopped != nil {
			return fmt.Errorf("%w before another try after: %w", stopped, err)
		}
	}
}

// againForReads tells whether a query that failed may be asked again: it changes nothing, so any doubt is a reason.
func againForReads(err error) bool {
	var status statusError
	var said *businessError
	switch {
	case errors.As(err, &said):
		return said.meaning().again
	case errors.As(err, &status):
		return status.code >= 500 || status.code == http.StatusTooManyRequests || status.code == http.StatusRequestTimeout
	default:
		return true
	}
}

// againForRefunds lets a refund be sent again only when it was not sent. The gateway knows no idempotency key.
func againForRefunds(err error) bool {
	var unsent unsentError
	return errors.As(err, &unsent)
}

// pause returns how long to wait after a try: half of it fixed, half at random, so that clients do not come back together.
func (c *Client) pause(try int) time.Duration {
	full := c.options.RetryWait << (try - 1)
	return full/2 + rand.N(full-full/2)
}

// retryAfter is how long the provider asks to be left alone.
func retryAfter(err error) time.Duration {
	var status statusError
	if !errors.As(err, &status) {
		return 0
	}
	return min(status.retryAfter, maxRetryAfter)
}

// exchange sends an element once. The answer that comes with a *businessError is filled.
func (c *Client) exchange(ctx context.Context, e element) (said answer, err error) {
	reference := "A" + cryptorand.Text()[:8] // as the vendor's own library makes them
	body, err := json.Marshal(request{Alias: c.options.Username, Version: apiVersion, Request: [1]any{e.referenced(reference)}})
	if err != nil {
		return answer{}, err
	}
	err = c.post(ctx, c.gateway(), body, func(response *http.Response) error {
		said, err = readAnswer(response, reference)
		return err
	})
	return said, err
}

// address is where a body goes, what it is and what is expected back.
type address struct{ url, contentType, accept string }

func (c *Client) gateway() address {
	return address{c.options.BaseURL, "application/json;charset=utf-8", "application/json"}
}

// post sends a body once and has the answer of status 200 read, all within the timeout.
func (c *Client) post(ctx context.Context, to address, body []byte, read func(*http.Response) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return unsentError{ctx.Err()}
	}
	turn, err := c.pace.Wait(ctx, to.url)
	if err != nil {
		return unsentError{err}
	}
	err = c.postNow(ctx, to, body, read)
	var status statusError
	if errors.As(err, &status) && status.code == http.StatusTooManyRequests {
		turn.Refused(true, retryAfter(err))
	} else {
		turn.Done()
	}
	return err
}

func (c *Client) postNow(ctx context.Context, to address, body []byte, read func(*http.Response) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(body))
	if err != nil {
		return unsentError{err}
	}
	call.SetBasicAuth(c.options.Username, c.options.Password)
	call.Header.Set("Content-Type", to.contentType)
	call.Header.Set("Accept", to.accept)
	response, err := c.http.Do(call)
	if err != nil && !connected.Load() {
		return unsentError{err}
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return newStatusError(response)
	}
	return read(response)
}

func readAnswer(response *http.Response, reference string) (answer, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return answer{}, fmt.Errorf("reply broke off after %d bytes: %w", len(body), err)
	}
	if len(body) > maxBody {
		return answer{}, fmt.Errorf("reply is longer than %d bytes", maxBody)
	}
	said, err := decodeAnswer(body)
	var business *businessError
	switch {
	case err != nil && !errors.As(err, &business):
		return answer{}, fmt.Errorf("reply of %d bytes, Content-Type %q, is no answer of the gateway: %w",
			len(body), response.Header.Get("Content-Type"), err)
	case said.to != "" && said.to != text(reference):
		// Not wrapped: what it says, it says of another request.
		return answer{}, fmt.Errorf("reply is to request %q and not to ours, %q", said.to, reference)
	default:
		return said, err
	}
}
