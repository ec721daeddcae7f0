package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
)

// TestTruth: on both simulated days, every order of a large world has exactly the exceptions that the world knows of, each
// about the right transaction, and exactly the right orders were canceled; on every layout of the databases.
func TestTruth(t *testing.T) {
	t.Parallel()
	large := newWorld(t, simulator.Config{Seed: 1, Orders: 21_000})
	if orders := len(large.Truth(firstDay)); orders < 20_000 {
		t.Fatalf("the large world has %d orders only", orders)
	}
	for _, tc := range []struct {
		where layout
		world *simulator.World
	}{
		{sqliteApart, large},
		{postgresShared, large},
		{sqliteShared, newWorld(t, simulator.Config{Seed: 2, Orders: 3000})},
		{postgresApart, newWorld(t, simulator.Config{Seed: 3, Orders: 3000})},
		{sqliteApart, newWorld(t, simulator.Config{Seed: 4, Orders: 3000, Zone: time.FixedZone("UTC-8", -8*3600)})},
	} {
		rows := len(tc.world.Truth(firstDay))
		t.Run(fmt.Sprintf("%s, %d rows", tc.where.name, rows), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, tc.where, tc.world)
			for _, now := range []time.Time{firstDay, secondDay} {
				s.day(now)
				s.checkTruth(now)
			}
		})
	}
}

// TestPlainWorld: where nothing is wrong, nothing is found.
func TestPlainWorld(t *testing.T) {
	t.Parallel()
	world := newWorld(t, simulator.Config{Seed: 5, Orders: 3000, Stories: simulator.PlainStories()})
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, where, world)
			for _, now := range []time.Time{firstDay, secondDay} {
				s.day(now)
				if standing := s.must("exceptions", "list"); strings.Count(standing, "\n") != 1 {
					t.Errorf("%s: exceptions stand in a world without faults:\n%s", now.Format(time.DateOnly), standing)
				}
				s.checkTruth(now)
			}
		})
	}
}

// checkTruth holds the program's answer against the world: by order, as the demo does, then the exceptions one by one as
// finance reads them, and the orders as they stand in the shop's table.
func (s *scene) checkTruth(now time.Time) {
	s.t.Helper()
	s.report(now, "the demo's comparison", s.differences(now, s.sim.world.Truth(now)))
	s.report(now, "exceptions.csv (- the truth, + found)", lines(cmp.Diff(expectedRows(s.sim.world.Expected(now)), s.exceptionRows(now))))
	canceled := texts(s.t, inDatabase(s.t, s.shop), "SELECT order_no FROM shop_orders WHERE state = 'void'")
	slices.Sort(canceled)
	s.report(now, "canceled in the shop (- the truth, + found)", lines(cmp.Diff(mustBeCanceled(s.sim.world.Truth(now)), canceled)))
}

func (s *scene) differences(now time.Time, truth []simulator.OrderTruth) []string {
	s.t.Helper()
	differences, err := s.open().againstTruth(context.Background(), truth)
	if err != nil {
		s.t.Fatal(err)
	}
	return differences
}

// report fails with the first differences.
func (s *scene) report(now time.Time, what string, differences []string) {
	s.t.Helper()
	if len(differences) > 0 {
		s.t.Errorf("%s, %s: %d differences\n%s", now.Format(time.DateOnly), what, len(differences), strings.Join(differences[:min(len(differences), 20)], "\n"))
	}
}

// lines keeps the lines of a diff that differ.
func lines(diff string) []string {
	return slices.DeleteFunc(strings.Split(diff, "\n"), func(line string) bool {
		return !strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "+")
	})
}

func expectedRows(expected []simulator.Expectation) []string {
	var rows []string
	for _, e := range expected {
		rows = append(rows, strings.Join([]string{e.Code, e.OrderReference, e.TransactionReference}, " "))
	}
	slices.Sort(rows)
	return rows
}

// exceptionRows reads code, order and transaction from the day's exceptions.csv.
func (s *scene) exceptionRows(now time.Time) []string {
	s.t.Helper()
	table := readCSV(s.t, filepath.Join(s.reports(now), "exceptions.csv"))
	code, order, transaction := slices.Index(table[0], "code"), slices.Index(table[0], "order_reference"), slices.Index(table[0], "transaction_reference")
	var rows []string
	for _, row := range table[1:] {
		rows = append(rows, strings.Join([]string{row[code], row[order], row[transaction]}, " "))
	}
	slices.Sort(rows)
	return rows
}

func readCSV(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return table
}

func mustBeCanceled(truth []simulator.OrderTruth) []string {
	var references []string
	for _, row := range truth {
		if row.Cancel != simulator.CancelNo {
			references = append(references, row.OrderReference)
		}
	}
	slices.Sort(references)
	return references
}

// TestTruthBites: the comparison that the truth tests rest on sees one expectation too many, one too few, one of another
// code, and a cancel too many or too few.
func TestTruthBites(t *testing.T) {
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 6, Orders: 300}))
	s.day(firstDay)
	truth := func() []simulator.OrderTruth { return s.sim.world.Truth(firstDay) }
	if differences := s.differences(firstDay, truth()); len(differences) > 0 {
		t.Fatalf("the world's own truth differs: %v", differences)
	}
	odd := slices.IndexFunc(truth(), func(row simulator.OrderTruth) bool { return len(row.Codes) == 1 && row.Codes[0] == "AMOUNT_MISMATCH" })
	calm := slices.IndexFunc(truth(), func(row simulator.OrderTruth) bool { return len(row.Codes) == 0 && row.Cancel == simulator.CancelNo })
	canceled := slices.IndexFunc(truth(), func(row simulator.OrderTruth) bool { return row.Cancel == simulator.CancelYes })
	for name, tc := range map[string]struct {
		row  int
		edit func(*simulator.OrderTruth)
		want string
	}{
		"one code too many":   {calm, func(row *simulator.OrderTruth) { row.Codes = []string{"DISPUTED"} }, "the truth is [DISPUTED], found []"},
		"one code too few":    {odd, func(row *simulator.OrderTruth) { row.Codes = nil }, "the truth is [], found [AMOUNT_MISMATCH]"},
		"another code":        {odd, func(row *simulator.OrderTruth) { row.Codes[0] = "DISPUTED" }, "the truth is [DISPUTED], found [AMOUNT_MISMATCH]"},
		"a code twice":        {odd, func(row *simulator.OrderTruth) { row.Codes = append(row.Codes, row.Codes[0]) }, "the truth is [AMOUNT_MISMATCH AMOUNT_MISMATCH], found [AMOUNT_MISMATCH]"},
		"a cancel too many":   {canceled, func(row *simulator.OrderTruth) { row.Cancel = simulator.CancelNo }, "to be canceled: false, canceled: true"},
		"a cancel too few":    {calm, func(row *simulator.OrderTruth) { row.Cancel = simulator.CancelYes }, "to be canceled: true, canceled: false"},
		"an order not named":  {odd, func(row *simulator.OrderTruth) { row.OrderReference = "another" }, "the truth knows nothing, found [AMOUNT_MISMATCH]"},
		"an order never seen": {calm, func(row *simulator.OrderTruth) { row.OrderReference, row.Codes = "another", []string{"AMBIGUOUS"} }, "another"},
	} {
		t.Run(name, func(t *testing.T) {
			edited := truth()
			edited[tc.row].Codes = slices.Clone(edited[tc.row].Codes)
			tc.edit(&edited[tc.row])
			if differences := s.differences(firstDay, edited); !strings.Contains(strings.Join(differences, "\n"), tc.want) {
				t.Errorf("differences are %q, want one with %q", differences, tc.want)
			}
		})
	}
}
