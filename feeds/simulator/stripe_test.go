package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	testKey      = "sk_test_simulator"
	testUser     = "webservices@example.com"
	testPassword = "secret-of-the-test"
)

func newTestServer(w *World) *Server {
	return NewServer(w, ServerConfig{StripeKey: testKey, TPUsername: testUser, TPPassword: testPassword})
}

// start serves a world over real HTTP.
func start(t *testing.T, s *Server) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

type httpAnswer struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, request *http.Request) httpAnswer {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return httpAnswer{response.StatusCode, response.Header, string(body)}
}

func request(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stripeCallTo(t *testing.T, method, address string, form url.Values, key string) httpAnswer {
	t.Helper()
	r := request(t, method, address, form.Encode())
	r.Header.Set("Authorization", "Bearer "+testKey)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return do(t, r)
}

// stripeGet asks a world once, at its Now.
func stripeGet(t *testing.T, w *World, path string) string {
	t.Helper()
	answer := stripeCallTo(t, http.MethodGet, start(t, newTestServer(w))+path, nil, "")
	if answer.status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, answer.status, answer.body)
	}
	return answer.body
}

type anyObject = map[string]any

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return out
}

type listAnswer struct {
	Data    []anyObject `json:"data"`
	HasMore bool        `json:"has_more"`
}

// walk reads a whole list, page by page.
func walk(t *testing.T, base, path string, params url.Values) []anyObject {
	t.Helper()
	var out []anyObject
	for {
		page := decode[listAnswer](t, stripeCallTo(t, http.MethodGet, base+path+"?"+params.Encode(), nil, "").body)
		if limit := params.Get("limit"); fmt.Sprint(len(page.Data)) != limit && page.HasMore {
			t.Fatalf("%s: a page of %d objects, asked for %s", path, len(page.Data), limit)
		}
		out = append(out, page.Data...)
		if !page.HasMore {
			return out
		}
		params.Set("starting_after", page.Data[len(page.Data)-1]["id"].(string))
	}
}

func ids(objects []anyObject) []string {
	var out []string
	for _, object := range objects {
		out = append(out, object["id"].(string))
	}
	return out
}

// held returns the ids of a collection that exist at t, newest first.
func held[T record](c *collection[T], from, to time.Time) []string {
	var out []string
	for _, item := range c.between(from, to) {
		out = append(out, item.self().id)
	}
	slices.Reverse(out)
	return out
}

func TestListsPageThroughEverything(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	base := start(t, newTestServer(w))
	for path, want := range map[string][]string{
		"/v1/charges":              held(w.charges, time.Time{}, endOfDay),
		"/v1/refunds":              held(w.refunds, time.Time{}, endOfDay),
		"/v1/disputes":             held(w.disputes, time.Time{}, endOfDay),
		"/v1/payment_intents":      held(w.intents, time.Time{}, endOfDay),
		"/v1/payouts":              held(w.payouts, time.Time{}, endOfDay),
		"/v1/balance_transactions": held(w.movements, time.Time{}, endOfDay),
		"/v1/events":               held(w.events, endOfDay.Add(-eventLife), endOfDay),
	} {
		got := ids(walk(t, base, path, url.Values{"limit": {"97"}}))
		if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
			t.Errorf("%s: %d of %d objects\n%.600s", path, len(got), len(want), diff)
		}
	}
}

func TestClockMovesTheWorld(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	base := start(t, newTestServer(w))
	later := endOfDay.Add(day)
	answer := do(t, request(t, http.MethodPut, base+"/simulator/clock", `{"now":"`+later.Format(time.RFC3339)+`"}`))
	if answer.status != http.StatusOK || !strings.Contains(answer.body, later.Format(time.RFC3339)) {
		t.Fatalf("PUT clock: %d %s", answer.status, answer.body)
	}
	got := ids(walk(t, base, "/v1/charges", url.Values{"limit": {"100"}}))
	if diff := cmp.Diff(held(w.charges, time.Time{}, later), got); diff != "" {
		t.Errorf("charges a day later:\n%.600s", diff)
	}
	if bad := do(t, request(t, http.MethodPut, base+"/simulator/clock", `{}`)); bad.status != http.StatusBadRequest {
		t.Errorf("a clock without a time: %d", bad.status)
	}
}

func TestCreatedWindow(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	base := start(t, newTestServer(w))
	first := w.charges.items[200].created
	last := w.charges.items[400].created
	for name, tc := range map[string]struct {
		params   url.Values
		from, to time.Time
	}{
		"gte lt":  {url.Values{"created[gte]": {unix(first)}, "created[lt]": {unix(last)}}, first, last.Add(-time.Second)},
		"gt lte":  {url.Values{"created[gt]": {unix(first)}, "created[lte]": {unix(last)}}, first.Add(time.Second), last},
		"instant": {url.Values{"created": {unix(first)}}, first, first},
	} {
		t.Run(name, func(t *testing.T) {
			tc.params.Set("limit", "30")
			got := ids(walk(t, base, "/v1/charges", tc.params))
			if diff := cmp.Diff(held(w.charges, tc.from, tc.to), got); diff != "" || len(got) == 0 {
				t.Errorf("%d charges:\n%.600s", len(got), diff)
			}
		})
	}
}

func unix(t time.Time) string { return fmt.Sprint(t.Unix()) }

func TestEndingBefore(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	base := start(t, newTestServer(w))
	all := held(w.charges, time.Time{}, endOfDay)
	page := decode[listAnswer](t, stripeCallTo(t, http.MethodGet, base+"/v1/charges?limit=5&ending_before="+all[20], nil, "").body)
	if diff := cmp.Diff(all[15:20], ids(page.Data)); diff != "" || !page.HasMore {
		t.Errorf("has_more %v:\n%s", page.HasMore, diff)
	}
}

func TestExpand(t *testing.T) {
	w := newWorld(t, Config{Orders: 300, Stories: map[string]int{"refunded": 1}})
	base := start(t, newTestServer(w))
	get := func(path string) anyObject {
		return decode[listAnswer](t, stripeCallTo(t, http.MethodGet, base+path, nil, "").body).Data[0]
	}
	if plain := get("/v1/refunds?limit=1"); !isID(plain["charge"], "ch_", "py_") || !isID(plain["balance_transaction"], "txn_") {
		t.Errorf("unexpanded: %v", plain)
	}
	deep := get("/v1/refunds?limit=1&expand[]=data.charge.balance_transaction&expand[]=data.balance_transaction.source")
	charge := deep["charge"].(anyObject)
	if got := charge["balance_transaction"].(anyObject)["source"]; got != charge["id"] {
		t.Errorf("the charge's balance transaction is about %v", got)
	}
	if got := deep["balance_transaction"].(anyObject)["source"].(anyObject)["id"]; got != deep["id"] {
		t.Errorf("the refund's balance transaction is about %v", got)
	}
	withRefunds := get("/v1/charges?limit=1&expand[]=data.refunds")
	if refunds, _ := withRefunds["refunds"].(anyObject); refunds["object"] != "list" {
		t.Errorf("expanded refunds: %v", withRefunds["refunds"])
	}
	if _, shown := get("/v1/charges?limit=1")["refunds"]; shown {
		t.Error("refunds shown without being expanded")
	}
}

func isID(v any, prefixes ...string) bool {
	id, ok := v.(string)
	return ok && slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(id, prefix) })
}

func TestSourceCharges(t *testing.T) {
	w := newWorld(t, Config{Orders: 200, Stories: map[string]int{"paid": 1}})
	base := start(t, newTestServer(w))
	bySource, byIntent := 0, 0
	for _, c := range walk(t, base, "/v1/charges", url.Values{"limit": {"100"}, "expand[]": {"data.source"}}) {
		if s, ok := c["source"].(anyObject); ok {
			bySource++
			if s["status"] != "consumed" || c["payment_method"] != s["id"] || c["payment_intent"] != nil {
				t.Errorf("charge %v: source %v, method %v", c["id"], s["status"], c["payment_method"])
			}
			continue
		}
		byIntent++
		if !isID(c["payment_intent"], "pi_") {
			t.Errorf("charge %v has neither a source nor an intent", c["id"])
		}
	}
	if bySource == 0 || byIntent == 0 {
		t.Errorf("%d charges by source, %d by intent", bySource, byIntent)
	}
}

func TestFilters(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	base := start(t, newTestServer(w))
	r, d := w.refunds.items[0], w.disputes.items[0]
	arrival := w.payouts.items[20].arrival
	paid := w.intents.items[slices.IndexFunc(w.intents.items, func(pi *intent) bool { return pi.states.last().latest != nil })]
	is := func(field string, want any) func(anyObject) bool {
		return func(object anyObject) bool { return object[field] == want }
	}
	for query, fits := range map[string]func(anyObject) bool{
		"/v1/refunds?charge=" + r.charge.id:            is("charge", r.charge.id),
		"/v1/disputes?charge=" + d.charge.id:           is("charge", d.charge.id),
		"/v1/charges?payment_intent=" + paid.id:        is("payment_intent", paid.id),
		"/v1/payouts?status=failed":                    is("status", "failed"),
		"/v1/payouts?arrival_date=" + unix(arrival):    is("arrival_date", float64(arrival.Unix())),
		"/v1/balance_transactions?currency=jpy":        is("currency", "jpy"),
		"/v1/balance_transactions?type=payout_failure": is("reporting_category", "payout_reversal"),
		"/v1/balance_transactions?source=" + r.id:      is("source", r.id),
		"/v1/events?type=source.failed":                is("type", "source.failed"),
	} {
		got := decode[listAnswer](t, stripeCallTo(t, http.MethodGet, base+query+"&limit=100", nil, "").body).Data
		if len(got) == 0 || slices.ContainsFunc(got, func(object anyObject) bool { return !fits(object) }) {
			t.Errorf("%s: %d objects, not all fit", query, len(got))
		}
	}
}

func TestFailedCharge(t *testing.T) {
	w := newWorld(t, Config{Orders: 60, Stories: map[string]int{"paid_after_failed_charge": 1}})
	base := start(t, newTestServer(w))
	failed := 0
	for _, c := range walk(t, base, "/v1/charges", url.Values{"limit": {"100"}}) {
		if c["status"] != "failed" {
			continue
		}
		failed++
		if c["paid"] != false || c["amount_captured"] != 0.0 || c["balance_transaction"] != nil || c["failure_code"] == nil {
			t.Errorf("failed charge %v", c)
		}
	}
	if failed == 0 {
		t.Error("no failed charge")
	}
}

func TestStripeErrors(t *testing.T) {
	w := newWorld(t, Config{Orders: 300})
	base := start(t, newTestServer(w))
	id := held(w.charges, time.Time{}, endOfDay)[0]
	for name, tc := range map[string]struct {
		path   string
		status int
		want   string
	}{
		"unknown parameter": {"/v1/charges?status=paid", 400, "Received unknown parameter: status"},
		"on one object":     {"/v1/charges/" + id + "?limit=1", 400, "Received unknown parameter: limit"},
		"limit 0":           {"/v1/charges?limit=0", 400, "limit"},
		"limit 101":         {"/v1/charges?limit=101", 400, "limit"},
		"created text":      {"/v1/charges?created=today", 400, "Invalid integer: today"},
		"created range":     {"/v1/charges?created[near]=1", 400, "created[near]"},
		"unknown cursor":    {"/v1/charges?starting_after=ch_none", 400, "No such charge: 'ch_none'"},
		"no such charge":    {"/v1/charges/ch_none", 404, "resource_missing"},
		"no such source":    {"/v1/sources/src_none", 404, "resource_missing"},
		"no list of source": {"/v1/sources", 404, "Unrecognized request URL (GET: /v1/sources)."},
		"bad expand":        {"/v1/charges?expand[]=data.dispute", 400, "cannot be expanded (data.dispute)"},
		"expand not data":   {"/v1/charges?expand[]=balance_transaction", 400, "cannot be expanded"},
		"expand too deep":   {"/v1/charges?expand[]=data.a.b.c.d", 400, "more than 4 levels"},
		"both types":        {"/v1/events?type=a&types[]=b", 400, "either type or types"},
		"unknown payout":    {"/v1/balance_transactions?payout=po_none", 404, "No such payout"},
	} {
		t.Run(name, func(t *testing.T) {
			got := stripeCallTo(t, http.MethodGet, base+tc.path, nil, "")
			if got.status != tc.status || !strings.Contains(got.body, tc.want) || !strings.HasPrefix(got.body, `{"error":{`) {
				t.Errorf("%d %s, want %d and %q", got.status, got.body, tc.status, tc.want)
			}
			if got.header.Get("Request-Id") == "" {
				t.Error("no Request-Id")
			}
		})
	}
}

func TestStripeKey(t *testing.T) {
	base := start(t, newTestServer(newWorld(t, Config{Orders: 50})))
	for name, tc := range map[string]struct {
		set    func(*http.Request)
		status int
	}{
		"none":   {func(*http.Request) {}, 401},
		"wrong":  {func(r *http.Request) { r.Header.Set("Authorization", "Bearer sk_test_other") }, 401},
		"bearer": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+testKey) }, 200},
		"basic":  {func(r *http.Request) { r.SetBasicAuth(testKey, "") }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, http.MethodGet, base+"/v1/charges", "")
			tc.set(r)
			if got := do(t, r); got.status != tc.status {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestEventsAreKeptThirtyDays(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	s := newTestServer(w)
	base := start(t, s)
	got := walk(t, base, "/v1/events", url.Values{"limit": {"100"}, "types[0]": {"source.chargeable"}, "types[1]": {"source.canceled"}})
	if len(got) == 0 {
		t.Fatal("no events")
	}
	oldest := int64(got[len(got)-1]["created"].(float64))
	if oldest < endOfDay.Add(-eventLife).Unix() {
		t.Errorf("an event of %s", time.Unix(oldest, 0).UTC())
	}
	for _, ev := range got {
		object := ev["data"].(anyObject)["object"].(anyObject)
		if want := map[any]any{"source.chargeable": "source", "source.canceled": "source"}[ev["type"]]; object["object"] != want {
			t.Errorf("event %v of type %v carries a %v", ev["id"], ev["type"], object["object"])
		}
		if ev["type"] == "source.canceled" && object["status"] != "canceled" {
			t.Errorf("event %v says %v", ev["id"], object["status"])
		}
	}
}

// refundable returns a young charge that nothing was given back of.
func refundable(t *testing.T, w *World) *charge {
	t.Helper()
	for i := len(w.charges.items) - 1; i >= 0; i-- {
		c := w.charges.items[i]
		if c.created.Before(endOfDay.Add(-day)) && c.method == "alipay" && !c.foreign && c.failure == "" && len(c.refunds)+len(c.disputes) == 0 && c.amount > 100 {
			return c
		}
	}
	t.Fatal("no charge to refund")
	return nil
}

func TestRefundChangesTheCharge(t *testing.T) {
	w := newWorld(t, Config{Orders: 600, Stories: PlainStories()})
	s := newTestServer(w)
	base := start(t, s)
	c := refundable(t, w)
	form := url.Values{"charge": {c.id}, "amount": {"60"}, "metadata[order_id]": {"EVT-1"}}
	created := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", form, "")
	r := decode[anyObject](t, created.body)
	if created.status != 200 || r["status"] != "pending" || r["amount"] != 60.0 || r["charge"] != c.id {
		t.Fatalf("%d %s", created.status, created.body)
	}
	if diff := cmp.Diff(anyObject{"order_id": "EVT-1"}, r["metadata"]); diff != "" {
		t.Error(diff)
	}
	shown := decode[anyObject](t, stripeCallTo(t, http.MethodGet, base+"/v1/charges/"+c.id, nil, "").body)
	if shown["amount_refunded"] != 60.0 || shown["refunded"] != false {
		t.Errorf("amount_refunded %v, refunded %v", shown["amount_refunded"], shown["refunded"])
	}
	s.SetNow(endOfDay.Add(refundDuration))
	again := decode[anyObject](t, stripeCallTo(t, http.MethodGet, base+"/v1/refunds/"+r["id"].(string), nil, "").body)
	if again["status"] != "succeeded" {
		t.Errorf("status %v some minutes later", again["status"])
	}
	rest := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", url.Values{"charge": {c.id}}, "")
	if got := decode[anyObject](t, rest.body)["amount"]; got != float64(c.amount-60) {
		t.Errorf("the rest is %v of %d", got, c.amount)
	}
	shown = decode[anyObject](t, stripeCallTo(t, http.MethodGet, base+"/v1/charges/"+c.id, nil, "").body)
	if shown["refunded"] != true {
		t.Error("not refunded")
	}
	for d := range 3 {
		checkBalance(t, w, endOfDay.AddDate(0, 0, d))
	}
	for _, p := range w.payouts.items {
		checkPayout(t, p)
	}
	if p := w.refunds.byID[r["id"].(string)].movement.payout; p == nil || !p.created.After(endOfDay) {
		t.Errorf("the refund left with payout %+v, want a later one", p)
	}
}

func checkPayout(t *testing.T, p *payout) {
	t.Helper()
	sum := p.amount
	for _, m := range p.movements.items {
		if m != p.own {
			sum -= m.net()
		}
	}
	if sum != 0 {
		t.Errorf("payout %s of %s differs from its movements by %d", p.id, p.created, sum)
	}
}

func TestFailedRefundReopensTheCharge(t *testing.T) {
	w := newWorld(t, Config{Orders: 40, Stories: map[string]int{"refund_failed": 1}})
	s := newTestServer(w)
	base := start(t, s)
	r := w.refunds.items[0]
	show := func(at time.Time) anyObject {
		s.SetNow(at)
		return decode[anyObject](t, stripeCallTo(t, http.MethodGet, base+"/v1/charges/"+r.charge.id, nil, "").body)
	}
	if c := show(r.created); c["refunded"] != true || c["amount_refunded"] != float64(r.amount) {
		t.Errorf("while the refund is pending: %v, %v", c["refunded"], c["amount_refunded"])
	}
	if c := show(r.returned.created); c["refunded"] != false || c["amount_refunded"] != 0.0 {
		t.Errorf("after it failed: %v, %v", c["refunded"], c["amount_refunded"])
	}
	failed := decode[anyObject](t, stripeCallTo(t, http.MethodGet, base+"/v1/refunds/"+r.id, nil, "").body)
	if failed["status"] != "failed" || !isID(failed["failure_balance_transaction"], "txn_") {
		t.Errorf("%v", failed)
	}
}

func TestRefundByIntent(t *testing.T) {
	w := newWorld(t, Config{Orders: 600, Stories: PlainStories()})
	base := start(t, newTestServer(w))
	var c *charge
	for _, candidate := range w.charges.items {
		if candidate.intent != nil && candidate.failure == "" && len(candidate.refunds) == 0 && candidate.created.After(endOfDay.Add(-60*day)) && candidate.created.Before(endOfDay) {
			c = candidate
		}
	}
	got := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", url.Values{"payment_intent": {c.intent.id}}, "")
	if r := decode[anyObject](t, got.body); r["charge"] != c.id || r["amount"] != float64(c.amount) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestRefundErrors(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	base := start(t, newTestServer(w))
	young := refundable(t, w)
	old := w.charges.items[0]
	var refunded, disputed, failed *charge
	for _, c := range w.charges.items {
		if c.created.After(endOfDay.Add(-80*day)) && c.created.Before(endOfDay) {
			if c.refundedAt(endOfDay) >= c.amount {
				refunded = c
			} else if c.disputedAt(endOfDay) {
				disputed = c
			} else if c.failure != "" {
				failed = c
			}
		}
	}
	for name, tc := range map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"no target":        {url.Values{"amount": {"1"}}, 400, "payment_intent or charge"},
		"unknown charge":   {url.Values{"charge": {"ch_none"}}, 404, "resource_missing"},
		"unknown intent":   {url.Values{"payment_intent": {"pi_none"}}, 404, "resource_missing"},
		"too much":         {url.Values{"charge": {young.id}, "amount": {fmt.Sprint(young.amount + 1)}}, 400, "amount_too_large"},
		"zero":             {url.Values{"charge": {young.id}, "amount": {"0"}}, 400, "Invalid positive integer"},
		"too old":          {url.Values{"charge": {old.id}}, 400, "charge_not_refundable"},
		"already refunded": {url.Values{"charge": {refunded.id}}, 400, "charge_already_refunded"},
		"disputed":         {url.Values{"charge": {disputed.id}}, 400, "charge_disputed"},
		"failed":           {url.Values{"charge": {failed.id}}, 400, "charge_not_refundable"},
		"bad reason":       {url.Values{"charge": {young.id}, "reason": {"whim"}}, 400, "Invalid reason"},
		"unknown":          {url.Values{"charge": {young.id}, "colour": {"red"}}, 400, "Received unknown parameter: colour"},
	} {
		t.Run(name, func(t *testing.T) {
			got := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", tc.form, "")
			if got.status != tc.status || !strings.Contains(got.body, tc.want) {
				t.Errorf("%d %s, want %d and %q", got.status, got.body, tc.status, tc.want)
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	w := newWorld(t, Config{Orders: 600, Stories: PlainStories()})
	base := start(t, newTestServer(w))
	c := refundable(t, w)
	form := url.Values{"charge": {c.id}, "amount": {"10"}}
	first := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", form, "key-1")
	second := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", form, "key-1")
	if first.status != 200 || first.body != second.body || second.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d %s\n%d %s", first.status, first.body, second.status, second.body)
	}
	if got := c.refundedAt(endOfDay); got != 10 {
		t.Errorf("%d given back", got)
	}
	other := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", url.Values{"charge": {c.id}, "amount": {"11"}}, "key-1")
	if other.status != 400 || !strings.Contains(other.body, "idempotency_error") {
		t.Errorf("%d %s", other.status, other.body)
	}
	tooMuch := url.Values{"charge": {c.id}, "amount": {"99999999"}}
	refused := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", tooMuch, "key-2")
	again := stripeCallTo(t, http.MethodPost, base+"/v1/refunds", tooMuch, "key-2")
	if refused.status != 400 || again.status != 400 || refused.body != again.body {
		t.Errorf("an error is not replayed: %d %s, %d %s", refused.status, refused.body, again.status, again.body)
	}
}

func TestPayoutMovements(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	s := newTestServer(w)
	base := start(t, s)
	for _, p := range w.payouts.items {
		if p.created.After(endOfDay) {
			continue
		}
		path := base + "/v1/balance_transactions?limit=100&payout=" + p.id
		if p.fault == payoutManual {
			if got := stripeCallTo(t, http.MethodGet, path, nil, ""); got.status != 400 {
				t.Errorf("movements of manual payout %s: %d", p.id, got.status)
			}
			continue
		}
		list := walk(t, base, "/v1/balance_transactions", url.Values{"limit": {"100"}, "payout": {p.id}})
		sum := 0.0
		for _, m := range list {
			if m["type"] != "payout" {
				sum += m["net"].(float64)
			}
		}
		balanced := sum == float64(p.amount)
		want := p.fault != payoutUnbalanced && p.reconciliation(endOfDay) == "completed"
		if balanced != want && p.reconciliation(endOfDay) == "completed" {
			t.Errorf("payout %s %q: movements make %v of %d", p.id, p.fault, sum, p.amount)
		}
	}
}

func TestStatedBalance(t *testing.T) {
	w := newWorld(t, Config{Orders: 1500})
	got := decode[struct {
		Available []struct{ Amount int64 }
		Pending   []struct{ Amount int64 }
	}](t, stripeGet(t, w, "/v1/balance"))
	var stated, computed int64
	for i := range got.Available {
		stated += got.Available[i].Amount + got.Pending[i].Amount
	}
	for _, m := range w.movements.between(time.Time{}, endOfDay) {
		computed += m.net()
	}
	if stated != computed || len(got.Available) == 0 {
		t.Errorf("stated %d, computed %d", stated, computed)
	}
}

func TestFaults(t *testing.T) {
	s := newTestServer(newWorld(t, Config{Orders: 300}))
	base := start(t, s)
	s.Fault(func(*http.Request) *FaultAnswer {
		return &FaultAnswer{Status: 429, Header: http.Header{"Retry-After": {"1"}}, Body: `{"error":{"type":"rate_limit"}}`}
	})
	if got := stripeCallTo(t, http.MethodGet, base+"/v1/charges", nil, ""); got.status != 429 || got.header.Get("Retry-After") != "1" {
		t.Errorf("%d %v", got.status, got.header)
	}
	s.Fault(func(*http.Request) *FaultAnswer { return &FaultAnswer{CutAfter: 200} })
	r := request(t, http.MethodGet, base+"/v1/charges", "")
	r.Header.Set("Authorization", "Bearer "+testKey)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err == nil || len(body) != 200 {
		t.Errorf("%d bytes and %v, want 200 and a broken connection", len(body), err)
	}
	s.Fault(nil)
	if got := stripeCallTo(t, http.MethodGet, base+"/v1/charges", nil, ""); got.status != 200 {
		t.Errorf("%d without a fault", got.status)
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, Config{Orders: 600, Stories: PlainStories()})
	s := newTestServer(w)
	base := start(t, s)
	c := refundable(t, w)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			stripeCallTo(t, http.MethodGet, base+"/v1/charges?limit=100&expand[]=data.refunds", nil, "")
			stripeCallTo(t, http.MethodPost, base+"/v1/refunds", url.Values{"charge": {c.id}, "amount": {"1"}}, fmt.Sprint("k", i))
			s.SetNow(endOfDay.Add(time.Duration(i) * time.Second))
			w.Truth(endOfDay)
		})
	}
	group.Wait()
	if got := c.refundedAt(endOfDay.Add(time.Hour)); got != 8 {
		t.Errorf("%d given back by 8 refunds of 1", got)
	}
}
