package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tieout/feeds/simulator"
)

// filledIn writes texts into cells of the workbook's sheet of exceptions, given as row (from 0) and heading, as a person would, and
// returns the ids of the exceptions by row.
func (s *scene) filledIn(path string, cells map[int]map[string]string) []string {
	s.t.Helper()
	file, err := excelize.OpenFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := file.GetRows("Exceptions")
	if err != nil {
		s.t.Fatal(err)
	}
	header := slices.IndexFunc(rows, func(row []string) bool { return slices.Contains(row, "Decision") })
	column := func(heading string) int { return slices.Index(rows[header], heading) }
	for row, values := range cells {
		for heading, text := range values {
			cell, err := excelize.CoordinatesToCellName(column(heading)+1, header+row+2)
			if err != nil {
				s.t.Fatal(err)
			}
			if err := file.SetCellStr("Exceptions", cell, text); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	if err := file.Save(); err != nil {
		s.t.Fatal(err)
	}
	var ids []string
	for _, row := range rows[header+1:] {
		if at := column("Exception"); at < len(row) && row[at] != "" {
			ids = append(ids, row[at])
		}
	}
	return ids
}

// TestDecisionsComeBack: what a person decided in the workbook is shown, carried out with name and reason, and refused where the
// exception has moved, or the row cannot be understood.
func TestDecisionsComeBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 21, Orders: 400}))
	s.day(firstDay)
	workbook := filepath.Join(s.reports(firstDay), "tieout-2026-03-10.xlsx")
	ids := s.filledIn(workbook, map[int]map[string]string{
		0: {"Decision": "acknowledge", "Note": "asked the bank"},
		1: {"Decision": "Resolve", "Reason": "refunded"},
		2: {"Decision": "resolve", "Reason": "other"},
		3: {"Decision": "ignore"},
		4: {"Decision": "resolve", "Reason": "written-off", "Note": "too small"},
		5: {"Note": "nothing decided"},
	})
	s.must("exceptions", "acknowledge", ids[4], "--by", "chen")

	code, stdout, stderr := s.tieout("exceptions", "import", workbook, "--by", "li.wei", "--dry-run")
	if code != exitWrong || !strings.Contains(stdout, "6 rows with a decision: 2 change an exception, 4 refused") {
		t.Errorf("dry run: exit %d\n%s\n%s", code, stdout, stderr)
	}
	for _, want := range []string{`the reason "other" needs a note`, `the decision is "ignore"`, "has moved since the report: it is acknowledged now", `the decision is ""`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("not told: %s\n%s", want, stderr)
		}
	}
	if code, _, _ := s.tieout("exceptions", "import", workbook, "--by", "li.wei"); code != exitWrong {
		t.Errorf("without an answer: exit %d", code)
	}
	if standing := s.must("exceptions", "show", ids[0]); strings.Contains(standing, "li.wei") {
		t.Errorf("changed without --yes:\n%s", standing)
	}
	if code, stdout, stderr := s.tieout("exceptions", "import", workbook, "--by", "li.wei", "--yes"); code != exitWrong || !strings.Contains(stdout, "2 exceptions changed by li.wei") {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	if first := s.must("exceptions", "show", ids[0]); !strings.Contains(first, "open → acknowledged") || !strings.Contains(first, "asked the bank") {
		t.Errorf("the acknowledged one:\n%s", first)
	}
	if second := s.must("exceptions", "show", ids[1]); !strings.Contains(second, "open → resolved") || !strings.Contains(second, "refunded") {
		t.Errorf("the resolved one:\n%s", second)
	}
	// A second time, both are as decided.
	if code, stdout, _ := s.tieout("exceptions", "import", workbook, "--by", "li.wei", "--yes"); code != exitWrong || !strings.Contains(stdout, "0 change an exception; 2 left alone: 1 already acknowledged, 1 already resolved, 4 refused") {
		t.Errorf("a second time: exit %d\n%s", code, stdout)
	}
	for name, path := range map[string]string{"no workbook": s.config, "not there": filepath.Join(s.dir, "none.xlsx")} {
		if code, _, stderr := s.tieout("exceptions", "import", path, "--by", "li.wei", "--yes"); code != exitWrong || !strings.Contains(stderr, filepath.Base(path)) {
			t.Errorf("%s: exit %d, %s", name, code, stderr)
		}
	}
}
