package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tieout/feeds/simulator"
	"tieout/reconcile"
	"tieout/sql/store/storetest"
)

// startedTieout is the program in a process of its own, to be signalled.
type startedTieout struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func (s *scene) start(args ...string) *startedTieout {
	s.t.Helper()
	started := &startedTieout{Cmd: exec.Command("tieout", append([]string{"--config", s.config}, args...)...)}
	started.Env = []string{"PATH=" + os.Getenv("PATH")}
	started.Stdout, started.Stderr = &started.stdout, &started.stderr
	if err := started.Start(); err != nil {
		s.t.Fatal(err)
	}
	return started
}

// holdAt has the provider's nth request to a path wait until let go, and tells when it has come.
func (s *scene) holdAt(path string, n int) (arrived <-chan struct{}, letGo func()) {
	came, free := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	s.sim.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
		mu.Lock()
		if strings.HasPrefix(r.URL.Path, path) {
			n--
		}
		hold := n == 0 && strings.HasPrefix(r.URL.Path, path)
		mu.Unlock()
		if hold {
			close(came)
			<-free
		}
		return nil
	})
	return came, sync.OnceFunc(func() { close(free) })
}

// TestStopped: a run that is told to stop by SIGTERM, in the middle of a fetch and in the middle of the cancels, ends
// cleanly and says so in its record, leaves the lock free and nothing half-done; the next run completes, and what it
// comes to is what an undisturbed one comes to.
func TestStopped(t *testing.T) {
	t.Parallel()
	world := newWorld(t, simulator.Config{Seed: 12, Orders: 500})
	undisturbed := newScene(t, sqliteApart, world)
	undisturbed.day(firstDay)
	want := undisturbed.judged()
	for _, tc := range []struct {
		name  string
		where layout
		first []string // jobs run before, undisturbed
		job   string   // the one that is stopped
		path  string
		nth   int
	}{
		{"sqlite, in the fetch", sqliteApart, nil, "fetch", "/v1/charges", 2},
		{"postgres, in the fetch", postgresShared, nil, "fetch", "/v1/charges", 2},
		{"sqlite, in the cancels", sqliteApart, []string{"fetch", "reconcile"}, "cancel-expired", "/json/", 4},
		{"postgres, in the cancels", postgresApart, []string{"fetch", "reconcile"}, "cancel-expired", "/json/", 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(t, tc.where, world)
			s.moveTo(firstDay)
			asOf := "--as-of=" + firstDay.Format(time.RFC3339)
			if tc.first != nil {
				s.must(append([]string{"run", asOf}, tc.first...)...)
			}
			arrived, letGo := s.holdAt(tc.path, tc.nth)
			defer letGo()
			started := s.start("run", tc.job, asOf)
			<-arrived
			if err := started.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			// The program gives up the request that hangs; nobody answers it.
			err := started.Wait()
			letGo()
			if code := started.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(started.stderr.String(), "the run was told to stop") {
				t.Fatalf("exit %d (%v)\n%s\n%s", code, err, started.stdout.String(), started.stderr.String())
			}
			s.checkStopped(tc.job)
			s.sim.server.Fault(nil)
			s.must("run", asOf)
			s.same(firstDay, "what the next run comes to", want, s.judged())
			s.checkTruth(firstDay)
		})
	}
}

// checkStopped looks at what the stopped run has left.
func (s *scene) checkStopped(job string) {
	s.t.Helper()
	own := storetest.Open(s.t, s.database)
	last, _, err := own.LastRun(context.Background())
	if err != nil || last.Status != reconcile.RunStopped || last.EndedAt.IsZero() {
		s.t.Errorf("the run is recorded as %+v, %v", last, err)
	}
	if open, err := own.OpenCancels(context.Background()); err != nil || len(open) > 0 {
		s.t.Errorf("cancels without an outcome: %v, %v", open, err)
	}
	steps, err := own.Steps(context.Background(), last.ID)
	if err != nil || len(steps) != 1 || steps[0].Name != job || steps[0].Status != reconcile.RunStopped {
		s.t.Errorf("its steps are recorded as %+v, %v", steps, err)
	}
	done := texts(s.t, inDatabase(s.t, s.database), "SELECT order_reference FROM tieout_cancellations")
	if begun := len(done) > 0; begun != (job == "cancel-expired") {
		s.t.Errorf("%d orders were canceled before the stop", len(done))
	}
	_, release, err := own.Lock(context.Background(), "the test")
	if err != nil {
		s.t.Fatalf("the lock is not free: %v", err)
	}
	if err := release(context.Background()); err != nil {
		s.t.Error(err)
	}
}

// judged is what a run comes to, without the times and runs at which it did.
func (s *scene) judged() map[string]string {
	s.t.Helper()
	db := inDatabase(s.t, s.database)
	rows := map[string]string{}
	for what, query := range map[string]string{
		"verdicts":      "SELECT case_key || ' ' || outcome || ' ' || reason FROM tieout_verdicts",
		"exceptions":    "SELECT id || ' ' || code || ' ' || status || ' ' || explanation FROM tieout_exceptions",
		"owed":          "SELECT payment_id || ' ' || request_id || ' ' || decision || ' ' || reason FROM tieout_owed",
		"cancellations": "SELECT order_reference || ' ' || outcome FROM tieout_cancellations",
		"outbox":        "SELECT kind || ' ' || order_reference || ' ' || body FROM tieout_outbox",
	} {
		found := texts(s.t, db, query)
		slices.Sort(found)
		rows[what] = strings.Join(found, "\n")
	}
	return rows
}

// TestKilledBetweenIntentAndOutcome: a process that died between the intent of a cancel and its outcome leaves the intent.
// The next run asks the shop's row how it ended.
func TestKilledBetweenIntentAndOutcome(t *testing.T) {
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			s := newScene(t, where, newWorld(t, simulator.Config{Seed: 13, Orders: 300}))
			s.moveTo(firstDay)
			s.must("run", "fetch", "reconcile", "--as-of", firstDay.Format(time.RFC3339))
			p := s.open()
			candidates, err := p.store.CancelCandidates(context.Background())
			if err != nil || len(candidates) < 3 {
				t.Fatalf("%d candidates, %v", len(candidates), err)
			}
			before, after, raced := candidates[0], candidates[1], candidates[2]
			for _, verdict := range []reconcile.Verdict{before, after, raced} {
				intent := reconcile.Cancellation{OrderReference: verdict.OrderReference, RunID: 1, Reason: verdict.Cancel.Reason, Evidence: verdict.Cancel.Evidence, IntentAt: firstDay}
				if err := p.store.BeginCancel(context.Background(), intent); err != nil {
					t.Fatal(err)
				}
			}
			shop := inDatabase(t, s.shop)
			change := fmt.Sprintf("UPDATE shop_orders SET state = 'void', canceled_at = '%[1]s', updated_at = '%[1]s' WHERE order_no = '%[2]s'", firstDay.Format(time.RFC3339), after.OrderReference)
			execute(t, shop, change)
			execute(t, shop, strings.NewReplacer("'void'", "'complete'", "canceled_at", "paid_at", after.OrderReference, raced.OrderReference).Replace(change))

			s.must("run", "cancel-expired", "--as-of", firstDay.Format(time.RFC3339))
			got := texts(t, inDatabase(t, s.database), "SELECT order_reference || ' ' || outcome FROM tieout_cancellations ORDER BY order_reference")
			for verdict, outcome := range map[*reconcile.Verdict]reconcile.CancelOutcome{&before: reconcile.CancelDone, &after: reconcile.CancelDone, &raced: reconcile.CancelLostRace} {
				if want := verdict.OrderReference + " " + string(outcome); !slices.Contains(got, want) {
					t.Errorf("no %q among %v", want, got[:min(len(got), 6)])
				}
			}
			told := texts(t, inDatabase(t, s.database), "SELECT order_reference FROM tieout_outbox")
			for _, verdict := range []reconcile.Verdict{before, after} {
				if !slices.Contains(told, verdict.OrderReference) {
					t.Errorf("the customer of %s was not told", verdict.OrderReference)
				}
			}
			if slices.Contains(told, raced.OrderReference) {
				t.Errorf("the customer of %s, which was paid, was told of a cancel", raced.OrderReference)
			}
			states := texts(t, shop, "SELECT state FROM shop_orders WHERE order_no = '"+raced.OrderReference+"'")
			if !slices.Equal(states, []string{"complete"}) {
				t.Errorf("the paid order is %v", states)
			}
		})
	}
}

// TestKilledRun: a run that was killed is recorded as stopped by the next one, which completes. On PostgreSQL the lock died
// with its connection; on SQLite the next run sees that its holder is dead.
func TestKilledRun(t *testing.T) {
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			s := newScene(t, where, newWorld(t, simulator.Config{Seed: 14, Orders: 300}))
			s.moveTo(firstDay)
			arrived, letGo := s.holdAt("/v1/charges", 1)
			defer letGo()
			started := s.start("run", "--as-of", firstDay.Format(time.RFC3339))
			<-arrived
			if err := started.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := started.Wait(); err == nil {
				t.Fatal("a killed process ended well")
			}
			letGo()
			s.sim.server.Fault(nil)
			s.runWhenFree()
			statuses := texts(t, inDatabase(t, s.database), "SELECT status FROM tieout_runs ORDER BY id")
			if !slices.Equal(statuses, []string{"stopped", "done"}) {
				t.Errorf("runs are recorded as %v", statuses)
			}
			s.checkTruth(firstDay)
		})
	}
}

// runWhenFree runs the day; the server may need a moment to see that a killed client is gone.
func (s *scene) runWhenFree() {
	s.t.Helper()
	for range 1000 {
		if code, _, stderr := s.tieout("run", "--as-of", firstDay.Format(time.RFC3339)); code == exitDone {
			return
		} else if code != exitLocked {
			s.t.Fatalf("exit %d\n%s", code, stderr)
		}
	}
	s.t.Fatal("the lock of a killed process is never free")
}

// TestProviderFailsBeforeCancel: what cannot be looked at right before is not canceled.
func TestProviderFailsBeforeCancel(t *testing.T) {
	t.Parallel()
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 15, Orders: 300}))
	s.moveTo(firstDay)
	s.must("run", "fetch", "reconcile", "--as-of", firstDay.Format(time.RFC3339))
	s.sim.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
		if strings.HasPrefix(r.URL.Path, "/json/") {
			return &simulator.FaultAnswer{Status: http.StatusServiceUnavailable}
		}
		return nil
	})
	before := texts(t, inDatabase(t, s.shop), "SELECT COUNT(*) FROM shop_orders WHERE state = 'void'")
	code, _, stderr := s.tieout("--set", "feeds.trustpayments.timeout=1s", "run", "cancel-expired", "--as-of", firstDay.Format(time.RFC3339))
	if code != exitFailed || !strings.Contains(stderr, "once more before canceling") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	if after := texts(t, inDatabase(t, s.shop), "SELECT COUNT(*) FROM shop_orders WHERE state = 'void'"); !slices.Equal(before, after) {
		t.Errorf("%v orders are canceled, before %v", after, before)
	}
}
