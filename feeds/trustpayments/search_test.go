package trustpayments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

// searching returns a client whose bulk search is answered by serve, and which counts its calls.
func searching(t *testing.T, g *gateway, calls *atomic.Int64, serve func(http.ResponseWriter, *http.Request)) *Client {
	t.Helper()
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		serve(w, r)
	}))
	t.Cleanup(portal.Close)
	return g.start(func(o *Options) { o.Source, o.SearchURL = SourceSearch, portal.URL+"/search" })
}

// table writes an answer of the search: rows of reference, type, start, parent, status, amount and time of settling.
func table(rows ...string) string {
	return "transactionreference,requesttypedescription,transactionstartedtimestamp,parenttransactionreference,settlestatus,mainamount," +
		"settledtimestamp,orderreference,paymenttypedescription,currencyiso3a,errorcode,settlemainamount\n" + strings.Join(rows, "\n") + "\n"
}

func TestSearchAnswers(t *testing.T) {
	const settledRow = "1-9-1,AUTH,2024-01-10 10:00:00,,100,10.5,2024-01-11 10:00:00,A1,ALIPAY,EUR,0,10.5"
	plain := func(body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
	}
	for _, test := range []struct {
		name  string
		serve func(http.ResponseWriter, *http.Request)
		calls int64
		want  []string
		wrong string
	}{
		{"a row", plain(table(settledRow)), 1, []string{"auth:1-9-1"}, ""},
		{"a row after a mark", plain(byteOrderMark + table(settledRow)), 1, []string{"auth:1-9-1"}, ""},
		{"nothing found", plain("No records found for search"), 1, nil, ""},
		{"a header alone", plain(table()), 1, nil, ""},
		{"does not tell when it settled", plain(table(strings.Replace(settledRow, "2024-01-11 10:00:00", "", 1))), 1, []string{"auth:1-9-1"}, ""},
		{"an amount that cannot be read", plain(table(strings.Replace(settledRow, "10.5", "10.555", 1))), 1, []string{"auth:1-9-1"}, ""},
		{"that, of an unknown transaction", plain(table("1-9-404,AUTH,2024-01-10 10:00:00,,100,x,,A1,ALIPAY,EUR,0,10.5")), 1, nil,
			"1-9-404 is in the answer, where it cannot be read (mainamount: not an amount in EUR: \"x\"), and is not known to the Webservices"},
		{"of another day of the same answer", plain(table(strings.Replace(settledRow, "2024-01-10", "2024-02-02", 1))), 1, nil, ""},
		{"of a day that nobody asked for", plain(table(strings.Replace(settledRow, "2024-01-10", "2023-11-10", 1))), 5, nil, "which was not asked for"},
		{"columns are missing", plain("transactionreference\n1-9-1\n"), 1, nil, "lacks the columns requesttypedescription"},
		{"HTML", plain("<html><body>joe@example.com"), 5, nil, "a page of Content-Type"},
		{"nothing at all", plain(""), 5, nil, "the header cannot be read"},
		{"quotes that do not end", plain(table(settledRow, `"1-9-2,AUTH`)), 5, nil, "a row cannot be read"},
		{"401", func(w http.ResponseWriter, _ *http.Request) { status(401)(w) }, 1, nil, "HTTP status 401"},
		{"500 for good", func(w http.ResponseWriter, _ *http.Request) { status(500)(w) }, 5, nil, "given up after 5 tries: HTTP status 500"},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, table(settledRow))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 5, nil, "unexpected EOF"},
		{"broken off, perhaps", untilClosed(table(settledRow)), 1, nil, "the answer does not tell its length"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls atomic.Int64
			held := auth("1-9-1", "2024-01-10 10:00:00", transaction{"settledtimestamp": "2024-01-11 10:00:00"})
			client, got := searching(t, &gateway{t: t, transactions: []transaction{held}}, &calls, test.serve), newSink(t)
			_, err := client.Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: got})
			if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("error %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), testPassword) || strings.Contains(err.Error(), "joe@")) {
				t.Errorf("error tells what it should not: %s", err)
			}
			if diff := cmp.Diff(test.want, got.ids()); diff != "" || calls.Load() != test.calls {
				t.Errorf("%d calls; observed (-want +got):\n%s", calls.Load(), diff)
			}
			for _, observed := range got.seen {
				payment, ok := NewNormaliser(nil)(observed).(reconcile.Payment)
				if !ok || payment.Amount.Minor != 1050 || payment.SucceededAt != at("2024-01-11 10:00:00") {
					t.Errorf("%s was read as %+v", observed.Body, payment)
				}
			}
		})
	}
}

// untilClosed answers with a body that ends when the connection does.
func untilClosed(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer connection.Close()
		fmt.Fprint(buffered, "HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\n\r\n"+body)
		_ = buffered.Flush()
	}
}

// What is open is read again by the Webservices even where the search shows it, as are the AUTHs of refunds that are not held.
func TestSearchReadsByReferenceWhatItCannotShow(t *testing.T) {
	g := &gateway{t: t, transactions: []transaction{
		auth("1-9-1", "2024-01-10 10:00:00"), auth("2-9-2", "2023-12-01 10:00:00"), auth("3-9-1", "2023-12-02 10:00:00"),
	}}
	var calls atomic.Int64
	rows := table("1-9-1,AUTH,2024-01-10 10:00:00,,10,10.5,,A1,ALIPAY,EUR,0,10.5", "1-9-3,REFUND,2024-01-11 10:00:00,2-9-2,100,1,,A1,ALIPAY,EUR,0,1")
	client := searching(t, g, &calls, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, rows) })
	got := &shelfSink{}
	_, err := client.Fetch(context.Background(), feeds.Request{
		Window: january, Memory: memory{open: map[string][]string{KindAuth: {"1-9-1", "3-9-1"}}}, Sink: got,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"auth 1-9-1 10", "refund 1-9-3 100", "auth 1-9-1 100", "auth 3-9-1 100", "auth 2-9-2 100"}
	if diff := cmp.Diff(want, got.took); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

// shelfSink notes each observation with its settlestatus, in order.
type shelfSink struct{ took []string }

func (s *shelfSink) Observe(_ context.Context, batch []feeds.Observation) error {
	for _, observed := range batch {
		_, after, _ := strings.Cut(string(observed.Body), `"settlestatus":"`)
		status, _, _ := strings.Cut(after, `"`)
		s.took = append(s.took, fmt.Sprint(observed.Key.Kind, " ", observed.Key.ID, " ", status))
	}
	return nil
}

func TestSearchWithAWrongPasswordIsUnauthorized(t *testing.T) {
	var calls atomic.Int64
	client := searching(t, &gateway{t: t}, &calls, func(w http.ResponseWriter, _ *http.Request) { status(401)(w) })
	_, err := client.Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: newSink(t)})
	if !errors.Is(err, ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
}
