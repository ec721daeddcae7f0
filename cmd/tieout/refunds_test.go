package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
	"tieout/reconcile"
)

// refundWorld has refunds that may be made, at both providers, and some that may not.
var refundWorld = map[string]int{
	"paid": 20, "refund_requested": 20, "refund_request_closing": 4, "refund_request_late": 4, "refund_request_exceeds": 4, "refund_request_too_early": 4,
}

// refundScene is a scene on the first day with actions.refunds on, and how often each provider was asked to refund.
type refundScene struct {
	*scene
	asked map[string]int
}

func newRefundScene(t *testing.T, where layout) *refundScene {
	t.Helper()
	s := &refundScene{newScene(t, where, newWorld(t, simulator.Config{Seed: 9, Orders: 60, Stories: refundWorld})), map[string]int{}}
	s.moveTo(firstDay)
	s.answer(nil)
	return s
}

// answer lets the hook decide over each request for a refund, having counted it.
func (s *refundScene) answer(hook func(*http.Request) *simulator.FaultAnswer) {
	s.sim.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
		if !asksRefund(r) {
			return nil
		}
		s.asked[providerOf(r)]++
		if hook == nil {
			return nil
		}
		return hook(r)
	})
}

func (s *refundScene) run(now time.Time) (code int, stderr string) {
	code, _, stderr = s.tieout("--set", "actions.refunds=true", "run", "--as-of", now.Format(time.RFC3339))
	return code, stderr
}

// intents lists "feed state" of every refund intent, sorted.
func (s *refundScene) intents() []string {
	return texts(s.t, inDatabase(s.t, s.database), "SELECT feed || ' ' || state FROM tieout_refund_intents ORDER BY feed, state")
}

// approved lists the feed of every refund that may be made.
func (s *refundScene) approved() []string {
	return texts(s.t, inDatabase(s.t, s.database), "SELECT feed FROM tieout_owed WHERE decision = 'approved' ORDER BY feed, payment_id")
}

// held lists the refunds that the providers show.
func (s *refundScene) held() []string {
	return texts(s.t, inDatabase(s.t, s.database), "SELECT feed || ' ' || payment_id FROM tieout_refunds ORDER BY feed, payment_id")
}

// TestRefundsAreMadeOnce: approved requests are refunded at both providers, one each, and never again: not in the next
// run, not on the next day.
func TestRefundsAreMadeOnce(t *testing.T) {
	t.Parallel()
	for _, where := range []layout{sqliteApart, postgresShared} {
		t.Run(where.name, func(t *testing.T) {
			s := newRefundScene(t, where)
			s.must("run", "--as-of", firstDay.Format(time.RFC3339))
			approved := s.approved()
			if len(s.asked) > 0 || !slices.Contains(approved, "stripe") || !slices.Contains(approved, "trustpayments") {
				t.Fatalf("without actions.refunds: asked %v, approved %v", s.asked, approved)
			}
			if code, stderr := s.run(firstDay); code != exitDone {
				t.Fatalf("exit %d\n%s", code, stderr)
			}
			want := made(approved)
			if diff := cmp.Diff(want, s.intents()); diff != "" {
				t.Errorf("intents (- want, + got):\n%s", diff)
			}
			for _, now := range []time.Time{firstDay, firstDay.Add(time.Hour), secondDay} {
				s.sim.server.SetNow(now)
				if code, stderr := s.run(now); code != exitDone {
					t.Fatalf("exit %d\n%s", code, stderr)
				}
			}
			if total := s.asked["stripe"] + s.asked["trustpayments"]; total != len(approved) {
				t.Errorf("%d refunds were asked for, want %d: %v", total, len(approved), s.asked)
			}
			if held := s.held(); len(slices.Compact(slices.Clone(held))) != len(held) || len(held) != len(approved) {
				t.Errorf("the providers show %d refunds for %d approved: %v", len(held), len(approved), held)
			}
		})
	}
}

// TestRefundWithLostAnswer: the refund is made and its answer never arrives. The intent is unknown, and the next run finds
// the refund instead of sending it again.
func TestRefundWithLostAnswer(t *testing.T) {
	s := newRefundScene(t, sqliteApart)
	s.answer(func(*http.Request) *simulator.FaultAnswer { return &simulator.FaultAnswer{CutAfter: 1} })
	if code, stderr := s.run(firstDay); code != exitDone && code != exitFailed {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	approved := s.approved()
	if diff := cmp.Diff(withState(approved, reconcile.RefundUnknown), s.intents()); diff != "" {
		t.Errorf("intents after the lost answers (- want, + got):\n%s", diff)
	}
	s.answer(nil)
	before := fmt.Sprint(s.asked)
	later := firstDay.Add(time.Hour)
	s.sim.server.SetNow(later)
	if code, stderr := s.run(later); code != exitDone {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	if after := fmt.Sprint(s.asked); after != before {
		t.Errorf("asked for refunds again: %s, before %s", after, before)
	}
	if diff := cmp.Diff(made(approved), s.intents()); diff != "" {
		t.Errorf("intents after the next run (- want, + got):\n%s", diff)
	}
	if held := s.held(); len(held) != len(approved) {
		t.Errorf("the providers show %d refunds for %d approved: %v", len(held), len(approved), held)
	}
}

// TestRefundRefused: a provider's clear no is final, counted, and not asked again.
func TestRefundRefused(t *testing.T) {
	s := newRefundScene(t, sqliteApart)
	s.answer(func(r *http.Request) *simulator.FaultAnswer {
		if providerOf(r) == "trustpayments" {
			return nil
		}
		return &simulator.FaultAnswer{Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"error":{"type":"invalid_request_error","code":"charge_already_refunded","message":"Charge has already been refunded."}}`}
	})
	for range 2 {
		if code, stderr := s.run(firstDay); code != exitDone {
			t.Fatalf("exit %d\n%s", code, stderr)
		}
	}
	var want []string
	for _, feed := range s.approved() {
		state := reconcile.RefundMade
		if feed == "stripe" {
			state = reconcile.RefundRefused
		}
		want = append(want, feed+" "+string(state))
	}
	for _, intent := range s.intents() {
		if intent == "stripe made" || intent == "trustpayments refused" {
			t.Errorf("intents are %v, want %v", s.intents(), want)
		}
	}
	if refused := slices.Index(s.intents(), "stripe refused"); refused < 0 {
		t.Errorf("no intent is refused: %v", s.intents())
	}
	if count := len(s.intents()); s.asked["stripe"]+s.asked["trustpayments"] != count {
		t.Errorf("asked %v for %d intents", s.asked, count)
	}
}

// TestRefundsDryRun: --dry-run asks for no refund.
func TestRefundsDryRun(t *testing.T) {
	s := newRefundScene(t, sqliteApart)
	s.must("--set", "actions.refunds=true", "run", "--dry-run", "--as-of", firstDay.Format(time.RFC3339))
	if len(s.approved()) == 0 || len(s.asked) > 0 || len(s.intents()) > 0 {
		t.Errorf("approved %d, asked %v, intents %v", len(s.approved()), s.asked, s.intents())
	}
}

func made(feeds []string) []string { return withState(feeds, reconcile.RefundMade) }

func withState(feeds []string, state reconcile.RefundIntentState) []string {
	states := make([]string, len(feeds))
	for i, feed := range feeds {
		states[i] = feed + " " + string(state)
	}
	return states
}

// asksRefund tells a request that would move money.
func asksRefund(r *http.Request) bool {
	return r.Method == http.MethodPost && (strings.HasPrefix(r.URL.Path, "/v1/refunds") || strings.Contains(bodyOf(r), `"REFUND"`) && strings.Contains(bodyOf(r), `"parenttransactionreference"`) && !strings.Contains(bodyOf(r), "TRANSACTIONQUERY"))
}

func providerOf(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		return reconcile.FeedStripe
	}
	return reconcile.FeedTrustPayments
}
