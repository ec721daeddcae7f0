package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile/money"
)

func TestMatchRates(t *testing.T) {
	day := emptyDay(t)
	day.Totals = []ControlTotal{
		{Feed: "stripe", Currency: "JPY", Matched: Tally{2, jpy(300)}, OutOfScope: Tally{7, jpy(7000)}},
		{Feed: "stripe", Currency: "EUR", Matched: Tally{1, eur(100)}, Excepted: Tally{1, eur(50)}, NothingDue: 4},
		{Feed: "shop", Currency: "EUR", Waiting: Tally{1, eur(150)}},
		{Feed: "shop", Currency: "USD", NothingDue: 1},
		{Feed: "shop", Rejected: 3},
	}
	want := []matchRate{
		{currency: "EUR", due: 3, matched: 1, dueValue: eur(300), paidValue: eur(100)},
		{currency: "JPY", due: 2, matched: 2, dueValue: jpy(300), paidValue: jpy(300)},
	}
	got := must[[]matchRate](t)(matchRates(day))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(matchRate{})); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
}

func TestMatchRateOutOfRange(t *testing.T) {
	day := emptyDay(t)
	day.Totals = []ControlTotal{{Currency: "EUR", Cases: 2, Matched: Tally{1, eur(1 << 62)}, Waiting: Tally{1, eur(1 << 62)}}}
	_, err := Write(t.TempDir(), []string{FormatXLSX}, day)
	if err == nil || !strings.Contains(err.Error(), "add up what is due in EUR") {
		t.Errorf("error is %v", err)
	}
}

// Only all of it is 100 %, however large the figures; a share of nothing is not known.
func TestRatesAreRoundedDown(t *testing.T) {
	const large = 1 << 62
	for shares, want := range map[[2]int64]string{
		{1, 3}: "33.33%", {2, 3}: "66.66%", {0, 5}: "0.00%", {7, 7}: "100.00%", {99_999, 100_000}: "99.99%",
		{large, large}: "100.00%", {large - 1, large}: "99.99%", {large / 2, large}: "50.00%", {0, 0}: "", {3, 2}: "", {-1, 2}: "",
	} {
		if got := rateCell(shares[0], shares[1]).display(kindRate); got != want {
			t.Errorf("%d of %d is %q, want %q", shares[0], shares[1], got, want)
		}
	}
}

func TestControlTotalsOfNothingAreNotShown(t *testing.T) {
	zero := money.Amount{Currency: "EUR"}
	for name, test := range map[string]struct {
		row   ControlTotal
		empty bool
	}{
		"nothing":            {ControlTotal{Feed: "shop", Currency: "EUR"}, true},
		"zeros":              {ControlTotal{Payments: ptr(0), Gross: &zero, Refunded: &zero, Fees: &zero, Net: &zero}, true},
		"an order":           {ControlTotal{Orders: ptr(1)}, false},
		"a refund":           {ControlTotal{Payments: ptr(0), Gross: &zero, Refunded: ptr(eur(1))}, false},
		"a negative net":     {ControlTotal{Net: ptr(eur(-1))}, false},
		"a case":             {ControlTotal{Cases: 1}, false},
		"a case that is new": {ControlTotal{NothingDue: 1}, false},
		"a rejected row":     {ControlTotal{Rejected: 1}, false},
	} {
		if got := test.row.empty(); got != test.empty {
			t.Errorf("%s: empty is %t", name, got)
		}
	}
}
