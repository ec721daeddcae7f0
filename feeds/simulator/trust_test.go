package simulator

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type trustList = []map[string]string

// filterOf builds a filter with the values of each name.
func filterOf(values map[string][]string) map[string]trustList {
	out := map[string]trustList{}
	for name, list := range values {
		for _, v := range list {
			out[name] = append(out[name], map[string]string{"value": v})
		}
	}
	return out
}

func queryOf(filter map[string][]string) anyObject {
	return anyObject{"requesttypedescriptions": []string{"TRANSACTIONQUERY"}, "filter": filterOf(filter)}
}

func refundOf(parent, amount string) anyObject {
	out := anyObject{"requesttypedescriptions": []string{"REFUND"}, "sitereference": "test_site12345",
		"parenttransactionreference": parent}
	if amount != "" {
		out["baseamount"] = amount
	}
	return out
}

// trustPost sends elements with good credentials and returns the answers.
func trustPost(t *testing.T, base string, elements ...anyObject) []anyObject {
	t.Helper()
	body, err := json.Marshal(anyObject{"alias": testUser, "version": "1.00", "request": elements})
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, http.MethodPost, base+"/json/", string(body))
	r.SetBasicAuth(testUser, testPassword)
	got := do(t, r)
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return decode[struct{ Response []anyObject }](t, got.body).Response
}

func references(answer anyObject) []string {
	var out []string
	records, _ := answer["records"].([]any)
	for _, record := range records {
		out = append(out, record.(anyObject)["transactionreference"].(string))
	}
	return out
}

func window(from, to time.Time) map[string][]string {
	return map[string][]string{
		"sitereference": {"test_site12345"}, "starttimestamp": {from.Format(trustTime)}, "endtimestamp": {to.Format(trustTime)},
	}
}

func TestQueryByWindow(t *testing.T) {
	w := newWorld(t, Config{Orders: 2000})
	base := start(t, newTestServer(w))
	from, to := w.transactions.items[100].created, w.transactions.items[300].created
	answer := trustPost(t, base, queryOf(window(from, to)))[0]
	got := references(answer)
	want := held(w.transactions, from, to)
	if slices.IsSortedFunc(got, byCreation(w)) {
		t.Error("records came in the order of time: the gateway groups them by node")
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(a[:2], b[:2]) }) {
		t.Error("records are not grouped by node")
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if answer["errorcode"] != "0" || answer["found"] != fmt.Sprint(len(want)) {
		t.Errorf("errorcode %v, found %v of %d", answer["errorcode"], answer["found"], len(want))
	}
}

func byCreation(w *World) func(a, b string) int {
	return func(a, b string) int {
		return w.transactions.byID[a].created.Compare(w.transactions.byID[b].created)
	}
}

func TestQueryCap(t *testing.T) {
	w := newWorld(t, Config{Orders: 3000})
	all := window(endOfDay.Add(-100*day), endOfDay)
	for total, want := range map[bool]int{false: recordLimit, true: len(held(w.transactions, time.Time{}, endOfDay))} {
		s := NewServer(w, ServerConfig{TPUsername: testUser, TPPassword: testPassword, FoundIsTotal: total})
		answer := trustPost(t, start(t, s), queryOf(all))[0]
		if n := len(references(answer)); n != recordLimit || answer["found"] != fmt.Sprint(want) {
			t.Errorf("found is total %v: %d records, found %v, want %d", total, n, answer["found"], want)
		}
	}
}

func TestQueryByReference(t *testing.T) {
	w := newWorld(t, Config{Orders: 2000})
	base := start(t, newTestServer(w))
	a, b := w.transactions.items[3], w.transactions.items[50]
	got := references(trustPost(t, base, queryOf(map[string][]string{"transactionreference": {a.id, b.id, "1-2-3"}}))[0])
	slices.Sort(got)
	want := []string{a.id, b.id}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	none := trustPost(t, base, queryOf(map[string][]string{"orderreference": {"nobody"}}))[0]
	if none["found"] != "0" || none["errorcode"] != "0" || none["records"] != nil {
		t.Errorf("no match: %v", none)
	}
}

func TestQueryByParentAndType(t *testing.T) {
	w := newWorld(t, Config{Orders: 400, Stories: map[string]int{"refunded": 1}})
	base := start(t, newTestServer(w))
	var r *transaction
	for _, x := range w.transactions.items {
		if x.kind == "REFUND" && x.created.Before(endOfDay) {
			r = x
		}
	}
	answer := trustPost(t, base, queryOf(map[string][]string{
		"parenttransactionreference": {r.parent.id}, "requesttypedescription": {"REFUND"},
	}))[0]
	if diff := cmp.Diff([]string{r.id}, references(answer)); diff != "" {
		t.Error(diff)
	}
	record := answer["records"].([]any)[0].(anyObject)
	if record["settlestatus"] != "100" || record["parenttransactionreference"] != r.parent.id {
		t.Errorf("%v", record)
	}
	for name, value := range record {
		if _, ok := value.(string); !ok {
			t.Errorf("%s is a %T, every scalar is a string", name, value)
		}
	}
}

func TestTrustErrors(t *testing.T) {
	base := start(t, newTestServer(newWorld(t, Config{Orders: 100})))
	for name, tc := range map[string]struct {
		element anyObject
		want    string
	}{
		"no filter":      {anyObject{"requesttypedescriptions": []string{"TRANSACTIONQUERY"}}, "60019"},
		"empty filter":   {queryOf(nil), "60019"},
		"unknown filter": {queryOf(map[string][]string{"colour": {"red"}}), "60037"},
		"bad time":       {queryOf(map[string][]string{"starttimestamp": {"today"}}), "30000"},
		"foreign site":   {queryOf(map[string][]string{"sitereference": {"another"}}), "30001"},
		"unknown type":   {anyObject{"requesttypedescriptions": []string{"AUTHORISE"}}, "60018"},
		"no type":        {anyObject{}, "60018"},
		"two types":      {anyObject{"requesttypedescriptions": []string{"REFUND", "TRANSACTIONQUERY"}}, "30000"},
		"both fields":    {anyObject{"requesttypedescriptions": []string{"REFUND"}, "requesttypedescription": "REFUND"}, "60040"},
	} {
		t.Run(name, func(t *testing.T) {
			got := trustPost(t, base, tc.element)[0]
			if got["errorcode"] != tc.want || got["errormessage"] == "" {
				t.Errorf("%v, want %s", got, tc.want)
			}
		})
	}
}

func TestTrustEnvelope(t *testing.T) {
	base := start(t, newTestServer(newWorld(t, Config{Orders: 100})))
	send := func(user, password, body string) httpAnswer {
		r := request(t, http.MethodPost, base+"/json/", body)
		r.SetBasicAuth(user, password)
		return do(t, r)
	}
	good := `{"alias":"` + testUser + `","version":"1.00","requestreference":"mine","request":[{"requesttypedescriptions":["TRANSACTIONQUERY"],` +
		`"filter":{"sitereference":{"value":"test_site12345"},"transactionreference":[{"value":"1-2-3"}]}}]}`
	if got := send(testUser, "wrong", good); got.status != 401 || !strings.Contains(got.body, "<html>") {
		t.Errorf("wrong password: %d %s", got.status, got.body)
	}
	for name, tc := range map[string]struct{ body, want string }{
		"good":        {good, `"requestreference":"mine"`},
		"malformed":   {`{"alias"`, `"errorcode":"10205"`},
		"other alias": {strings.Replace(good, testUser, "another", 1), `"errorcode":"30008"`},
		"old version": {strings.Replace(good, "1.00", "0.99", 1), `"errorcode":"30007"`},
	} {
		if got := send(testUser, testPassword, tc.body); got.status != 200 || !strings.Contains(got.body, tc.want) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// settledAuth returns an AUTH that is settled and of which nothing was given back.
func settledAuth(t *testing.T, w *World) *transaction {
	t.Helper()
	for _, x := range w.transactions.items {
		if state, _ := x.states.at(endOfDay); x.kind == "AUTH" && state.settle == "100" && len(x.refunds) == 0 && x.amount > 100 {
			return x
		}
	}
	t.Fatal("no settled AUTH")
	return nil
}

func TestTrustRefund(t *testing.T) {
	w := newWorld(t, Config{Orders: 300, Stories: map[string]int{"paid": 1}})
	base := start(t, newTestServer(w))
	auth := settledAuth(t, w)
	part := refundOf(auth.id, "40")
	part["orderreference"] = "OUR-OWN-REFERENCE-THAT-IS-LONG"
	got := trustPost(t, base, part, refundOf(auth.id, ""), refundOf(auth.id, "1"))
	if got[0]["errorcode"] != "0" || got[0]["settlestatus"] != "100" || got[0]["orderreference"] != "OUR-OWN-REFERENCE-THAT-IS" ||
		got[0]["baseamount"] != "40" || got[0]["parenttransactionreference"] != auth.id || got[0]["requesttypedescription"] != "REFUND" {
		t.Errorf("part: %v", got[0])
	}
	if got[1]["baseamount"] != fmt.Sprint(auth.amount-40) || got[1]["orderreference"] != auth.reference {
		t.Errorf("rest: %v", got[1])
	}
	if got[2]["errorcode"] != "20007" || got[2]["requesttypedescription"] != "ERROR" || got[2]["transactionreference"] == nil {
		t.Errorf("too much: %v", got[2])
	}
	listed := references(trustPost(t, base, queryOf(map[string][]string{"parenttransactionreference": {auth.id}}))[0])
	want := []string{got[0]["transactionreference"].(string), got[1]["transactionreference"].(string)}
	slices.Sort(listed)
	slices.Sort(want)
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Error(diff)
	}
}

func TestTrustRefundErrors(t *testing.T) {
	w := newWorld(t, Config{Orders: 600})
	base := start(t, newTestServer(w))
	auth := settledAuth(t, w)
	var waiting, declined, refund string
	for _, x := range w.transactions.items {
		state, ok := x.states.at(endOfDay)
		switch {
		case !ok:
		case x.kind == "REFUND":
			refund = x.id
		case x.errorCode != "0":
			declined = x.id
		case state.settle == "10":
			waiting = x.id
		}
	}
	foreign := refundOf(auth.id, "")
	foreign["currencyiso3a"] = "SEK"
	site := refundOf(auth.id, "")
	site["sitereference"] = "another"
	for name, tc := range map[string]struct {
		element anyObject
		want    string
	}{
		"no parent":      {refundOf("", ""), "20004"},
		"unknown parent": {refundOf("1-2-3", ""), "20033"},
		"a refund":       {refundOf(refund, ""), "20006"},
		"a decline":      {refundOf(declined, ""), "20011"},
		"not settled":    {refundOf(waiting, ""), "20005"},
		"too much":       {refundOf(auth.id, fmt.Sprint(auth.amount+1)), "20007"},
		"zero":           {refundOf(auth.id, "0"), "20022"},
		"no number":      {refundOf(auth.id, "1.50"), "30000"},
		"other currency": {foreign, "20015"},
		"foreign site":   {site, "30001"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := trustPost(t, base, tc.element)[0]; got["errorcode"] != tc.want {
				t.Errorf("%v, want %s", got, tc.want)
			}
		})
	}
}

func TestLongReferencesArriveTruncated(t *testing.T) {
	w := newWorld(t, Config{Orders: 2000})
	long := 0
	for _, x := range w.transactions.items {
		if len(x.reference) > referenceLimit {
			t.Errorf("%s carries %q", x.id, x.reference)
		}
		if len(x.reference) == referenceLimit {
			long++
		}
	}
	if long == 0 {
		t.Error("no truncated reference")
	}
}

func TestSettlementShowsWithoutMoving(t *testing.T) {
	w := newWorld(t, Config{Orders: 40, Stories: map[string]int{"settlement_late": 1}})
	s := newTestServer(w)
	base := start(t, s)
	auth := w.transactions.items[0]
	query := queryOf(map[string][]string{"transactionreference": {auth.id}})
	status := func() any { return trustPost(t, base, query)[0]["records"].([]any)[0].(anyObject)["settlestatus"] }
	if got := status(); got == "100" {
		t.Errorf("settlestatus %v on the first day", got)
	}
	s.SetNow(endOfDay.Add(day))
	if got := status(); got != "100" {
		t.Errorf("settlestatus %v on the second day", got)
	}
	if got := references(trustPost(t, base, queryOf(window(endOfDay, endOfDay.Add(day))))[0]); slices.Contains(got, auth.id) {
		t.Error("the old AUTH moved into the new window")
	}
}

// searchOf asks the bulk search with good credentials.
func searchOf(t *testing.T, base string, form url.Values) httpAnswer {
	t.Helper()
	r := request(t, http.MethodPost, base+"/auto/transactions/transactionsearch", form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(testUser, testPassword)
	return do(t, r)
}

// The bulk search gives the transactions of whole days, in major units and capped; and text, not CSV, where there are none.
func TestTrustSearch(t *testing.T) {
	w := newWorld(t, Config{Orders: 300})
	base := start(t, NewServer(w, ServerConfig{StripeKey: "k", TPUsername: testUser, TPPassword: testPassword, SearchLimit: 7}))
	last := endOfDay.Format(time.DateOnly)
	days := func(from, to string) url.Values {
		return url.Values{"sitereferences": {"test_site12345"}, "startdate": {from}, "enddate": {to}, "optionalfields": {"mainamount", "currencyiso3a"}}
	}
	rows, err := csv.NewReader(strings.NewReader(searchOf(t, base, days("2020-01-01", last)).body)).ReadAll()
	if err != nil || len(rows) != 8 || strings.Join(rows[0], ",") != "transactionreference,transactionstartedtimestamp,mainamount,currencyiso3a" {
		t.Fatalf("rows %v, error %v", rows, err)
	}
	for _, row := range rows[1:] {
		if x := w.transactions.byID[row[0]]; x == nil || mainAmount(strconv.FormatInt(x.amount, 10), x.currency) != row[2] {
			t.Errorf("row %v is not of the world", row)
		}
	}
	if got := searchOf(t, base, days("2019-01-01", "2019-02-01")); got.body != "No records found for search" || got.header.Get("Content-Type") != "text/plain" {
		t.Errorf("no rows: %+v", got)
	}
	for _, wrong := range []url.Values{{}, days("yesterday", last), {"sitereferences": {"another"}, "startdate": {last}, "enddate": {last}}} {
		if got := searchOf(t, base, wrong); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d", wrong, got.status)
		}
	}
	for minor, want := range map[string]string{"1100": "11.0", "1150": "11.5", "1105": "11.05", "7": "0.07", "0": "0.0"} {
		if got := mainAmount(minor, "EUR"); got != want {
			t.Errorf("%s minor units are written %s, want %s", minor, got, want)
		}
	}
}
