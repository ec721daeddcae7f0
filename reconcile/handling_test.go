package reconcile_test

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

func resolving(who string, reason reconcile.Reason, at time.Time) reconcile.Handling {
	return reconcile.Handling{To: reconcile.StatusResolved, Who: who, Reason: reason, At: at}
}

func TestAHandlingIsChecked(t *testing.T) {
	tests := []struct {
		name string
		h    reconcile.Handling
		want string // a part of the error; empty: none
	}{
		{"acknowledged", reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "mei"}, ""},
		{"acknowledged with a note", reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "mei", Note: "asked the bank"}, ""},
		{"acknowledged with a reason", reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "mei", Reason: reconcile.ReasonRefunded}, "no reason"},
		{"resolved", resolving("mei", reconcile.ReasonWrittenOff, noon), ""},
		{"resolved without a reason", resolving("mei", "", noon), `no such reason ""`},
		{"resolved with a reason of one's own", resolving("mei", "gone", noon), `no such reason "gone"`},
		{"resolved with a reason of tieout's", resolving("mei", reconcile.CauseGone, noon), `no such reason "cause gone"`},
		{"resolved for another reason without saying which", resolving("mei", reconcile.ReasonOther, noon), "needs a note"},
		{"resolved for another reason", reconcile.Handling{To: reconcile.StatusResolved, Who: "mei", Reason: reconcile.ReasonOther, Note: "the shop closed"}, ""},
		{"reopened by hand", reconcile.Handling{To: reconcile.StatusReopened, Who: "mei"}, `does not make it "reopened"`},
		{"by nobody", resolving(" ", reconcile.ReasonRefunded, noon), "not the name of a person"},
		{"in tieout's name", resolving(reconcile.ByTieout, reconcile.ReasonRefunded, noon), "not the name of a person"},
	}
	for _, test := range tests {
		err := test.h.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func inStatus(tx string, status reconcile.ExceptionStatus, actual money.Amount) reconcile.ExceptionRecord {
	return reconcile.ExceptionRecord{
		Exception: reconcile.Exception{Code: reconcile.AmountMismatch, OrderReference: "A-1", TransactionReference: tx, Expected: eur(10000), Actual: actual},
		Status:    status, FirstSeen: noon, LastSeen: noon, Note: "before",
	}
}

// What a person does to an exception in each status.
func TestWhatAHandlingChanges(t *testing.T) {
	open, acknowledged := inStatus("ch_1", reconcile.StatusOpen, eur(1)), inStatus("ch_2", reconcile.StatusAcknowledged, eur(2))
	reopened, resolved := inStatus("ch_3", reconcile.StatusReopened, eur(3)), inStatus("ch_4", reconcile.StatusResolved, eur(4))
	resolved.ResolvedAt, resolved.ResolvedBy, resolved.Resolution = noon, "ada", "refunded"
	all := []reconcile.ExceptionRecord{resolved, open, acknowledged, reopened}
	h := reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "mei", Note: "looking", At: noon.Add(day)}
	plan := h.Plan(all)
	want := reconcile.Plan{Records: []reconcile.ExceptionRecord{open, reopened}, Left: []reconcile.ExceptionRecord{resolved, acknowledged}}
	for i, from := range []reconcile.ExceptionStatus{reconcile.StatusOpen, reconcile.StatusReopened} {
		want.Records[i].Status, want.Records[i].Note = reconcile.StatusAcknowledged, "looking"
		want.Changes = append(want.Changes, reconcile.ExceptionChange{ID: want.Records[i].ID(), At: noon.Add(day), Who: "mei", From: from, To: reconcile.StatusAcknowledged, Note: "looking"})
	}
	if diff := gocmp.Diff(want, plan); diff != "" {
		t.Errorf("acknowledged (-want +got):\n%s", diff)
	}
	plan = resolving("mei", reconcile.ReasonWrittenOff, noon.Add(day)).Plan(all)
	want = reconcile.Plan{Records: []reconcile.ExceptionRecord{open, acknowledged, reopened}, Left: []reconcile.ExceptionRecord{resolved}}
	for i, from := range []reconcile.ExceptionStatus{reconcile.StatusOpen, reconcile.StatusAcknowledged, reconcile.StatusReopened} {
		r := &want.Records[i]
		r.Status, r.Note, r.ResolvedAt, r.ResolvedBy, r.Resolution = reconcile.StatusResolved, "", noon.Add(day), "mei", "written-off"
		want.Changes = append(want.Changes, reconcile.ExceptionChange{ID: r.ID(), At: noon.Add(day), Who: "mei", From: from, To: reconcile.StatusResolved, Reason: "written-off"})
	}
	if diff := gocmp.Diff(want, plan); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
}

// A mark stands for what would change: another number, another exception, another status or another figure is another mark.
func TestThePlanThatWasExpected(t *testing.T) {
	h := resolving("mei", reconcile.ReasonWrittenOff, noon)
	one, two := inStatus("ch_1", reconcile.StatusOpen, eur(1)), inStatus("ch_2", reconcile.StatusOpen, eur(2))
	mark := h.Plan([]reconcile.ExceptionRecord{one, two}).Mark()
	resolved := inStatus("ch_3", reconcile.StatusResolved, eur(3))
	worded := one
	worded.Explanation, worded.Severity, worded.LastSeen = "other words", reconcile.Critical, noon.Add(day)
	moved, acknowledged, other := one, one, one
	moved.Actual, acknowledged.Status, other.TransactionReference = eur(9), reconcile.StatusAcknowledged, "ch_9"
	tests := []struct {
		name     string
		records  []reconcile.ExceptionRecord
		expected string
		want     bool
	}{
		{"nothing expected", []reconcile.ExceptionRecord{one}, "", true},
		{"the number", []reconcile.ExceptionRecord{one, two}, "2", true},
		{"another number", []reconcile.ExceptionRecord{one}, "2", false},
		{"no number", []reconcile.ExceptionRecord{one}, "all", false},
		{"the number of those that are left alone does not count", []reconcile.ExceptionRecord{one, resolved}, "1", true},
		{"the mark, in another order, with other words", []reconcile.ExceptionRecord{two, worded}, mark, true},
		{"fewer", []reconcile.ExceptionRecord{one}, mark, false},
		{"a figure moved", []reconcile.ExceptionRecord{moved, two}, mark, false},
		{"a status changed", []reconcile.ExceptionRecord{acknowledged, two}, mark, false},
		{"another exception", []reconcile.ExceptionRecord{other, two}, mark, false},
		{"none", nil, "0", true},
	}
	for _, test := range tests {
		if got := h.Plan(test.records).Meets(test.expected); got != test.want {
			t.Errorf("%s: meets %q is %t", test.name, test.expected, got)
		}
	}
	if !strings.HasPrefix(mark, "2-") {
		t.Errorf("the mark %q does not begin with the number", mark)
	}
}

// Every transition of the diagram in docs/EXCEPTIONS.md: each thing that can be known, met by each thing that can be
// raised. "=" leaves the record alone; else the status it gets, and the reason in its change.
func TestEveryTransition(t *testing.T) {
	const gone, long = "resolved: cause gone", "resolved: stood long"
	const stays, again = "open: actual 90.00 EUR → 80.00 EUR", "reopened: actual 90.00 EUR → 80.00 EUR"
	const moved, back, backMoved = again, "reopened: cause returned", "reopened: cause returned; actual 90.00 EUR → 80.00 EUR"
	// Of what cannot un-happen, "old" has stood for Policy.StickyFor; "young" has not.
	columns := []string{"nothing", "same", "moved", "same young", "moved young", "same old", "moved old"}
	tests := []struct {
		known string
		want  [7]string
	}{
		{"none", [7]string{"=", "open: ", "open: ", "open: ", "open: ", "open: ", "open: "}},
		{"open", [7]string{gone, "=", stays, "=", stays, long, long}},
		{"reopened", [7]string{gone, "=", again, "=", again, long, long}},
		{"acknowledged", [7]string{gone, "=", moved, "=", moved, long, long}},
		{"resolved by mei: written-off", [7]string{gone, "=", moved, "=", moved, "=", "="}},
		{"resolved by tieout: cause gone", [7]string{"=", back, backMoved, back, backMoved, "=", "="}},
		{"resolved by tieout: stood long", [7]string{"=", back, backMoved, "=", "=", "=", "="}},
	}
	for _, test := range tests {
		for i, column := range columns {
			now := noon.Add(30*day - tick)
			if strings.HasSuffix(column, "old") {
				now = noon.Add(30 * day)
			}
			known, raised := knownAs(test.known), raisedAs(column)
			if got := transition(t, known, raised, now); got != test.want[i] {
				t.Errorf("%s meets %s: %q, want %q", test.known, column, got, test.want[i])
			}
		}
	}
}

// knownAs makes the record that a row of the table names: a status, and of a resolved one by whom and why.
func knownAs(text string) *reconcile.ExceptionRecord {
	if text == "none" {
		return nil
	}
	record := inStatus("src_1", reconcile.ExceptionStatus(text), eur(9000))
	if rest, resolved := strings.CutPrefix(text, "resolved by "); resolved {
		record.Status, record.ResolvedAt = reconcile.StatusResolved, noon.Add(day)
		record.ResolvedBy, record.Resolution, _ = strings.Cut(rest, ": ")
	}
	return &record
}

func raisedAs(text string) *reconcile.Exception {
	if text == "nothing" {
		return nil
	}
	raised := inStatus("src_1", "", eur(9000)).Exception
	if strings.HasPrefix(text, "moved") {
		raised.Actual = eur(8000)
	}
	raised.Sticky = strings.HasSuffix(text, "young") || strings.HasSuffix(text, "old")
	return &raised
}

// transition says what became of a record, in the words of the table, and holds record and change against each other.
func transition(t *testing.T, known *reconcile.ExceptionRecord, raised *reconcile.Exception, now time.Time) string {
	t.Helper()
	var before []reconcile.ExceptionRecord
	var from reconcile.ExceptionRecord
	if known != nil {
		before, from = append(before, *known), *known
	}
	var seen []reconcile.Exception
	if raised != nil {
		seen = append(seen, *raised)
	}
	records, changes := reconcile.AdvanceAll(before, seen, now, 7, reconcile.DefaultPolicy())
	if len(changes) == 0 {
		if len(records) == 1 && (records[0].Status != from.Status || records[0].Resolution != from.Resolution || records[0].ResolvedBy != from.ResolvedBy) {
			t.Errorf("a change without its record: %+v to %+v", from, records[0])
		}
		return "="
	}
	record, change := records[0], changes[0]
	if change.From != from.Status || change.To != record.Status || change.Who != reconcile.ByTieout || !change.At.Equal(now) || change.RunID != 7 || change.ID != record.ID() {
		t.Errorf("the change %+v does not lead from %+v to %+v", change, from, record)
	}
	if known != nil && !record.FirstSeen.Equal(known.FirstSeen) {
		t.Errorf("first seen moved from %s to %s", stamp(known.FirstSeen), stamp(record.FirstSeen))
	}
	if record.Status == reconcile.StatusReopened && from.Status != reconcile.StatusReopened && (record.Note != "" || record.ResolvedBy != "" || record.Actual != raised.Actual) {
		t.Errorf("a reopened exception keeps what was said of the old one: %+v", record)
	}
	return string(change.To) + ": " + change.Reason
}

// A reopening says which figures moved, also where a side said nothing.
func TestWhatMoved(t *testing.T) {
	known := inStatus("ch_1", reconcile.StatusAcknowledged, eur(9000))
	known.Currency = "EUR"
	for _, test := range []struct {
		want   string
		change func(*reconcile.Exception)
	}{
		{"expected 100.00 EUR → 101.00 EUR", func(e *reconcile.Exception) { e.Expected = eur(10100) }},
		{"expected 100.00 EUR → nothing; actual 90.00 EUR → 90.00 USD", func(e *reconcile.Exception) { e.Expected, e.Actual = money.Amount{}, usd(9000) }},
		{"currency EUR → USD; expected 100.00 EUR → 100.00 USD", func(e *reconcile.Exception) { e.Currency, e.Expected = "USD", usd(10000) }},
		{"actual 90.00 EUR → 0.00 EUR", func(e *reconcile.Exception) { e.Actual = eur(0) }},
	} {
		raised := known.Exception
		test.change(&raised)
		if got := transition(t, &known, &raised, noon); got != "reopened: "+test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// Over any sequence of runs and of people's decisions first seen never moves, time never goes back, each change begins
// where the one before it ended, and the last one tells the status, whether it stands, and who resolved it why.
func TestTheChangesTellTheWholeLife(t *testing.T) {
	policy := reconcile.DefaultPolicy()
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		var record reconcile.ExceptionRecord
		var life []reconcile.ExceptionChange
		keep := func(records []reconcile.ExceptionRecord, changes []reconcile.ExceptionChange) {
			for _, r := range records {
				if len(life) > 0 && !r.FirstSeen.Equal(record.FirstSeen) {
					t.Fatalf("first seen moved from %s to %s", stamp(record.FirstSeen), stamp(r.FirstSeen))
				}
				record = r
			}
			life = append(life, changes...)
		}
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "days")) * day)
			var known []reconcile.ExceptionRecord
			if len(life) > 0 {
				known = append(known, record)
			}
			if h, ok := drawHandling(t, now); ok {
				plan := h.Plan(known)
				keep(plan.Records, plan.Changes)
			} else {
				keep(reconcile.AdvanceAll(known, drawRaised(t), now, 7, policy))
			}
			checkLife(t, record, life)
		}
	})
}

func drawHandling(t *rapid.T, now time.Time) (reconcile.Handling, bool) {
	switch rapid.IntRange(0, 5).Draw(t, "who acts") {
	case 0:
		return reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "mei", Note: "looking", At: now}, true
	case 1:
		return resolving("ada", rapid.SampledFrom(reconcile.Reasons()).Draw(t, "reason"), now), true
	default:
		return reconcile.Handling{}, false
	}
}

func drawRaised(t *rapid.T) []reconcile.Exception {
	if rapid.IntRange(0, 2).Draw(t, "the cause is gone") == 0 {
		return nil
	}
	raised := inStatus("src_1", "", eur(rapid.Int64Range(0, 1).Draw(t, "figure"))).Exception
	raised.Sticky = rapid.Bool().Draw(t, "sticky")
	return []reconcile.Exception{raised}
}

func checkLife(t *rapid.T, record reconcile.ExceptionRecord, life []reconcile.ExceptionChange) {
	before := reconcile.ExceptionChange{}
	for _, change := range life {
		switch {
		case change.From != before.To:
			t.Fatalf("a change begins at %q where the one before it ended at %q", change.From, before.To)
		case change.At.Before(before.At):
			t.Fatalf("a change at %s follows one at %s", stamp(change.At), stamp(before.At))
		case change.Who == "" || change.To == reconcile.StatusReopened && change.Reason == "" || change.To == reconcile.StatusResolved && change.Reason == "":
			t.Fatalf("a change without who or why: %+v", change)
		}
		before = change
	}
	if len(life) == 0 {
		return
	}
	last := life[len(life)-1]
	switch {
	case last.To != record.Status || record.Stands() != (last.To != reconcile.StatusResolved):
		t.Fatalf("the life ends at %q and the record says %q", last.To, record.Status)
	case !record.Stands() && (record.ResolvedBy != last.Who || record.Resolution != last.Reason || !record.ResolvedAt.Equal(last.At)):
		t.Fatalf("the life ends with %+v and the record says %+v", last, record)
	case record.Stands() && (record.ResolvedBy != "" || record.Resolution != "" || !record.ResolvedAt.IsZero()):
		t.Fatalf("it stands and is resolved: %+v", record)
	case life[0].To != reconcile.StatusOpen || !life[0].At.Equal(record.FirstSeen):
		t.Fatalf("it was first seen at %s and its life begins with %+v", stamp(record.FirstSeen), life[0])
	}
}

// The state that a workbook carries is another one as soon as status or figures move, and for every exception.
func TestStateTellsWhetherAnExceptionHasMoved(t *testing.T) {
	record := reconcile.ExceptionRecord{
		Exception: reconcile.Exception{Code: reconcile.AmountMismatch, OrderReference: "R-1", Currency: "EUR", Expected: money.Amount{Minor: 100, Currency: "EUR"}, Actual: money.Amount{Minor: 90, Currency: "EUR"}},
		Status:    reconcile.StatusOpen,
	}
	state := record.State()
	later := record
	later.LastSeen, later.Severity, later.Explanation, later.Note = record.LastSeen.Add(1), reconcile.Low, "in other words", "a note"
	if later.State() != state {
		t.Error("what a person need not look at again is another state")
	}
	for what, move := range map[string]func(*reconcile.ExceptionRecord){
		"status":   func(r *reconcile.ExceptionRecord) { r.Status = reconcile.StatusReopened },
		"expected": func(r *reconcile.ExceptionRecord) { r.Expected.Minor++ },
		"actual":   func(r *reconcile.ExceptionRecord) { r.Actual = money.Amount{} },
		"currency": func(r *reconcile.ExceptionRecord) { r.Currency = "GBP" },
		"order":    func(r *reconcile.ExceptionRecord) { r.OrderReference = "R-2" },
	} {
		moved := record
		if move(&moved); moved.State() == state {
			t.Errorf("another %s is the same state", what)
		}
	}
}
