package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
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

func TestWithoutTLSNothingIsSent(t *testing.T) {
	f := newFake(t)
	client, waited := testClient(t, Options{BaseURL: strings.Replace(f.URL, "http:", "https:", 1)})
	_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
	if err == nil || !strings.Contains(err.Error(), "no answer: ") || len(*waited) != 4 || len(f.received()) != 0 {
		t.Errorf("error %v after %d waits and %d requests, want none to be sent", err, len(*waited), len(f.received()))
	}
	outcome, err := client.Refund(t.Context(), instruction())
	if err == nil || outcome.State != "" {
		t.Errorf("outcome %+v, error %v, want an error: nothing moved", outcome, err)
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

// reset sends the beginning of a page and then breaks the connection in the hard way.
func reset(w httpWriter, _ *httpRequest) bool {
	connection, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(buffer, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"data\":[{\"id\":\"ch_1\"")
	_ = buffer.Flush()
	_ = connection.(*net.TCPConn).SetLinger(0)
	connection.Close()
	return true
}

// stall sends the beginning of a page and then nothing more, until the client goes.
func stall(w httpWriter, r *httpRequest) bool {
	fmt.Fprint(w, `{"data":[{"id":"ch_1"`)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
	return true
}

// late answers when the client has given up.
func late(_ httpWriter, r *httpRequest) bool {
	<-r.Context().Done()
	return true
}

// A fault on any page of a list that passes leaves no trace, and one that stays names the slice that it broke.
func TestFaultsOnAnyPage(t *testing.T) {
	limited := `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests."}}`
	const patient, brief = 30 * time.Second, 300 * time.Millisecond
	faults := map[string]struct {
		answer  func(httpWriter, *httpRequest) bool
		stays   string
		timeout time.Duration
	}{
		"429":                       {hostile(429, nil, limited), "Stripe answered 429", patient},
		"429 with Retry-After":      {hostile(429, http.Header{"Retry-After": {"1"}}, limited), "Stripe answered 429", patient},
		"429 in all":                {hostile(429, http.Header{"Stripe-Rate-Limited-Reason": {"global-rate"}}, limited), "Stripe answered 429", patient},
		"500":                       {hostile(500, nil, "{}"), "the answer was 500", patient},
		"502 HTML":                  {hostile(502, nil, "<html>"), "the answer was 502", patient},
		"dropped":                   {dropped, "no answer", patient},
		"reset in the body":         {reset, "cut short", patient},
		"a body that stops":         {stall, "cut short", brief},
		"an answer that comes late": {late, "no answer", brief},
		"truncated":                 {hostile(200, nil, `{"data":[{"id":"ch_1"`), "cut short", patient},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, page := range []string{"", "ch_151", "ch_051"} {
				for _, stays := range []bool{false, true} {
					f := threePages(t)
					left := map[bool]int{false: 2, true: 1000}[stays]
					f.fault = func(w httpWriter, r *httpRequest) bool {
						if r.URL.Path != "/v1/charges" || r.URL.Query().Get("starting_after") != page || left == 0 {
							return false
						}
						left--
						f.mutex.Unlock() // while this one waits, others are answered
						defer f.mutex.Lock()
						return fault.answer(w, r)
					}
					client, _ := f.client(t, Options{Timeout: fault.timeout})
					seen := &sink{}
					_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: seen})
					switch {
					case !stays && (err != nil || len(ofKind(seen.keys(), "charge ")) != 250):
						t.Errorf("page after %q: %d charges, error %v, want all 250", page, len(seen.keys()), err)
					case stays && (err == nil || !strings.HasPrefix(err.Error(), "list charges created [") || !strings.Contains(err.Error(), fault.stays)):
						t.Errorf("page after %q: error %v, want that of the list: %q", page, err, fault.stays)
					}
				}
			}
		})
	}
}

// threePages has 250 charges all over the last day: too few to be cut.
func threePages(t *testing.T) *fake {
	f := newFake(t)
	for i := range 250 {
		f.hold(kindCharge, object{"id": fmt.Sprintf("ch_%03d", 250-i), "created": at(0) - 300*int64(i) - 60})
	}
	return f
}

func ofKind(keys []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, prefix) })
}

// A list that walks in a circle, or on the spot, is an error on whichever page: never a gap, never an endless walk.
func TestListsThatDoNotMoveOn(t *testing.T) {
	page := func(more bool, ids ...string) string {
		var data []object
		for _, id := range ids {
			data = append(data, object{"id": id, "created": at(1)})
		}
		text, _ := json.Marshal(object{"data": append([]object{}, data...), "has_more": more})
		return string(text)
	}
	for name, pages := range map[string]map[string]string{
		"the same page":        {"": page(true, "a", "b"), "b": page(true, "a", "b")},
		"an empty second page": {"": page(true, "a", "b"), "b": page(true)},
		"a circle":             {"": page(true, "a"), "a": page(true, "b"), "b": page(true, "c"), "c": page(true, "a")},
		"no ids":               {"": page(true, "")},
	} {
		f := newFake(t)
		f.fault = func(w httpWriter, r *httpRequest) bool {
			return r.URL.Path == "/v1/charges" && hostile(200, nil, pages[r.URL.Query().Get("starting_after")])(w, r)
		}
		client, _ := f.client(t, Options{})
		_, err := client.Fetch(t.Context(), feeds.Request{Window: lastDay(), Memory: memory{}, Sink: &sink{}})
		if err == nil || !strings.Contains(err.Error(), "list charges created [") || !strings.Contains(err.Error(), "does not move on") {
			t.Errorf("%s: error %v, want one that says so", name, err)
		}
	}
}

// An answer that says success otherwise than by 200 is read like any.
func TestAnOddSuccessIsReadLikeAny(t *testing.T) {
	f := newFake(t)
	f.fault = hostile(202, nil, `{"data":[],"has_more":false,"available":[],"pending":[]}`)
	client, _ := f.client(t, Options{})
	if got, _ := fetch(t, client, feeds.Request{Window: lastDay()}); len(got) != 0 {
		t.Errorf("observed %v of empty lists", got)
	}
}
