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
	"tieout/feeds/simulator"
	"tieout/reconcile"
)

// projection is what a store would hold of a feed: the newest record of each key. It is the sink and the memory of a fetch.
type projection struct {
	normalise feeds.Normalise
	records   map[reconcile.Key]reconcile.Record
}

func newProjection() *projection {
	return &projection{NewNormaliser([]string{"metadata.order_id"}, []string{"alipay"}), map[reconcile.Key]reconcile.Record{}}
}

func (p *projection) Observe(_ context.Context, batch []feeds.Observation) error {
	for _, observation := range batch {
		p.records[observation.Key] = p.normalise(observation)
	}
	return nil
}

func (p *projection) Missing(_ context.Context, kind string, ids []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, held := p.records[keyOf(kind, id)]
		return held
	}), nil
}

func (p *projection) Open(_ context.Context, kind string) ([]string, error) {
	var ids []string
	for key, record := range p.records {
		if key.Kind == kind && open(record) {
			ids = append(ids, key.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func open(record reconcile.Record) bool {
	switch r := record.(type) {
	case reconcile.Source:
		return r.Status == reconcile.SourcePending || r.Status == reconcile.SourceChargeable
	case reconcile.Payment:
		return r.Status == reconcile.PaymentPending
	case reconcile.Refund:
		return r.Status == reconcile.RefundPending
	case reconcile.Dispute:
		return r.Status == reconcile.DisputeOpen
	case reconcile.Payout:
		return r.Status == reconcile.PayoutPending || r.Automatic && !r.Itemised
	}
	return false
}

func (p *projection) fetch(t *testing.T, client *Client, window reconcile.Window) feeds.Tally {
	t.Helper()
	tally, err := client.Fetch(t.Context(), feeds.Request{Window: window, Memory: p, Sink: p})
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func (p *projection) count(kind string) int {
	return len(slices.DeleteFunc(slices.Collect(maps.Keys(p.records)), func(key reconcile.Key) bool { return key.Kind != kind }))
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

	daily := newProjection()
	tally := daily.fetch(t, client, reconcile.Window{From: start, To: noon})
	if tally.OtherMode == 0 {
		t.Error("the simulator's objects of the other mode were not met")
	}
	server.SetNow(second)
	daily.fetch(t, client, reconcile.Window{From: noon.Add(-2 * time.Hour), To: second})

	whole := newProjection()
	whole.fetch(t, client, reconcile.Window{From: start, To: second})

	for _, kind := range []string{kindCharge, kindPaymentIntent, kindSource, kindEvent, kindRefund, kindDispute, kindBalanceTransaction, kindPayout, kindPayoutLine, kindBalance} {
		if whole.count(kind) == 0 {
			t.Errorf("the simulator's world has no %s", kind)
		}
	}
	for key, want := range whole.records {
		if key.Kind == kindBalance && key.ID[4:] != strconv.FormatInt(second.Unix(), 10) {
			t.Errorf("%v is not as of the fetch's end", key)
		}
		if diff := cmp.Diff(want, daily.records[key]); diff != "" {
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
	whole := newProjection()
	whole.fetch(t, client, window)

	broken := &away{}
	shaky, _ := testClient(t, Options{BaseURL: url, HTTPClient: &http.Client{Transport: broken}})
	held, left, breaks, advanced := newProjection(), window, 0, 0
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
	for key, want := range whole.records {
		if diff := cmp.Diff(want, held.records[key]); diff != "" {
			t.Errorf("%v: %s", key, diff)
		}
	}
}

// In a world without faults every row is read, and the lines of each payout make its amount.
func TestFaultlessRowsAreReadAndPayoutsAddUp(t *testing.T) {
	_, client, _ := simulate(t, simulator.PlainStories())
	held := newProjection()
	held.fetch(t, client, reconcile.Window{From: noon.Add(-100 * day), To: noon})

	sums := map[string]int64{}
	for key, record := range held.records {
		switch r := record.(type) {
		case reconcile.Rejection:
			t.Errorf("%v: %s", key, r.Reason)
		case reconcile.PayoutLine:
			if r.Category != "payout" {
				sums[r.PayoutID] += r.Net.Minor
			}
		}
	}
	for key, record := range held.records {
		if payout, ok := record.(reconcile.Payout); ok && payout.Itemised && payout.Amount.Minor != sums[key.ID] {
			t.Errorf("payout %s of %s has lines of %d", key.ID, payout.Amount, sums[key.ID])
		}
	}
	if len(sums) < 50 {
		t.Errorf("only %d payouts with lines", len(sums))
	}
}
