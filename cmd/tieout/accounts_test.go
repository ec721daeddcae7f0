package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
)

const secondSite = "test_site999"

// twoAccounts is a shop that takes money through two accounts at each provider, which are the two worlds' own.
func twoAccounts(t *testing.T) (s *scene, other *simulation) {
	t.Helper()
	s = newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 31, Orders: 400}))
	config := simulator.Config{Seed: 32, Orders: 300, Serial: 500_000, Now: firstDay, SiteReferences: []string{secondSite}}
	world, err := simulator.New(config)
	if err != nil {
		t.Fatal(err)
	}
	other = &simulation{world: world, server: simulator.NewServer(world, simulator.ServerConfig{
		StripeKey: "sk_test_other", TPUsername: "other@example.com", TPPassword: "other-password",
	})}
	address, stop, err := other.serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	held, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	text := string(held)
	stripe := strings.Index(text, "  stripe:\n")
	own := text[strings.Index(text, "    base_url: ")+len("    base_url: "):]
	own = own[:strings.Index(own, "\n")]
	s.write("tieout.yaml", text[:stripe]+strings.NewReplacer("OWN", own, "OTHER", "http://"+address).Replace(`  stripe:
    requests_per_second: 2000
    requests_per_second_in_all: 8000
    accounts:
      main: {api_key: `+simulatedKey+`, base_url: "OWN"}
      other: {api_key: sk_test_other, base_url: "OTHER"}
  trustpayments:
    live: false
    requests_per_second: 2000
    accounts:
      main: {username: `+simulatedUsername+`, password: `+simulatedPassword+`, site_references: `+simulatedSite+`, base_url: "OWN/json/"}
      other: {username: other@example.com, password: other-password, site_references: `+secondSite+`, base_url: "OTHER/json/"}
`)+text[strings.Index(text, "reports:\n"):])
	return s, other
}

// bothShops puts the orders of both worlds into the one shop, as they are at the first instant.
func (s *scene) bothShops(other *simulation) {
	s.t.Helper()
	s.moveTo(firstDay)
	aside := sqliteApart.shop(s.t)
	if err := other.syncShop(context.Background(), aside, firstDay); err != nil {
		s.t.Fatal(err)
	}
	db := inDatabase(s.t, s.shop)
	db.SetMaxOpenConns(1) // what is attached is attached to one connection
	execute(s.t, db, "ATTACH DATABASE ? AS aside", strings.TrimPrefix(aside, "sqlite:"))
	execute(s.t, db, "INSERT INTO shop_orders SELECT * FROM aside.shop_orders")
	execute(s.t, db, "INSERT INTO shop_refunds SELECT * FROM aside.shop_refunds")
}

// TestTwoAccounts: with two accounts at each provider, every order of either has exactly the exceptions that its world knows of.
func TestTwoAccounts(t *testing.T) {
	t.Parallel()
	s, other := twoAccounts(t)
	s.bothShops(other)
	s.must("run", "--as-of", firstDay.Format(time.RFC3339))
	truth := append(s.sim.world.Truth(firstDay), other.world.Truth(firstDay)...)
	s.report(firstDay, "the truth of both worlds", s.differences(firstDay, truth))
	want := []string{"shop shop", "stripe main", "stripe other", "trustpayments " + simulatedSite, "trustpayments " + secondSite}
	got := texts(t, inDatabase(t, s.database), "SELECT feed || ' ' || account FROM tieout_coverage WHERE reason = '' ORDER BY 1")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts read to the end (-want +got):\n%s", diff)
	}
	var totals []string
	table := readCSV(t, filepath.Join(s.reports(firstDay), "summary.csv"))
	feed, account := slices.Index(table[0], "feed"), slices.Index(table[0], "account")
	for _, row := range table[1:] {
		totals = append(totals, row[feed]+" "+row[account])
	}
	if totals = slices.Compact(totals); !slices.Equal(totals, want) {
		t.Errorf("accounts with totals: %q, want %q", totals, want)
	}
}

// TestOneAccountDown: an account that answers nothing is incomplete, and the other one at the same provider goes on.
func TestOneAccountDown(t *testing.T) {
	t.Parallel()
	s, other := twoAccounts(t)
	s.bothShops(other)
	other.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
		return &simulator.FaultAnswer{Status: http.StatusUnauthorized, Body: "<html>no</html>"}
	})
	if code, _, _ := s.tieout("run", "--as-of", firstDay.Format(time.RFC3339)); code != exitWrong {
		t.Errorf("exit %d, want %d: wrong credentials", code, exitWrong)
	}
	down := texts(t, inDatabase(t, s.database), "SELECT feed || ' ' || account FROM tieout_coverage WHERE reason <> '' ORDER BY 1")
	if diff := cmp.Diff([]string{"stripe other", "trustpayments " + secondSite}, down); diff != "" {
		t.Errorf("incomplete accounts (-want +got):\n%s", diff)
	}
	if matched := texts(t, inDatabase(t, s.database), "SELECT order_reference FROM tieout_verdicts WHERE outcome = 'matched'"); len(matched) < 100 {
		t.Errorf("%d orders matched of the accounts that answered", len(matched))
	}
	missing := texts(t, inDatabase(t, s.database), "SELECT order_reference FROM tieout_exceptions WHERE code = 'MISSING_AT_PROVIDER' AND order_reference >= 'EVT-5'")
	if len(missing) > 0 {
		t.Errorf("called missing, though their account was not read: %q", missing)
	}
	other.server.Fault(nil)
	s.must("run", "--as-of", firstDay.Format(time.RFC3339))
	s.report(firstDay, "the truth of both worlds", s.differences(firstDay, append(s.sim.world.Truth(firstDay), other.world.Truth(firstDay)...)))
}
