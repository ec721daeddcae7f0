package stripe_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tieout/feeds/feedtest"
	"tieout/feeds/simulator"
	"tieout/feeds/stripe"
	"tieout/reconcile"
)

const secretKey = "sk_test_conformance"

// world is the simulator's Stripe.
type world struct {
	*simulator.Server
	world *simulator.World
}

// Holds leaves out the events that no client asks for: all but those of sources and of PaymentIntents that were canceled
// (stripe.md §1).
func (w world) Holds(at time.Time) []feedtest.Object {
	var held []feedtest.Object
	for _, o := range w.world.Holds(at) {
		if o.Provider == reconcile.FeedStripe && (o.Kind != "event" || strings.HasPrefix(o.Topic, "source.") || o.Topic == "payment_intent.canceled") {
			held = append(held, feedtest.Object{Kind: o.Kind, ID: o.ID, Created: o.Created, OtherMode: o.OtherMode})
		}
	}
	return held
}

func TestConformance(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	options := func(c feedtest.Connection) stripe.Options {
		return stripe.Options{
			Key: secretKey, Account: "main", BaseURL: c.Base, ReferenceKeys: []string{"metadata.order_id"}, PaymentMethods: []string{"alipay"},
			Timeout: c.Timeout, RetryWait: c.RetryWait, RequestsPerSecond: 100_000, HTTPClient: c.HTTP,
		}
	}
	feedtest.Run(t, feedtest.Provider{
		Feed: reconcile.FeedStripe, Account: "main", Since: now.Add(-100 * day), Now: now,
		Start: func(t testing.TB) feedtest.World {
			stories := simulator.DefaultStories()
			stories["other_mode"], stories["left_intent"], stories["refund_failed"] = 600, 1000, 300 // what a small world needs more of
			w, err := simulator.New(simulator.Config{Seed: 13, Orders: 150, Now: now, Days: 2, Stories: stories})
			if err != nil {
				t.Fatal(err)
			}
			return world{simulator.NewServer(w, simulator.ServerConfig{StripeKey: secretKey, PageSize: 10}), w}
		},
		Connect: func(c feedtest.Connection) (feedtest.Client, error) { return stripe.New(options(c)) },
		Values: func(c feedtest.Connection) []any {
			o := options(c)
			return []any{o, &o, struct{ Options stripe.Options }{o}}
		},
		Normalise: stripe.NewNormaliser([]string{"metadata.order_id"}, []string{"alipay"}),
		Kinds: map[string]feedtest.Kind{
			"charge": {}, "payment_intent": {}, "balance_transaction": {}, "event": {},
			"refund": {Back: 30 * day}, "payout": {Back: 30 * day}, "dispute": {Back: 120 * day},
			"source": {Unlisted: true}, "payout_line": {Made: true}, "balance": {Made: true},
		},
		Changes:    []string{"source", "payment_intent", "refund", "dispute", "payout"},
		Secrets:    []string{secretKey},
		Personal:   []string{"payer@example.com", "Li Hua"},
		MovesMoney: func(r *http.Request) bool { return r.Method == http.MethodPost },
		Faults:     feedtest.StripeFaults(),
		Denied:     stripe.ErrUnauthorized,
	})
}
