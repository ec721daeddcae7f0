package trustpayments

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Any set of transactions is fetched: none that started in the window is missing, none comes twice, none is from outside
// the seconds asked for; whatever found counts and whichever ends belong to a window.
func TestWalkFetchesExactlyTheWindow(t *testing.T) {
	for seed := range uint64(12) {
		for reading := range 6 {
			gateway := &gateway{t: t, maxRecords: 2 + int(seed%5), foundAll: reading%2 == 0,
				openEnd: reading/2 == 1, openStart: reading/2 == 2}
			window := reconcile.Window{From: at("2024-03-31 00:59:58"), To: at("2024-03-31 00:59:58")}
			window.To = window.To.Add(time.Duration(1+seed%3) * 25 * time.Second).Add(time.Duration(seed%2) * time.Millisecond)
			gateway.transactions = crowd(rand.New(rand.NewPCG(seed, 1)), window, gateway.maxRecords-1)
			got := newSink(t)
			r := gateway.start().newRun(got)
			if err := r.walk(context.Background(), window, nothing); err != nil {
				t.Fatalf("seed %d, reading %d: %v", seed, reading, err)
			}
			compareWindow(t, fmt.Sprintf("seed %d, reading %d", seed, reading), gateway, window, got)
			if r.tally.Read != len(got.seen) {
				t.Errorf("seed %d: tally %d, observed %d", seed, r.tally.Read, len(got.seen))
			}
		}
	}
}

// crowd makes transactions in and around a window, at most so many in one second and often just as many. The window's
// first second is left out: a gateway whose windows do not include their start cannot be asked for it.
func crowd(random *rand.Rand, window reconcile.Window, most int) []transaction {
	var all []transaction
	for second := window.From.Add(-3 * time.Second); second.Before(window.To.Add(3 * time.Second)); second = second.Add(time.Second) {
		count := 0
		if random.IntN(4) > 0 && !second.Equal(window.From) {
			count = random.IntN(most + 1)
		}
		for range count {
			all = append(all, auth(fmt.Sprintf("1-9-%d", len(all)), second.Format(timeLayout)))
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func compareWindow(t *testing.T, name string, gateway *gateway, window reconcile.Window, got *sink) {
	t.Helper()
	asked := wholeSeconds(window)
	for _, held := range gateway.transactions {
		started := at(held["transactionstartedtimestamp"].(string))
		_, observed := got.seen[reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: "auth", ID: held["transactionreference"].(string)}]
		if window.Contains(started) && !observed {
			t.Errorf("%s: %v started at %s and was not fetched", name, held["transactionreference"], started)
		}
		if observed && (started.Before(asked.From) || started.After(asked.To)) {
			t.Errorf("%s: %v started at %s, outside the window", name, held["transactionreference"], started)
		}
	}
}

// A second that holds as many transactions as a reply can hold cannot be told from a fuller one.
func TestWalkFailsOnASecondThatIsTooFull(t *testing.T) {
	for reading := range 4 {
		gateway := &gateway{t: t, maxRecords: 5, foundAll: reading%2 == 0, openEnd: reading/2 == 1}
		for i := range 5 {
			gateway.transactions = append(gateway.transactions, auth(fmt.Sprintf("1-9-%d", i), "2024-01-01 12:00:01"))
		}
		window := reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-01-02 00:00:00")}
		err := gateway.start().newRun(newSink(t)).walk(context.Background(), window, nothing)
		if err == nil || !strings.Contains(err.Error(), "2024-01-01 12:00:01") || !strings.Contains(err.Error(), testSite) {
			t.Errorf("reading %d: error %v does not name the window", reading, err)
		}
	}
}

// A count that differs from what came is never believed, however few came.
func TestWalkFailsWhenFoundIsNotWhatCame(t *testing.T) {
	for _, found := range []any{"3", 1, "many", -2, nil} {
		gateway := &gateway{t: t, maxRecords: 5}
		gateway.intercept = replaceFound(found)
		window := reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-01-01 00:00:08")}
		gateway.transactions = []transaction{auth("1-9-1", "2024-01-01 00:00:03"), auth("1-9-2", "2024-01-01 00:00:03")}
		err := gateway.start().newRun(newSink(t)).walk(context.Background(), window, nothing)
		if (err != nil) != (found != nil) {
			t.Errorf("found %v: error %v", found, err)
		}
	}
}

// The first fetch of a busy shop, in small: 100 days, nights and Sundays quiet, forty full pages at the least.
func TestWalkWastesFewCalls(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	window := reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-04-10 00:00:00")}
	for _, foundAll := range []bool{false, true} {
		gateway := &gateway{t: t, foundAll: foundAll, maxRecords: 200}
		for len(gateway.transactions) < 8_000 {
			started := window.From.Add(time.Duration(random.Int64N(int64(window.To.Sub(window.From)))))
			if quiet := started.Hour() < 7 || started.Weekday() == time.Sunday; quiet && random.IntN(10) > 0 {
				continue
			}
			gateway.transactions = append(gateway.transactions,
				auth(fmt.Sprintf("1-9-%d", len(gateway.transactions)), started.Format(timeLayout)))
		}
		got := newSink(t)
		if err := gateway.start().newRun(got).walk(context.Background(), window, nothing); err != nil {
			t.Fatal(err)
		}
		compareWindow(t, "100 days", gateway, window, got)
		if gateway.calls() > 100 {
			t.Errorf("found counts all %t: %d calls", foundAll, gateway.calls())
		}
	}
}

// After a rush the slices grow again: 600 records in one hour, then 99 quiet days. Several slices at once cost some calls
// more, since each is cut before it is known what the one before it held.
func TestWalkGrowsAfterARush(t *testing.T) {
	for connections, most := range map[int]int{1: 30, 4: 40} {
		gateway := &gateway{t: t}
		rush := at("2024-01-01 12:00:00")
		for i := range 600 {
			started := rush.Add(time.Duration(i) * 6 * time.Second)
			gateway.transactions = append(gateway.transactions, auth(fmt.Sprintf("1-9-%d", i), started.Format(timeLayout)))
		}
		got := newSink(t)
		window := reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-04-10 00:00:00")}
		client := gateway.start(func(o *Options) { o.Connections = connections })
		if err := client.newRun(got).walk(context.Background(), window, nothing); err != nil || len(got.seen) != 600 {
			t.Errorf("%d observed, error %v", len(got.seen), err)
		}
		if gateway.calls() > most {
			t.Errorf("%d at once: %d calls", connections, gateway.calls())
		}
	}
}

// However many are asked for at once, the connections are no more than configured, the sink is called by one at a time and in
// the order of time, and what is remembered does not grow with what is read.
func TestWalkKeepsWithinItsBounds(t *testing.T) {
	const connections = 3
	var underway, most atomic.Int64
	gateway := &gateway{t: t, maxRecords: 20, intercept: func(int, http.ResponseWriter, map[string]any) bool {
		most.Store(max(most.Load(), underway.Add(1)))
		time.Sleep(2 * time.Millisecond)
		underway.Add(-1)
		return false
	}}
	start := at("2024-01-01 00:00:00")
	for i := range 1000 {
		gateway.transactions = append(gateway.transactions, auth(fmt.Sprintf("1-9-%d", i), start.Add(time.Duration(i)*time.Minute).Format(timeLayout)))
	}
	inOrder := &ordered{t: t}
	r := gateway.start(func(o *Options) { o.Connections = connections }).newRun(inOrder)
	var through []time.Time
	err := r.walk(context.Background(), reconcile.Window{From: start, To: start.Add(1000 * time.Minute)}, func(_ context.Context, instant time.Time) error {
		through = append(through, instant)
		if last := start.Add(time.Duration(inOrder.taken-1) * time.Minute); !last.Before(instant.Add(shortest)) || last.Add(time.Minute).Before(instant) {
			t.Errorf("taken through %s, and the last was started at %s", instant, last)
		}
		return nil
	})
	if err != nil || inOrder.taken != 1000 || !slices.IsSortedFunc(through, time.Time.Compare) {
		t.Errorf("%d taken through %v, error %v", inOrder.taken, through, err)
	}
	if most.Load() < 2 || most.Load() > connections {
		t.Errorf("%d requests at once", most.Load())
	}
	if held := len(r.recent) + len(r.read) + len(r.wanted) + len(r.parents); held > gateway.maxRecords {
		t.Errorf("%d are remembered after all was taken", held)
	}
}

// ordered is a sink that wants AUTHs in the order of their numbers, by one goroutine at a time.
type ordered struct {
	t     *testing.T
	busy  atomic.Bool
	taken int
}

func (o *ordered) Observe(_ context.Context, batch []feeds.Observation) error {
	if !o.busy.CompareAndSwap(false, true) {
		o.t.Error("the sink is called by two at once")
	}
	defer o.busy.Store(false)
	for _, observed := range batch {
		if want := fmt.Sprintf("1-9-%d", o.taken); observed.Key.ID != want {
			o.t.Fatalf("%s came where %s is next", observed.Key.ID, want)
		}
		o.taken++
	}
	return nil
}
