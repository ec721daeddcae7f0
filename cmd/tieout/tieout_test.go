package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
	"tieout/reconcile/money"
)

// TestTieOut: in a world without a fault in the account's books, nothing is unexplained in any currency on any day; with
// planted faults it is exactly those, in their currencies, from their days on, and every statement adds up.
func TestTieOut(t *testing.T) {
	t.Parallel()
	later := firstDay.Add(20 * time.Hour) // the second of the days, and all after it
	worlds := map[string]simulator.Config{
		"one of each kind": {Seed: 24, Faults: []simulator.Fault{
			{Kind: simulator.FaultUnknownObject, Currency: "EUR", From: later, Minor: 1234},
			{Kind: simulator.FaultBookedTwice, Currency: "USD", From: later.Add(-48 * time.Hour)},
			{Kind: simulator.FaultWrongAmount, Currency: "GBP", From: later.AddDate(0, 0, -20), Minor: -77},
			{Kind: simulator.FaultStated, Currency: "JPY", From: later, Minor: 5},
			{Kind: simulator.FaultPayout, Currency: "EUR", From: later, Minor: 100},
		}},
		"several in one currency": {Seed: 25, Faults: []simulator.Fault{
			{Kind: simulator.FaultUnknownObject, Currency: "EUR", From: later, Minor: -1},
			{Kind: simulator.FaultNotBooked, Currency: "EUR", From: firstDay.AddDate(0, 0, -8)},
			{Kind: simulator.FaultStated, Currency: "EUR", From: later.AddDate(0, 0, 1), Minor: -900},
			{Kind: simulator.FaultWrongAmount, Currency: "EUR", From: firstDay.Add(49 * time.Hour), Minor: 3},
		}},
		"everything else goes wrong": {Seed: 26, Stories: simulator.DefaultStories()},
	}
	for seed := range uint64(3) {
		worlds[fmt.Sprintf("no fault, seed %d", seed)] = simulator.Config{Seed: seed}
	}
	for name, config := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config.Orders, config.Days = 250, 4
			if config.Stories == nil {
				config.Stories = simulator.PlainStories()
			}
			s := newScene(t, sqliteApart, newWorld(t, config))
			closings := map[string]money.Amount{}
			books := map[string]bool{}
			for day := range 4 {
				now := firstDay.AddDate(0, 0, day)
				s.moveTo(now)
				s.must("run", "fetch", "reconcile", "report", "--as-of", now.Format(time.RFC3339), "--set", "reports.formats=csv")
				s.checkBooks(now, books)
				s.checkStatements(now, closings)
			}
			if len(books) < len(config.Faults) {
				t.Errorf("%d faults were planted and only %v was ever to be said", len(config.Faults), books)
			}
		})
	}
}

// booksOf are the expectations about the account's books, each with its difference.
func booksOf(world *simulator.World, now time.Time) (rows []string, unexplained map[string]int64) {
	unexplained = map[string]int64{}
	for _, e := range world.Expected(now) {
		if e.Currency == "" {
			continue
		}
		rows = append(rows, strings.Join([]string{e.Code, e.TransactionReference, money.Amount{Minor: e.Difference, Currency: e.Currency}.String()}, " "))
		if e.Code == "UNEXPLAINED" {
			unexplained[e.Currency] = e.Difference
		}
	}
	slices.Sort(rows)
	return rows, unexplained
}

// checkBooks holds UNEXPLAINED and PAYOUT_MISMATCH against the world, figure by figure.
func (s *scene) checkBooks(now time.Time, books map[string]bool) {
	s.t.Helper()
	want, _ := booksOf(s.sim.world, now)
	var got []string
	for _, row := range rowsOf(s.t, filepath.Join(s.reports(now), "exceptions.csv")) {
		failedPayout := row["code"] == "PAYOUT_MISMATCH" && row["actual"] == "0.00"
		if row["code"] == "UNEXPLAINED" || row["code"] == "PAYOUT_MISMATCH" && !failedPayout {
			got = append(got, strings.Join([]string{row["code"], row["transaction_reference"], row["difference"], row["currency"]}, " "))
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s: faults in the books (- the truth, + found):\n%s", now.Format(time.DateOnly), diff)
	}
	for _, row := range want {
		books[row] = true
	}
}

// checkStatements holds every statement against its own equation, the one of the day before, and the world.
func (s *scene) checkStatements(now time.Time, closings map[string]money.Amount) {
	s.t.Helper()
	_, unexplained := booksOf(s.sim.world, now)
	statements := statementsOf(s.t, rowsOf(s.t, filepath.Join(s.reports(now), "tie_out.csv")))
	currencies := 0
	for _, key := range sortedKeys(statements.lines) {
		amounts := statements.amounts[key]
		name := now.Format(time.DateOnly) + " " + key
		opening, known := amounts["opening unsettled"]
		if !known {
			continue // nothing but a payment that is not in the balance yet
		}
		sum := opening
		for _, line := range []string{"payments", "refunds", "disputes", "fees", "adjustments", "payouts", "authorised", "settled", "canceled"} {
			sum.Minor += amounts[line].Minor
		}
		if closing := amounts["closing unsettled"]; sum != closing {
			s.t.Errorf("%s: the lines come to %s, the closing is %s", name, sum, closing)
		}
		if !strings.HasPrefix(key, "stripe") {
			continue
		}
		feedAndCurrency, day, _ := strings.Cut(key, " of ")
		if before, ok := closings[feedAndCurrency]; ok && day == now.Format(time.DateOnly) && opening != before {
			s.t.Errorf("%s: opens with %s, the day before closed with %s", name, opening, before)
		}
		closings[feedAndCurrency] = amounts["closing unsettled"]
		if day != now.Format(time.DateOnly) {
			continue
		}
		currencies++
		want := money.Amount{Minor: unexplained[opening.Currency], Currency: opening.Currency}
		if amounts["unexplained"] != want {
			s.t.Errorf("%s: %s unexplained, the truth is %s\n%s", name, amounts["unexplained"], want, strings.Join(statements.lines[key], "\n"))
		}
		provider, stated := amounts["provider's own figure"]
		if !stated || provider.Minor-amounts["closing unsettled"].Minor != want.Minor {
			s.t.Errorf("%s: Stripe holds %s (%t), the closing is %s", name, provider, stated, amounts["closing unsettled"])
		}
		if statements.asOf[key] != now.Format(time.RFC3339) {
			s.t.Errorf("%s: Stripe's figure is as of %q", name, statements.asOf[key])
		}
	}
	if currencies < 4 {
		s.t.Errorf("%s: only %d currencies have a statement", now.Format(time.DateOnly), currencies)
	}
}

// statementTable is the statements of a report by account, currency and day.
type statementTable struct {
	lines   map[string][]string
	amounts map[string]map[string]money.Amount // those that are known
	asOf    map[string]string
}

func statementsOf(t testing.TB, rows []map[string]string) statementTable {
	t.Helper()
	table := statementTable{map[string][]string{}, map[string]map[string]money.Amount{}, map[string]string{}}
	for _, row := range rows {
		key := fmt.Sprintf("%s %s %s of %s", row["feed"], row["account"], row["currency"], row["finance_day"])
		table.lines[key] = append(table.lines[key], row["line"]+" "+row["count"]+" "+row["amount"])
		if row["line"] == "provider's own figure" {
			table.asOf[key] = row["as_of"]
		}
		if row["amount"] == "" {
			continue
		}
		amount, err := money.Parse(row["amount"], row["currency"])
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if table.amounts[key] == nil {
			table.amounts[key] = map[string]money.Amount{}
		}
		table.amounts[key][row["line"]] = amount
	}
	return table
}

// rowsOf reads a CSV file by its headings.
func rowsOf(t testing.TB, path string) []map[string]string {
	t.Helper()
	table := readCSV(t, path)
	var rows []map[string]string
	for _, cells := range table[1:] {
		row := map[string]string{}
		for i, heading := range table[0] {
			row[heading] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestTieOutOfAuths: Trust Payments shows no balance, so its statement is about what is authorised and not settled.
func TestTieOutOfAuths(t *testing.T) {
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 27, Orders: 400}))
	s.day(firstDay)
	unsettled := map[string]int64{}
	for _, row := range rowsOf(t, filepath.Join(s.reports(firstDay), "settlement_ageing.csv")) {
		if row["feed"] == "trustpayments" {
			amount, err := money.Parse(row["amount"], row["currency"])
			if err != nil {
				t.Fatal(err)
			}
			unsettled[row["currency"]] += amount.Minor
		}
	}
	statements := statementsOf(t, rowsOf(t, filepath.Join(s.reports(firstDay), "tie_out.csv")))
	for currency, minor := range unsettled {
		key := fmt.Sprintf("trustpayments %s %s of %s", simulatedSite, currency, firstDay.Format(time.DateOnly))
		if got := statements.amounts[key]["closing unsettled"]; got.Minor != minor {
			t.Errorf("%s closes with %s, the ageing has %s", key, got, strconv.FormatInt(minor, 10))
		}
		if _, known := statements.amounts[key]["provider's own figure"]; known {
			t.Errorf("%s: a figure of the provider's is made up", key)
		}
	}
	if len(unsettled) < 3 {
		t.Errorf("only %v is unsettled", unsettled)
	}
	if lines := statements.lines[fmt.Sprintf("trustpayments %s  of %s", simulatedSite, firstDay.Format(time.DateOnly))]; len(lines) != 1 || !strings.HasPrefix(lines[0], "unexplained ") {
		t.Errorf("the rows that could not be read are told as %v", lines)
	}
}
