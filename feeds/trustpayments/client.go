package trustpayments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"tieout/feeds/pace"
	"tieout/reconcile"
)

// Kinds of observations: what the gateway calls the request type, in lower case.
const (
	KindAuth   = "auth"
	KindRefund = "refund"
)

const (
	// DefaultBaseURL is the gateway for Europe and the United Kingdom (SecureTrading/st-python-api, config.py).
	DefaultBaseURL = "https://webservices.securetrading.net/json/"

	// defaultMaxRecords is what one reply may hold at most (the vendor's older page on transaction queries; its current
	// pages name no number, hence Options.MaxRecords).
	defaultMaxRecords = 500

	// DefaultSearchURL is the bulk search of the vendor's portal (vendor's article 4402730665233), and
	// defaultSearchMaxRecords what one answer of it holds at most (the same).
	DefaultSearchURL        = "https://myst.securetrading.net/auto/transactions/transactionsearch"
	defaultSearchMaxRecords = 75_000

	// defaultTimeout is the vendor's own library's time to wait for an answer (st-python-api, config.py).
	defaultTimeout = 60 * time.Second

	// defaultRetryWait is the pause after the first try, doubled from try to try: with all of maxTries about seven seconds.
	defaultRetryWait = 500 * time.Millisecond

	// defaultRate and defaultConnections keep a first fetch polite; the vendor documents no limit.
	defaultRate        = 25
	defaultConnections = 4
)

// Ways to list a stretch of time.
const (
	SourceQuery  = "query"  // TRANSACTIONQUERY, a window at a time
	SourceSearch = "search" // the portal's bulk search, days at a time
)

// Options say which account to read and how. Username, Password and Site are required.
type Options struct {
	Username         string
	Password         string        `json:"-"` // secret
	Site             string        // the site reference: one account
	BaseURL          string        // empty = DefaultBaseURL
	Live             bool          // whether records of livestatus 1 are ours, or those of any other
	MaxRecords       int           // records a reply can hold before it is cut; zero = 500
	Source           string        // how a stretch of time is listed; empty = SourceQuery
	SearchURL        string        // of the bulk search; empty = DefaultSearchURL
	SearchMaxRecords int           // rows a bulk search can hold before it is cut; zero = 75,000
	SearchFields     []string      // the optional columns that a bulk search is asked for; none = DefaultSearchFields
	Timeout          time.Duration // of one exchange; zero = one minute
	RetryWait        time.Duration // before a read is tried a second time; zero = 500 ms
	Rate             rate.Limit    // exchanges a second; zero = 25
	Connections      int           // exchanges at once; zero = 4
	HTTPClient       *http.Client  `json:"-"` // nil = a client of its own
}

// Format names the account and no secret, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s %s", reconcile.FeedTrustPayments, o.Site)
}

// LogValue logs the account and no secret.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// Client reads and refunds at one site reference. It may be used by several goroutines.
type Client struct {
	options Options
	http    *http.Client
	pace    *pace.Limiter
	slots   chan struct{} // holds one token for each exchange under way
	sleep   func(context.Context, time.Duration) error
}

// New checks the options; it does not call the gateway.
func New(options Options) (*Client, error) {
	options = withDefaults(options)
	if err := check(options); err != nil {
		return nil, err
	}
	c := &Client{
		options: options,
		http:    withoutRedirects(options.HTTPClient),
		slots:   make(chan struct{}, options.Connections),
		sleep:   pace.Sleep,
	}
	wait := func(ctx context.Context, d time.Duration) error { return c.sleep(ctx, d) }
	c.pace = pace.New(float64(options.Rate), float64(options.Rate), wait)
	return c, nil
}

func withDefaults(o Options) Options {
	o.BaseURL = cmp.Or(o.BaseURL, DefaultBaseURL)
	o.MaxRecords = cmp.Or(o.MaxRecords, defaultMaxRecords)
	o.Source = cmp.Or(o.Source, SourceQuery)
	o.SearchURL = cmp.Or(o.SearchURL, DefaultSearchURL)
	o.SearchMaxRecords = cmp.Or(o.SearchMaxRecords, defaultSearchMaxRecords)
	if len(o.SearchFields) == 0 {
		o.SearchFields = DefaultSearchFields()
	}
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.RetryWait = cmp.Or(o.RetryWait, defaultRetryWait)
	o.Rate = cmp.Or(o.Rate, defaultRate)
	o.Connections = cmp.Or(o.Connections, defaultConnections)
	if o.HTTPClient == nil {
		o.HTTPClient = ownHTTPClient(o.Connections)
	}
	return o
}

// ownHTTPClient keeps as many connections open as may be used at once.
func ownHTTPClient(connections int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = connections
	return &http.Client{Transport: transport}
}

func check(o Options) error {
	var mistakes []error
	if o.Username == "" || o.Password == "" {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.username and feeds.trustpayments.password are needed"))
	}
	if o.Site == "" {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.site_references names no site"))
	}
	if !isURL(o.BaseURL) {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.base_url is not an http or https URL"))
	}
	if !isURL(o.SearchURL) {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.search_url is not an http or https URL"))
	}
	if o.Source != SourceQuery && o.Source != SourceSearch {
		mistakes = append(mistakes, fmt.Errorf("feeds.trustpayments.source %q is neither query nor search", o.Source))
	}
	if o.Timeout < 0 || o.RetryWait < 0 || o.MaxRecords < 2 || o.SearchMaxRecords < 2 || o.Rate < 0 || o.Connections < 1 {
		mistakes = append(mistakes, fmt.Errorf("timeout %s, retry wait %s, %d records a reply, %d rows a search, %v exchanges a second "+
			"or %d at once: out of range", o.Timeout, o.RetryWait, o.MaxRecords, o.SearchMaxRecords, o.Rate, o.Connections))
	}
	return errors.Join(mistakes...)
}

func isURL(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Host != "" && (address.Scheme == "https" || address.Scheme == "http")
}

// withoutRedirects copies a client so that it follows no redirect: a 307 would send a refund, and the credentials, a
// second time to an address that nobody configured.
func withoutRedirects(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// Format names the account and no secret, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.options) }

// Feed returns "trustpayments".
func (c *Client) Feed() string { return reconcile.FeedTrustPayments }

// Account returns the site reference.
func (c *Client) Account() string { return c.options.Site }

// Live reports whether the site's live transactions are ours, or its tests.
func (c *Client) Live() bool { return c.options.Live }
