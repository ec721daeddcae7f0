package stripe

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/feeds/pace"
	"tieout/reconcile"
)

const testKey = "sk_test_do_not_print_me"

// object is one Stripe object in a test.
type object map[string]any

// request is one that the fake answered.
type request struct {
	method, path string
	query        url.Values
	form         url.Values
	header       http.Header
}

// fake is a Stripe that holds some objects and answers lists and reads of them over HTTP, newest first.
type fake struct {
	*httptest.Server
	fault func(w http.ResponseWriter, r *http.Request) bool // answers instead of the fake when it returns true

	mutex    sync.Mutex
	objects  map[string][]object // by list path, newest first
	requests []request
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{objects: map[string][]object{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Server.Close)
	return f
}

// received are the requests so far. A handler may still run when the client has already seen its connection break.
func (f *fake) received() []request {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.requests)
}

// hold adds objects, each to the list of its kind.
func (f *fake) hold(kind string, objects ...object) {
	path := pathOf(kind)
	f.objects[path] = append(f.objects[path], objects...)
	slices.SortStableFunc(f.objects[path], func(a, b object) int {
		return cmp.Compare(b["created"].(int64), a["created"].(int64))
	})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.requests = append(f.requests, request{r.Method, r.URL.Path, r.URL.Query(), form, r.Header.Clone()})
	if f.fault != nil && f.fault(w, r) {
		return
	}
	w.Header().Set("Request-Id", "req_test")
	switch list, ok := f.objects[r.URL.Path]; {
	case r.Method == http.MethodPost && r.URL.Path == "/v1/refunds":
		answerJSON(w, http.StatusOK, object{"id": "re_new", "object": "refund", "status": "pending"})
	case ok || r.URL.Path == "/v1/events" || slices.Contains(listPaths, r.URL.Path):
		answerJSON(w, http.StatusOK, listAnswer(list, r.URL.Query()))
	default:
		f.answerOne(w, r.URL.Path)
	}
}

var listPaths = []string{"/v1/charges", "/v1/payment_intents", "/v1/refunds", "/v1/disputes", "/v1/balance_transactions", "/v1/payouts", "/v1/events"}

func (f *fake) answerOne(w http.ResponseWriter, path string) {
	list, id := path[:strings.LastIndex(path, "/")], path[strings.LastIndex(path, "/")+1:]
	for _, one := range f.objects[list] {
		if one["id"] == id {
			answerJSON(w, http.StatusOK, one)
			return
		}
	}
	answerError(w, http.StatusNotFound, "invalid_request_error", "resource_missing", "No such object: '"+id+"'")
}

func answerError(w http.ResponseWriter, status int, kind, code, message string) {
	answerJSON(w, status, object{"error": object{"type": kind, "code": code, "message": message}})
}

func answerJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// listAnswer filters and cuts a list as Stripe does.
func listAnswer(list []object, query url.Values) object {
	var kept []any
	started, more := query.Get("starting_after") == "", false
	limit, _ := strconv.Atoi(cmp.Or(query.Get("limit"), "10"))
	for _, one := range list {
		switch {
		case !started:
			started = one["id"] == query.Get("starting_after")
		case !fits(one, query):
		case len(kept) == limit:
			more = true
		default:
			kept = append(kept, one)
		}
	}
	if kept == nil {
		kept = []any{}
	}
	return object{"object": "list", "data": kept, "has_more": more}
}

func fits(one object, query url.Values) bool {
	created := one["created"].(int64)
	if from, err := strconv.ParseInt(query.Get("created[gte]"), 10, 64); err == nil && created < from {
		return false
	}
	if to, err := strconv.ParseInt(query.Get("created[lt]"), 10, 64); err == nil && created >= to {
		return false
	}
	for _, name := range []string{"charge", "payout"} {
		key := map[string]string{"charge": "charge", "payout": "_payout"}[name]
		if query.Has(name) && one[key] != query.Get(name) {
			return false
		}
	}
	return true
}

// asked lists the requests as "GET /v1/charges", in order.
func (f *fake) asked() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var lines []string
	for _, r := range f.requests {
		lines = append(lines, r.method+" "+r.path)
	}
	return lines
}

func (f *fake) count(line string) int {
	return len(slices.DeleteFunc(f.asked(), func(asked string) bool { return asked != line }))
}

// client returns a client of the fake that waits for nothing; waited holds what it would have waited.
func (f *fake) client(t *testing.T, options Options) (client *Client, waited *[]time.Duration) {
	t.Helper()
	options.BaseURL = f.URL
	return testClient(t, options)
}

func testClient(t *testing.T, options Options) (*Client, *[]time.Duration) {
	t.Helper()
	options.Key = cmp.Or(options.Key, testKey)
	options.Account = cmp.Or(options.Account, "main")
	options.RequestsPerSecond = cmp.Or(options.RequestsPerSecond, 1e6)
	if options.ReferenceKeys == nil {
		options.ReferenceKeys = []string{"metadata.order_id"}
	}
	client, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	waited := &[]time.Duration{}
	client.api.pace = pace.New(options.RequestsPerSecond, 4*options.RequestsPerSecond, func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	var mutex sync.Mutex
	client.api.sleep = func(ctx context.Context, duration time.Duration) error {
		mutex.Lock()
		defer mutex.Unlock()
		*waited = append(*waited, duration)
		return ctx.Err()
	}
	return client, waited
}

// sink keeps what it is handed.
type sink struct {
	batches [][]feeds.Observation
	err     error
}

func (s *sink) Observe(_ context.Context, batch []feeds.Observation) error {
	s.batches = append(s.batches, slices.Clone(batch))
	return s.err
}

func (s *sink) all() []feeds.Observation { return slices.Concat(s.batches...) }

// keys lists what was observed as "charge ch_1", in order.
func (s *sink) keys() []string {
	var keys []string
	for _, observation := range s.all() {
		keys = append(keys, observation.Key.Kind+" "+observation.Key.ID)
	}
	return keys
}

// memory is what is held and open, as "charge ch_1".
type memory struct{ open, held []string }

func (m memory) Open(_ context.Context, kind string) ([]string, error) {
	var ids []string
	for _, entry := range m.open {
		if id, ok := strings.CutPrefix(entry, kind+" "); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (m memory) Missing(_ context.Context, kind string, ids []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(m.held, kind+" "+id) }), nil
}

// noon is the instant that tests count from.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// at returns a created time some hours before noon.
func at(hoursBefore int64) int64 { return noon.Unix() - hoursBefore*3600 }

func lastDay() reconcile.Window { return reconcile.Window{From: noon.Add(-day), To: noon} }

// hostile answers a request with bytes of its own: the status, then the body, then perhaps a closed connection.
func hostile(status int, header http.Header, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

// dropped closes the connection without an answer.
func dropped(w http.ResponseWriter, _ *http.Request) bool {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	connection.Close()
	return true
}
