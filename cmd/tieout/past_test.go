package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
	"tieout/reconcile"
	"tieout/sql/store"
)

// TestPastDaysComeOutAsTheyWere: after days on which things go well and badly, on which people decide, a run is killed and all is derived
// again, the report of every past day is written again byte for byte, on either database, in another folder, zone and language. And both
// databases gave the same files on each day.
func TestPastDaysComeOutAsTheyWere(t *testing.T) {
	t.Parallel()
	config := simulator.Config{Seed: 41, Orders: 150}
	days := []time.Duration{0, 6 * time.Hour, day, 3 * day, 4 * day, 5 * day, 35 * day, 100 * day}
	var written []map[string]map[string]string
	decided := 0
	for _, where := range []layout{sqliteApart, postgresShared} {
		s := newScene(t, where, newWorld(t, config))
		first := map[string]map[string]string{} // by finance day: what was written last on it
		for n, after := range days {
			now := firstDay.Add(after)
			s.badDay(n, now)
			first[filepath.Base(s.reports(now))] = s.files(now)
			decided += s.meanwhile(n, now.Add(time.Hour))
		}
		for _, after := range days {
			date := filepath.Base(s.reports(firstDay.Add(after)))
			s.same(firstDay.Add(after), "files written again", first[date], s.again(date))
		}
		written = append(written, first)
	}
	if decided == 0 {
		t.Error("nobody decided anything")
	}
	for date, files := range written[0] {
		if difference := firstDifference(files, written[1][date]); difference != "" {
			t.Errorf("%s on SQLite and on PostgreSQL: %s", date, difference)
		}
	}
}

// meanwhile lets people decide after the nth day's report, at an instant that both databases share, and derives everything anew after
// one of them.
func (s *scene) meanwhile(n int, at time.Time) (decided int) {
	s.t.Helper()
	switch n {
	case 0, 4:
		return s.handle(reconcile.MissingOrder, reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "ada", Note: "looked at", At: at})
	case 2:
		return s.handle(reconcile.AmountMismatch, reconcile.Handling{To: reconcile.StatusResolved, Who: "bob", Reason: reconcile.ReasonWrittenOff, At: at})
	case 3:
		s.must("rebuild")
	}
	return 0
}

// handle is the command acknowledge or resolve, without its clock.
func (s *scene) handle(code reconcile.Code, handling reconcile.Handling) int {
	s.t.Helper()
	plan, err := s.open().store.HandleExceptions(s.t.Context(), store.ExceptionFilter{Standing: true, Codes: []string{string(code)}}, handling, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return len(plan.Records)
}

// again writes the report of a past day into a folder of its own, by a process that thinks of another zone and language.
func (s *scene) again(date string) map[string]string {
	s.t.Helper()
	dir := s.t.TempDir()
	command := exec.Command("tieout", "--config", s.config, "--set", "timezone=Asia/Tokyo", "report", "--date", date, "--out", dir)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=America/St_Johns", "LC_ALL=tr_TR.UTF-8", "LANG=tr_TR.UTF-8"}
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		s.t.Fatalf("report --date %s: %v\n%s", date, err, output)
	}
	return s.filesIn(filepath.Join(dir, date))
}

// TestReportThatComesOutOtherwise: a version that was tampered with past the triggers is noticed, no file takes the place of the one that
// is there, and --out shows what comes out.
func TestReportThatComesOutOtherwise(t *testing.T) {
	t.Parallel()
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 42, Orders: 60}))
	s.day(firstDay)
	was := s.files(firstDay)
	s.day(secondDay)
	db := inDatabase(t, s.database)
	execute(t, db, "DROP TRIGGER tieout_exceptions_changed")
	execute(t, db, "UPDATE tieout_exceptions SET next_step = 'Nothing.'")
	date := firstDay.Format(time.DateOnly)
	for _, out := range []string{"", t.TempDir()} {
		args := []string{"report", "--date", date}
		if out != "" {
			args = append(args, "--out", out)
		}
		code, _, stderr := s.tieout(args...)
		if code != exitFailed || !strings.Contains(stderr, "exceptions.csv: not as it was written: SHA-256 ") || strings.Contains(stderr, "matched.csv") {
			t.Errorf("exit %d: %s", code, stderr)
		}
		if _, err := os.Stat(filepath.Join(out, date, "exceptions.csv")); out != "" && err != nil {
			t.Error(err)
		}
	}
	s.same(firstDay, "files", was, s.files(firstDay))
}
