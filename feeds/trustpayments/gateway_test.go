package trustpayments

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tieout/feeds"
	"tieout/reconcile"
)

const (
	testUser     = "webservices@example.com"
	testPassword = "Password1^"
	testSite     = "test_site12345"
)

// transaction is a record as the fake gateway holds and sends it.
type transaction map[string]any

// gateway is a small stand-in for Webservices JSON on real HTTP. What the vendor does not document is a setting.
type gateway struct {
	t            *testing.T
	transactions []transaction
	maxRecords   int
	foundAll     bool // found counts all that match, not those sent
	openStart    bool // a transaction at the start of a window does not belong to it
	openEnd      bool // nor one at its end
	anyParent    bool // a filter by parent is overlooked
	strict       bool // one unknown reference among those asked for makes the answer 60014

	// intercept, when set, may answer instead of the gateway; it gets the number of the call, from 1.
	intercept func(call int, w http.ResponseWriter, element map[string]any) bool

	mu     sync.Mutex
	bodies []json.RawMessage
}

// start serves the gateway and returns a client of it that does not wait between tries.
func (g *gateway) start(change ...func(*Options)) *Client {
	g.t.Helper()
	if g.maxRecords == 0 {
		g.maxRecords = 500
	}
	server := httptest.NewServer(g)
	g.t.Cleanup(server.Close)
	options := Options{
		Username: testUser, Password: testPassword, Site: testSite, BaseURL: server.URL + "/json/",
		MaxRecords: g.maxRecords, Rate: rate.Inf,
	}
	for _, apply := range change {
		apply(&options)
	}
	client, err := New(options)
	if err != nil {
		g.t.Fatal(err)
	}
	client.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return client
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var call struct {
		Alias   string           `json:"alias"`
		Version string           `json:"version"`
		Request []map[string]any `json:"request"`
	}
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		g.t.Errorf("request body: %v", err)
	}
	if err := json.Unmarshal(body, &call); err != nil || len(call.Request) != 1 {
		g.t.Errorf("request %s: %v", body, err)
		return
	}
	user, password, _ := r.BasicAuth()
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json;charset=utf-8" ||
		r.Header.Get("Accept") != "application/json" || call.Version != "1.00" {
		g.t.Errorf("%s with headers %v and version %q", r.Method, r.Header, call.Version)
	}
	w.Header().Set(echo, fmt.Sprint(call.Request[0]["requestreference"]))
	g.mu.Lock()
	g.bodies = append(g.bodies, body)
	number := len(g.bodies)
	g.mu.Unlock()
	if g.intercept != nil && g.intercept(number, w, call.Request[0]) {
		return
	}
	if user != testUser || password != testPassword || call.Alias != testUser {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "<html><body>Unauthorized</body></html>")
		return
	}
	respond(w, g.answer(call.Request[0]))
}

func (g *gateway) calls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.bodies)
}

// echo is the header of a reply in which the fake gateway keeps the reference to give back.
const echo = "Echo"

func respond(w http.ResponseWriter, element any) {
	w.Header().Set("Content-Type", "application/json")
	body, _ := json.Marshal(map[string]any{
		"requestreference": w.Header().Get(echo), "version": "1.00", "response": []any{element},
	})
	w.Write(body) //nolint:errcheck // a client that went away is what some tests are about
}

func gatewayError(code, message string) map[string]any {
	return map[string]any{"errorcode": code, "errormessage": message, "requesttypedescription": "ERROR"}
}

func (g *gateway) answer(element map[string]any) any {
	types, _ := element["requesttypedescriptions"].([]any)
	if len(types) != 1 || types[0] != "TRANSACTIONQUERY" {
		return gatewayError("60018", "Invalid requesttype")
	}
	wanted, err := wantedValues(element["filter"])
	if err != nil {
		return gatewayError("60037", err.Error())
	}
	var matched []transaction
	for _, held := range g.transactions {
		if g.matches(held, wanted) {
			matched = append(matched, held)
		}
	}
	if len(matched) < len(wanted[fieldReference]) && g.strict {
		return gatewayError("60014", "Transaction reference not found")
	}
	found := len(matched)
	matched = matched[:min(found, g.maxRecords)]
	if !g.foundAll {
		found = len(matched)
	}
	return map[string]any{
		"errorcode": "0", "errormessage": "Ok", "requesttypedescription": "TRANSACTIONQUERY",
		"found": fmt.Sprint(found), "records": matched,
	}
}

func wantedValues(raw any) (map[string][]string, error) {
	fields, _ := raw.(map[string]any)
	wanted := map[string][]string{}
	for field, values := range fields {
		list, _ := values.([]any)
		for _, value := range list {
			wrapped, ok := value.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s is no list of values", field)
			}
			wanted[field] = append(wanted[field], fmt.Sprint(wrapped["value"]))
		}
	}
	if len(wanted) == 0 {
		return nil, fmt.Errorf("no filters")
	}
	return wanted, nil
}

func (g *gateway) matches(held transaction, wanted map[string][]string) bool {
	if !g.inWindow(held, wanted[fieldStart], wanted[fieldEnd]) {
		return false
	}
	for field, values := range wanted {
		if field == fieldStart || field == fieldEnd || field == fieldParent && g.anyParent {
			continue
		}
		if value, _ := held[field].(string); !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

func (g *gateway) inWindow(held transaction, from, to []string) bool {
	started, _ := held["transactionstartedtimestamp"].(string)
	early := len(from) > 0 && (started < from[0] || started == from[0] && g.openStart)
	late := len(to) > 0 && (started > to[0] || started == to[0] && g.openEnd)
	return !early && !late
}

// auth is an Alipay AUTH that settled.
func auth(reference, started string, more ...transaction) transaction {
	record := transaction{
		"transactionreference": reference, "transactionstartedtimestamp": started, "sitereference": testSite,
		"requesttypedescription": "AUTH", "paymenttypedescription": "ALIPAY", "livestatus": "0", "errorcode": "0",
		"baseamount": "1050", "currencyiso3a": "EUR", "settlestatus": "100", "orderreference": "My_Order_" + reference,
		"operatorname": testUser, "billingfirstname": "Joe", "customerip": "203.0.113.7", "maskedpan": "411111######1111",
	}
	for _, fields := range more {
		maps.Copy(record, fields)
	}
	return record
}

// refundOf is a refund of the AUTH with the reference parent.
func refundOf(parent, reference, started string, more ...transaction) transaction {
	link := transaction{"requesttypedescription": "REFUND", "parenttransactionreference": parent, "baseamount": "66"}
	return auth(reference, started, append([]transaction{link}, more...)...)
}

// sink keeps what it is handed and fails on a repeat.
type sink struct {
	t       *testing.T
	batches [][]feeds.Observation
	seen    map[reconcile.Key]feeds.Observation
	err     error
}

func newSink(t *testing.T) *sink { return &sink{t: t, seen: map[reconcile.Key]feeds.Observation{}} }

func (s *sink) Observe(_ context.Context, batch []feeds.Observation) error {
	if s.err != nil {
		return s.err
	}
	s.batches = append(s.batches, batch)
	for _, observed := range batch {
		if _, again := s.seen[observed.Key]; again {
			s.t.Errorf("%v was observed twice", observed.Key)
		}
		s.seen[observed.Key] = observed
	}
	return nil
}

// ids lists what was observed as kind:id, sorted.
func (s *sink) ids() []string {
	var ids []string
	for key := range s.seen {
		ids = append(ids, key.Kind+":"+key.ID)
	}
	slices.Sort(ids)
	return ids
}

// memory is what is held before the fetch.
type memory struct {
	open map[string][]string
	held []string
}

func (m memory) Open(_ context.Context, kind string) ([]string, error) { return m.open[kind], nil }

func (m memory) Missing(_ context.Context, _ string, ids []string) ([]string, error) {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(m.held, id) })
	slices.Sort(missing)
	return slices.Compact(missing), nil
}

func at(text string) time.Time {
	parsed, err := time.Parse(timeLayout, text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}
