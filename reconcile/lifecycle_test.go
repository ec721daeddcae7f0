package reconcile_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// a life is what became of one exception: runs judge, people acknowledge and resolve.
type life struct {
	t      *testing.T
	record *reconcile.ExceptionRecord
}

func (l *life) judged(at time.Time, raised *reconcile.Exception) *life {
	l.t.Helper()
	next, changed := reconcile.Advance(l.record, raised, at, reconcile.DefaultPolicy())
	again, twice := reconcile.Advance(&next, raised, at, reconcile.DefaultPolicy())
	switch {
	case next == (reconcile.ExceptionRecord{}):
		return l
	case l.record != nil && next.FirstSeen != l.record.FirstSeen:
		l.t.Errorf("first seen moved from %s to %s", l.record.FirstSeen, next.FirstSeen)
	case changed != (l.record == nil || next != *l.record):
		l.t.Errorf("changed is %t, from %+v to %+v", changed, l.record, next)
	case twice || again != next:
		l.t.Errorf("judging again at the same instant changed %+v to %+v", next, again)
	}
	l.record = &next
	return l
}

func (l *life) handled(h reconcile.Handling) *life {
	l.record = &h.Plan([]reconcile.ExceptionRecord{*l.record}).Records[0]
	return l
}

func (l *life) acknowledged() *life {
	return l.handled(reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "mei", At: l.record.LastSeen})
}

func (l *life) resolvedBy(who string, at time.Time) *life {
	return l.handled(resolving(who, reconcile.ReasonWrittenOff, at))
}

func (l *life) is(status reconcile.ExceptionStatus, first, last time.Time) *life {
	l.t.Helper()
	if l.record.Status != status || !l.record.FirstSeen.Equal(first) || !l.record.LastSeen.Equal(last) {
		l.t.Errorf("%s, seen from %s to %s; want %s, from %s to %s", l.record.Status, stamp(l.record.FirstSeen), stamp(l.record.LastSeen), status, stamp(first), stamp(last))
	}
	return l
}

func (l *life) because(who, why string) *life {
	l.t.Helper()
	if l.record.ResolvedBy != who || l.record.Resolution != why {
		l.t.Errorf("resolved by %q: %q; want %q: %q", l.record.ResolvedBy, l.record.Resolution, who, why)
	}
	return l
}

// The life of an exception: design §5, "open → acknowledged → resolved → reopened".
func TestLifeOfAnException(t *testing.T) {
	raised := &reconcile.Exception{Code: reconcile.AmountMismatch, OrderReference: "A-1", TransactionReference: "ch_1", Expected: eur(10000), Actual: eur(9000), Severity: reconcile.High}
	worse, urgent := *raised, *raised
	worse.Actual = eur(8000)
	urgent.Severity, urgent.Explanation = reconcile.Critical, "less than a day is left"
	lost := &reconcile.Exception{Code: reconcile.AuthorisationLost, TransactionReference: "src_1", Sticky: true, Actual: eur(0)}
	lostMore := *lost
	lostMore.Actual = eur(1)
	one, two, three, month := noon.Add(day), noon.Add(2*day), noon.Add(3*day), noon.Add(30*day)
	lives := map[string]func(*life){
		"nothing known and nothing raised is nothing": func(l *life) {
			if l.judged(noon, nil); l.record != nil {
				t.Errorf("a record came of nothing: %+v", l.record)
			}
		},
		"open, seen again, resolved when the cause is gone, and reopened with its first day": func(l *life) {
			l.judged(noon, raised).is(reconcile.StatusOpen, noon, noon)
			l.judged(one, raised).is(reconcile.StatusOpen, noon, one)
			l.judged(two, nil).is(reconcile.StatusResolved, noon, one).because(reconcile.ByTieout, reconcile.CauseGone)
			l.judged(three, nil).is(reconcile.StatusResolved, noon, one)
			l.judged(three, raised).is(reconcile.StatusReopened, noon, three).because("", "")
			l.judged(month, raised).is(reconcile.StatusReopened, noon, month)
		},
		"acknowledged stays so while its cause stands, also when it becomes urgent": func(l *life) {
			l.judged(noon, raised).acknowledged().judged(one, &urgent).is(reconcile.StatusAcknowledged, noon, one)
			if l.record.Severity != reconcile.Critical || l.record.Explanation != urgent.Explanation {
				l.t.Errorf("severity and wording did not follow: %s, %s", l.record.Severity, l.record.Explanation)
			}
			l.judged(two, nil).is(reconcile.StatusResolved, noon, one)
		},
		"acknowledged is reopened when its figures move": func(l *life) {
			l.judged(noon, raised).acknowledged().judged(one, &worse).is(reconcile.StatusReopened, noon, one).because("", "")
			l.acknowledged().judged(two, &worse).is(reconcile.StatusAcknowledged, noon, two)
		},
		"resolved by a person stays so while its figures stay the same": func(l *life) {
			l.judged(noon, raised).resolvedBy("mei", one).judged(two, raised).is(reconcile.StatusResolved, noon, noon).because("mei", "written-off")
			l.judged(two, &urgent).is(reconcile.StatusResolved, noon, noon)
			l.judged(three, &worse).is(reconcile.StatusReopened, noon, three).because("", "")
		},
		"resolved by a person, gone and back is reopened": func(l *life) {
			l.judged(noon, raised).resolvedBy("mei", one).judged(two, nil).judged(three, raised).is(reconcile.StatusReopened, noon, three)
		},
		"what cannot un-happen stands for thirty days from first seen, and is not raised again": func(l *life) {
			l.judged(noon, lost).judged(month.Add(-tick), lost).is(reconcile.StatusOpen, noon, month.Add(-tick))
			if l.record.Sticky {
				l.t.Error("a record keeps what is not stored")
			}
			l.judged(month, lost).is(reconcile.StatusResolved, noon, month.Add(-tick)).because(reconcile.ByTieout, reconcile.StoodLong)
			l.judged(month.Add(day), lost).is(reconcile.StatusResolved, noon, month.Add(-tick))
		},
		"what cannot un-happen and was resolved by a person is not reopened after its thirty days": func(l *life) {
			l.judged(noon, lost).resolvedBy("mei", one).judged(two, lost).is(reconcile.StatusResolved, noon, noon)
			l.judged(month, &lostMore).is(reconcile.StatusResolved, noon, noon).because("mei", "written-off")
		},
	}
	for name, tell := range lives {
		t.Run(name, func(t *testing.T) { tell(&life{t: t}) })
	}
}

// The store may give times back in another zone; the same instant is no change.
func TestTheSameInstantIsNoChange(t *testing.T) {
	raised := reconcile.Exception{Code: reconcile.DuplicatePayment, TransactionReference: "ch_2", DueAt: noon}
	record, _ := reconcile.Advance(nil, &raised, noon, reconcile.DefaultPolicy())
	local := time.FixedZone("elsewhere", 3600)
	record.DueAt, record.FirstSeen, record.LastSeen = record.DueAt.In(local), record.FirstSeen.In(local), record.LastSeen.In(local)
	if _, changed := reconcile.Advance(&record, &raised, noon, reconcile.DefaultPolicy()); changed {
		t.Error("the same instants in another zone count as a change")
	}
}

func TestAdvanceAll(t *testing.T) {
	policy := reconcile.DefaultPolicy()
	exception := func(tx string) reconcile.Exception {
		return reconcile.Exception{Code: reconcile.MissingOrder, Feed: "stripe", TransactionReference: tx, Actual: eur(1)}
	}
	stays, goes, comes := exception("ch_1"), exception("ch_2"), exception("ch_3")
	known, changes := reconcile.AdvanceAll(nil, []reconcile.Exception{goes, stays}, noon, 7, policy)
	if len(known) != 2 || len(changes) != 2 || changes[0].From != "" || changes[0].To != reconcile.StatusOpen || changes[0].RunID != 7 || changes[0].Who != reconcile.ByTieout {
		t.Fatalf("the first run: %+v, %+v", known, changes)
	}
	_, swapped := reconcile.AdvanceAll(nil, []reconcile.Exception{stays, goes}, noon, 7, policy)
	if diff := gocmp.Diff(changes, swapped); diff != "" {
		t.Errorf("the order of the exceptions shows:\n%s", diff)
	}
	records, changes := reconcile.AdvanceAll(known, []reconcile.Exception{comes, stays}, noon, 8, policy)
	got := map[string]reconcile.ExceptionStatus{}
	for _, record := range records {
		got[record.TransactionReference] = record.Status
	}
	want := map[string]reconcile.ExceptionStatus{"ch_2": reconcile.StatusResolved, "ch_3": reconcile.StatusOpen}
	if diff := gocmp.Diff(want, got); diff != "" || len(changes) != 2 {
		t.Errorf("what changed in the second run, with %d steps:\n%s", len(changes), diff)
	}
	known[0].Status, known[0].ResolvedBy, known[0].Resolution = reconcile.StatusResolved, "mei", "written-off"
	if _, changes = reconcile.AdvanceAll(known[:1], nil, noon.Add(day), 9, policy); len(changes) != 1 || changes[0].From != reconcile.StatusResolved || changes[0].Reason != reconcile.CauseGone {
		t.Errorf("what a person resolved loses its cause without a step of its own: %+v", changes)
	}
	known[0].Status, known[0].ResolvedBy, known[0].Resolution = reconcile.StatusOpen, "", ""
	if records, changes = reconcile.AdvanceAll(known, []reconcile.Exception{stays, goes}, noon.Add(day), 9, policy); len(records) != 0 || len(changes) != 0 {
		t.Errorf("seen again: %d records and %d steps, want none to write", len(records), len(changes))
	}
}

// The id of an exception is the same in every run for the same cause, and differs with what it is about.
func TestExceptionID(t *testing.T) {
	base := reconcile.Exception{Code: reconcile.RefundFailedCode, Feed: "stripe", Account: "main", OrderReference: "A-1", TransactionReference: "re_1", Actual: eur(1)}
	vary := map[string]func(*reconcile.Exception){
		"code":        func(e *reconcile.Exception) { e.Code = reconcile.RefundNotRecorded },
		"feed":        func(e *reconcile.Exception) { e.Feed = "trustpayments" },
		"account":     func(e *reconcile.Exception) { e.Account = "second" },
		"order":       func(e *reconcile.Exception) { e.OrderReference = "A-2" },
		"transaction": func(e *reconcile.Exception) { e.TransactionReference = "re_2" },
		"boundary":    func(e *reconcile.Exception) { e.OrderReference, e.TransactionReference = "A-1re", "_1" },
	}
	for name, change := range vary {
		other := base
		if change(&other); other.ID() == base.ID() {
			t.Errorf("the %s does not show in the id", name)
		}
	}
	later := base
	later.Actual, later.Explanation, later.Severity, later.DueAt, later.Currency = eur(2), "other words", reconcile.Low, noon, "USD"
	if later.ID() != base.ID() {
		t.Error("figures, words, severity or due time show in the id")
	}
	whole := reconcile.Exception{Code: reconcile.Unexplained, Feed: "stripe", Account: "main", Currency: "EUR"}
	other := whole
	if other.Currency = "USD"; other.ID() == whole.ID() {
		t.Error("two currencies of one account share an id")
	}
}

func TestCatalogue(t *testing.T) {
	if got := len(reconcile.Codes()); got != 24 {
		t.Errorf("%d codes, design §5 lists 24", got)
	}
	ranks := []reconcile.Severity{reconcile.Critical, reconcile.High, reconcile.Medium, reconcile.Low, "unheard of"}
	for want, severity := range ranks {
		if got := reconcile.SeverityRank(severity); got != want {
			t.Errorf("%s ranks %d, want %d", severity, got, want)
		}
	}
	for _, test := range []struct {
		now  time.Time
		want int
	}{{noon.Add(-day), 0}, {noon, 0}, {noon.Add(day - tick), 0}, {noon.Add(day), 1}, {noon.Add(30*day + time.Hour), 30}} {
		if got := reconcile.Age(noon, test.now); got != test.want {
			t.Errorf("at %s the age is %d days, want %d", stamp(test.now), got, test.want)
		}
	}
}

// Payouts: design §5, PAYOUT_MISMATCH.
func TestPayouts(t *testing.T) {
	payout := reconcile.PayoutSum{
		Payout: reconcile.Payout{Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: "payout", ID: "po_1"}, Amount: eur(9700), Status: reconcile.PayoutPaid, Automatic: true, Itemised: true, CreatedAt: noon},
		Lines:  2, Sums: []money.Amount{eur(9700)}, AllHeld: true,
	}
	tests := []struct {
		name   string
		change func(*reconcile.PayoutSum)
		want   string
		sticky bool
	}{
		{"its movements come to it", func(*reconcile.PayoutSum) {}, "", false},
		{"its movements come to less", func(p *reconcile.PayoutSum) { p.Sums[0].Minor = 9600 }, "PAYOUT_MISMATCH po_1: expected 96.00 actual 97.00 difference 1.00 EUR", false},
		{"its movements are in another currency", func(p *reconcile.PayoutSum) { p.Sums[0].Currency = "USD" }, "PAYOUT_MISMATCH po_1: expected 0.00 actual 97.00 difference 97.00 EUR", false},
		{"its movements are in two currencies", func(p *reconcile.PayoutSum) { p.Sums = append(p.Sums, usd(1)) }, "PAYOUT_MISMATCH po_1: expected 97.00 actual 97.00 difference 0.00 EUR", false},
		{"its reconciliation is not completed", func(p *reconcile.PayoutSum) { p.Sums[0].Minor, p.Itemised = 1, false }, "", false},
		{"it was made by hand", func(p *reconcile.PayoutSum) { p.Sums[0].Minor, p.Automatic = 1, false }, "", false},
		{"none of its movements are held yet", func(p *reconcile.PayoutSum) { p.Sums, p.Lines, p.AllHeld = nil, 0, false }, "", false},
		{"some of its movements are held", func(p *reconcile.PayoutSum) { p.Sums[0].Minor, p.AllHeld = 1, false }, "", false},
		{"it has no movements", func(p *reconcile.PayoutSum) { p.Sums, p.Lines = nil, 0 }, "PAYOUT_MISMATCH po_1: expected 0.00 actual 97.00 difference 97.00 EUR", false},
		{"it has no movements and pays nothing", func(p *reconcile.PayoutSum) { p.Sums, p.Lines, p.Amount.Minor = nil, 0, 0 }, "", false},
		{"it was made by hand and has no movements", func(p *reconcile.PayoutSum) { p.Sums, p.Lines, p.Automatic = nil, 0, false }, "", false},
		{"it was canceled", func(p *reconcile.PayoutSum) { p.Sums[0].Minor, p.Status = 1, reconcile.PayoutCanceled }, "", false},
		{"it failed, which cannot un-happen", func(p *reconcile.PayoutSum) { p.Status = reconcile.PayoutFailed }, "PAYOUT_MISMATCH po_1: expected 97.00 actual 0.00 difference -97.00 EUR", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sum := payout
			sum.Sums = append([]money.Amount(nil), payout.Sums...)
			test.change(&sum)
			raised := reconcile.JudgePayout(sum)
			if test.want == "" {
				if len(raised) != 0 {
					t.Errorf("raised %+v", raised)
				}
				return
			}
			if len(raised) != 1 || renderException(raised[0]) != test.want || raised[0].Sticky != test.sticky || raised[0].CaseKey != "payout/stripe/main/po_1" {
				t.Errorf("raised %+v, want %s", raised, test.want)
			}
		})
	}
}
