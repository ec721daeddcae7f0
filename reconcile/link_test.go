package reconcile_test

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

// How a payment comes to an order: issue 2, item 7; design §5, "References".
func TestLinking(t *testing.T) {
	const cut, a, b = "SHENZHEN-EXPO-2026-HALL-7", "SHENZHEN-EXPO-2026-HALL-7-A", "SHENZHEN-EXPO-2026-HALL-7-B"
	paid := func(reference string, options ...func(*reconcile.Order)) reconcile.Order {
		return order(reference, reconcile.OrderPaid, options...)
	}
	ambiguous := "AMBIGUOUS 1-9-1: expected - actual 100.00 difference 100.00 EUR"
	run(t, []story{
		{
			name: "by the stored id of the charge, of its source, or of its PaymentIntent",
			told: told(paid("A-1", storing("ch_1")), charge("ch_1", "")),
			then: []moment{
				{now: noon, want: says("matched ch_1 by stored id")},
				{now: noon, told: told(paid("A-1", storing("src_1")), charge("ch_1", "", charging("src_1"))), want: says("matched ch_1 by stored id")},
			},
		},
		{
			name: "by the reference of its source",
			told: told(paid("A-1"), source("src_1", "A-1", reconcile.SourceConsumed), charge("ch_1", "", charging("src_1"))),
			then: []moment{{now: noon, want: says("matched ch_1 by source's reference")}},
		},
		{
			name: "the stored id beats the reference: the other order gets nothing",
			told: told(paid("A-1"), paid("B-2", storing("ch_1")), charge("ch_1", "A-1")),
			then: []moment{
				{now: noon, about: "order/B-2", want: says("matched ch_1 by stored id")},
				{now: noon.Add(day), about: "order/A-1", want: says("excepted", "MISSING_AT_PROVIDER -: expected 100.00 actual - difference -100.00 EUR")},
			},
		},
		{
			name: "an id that two orders store: the reference decides",
			told: told(paid("A-1", storing("ch_1")), paid("B-2", storing("ch_1")), charge("ch_1", "B-2")),
			then: []moment{
				{now: noon, about: "order/B-2", want: says("matched ch_1 by stored id")},
				{now: noon, about: "order/A-1", want: says("waiting", "review "+stamp(noon.Add(day)))},
			},
		},
		{
			name: "an id that two orders store: also a reference that was cut, if it fits one of them",
			told: told(paid(a, storing("1-9-1")), paid("B-2", storing("1-9-1")), auth("1-9-1", cut, "100")),
			then: []moment{{now: noon, about: "order/" + a, want: says("matched 1-9-1 by stored id")}},
		},
		{
			name: "an id that two orders store, and no reference to decide, is ambiguous, of whatever payment method",
			told: told(paid("A-1", storing("ch_1")), paid("B-2", storing("ch_1")), charge("ch_1", "", byCard)),
			then: []moment{
				{now: noon, about: "loose/stripe/main/ch_1", want: says("excepted", "AMBIGUOUS ch_1: expected - actual 100.00 difference 100.00 EUR")},
				{now: noon.Add(9 * day), about: "order/A-1", want: says("waiting")},
				{now: noon.Add(9 * day), about: "order/B-2", want: says("waiting")},
			},
		},
		{
			name: "a reference of 25 characters that one longer order begins with",
			told: told(paid(a), auth("1-9-1", cut, "100")),
			then: []moment{{now: noon, want: says("matched 1-9-1 by truncated reference")}},
		},
		{
			name: "a reference of 25 characters that two longer orders begin with is ambiguous, until one of them stores its id",
			told: told(paid(a), order(b, reconcile.OrderPending), auth("1-9-1", cut, "100")),
			then: []moment{
				{now: noon, about: "loose/trustpayments/main/1-9-1", want: says("excepted", ambiguous)},
				{now: noon.Add(9 * day), about: "order/" + a, want: says("waiting")},
				{now: noon.Add(9 * day), about: "order/" + b, want: says("waiting")},
				{now: noon, told: told(paid(a, storing("1-9-1"))), about: "order/" + a, want: says("matched 1-9-1 by stored id")},
			},
		},
		{
			name: "ambiguous money that was given back is not ambiguous any more, nor is an attempt without money",
			told: told(paid(a), paid(b), auth("1-9-1", cut, "100"), back("2-9-1", "1-9-1", eur(10000), noon)),
			then: []moment{
				{now: noon, about: "loose/trustpayments/main/1-9-1", want: says("closed")},
				{now: noon, told: told(auth("1-9-1", cut, "3"), turned(back("2-9-1", "1-9-1", eur(10000), noon), reconcile.RefundCanceled)), about: "loose/trustpayments/main/1-9-1", want: says("closed")},
				{now: noon.Add(day), about: "order/" + a, want: says("excepted", "MISSING_AT_PROVIDER -: expected 100.00 actual - difference -100.00 EUR")},
			},
		},
		{
			name: "an exact fit beats a truncated one",
			told: told(paid(cut), paid(a), auth("1-9-1", cut, "100")),
			then: []moment{{now: noon, about: "order/" + cut, want: says("matched 1-9-1 by reference")}},
		},
		{
			name: "Stripe never cuts references",
			told: told(paid(a), charge("ch_1", cut)),
			then: []moment{{now: noon.Add(time.Hour), about: "loose/stripe/main/ch_1", want: says("excepted", "MISSING_ORDER ch_1: expected - actual 100.00 difference 100.00 EUR")}},
		},
		{
			name: "the cut is at 25 characters, not bytes",
			told: told(paid("广州交易会二〇二六年春季第七馆门票订单一二三四五六七八"), auth("1-9-1", "广州交易会二〇二六年春季第七馆门票订单一二三四五六", "100")),
			then: []moment{{now: noon, want: says("matched 1-9-1 by truncated reference")}},
		},
		{
			name: "references are compared byte for byte",
			told: told(paid("A-1"), charge("ch_1", "a-1"), charge("ch_2", "A 1"), charge("ch_3", "A-1 ")),
			then: []moment{
				{now: noon.Add(time.Hour), about: "order/A-1", want: says("waiting", "review "+stamp(noon.Add(day)))},
				{now: noon.Add(time.Hour), about: "loose/stripe/main/ch_1", want: says("excepted", "MISSING_ORDER ch_1: expected - actual 100.00 difference 100.00 EUR")},
				{now: noon.Add(time.Hour), about: "loose/stripe/main/ch_3", want: says("excepted", "MISSING_ORDER ch_3: expected - actual 100.00 difference 100.00 EUR")},
			},
		},
		{
			name: "never by the amount",
			told: told(paid("A-1"), charge("ch_1", "")),
			then: []moment{{now: noon, about: "order/A-1", want: says("waiting", "review "+stamp(noon.Add(day)))}},
		},
	})
}

// What a person reads: design §5, "References".
func TestExplanations(t *testing.T) {
	tests := []struct {
		name  string
		about string
		told  []reconcile.Record
		want  string
	}{
		{
			name: "a near miss is named and not matched", about: "loose/stripe/main/ch_1",
			told: told(order("A-1", reconcile.OrderPaid), order("A_1", reconcile.OrderPaid), order("A-12", reconcile.OrderPaid), charge("ch_1", " a1")),
			want: `for order " a1", which the shop does not have; it has "A-1", "A_1", which is only near and not matched`,
		},
		{
			name: "what is not near is not named", about: "loose/stripe/main/ch_1",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-2")),
			want: `for order "A-2", which the shop does not have.`,
		},
		{
			name: "a payment that names nothing is near to nothing", about: "loose/stripe/main/ch_1",
			told: told(order("--", reconcile.OrderPaid), charge("ch_1", "")),
			want: "(ch_1) and names no order.",
		},
		{
			name: "the stored id and the reference disagree", about: "order/B-2",
			told: told(order("A-1", reconcile.OrderPaid), order("B-2", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "A-1")),
			want: "the provider's object names order A-1, the stored id is on order B-2: the stored id counts",
		},
		{
			name: "the stored id and no reference disagree about nothing", about: "order/A-1",
			told: told(order("A-1", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "")),
			want: "(ch_1, linked by stored id) and",
		},
		{
			name: "the stored id and a reference that was cut off disagree about nothing", about: "order/SHENZHEN-EXPO-2026-HALL-7-A",
			told: told(order("SHENZHEN-EXPO-2026-HALL-7-A", reconcile.OrderPaid, storing("1-9-1")), auth("1-9-1", "SHENZHEN-EXPO-2026-HALL-7", "100")),
			want: "(1-9-1, linked by stored id) and",
		},
		{
			name: "why a refund failed", about: "order/A-1",
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), func() reconcile.Refund {
				r := turned(refund("re_1", "ch_1", eur(1), noon), reconcile.RefundFailed)
				r.Reason = "expired_or_canceled_card"
				return r
			}()),
			want: "failed at Stripe (expired_or_canceled_card).",
		},
		{
			name: "an id is stored twice", about: "order/B-2",
			told: told(order("A-1", reconcile.OrderPaid, storing("ch_1")), order("B-2", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "B-2")),
			want: "the id is also stored on A-1",
		},
		{
			name: "which orders fit equally", about: "loose/stripe/main/ch_1",
			told: told(order("B-2", reconcile.OrderPaid, storing("ch_1")), order("A-1", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "")),
			want: "fits 2 orders equally: A-1, B-2.",
		},
		{
			name: "what a missing payment has instead", about: "order/A-1",
			told: told(order("A-1", reconcile.OrderPaid), intent("pi_1", "A-1", reconcile.SourcePending)),
			want: "no successful payment for it (pi_1 is pending)",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := judgeAt(t, moment{now: noon.Add(2 * day), about: test.about}, test.told)
			if !strings.Contains(v.Reason, test.want) {
				t.Errorf("%q does not say %q", v.Reason, test.want)
			}
		})
	}
}

// Rows that could not be read: design §5, DATA_INVALID, "that order is not touched".
func TestUnreadableRows(t *testing.T) {
	late := noon.Add(9 * day)
	paid := order("A-1", reconcile.OrderPaid, storing("ch_1"))
	run(t, []story{
		{
			name: "an order is not missing its payment while a row names it, its stored id, or the payment's link",
			told: told(paid),
			then: []moment{
				{now: late, told: told(unreadable("stripe", "charge", "ch_1", "", "")), want: says("waiting")},
				{now: late, told: told(unreadable("stripe", "charge", "ch_1", "A-1", "")), want: says("waiting")},
				{now: late, told: told(unreadable("stripe", "charge", "ch_1", "", "ch_1")), want: says("waiting")},
			},
		},
		{
			name: "an order is not missing its payment while a cut reference may be its",
			told: told(order("SHENZHEN-EXPO-2026-HALL-7-A", reconcile.OrderPaid), unreadable("trustpayments", "auth", "1-9-1", "SHENZHEN-EXPO-2026-HALL-7", "")),
			then: []moment{{now: late, want: says("waiting")}},
		},
		{
			name: "a payment is not missing its order while a row of the shop carries its reference, whole or longer, or stores its id",
			told: told(auth("1-9-1", "SHENZHEN-EXPO-2026-HALL-7", "100")),
			then: []moment{
				{now: late, want: says("excepted", "MISSING_ORDER 1-9-1: expected - actual 100.00 difference 100.00 EUR")},
				{now: late, told: told(unreadable("shop", "order", "X", "SHENZHEN-EXPO-2026-HALL-7", "")), want: says("waiting")},
				{now: late, told: told(unreadable("shop", "order", "X", "SHENZHEN-EXPO-2026-HALL-7-A", "")), want: says("waiting")},
				{now: late, told: told(unreadable("shop", "order", "X", "B-2", "1-9-1")), want: says("waiting")},
				{now: late, told: told(unreadable("shop", "order", "X", "B-2", "")), want: says("excepted", "MISSING_ORDER 1-9-1: expected - actual 100.00 difference 100.00 EUR")},
			},
		},
		{
			name: "a payment that names nothing is not named by a row that names nothing",
			told: told(charge("ch_1", ""), unreadable("shop", "order", "X", "", "")),
			then: []moment{{now: late, want: says("excepted", "MISSING_ORDER ch_1: expected - actual 100.00 difference 100.00 EUR")}},
		},
		{
			name: "a payment whose source the unreadable order stores is not missing it",
			told: told(charge("ch_1", "", charging("src_1")), unreadable("shop", "order", "A-1", "A-1", "src_1")),
			then: []moment{{now: late, want: says("waiting")}},
		},
		{
			name: "a refund is neither unrecorded nor missing while a row about its payment or order cannot be read",
			told: told(paid, charge("ch_1", ""), refund("re_1", "ch_1", eur(4000), noon), recorded("rr_1", "A-1", eur(3000), noon)),
			then: []moment{
				{now: late, told: told(unreadable("shop", "refund", "rr_9", "A-1", "")), want: says("waiting ch_1 by stored id")},
				{now: late, told: told(unreadable("shop", "refund", "rr_9", "", ""), unreadable("stripe", "refund", "re_9", "", "ch_1")), want: says("waiting ch_1 by stored id")},
			},
		},
		{
			name: "what is there is judged all the same",
			told: told(order("A-1", reconcile.OrderCanceled), charge("ch_1", "A-1"), unreadable("stripe", "event", "evt_1", "", "ch_1")),
			then: []moment{{now: noon, want: says("excepted ch_1 by reference",
				"PAID_AFTER_CANCEL ch_1: expected 0.00 actual 100.00 difference 100.00 EUR due "+stamp(noon.Add(90*day)),
				"owed 100.00 EUR of ch_1: paid after cancel , needs a person", "review "+stamp(noon.Add(76*day)))}},
		},
	})
}

// Feed, account and references of an exception, and the keys of cases.
func TestWhoseAndWhere(t *testing.T) {
	v := judgeAt(t, moment{now: noon.Add(2 * day)}, told(charge("ch_1", "B-9", charging("src_1"))))
	want := reconcile.Exception{CaseKey: "loose/stripe/main/src_1", Feed: "stripe", Account: "main", OrderReference: "B-9", TransactionReference: "ch_1"}
	got := v.Exceptions[0]
	got = reconcile.Exception{CaseKey: got.CaseKey, Feed: got.Feed, Account: got.Account, OrderReference: got.OrderReference, TransactionReference: got.TransactionReference}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	v = judgeAt(t, moment{now: noon.Add(2 * day)}, told(order("A-1", reconcile.OrderPaid)))
	if e := v.Exceptions[0]; e.CaseKey != "order/A-1" || e.Feed != "stripe" || e.Account != "main" || e.OrderReference != "A-1" {
		t.Errorf("a missing payment is told of %s %s, order %s, case %s", e.Feed, e.Account, e.OrderReference, e.CaseKey)
	}
	references, loose := reconcile.SplitCaseKeys([]string{"order/A/1", "loose/stripe/main/src_1", "payout/stripe/main/po_1"})
	if diff := gocmp.Diff([][]string{{"A/1"}, {"loose/stripe/main/src_1"}}, [][]string{references, loose}); diff != "" {
		t.Error(diff)
	}
	if key := reconcile.ParseLooseKey("loose/stripe/main/a/b"); key != (reconcile.Key{Feed: "stripe", Account: "main", ID: "a/b"}) {
		t.Errorf("the loose case is of %v", key)
	}
	if key := reconcile.ParseLooseKey("loose/x"); key != (reconcile.Key{Feed: "x"}) {
		t.Errorf("a key with too few parts is of %v", key)
	}
}
