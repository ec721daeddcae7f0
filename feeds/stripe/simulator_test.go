package stripe

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/feeds/feedtest"
	"tieout/feeds/simulator"
	"tieout/reconcile"
)

func newShelf(t *testing.T) *feedtest.Shelf {
	return feedtest.NewShelf(t, "stripe", "main", NewNormaliser([]string{"metadata.order_id"}, []string{"alipay"}))
}

func fetchOnto(t *testing.T, client *Client, window reconcile.Window, shelf *feedtest.Shelf) feeds.Tally {
	t.Helper()
	tally, err := client.Fetch(t.Context(), feeds.Request{Window: window, Memory: shelf, Sink: shelf})
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func countOf(shelf *feedtest.Shelf, kind string) int {
	return len(slices.DeleteFunc(slices.Collect(maps.Keys(shelf.Records)), func(key reconcile.Key) bool { return key.Kind != kind }))
}

func simulate(t *testing.T, stories map[string]int) (server *simulator.Server, client *Client, url string) {
	t.Helper()
	world, err := simulator.New(simulator.Config{Seed: 7, Orders: 2000, Now: noon, Days: 2, Stories: stories})
	if err != nil {
		t.Fatal(err)
	}
	server = simulator.NewServer(world, simulator.ServerConfig{StripeKey: testKey})
	over := httptest.NewServer(server)
	t.Cleanup(over.Close)
	client, _ = testClient(t, Options{BaseURL: over.URL})
	return server, client, over.URL
}

// What two days' fetches hold is what one fetch of everything holds on the second day: nothing that changed was missed.
func TestIncrementalFetchesHoldWhatOneFetchHolds(t *testing.T) {
	server, client, _ := simulate(t, simulator.DefaultStories())
	start, second := noon.Add(-100*day), noon.Add(day)

	daily := newShelf(t)
	tally := fetchOnto(t, client, reconcile.Window{From: start, To: noon}, daily)
	if tally.OtherMode == 0 {
		t.Error("the simulator's objects of the other mode were not met")
	}
	server.SetNow(second)
	fetchOnto(t, client, reconcile.Window{From: noon.Add(-2 * time.Hour), To: second}, daily)

	whole := newShelf(t)
	fetchOnto(t, client, reconcile.Window{From: start, To: second}, whole)

	for _, kind := range []string{kindCharge, kindPaymentIntent, kindSource, kindEvent, kindRefund, kindDispute, kindBalanceTransaction, kindPayout, kindPayoutLine, kindBalance} {
		if countOf(whole, kind) == 0 {
			t.Errorf("the simulator's world has no %s", kind)
		}
	}
	for key, want := range whole.Records {
		if key.Kind == kindBalance && key.ID[4:] != strconv.FormatInt(second.Unix(), 10) {
			t.Errorf("%v is not as of the fetch's end", key)
		}
		if diff := cmp.Diff(want, daily.Records[key]); diff != "" {
			t.Errorf("%v: %s", key, diff)
		}
	}
}

// away is a connection that breaks for good after some requests.
type away struct{ left atomic.Int64 }

func (a *away) RoundTrip(request *http.Request) (*http.Response, error) {
	if a.left.Add(-1) < 0 {
		return nil, errors.New("the network went away")
	}
	return http.DefaultTransport.RoundTrip(request)
}

// A first fetch that breaks off, wherever that is, and goes on from the last instant that it was said to be read through, holds in
// the end what one holds that did not.
func TestAFirstFetchMayBreakOffAnywhere(t *testing.T) {
	_, client, url := simulate(t, simulator.DefaultStories())
	window := reconcile.Window{From: noon.Add(-100 * day), To: noon}
	whole := newShelf(t)
	fetchOnto(t, client, window, whole)

	broken := &away{}
	shaky, _ := testClient(t, Options{BaseURL: url, HTTPClient: &http.Client{Transport: broken}})
	held, left, breaks, advanced := newShelf(t), window, 0, 0
	for allowed := int64(30); ; allowed += 30 {
		broken.left.Store(allowed)
		begins := left.From
		request := feeds.Request{Window: left, Memory: held, Sink: held, Through: func(_ context.Context, instant time.Time) error {
			left.From = instant.Add(-time.Hour) // the overlap
			return nil
		}}
		_, err := shaky.Fetch(t.Context(), request)
		if err == nil {
			break
		}
		breaks++
		if left.From.After(begins) {
			advanced++
		}
	}
	if breaks < 5 || advanced < 2 {
		t.Errorf("the fetch broke off %d times and had come further in %d: the test shows nothing", breaks, advanced)
	}
	for key, want := range whole.Records {
		if diff := cmp.Diff(want, held.Records[key]); diff != "" {
			t.Errorf("%v: %s", key, diff)
		}
	}
}

// In a world without faults every row is read, and the lines of each payout make its amount.
func TestFaultlessRowsAreReadAndPayoutsAddUp(t *testing.T) {
	_, client, _ := simulate(t, simulator.PlainStories())
	held := newShelf(t)
	fetchOnto(t, client, reconcile.Window{From: noon.Add(-100 * day), To: noon}, held)

	sums := map[string]int64{}
	for key, record := range held.Records {
		switch r := record.(type) {
		case reconcile.Rejection:
			t.Errorf("%v: %s", key, r.Reason)
		case reconcile.PayoutLine:
			if r.Category != "payout" {
				sums[r.PayoutID] += r.Net.Minor
			}
		}
	}
	for key, record := range held.Records {
		if payout, ok := record.(reconcile.Payout); ok && payout.Itemised && payout.Amount.Minor != sums[key.ID] {
			t.Errorf("payout %s of %s has lines of %d", key.ID, payout.Amount, sums[key.ID])
		}
	}
	if len(sums) < 50 {
		t.Errorf("only %d payouts with lines", len(sums))
	}
}
