package trustpayments

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tieout/feeds"
)

// ErrUnauthorized is behind every error that says the gateway knows our credentials, their privileges or the site
// reference not or not well enough. It is a mistake of configuration: trying again does not help.
var ErrUnauthorized = errors.New("access refused: " +
	"check feeds.trustpayments.username, feeds.trustpayments.password and feeds.trustpayments.site_references")

// businessError is the gateway's own "no", which comes with HTTP 200.
type businessError struct {
	code    string
	message string
	data    []text // what the message is about, mostly names of fields
}

// Error gives the code, the message and what it is about.
func (e *businessError) Error() string {
	said := "gateway error " + e.code
	if e.message != "" {
		said += " " + strconv.Quote(e.message)
	}
	if len(e.data) > 0 {
		names := make([]string, len(e.data))
		for i, name := range e.data {
			names[i] = string(name)
		}
		said += " about " + strconv.Quote(strings.Join(names, ", "))
	}
	if e.meaning().access {
		said += ": " + ErrUnauthorized.Error()
	}
	return said
}

// Is makes the codes of refused access match ErrUnauthorized.
func (e *businessError) Is(target error) bool { return target == ErrUnauthorized && e.meaning().access }

func (e *businessError) meaning() meaning {
	code, err := strconv.Atoi(e.code)
	if err != nil {
		return unlisted
	}
	for _, row := range codes {
		if row.first <= code && code <= row.last {
			return row.meaning
		}
	}
	return unlisted
}

// meaning is what an errorcode says about the request that got it.
type meaning struct {
	again  bool              // a query may be asked again
	access bool              // ErrUnauthorized
	refund feeds.RefundState // what became of a refund
}

var (
	refused  = meaning{refund: feeds.RefundRefused}
	access   = meaning{refund: feeds.RefundRefused, access: true}
	unknown  = meaning{refund: feeds.RefundUnknown}
	passing  = meaning{refund: feeds.RefundUnknown, again: true}
	unlisted = unknown // never guess that nothing moved
)

// codes is read from the top; the first row that holds a code decides. "List" is the vendor's error list
// (SecureTrading/st-python-api, data/errormessages.json), "support" the vendor's article 4402897300625 on errors whose
// final status it cannot tell, "classes" the division of the list by its leading digits.
//
// Codes that a query may repeat leave a refund unknown, though most of them mean that nothing moved: the provider is read
// before the next try, and that is proof.
var codes = []struct {
	first, last int
	meaning
}{
	{21000, 21000, passing}, // list: service temporarily disabled
	{21002, 21002, access},  // list: invalid username or password
	{21005, 21005, access},  // list: password expired
	{21007, 21007, access},  // list: user locked
	{21041, 21041, access},  // list: insufficient gateway access privileges
	{25000, 25000, access},  // list: insufficient access privileges
	{25002, 25002, access},  // list: insufficient privileges
	{30001, 30001, access},  // list: unknown site
	{30006, 30006, access},  // list: sitereference not of this alias
	{30008, 30008, access},  // list: unknown user
	{60010, 60010, unknown}, // support
	{60020, 60020, passing}, // list: timeout; the outcome of a payment is open, a query changes nothing
	{60023, 60023, access},  // list: site suspended
	{60026, 60026, unknown}, // list: invalid response, after which the acquirer may have moved money
	{60034, 60034, unknown}, // support
	{60039, 60039, unknown}, // list: being processed, it may still move
	{70001, 70001, unknown}, // list: uncertain result
	{79001, 79001, passing}, // list: record temporarily locked
	{90007, 90007, passing}, // list: deadlock, retry
	{10000, 49999, refused}, // classes: 10 format, 20 rules, 21 and 25 rights, 30 fields, 40 account
	{50000, 51999, passing}, // classes: connectivity, and list: connection errors
	{60000, 60999, refused}, // classes: processing
	{70000, 70999, refused}, // classes: outcome, 70000 is a decline
	{79000, 79999, unknown}, // classes: queued or locked, it may still move
	{88000, 88999, passing}, // classes: retry
	{90000, 99999, unknown}, // classes: the gateway's own failure, anywhere in the work; 99999 also support
}

// codeNotFound answers a query that names a reference which the gateway does not know (list: transaction reference not
// found). Whether one unknown reference among several gets it is undocumented.
const codeNotFound = "60014"

func isCode(err error, code string) bool {
	var said *businessError
	return errors.As(err, &said) && said.code == code
}

// statusError is an HTTP status other than 200. The body is not quoted: it is HTML, and it could hold anything.
type statusError struct {
	code       int
	retryAfter time.Duration // how long the answer asks to wait; zero when it does not say
}

func newStatusError(response *http.Response) statusError {
	return statusError{response.StatusCode, waitAsked(response.Header.Get("Retry-After"), time.Now())}
}

// waitAsked reads a Retry-After header: seconds, or an instant (RFC 9110, 10.2.3).
func waitAsked(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}

// Error names the status.
func (e statusError) Error() string {
	if e.code == http.StatusUnauthorized {
		return "HTTP status 401: " + ErrUnauthorized.Error()
	}
	return fmt.Sprintf("HTTP status %d", e.code)
}

// Is makes 401 match ErrUnauthorized (vendor's page on errors: bad credentials get 401 and HTML).
func (e statusError) Is(target error) bool {
	return target == ErrUnauthorized && e.code == http.StatusUnauthorized
}
