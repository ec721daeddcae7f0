package trustpayments_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tieout/feeds/feedtest"
	"tieout/feeds/simulator"
	"tieout/feeds/trustpayments"
	"tieout/reconcile"
)

// world is the simulator's Trust Payments.
type world struct {
	*simulator.Server
	world *simulator.World
}

// Holds speaks of kinds as the keys of observations do: in lower case.
func (w world) Holds(at time.Time) []feedtest.Object {
	var held []feedtest.Object
	for _, o := range w.world.Holds(at) {
		if o.Provider == reconcile.FeedTrustPayments {
			held = append(held, feedtest.Object{Kind: strings.ToLower(o.Kind), ID: o.ID, Created: o.Created, OtherMode: o.OtherMode})
		}
	}
	return held
}

// Both ways to list a stretch of time pass. What a gateway of errorcodes can say, the portal's search cannot.
func TestConformance(t *testing.T) {
	t.Parallel()
	conforms(t, trustpayments.SourceQuery, feedtest.TrustPaymentsFaults())
}

func TestConformanceOfSearch(t *testing.T) {
	t.Parallel()
	conforms(t, trustpayments.SourceSearch, feedtest.Faults())
}

func conforms(t *testing.T, source string, faults []feedtest.Fault) {
	const user, password, site, records = "conformance@webservices.test", "Conformance1^", "test_site12345", 20
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	options := func(c feedtest.Connection) trustpayments.Options {
		return trustpayments.Options{
			Username: user, Password: password, Site: site, BaseURL: c.Base + "/json/", MaxRecords: records, Rate: rate.Inf,
			Source: source, SearchURL: c.Base + "/auto/transactions/transactionsearch", SearchMaxRecords: 2 * records,
			Timeout: c.Timeout, RetryWait: c.RetryWait, HTTPClient: c.HTTP,
		}
	}
	feedtest.Run(t, feedtest.Provider{
		Feed: reconcile.FeedTrustPayments, Account: site, Since: now.AddDate(0, 0, -100), Now: now,
		Start: func(t testing.TB) feedtest.World {
			stories := simulator.DefaultStories()
			stories["other_mode"] = 300
			w, err := simulator.New(simulator.Config{Seed: 6, Orders: 600, Now: now, Days: 2, Stories: stories})
			if err != nil {
				t.Fatal(err)
			}
			return world{simulator.NewServer(w, simulator.ServerConfig{TPUsername: user, TPPassword: password, RecordLimit: records, SearchLimit: 2 * records}), w}
		},
		Connect: func(c feedtest.Connection) (feedtest.Client, error) { return trustpayments.New(options(c)) },
		Values: func(c feedtest.Connection) []any {
			o := options(c)
			return []any{o, &o, struct{ Options trustpayments.Options }{o}}
		},
		Normalise: trustpayments.NewNormaliser([]string{"ALIPAY"}),
		Kinds:     map[string]feedtest.Kind{"auth": {}, "refund": {}},
		Changes:   []string{"auth"},
		Secrets:   []string{password},
		Personal:  []string{"payer@example.com", user},
		MovesMoney: func(r *http.Request) bool {
			return feedtest.BodyHolds(r, `"requesttypedescriptions":["REFUND"]`)
		},
		Faults: faults,
		Denied: trustpayments.ErrUnauthorized,
	})
}
