package stripe

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"
	"golang.org/x/time/rate"
)

// How often and how patiently a read is tried, unless Options.RetryWait says otherwise. The waits double from the first,
// less up to a half at random, so four of them take at most 7.5 s; a Retry-After may ask for more, up to longestWait each.
const (
	tries       = 5
	firstWait   = 500 * time.Millisecond
	longestWait = 30 * time.Second
)

// caller sends requests through stripe-go's own backend. It does all retries itself: stripe-go does not retry a 429, and
// its waits do not end with the context.
type caller struct {
	key     string
	backend stripego.Backend
	limiter *rate.Limiter
	first   time.Duration // the wait after a first try
	sleep   func(context.Context, time.Duration) error
}

func newCaller(key, base string, client *http.Client, limiter *rate.Limiter, first time.Duration) *caller {
	if first <= 0 {
		first = firstWait
	}
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		EnableTelemetry:   stripego.Bool(false),
		HTTPClient:        client,
		LeveledLogger:     &stripego.LeveledLogger{Level: stripego.LevelNull},
		MaxNetworkRetries: stripego.Int64(0),
		URL:               stripego.String(base),
	})
	return &caller{key: key, backend: backend, limiter: limiter, first: first, sleep: sleepFor}
}

// get reads one path into answer, trying again where that may help. Its errors are *failure, or the context's.
func (c *caller) get(ctx context.Context, path string, query *form.Values, answer stripego.LastResponseSetter) error {
	for try := 1; ; try++ {
		if err := c.limiter.Wait(ctx); err != nil {
			return err
		}
		met, err := c.send(ctx, http.MethodGet, path, query, "", answer)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed := c.explain(met, err)
		if try == tries || !failed.passing {
			return failed
		}
		if err := c.sleep(ctx, c.wait(try, met.retryAfter)); err != nil {
			return err
		}
	}
}

// post sends a form that moves money, and sends it again only where no byte of it can have left: a second copy could move
// money twice. Its errors are *failure.
func (c *caller) post(ctx context.Context, path string, body *form.Values, idempotencyKey string, answer stripego.LastResponseSetter) error {
	for try := 1; ; try++ {
		if err := c.limiter.Wait(ctx); err != nil {
			return &failure{text: "not sent: " + err.Error(), cause: err}
		}
		met, err := c.send(ctx, http.MethodPost, path, body, idempotencyKey, answer)
		if err == nil {
			return nil
		}
		failed := c.explain(met, err)
		if failed.sent || !failed.passing || try == tries || c.sleep(ctx, c.wait(try, 0)) != nil {
			return failed
		}
	}
}

// send sends one request, once. An answer outside 200-299 is an error also where stripe-go takes it for success.
func (c *caller) send(ctx context.Context, method, path string, body *form.Values, idempotencyKey string, answer stripego.LastResponseSetter) (*exchange, error) {
	traced, met := withExchange(ctx)
	params := &stripego.Params{Context: traced}
	if idempotencyKey != "" {
		params.IdempotencyKey = stripego.String(idempotencyKey)
	}
	err := c.backend.CallRaw(method, path, c.key, body, params, answer)
	if err == nil && met.status/100 != 2 {
		err = errNotSuccess
	}
	return met, err
}

// wait is how long to wait after a failed try, the first being 1.
func (c *caller) wait(try int, asked time.Duration) time.Duration {
	longest := c.first << (try - 1)
	chosen := longest - rand.N(max(longest/2, 1))
	return min(max(chosen, asked), longestWait)
}

// sleepFor waits, or ends early with the context's error.
func sleepFor(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
