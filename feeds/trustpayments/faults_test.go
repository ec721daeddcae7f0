package trustpayments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/feeds/pace"
)

// status answers with an HTTP status and an HTML body, as a proxy does; a redirect leads to where the gateway answers.
func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if code/100 == 3 {
			w.Header().Set("Location", "/json/")
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprint(w, "<html><body>joe@example.com</body></html>")
	}
}

// says answers with HTTP 200 and these bytes.
func says(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { fmt.Fprint(w, body) }
}

func errorCode(code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { respond(w, gatewayError(code, "Told by the gateway")) }
}

// drop breaks the connection after some of a reply.
func drop(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"requestreference":"W1","response":[{"errorco`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// anothers answers as if to somebody else's request, as a proxy that repeats a reply does.
func anothers(w http.ResponseWriter) {
	w.Header().Set(echo, "A0000000")
	respond(w, map[string]any{"errorcode": "0", "found": "0"})
}

// hangUp breaks the connection before any reply.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestFaultsOfReads(t *testing.T) {
	const always = 99
	tests := []struct {
		name  string
		fault func(http.ResponseWriter)
		times int    // how often it happens, from the first call
		calls int    // how many calls are made in all
		want  string // in the error; empty: the fetch succeeds in the end
	}{
		{"401 with HTML", status(401), always, 1, "HTTP status 401: access refused: check feeds.trustpayments.username"},
		{"400", status(400), always, 1, "HTTP status 400"},
		{"redirect", status(307), always, 1, "HTTP status 307"},
		{"500 once", status(500), 1, 2, ""},
		{"429 once", status(429), 1, 2, ""},
		{"500 for good", status(500), always, 5, "given up after 5 tries: HTTP status 500"},
		{"502 with HTML", status(502), 4, 5, ""},
		{"HTML with 200", says("<html>"), always, 5, `Content-Type "text/html; charset=utf-8", is no answer of the gateway`},
		{"truncated JSON once", says(`{"response":[{"errorcode":"0"`), 1, 2, ""},
		{"truncated JSON for good", says(`{"response":[{"errorcode":"0"`), always, 5, "unexpected end of JSON"},
		{"dropped half-way once", drop, 1, 2, ""},
		{"dropped half-way for good", drop, always, 5, "reply broke off after 46 bytes"},
		{"hung up once", hangUp, 1, 2, ""},
		{"no response", says(`{"version":"1.00"}`), always, 5, "0 responses to one request"},
		{"two responses", says(`{"response":[{"errorcode":"0"},{"errorcode":"0"}]}`), always, 5, "2 responses to one request"},
		{"no errorcode", says(`{"response":[{"records":[]}]}`), always, 5, "a response without errorcode"},
		{"malformed JSON, says the gateway", errorCode("10205"), always, 1, `gateway error 10205 "Told by the gateway"`},
		{"connectivity once", errorCode("50003"), 1, 2, ""},
		{"record locked twice", errorCode("79001"), 2, 3, ""},
		{"deadlock for good", errorCode("90007"), always, 5, "given up after 5 tries: gateway error 90007"},
		{"unknown site", errorCode("30001"), always, 1, "check feeds.trustpayments.username, feeds.trustpayments.password and feeds.trustpayments.site_references"},
		{"filters invalid", errorCode("60037"), always, 1, "gateway error 60037"},
		{"a code that is no number", errorCode("E-1"), always, 1, "gateway error E-1"},
		{"records without found", says(`{"response":[{"errorcode":"0","records":[]}]}`), 1, 1, ""},
		{"found without records once", says(`{"response":[{"errorcode":"0","found":"3"}]}`), 1, 3, ""},
		{"found without records for good", says(`{"response":[{"errorcode":"0","found":"3"}]}`), always, 24,
			"2024-01-01 00:00:00 GMT: 0 records and found 3, with 500 the most a reply can hold"},
		{"the reply to another request once", anothers, 1, 2, ""},
		{"the reply to another request for good", anothers, always, 5, `reply is to request "A0000000"`},
		{"service disabled once", errorCode("21000"), 1, 2, ""},
		{"to be tried again, of another number", errorCode("88888"), 1, 2, ""},
		{"responses and not response", says(`{"responses":[{"errorcode":0,"found":0,"records":null}]}`), 1, 1, ""},
		{"one object and not a list", says(`{"response":{"errorcode":"0","found":"0"}}`), 1, 1, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gateway := &gateway{t: t, intercept: func(call int, w http.ResponseWriter, _ map[string]any) bool {
				if call <= test.times {
					test.fault(w)
				}
				return call <= test.times
			}}
			_, err := gateway.start().Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
			checkError(t, err, test.want)
			if gateway.calls() != test.calls {
				t.Errorf("%d calls, want %d", gateway.calls(), test.calls)
			}
		})
	}
}

// checkError compares an error with the text it should hold; none should hold the body of a page or a secret.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want one with %q", err, want)
	}
	if text := err.Error(); strings.Contains(text, testPassword) || strings.Contains(text, "joe@") {
		t.Errorf("error tells what it should not: %s", text)
	}
	if !strings.HasPrefix(err.Error(), "list transactions of site "+testSite+" started from 2024-01-01 00:00:00") {
		t.Errorf("error does not name the call and its key: %s", err)
	}
}

func TestWrongPasswordIsUnauthorized(t *testing.T) {
	gateway := &gateway{t: t}
	wrong := func(o *Options) { o.Password = "not it" }
	_, err := gateway.start(wrong).Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
	if !errors.Is(err, ErrUnauthorized) || strings.Contains(err.Error(), "not it") || gateway.calls() != 1 {
		t.Errorf("error %v after %d calls", err, gateway.calls())
	}
}

func TestUnreachableGatewayIsTriedAgain(t *testing.T) {
	client := (&gateway{t: t}).start(func(o *Options) { o.BaseURL = "http://127.0.0.1:1/json/" })
	var pauses []time.Duration
	client.sleep = func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	_, err := client.Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
	checkError(t, err, "given up after 5 tries")
	if len(pauses) != 4 {
		t.Fatalf("pauses %v", pauses)
	}
	for i, pause := range pauses {
		if full := defaultRetryWait << i; pause < full/2 || pause >= full {
			t.Errorf("pause %d is %s, want at least %s and less than %s", i+1, pause, full/2, full)
		}
	}
}

// A stop while the client waits between tries ends the fetch with what went wrong; one during a call ends it too.
func TestContextEndsTheTries(t *testing.T) {
	for _, during := range []string{"pause", "call"} {
		ctx, stop := context.WithCancel(context.Background())
		gateway := &gateway{t: t, intercept: func(_ int, w http.ResponseWriter, _ map[string]any) bool {
			if during == "call" {
				stop()
			}
			status(500)(w)
			return true
		}}
		client := gateway.start()
		client.sleep = func(ctx context.Context, _ time.Duration) error {
			stop()
			return pace.Sleep(ctx, time.Hour)
		}
		_, err := client.Fetch(ctx, feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
		if !errors.Is(err, context.Canceled) || gateway.calls() != 1 {
			t.Errorf("stopped during a %s: error %v after %d calls", during, err, gateway.calls())
		}
		stop()
	}
}

// A provider that asks to be left alone is left alone so long, but not for ever; and then it is asked more slowly.
func TestRetryAfterIsHonoured(t *testing.T) {
	for asked, want := range map[string]time.Duration{
		"7": 7 * time.Second, "86400": time.Minute, "soon": 0, "-7": 0,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0, time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat): 30 * time.Second,
	} {
		for _, code := range []int{429, 503} {
			gateway := &gateway{t: t, intercept: func(call int, w http.ResponseWriter, _ map[string]any) bool {
				if call == 1 {
					w.Header().Set("Retry-After", asked)
					status(code)(w)
				}
				return call == 1
			}}
			client := gateway.start()
			var longest time.Duration
			client.sleep = func(_ context.Context, d time.Duration) error {
				longest = max(longest, d)
				return nil
			}
			_, err := client.Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
			if err != nil || longest < want || longest > max(want+10*time.Second, defaultRetryWait) {
				t.Errorf("%d with Retry-After %s: waited %s, error %v", code, asked, longest, err)
			}
		}
	}
}

// A certificate of somebody else, and one that has run out, keep a refund from being sent; what was not sent is an error.
func TestNothingIsSentToAStranger(t *testing.T) {
	asked := false
	stranger := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that fail
	stranger.StartTLS()
	defer stranger.Close()
	client := (&gateway{t: t}).start(func(o *Options) { o.BaseURL = stranger.URL + "/json/" })
	_, err := client.ask(context.Background(), refundElement{Types: []string{"REFUND"}}, againForRefunds)
	var unsent unsentError
	if !errors.As(err, &unsent) || !strings.Contains(err.Error(), "given up after 5 tries") || asked {
		t.Errorf("asked %t, error %v", asked, err)
	}
}

func TestSlowGatewayIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	gateway := &gateway{t: t, intercept: func(call int, _ http.ResponseWriter, _ map[string]any) bool {
		if call == 1 {
			<-release
		}
		return call == 1
	}}
	client := gateway.start(func(o *Options) { o.Timeout = 50 * time.Millisecond })
	client.sleep = func(context.Context, time.Duration) error {
		client.options.Timeout = time.Minute
		return nil
	}
	_, err := client.Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
	close(release)
	if err != nil || gateway.calls() != 2 {
		t.Errorf("error %v after %d calls", err, gateway.calls())
	}
}

func TestCodesHaveOneMeaning(t *testing.T) {
	tests := []struct {
		code   string
		again  bool
		access bool
		refund feeds.RefundState
	}{
		{"21000", true, false, feeds.RefundUnknown}, {"50001", true, false, feeds.RefundUnknown},
		{"60020", true, false, feeds.RefundUnknown}, {"79001", true, false, feeds.RefundUnknown},
		{"88000", true, false, feeds.RefundUnknown}, {"90007", true, false, feeds.RefundUnknown},
		{"60010", false, false, feeds.RefundUnknown}, {"60034", false, false, feeds.RefundUnknown},
		{"70001", false, false, feeds.RefundUnknown}, {"79000", false, false, feeds.RefundUnknown},
		{"99999", false, false, feeds.RefundUnknown}, {"91000", false, false, feeds.RefundUnknown},
		{"20004", false, false, feeds.RefundRefused}, {"20007", false, false, feeds.RefundRefused},
		{"20034", false, false, feeds.RefundRefused}, {"30000", false, false, feeds.RefundRefused},
		{"40001", false, false, feeds.RefundRefused}, {"60041", false, false, feeds.RefundRefused},
		{"70000", false, false, feeds.RefundRefused}, {"21041", false, true, feeds.RefundRefused},
		{"30008", false, true, feeds.RefundRefused}, {"5", false, false, feeds.RefundUnknown},
		{"21002", false, true, feeds.RefundRefused}, {"21007", false, true, feeds.RefundRefused},
		{"60023", false, true, feeds.RefundRefused}, {"60026", false, false, feeds.RefundUnknown},
		{"60039", false, false, feeds.RefundUnknown}, {"62000", false, false, feeds.RefundUnknown},
		{"51000", true, false, feeds.RefundUnknown}, {"88888", true, false, feeds.RefundUnknown},
		{"79002", false, false, feeds.RefundUnknown}, {"20039", false, false, feeds.RefundRefused},
		{"-20007", false, false, feeds.RefundUnknown}, {"E20007", false, false, feeds.RefundUnknown},
	}
	for _, test := range tests {
		got := (&businessError{code: test.code}).meaning()
		if want := (meaning{again: test.again, access: test.access, refund: test.refund}); got != want {
			t.Errorf("%s: %+v, want %+v", test.code, got, want)
		}
	}
	for i, row := range codes {
		if row.first > row.last || slices.ContainsFunc(codes[:i], func(above struct {
			first, last int
			meaning
		}) bool {
			return above.first <= row.first && row.last <= above.last
		}) {
			t.Errorf("row %d-%d decides nothing", row.first, row.last)
		}
	}
}
