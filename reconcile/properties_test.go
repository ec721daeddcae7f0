package reconcile_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// A world is small, so that its parts meet: few references, few ids, few amounts, and times around every deadline.
type world struct {
	facts    reconcile.Facts
	coverage []reconcile.Coverage
	policy   reconcile.Policy
	now      time.Time
}

var (
	references = rapid.SampledFrom([]string{"", "A-1", "a-1", "B-2", "SHENZHEN-EXPO-2026-HALL-7", "SHENZHEN-EXPO-2026-HALL-7-A", "SHENZHEN-EXPO-2026-HALL-7-B"})
	ids        = rapid.SampledFrom([]string{"", "ch_1", "ch_2", "src_1", "src_2", "pi_1", "1-9-1", "1-9-2"})
	charges    = rapid.SampledFrom([]string{"ch_1", "ch_2", "py_1"})
	auths      = rapid.SampledFrom([]string{"1-9-1", "1-9-2"})
	sourceIDs  = rapid.SampledFrom([]string{"src_1", "src_2", "pi_1"})
	statuses   = rapid.SampledFrom([]reconcile.PaymentStatus{reconcile.PaymentSucceeded, reconcile.PaymentSucceeded, reconcile.PaymentPending, reconcile.PaymentSuspended, reconcile.PaymentCanceled, reconcile.PaymentFailed})
	sums       = rapid.SampledFrom([]money.Amount{eur(10000), eur(10000), eur(10000), eur(5000), eur(4000), eur(6000), eur(0), usd(10000)})
	moments    = rapid.Custom(func(t *rapid.T) time.Time {
		after := rapid.SampledFrom([]time.Duration{0, 0, time.Hour, 6 * time.Hour, day, 72 * time.Hour, 7 * day, 14 * day, 76 * day, 89 * day, 90 * day}).Draw(t, "after")
		return noon.Add(after + time.Duration(rapid.IntRange(-2, 2).Draw(t, "ticks"))*tick)
	})
)

// some draws up to n records whose keys differ.
func some[R reconcile.Record](t *rapid.T, label string, n int, draw func(*rapid.T) R) []R {
	return rapid.SliceOfNDistinct(rapid.Custom(draw), 0, n, func(r R) reconcile.Key { return r.RecordKey() }).Draw(t, label)
}

func key(t *rapid.T, feed, kind string, names *rapid.Generator[string]) reconcile.Key {
	return reconcile.Key{Feed: feed, Account: rapid.SampledFrom([]string{"main", "main", "second"}).Draw(t, "account"), Kind: kind, ID: names.Draw(t, "id")}
}

func provider(t *rapid.T) string {
	return rapid.SampledFrom([]string{"stripe", "stripe", "trustpayments"}).Draw(t, "feed")
}

func drawOrder(t *rapid.T) reconcile.Order {
	o := order(references.Filter(func(r string) bool { return r != "" }).Draw(t, "reference"), rapid.SampledFrom([]reconcile.OrderStatus{
		reconcile.OrderPending, reconcile.OrderPending, reconcile.OrderPaid, reconcile.OrderPaid, reconcile.OrderCanceled, reconcile.OrderRefunded}).Draw(t, "status"))
	o.PaymentID = ids.Draw(t, "stored")
	o.Provider = rapid.SampledFrom([]string{"stripe", "trustpayments", ""}).Draw(t, "provider")
	o.ChangedAt = moments.Draw(t, "changed")
	return o
}

func drawPayment(t *rapid.T) reconcile.Payment {
	whose := key(t, "stripe", "charge", charges)
	if provider(t) == "trustpayments" {
		whose = key(t, "trustpayments", "auth", auths)
	}
	p := reconcile.Payment{
		Key: whose, SourceID: rapid.OneOf(rapid.Just(""), sourceIDs).Draw(t, "source"), Reference: references.Draw(t, "reference"), Amount: sums.Draw(t, "amount"),
		Status: statuses.Draw(t, "status"), InScope: rapid.Bool().Draw(t, "in scope"), CreatedAt: moments.Draw(t, "created"),
	}
	if p.Feed == "trustpayments" {
		p.SettleStatus, p.SourceID = "10", ""
	}
	if p.Status == reconcile.PaymentSucceeded {
		p.SucceededAt = moments.Draw(t, "succeeded")
	}
	return p
}

func drawSource(t *rapid.T) reconcile.Source {
	whose := key(t, "stripe", reconcile.KindSource, sourceIDs)
	if whose.ID == "pi_1" {
		whose.Kind = reconcile.KindPaymentIntent
	}
	return reconcile.Source{
		Key: whose, Reference: references.Draw(t, "reference"),
		Amount: sums.Draw(t, "amount"), InScope: rapid.Bool().Draw(t, "in scope"), CreatedAt: moments.Draw(t, "created"),
		Declined: rapid.Bool().Draw(t, "declined"), Authorised: rapid.Bool().Draw(t, "authorised"),
		Status: rapid.SampledFrom([]reconcile.SourceStatus{reconcile.SourcePending, reconcile.SourceChargeable, reconcile.SourceConsumed, reconcile.SourceCanceled, reconcile.SourceFailed}).Draw(t, "status"),
	}
}

func drawRefund(t *rapid.T) reconcile.Refund {
	return reconcile.Refund{
		Key: key(t, provider(t), "refund", rapid.SampledFrom([]string{"re_1", "re_2", "re_3"})), PaymentID: ids.Draw(t, "payment"), Reference: references.Draw(t, "reference"),
		Amount: sums.Draw(t, "amount"), CreatedAt: moments.Draw(t, "created"),
		Status: rapid.SampledFrom([]reconcile.RefundStatus{reconcile.RefundSucceeded, reconcile.RefundSucceeded, reconcile.RefundPending, reconcile.RefundFailed, reconcile.RefundCanceled}).Draw(t, "status"),
	}
}

func drawRequest(t *rapid.T) reconcile.RefundRequest {
	return reconcile.RefundRequest{
		Key: key(t, "shop", "refund", rapid.SampledFrom([]string{"rr_1", "rr_2", "rr_3"})), OrderReference: references.Draw(t, "order"), Amount: sums.Draw(t, "amount"),
		Status:      rapid.SampledFrom([]reconcile.RequestStatus{reconcile.RequestOpen, reconcile.RequestDone, reconcile.RequestRejected}).Draw(t, "status"),
		RequestedAt: moments.Draw(t, "requested"),
	}
}

func drawDispute(t *rapid.T) reconcile.Dispute {
	return reconcile.Dispute{
		Key: key(t, "stripe", "dispute", rapid.SampledFrom([]string{"dp_1", "dp_2"})), PaymentID: ids.Draw(t, "payment"), Amount: sums.Draw(t, "amount"), CreatedAt: moments.Draw(t, "created"),
		Status: rapid.SampledFrom([]reconcile.DisputeStatus{reconcile.DisputeOpen, reconcile.DisputeWon, reconcile.DisputeLost}).Draw(t, "status"),
	}
}

func drawEvent(t *rapid.T) reconcile.SourceEvent {
	return reconcile.SourceEvent{
		Key: key(t, "stripe", "event", rapid.SampledFrom([]string{"evt_1", "evt_2"})), SourceID: ids.Draw(t, "source"), At: moments.Draw(t, "at"),
		Status: rapid.SampledFrom([]reconcile.SourceStatus{reconcile.SourceChargeable, reconcile.SourceCanceled}).Draw(t, "status"),
	}
}

func drawRejection(t *rapid.T) reconcile.Rejection {
	return reconcile.Rejection{
		Key: key(t, rapid.SampledFrom([]string{"shop", "stripe", "trustpayments"}).Draw(t, "feed"), "row", ids), Reference: references.Draw(t, "reference"), LinkedID: ids.Draw(t, "linked"),
	}
}

func drawCoverage(t *rapid.T) []reconcile.Coverage {
	var list []reconcile.Coverage
	for _, feed := range []string{"shop", "stripe", "trustpayments"} {
		c := read(feed, noon.Add(400*day))
		switch rapid.IntRange(0, 9).Draw(t, feed+" was read") {
		case 0:
			c.Complete.To = moments.Draw(t, "to")
		case 1:
			c.Complete.From = moments.Draw(t, "from")
		case 2:
			c.Reason = "503"
		default:
			c.Complete.From = noon.Add(-180 * day)
		}
		list = append(list, c)
	}
	return list
}

var worlds = rapid.Custom(func(t *rapid.T) world {
	w := world{policy: reconcile.DefaultPolicy(), coverage: drawCoverage(t), now: moments.Draw(t, "now")}
	if rapid.Bool().Draw(t, "cancel what waits") {
		w.policy.Cancel.NoAttemptAfter, w.policy.Cancel.WaitingIntentAfter = 2*day, 3*day
	}
	w.facts = reconcile.Facts{
		Orders: some(t, "orders", 3, drawOrder), Payments: some(t, "payments", 4, drawPayment), Sources: some(t, "sources", 3, drawSource), Refunds: some(t, "refunds", 3, drawRefund),
		Requests: some(t, "requests", 2, drawRequest), Disputes: some(t, "disputes", 1, drawDispute), Events: some(t, "events", 2, drawEvent),
	}
	if rapid.IntRange(0, 3).Draw(t, "a row is unreadable") == 0 {
		w.facts.Rejections = some(t, "rejections", 2, drawRejection)
	}
	return w
})

func (w world) at(now time.Time) reconcile.Context {
	return reconcile.Context{Policy: w.policy, Coverage: w.coverage, Now: now}
}

func (w world) judged() []reconcile.Verdict {
	var verdicts []reconcile.Verdict
	for _, c := range reconcile.Assemble(w.facts, w.policy) {
		verdicts = append(verdicts, reconcile.Judge(c, w.at(w.now)))
	}
	return verdicts
}

// The verdicts do not depend on the order in which the facts arrive, and judging twice says the same.
func TestTheOrderOfFactsDoesNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		want := w.judged()
		if diff := gocmp.Diff(want, w.judged()); diff != "" {
			t.Fatalf("judging twice differs:\n%s", diff)
		}
		f := &w.facts
		shuffle(t, f.Orders, f.Sources, f.Events, f.Payments, f.Refunds, f.Requests, f.Disputes, f.Rejections)
		if diff := gocmp.Diff(want, w.judged()); diff != "" {
			t.Fatalf("the order of the facts shows:\n%s", diff)
		}
	})
}

// A world in which every kind of fact comes twice, told forwards and backwards. What decides between equals is the time,
// and then the key.
func TestFactsBackwards(t *testing.T) {
	const cut, a, b = "SHENZHEN-EXPO-2026-HALL-7", "SHENZHEN-EXPO-2026-HALL-7-A", "SHENZHEN-EXPO-2026-HALL-7-B"
	facts := factsOf(told(
		order("A-1", reconcile.OrderPending), source("src_2", "A-1", reconcile.SourceCanceled), source("src_1", "A-1", reconcile.SourceCanceled),
		source("src_0", "A-1", reconcile.SourceCanceled, madeAt(noon.Add(time.Hour))), chargeable("src_1", noon), chargeable("src_2", noon),
		order("B-2", reconcile.OrderPaid), charge("ch_2", "B-2", of(eur(9000))), charge("ch_1", "B-2", of(eur(9000))), charge("ch_0", "B-2", of(eur(9000)), at(noon.Add(time.Hour))),
		refund("re_2", "ch_1", eur(8000), noon), refund("re_1", "ch_1", eur(8000), noon), refund("re_0", "ch_1", eur(8000), noon.Add(time.Hour)),
		asked("rr_2", "B-2", eur(6000), noon), asked("rr_1", "B-2", eur(6000), noon), asked("rr_0", "B-2", eur(6000), noon.Add(time.Hour)),
		dispute("dp_1", "ch_1", eur(1), reconcile.DisputeOpen), dispute("dp_2", "ch_2", eur(1), reconcile.DisputeOpen),
		order(b, reconcile.OrderPaid), order(a, reconcile.OrderPaid), auth("1-9-2", cut, "100"), auth("1-9-1", cut, "100"),
		order("C-3", reconcile.OrderPaid), unreadable("stripe", "charge", "ch_9", "C-3", ""), unreadable("stripe", "charge", "ch_8", "C-3", ""),
		source("src_7", "", reconcile.SourceConsumed), order("D-4", reconcile.OrderPaid), order("E-5", reconcile.OrderPaid),
		charge("ch_4", "D-4", charging("src_7")), charge("ch_5", "E-5", charging("src_7")),
	))
	w := world{facts: facts, coverage: allRead(noon.Add(30 * day)), policy: reconcile.DefaultPolicy(), now: noon.Add(30 * day)}
	forwards := w.judged()
	for _, reverse := range []func(){
		func() { slices.Reverse(facts.Orders) }, func() { slices.Reverse(facts.Sources) }, func() { slices.Reverse(facts.Events) }, func() { slices.Reverse(facts.Payments) },
		func() { slices.Reverse(facts.Refunds) }, func() { slices.Reverse(facts.Requests) }, func() { slices.Reverse(facts.Disputes) }, func() { slices.Reverse(facts.Rejections) },
	} {
		reverse()
		if diff := gocmp.Diff(forwards, w.judged()); diff != "" {
			t.Errorf("the order of the facts shows:\n%s", diff)
		}
	}
}

// shuffle gives each of some slices another order.
func shuffle(t *rapid.T, lists ...any) {
	for _, list := range lists {
		switch list := list.(type) {
		case []reconcile.Order:
			permute(t, list)
		case []reconcile.Source:
			permute(t, list)
		case []reconcile.SourceEvent:
			permute(t, list)
		case []reconcile.Payment:
			permute(t, list)
		case []reconcile.Refund:
			permute(t, list)
		case []reconcile.RefundRequest:
			permute(t, list)
		case []reconcile.Dispute:
			permute(t, list)
		case []reconcile.Rejection:
			permute(t, list)
		default:
			t.Fatalf("a %T is not shuffled", list)
		}
	}
}

func permute[R any](t *rapid.T, list []R) {
	copy(list, rapid.Permutation(list).Draw(t, fmt.Sprintf("order of %T", list)))
}

// Every payment and every source is in exactly one case, and judging leaves the case as it was.
func TestEveryPaymentIsInOneCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		found := map[reconcile.Key]int{}
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			for _, payment := range c.Payments {
				found[payment.Key]++
			}
			for _, source := range c.Sources {
				found[source.Key]++
			}
			rows := map[reconcile.Key]bool{}
			for _, row := range c.Rejections {
				if rows[row.Key] {
					t.Fatalf("case %s holds the unreadable row %v twice", c.Key, row.Key)
				}
				rows[row.Key] = true
			}
			if c.Order == nil && len(c.Payments)+len(c.Sources) == 0 {
				t.Fatalf("case %s is about nothing", c.Key)
			}
			verdict := reconcile.Judge(c, w.at(w.now))
			if again := reconcile.Judge(c, w.at(w.now)); !gocmp.Equal(verdict, again) {
				t.Fatalf("judging changed case %s:\n%s", c.Key, gocmp.Diff(verdict, again))
			}
		}
		for _, payment := range w.facts.Payments {
			if found[payment.Key] != 1 {
				t.Fatalf("payment %v is in %d cases", payment.Key, found[payment.Key])
			}
		}
		for _, source := range w.facts.Sources {
			if found[source.Key] != 1 {
				t.Fatalf("source %v is in %d cases", source.Key, found[source.Key])
			}
		}
	})
}

// NextReview is the first instant at which time alone may change the answer: until then it is the same.
func TestNothingChangesBeforeTheNextReview(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			v := reconcile.Judge(c, w.at(w.now))
			if !v.NextReview.IsZero() && !v.NextReview.After(w.now) {
				t.Fatalf("case %s is to be looked at again at %s, and now is %s", c.Key, stamp(v.NextReview), stamp(w.now))
			}
			end := v.NextReview
			if end.IsZero() {
				end = noon.Add(300 * day)
			}
			later := w.now.Add(time.Duration(rapid.Int64Range(0, int64(end.Sub(w.now)/tick)-1).Draw(t, "microseconds later")) * tick)
			for _, now := range []time.Time{later, end.Add(-tick)} {
				if diff := gocmp.Diff(answer(v), answer(reconcile.Judge(c, w.at(now)))); diff != "" {
					t.Fatalf("case %s changes between %s and %s, its review is at %s:\n%s", c.Key, stamp(w.now), stamp(now), stamp(v.NextReview), diff)
				}
			}
		}
	})
}

// answer is a verdict without the words, which may count the days, and without the next review.
func answer(v reconcile.Verdict) reconcile.Verdict {
	v.Reason, v.NextReview = "", time.Time{}
	v.Exceptions = slices.Clone(v.Exceptions)
	for i := range v.Exceptions {
		v.Exceptions[i].Explanation = ""
	}
	return v
}

// What must never be: design §7.
func TestNeverCancelWhatWasPaidFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			if reconcile.Judge(c, w.at(w.now)).Cancel == nil {
				continue
			}
			if c.Order == nil || c.Order.Status != reconcile.OrderPending || len(c.Contested) > 0 || len(c.Rejections) > 0 {
				t.Fatalf("case %s must not be canceled: %+v", c.Key, c)
			}
			for _, p := range c.Payments {
				if p.Status != reconcile.PaymentCanceled && p.Status != reconcile.PaymentFailed {
					t.Fatalf("case %s has a payment that is %s", c.Key, p.Status)
				}
			}
			for _, s := range c.Sources {
				if s.Status == reconcile.SourceChargeable || s.Status == reconcile.SourceConsumed || s.Kind == reconcile.KindSource && s.Status == reconcile.SourcePending {
					t.Fatalf("case %s has a source that is %s", c.Key, s.Status)
				}
			}
			for _, p := range w.facts.Payments {
				named := p.Reference == c.Order.ID || c.Order.PaymentID != "" && (p.ID == c.Order.PaymentID || p.SourceID == c.Order.PaymentID)
				elsewhere := slices.ContainsFunc(w.facts.Orders, func(o reconcile.Order) bool {
					return o.ID != c.Order.ID && o.PaymentID != "" && (o.PaymentID == p.ID || o.PaymentID == p.SourceID)
				})
				if named && !elsewhere && p.Status == reconcile.PaymentSucceeded {
					t.Fatalf("order %s is to be canceled, and %s took money for it", c.Order.ID, p.ID)
				}
			}
			for _, coverage := range w.coverage {
				if coverage.Reason != "" {
					t.Fatalf("order %s is to be canceled after an incomplete fetch", c.Order.ID)
				}
			}
		}
	})
}

// What every verdict keeps to, whatever the facts.
func TestVerdictsHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, v := range w.judged() {
			seen := map[string]bool{}
			for _, e := range v.Exceptions {
				switch {
				case seen[e.ID()]:
					t.Fatalf("%s twice for %s in %s", e.Code, e.TransactionReference, v.CaseKey)
				case !slices.Contains(reconcile.Codes(), e.Code), reconcile.SeverityRank(e.Severity) > 3, e.NextStep == "", e.Explanation == "", e.CaseKey != v.CaseKey:
					t.Fatalf("an exception is incomplete: %+v", e)
				}
				seen[e.ID()] = true
			}
			if (v.Outcome == reconcile.Excepted) != (len(v.Exceptions) > 0) || v.Outcome == "" || v.Reason == "" {
				t.Fatalf("%s with %d exceptions, because %q", v.Outcome, len(v.Exceptions), v.Reason)
			}
			for _, owed := range v.Owed {
				if owed.Decision == reconcile.DecisionApproved && (owed.RequestID == "" || !w.now.Before(owed.WindowEndsAt) || owed.Payment == (reconcile.Key{})) {
					t.Fatalf("a refund is approved that must not be: %+v", owed)
				}
			}
		}
	})
}

// Approved refunds never take more than settled less what went back or is on its way.
func TestApprovedRefundsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, v := range w.judged() {
			for _, p := range w.facts.Payments {
				left := p.Amount.Minor
				for _, owed := range v.Owed {
					if owed.Payment == p.Key && owed.Decision == reconcile.DecisionApproved {
						left -= owed.Amount.Minor
					}
				}
				if left == p.Amount.Minor {
					continue
				}
				for _, r := range w.facts.Refunds {
					if (r.Status == reconcile.RefundSucceeded || r.Status == reconcile.RefundPending) && r.Feed == p.Feed && r.Account == p.Account && r.PaymentID == p.ID && r.Amount.Currency == p.Amount.Currency {
						left -= r.Amount.Minor
					}
				}
				if p.Status != reconcile.PaymentSucceeded || left < 0 {
					t.Fatalf("approved refunds of %s, which is %s, leave %d", p.ID, p.Status, left)
				}
			}
		}
	})
}

// No input panics: times unknown or far away, amounts of any size, statuses nobody knows, a policy without a word.
func TestNoInputPanics(t *testing.T) {
	wild := func(t *rapid.T) money.Amount {
		return money.Amount{Minor: rapid.SampledFrom([]int64{0, -1, 1, math.MaxInt64, math.MinInt64}).Draw(t, "minor"), Currency: rapid.SampledFrom([]string{"", "EUR", "???"}).Draw(t, "currency")}
	}
	when := rapid.SampledFrom([]time.Time{{}, noon, time.Unix(math.MaxInt32, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)})
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		if rapid.Bool().Draw(t, "no policy") {
			w.policy = reconcile.Policy{}
		}
		f := &w.facts
		for i := range f.Orders {
			f.Orders[i].Amount, f.Orders[i].CreatedAt, f.Orders[i].PaidAt = wild(t), when.Draw(t, "created"), when.Draw(t, "paid")
			f.Orders[i].Status = reconcile.OrderStatus(rapid.SampledFrom([]string{"", "pending", "paid", "canceled", "unheard of"}).Draw(t, "status"))
		}
		for i := range f.Payments {
			f.Payments[i].Amount, f.Payments[i].CreatedAt, f.Payments[i].SucceededAt = wild(t), when.Draw(t, "created"), when.Draw(t, "succeeded")
		}
		for i := range f.Sources {
			f.Sources[i].Amount, f.Sources[i].CreatedAt = wild(t), when.Draw(t, "created")
		}
		for i := range f.Refunds {
			f.Refunds[i].Amount, f.Refunds[i].CreatedAt, f.Refunds[i].Status = wild(t), when.Draw(t, "created"), reconcile.RefundStatus(rapid.SampledFrom([]string{"", "succeeded", "failed"}).Draw(t, "status"))
		}
		w.now = when.Draw(t, "now")
		for _, v := range w.judged() {
			reconcile.AdvanceAll(nil, v.Exceptions, w.now, 1, w.policy)
		}
		reconcile.JudgeRejections(f.Rejections, *f, w.policy)
	})
}

// Whatever is raised and whatever people do, first seen never changes and judging again at the same instant changes nothing.
func TestAdvanceNeverForgets(t *testing.T) {
	policy := reconcile.DefaultPolicy()
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		var record *reconcile.ExceptionRecord
		for range rapid.IntRange(1, 12).Draw(t, "runs") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "days")) * day)
			raised := &reconcile.Exception{Code: reconcile.AuthorisationLost, TransactionReference: "src_1", Sticky: rapid.Bool().Draw(t, "sticky"), Actual: eur(rapid.Int64Range(0, 1).Draw(t, "figure"))}
			if rapid.IntRange(0, 2).Draw(t, "the cause is gone") == 0 {
				raised = nil
			}
			next, changed := reconcile.Advance(record, raised, now, policy)
			again, twice := reconcile.Advance(&next, raised, now, policy)
			switch {
			case record == nil && raised == nil:
				continue
			case twice || again != next:
				t.Fatalf("judging again at %s changed %+v to %+v", stamp(now), next, again)
			case record != nil && !next.FirstSeen.Equal(record.FirstSeen):
				t.Fatalf("first seen moved from %s to %s", stamp(record.FirstSeen), stamp(next.FirstSeen))
			case record != nil && !changed && next != *record:
				t.Fatalf("a change was not told: %+v to %+v", *record, next)
			case next.LastSeen.Before(next.FirstSeen) || next.Stands() != next.ResolvedAt.IsZero() || next.Stands() && raised == nil:
				t.Fatalf("the record does not hold together at %s: %+v", stamp(now), next)
			}
			switch rapid.IntRange(0, 5).Draw(t, "a person") {
			case 0:
				next.Status, next.ResolvedAt, next.ResolvedBy, next.Resolution = reconcile.StatusResolved, now, "mei", "written-off"
			case 1:
				if next.Stands() {
					next.Status = reconcile.StatusAcknowledged
				}
			}
			record = &next
		}
	})
}
