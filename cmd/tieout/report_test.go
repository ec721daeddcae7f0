package main

import (
	"archive/zip"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
	"tieout/jobs"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// TestControlTotalsAddUp: in the demo's world every case is in exactly one row of the summary, each row adds up, and the rows
// of a feed hold as many cases and rejected rows as the database has of it. Only rejected rows have no currency.
func TestControlTotalsAddUp(t *testing.T) {
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			s := newScene(t, where, newWorld(t, simulator.Config{Seed: 1, Orders: 1500}))
			for _, now := range []time.Time{firstDay, secondDay} {
				s.day(now)
				s.checkControlTotals(now)
			}
		})
	}
}

func (s *scene) checkControlTotals(now time.Time) {
	s.t.Helper()
	table := readCSV(s.t, filepath.Join(s.reports(now), "summary.csv"))
	orders, cases := 0, map[string]int{}
	for _, row := range table[1:] {
		figure := func(key string) int { return s.figure(row[slices.Index(table[0], key)]) }
		out := figure("matched_count") + figure("waiting_count") + figure("excepted_count") + figure("nothing_due_count") + figure("out_of_scope_count")
		if in := figure("cases"); in != out+figure("rejected") {
			s.t.Errorf("%s: %v has %d cases in and %d accounted for", now.Format(time.DateOnly), row[:3], in, out+figure("rejected"))
		}
		if row[0] == "" || (row[2] == "") != (figure("rejected") > 0) || row[2] == "" && out > 0 {
			s.t.Errorf("%s: a row that is neither of a feed and currency nor of rejected rows alone: %v", now.Format(time.DateOnly), row)
		}
		orders += figure("orders")
		cases[row[0]] += out
	}
	db := inDatabase(s.t, s.database)
	count := func(query string) int { return s.figure(texts(s.t, db, "SELECT COUNT(*) FROM "+query)[0]) }
	want := map[string]int{
		"shop":          count("tieout_verdicts WHERE payment_id = '' AND order_currency <> ''"),
		"stripe":        count("tieout_verdicts WHERE payment_feed = 'stripe' OR (payment_id = '' AND case_key LIKE 'loose/stripe/%')"),
		"trustpayments": count("tieout_verdicts WHERE payment_feed = 'trustpayments'"),
	}
	for feed, n := range want {
		if cases[feed] != n || n == 0 {
			s.t.Errorf("%s: %s has %d cases in the summary and %d in the database", now.Format(time.DateOnly), feed, cases[feed], n)
		}
	}
	if all := count("tieout_verdicts"); all != want["shop"]+want["stripe"]+want["trustpayments"] {
		s.t.Errorf("%s: %d cases in the database are of no feed", now.Format(time.DateOnly), all)
	}
	if n := count("tieout_orders"); orders != n {
		s.t.Errorf("%s: %d orders in the summary, %d in the database", now.Format(time.DateOnly), orders, n)
	}
}

// A report over orders that were fetched and not judged says how many they are; one after a step that failed says which.
func TestHeadlineOfARunThatDidNotDoAll(t *testing.T) {
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 2, Orders: 40}))
	s.moveTo(firstDay)
	s.must("run", "fetch", "--as-of", firstDay.Format(time.RFC3339))
	s.must("report", "--as-of", firstDay.Format(time.RFC3339))
	orders := texts(t, inDatabase(t, s.database), "SELECT COUNT(*) FROM tieout_orders")[0]
	s.checkHeadline(orders+" orders were not judged. The control totals do not add up: ", true)
	s.day(firstDay)
	s.checkHeadline("not judged", false)
	s.checkHeadline("Failed in this run", false)
	if _, err := s.open().writeReport(t.Context(), jobs.Session{Now: firstDay, Failed: []string{"reconcile"}}); err != nil {
		t.Fatal(err)
	}
	s.checkHeadline("Failed in this run: reconcile. ", true)
}

// checkHeadline looks for words of the headline in the first day's workbook, whose summary is its first sheet.
func (s *scene) checkHeadline(words string, want bool) {
	s.t.Helper()
	book, err := zip.OpenReader(filepath.Join(s.reports(firstDay), "tieout-"+firstDay.Format(time.DateOnly)+".xlsx"))
	if err != nil {
		s.t.Fatal(err)
	}
	content, err := fs.ReadFile(book, "xl/worksheets/sheet1.xml")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		s.t.Fatal(err)
	}
	if summary := string(content); strings.Contains(summary, words) != want || want && strings.Contains(summary, "Everything ties out") {
		s.t.Errorf("does the summary say %q? want %t, and if so not that everything ties out", words, want)
	}
}

// figure reads a count; an empty one is none.
func (s *scene) figure(text string) int {
	s.t.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A payout is held against its movements once the provider says that they are all there.
func TestPayoutDifference(t *testing.T) {
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	lines := []money.Amount{eur(90), {Minor: 7, Currency: "JPY"}}
	for name, test := range map[string]struct {
		payout reconcile.PayoutSum
		want   *money.Amount
	}{
		"complete":        {reconcile.PayoutSum{Payout: reconcile.Payout{Amount: eur(100), Automatic: true, Itemised: true}, Lines: 1, Sums: lines, AllHeld: true}, figure(eur(10))},
		"not all held":    {reconcile.PayoutSum{Payout: reconcile.Payout{Amount: eur(100), Automatic: true, Itemised: true}, Lines: 1, Sums: lines}, nil},
		"nothing listed":  {reconcile.PayoutSum{Payout: reconcile.Payout{Amount: eur(100), Automatic: true, Itemised: true}, AllHeld: true}, figure(eur(100))},
		"in progress":     {reconcile.PayoutSum{Payout: reconcile.Payout{Amount: eur(100), Automatic: true}, Sums: lines}, nil},
		"nothing is held": {reconcile.PayoutSum{Payout: reconcile.Payout{Amount: eur(100)}}, nil},
	} {
		if diff := cmp.Diff(test.want, payoutRow(test.payout).Difference); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
