package feedtest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// refundStage is a stage with a payment that can be given back.
type refundStage struct {
	*stage
	instruction feeds.RefundInstruction // half of the payment
}

// newRefundStage picks the newest payment that succeeded and of which nothing was given back or is in dispute.
func newRefundStage(t *testing.T, p Provider) refundStage {
	t.Helper()
	s := newStage(t, p)
	shelf := s.shelf()
	s.fetch(s.plain(), reconcile.Window{From: p.Now.Add(-20 * day), To: p.Now}, shelf)
	touched := map[string]bool{}
	for _, record := range shelf.Records {
		switch r := record.(type) {
		case reconcile.Refund:
			touched[r.PaymentID] = true
		case reconcile.Dispute:
			touched[r.PaymentID] = true
		}
	}
	var chosen reconcile.Payment
	for _, key := range sorted(shelf.Records) {
		payment, ok := shelf.Records[key].(reconcile.Payment)
		if ok && payment.Status == reconcile.PaymentSucceeded && payment.InScope && payment.Amount.Minor > 1 && !touched[payment.ID] && payment.CreatedAt.After(chosen.CreatedAt) {
			chosen = payment
		}
	}
	if chosen.ID == "" {
		t.Fatal("the world holds no payment that can be given back")
	}
	return refundStage{s, feeds.RefundInstruction{
		Payment: chosen, Amount: chosen.Amount.Minor / 2, IdempotencyKey: "feedtest-key-1", Reference: "RF-feedtest-1",
	}}
}

// refund asks for the refund over a transport; nil is one that nothing goes wrong on.
func (s refundStage) refund(over http.RoundTripper, timeout time.Duration) (feeds.RefundOutcome, error) {
	return s.client(over, timeout).Refund(context.Background(), s.instruction)
}

// later lets time pass: what was asked for is done and shown.
func (s refundStage) later() { s.world.SetNow(s.p.Now.Add(time.Hour)) }

// made are the payment's refunds as the provider shows them an hour later.
func (s refundStage) made() []reconcile.Refund {
	s.t.Helper()
	s.later()
	shelf := s.shelf()
	s.fetch(s.plain(), reconcile.Window{From: s.p.Now.Add(-time.Minute), To: s.p.Now.Add(time.Hour)}, shelf)
	var made []reconcile.Refund
	for _, key := range sorted(shelf.Records) {
		if refund, ok := shelf.Records[key].(reconcile.Refund); ok && refund.PaymentID == s.instruction.Payment.ID {
			made = append(made, refund)
		}
	}
	return made
}

// lost are the ways in which the answer to a refund that was made does not come.
func lost() []Fault {
	done := func(after func(http.ResponseWriter, *http.Request, http.Handler)) func(http.ResponseWriter, *http.Request, http.Handler) {
		return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			real(r, next)
			after(w, r, next)
		}
	}
	return []Fault{
		{Name: "reset before the answer", Serve: cut(0)},
		{Name: "reset in the middle of the body", Serve: cut(2)},
		{Name: "body that stops", Slow: true, Serve: stop},
		{Name: "answer after the timeout", Slow: true, Serve: late},
		{Name: "500", Serve: done(answer(http.StatusInternalServerError, "text/plain", "something went wrong\n"))},
		{Name: "502 with HTML", Serve: done(answer(http.StatusBadGateway, "text/html", "<html></html>"))},
		{Name: "200 with HTML", Serve: done(answer(http.StatusOK, "text/html", "<html></html>"))},
	}
}

// testRefundLost makes a refund whose answer is lost, and asks for the same refund again later.
func testRefundLost(t *testing.T, p Provider) {
	for number, fault := range lost() {
		s := newRefundStage(t, p)
		faults := lost()
		faults[number].Applies = p.MovesMoney
		faulty := Faulty(faults, s.world)
		s.each(func(w http.ResponseWriter, r *http.Request) bool {
			faulty.ServeHTTP(w, r)
			return true
		})
		timeout := patient
		if fault.Slow {
			timeout = hasty
		}
		outcome, err := s.refund(NewWire(faults, number, 1, s.server.Client().Transport), timeout)
		if err != nil || outcome.State != feeds.RefundUnknown || outcome.Reason == "" {
			t.Errorf("%s: outcome %+v, error %v; want unknown, and why", fault.Name, outcome, err)
		}
		if sent := s.moneyRequests(); sent != 1 {
			t.Errorf("%s: %d requests for money were sent", fault.Name, sent)
		}
		s.each(nil)
		made := s.made()
		if len(made) != 1 || made[0].Amount.Minor != s.instruction.Amount {
			t.Fatalf("%s: the provider made %+v", fault.Name, made)
		}
		again, err := s.refund(nil, patient)
		if err != nil || again.State != feeds.RefundMade || again.RefundID != made[0].ID {
			t.Errorf("%s: asked again, outcome %+v, error %v; want that %s was made", fault.Name, again, err, made[0].ID)
		}
		if made := s.made(); len(made) != 1 || s.moneyRequests() != 1 {
			t.Errorf("%s: asked again, %d requests for money were sent, and %d refunds made", fault.Name, s.moneyRequests(), len(made))
		}
	}
}

// testRefundFailed makes a refund that fails, and asks for the same refund again.
func testRefundFailed(t *testing.T, p Provider) {
	s := newRefundStage(t, p)
	s.world.FailRefunds(true)
	first, err := s.refund(nil, patient)
	if err != nil || first.State == feeds.RefundUnknown {
		t.Fatalf("outcome %+v, error %v", first, err)
	}
	s.later()
	again, err := s.refund(nil, patient)
	if err != nil || again.State != feeds.RefundRefused || again.Reason == "" {
		t.Errorf("asked again after it failed: outcome %+v, error %v; want refused, and why", again, err)
	}
	if sent := s.moneyRequests(); sent != 1 {
		t.Errorf("%d requests for money were sent", sent)
	}
}

// testRefundRefused asks for more than is left, and for what is no refund at all.
func testRefundRefused(t *testing.T, p Provider) {
	s := newRefundStage(t, p)
	half, err := s.refund(nil, patient)
	if err != nil || half.State != feeds.RefundMade || half.RefundID == "" {
		t.Fatalf("a plain refund: outcome %+v, error %v", half, err)
	}
	whole := s.instruction
	whole.Amount, whole.IdempotencyKey, whole.Reference, whole.Known = whole.Payment.Amount.Minor, "feedtest-key-2", "RF-feedtest-2", []string{half.RefundID}
	outcome, err := s.plain().Refund(context.Background(), whole)
	if err != nil || outcome.State != feeds.RefundRefused || outcome.Reason == "" {
		t.Errorf("more than is left: outcome %+v, error %v; want refused, and why", outcome, err)
	}
	sent := s.moneyRequests()
	for _, spoil := range []func(*feeds.RefundInstruction){
		func(i *feeds.RefundInstruction) { i.Amount = 0 },
		func(i *feeds.RefundInstruction) { i.Amount = -1 },
		func(i *feeds.RefundInstruction) { i.Payment.Key.ID = "" },
		func(i *feeds.RefundInstruction) { i.Payment.Key.Kind = "order" },
	} {
		wrong := s.instruction
		spoil(&wrong)
		if outcome, err := s.plain().Refund(context.Background(), wrong); err == nil {
			t.Errorf("%+v: outcome %+v, want an error", wrong, outcome)
		}
	}
	if s.moneyRequests() != sent || len(s.made()) != 1 {
		t.Errorf("%d requests for money too many, %d refunds made", s.moneyRequests()-sent, len(s.made()))
	}
}

// testRefundUnsent has the request for money not reach the provider, or the provider refuse the credentials: an error, after
// which the same instruction makes the refund once.
func testRefundUnsent(t *testing.T, p Provider) {
	for _, fault := range []Fault{
		{Name: "connection refused", Stays: true, Route: refused, Applies: p.MovesMoney},
		{Name: "certificate of somebody else", Stays: true, Route: strange, Applies: p.MovesMoney},
		{Name: "connection refused, also for reads", Stays: true, Route: refused},
	} {
		s := newRefundStage(t, p)
		outcome, err := s.refund(NewWire([]Fault{fault}, 0, 1, s.server.Client().Transport), patient)
		if err == nil || outcome != (feeds.RefundOutcome{}) || s.moneyRequests() != 0 {
			t.Errorf("%s: outcome %+v, error %v; want an error alone", fault.Name, outcome, err)
		}
		s.checkOnce(fault.Name)
	}
	s := newRefundStage(t, p)
	s.each(func(w http.ResponseWriter, r *http.Request) bool {
		if !p.MovesMoney(r) {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if outcome, err := s.refund(nil, patient); !errors.Is(err, p.Denied) {
		t.Errorf("401: outcome %+v, error %v; want that the credentials were refused", outcome, err)
	}
	s.each(nil)
	s.checkOnce("401")
}

// checkOnce gives the instruction again and wants one refund made.
func (s refundStage) checkOnce(when string) {
	s.t.Helper()
	outcome, err := s.refund(nil, patient)
	if made := s.made(); err != nil || outcome.State != feeds.RefundMade || len(made) != 1 || made[0].ID != outcome.RefundID {
		s.t.Errorf("%s: given again, outcome %+v, error %v, made %+v", when, outcome, err, made)
	}
}
