package stripe

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"tieout/feeds/pace"
)

// How often and how patiently a read is tried. The waits double from the first, less up to a half at random, so four of
// them take at most 7.5 s by default; a Retry-After may ask for more, up to longestWait each.
const (
	tries       = 5
	longestWait = 30 * time.Second
)

// caller sends requests through stripe-go's own backend. It does all retries itself: stripe-go does not retry a 429, and
// its waits do not end with the context.
type caller struct {
	key       string
	backend   stripego.Backend
	pace      *pace.Limiter
	firstWait time.Duration // before the second try
	sleep     func(context.Context, time.Duration) error
}

func newCaller(key, base string, client *http.Client, limiter *pace.Limiter, firstWait time.Duration) *caller {
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		EnableTelemetry:   stripego.Bool(false),
		HTTPClient:        client,
		LeveledLogger:     &stripego.LeveledLogger{Level: stripego.LevelNull},
		MaxNetworkRetries: stripego.Int64(0),
		URL:               stripego.String(base),
	})
	return &caller{key: key, backend: backend, pace: limiter, firstWait: firstWait, sleep: pace.Sleep}
}

// get reads one path, trying again where that may help; also where read refuses what came, of which it may keep nothing. Its
// errors are *failure, or the context's.
func (c *caller) get(ctx context.Context, path string, query *form.Values, read func(body []byte) error) error {
	for try := 1; ; try++ {
		turn, err := c.pace.Wait(ctx, endpoint(http.MethodGet, path))
		if err != nil {
			return err
		}
		met, err := c.send(ctx, turn, http.MethodGet, path, query, "", &stripego.APIResource{})
		if err == nil {
			err = met.read(read)
		}
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
		turn, err := c.pace.Wait(ctx, endpoint(http.MethodPost, path))
		if err != nil {
			return &failure{text: "not sent: " + err.Error(), cause: err}
		}
		met, err := c.send(ctx, turn, http.MethodPost, path, body, idempotencyKey, answer)
		if err == nil {
			return nil
		}
		failed := c.explain(met, err)
		if failed.sent || !failed.passing || try == tries || c.sleep(ctx, c.wait(try, 0)) != nil {
			return failed
		}
	}
}

// endpoint names what Stripe counts the requests of together: one operation, all ids of it (stripe.md §5).
func endpoint(method, path string) string {
	parts := strings.SplitN(path, "/", 5) // "", "v1", "charges", id
	if len(parts) > 3 {
		parts = append(parts[:3], "id")
	}
	return method + strings.Join(parts, "/")
}

// send sends one request, once. An answer outside 200-299 is an error also where stripe-go takes it for success.
func (c *caller) send(ctx context.Context, turn pace.Turn, method, path string, body *form.Values, idempotencyKey string, answer stripego.LastResponseSetter) (*exchange, error) {
	traced, met := withExchange(ctx)
	params := &stripego.Params{Context: traced}
	if idempotencyKey != "" {
		params.IdempotencyKey = stripego.String(idempotencyKey)
	}
	err := c.backend.CallRaw(method, path, c.key, body, params, answer)
	switch {
	case met.status == http.StatusTooManyRequests:
		turn.Refused(met.inAll, min(met.retryAfter, longestWait))
	case err == nil:
		turn.Done()
	}
	if err == nil && met.status/100 != 2 {
		err = errNotSuccess
	}
	return met, err
}

// wait is how long to wait after a failed try, the first being 1.
func (c *caller) wait(try int, asked time.Duration) time.Duration {
	longest := c.firstWait << (try - 1)
	chosen := longest - rand.N(longest/2+1)
	return min(max(chosen, asked), longestWait)
}
