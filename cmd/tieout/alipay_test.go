package main

import (
	"os"
	"path/filepath"
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
			books := map[string]bool{}
			s := alipayScene(t, where, simulator.Config{Seed: 31, Orders: 400})
			for _, now := range []time.Time{firstDay, secondDay} {
				s.alipayDay(now)
				s.checkTruth(now)
				s.checkBooks(now, books)
			}
		})
	}
}
