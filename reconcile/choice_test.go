package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile/money"
)

func TestDecide(t *testing.T) {
	at := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	record := func(order string, status ExceptionStatus) ExceptionRecord {
		return ExceptionRecord{Exception: Exception{Code: AmountMismatch, OrderReference: order, Currency: "EUR",
			Expected: money.Amount{Minor: 100, Currency: "EUR"}, Actual: money.Amount{Minor: 90, Currency: "EUR"}, Difference: money.Amount{Minor: -10, Currency: "EUR"}}, Status: status}
	}
	open, other, done, larger := record("A-1", StatusOpen), record("A-2", StatusAcknowledged), record("A-3", StatusResolved), record("A-4", StatusOpen)
	seen := larger
	larger.Actual.Minor = 80
	resolve := Handling{To: StatusResolved, Who: "li", Reason: ReasonRefunded, At: at}
	acknowledge := Handling{To: StatusAcknowledged, Who: "li", At: at}
	decisions := []Choice{
		{ID: open.ID(), State: open.State(), Handling: resolve},
		{ID: other.ID(), State: other.State(), Handling: acknowledge},
		{ID: done.ID(), State: record("A-3", StatusOpen).State(), Handling: acknowledge},
		{ID: done.ID(), State: record("A-3", StatusOpen).State(), Handling: resolve},
		{ID: larger.ID(), State: seen.State(), Handling: resolve},
		{ID: "nothing", State: "nothing", Handling: resolve},
		{ID: open.ID(), State: open.State(), Handling: acknowledge},
		{ID: larger.ID(), State: "", Handling: resolve},
	}
	plan, refusals := Decide(decisions, []ExceptionRecord{larger, done, other, open})
	for i, want := range []string{"", "", "it is resolved now", "", "it is open now, with a difference", `no exception "nothing"`, "decided on twice", "moved since"} {
		if (want == "") != (refusals[i] == "") || !strings.Contains(refusals[i], want) {
			t.Errorf("decision %d is refused by %q, want %q", i, refusals[i], want)
		}
	}
	var got []string
	for i, r := range plan.Records {
		got = append(got, r.OrderReference+" "+string(plan.Changes[i].From)+" "+string(r.Status)+" "+r.ResolvedBy)
	}
	for _, r := range plan.Left {
		got = append(got, r.OrderReference+" left")
	}
	if diff := cmp.Diff([]string{"A-1 open resolved li", "A-2 left", "A-3 left"}, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if _, refusals := Decide([]Choice{{ID: open.ID(), State: open.State(), Handling: Handling{To: StatusResolved, Who: "li", Reason: ReasonOther}}}, []ExceptionRecord{open}); !strings.Contains(refusals[0], "needs a note") {
		t.Errorf("a reason that needs a note: %q", refusals[0])
	}
}
