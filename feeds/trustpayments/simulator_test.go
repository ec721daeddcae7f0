package trustpayments_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"tieout/feeds"
	"tieout/feeds/simulator"
	"tieout/feeds/trustpayments"
	"tieout/reconcile"
)

// shelf keeps the newest observation of each key and remembers what a store would: which of them can still change.
type shelf map[reconcile.Key]reconcile.Record

var normalise = trustpayments.NewNormaliser([]string{"ALIPAY"})

func (s shelf) Observe(_ context.Context, batch []feeds.Observation) error {
	for _, observed := range batch {
		s[observed.Key] = normalise(observed)
	}
	return nil
}

func (s shelf) Open(_ context.Context, kind string) ([]string, error) {
	var open []string
	for key, held := range s {
		payment, ok := held.(reconcile.Payment)
		if ok && key.Kind == kind && payment.Status == reconcile.PaymentPending {
			open = append(open, key.ID)
		}
	}
	slices.Sort(open)
	return open, nil
}

func (s shelf) Missing(_ context.Context, kind string, ids []string) ([]string, error) {
	return slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(s.ids(kind), func(held string) bool { return held == id })
	}), nil
}

func (s shelf) ids(kind string) []string {
	var ids []string
	for key := range s {
		if key.Kind == kind {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

// Two days with the simulator: the same facts come whatever found counts and however large the slices are, an AUTH of the
// first day that settles is read again on the second, and a refund is made once.
func TestTwoDaysWithTheSimulator(t *testing.T) {
	now := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	world, err := simulator.New(simulator.Config{Seed: 1, Orders: 3000, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	first := reconcile.Window{From: now.AddDate(0, 0, -100), To: now}
	server, client := simulated(t, world, false, 500)
	held := fetched(t, client, first, shelf{})
	_, slow := simulated(t, world, true, 20)
	if diff := cmp.Diff(held, fetched(t, slow, first, shelf{})); diff != "" {
		t.Errorf("small slices show something else:\n%s", diff)
	}
	open, _ := held.Open(context.Background(), trustpayments.KindAuth)
	if len(open) == 0 || len(held.ids(trustpayments.KindRefund)) == 0 {
		t.Fatalf("%d open, %d refunds: the world is too plain", len(open), len(held.ids(trustpayments.KindRefund)))
	}
	for key, record := range held {
		if rejected, ok := record.(reconcile.Rejection); ok && rejected.Reason != `unknown settlestatus "77"` {
			t.Errorf("%v: %s", key, rejected.Reason)
		}
	}

	server.SetNow(now.AddDate(0, 0, 1))
	searched(t, world, server.Now(), first)
	fetched(t, client, reconcile.Window{From: now.Add(-time.Hour), To: server.Now()}, held)
	moved := slices.ContainsFunc(open, func(id string) bool {
		payment, ok := held[key(trustpayments.KindAuth, id)].(reconcile.Payment)
		return ok && payment.Status != reconcile.PaymentPending
	})
	if !moved {
		t.Error("no open AUTH moved over night")
	}
	refundOnce(t, server, client, held)
}

// searched compares what the bulk search shows with what queries show: however many days an answer holds, whether or not its
// last day belongs to it, and whether or not it tells when an AUTH settled.
func searched(t *testing.T, world *simulator.World, now time.Time, window reconcile.Window) {
	t.Helper()
	server, client := simulated(t, world, false, 500)
	server.SetNow(now)
	want := fetched(t, client, window, shelf{})
	for name, test := range map[string]struct {
		portal    simulator.ServerConfig
		fields    []string
		fallbacks bool
	}{
		"one answer":          {},
		"many answers":        {portal: simulator.ServerConfig{SearchLimit: 100}},
		"full days":           {portal: simulator.ServerConfig{SearchLimit: 12}, fallbacks: true},
		"an exclusive end":    {portal: simulator.ServerConfig{SearchLimit: 300, SearchEndExclusive: true}},
		"no settledtimestamp": {fields: slices.DeleteFunc(trustpayments.DefaultSearchFields(), func(f string) bool { return f == "settledtimestamp" })},
	} {
		test.portal.TPUsername, test.portal.TPPassword = "user", "secret"
		server := simulator.NewServer(world, test.portal)
		server.SetNow(now)
		listening := httptest.NewServer(server)
		t.Cleanup(listening.Close)
		client, err := trustpayments.New(trustpayments.Options{
			Username: "user", Password: "secret", Site: "test_site12345", BaseURL: listening.URL + "/json/", Rate: rate.Inf,
			Source: trustpayments.SourceSearch, SearchURL: listening.URL + "/auto/transactions/transactionsearch",
			SearchMaxRecords: test.portal.SearchLimit, SearchFields: test.fields,
		})
		if err != nil {
			t.Fatal(err)
		}
		got := shelf{}
		tally, err := client.Fetch(context.Background(), feeds.Request{Window: window, Memory: got, Sink: got})
		if err != nil || (tally.Fallbacks > 0) != test.fallbacks {
			t.Fatalf("%s: tally %+v, error %v", name, tally, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the search shows something else:\n%s", name, diff)
		}
	}
}

func key(kind, id string) reconcile.Key {
	return reconcile.Key{Feed: "trustpayments", Account: "test_site12345", Kind: kind, ID: id}
}

func simulated(t *testing.T, world *simulator.World, foundIsTotal bool, maxRecords int) (*simulator.Server, *trustpayments.Client) {
	t.Helper()
	server := simulator.NewServer(world, simulator.ServerConfig{TPUsername: "user", TPPassword: "secret", FoundIsTotal: foundIsTotal})
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	client, err := trustpayments.New(trustpayments.Options{
		Username: "user", Password: "secret", Site: "test_site12345", BaseURL: listening.URL + "/json/",
		MaxRecords: maxRecords, Rate: rate.Inf,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func fetched(t *testing.T, client *trustpayments.Client, window reconcile.Window, held shelf) shelf {
	t.Helper()
	if _, err := client.Fetch(context.Background(), feeds.Request{Window: window, Memory: held, Sink: held}); err != nil {
		t.Fatal(err)
	}
	return held
}

// refundOnce gives a part of a settled payment back, twice under one name.
func refundOnce(t *testing.T, server *simulator.Server, client *trustpayments.Client, held shelf) {
	t.Helper()
	var instruction feeds.RefundInstruction
	for _, id := range held.ids(trustpayments.KindAuth) {
		payment, ok := held[key(trustpayments.KindAuth, id)].(reconcile.Payment)
		if ok && payment.Status == reconcile.PaymentSucceeded && payment.CreatedAt.After(instruction.Payment.CreatedAt) {
			instruction = feeds.RefundInstruction{Payment: payment, Amount: 1, Reference: "tieout-refund-1"}
		}
	}
	var outcomes []feeds.RefundOutcome
	for range 2 {
		outcome, err := client.Refund(context.Background(), instruction)
		if err != nil || outcome.State != feeds.RefundMade {
			t.Fatalf("outcome %+v, error %v", outcome, err)
		}
		outcomes = append(outcomes, outcome)
	}
	if outcomes[0] != outcomes[1] {
		t.Errorf("refunded twice: %+v", outcomes)
	}
	fetched(t, client, reconcile.Window{From: server.Now().Add(-time.Minute), To: server.Now().Add(time.Minute)}, held)
	refund, ok := held[key(trustpayments.KindRefund, outcomes[0].RefundID)].(reconcile.Refund)
	if !ok || refund.PaymentID != instruction.Payment.ID || refund.Amount.Minor != 1 || refund.Status != reconcile.RefundSucceeded {
		t.Errorf("the refund is shown as %+v", held[key(trustpayments.KindRefund, outcomes[0].RefundID)])
	}
}
