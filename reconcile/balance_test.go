package reconcile_test

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// Tie-out residuals: design §5, UNEXPLAINED, one row per account and currency.
func TestBalances(t *testing.T) {
	gap := func(account string, kind reconcile.GapKind, id string, amount money.Amount) reconcile.Gap {
		return reconcile.Gap{Feed: "stripe", Account: account, Kind: kind, ID: id, Amount: amount}
	}
	gaps := []reconcile.Gap{
		gap("main", reconcile.GapUnknownObject, "txn_2", eur(500)),
		gap("second", reconcile.GapNoMovement, "ch_9", eur(-100)),
		gap("main", reconcile.GapDiffers, "txn_3", eur(-700)),
		gap("main", reconcile.GapUnknownObject, "txn_1", eur(100)),
		gap("main", reconcile.GapUnknownObject, "txn_4", usd(5)),
		gap("main", reconcile.GapUnknownObject, "txn_5", usd(-5)),
	}
	raised := reconcile.JudgeBalance(gaps)
	var got []string
	for _, e := range raised {
		got = append(got, e.CaseKey+": "+renderException(e))
	}
	want := []string{
		"balance/stripe/main/EUR: UNEXPLAINED -: expected 0.00 actual -1.00 difference -1.00 EUR",
		"balance/stripe/main/USD: UNEXPLAINED -: expected 0.00 actual 0.00 difference 0.00 USD",
		"balance/stripe/second/EUR: UNEXPLAINED -: expected 0.00 actual -1.00 difference -1.00 EUR",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if text := raised[0].Explanation; !strings.Contains(text, "2 × movement of an object that is not held (first txn_1), 1 object whose movements differ from it (txn_3)") {
		t.Errorf("the gaps are told as %q", text)
	}
	slices.Reverse(gaps)
	if diff := gocmp.Diff(raised, reconcile.JudgeBalance(gaps)); diff != "" {
		t.Errorf("the order of the gaps shows:\n%s", diff)
	}
	if raised := reconcile.JudgeBalance(nil); len(raised) != 0 {
		t.Errorf("no gaps raise %+v", raised)
	}
}

// Rows that could not be read: design §5, DATA_INVALID.
func TestRejections(t *testing.T) {
	facts := factsOf(told(order("A-1", reconcile.OrderPaid, storing("ch_1")), order("A-2", reconcile.OrderPaid, storing("ch_2")), order("B-2", reconcile.OrderPaid, storing("ch_2")),
		order("SHENZHEN-EXPO-2026-HALL-7-A", reconcile.OrderPaid)))
	tests := []struct {
		name string
		row  reconcile.Rejection
		want string // order reference
	}{
		{"whose id an order stores", unreadable("stripe", "charge", "ch_1", "X", ""), "A-1"},
		{"whose link an order stores", unreadable("stripe", "refund", "re_1", "", "ch_1"), "A-1"},
		{"that names an order", unreadable("stripe", "charge", "ch_9", "A-2", ""), "A-2"},
		{"that names an order cut off", unreadable("trustpayments", "auth", "1-9-1", "SHENZHEN-EXPO-2026-HALL-7", ""), "SHENZHEN-EXPO-2026-HALL-7-A"},
		{"whose id two orders store", unreadable("stripe", "charge", "ch_2", "X", ""), "X"},
		{"that names nothing", unreadable("stripe", "charge", "ch_9", "", ""), ""},
		{"of the shop", unreadable("shop", "order", "X", "X", ""), "X"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			raised := reconcile.JudgeRejections([]reconcile.Rejection{test.row}, facts, reconcile.DefaultPolicy())
			if len(raised) != 1 {
				t.Fatalf("%d exceptions for one row", len(raised))
			}
			e := raised[0]
			if e.Code != reconcile.DataInvalid || e.OrderReference != test.want || e.TransactionReference != test.row.ID || e.Feed != test.row.Feed || e.Account != "main" ||
				e.CaseKey != reconcile.CaseKeyOfRejection(test.row.Key) || !strings.Contains(e.Explanation, "unknown status") {
				t.Errorf("raised %+v, want order %q", e, test.want)
			}
		})
	}
}
