package trustpayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

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

	// defaultTimeout is the vendor's own library's time to wait for an answer (st-python-api, config.py).
	defaultTimeout = 60 * time.Second

	// defaultRate keeps a first fetch polite; the vendor documents no limit.
	defaultRate = 25
)

// Options say which account to read and how. Username, Password and Site are required.
type Options struct {
	Username   string
	Password   string        // secret
	Site       string        // the site reference: one account
	BaseURL    string        // empty = DefaultBaseURL
	Live       bool          // whether records of livestatus 1 are ours, or those of any other
	Timeout    time.Duration // of one exchange; zero = one minute
	RetryWait  time.Duration // before the second try of a query, doubled before each further one; zero = 500 ms
	MaxRecords int           // records a reply can hold before it is cut; zero = 500
	Rate       rate.Limit    // exchanges a second; zero = 25
	HTTPClient *http.Client  // nil = a client of its own
}

// String names the account and no secret.
func (o Options) String() string { return reconcile.FeedTrustPayments + " " + o.Site }

// GoString names the account and no secret.
func (o Options) GoString() string { return o.String() }

// Client reads and refunds at one site reference. It may be used by several goroutines.
type Client struct {
	options  Options
	endpoint string
	http     *http.Client
	limiter  *rate.Limiter
	sleep    func(context.Context, time.Duration) error
}

// New checks the options; it does not call the gateway.
func New(options Options) (*Client, error) {
	options = withDefaults(options)
	if err := check(options); err != nil {
		return nil, err
	}
	return &Client{
		options:  options,
		endpoint: options.BaseURL,
		http:     withoutRedirects(options.HTTPClient),
		limiter:  rate.NewLimiter(options.Rate, 1),
		sleep:    sleep,
	}, nil
}

func withDefaults(options Options) Options {
	if options.BaseURL == "" {
		options.BaseURL = DefaultBaseURL
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	if options.RetryWait <= 0 {
		options.RetryWait = firstPause
	}
	if options.MaxRecords == 0 {
		options.MaxRecords = defaultMaxRecords
	}
	if options.Rate == 0 {
		options.Rate = defaultRate
	}
	if options.HTTPClient == nil {
		options.HTTPClient = &http.Client{}
	}
	return options
}

func check(options Options) error {
	var mistakes []error
	if options.Username == "" || options.Password == "" {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.username and feeds.trustpayments.password are needed"))
	}
	if options.Site == "" {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.site_references names no site"))
	}
	if base, err := url.Parse(options.BaseURL); err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		mistakes = append(mistakes, errors.New("feeds.trustpayments.base_url is not an http or https URL"))
	}
	if options.Timeout < 0 || options.MaxRecords < 2 || options.Rate < 0 {
		mistakes = append(mistakes, fmt.Errorf("timeout %s, %d records a reply or %v exchanges a second: out of range",
			options.Timeout, options.MaxRecords, options.Rate))
	}
	return errors.Join(mistakes...)
}

// withoutRedirects copies a client so that it follows no redirect: a 307 would send a refund, and the credentials, a
// second time to an address that nobody configured.
func withoutRedirects(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// String names the account and no secret.
func (c *Client) String() string { return c.options.String() }

// GoString names the account and no secret.
func (c *Client) GoString() string { return c.options.String() }

// Feed returns "trustpayments".
func (c *Client) Feed() string { return reconcile.FeedTrustPayments }

// Account returns the site reference.
func (c *Client) Account() string { return c.options.Site }
