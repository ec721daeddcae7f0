package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
)

// TestFullIsIncremental: over days on which things go well and badly, a run that judges only what changed and what is due leaves the
// same rows and the same reports, byte for byte, as one that judges everything.
func TestFullIsIncremental(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			world := newWorld(t, simulator.Config{Seed: 30 + seed, Orders: 150})
			daily, full := newScene(t, sqliteApart, world), newScene(t, sqliteApart, world)
			for n, after := range []time.Duration{0, 6 * time.Hour, day, 2 * day, 3 * day, 4 * day, 8 * day, 35 * day, 100 * day} {
				now := firstDay.Add(after)
				full.badDay(n, now, "--full")
				daily.badDay(n, now)
				full.same(now, "rows (- full, + incremental)", full.rows(), daily.rows())
				full.same(now, "files (- full, + incremental)", full.files(now), daily.files(now))
				if t.Failed() {
					return
				}
			}
			if judged := daily.judgedIn(3); judged == 0 || judged*2 > full.judgedIn(3) {
				t.Errorf("a run judged %d of %d cases", judged, full.judgedIn(3))
			}
		})
	}
}

// rows are those of a dump that say nothing of when the databases were made.
func (s *scene) rows() map[string]string {
	s.t.Helper()
	rows := s.dump()
	delete(rows, "tieout_migrations")
	return rows
}

const day = 24 * time.Hour

// allButSeal are the jobs whose outcome is the same on two databases: each has a log of its own, which says when it learned what, and which
// commits to addresses with salts of its own.
var allButSeal = []string{"fetch", "reconcile", "cancel-expired", "age-settlements", "refunds", "report"}

// badDay runs the nth day: on one a provider is down, on one the run is killed and another one follows.
func (s *scene) badDay(n int, now time.Time, flags ...string) {
	s.t.Helper()
	s.moveTo(now)
	run := append([]string{"run", "--as-of", now.Format(time.RFC3339)}, flags...)
	run = append(run, allButSeal...)
	switch n {
	case 3:
		s.sim.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
			if strings.HasPrefix(r.URL.Path, "/json/") {
				return &simulator.FaultAnswer{Status: http.StatusServiceUnavailable}
			}
			return nil
		})
		if code, _, stderr := s.tieout(append([]string{"--set", "feeds.trustpayments.timeout=1s"}, run...)...); code != exitFailed {
			s.t.Fatalf("exit %d\n%s", code, stderr)
		}
		s.sim.server.Fault(nil)
	case 5:
		s.killed(run)
		s.must(run...)
	default:
		s.must(run...)
	}
}

// killed starts a run and kills it while it reads the charges.
func (s *scene) killed(args []string) {
	s.t.Helper()
	arrived, letGo := s.holdAt("/v1/charges", 1)
	defer letGo()
	started := s.start(args...)
	<-arrived
	if err := started.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	if err := started.Wait(); err == nil {
		s.t.Fatal("a killed process ended well")
	}
	letGo()
	s.sim.server.Fault(nil)
}

// judgedIn is how many cases the reconcile step of the nth run judged.
func (s *scene) judgedIn(run int) (judged int) {
	s.t.Helper()
	row := inDatabase(s.t, s.database).QueryRow(fmt.Sprintf("SELECT judged FROM tieout_run_steps WHERE run_id = %d AND step = 'reconcile'", run))
	if err := row.Scan(&judged); err != nil {
		s.t.Fatal(err)
	}
	return judged
}
