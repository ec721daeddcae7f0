package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/feeds/pace"
)

type (
	httpWriter  = http.ResponseWriter
	httpRequest = http.Request
)

func TestFaults(t *testing.T) {
	limited := `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests."}}`
	html := "<html>" + testKey + " customer@example.com</html>"
	tests := []struct {
		name   string
		fault  func(httpWriter, *httpRequest) bool
		tries  int
		err    string
		waitAt time.Duration // the least that each wait must be
	}{
		{"401", hostile(401, nil, `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: `+testKey+`"}}`), 1,
			"list payment_intents created [2026-11-20T12:00:00Z, 2026-11-21T12:00:00Z): Stripe refused the key (401): check feeds.stripe.api_key", 0},
		{"401 HTML", hostile(401, nil, html), 1, "check feeds.stripe.api_key", 0},
		{"403", hostile(403, nil, `{"error":{"type":"invalid_request_error","message":"The key `+testKey+` lacks rak_charge_read."}}`), 1,
			"check feeds.stripe.api_key and its permissions invalid_request_error: The key <secret> lacks rak_charge_read", 0},
		{"400", hostile(400, http.Header{"Request-Id": {"req_7"}}, `{"error":{"type":"invalid_request_error","code":"parameter_unknown","message":"Received unknown parameter: colour"}}`), 1,
			"Stripe answered 400 invalid_request_error parameter_unknown: Received unknown parameter: colour (request req_7)", 0},
		{"429", hostile(429, nil, limited), 5, "Stripe answered 429 invalid_request_error rate_limit: Too many requests", 250 * time.Millisecond},
		{"429 with Retry-After", hostile(429, http.Header{"Retry-After": {"7"}}, limited), 5, "Stripe answered 429", 7 * time.Second},
		{"429 with an endless Retry-After", hostile(429, http.Header{"Retry-After": {"60000"}}, limited), 5, "Stripe answered 429", longestWait},
		{"429 not to be tried again", hostile(429, http.Header{"Stripe-Should-Retry": {"false"}}, limited), 1, "Stripe answered 429", 0},
		{"409", hostile(409, nil, `{"error":{"type":"invalid_request_error","code":"lock_timeout"}}`), 5, "Stripe answered 409 invalid_request_error lock_timeout", 0},
		{"500", hostile(500, nil, `{"error":{"type":"api_error","message":"Something went wrong."}}`), 5, "Stripe answered 500 api_error: Something went wrong", 0},
		{"502 HTML", hostile(502, nil, html), 5, "the answer was 502 and not from Stripe's API", 0},
		{"404 HTML", hostile(404, nil, html), 1, "the answer was 404 and not from Stripe's API", 0},
		{"redirect", hostile(302, http.Header{"Location": {"/v1/other"}}, html), 1, "the answer was 302", 0},
		{"HTML", hostile(200, nil, html), 5, "is cut short or is not the JSON that Stripe gives", 0},
		{"truncated JSON", hostile(200, nil, `{"data":[{"id":"ch_1","receipt_email":"customer@example.com"`), 5, "is cut short", 0},
		{"body shorter than announced", hostile(200, http.Header{"Content-Length": {"900"}}, `{"data":[`), 5, "is cut short", 0},
		{"no data", hostile(200, nil, `{"has_more":false}`), 5, "is cut short or is not", 0},
		{"no has_more", hostile(200, nil, `{"data":[]}`), 5, "is cut short or is not", 0},
		{"dropped connection", dropped, 5, "no answer: EOF", 0},
		{"empty page with has_more", hostile(200, nil, `{"data":[],"has_more":true}`), 1, "does not move on", 0},
		{"repeated page", hostile(200, nil, `{"data":[{"id":"ch_1"}],"has_more":true}`), 2, "does not move on", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.fault = test.fault
			client, waited := f.client(t, Options{})
			_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.HasPrefix(err.Error(), "list payment_intents created [") {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err.Error()); strings.Contains(text, testKey) || strings.Contains(text, "example.com") {
				t.Errorf("the error tells what it must not: %s", text)
			}
			if got := errors.Is(err, ErrUnauthorized); got != (strings.HasPrefix(test.name, "401") || test.name == "403") {
				t.Errorf("ErrUnauthorized: %v", got)
			}
			if len(f.received()) != test.tries {
				t.Errorf("%d tries, want %d", len(f.received()), test.tries)
			}
			checkWaits(t, *waited, test.waitAt)
		})
	}
}

func checkWaits(t *testing.T, waited []time.Duration, least time.Duration) {
	t.Helper()
	var sum time.Duration
	for _, wait := range waited {
		sum += wait
		if wait < least || wait <= 0 {
			t.Errorf("waited %v, want at least %v", wait, least)
		}
	}
	if most := max(8*time.Second, 4*least); sum > most {
		t.Errorf("waited %v in all, want at most %v", sum, most)
	}
}

func TestReadsSucceedWhenTheFaultPasses(t *testing.T) {
	f := newFake(t)
	f.hold(kindCharge, object{"id": "ch_1", "created": at(1)})
	faults := []func(httpWriter, *httpRequest) bool{
		dropped, hostile(429, nil, "{}"), hostile(502, nil, "<html>"), hostile(200, nil, `{"da`),
	}
	f.fault = func(w httpWriter, r *httpRequest) bool {
		if len(faults) == 0 {
			return false
		}
		next := faults[0]
		faults = faults[1:]
		return next(w, r)
	}
	client, waited := f.client(t, Options{})
	got, _ := fetch(t, client, feeds.Request{Window: lastDay()})
	if len(got) != 1 || got[0] != "charge ch_1" || len(*waited) != 4 {
		t.Errorf("observed %v after %d waits, want ch_1 after 4", got, len(*waited))
	}
}

func TestByIDOnlyStripesWordMeansNotThere(t *testing.T) {
	f := newFake(t)
	client, _ := f.client(t, Options{})
	for _, body := range []string{"<html>", `{"error":{"type":"invalid_request_error","message":"Unrecognized request URL"}}`} {
		f.fault = hostile(404, nil, body)
		_, err := client.Fetch(t.Context(), feeds.Request{Named: []string{"src_1"}, Memory: memory{}, Sink: &sink{}})
		if err == nil || !strings.HasPrefix(err.Error(), "read source src_1: ") {
			t.Errorf("%s: error %v, want one that names the call", body, err)
		}
	}
}

func TestNothingListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, waited := testClient(t, Options{BaseURL: server.URL})
	_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
	if err == nil || !strings.Contains(err.Error(), "connection refused") || len(*waited) != 4 {
		t.Errorf("error %v after %d waits, want connection refused after 4", err, len(*waited))
	}
}

func TestACertificateThatIsNotTrustedIsNotTriedAgain(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet()
	defer server.Close()
	client, waited := testClient(t, Options{BaseURL: server.URL})
	_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(*waited) != 0 {
		t.Errorf("error %v after %d waits, want the certificate's at once", err, len(*waited))
	}
}

func TestTheContextEndsAWait(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.fault = func(w httpWriter, r *httpRequest) bool {
		return hostile(429, http.Header{"Retry-After": {"30"}}, "{}")(w, r)
	}
	client, _ := f.client(t, Options{})
	client.api.sleep = func(ctx context.Context, duration time.Duration) error {
		cancel() // what a SIGTERM does while the client waits
		return pace.Sleep(ctx, duration)
	}
	_, err := client.Fetch(ctx, feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
	if !errors.Is(err, context.Canceled) || len(f.received()) != 1 {
		t.Errorf("error %v after %d requests, want canceled after one", err, len(f.received()))
	}
}
