package trustpayments

import (
	"bytes"
	"context"
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
	apiVersion  = "1.00"
	maxBody     = 64 << 20 // bytes; a full reply of 500 records is well under one MiB
	maxTries    = 5
	firstPause  = 500 * time.Millisecond // doubled from try to try: with all five about seven seconds
	contentType = "application/json;charset=utf-8"
)

// request is the body of a call: the alias is the user name again, not a second secret (st-python-api, converter.py).
type request struct {
	Alias   string `json:"alias"`
	Version string `json:"version"`
	Request [1]any `json:"request"`
}

// unsentError says that no connection was made: no byte of the request can have reached the gateway.
type unsentError struct{ error }

// Unwrap returns what kept the connection from being made.
func (e unsentError) Unwrap() error { return e.error }

// ask sends one element and returns the answer to it. It tries again, after a pause, as long as again says so of the error.
func (c *Client) ask(ctx context.Context, element any, again func(error) bool) (answer, error) {
	body, err := json.Marshal(request{Alias: c.options.Username, Version: apiVersion, Request: [1]any{element}})
	if err != nil {
		return answer{}, err
	}
	for try := 1; ; try++ {
		said, err := c.exchange(ctx, body)
		if err == nil || !again(err) {
			return said, err
		}
		if try == maxTries {
			return said, fmt.Errorf("given up after %d tries: %w", try, err)
		}
		if stopped := c.sleep(ctx, pause(c.options.RetryWait, try)); stopped != nil {
			return said, fmt.Errorf("%w before another try after: %w", stopped, err)
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
		return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
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
func pause(first time.Duration, try int) time.Duration {
	full := first << (try - 1)
	return full/2 + rand.N(max(full/2, 1))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// exchange posts a body once. The answer that comes with a *businessError is filled.
func (c *Client) exchange(ctx context.Context, body []byte) (answer, error) {
	if err := c.limiter.Wait(ctx); err != nil {
		return answer{}, unsentError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	response, err := c.post(ctx, body)
	if err != nil {
		if !connected.Load() {
			err = unsentError{err}
		}
		return answer{}, err
	}
	defer response.Body.Close()
	return readAnswer(response)
}

func (c *Client) post(ctx context.Context, body []byte) (*http.Response, error) {
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	call.SetBasicAuth(c.options.Username, c.options.Password)
	call.Header.Set("Content-Type", contentType)
	call.Header.Set("Accept", "application/json")
	return c.http.Do(call)
}

func readAnswer(response *http.Response) (answer, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if response.StatusCode != http.StatusOK {
		return answer{}, statusError(response.StatusCode)
	}
	if err != nil {
		return answer{}, fmt.Errorf("reply broke off after %d bytes: %w", len(body), err)
	}
	if len(body) > maxBody {
		return answer{}, fmt.Errorf("reply is longer than %d bytes", maxBody)
	}
	said, err := decodeAnswer(body)
	var business *businessError
	if err == nil || errors.As(err, &business) {
		return said, err
	}
	return answer{}, fmt.Errorf("reply of %d bytes, Content-Type %q, is no answer of the gateway: %w",
		len(body), response.Header.Get("Content-Type"), err)
}
