package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
)

// derived are the tables that must not depend on the order in which files and the API told what they tell: the projections,
// and what was judged by them.
var derived = []string{"tieout_orders", "tieout_sources", "tieout_source_events", "tieout_payments", "tieout_refunds", "tieout_refund_requests",
	"tieout_disputes", "tieout_movements", "tieout_payouts", "tieout_payout_lines", "tieout_balances", "tieout_rejections",
	"tieout_verdicts", "tieout_exceptions", "tieout_gaps", "tieout_owed"}

// timed is how and when rows were written and judged, which depends on when something came to be known.
var timed = regexp.MustCompile(`\b(touched|cluster|first_seen|last_seen|run_id|judged_at)=\S*`)

// derivedRows are the rows of these tables, without that, and without the exceptions that stood only while less was known.
func (s *scene) derivedRows() map[string]string {
	rows, dump := map[string]string{}, s.dump()
	for _, table := range derived {
		text, ok := dump[table]
		if !ok {
			s.t.Fatalf("there is no table %s", table)
		}
		lines := strings.Split(timed.ReplaceAllString(text, ""), "\n")
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, " status=resolved ") })
		slices.Sort(lines)
		rows[table] = strings.Join(lines, "\n")
	}
	return rows
}

// exports are the files that the providers made on both days; what is told on the second day is imported on the second day.
func (s *scene) exports(now time.Time) (paths []string) {
	s.t.Helper()
	for i, report := range []simulator.StripeReport{
		{}, {PaidOut: true},
		{From: now.AddDate(0, 0, -20), Columns: []string{"source_id", "balance_transaction_id", "reporting_category", "net", "gross", "fee", "currency", "created_utc", "available_on_utc"}},
	} {
		report.At, report.To = now, now
		var content bytes.Buffer
		if err := s.sim.world.WriteStripeReport(&content, report); err != nil {
			s.t.Fatal(err)
		}
		paths = append(paths, s.write(fmt.Sprintf("%s-%d.csv", now.Format(time.DateOnly), i), content.String()))
	}
	var content bytes.Buffer
	if err := s.sim.world.WriteTrustExport(&content, now); err != nil {
		s.t.Fatal(err)
	}
	return append(paths, s.write(now.Format(time.DateOnly)+"-trust.csv", content.String()))
}

// mixed tells two days of a world by the API, and by files that come at random times between, some twice.
func (s *scene) mixed(rng *rand.Rand, settings ...string) {
	s.t.Helper()
	imports := func(files []string) {
		for _, file := range files {
			s.must(append(settings, "import", file, "--as-of", s.sim.server.Now().Format(time.RFC3339))...)
		}
	}
	var due []string
	some := func() (some []string) {
		rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
		n := rng.IntN(len(due) + 1)
		some, due = due[:n], due[n:]
		return some
	}
	for _, now := range []time.Time{firstDay, secondDay} {
		s.moveTo(now)
		due = append(due, s.exports(now)...)
		due = append(due, due[rng.IntN(len(due))])
		imports(some())
		s.must(append(settings, "run", "--as-of", now.Format(time.RFC3339))...)
		imports(some())
	}
	imports(due)
	s.must(append(settings, "run", "reconcile", "report", "--as-of", secondDay.Format(time.RFC3339))...)
}

// TestFilesAndAPIMixInAnyOrder: what is known in the end, and what is concluded from it, does not depend on when the files
// came; nor does it after everything is derived anew.
func TestFilesAndAPIMixInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"the API reaches back to the beginning": nil,
		"the API reaches back a few days":       {"--set", "feeds.stripe.since=4d", "--set", "feeds.trustpayments.since=4d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first map[string]string
			var files map[string]string
			for seed := range uint64(3) {
				s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 21, Orders: 90}))
				s.mixed(rand.New(rand.NewPCG(seed, 1)), settings...)
				rows := s.derivedRows()
				if first == nil {
					first, files = rows, s.files(secondDay)
					continue
				}
				s.same(secondDay, "another order", first, rows)
				if settings == nil { // what only a file tells is first seen when it comes
					s.same(secondDay, "the reports of another order", ofTheEnd(files), ofTheEnd(s.files(secondDay)))
				}
				s.must(append(settings, "rebuild")...)
				s.must(append(settings, "run", "reconcile", "--as-of", secondDay.Format(time.RFC3339))...)
				s.same(secondDay, "derived anew", first, s.derivedRows())
			}
		})
	}
}

// ofTheEnd leaves out the files that tell how it came about: inputs.csv what each feed showed, the others the log's checkpoint, which
// stands for the order in which things came.
func ofTheEnd(files map[string]string) map[string]string {
	for name := range files {
		if name == "brief.txt" || name == "inputs.csv" || name == "checkpoint.txt" || strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".xlsx") {
			delete(files, name)
		}
	}
	return files
}

// TestFilesAddNothingToTheAPI: where the API told all, files change nothing but the lines of payouts that it does not list yet.
func TestFilesAddNothingToTheAPI(t *testing.T) {
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 22, Orders: 90}))
	s.day(firstDay)
	rows := s.derivedRows()
	delete(rows, "tieout_payout_lines")
	for _, file := range s.exports(firstDay) {
		code, out, stderr := s.tieout("import", file, "--as-of", firstDay.Format(time.RFC3339))
		if code != exitDone && !strings.Contains(stderr, `unknown settlestatus "77"`) { // which the API shows as well
			t.Errorf("%s: exit %d\n%s", filepath.Base(file), code, stderr)
		}
		if (strings.HasSuffix(file, "-2.csv") || strings.HasSuffix(file, "-trust.csv")) && !strings.Contains(out, " 0 stored") {
			t.Errorf("%s: %s", filepath.Base(file), out)
		}
	}
	s.must("run", "reconcile", "--as-of", firstDay.Format(time.RFC3339))
	after := s.derivedRows()
	delete(after, "tieout_payout_lines")
	s.same(firstDay, "after the files", rows, after)
}
