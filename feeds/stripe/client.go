// Package stripe reads charges, sources, PaymentIntents, refunds, disputes, balance transactions and payouts from Stripe,
// and makes refunds there.
//
// stripe-go carries the calls, so that the version header, authentication, errors and idempotency are Stripe's own; the
// objects are kept as the JSON that came, because that JSON is the evidence (design §1), and read by the normaliser.
package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/feeds/pace"
	"tieout/reconcile"
)

// DefaultBaseURL is where Stripe's API lives.
const DefaultBaseURL = "https://api.stripe.com"

// What Options leaves out.
const (
	defaultTimeout           = 30 * time.Second
	defaultRequestsPerSecond = 25 // Stripe's own limit for one endpoint
	endpointsAtOnce          = 4  // Stripe's limit for all of an account, in those for one endpoint: 100 a second (stripe.md §5)
	defaultRetryWait         = 500 * time.Millisecond
)

// Options says which Stripe account to read and how. It never prints its key.
type Options struct {
	Key                    string        `json:"-"` // secret or restricted key; sk_live_ and rk_live_ mean live mode
	Account                string        // our name for the account: a part of every key
	BaseURL                string        // empty: DefaultBaseURL
	ReferenceKeys          []string      // paths of an object that may name the order, in order of trust; none: no object names one
	PaymentMethods         []string      // payment methods in scope, such as alipay; none: nothing is
	Timeout                time.Duration // of one request; zero: 30 s
	RetryWait              time.Duration // before a read is tried again; doubles with each try; zero: 500 ms
	RequestsPerSecond      float64       // to one endpoint; zero: 25
	RequestsPerSecondInAll float64       // to all endpoints; zero: four times as many
	HTTPClient             *http.Client  `json:"-"` // nil: a new one; its Timeout and CheckRedirect are not used
}

// Format prints the options without the key, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "Stripe account %q", o.Account) }

// LogValue logs the options without the key.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// Client reads one Stripe account. It is safe for concurrent use.
type Client struct {
	account string
	live    bool
	api     *caller
	allow   map[string]feeds.AllowList

	normalise feeds.Normalise // to see what a charge tells of its order, where its source does not
}

// New returns a client, or every mistake in the options that can be told without asking Stripe.
func New(options Options) (*Client, error) {
	base := options.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	if err := errors.Join(checkKey(options.Key), checkAccount(options.Account), checkBaseURL(base), checkPaths(options.ReferenceKeys)); err != nil {
		return nil, err
	}
	perSecond := positive(options.RequestsPerSecond, defaultRequestsPerSecond)
	limiter := pace.New(perSecond, positive(options.RequestsPerSecondInAll, endpointsAtOnce*perSecond), pace.Sleep)
	return &Client{
		account: options.Account,
		live:    strings.HasPrefix(options.Key, "sk_live_") || strings.HasPrefix(options.Key, "rk_live_"),
		api:     newCaller(options.Key, base, httpClient(options), limiter, positive(options.RetryWait, defaultRetryWait)),
		allow:   allowLists(options.ReferenceKeys),

		normalise: NewNormaliser(options.ReferenceKeys, options.PaymentMethods),
	}, nil
}

// positive returns the value, or the default where none is given.
func positive[T float64 | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

// Feed returns the feed's name, the first part of every key.
func (c *Client) Feed() string { return reconcile.FeedStripe }

// Account returns the account's name, the second part of every key.
func (c *Client) Account() string { return c.account }

// Format prints the client without its key, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "client of Stripe account %q", c.account)
}

func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("feeds.stripe.api_key is empty: give a secret (sk_…) or restricted (rk_…) key")
	case strings.HasPrefix(key, "pk_"):
		return errors.New("feeds.stripe.api_key is a publishable key (pk_…), which reads nothing: give a secret (sk_…) or restricted (rk_…) key")
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("feeds.stripe.api_key holds a space, a line end or a character that no key has")
	}
	return nil
}

func checkAccount(account string) error {
	if account == "" {
		return errors.New("the Stripe account has no name")
	}
	return nil
}

func checkBaseURL(base string) error {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return errors.New("feeds.stripe.base_url is no http or https URL")
	}
	return nil
}

func checkPaths(paths []string) error {
	for _, path := range paths {
		for _, name := range strings.Split(path, ".") {
			if name == "" {
				return fmt.Errorf("feeds.stripe.reference_keys: %q is no path such as metadata.order_id", path)
			}
		}
	}
	return nil
}

// httpClient never follows a redirect: the API has none, and a followed one could send a refund twice.
func httpClient(options Options) *http.Client {
	transport := http.DefaultTransport
	if pooled, ok := transport.(*http.Transport); ok {
		pooled = pooled.Clone()
		pooled.MaxIdleConnsPerHost = pooled.MaxIdleConns // the default of two would open a connection for most reads
		transport = pooled
	}
	if options.HTTPClient != nil && options.HTTPClient.Transport != nil {
		transport = options.HTTPClient.Transport
	}
	return &http.Client{
		Transport:     observed{transport},
		Timeout:       positive(options.Timeout, defaultTimeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// shown is an object as it came: what a fetch must know of it, and what the sink takes of it.
type shown struct {
	slim
	feeds.Observation
}

// show reads objects of a kind as they came.
func (c *Client) show(kind string, data []json.RawMessage) []shown {
	objects := make([]shown, len(data))
	for i, raw := range data {
		objects[i] = c.showOne(kind, raw)
	}
	return objects
}

// showOne makes an observation of an object. What is known of it is read from what is kept, a third of what came. One without
// an id is kept as unreadable.
func (c *Client) showOne(kind string, raw []byte) shown {
	body, err := c.allow[kind].Apply(raw)
	if err != nil {
		return shown{slim{}, c.unreadable(kind, raw)}
	}
	read := slimOf(body)
	if read.ID == "" {
		return shown{read, c.unreadable(kind, raw)}
	}
	key := reconcile.Key{Feed: reconcile.FeedStripe, Account: c.account, Kind: kind, ID: read.ID}
	return shown{read, feeds.Observation{Key: key, Body: body}}
}

func (c *Client) unreadable(kind string, raw []byte) feeds.Observation {
	return c.allow[kind].Unreadable(reconcile.FeedStripe, c.account, kind, raw)
}
