package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
)

// alipayScene is a shop whose orders are all paid through Alipay's own gateway: no other provider is configured.
func alipayScene(t *testing.T, where layout, config simulator.Config) *scene {
	t.Helper()
	config.Stories = simulator.AlipayStories()
	s := newScene(t, where, newWorld(t, config))
	content, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	from, to := strings.Index(text, "  stripe:\n"), strings.Index(text, "reports:\n")
	s.write("tieout.yaml", text[:from]+"  alipay:\n    account: \""+simulator.AlipayAccount+"\"\n    directory: "+s.files4alipay()+"\n"+text[to:])
	return s
}

// files4alipay is where Alipay's files are put.
func (s *scene) files4alipay() string { return filepath.Join(s.dir, "alipay") }

// alipayDay moves the world on, files included, and runs the whole day.
func (s *scene) alipayDay(now time.Time) {
	s.t.Helper()
	if err := s.sim.world.WriteAlipayFiles(s.files4alipay(), now); err != nil {
		s.t.Fatal(err)
	}
	s.day(now)
}

// TestAlipayTruth: orders paid through the classic gateway tie out from Alipay's files, plain and zipped, in UTF-8 and in
// GBK, exactly as the world knows.
func TestAlipayTruth(t *testing.T) {
	t.Parallel()
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			t.Parallel()
			books, settled := map[string]bool{}, 0
			s := alipayScene(t, where, simulator.Config{Seed: 31, Orders: 250})
			for _, now := range []time.Time{firstDay, secondDay} {
				s.alipayDay(now)
				s.checkTruth(now)
				s.checkBooks(now, books)
				settled += s.checkBatches(now)
			}
			if settled == 0 {
				t.Error("no batch was settled on the days of the statements")
			}
		})
	}
}

// checkBatches: what entered the balance on a day left it on that day, in each currency, with the batch that paid it out:
// payments − refunds − fees = settled batch. It counts the batches.
func (s *scene) checkBatches(now time.Time) (settled int) {
	s.t.Helper()
	statements := statementsOf(s.t, rowsOf(s.t, filepath.Join(s.reports(now), "tie_out.csv")))
	for _, key := range sortedKeys(statements.lines) {
		amounts := statements.amounts[key]
		left := int64(0)
		for _, line := range []string{"payments", "refunds", "disputes", "fees", "adjustments", "payouts"} {
			left += amounts[line].Minor
		}
		if left != 0 || amounts["unexplained"].Minor != 0 {
			s.t.Errorf("%s: %d is left, %s unexplained:\n%s", key, left, amounts["unexplained"], strings.Join(statements.lines[key], "\n"))
		}
		if amounts["payouts"].Minor < 0 && amounts["fees"].Minor < 0 {
			settled++
		}
	}
	return settled
}

// TestAlipayTwice: the same files again, by another run and by an import, change no row anywhere.
func TestAlipayTwice(t *testing.T) {
	s := alipayScene(t, sqliteApart, simulator.Config{Seed: 32, Orders: 60})
	s.alipayDay(firstDay)
	rows := s.dump()
	s.day(firstDay)
	s.same(firstDay, "rows after a second run", rows, s.dump())
	files, err := filepath.Glob(filepath.Join(s.files4alipay(), "*_202603*"))
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	out := s.must(append([]string{"import", "--as-of", firstDay.Format(time.RFC3339)}, files...)...)
	if strings.Count(out, " 0 stored, ") != len(files) {
		t.Error(out)
	}
	s.same(firstDay, "rows after an import", rows, s.dump())
}

// TestAlipayMissingDay: where a day's file is missing or breaks off, the run says so and fails, nothing is called missing
// that was only not read, and once the file is there the next run makes up for it.
func TestAlipayMissingDay(t *testing.T) {
	s := alipayScene(t, sqliteApart, simulator.Config{Seed: 33, Orders: 120})
	if err := s.sim.world.WriteAlipayFiles(s.files4alipay(), firstDay); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.files4alipay(), "*_transaction_*"))
	if err != nil || len(files) < 90 {
		t.Fatal(files, err)
	}
	s.moveTo(firstDay)
	asOf := "--as-of=" + firstDay.Format(time.RFC3339)
	taken := map[string][]byte{}
	for i, damage := range []func(string) error{os.Remove, func(path string) error { return os.Truncate(path, 30) }, func(path string) error { return os.WriteFile(path, []byte("customerId,transactionType\n"), 0o600) }} {
		path := files[len(files)-8-20*i]
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		taken[path] = content
		if err := damage(path); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := s.tieout("run", asOf)
		if code != exitFailed || !strings.Contains(stderr, "alipay "+simulator.AlipayAccount+" is incomplete") {
			t.Fatalf("exit %d\n%s", code, stderr)
		}
		if missing := s.missing(); len(missing) > len(s.expectedMissing()) || !subset(missing, s.expectedMissing()) {
			t.Errorf("called missing: %v; are: %v", missing, s.expectedMissing())
		}
	}
	for path, content := range taken {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.must("run", asOf)
	s.checkTruth(firstDay)
}

func (s *scene) missing() (orders []string) {
	for _, row := range rowsOf(s.t, filepath.Join(s.reports(firstDay), "exceptions.csv")) {
		if row["code"] == "MISSING_AT_PROVIDER" {
			orders = append(orders, row["order_reference"])
		}
	}
	return orders
}

func (s *scene) expectedMissing() (orders []string) {
	for _, e := range s.sim.world.Expected(firstDay) {
		if e.Code == "MISSING_AT_PROVIDER" {
			orders = append(orders, e.OrderReference)
		}
	}
	return orders
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}

// TestAlipayBesideTheOthers: nobody can ask Alipay right before a cancel, so an order that it may have taken money for is not
// canceled; one that the shop says was sold through another provider is.
func TestAlipayBesideTheOthers(t *testing.T) {
	world := newWorld(t, simulator.Config{Seed: 34, Orders: 200})
	for name, drop := range map[string]string{"the shop names the provider": "", "the shop names none": "      provider: gateway\n"} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, sqliteApart, world)
			content, err := os.ReadFile(s.config)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(content), "reports:\n", "  alipay:\n    account: \""+simulator.AlipayAccount+"\"\n    directory: "+s.files4alipay()+"\nreports:\n", 1)
			s.write("tieout.yaml", strings.Replace(text, drop, "", 1))
			s.alipayDay(firstDay)
			if drop == "" {
				s.checkTruth(firstDay)
				return
			}
			if canceled := texts(t, inDatabase(t, s.database), "SELECT order_reference FROM tieout_cancellations"); len(canceled) > 0 {
				t.Errorf("canceled: %v", canceled)
			}
		})
	}
}

// TestAlipayRefundsAreMadeByPeople: an approved refund is left to them, and the run does not fail of it.
func TestAlipayRefundsAreMadeByPeople(t *testing.T) {
	s := alipayScene(t, sqliteApart, simulator.Config{Seed: 35, Orders: 60})
	s.alipayDay(firstDay)
	out := s.must("run", "refunds", "--as-of", firstDay.Format(time.RFC3339), "--set", "actions.refunds=true")
	if approved := texts(t, inDatabase(t, s.database), "SELECT request_id FROM tieout_owed WHERE decision = 'approved'"); len(approved) == 0 {
		t.Error("no refund is approved")
	}
	if intents := texts(t, inDatabase(t, s.database), "SELECT request_id FROM tieout_refund_intents"); len(intents) > 0 {
		t.Errorf("intents: %v\n%s", intents, out)
	}
}
