package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeadline(t *testing.T) {
	exception := func(severity string, reference string, amount int64) Exception {
		return Exception{Code: "MISSING_ORDER", Severity: severity, TransactionReference: reference, Currency: "EUR", Actual: ptr(eur(amount)), FirstSeen: asOf}
	}
	tests := map[string]struct {
		change func(*Day)
		want   string
		ties   bool
	}{
		"nothing open": {func(*Day) {}, "Everything ties out.", true},
		"waiting is no exception": {
			func(d *Day) { d.Totals = []ControlTotal{{Currency: "EUR", Cases: 1200, Waiting: Tally{Count: 1200}}} },
			"Everything ties out.\n1,200 waiting inside the grace, which is no exception.", true},
		"one critical exception": {
			func(d *Day) { d.Exceptions = withoutErrors([]Exception{exception("critical", "ch_1", 123456)}) },
			"1 exception needs a person and is critical; largest 1,234.56 EUR (MISSING_ORDER ch_1).", false},
		"one exception about no amount": {
			func(d *Day) { d.Exceptions = withoutErrors([]Exception{{Code: "DATA_INVALID", Severity: "low"}}) },
			"1 exception needs a person, none critical.", false},
		"the largest is found": {
			func(d *Day) {
				d.Exceptions = withoutErrors([]Exception{exception("high", "ch_1", 1), exception("critical", "ch_2", 300), exception("high", "ch_3", 20)})
			},
			"3 exceptions need a person, 1 of them critical; largest 3.00 EUR (MISSING_ORDER ch_2).", false},
		"never complete": {
			func(d *Day) {
				d.Feeds = append(d.Feeds, FeedState{Feed: "trustpayments", Account: "s1", Reason: "401"})
			},
			"Incomplete: trustpayments s1 was never complete (401).", false},
		"incomplete since": {
			func(d *Day) { d.Feeds = []FeedState{{Feed: "shop", CompleteThrough: daysAgo(1)}} },
			"Incomplete: shop is complete only through 2026-03-09 23:59 Europe/Berlin.", false},
		"rejected rows": {
			func(d *Day) { d.Totals = []ControlTotal{{Cases: 1, Rejected: 1}} }, "1 row could not be read.", false},
		"cases that came out nowhere": {
			func(d *Day) {
				d.Totals = []ControlTotal{{Feed: "shop", Currency: "EUR", Cases: 9, Matched: Tally{Count: 9}}, {Feed: "stripe", Account: "main", Currency: "EUR", Cases: 5, Matched: Tally{Count: 3}, NothingDue: 1}}
			}, "The control totals do not add up: stripe main EUR has 5 cases in and 4 accounted for.", false},
		"orders that nobody judged": {
			func(d *Day) {
				d.Totals = []ControlTotal{{Feed: "shop", Account: "shop", Currency: "EUR", Cases: 9, Unjudged: 1, Matched: Tally{Count: 8}}}
			}, "1 order was not judged. The control totals do not add up: shop shop EUR has 9 cases in and 8 accounted for.", false},
		"orders in two currencies that nobody judged": {
			func(d *Day) {
				d.Totals = []ControlTotal{{Feed: "shop", Currency: "EUR", Cases: 1200, Unjudged: 1200}, {Feed: "shop", Currency: "JPY", Cases: 1, Unjudged: 1}}
			}, "1,201 orders were not judged. The control totals do not add up: shop EUR has 1200 cases in and 0 accounted for; shop JPY has 1 cases in and 0 accounted for.", false},
		"unexplained, though no exception stands": {
			func(d *Day) {
				d.TieOut = []TieOutRow{
					{Feed: "stripe", Account: "main", Line: LineUnexplained, To: asOf, Count: ptr(3), Amount: ptr(eur(-123456))},
					{Feed: "stripe", Account: "main", Line: LineUnexplained, To: asOf, Count: ptr(2), Amount: ptr(jpy(0))},
					{Feed: "stripe", Account: "main", Line: LineUnexplained + ": of it", To: asOf, Count: ptr(2), Amount: ptr(jpy(9))},
				}
			}, "Unexplained in the tie-out: stripe main -1,234.56 EUR; stripe main 0 JPY.", false},
		"unexplained on an earlier day, or not known": {
			func(d *Day) {
				d.TieOut = []TieOutRow{
					{Line: LineUnexplained, To: daysAgo(1), Count: ptr(1), Amount: ptr(eur(5))}, {Line: LineUnexplained, To: asOf, Count: ptr(0), Amount: ptr(eur(0))},
					{Line: LineUnexplained, To: asOf},
				}
			}, "Everything ties out.", true},
		"steps that failed": {
			func(d *Day) { d.Failed = []string{"fetch", "reconcile"} },
			"Failed in this run: fetch, reconcile. The figures may be those of an earlier run.", false},
		"out of scope stands against nothing": {
			func(d *Day) {
				d.Totals = []ControlTotal{{Currency: "EUR", Cases: 1201, Waiting: Tally{Count: 1}, OutOfScope: Tally{Count: 1200}}}
			},
			"Everything ties out.\n1 waiting inside the grace, which is no exception.\n1,200 out of scope: of payment methods or providers that are not looked after.", true},
		"no feed at all": {
			func(d *Day) { d.Feeds = nil }, "No feed was read, so nothing can be said to tie out.", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			day := emptyDay(t)
			test.change(&day)
			found := must[digest](t)(digestExceptions(day))
			got, ties := headline(day, found)
			if got != test.want || ties != test.ties {
				t.Errorf("headline is %q, %t; want %q, %t", got, ties, test.want, test.ties)
			}
		})
	}
}

func TestHeadlineNamesThreeCurrencies(t *testing.T) {
	var open []Exception
	for _, currency := range []string{"USD", "EUR", "JPY", "GBP", "CNY"} {
		amount := eur(100)
		amount.Currency = currency
		open = append(open, Exception{Code: "UNEXPLAINED", OrderReference: "A", Difference: &amount})
	}
	day := emptyDay(t)
	day.Exceptions = withoutErrors(open)
	got, _ := headline(day, must[digest](t)(digestExceptions(day)))
	want := "5 exceptions need a person, none critical; largest 1.00 CNY (UNEXPLAINED A), 1.00 EUR (UNEXPLAINED A), 1.00 GBP (UNEXPLAINED A) and 2 other currencies."
	if got != want {
		t.Errorf("headline is\n%s, want\n%s", got, want)
	}
}

// Surplus and lack do not cancel out, currencies are kept apart, and the gravest severity and oldest step stand.
func TestExceptionsByCode(t *testing.T) {
	day := emptyDay(t)
	day.Exceptions = withoutErrors([]Exception{
		{Code: "REFUND_WINDOW_CLOSING", Severity: "medium", Currency: "EUR", Actual: ptr(eur(500)), FirstSeen: daysAgo(2), NextStep: "newer"},
		{Code: "REFUND_WINDOW_CLOSING", Severity: "critical", Currency: "EUR", Actual: ptr(eur(100)), FirstSeen: daysAgo(9), NextStep: "oldest"},
		{Code: "AMOUNT_MISMATCH", Severity: "high", Currency: "EUR", Expected: ptr(eur(900)), Difference: ptr(eur(-200)), FirstSeen: daysAgo(1)},
		{Code: "AMOUNT_MISMATCH", Severity: "high", Currency: "EUR", Expected: ptr(eur(900)), Difference: ptr(eur(200)), FirstSeen: daysAgo(1)},
		{Code: "AMOUNT_MISMATCH", Severity: "high", Currency: "JPY", Difference: ptr(jpy(7)), FirstSeen: daysAgo(1)},
		{Code: "DATA_INVALID", Severity: "strange", FirstSeen: daysAgo(1)},
	})
	found := must[digest](t)(digestExceptions(day))
	want := []codeLine{
		{severity: "critical", code: "REFUND_WINDOW_CLOSING", currency: "EUR", count: 2, amount: eur(600), oldest: daysAgo(9), nextStep: "oldest"},
		{severity: "high", code: "AMOUNT_MISMATCH", currency: "EUR", count: 2, amount: eur(400), oldest: daysAgo(1)},
		{severity: "high", code: "AMOUNT_MISMATCH", currency: "JPY", count: 1, amount: jpy(7), oldest: daysAgo(1)},
		{severity: "strange", code: "DATA_INVALID", count: 1, oldest: daysAgo(1)},
	}
	if diff := cmp.Diff(want, found.lines, cmp.AllowUnexported(codeLine{})); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAgesAndBuckets(t *testing.T) {
	tests := []struct {
		old    time.Duration
		age    int64
		bucket string
	}{
		{-time.Hour, 0, "0-1 days"},
		{0, 0, "0-1 days"},
		{24*time.Hour - time.Nanosecond, 0, "0-1 days"},
		{2*24*time.Hour - time.Second, 1, "0-1 days"},
		{2 * 24 * time.Hour, 2, "2-3 days"},
		{4 * 24 * time.Hour, 4, "4-7 days"},
		{8*24*time.Hour - time.Second, 7, "4-7 days"},
		{8 * 24 * time.Hour, 8, "8-14 days"},
		{15 * 24 * time.Hour, 15, "15-30 days"},
		{31 * 24 * time.Hour, 31, "31-60 days"},
		{61 * 24 * time.Hour, 61, "61-90 days"},
		{90 * 24 * time.Hour, 90, "61-90 days"},
		{91 * 24 * time.Hour, 91, "90+ days"},
	}
	for _, test := range tests {
		got := age(asOf.Add(-test.old), asOf)
		if name := buckets[bucketOf(got)].name; got != test.age || name != test.bucket {
			t.Errorf("%s old: %d days in %q, want %d in %q", test.old, got, name, test.age, test.bucket)
		}
	}
}

func TestExceptionsByAge(t *testing.T) {
	day := emptyDay(t)
	day.Exceptions = withoutErrors([]Exception{
		{Severity: "low", FirstSeen: daysAgo(200)}, {Severity: "critical", FirstSeen: daysAgo(1)}, {Severity: "critical", FirstSeen: daysAgo(5)},
		{Severity: "strange", FirstSeen: daysAgo(2)}, {Severity: "critical", FirstSeen: daysAgo(-1)}, {Severity: "low", FirstSeen: daysAgo(90)},
	})
	want := []ageingLine{
		{severity: "critical", counts: [8]int64{0: 2, 2: 1}},
		{severity: "low", counts: [8]int64{6: 1, 7: 1}},
		{severity: "strange", counts: [8]int64{1: 1}},
	}
	found := must[digest](t)(digestExceptions(day))
	if diff := cmp.Diff(want, found.ageing, cmp.AllowUnexported(ageingLine{})); diff != "" {
		t.Errorf("ageing (-want +got):\n%s", diff)
	}
}

func TestDaysLeftAreNegativeOnceTheWindowIsOver(t *testing.T) {
	for left, want := range map[time.Duration]int64{36 * time.Hour: 1, time.Second: 0, 0: 0, -time.Second: -1, -25 * time.Hour: -2} {
		if got := wholeDays(asOf, asOf.Add(left)); got != want {
			t.Errorf("%s left are %d days, want %d", left, got, want)
		}
	}
}

func TestWrappedLines(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  int
	}{
		{"", 10, 1}, {"one", 10, 1}, {"one two three", 10, 2}, {"one two three", 13, 1}, {"a\nb\nc", 10, 3},
		{strings.Repeat("n", 30), 10, 3}, {strings.Repeat("n", 31) + " n", 10, 4}, {strings.Repeat("i", 20), 10, 1}, {strings.Repeat("W", 10), 10, 2}, {"订单订单订单", 10, 2},
	}
	for _, test := range tests {
		if got := wrappedLines(test.text, test.width); got != test.want {
			t.Errorf("%q in %d characters takes %d lines, want %d", test.text, test.width, got, test.want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for decimal, want := range map[string]string{"0": "0", "999.50": "999.50", "1000": "1,000", "-1234567.890": "-1,234,567.890", "-100": "-100"} {
		if got := grouped(decimal); got != want {
			t.Errorf("%s is grouped as %s, want %s", decimal, got, want)
		}
	}
}

func TestAmountFormats(t *testing.T) {
	for digits, want := range map[int]string{0: "#,##0_)", 2: "#,##0.00_)", 3: "#,##0.000_)"} {
		if got := amountFormat(digits, ""); got != want {
			t.Errorf("%d decimals are shown by %s, want %s", digits, got, want)
		}
	}
	if got, want := amountFormat(3, " KWD"), `#,##0.000" KWD"_)`; got != want {
		t.Errorf("another currency is shown by %s, want %s", got, want)
	}
}
