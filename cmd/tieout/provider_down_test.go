package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
	"tieout/reconcile"
)

// daysLater is long enough after firstDay that orders of the time between are past the grace of what is missing.
var daysLater = firstDay.AddDate(0, 0, 2)

// TestOneProviderDown has one provider go away some days later, in different ways. The run fails after it has judged and
// reported what it can: the other provider's orders as on a day on which nothing is wrong, and nothing is called missing that
// was only not read. The next run at the same instant
// leaves the same rows and tables as if nothing had been; of exceptions, those that stand: that one stood until then is part of its life.
func TestOneProviderDown(t *testing.T) {
	t.Parallel()
	world := newWorld(t, simulator.Config{Seed: 32, Orders: 250})
	healthy := newScene(t, sqliteApart, world)
	healthy.day(firstDay)
	healthy.day(daysLater)
	whole := rowsOf(t, filepath.Join(healthy.reports(daysLater), "exceptions.csv"))
	rows, files := apart(healthy.dump()), tables(healthy.files(daysLater))

	for _, down := range []struct {
		name, feed, path string
		answer           simulator.FaultAnswer
		code             int
	}{
		{"one list of Stripe breaks off", reconcile.FeedStripe, "/v1/balance_transactions", simulator.FaultAnswer{CutAfter: 100}, exitFailed},
		{"Stripe is down", reconcile.FeedStripe, "/v1/", simulator.FaultAnswer{Status: http.StatusBadGateway, Body: "<html></html>"}, exitFailed},
		{"Trust Payments breaks off", reconcile.FeedTrustPayments, "/json/", simulator.FaultAnswer{CutAfter: 100}, exitFailed},
		{"Trust Payments refuses", reconcile.FeedTrustPayments, "/json/", simulator.FaultAnswer{Status: http.StatusUnauthorized, Body: "<html></html>"}, exitWrong},
	} {
		t.Run(down.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sqliteApart, world)
			s.day(firstDay)
			s.moveTo(daysLater)
			s.sim.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
				if strings.HasPrefix(r.URL.Path, down.path) {
					return &down.answer
				}
				return nil
			})
			code, _, stderr := s.tieout("run", "--as-of", daysLater.Format(time.RFC3339), "--set", "feeds."+down.feed+".retry_wait=1ms")
			if code != down.code || !strings.Contains(stderr, down.feed+" ") || !strings.Contains(stderr, "is incomplete") {
				t.Fatalf("exit %d, want %d: %s", code, down.code, stderr)
			}
			s.files(daysLater)
			s.checkDown(down.feed, whole)

			s.sim.server.Fault(nil)
			s.day(daysLater)
			s.same(daysLater, "rows after the next run", rows, apart(s.dump()))
			s.same(daysLater, "files after the next run", files, tables(s.files(daysLater)))
		})
	}
}

// checkDown holds what was reported while a provider was away against the whole day.
func (s *scene) checkDown(feed string, whole []map[string]string) {
	s.t.Helper()
	reported := rowsOf(s.t, filepath.Join(s.reports(daysLater), "exceptions.csv"))
	others := 0
	for _, row := range reported {
		if row["code"] == string(reconcile.MissingAtProvider) && !slices.ContainsFunc(whole, func(other map[string]string) bool { return sameException(row, other) }) {
			s.t.Errorf("order %s is called missing: %s", row["order_reference"], row["explanation"])
		}
	}
	for _, row := range whole {
		if row["feed"] == feed || row["feed"] == "" {
			continue
		}
		others++
		if !slices.ContainsFunc(reported, func(other map[string]string) bool { return sameException(row, other) }) {
			s.t.Errorf("%s of %s %s is not reported", row["code"], row["feed"], row["order_reference"])
		}
	}
	if others == 0 {
		s.t.Error("nothing is wrong at the other provider: the world is too plain")
	}
	for _, row := range rowsOf(s.t, filepath.Join(s.reports(daysLater), "feeds.csv")) {
		if complete := row["complete"] == "yes"; complete == (row["feed"] == feed) {
			s.t.Errorf("%s is told as complete: %s", row["feed"], row["complete"])
		}
	}
}

func sameException(a, b map[string]string) bool {
	return a["code"] == b["code"] && a["order_reference"] == b["order_reference"] && a["transaction_reference"] == b["transaction_reference"]
}

var judgedAt = regexp.MustCompile(` judged_at=\S+`)

// apart are rows without which run wrote them, and without those that tell when something was, or what was before, and without
// the salts of commitments, which are random.
func apart(rows map[string]string) map[string]string {
	without := map[string]string{}
	for table, text := range rows {
		if table == "tieout_migrations" || table == "tieout_commitments" || strings.HasPrefix(table, "tieout_exception") || strings.HasSuffix(table, pastTables) {
			continue
		}
		without[table] = judgedAt.ReplaceAllString(apartFromRuns.ReplaceAllString(text, ""), "")
	}
	return without
}

// tables are the reports for programs that say what stands and what matches.
func tables(files map[string]string) map[string]string {
	return map[string]string{"exceptions.csv": files["exceptions.csv"], "matched.csv": files["matched.csv"]}
}
