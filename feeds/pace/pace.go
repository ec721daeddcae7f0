// Package pace keeps the calls of one client to what its provider allows, however many are made at once, and keeps as many
// in flight as that takes.
package pace

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How a limit gives way to a provider that says "too many requests" (429), and how it comes back: what is allowed falls to
// a part at once and then grows by the same amount each second, as TCP does it, for neither side knows the other's figure.
const (
	slowed    = 0.7  // of what was allowed, after a refusal
	slowest   = 0.02 // of what is configured: never less
	recovered = 0.1  // of what is configured, regained each second
)

// Widths: how many requests are kept in flight, beyond what the pace and the answers' time ask for, so that one is always
// waiting for its turn; and at most, since each holds a page in memory.
const (
	spare  = 1.25
	atOnce = 2
	widest = 32
)

// Sleep waits, or ends early with the context's error.
func Sleep(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Limiter is the pace of one set of credentials, shared by all calls made with it. It is safe for concurrent use.
type Limiter struct {
	perEndpoint float64 // requests a second
	sleep       func(context.Context, time.Duration) error

	mutex     sync.Mutex
	all       *tempo
	endpoints map[string]*tempo
}

// New returns a limiter that lets so many requests a second go to one endpoint, and so many in all. sleep waits out what a
// provider asks for after a refusal: Sleep, or what a test puts in its place.
func New(perEndpoint, inAll float64, sleep func(context.Context, time.Duration) error) *Limiter {
	return &Limiter{perEndpoint: perEndpoint, sleep: sleep, all: newTempo(inAll), endpoints: map[string]*tempo{}}
}

// Turn is the leave to send one request. Its end must be told, by Done or Refused.
type Turn struct {
	endpoint, all *tempo
	began         time.Time
}

// Wait returns when the next request to an endpoint may be sent. It fails when the context ends, or surely would before.
func (l *Limiter) Wait(ctx context.Context, endpoint string) (Turn, error) {
	turn := Turn{endpoint: l.endpoint(endpoint), all: l.all}
	for _, t := range []*tempo{turn.endpoint, turn.all} {
		if held := t.held(); held > 0 {
			if err := l.sleep(ctx, held); err != nil {
				return Turn{}, err
			}
		}
		if err := t.limiter.Wait(ctx); err != nil {
			return Turn{}, err
		}
	}
	turn.began = time.Now()
	return turn, nil
}

// Width is how many requests to an endpoint should be in flight, or waiting for their turn, so that none of what is allowed
// is lost: as many as are sent while one is answered, and some.
func (l *Limiter) Width(endpoint string) int {
	return min(l.endpoint(endpoint).width(), l.all.width(), widest)
}

func (l *Limiter) endpoint(name string) *tempo {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.endpoints[name] == nil {
		l.endpoints[name] = newTempo(l.perEndpoint)
	}
	return l.endpoints[name]
}

// Done says that the request was answered, or failed, for any reason but its pace.
func (t Turn) Done() {
	took := time.Since(t.began)
	t.endpoint.took(took)
	t.all.took(took)
}

// Refused says that there were too many requests, to this endpoint or in all, and how long the provider asks us to wait;
// zero when it does not say.
func (t Turn) Refused(inAll bool, wait time.Duration) {
	if inAll {
		t.all.slowDown(t.began, wait)
	} else {
		t.endpoint.slowDown(t.began, wait)
	}
}

// tempo is one limit.
type tempo struct {
	configured float64
	limiter    *rate.Limiter

	mutex   sync.Mutex
	slow    float64       // what was allowed right after the last refusal
	since   time.Time     // when that was; zero: never, or recovered since
	until   time.Time     // nothing is sent before
	latency time.Duration // how long an answer takes, of late
}

// newTempo allows as a burst what a fifth of a second brings: enough to make up for a late timer, and for waiting for the first
// answer.
func newTempo(perSecond float64) *tempo {
	burst := max(1, int(math.Min(perSecond/5, 1000)))
	return &tempo{configured: perSecond, limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// slowDown is told of a refusal. One of a request that was sent before the last slowing down says nothing new: many are in
// flight when the provider has had enough.
func (t *tempo) slowDown(sent time.Time, wait time.Duration) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := time.Now()
	if until := now.Add(wait); until.After(t.until) {
		t.until = until
	}
	if sent.Before(t.since) {
		return
	}
	t.slow = max(t.allowed(now)*slowed, t.configured*slowest)
	t.since = now
	t.limiter.SetLimit(rate.Limit(t.slow))
}

// held is how long to wait before the next request. It also lets the limit come back.
func (t *tempo) held() time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := time.Now()
	if !t.since.IsZero() {
		allowed := t.allowed(now)
		t.limiter.SetLimit(rate.Limit(allowed))
		if allowed >= t.configured {
			t.since = time.Time{}
		}
	}
	return t.until.Sub(now)
}

// allowed is how many requests a second may be sent now. It needs the lock.
func (t *tempo) allowed(now time.Time) float64 {
	if t.since.IsZero() {
		return t.configured
	}
	return min(t.configured, t.slow+now.Sub(t.since).Seconds()*t.configured*recovered)
}

// took keeps a moving mean of how long answers take.
func (t *tempo) took(duration time.Duration) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.latency == 0 {
		t.latency = duration
	}
	t.latency += (duration - t.latency) / 8
}

func (t *tempo) width() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return int(math.Min(math.Ceil(t.allowed(time.Now())*t.latency.Seconds()*spare), widest)) + atOnce
}
