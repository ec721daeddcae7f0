package trustpayments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

// replaceFound answers each query as the gateway would, without records but for two, and with another count.
func replaceFound(found any) func(int, http.ResponseWriter, map[string]any) bool {
	return func(_ int, w http.ResponseWriter, _ map[string]any) bool {
		element := map[string]any{"errorcode": 0, "records": []any{
			auth("1-9-1", "2024-01-01 00:00:03"), auth("1-9-2", "2024-01-01 00:00:03"),
		}}
		if found != nil {
			element["found"] = found
		}
		respond(w, element)
		return true
	}
}

var january = reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-02-01 00:00:00")}

func TestFetchReadsByReferenceWhatTheWindowCannotShow(t *testing.T) {
	for _, strict := range []bool{false, true} {
		gateway := &gateway{t: t, strict: strict, transactions: []transaction{
			auth("1-9-1", "2024-01-10 10:00:00"),                               // in the window
			refundOf("2-9-2", "1-9-3", "2024-01-11 10:00:00"),                  // in the window, its AUTH before it and not held
			refundOf("2-9-7", "1-9-4", "2024-01-11 10:00:00"),                  // its AUTH is held
			auth("2-9-2", "2023-12-01 10:00:00"),                               // parent
			auth("2-9-7", "2023-12-01 10:00:00"),                               // held
			auth("3-9-1", "2023-12-02 10:00:00"),                               // open
			refundOf("2-9-7", "3-9-2", "2023-12-03 10:00:00"),                  // open
			auth("4-9-1", "2023-12-04 10:00:00"),                               // named by the shop
			auth("5-9-1", "2023-12-05 10:00:00"),                               // nobody asks
			auth("6-9-1", "2024-01-12 10:00:00", transaction{"livestatus": 1}), // live money at a test site
		}}
		got := newSink(t)
		tally, err := gateway.start().Fetch(context.Background(), feeds.Request{
			Window: january,
			Named:  []string{"4-9-1", "2088611221573217", "4-9-404", "", "1-9-1"},
			Memory: memory{
				open: map[string][]string{KindAuth: {"1-9-1", "3-9-1", "unreadable-0123456789abcdef"}, KindRefund: {"3-9-2"}},
				held: []string{"2-9-7"},
			},
			Sink: got,
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"auth:1-9-1", "auth:2-9-2", "auth:3-9-1", "auth:4-9-1", "refund:1-9-3", "refund:1-9-4", "refund:3-9-2"}
		if diff := cmp.Diff(want, got.ids()); diff != "" {
			t.Errorf("strict %t: observed (-want +got):\n%s", strict, diff)
		}
		if tally != (feeds.Tally{Read: 8, OtherMode: 1}) {
			t.Errorf("strict %t: tally %+v", strict, tally)
		}
		for _, body := range gateway.bodies {
			for _, id := range []string{"2088611221573217", "unreadable", "1-9-1"} {
				if strings.Contains(string(body), id) {
					t.Errorf("asked for %s, which is no reference of the gateway or was seen already: %s", id, body)
				}
			}
		}
	}
}

func TestFetchAsksForReferencesInBatches(t *testing.T) {
	gateway := &gateway{t: t}
	var open []string
	for i := range 250 {
		open = append(open, fmt.Sprintf("1-9-%d", 1000+i))
		gateway.transactions = append(gateway.transactions, auth(open[i], "2023-06-01 00:00:00"))
	}
	got := newSink(t)
	tally, err := gateway.start().Fetch(context.Background(), feeds.Request{
		Window: january, Memory: memory{open: map[string][]string{KindAuth: open}}, Sink: got,
	})
	if err != nil || tally.Read != 250 || len(got.seen) != 250 {
		t.Fatalf("tally %+v, error %v", tally, err)
	}
	var sizes []int
	for _, body := range gateway.bodies[1:] {
		var call struct{ Request []query }
		if err := json.Unmarshal(body, &call); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(call.Request[0].Filter[fieldReference]))
	}
	slices.Sort(sizes) // they are asked for at once
	if diff := cmp.Diff([]int{50, 100, 100}, sizes); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

// A batch whose answer is cut is read by halves; one reference with more records than a reply holds is an error.
func TestBatchesThatAreCut(t *testing.T) {
	gateway := &gateway{t: t, maxRecords: 3}
	for i := range 10 {
		gateway.transactions = append(gateway.transactions, auth(fmt.Sprintf("1-9-%d", i), "2023-06-01 00:00:00"))
	}
	client, got := gateway.start(), newSink(t)
	open := []string{"1-9-0", "1-9-1", "1-9-2", "1-9-3", "1-9-4", "1-9-5", "1-9-6", "1-9-7", "1-9-8", "1-9-9"}
	if err := client.newRun(got).byReference(context.Background(), open); err != nil || len(got.seen) != 10 {
		t.Errorf("%d observed, error %v", len(got.seen), err)
	}
	for i := range 3 {
		gateway.transactions[i]["orderreference"] = "one order"
	}
	err := client.newRun(newSink(t)).byField(context.Background(), fieldOrder, []string{"one order"})
	if err == nil || !strings.Contains(err.Error(), `"one order"`) {
		t.Errorf("error %v does not name the order", err)
	}
}

func TestLiveClientLeavesTestsAlone(t *testing.T) {
	gateway := &gateway{t: t, transactions: []transaction{
		auth("1-9-1", "2024-01-10 10:00:00", transaction{"livestatus": "1"}),
		auth("1-9-2", "2024-01-10 10:00:00", transaction{"livestatus": true}),
		auth("1-9-3", "2024-01-10 10:00:00", transaction{"livestatus": nil}),
		auth("1-9-4", "2024-01-10 10:00:00", transaction{"livestatus": "0"}),
		auth("1-9-5", "2024-01-10 10:00:00", transaction{"livestatus": "2"}),
	}}
	got := newSink(t)
	live := func(o *Options) { o.Live = true }
	tally, err := gateway.start(live).Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: got})
	if err != nil || tally != (feeds.Tally{Read: 5, OtherMode: 2}) {
		t.Errorf("tally %+v, error %v", tally, err)
	}
	if diff := cmp.Diff([]string{"auth:1-9-1", "auth:1-9-2", "auth:1-9-3"}, got.ids()); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

// Rows that are no objects, have no reference or are of a type that was not asked for are observed, and rejected later.
func TestFetchLosesNoOddRow(t *testing.T) {
	gateway := &gateway{t: t, intercept: func(_ int, w http.ResponseWriter, _ map[string]any) bool {
		respond(w, map[string]any{"errorcode": "0", "found": "5", "records": []any{
			"scalar", map[string]any{"orderreference": "A1"}, auth("", "2024-01-01 00:00:00"),
			auth("7-1-1", "2024-01-01 00:00:00", transaction{"requesttypedescription": "THREEDQUERY"}), auth("7-1-2", "?"),
		}})
		return true
	}}
	got := newSink(t)
	tally, err := gateway.start().Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: got})
	if err != nil || tally.Read != 5 || len(got.seen) != 5 {
		t.Fatalf("tally %+v, %d observed, error %v", tally, len(got.seen), err)
	}
	normalise := NewNormaliser(nil)
	for key, observed := range got.seen {
		if rejection, ok := normalise(observed).(reconcile.Rejection); !ok || rejection.Reason == "" || rejection.Key != key {
			t.Errorf("%v became %+v", key, normalise(observed))
		}
	}
}

func TestFetchStopsAtTheFirstErrorOfTheSink(t *testing.T) {
	gateway := &gateway{t: t, transactions: []transaction{auth("1-9-1", "2024-01-10 10:00:00")}}
	got := newSink(t)
	got.err = errors.New("disk full")
	_, err := gateway.start().Fetch(context.Background(), feeds.Request{Window: january, Memory: memory{}, Sink: got})
	if !errors.Is(err, got.err) || gateway.calls() != 1 {
		t.Errorf("error %v after %d calls", err, gateway.calls())
	}
}

func TestRecheckReadsAllThatCouldForbidACancel(t *testing.T) {
	gateway := &gateway{t: t, transactions: []transaction{
		auth("1-9-1", "2023-11-10 10:00:00", transaction{"settlestatus": "3"}),                     // held
		auth("1-9-2", "2023-12-10 10:00:00", transaction{"orderreference": "A1"}),                  // another try of the same order
		auth("1-9-3", "2024-01-10 10:00:00", transaction{"orderreference": "B2"}),                  // new
		auth("1-9-4", "2023-12-11 10:00:00", transaction{"orderreference": "C3"}),                  // somebody else's
		auth("1-9-5", "2023-12-12 10:00:00", transaction{"orderreference": "A1", "livestatus": 1}), // other mode
	}}
	client := gateway.start()
	recheck := feeds.Recheck{
		Since: january,
		IDs: []reconcile.Key{
			client.key(KindAuth, "1-9-1"), {Feed: "stripe", Account: testSite, Kind: "charge", ID: "ch_1"},
			{Feed: "trustpayments", Account: "test_other", Kind: "auth", ID: "9-9-9"},
		},
		References: []string{"A1", ""},
	}
	got := newSink(t)
	recheck.Sink = got
	tally, err := client.Recheck(context.Background(), recheck)
	if err != nil || tally != (feeds.Tally{Read: 4, OtherMode: 1}) {
		t.Errorf("tally %+v, error %v", tally, err)
	}
	if diff := cmp.Diff([]string{"auth:1-9-1", "auth:1-9-2", "auth:1-9-3"}, got.ids()); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}

	recheck.IDs, recheck.Sink = append(recheck.IDs, client.key(KindAuth, "1-9-404")), newSink(t)
	if _, err := client.Recheck(context.Background(), recheck); err == nil || !strings.Contains(err.Error(), "1-9-404") {
		t.Errorf("a held transaction that is gone: error %v", err)
	}
}

// A long fetch tells how far it has come, day by day: all that was started before is handed over by then, with the AUTHs of its
// refunds. One that breaks off goes on there and misses nothing.
func TestFetchGoesOnWhereItBrokeOff(t *testing.T) {
	window := reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-01-11 00:00:00")}
	var left atomic.Int64 // calls that are answered
	left.Store(math.MaxInt64)
	gateway := &gateway{t: t, maxRecords: 10, intercept: func(_ int, w http.ResponseWriter, _ map[string]any) bool {
		broken := left.Add(-1) < 0
		if broken {
			status(401)(w)
		}
		return broken
	}}
	for i := range 150 {
		started := window.From.Add(time.Duration(i) * 95 * time.Minute)
		gateway.transactions = append(gateway.transactions, refundOf(fmt.Sprintf("2-9-%d", i), fmt.Sprintf("1-9-%d", i), started.Format(timeLayout)),
			auth(fmt.Sprintf("2-9-%d", i), "2023-06-01 00:00:00"))
	}
	whole := newSink(t)
	client := gateway.start()
	if _, err := client.Fetch(context.Background(), feeds.Request{Window: window, Memory: memory{}, Sink: whole}); err != nil || len(whole.seen) != 300 {
		t.Fatalf("%d observed, error %v", len(whole.seen), err)
	}
	calls := gateway.calls()
	for breaks := 1; breaks <= calls; breaks += 3 {
		left.Store(int64(breaks))
		got, told := &shelfSink{}, window.From
		through := func(_ context.Context, instant time.Time) error {
			if instant.Before(told.Add(stretch)) || !instant.Before(window.To) {
				t.Errorf("told %s after %s", instant, told)
			}
			told = instant
			for i := range 150 {
				if started := window.From.Add(time.Duration(i) * 95 * time.Minute); !started.Before(instant) {
					break
				}
				for _, id := range []string{fmt.Sprintf("refund 1-9-%d 100", i), fmt.Sprintf("auth 2-9-%d 100", i)} {
					if !slices.Contains(got.took, id) {
						t.Fatalf("broken at call %d: read through %s, and %s was not handed over", breaks, instant, id)
					}
				}
			}
			return nil
		}
		request := feeds.Request{Window: window, Memory: memory{}, Sink: got, Through: through}
		if _, err := client.Fetch(context.Background(), request); err == nil {
			t.Fatalf("broken at call %d of %d: no error", breaks, calls)
		}
		left.Store(math.MaxInt64)
		request.Window.From, request.Through = told, nil
		if _, err := client.Fetch(context.Background(), request); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got.took)
		if all := slices.Compact(got.took); len(all) != 300 {
			t.Errorf("broken at call %d: %d of 300 were handed over in the end", breaks, len(all))
		}
	}
}
