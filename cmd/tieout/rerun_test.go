package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
)

// ownTables are about the program's runs and not about money: every run may write them. sqlite_sequence numbers the runs.
// tieout_progress says how far the judging has come, tieout_changes when each number was given out, tieout_reports what was written,
// tieout_seals and tieout_seal_marks prove all of it.
var ownTables = []string{
	"tieout_runs", "tieout_runs_past", "tieout_run_steps", "tieout_run_steps_past", "tieout_run_lock", "tieout_progress", "tieout_progress_past",
	"tieout_changes", "tieout_reports", "sqlite_sequence", "tieout_seals", "tieout_seal_marks",
}

// pastTables is how the names of those end that hold what rows were before.
const pastTables = "_past"

// TestRerun: each simulated day, run a second time at the same instant, changes no row anywhere and rewrites the same
// files byte for byte; and what is derived, dropped and derived again, is the same.
func TestRerun(t *testing.T) {
	t.Parallel()
	world := newWorld(t, simulator.Config{Seed: 7, Orders: 700})
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, where, world)
			for _, now := range []time.Time{firstDay, secondDay} {
				s.day(now)
				rows, files := s.dump(), s.files(now)
				s.day(now)
				s.same(now, "rows after a second run", rows, s.dump())
				s.same(now, "files after a second run", files, s.files(now))
				s.must("rebuild")
				s.must("run", "reconcile", "--as-of", now.Format(time.RFC3339))
				s.same(now, "rows after a rebuild", rows, s.dump())
			}
		})
	}
}

// TestRebuildDerives: rebuild replaces rows that were tampered with, and reconcile judges by what was observed.
func TestRebuildDerives(t *testing.T) {
	world := newWorld(t, simulator.Config{Seed: 8, Orders: 300})
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			s := newScene(t, where, world)
			s.day(firstDay)
			rows := s.dump()
			db := inDatabase(t, s.database)
			execute(t, db, "UPDATE tieout_payments SET minor = minor + 1")
			execute(t, db, "DELETE FROM tieout_refunds")
			if difference := firstDifference(rows, s.dump()); difference == "" {
				t.Fatal("the dump does not show what was changed")
			}
			s.must("rebuild")
			s.must("run", "reconcile", "--as-of", firstDay.Format(time.RFC3339))
			s.same(firstDay, "rows after a rebuild", present(rows), present(s.dump()))
		})
	}
}

var touched = regexp.MustCompile(` touched=\d+`)

// present are rows without which change wrote them, and without what was before.
func present(rows map[string]string) map[string]string {
	without := map[string]string{}
	for table, text := range rows {
		if !strings.HasSuffix(table, "_past") {
			without[table] = touched.ReplaceAllString(text, "")
		}
	}
	return without
}

// same compares two snapshots and fails with the first entry that differs.
func (s *scene) same(now time.Time, what string, before, after map[string]string) {
	s.t.Helper()
	if difference := firstDifference(before, after); difference != "" {
		s.t.Errorf("%s, %s: %s", now.Format(time.DateOnly), what, difference)
	}
}

func firstDifference(before, after map[string]string) string {
	names := slices.Collect(maps.Keys(before))
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if before[name] != after[name] {
			return name + " differs" + firstLine(before[name], after[name])
		}
	}
	return ""
}

func firstLine(before, after string) string {
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return fmt.Sprintf(" (%d lines, then %d):\n- %s\n+ %s", len(was), len(is), was[i], is[i])
		}
	}
	return fmt.Sprintf(": %d lines, then %d", len(was), len(is))
}

// files holds a digest of every report of a finance day.
func (s *scene) files(now time.Time) map[string]string {
	s.t.Helper()
	return s.filesIn(s.reports(now))
}

func (s *scene) filesIn(dir string) map[string]string {
	s.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		sum := sha256.Sum256(content)
		found[entry.Name()] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(found) < 8 {
		s.t.Fatalf("only %d reports were written: %v", len(found), found)
	}
	return found
}

// dump holds the rows of every table of the scene's databases, sorted.
func (s *scene) dump() map[string]string {
	s.t.Helper()
	rows := map[string]string{}
	for _, url := range slices.Compact([]string{s.database, s.shop}) {
		db := inDatabase(s.t, url)
		list := "SELECT name FROM sqlite_master WHERE type = 'table'"
		if strings.HasPrefix(url, "postgres") {
			list = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
		}
		for _, table := range texts(s.t, db, list) {
			if !slices.Contains(ownTables, table) {
				rows[table] = dumpTable(s.t, db, table)
			}
		}
	}
	return rows
}

func dumpTable(t testing.TB, db *sql.DB, table string) string {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var dumped []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for i, value := range values {
			fmt.Fprintf(&line, "%s=%v ", columns[i], *value.(*any))
		}
		dumped = append(dumped, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(dumped)
	return strings.Join(dumped, "\n")
}
