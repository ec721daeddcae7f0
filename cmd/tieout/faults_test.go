package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/feeds/feedtest"
	"tieout/feeds/simulator"
	"tieout/feeds/stripe"
	"tieout/feeds/trustpayments"
	"tieout/jobs"
	"tieout/reconcile"
	"tieout/sql/store"
)

// faultTable is what can go wrong with a request of each provider.
func faultTable() map[string][]feedtest.Fault {
	return map[string][]feedtest.Fault{
		reconcile.FeedStripe:        append(feedtest.Faults(), feedtest.StripeFaults()...),
		reconcile.FeedTrustPayments: append(feedtest.Faults(), feedtest.TrustPaymentsFaults()...),
	}
}

// TestFaultsLeaveNoTrace has every fault strike at every request of a day's fetch, at both providers, and compares what the
// store holds in the end with a store that met none. A fault that passes leaves no trace. After one that does not, that provider
// is incomplete and keeps its coverage, the other is complete, and the next run leaves the same store.
func TestFaultsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	d := newFaultDay(t)
	var group sync.WaitGroup
	slots := map[bool]chan struct{}{true: make(chan struct{}, 24), false: make(chan struct{}, 4)} // those that wait take no time from the others
	for feed, faults := range faultTable() {
		count := d.count(feed)
		for number, fault := range faults {
			if count.Met(number) == 0 {
				t.Errorf("%s: no request can meet %q", feed, fault.Name)
			}
			for at := range count.Met(number) {
				group.Go(func() {
					slots[fault.Slow] <- struct{}{}
					defer func() { <-slots[fault.Slow] }()
					if err := d.with(func(s *store.Store) error { return d.strike(s, feed, number, at+1) }); err != nil {
						t.Errorf("%s, %s at request %d of %d: %v", feed, fault.Name, at+1, count.Met(number), err)
					}
				})
			}
		}
	}
	group.Wait()
}

// patience is a client's timeout where every answer comes, and haste where one does not.
const (
	patience = 20 * time.Second
	haste    = time.Second
)

// faultDay is the second day of a small world: its providers, the store as the first day left it, and as the second day
// leaves it when nothing goes wrong.
type faultDay struct {
	t       *testing.T
	servers map[string]*httptest.Server
	before  []byte // the store's file
	want    map[string]string
}

func newFaultDay(t *testing.T) *faultDay {
	t.Helper()
	world := newWorld(t, simulator.Config{Seed: 31, Orders: 80})
	server := simulator.NewServer(world, simulator.ServerConfig{
		StripeKey: simulatedKey, TPUsername: simulatedUsername, TPPassword: simulatedPassword, SiteReferences: []string{simulatedSite},
		PageSize: faultPage, RecordLimit: faultPage,
	})
	d := &faultDay{t: t, servers: map[string]*httptest.Server{}}
	for feed, faults := range faultTable() {
		d.servers[feed] = httptest.NewServer(feedtest.Faulty(faults, server))
		t.Cleanup(func() {
			d.servers[feed].CloseClientConnections()
			d.servers[feed].Close()
		})
	}
	path := filepath.Join(t.TempDir(), "before.db")
	before, err := store.Open(context.Background(), "sqlite:"+path)
	d.must(err)
	_, err = before.Migrate(context.Background())
	d.must(err)
	d.must(d.fetch(before, firstDay, way{}))
	d.must(before.Close())
	d.before, err = os.ReadFile(path)
	d.must(err)
	server.SetNow(secondDay)
	d.must(d.with(func(s *store.Store) error {
		err := d.fetch(s, secondDay, way{})
		d.want = d.dump(s)
		return err
	}))
	if !strings.Contains(d.want["tieout_observations"], "hash=") || d.want["tieout_payments"] == "" {
		t.Fatalf("the dump shows no evidence: %v", d.want)
	}
	return d
}

// faultPage is how many objects an answer holds: few, so that a day takes many requests.
const faultPage = 4

func (d *faultDay) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// with lends another store as the first day left it.
func (d *faultDay) with(use func(s *store.Store) error) error {
	path := filepath.Join(d.t.TempDir(), "tieout.db")
	if err := os.WriteFile(path, d.before, 0o600); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return err
	}
	return errors.Join(use(s), s.Close(), os.Remove(path))
}

// way is how the client of one provider reaches it; without a provider all go the plain way.
type way struct {
	feed    string
	over    http.RoundTripper
	timeout time.Duration
}

// count counts the day's requests to a provider.
func (d *faultDay) count(feed string) *feedtest.Counter {
	d.t.Helper()
	count := feedtest.NewCounter(faultTable()[feed], d.servers[feed].Client().Transport)
	d.must(d.with(func(s *store.Store) error {
		return d.fetch(s, secondDay, way{feed, count, patience})
	}))
	return count
}

// wire leads to a provider, and the fault with this number strikes on it at a request.
func (d *faultDay) wire(feed string, number, at int) *feedtest.Wire {
	return feedtest.NewWire(faultTable()[feed], number, at, d.servers[feed].Client().Transport)
}

// fetch is the fetch of a day. One provider may be reached over another way than the plain one.
func (d *faultDay) fetch(s *store.Store, now time.Time, w way) error {
	over := func(feed string) (*http.Client, time.Duration) {
		if feed == w.feed {
			return &http.Client{Transport: w.over}, w.timeout
		}
		return &http.Client{Transport: d.servers[feed].Client().Transport}, patience
	}
	client, timeout := over(reconcile.FeedStripe)
	ofStripe, err := stripe.New(stripe.Options{
		Key: simulatedKey, Account: "default", BaseURL: d.servers[reconcile.FeedStripe].URL, ReferenceKeys: []string{"metadata.order_id"}, PaymentMethods: []string{"alipay"},
		RequestsPerSecond: 100_000, Timeout: timeout, RetryWait: time.Millisecond, HTTPClient: client,
	})
	if err != nil {
		return err
	}
	client, timeout = over(reconcile.FeedTrustPayments)
	ofTrustPayments, err := trustpayments.New(trustpayments.Options{
		Username: simulatedUsername, Password: simulatedPassword, Site: simulatedSite, BaseURL: d.servers[reconcile.FeedTrustPayments].URL + "/json/", MaxRecords: faultPage,
		Rate: 100_000, Timeout: timeout, RetryWait: time.Millisecond, HTTPClient: client,
	})
	if err != nil {
		return err
	}
	since := func(now time.Time) time.Time { return now.AddDate(0, 0, -100) }
	job := jobs.Fetch{Evidence: s, Cluster: s.Cluster, Plans: []jobs.FetchPlan{
		{Feed: ofStripe, Normalise: stripe.NewNormaliser([]string{"metadata.order_id"}, []string{"alipay"}), Since: since, Overlap: time.Hour},
		{Feed: ofTrustPayments, Normalise: trustpayments.NewNormaliser([]string{"ALIPAY"}), Since: since, Overlap: time.Hour},
	}}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	return job.Run(context.Background(), jobs.Session{RunID: 1, Now: now, AsOf: true, Log: quiet}, &reconcile.Step{})
}

// strike reads the second day with one fault, and once more without where the day was incomplete. Its error is what is wrong.
func (d *faultDay) strike(s *store.Store, feed string, number, at int) error {
	fault, timeout := faultTable()[feed][number], patience
	if fault.Slow {
		timeout = haste
	}
	failure := d.fetch(s, secondDay, way{feed, d.wire(feed, number, at), timeout})
	switch {
	case failure == nil && fault.Outcome == feedtest.Final:
		return errors.New("the fetch is said to be whole")
	case failure != nil && fault.Outcome == feedtest.Passes:
		return failure
	}
	if failure != nil {
		if err := d.incomplete(s, feed, failure); err != nil {
			return err
		}
		if err := d.fetch(s, secondDay, way{}); err != nil {
			return fmt.Errorf("the next run: %w", err)
		}
	}
	if difference := firstDifference(d.want, d.dump(s)); difference != "" {
		return errors.New(difference)
	}
	return nil
}

// incomplete holds what a failed fetch left: one provider incomplete and known as far as before, the other complete.
func (d *faultDay) incomplete(s *store.Store, feed string, failure error) error {
	coverage, err := s.Coverage(context.Background())
	if err != nil {
		return err
	}
	for _, c := range coverage {
		switch {
		case c.Feed != feed && (c.Reason != "" || !c.Complete.To.Equal(secondDay)):
			return fmt.Errorf("%s is known until %s (%s), though nothing was wrong with it", c.Feed, c.Complete.To, c.Reason)
		case c.Feed == feed && c.Reason == "":
			return fmt.Errorf("the fetch failed (%w) and the coverage gives no reason", failure)
		case c.Feed == feed && c.Complete.To.After(firstDay):
			return fmt.Errorf("the fetch failed (%w) and is said to be known until %s", failure, c.Complete.To)
		}
	}
	if !strings.Contains(failure.Error(), feed+" ") || len(coverage) != 2 {
		return fmt.Errorf("the error names no account: %w; coverage %+v", failure, coverage)
	}
	return nil
}

// apartFromRuns leaves out which run wrote a row and which change it was part of: a second run writes what the first could not.
var apartFromRuns = regexp.MustCompile(` (run_id|last_run_id|touched)=\S+`)

// dump holds the rows of every table of evidence and of projections, as they are in the end: that a fetch failed is itself a thing of
// the past, which its history rightly tells.
func (d *faultDay) dump(s *store.Store) map[string]string {
	db := s.DB().DB
	rows := map[string]string{}
	for _, table := range texts(d.t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		if !slices.Contains(ownTables, table) && !strings.HasSuffix(table, pastTables) {
			rows[table] = apartFromRuns.ReplaceAllString(dumpTable(d.t, db, table), "")
		}
	}
	return rows
}
