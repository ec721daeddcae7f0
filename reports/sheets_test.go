package reports

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// The exceptions that stood at the last report, with the new and the reopened, less the resolved, are those that stand now.
func TestExceptionsFromReportToReport(t *testing.T) {
	day := busyDay(t)
	found := must[digest](t)(digestDay(day))
	got := map[string][5]int64{}
	for _, l := range found.flow {
		got[l.severity] = [5]int64{l.before(), l.added, l.reopened, l.closed, l.now}
	}
	want := map[string][5]int64{"critical": {2, 0, 0, 0, 2}, "high": {2, 0, 1, 1, 2}, "medium": {1, 0, 0, 0, 1}, "low": {0, 1, 0, 0, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("before, new, reopened, resolved, now (-want +got):\n%s", diff)
	}
	day.Since = time.Time{}
	if first := must[digest](t)(digestDay(day)); first.flow != nil {
		t.Errorf("the first report compares with none, and says %v", first.flow)
	}
}

func TestAges(t *testing.T) {
	day := emptyDay(t)
	day.Ageing = withoutErrors([]AgeingRow{
		{Amount: eur(1000), StartedAt: daysAgo(1)}, {Amount: eur(3000), StartedAt: daysAgo(20)}, {Amount: eur(0), StartedAt: daysAgo(100)}, {Amount: jpy(7), StartedAt: daysAgo(3)},
	})
	found := must[digest](t)(digestDay(day))
	if len(found.unsettled) != 2 {
		t.Fatalf("%d currencies, want 2", len(found.unsettled))
	}
	euros := found.unsettled[0]
	if diff := cmp.Diff([len(buckets)]int64{0: 1, 4: 1, 7: 1}, euros.counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([len(buckets)]money.Amount{0: eur(1000), 4: eur(3000), 7: eur(0)}, euros.amounts); diff != "" {
		t.Errorf("amounts (-want +got):\n%s", diff)
	}
	if average, byAmount := euros.average().number, euros.byAmount().number; average != 40 || byAmount != 15 {
		t.Errorf("on average %d days, %d by amount; want 40 and 15", average, byAmount)
	}
	if cell := (agedLine{}).byAmount(); cell.set {
		t.Errorf("the average age of no money is %d", cell.number)
	}
}

// Thirty days at 2.9 % and 0.30 each lead to expect the same of the next, whatever its amounts; a fee for more stands out.
func TestFeesAreHeldAgainstTheDaysBefore(t *testing.T) {
	days := func(n int, next FeeDay) []FeeDay {
		var rows []FeeDay
		for i := range n {
			count, gross := 1+i%7, int64(3000+i*i*171%9000)
			rows = append(rows, FeeDay{FinanceDay: fmt.Sprintf("2026-02-%02d", i+1), Count: count, Gross: eur(gross), Fee: eur(29*gross/1000 + int64(30*count))})
		}
		next.FinanceDay = "2026-03-09"
		return append(rows, next)
	}
	tests := map[string]struct {
		rows []FeeDay
		want string
	}{
		"one large payment":      {days(28, FeeDay{Count: 1, Gross: eur(1000000), Fee: eur(29030)}), "usual"},
		"many small ones":        {days(28, FeeDay{Count: 200, Gross: eur(20000), Fee: eur(6580)}), "usual"},
		"a tenth of a percent":   {days(28, FeeDay{Count: 1, Gross: eur(1000000), Fee: eur(30030)}), feesAbove},
		"five cents less apiece": {days(28, FeeDay{Count: 200, Gross: eur(20000), Fee: eur(5580)}), feesBelow},
		"six days before":        {days(6, FeeDay{Count: 1, Gross: eur(100), Fee: eur(99)}), "not known: 6 of 7 days"},
		"nothing that day":       {days(28, FeeDay{}), ""},
	}
	for name, test := range tests {
		got := ""
		for _, line := range feeLines(test.rows, "2026-03-09") {
			got = line.judgement()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// What a provider bills apart has no amount behind it; days that are all alike tell only the share.
func TestFeesThatDoNotTellTwoParts(t *testing.T) {
	rows := func(gross, fee int64) (list []FeeDay) {
		for i := range 8 {
			list = append(list, FeeDay{FinanceDay: fmt.Sprintf("2026-03-%02d", i+1), Count: 2, Gross: eur(gross), Fee: eur(fee)})
		}
		return list
	}
	for name, list := range map[string][]FeeDay{"no amount": rows(0, 400), "all alike": rows(10000, 350)} {
		lines := feeLines(list, "2026-03-08")
		if len(lines) != 1 || lines[0].expected != list[0].Fee.Minor || lines[0].judgement() != "usual" {
			t.Errorf("%s: %+v", name, lines)
		}
	}
}

func TestAccountsJoinTotalsAndStatements(t *testing.T) {
	day := busyDay(t)
	earlier := slices.Clone(day.TieOut[:1])
	earlier[0].Amount, earlier[0].To = ptr(eur(470000)), earlier[0].From
	day.TieOut = append(earlier, day.TieOut...)
	lines := accountLines(day)
	var got []string
	for _, l := range lines {
		got = append(got, strings.Join([]string{l.Feed, l.Account, l.Currency, figureOf(l.opening), figureOf(l.closing), figureOf(l.unexplained), fmt.Sprint(l.Matched.Count, "/", l.due())}, " "))
	}
	want := []string{
		"stripe main EUR 4700.00 2190.00 -18.00 1090/1103", "stripe main JPY    60/61", "trustpayments main KWD 500.000 219.000  0/0",
		"trustpayments site_70210 EUR    30/35", "trustpayments site_70210 KWD    0/1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func figureOf(a *money.Amount) string {
	if a == nil {
		return ""
	}
	return a.Decimal()
}

func TestLostRowsAreSaid(t *testing.T) {
	day := emptyDay(t)
	day.Inputs = []Input{{Feed: "stripe", Account: "main", Kind: "charge", Read: 5, Stored: 3, Rejected: 1}, {Feed: "shop", Account: "shop", Kind: "order", Read: 2, Stored: 2}}
	sentence, ties := headline(day, digest{})
	if want := "Rows do not add up: of stripe main charge, 5 were shown and 4 are kept or rejected."; sentence != want || ties {
		t.Errorf("headline is %q, %t; want %q", sentence, ties, want)
	}
}

// A person decides in three columns at the right: two have a list to choose from, on every row of data and no other.
func TestDecisionsAreChosenFromLists(t *testing.T) {
	w := realWriter()
	w.sheetRows = 9 // so that the exceptions go on on a second sheet
	file := openWorkbook(t, w, busyDay(t))
	var got []string
	for _, sheet := range []string{"Exceptions", "Exceptions (2)", "Matched"} {
		for _, choice := range must[[]*excelize.DataValidation](t)(file.GetDataValidations(sheet)) {
			got = append(got, sheet+" "+choice.Sqref+" "+choice.Formula1)
		}
	}
	var reasons []string
	for _, reason := range reconcile.Reasons() {
		reasons = append(reasons, string(reason))
	}
	lists := []string{`"acknowledge,resolve"`, `"` + strings.Join(reasons, ",") + `"`}
	want := []string{"Exceptions R2:R6 " + lists[0], "Exceptions S2:S6 " + lists[1], "Exceptions (2) R2:R2 " + lists[0], "Exceptions (2) S2:S2 " + lists[1]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
	if visible := must[bool](t)(file.GetColVisible("Exceptions", "V")); visible {
		t.Error("the column of states is seen")
	}
}

func TestTheSummarySaysWhichSheetsGoOn(t *testing.T) {
	w := realWriter()
	w.sheetRows = 9
	day := emptyDay(t)
	day.Matched = withoutErrors(matchedRows(10))
	if got, want := must[string](t)(openWorkbook(t, w, day).GetCellValue("Summary", "A4")), "Too long for one sheet: Matched goes on on Matched (2), Matched (3)."; got != want {
		t.Errorf("the summary says %q, want %q", got, want)
	}
}

// The charts read cells that hold what they are said to show.
func TestCharts(t *testing.T) {
	file := openWorkbook(t, realWriter(), busyDay(t))
	reference := regexp.MustCompile(`<(?:c:)?f>([^<]*)</`)
	var got []string
	for _, part := range []string{"xl/charts/chart1.xml", "xl/charts/chart2.xml"} {
		content, ok := file.Pkg.Load(part)
		if !ok {
			t.Fatalf("there is no %s", part)
		}
		var series []string // name, categories and values of one after the other
		for _, found := range reference.FindAllSubmatch(content.([]byte), -1) {
			series = append(series, shown(t, file, html.UnescapeString(string(found[1]))))
		}
		for one := range slices.Chunk(series, 3) {
			got = append(got, strings.Join(one, " | "))
		}
	}
	const ages = "0-1 days 2-3 days 4-7 days 8-14 days 15-30 days 31-60 days 61-90 days 90+ days"
	const days = "2026-03-08 2026-03-09 2026-03-10"
	want := []string{
		"critical | " + ages + " | 0 1 0 1 0 0 0 0", "high | " + ages + " | 2 0 0 0 0 0 0 0", "medium | " + ages + " | 0 1 0 0 0 0 0 0", "low | " + ages + " | 1 0 0 0 0 0 0 0",
		"Settled | " + days + " | 31 16 0", "Not settled | " + days + " | 0 12 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
}

// shown is what the cells of a reference hold.
func shown(t *testing.T, file *excelize.File, reference string) string {
	t.Helper()
	sheet, cells, ok := strings.Cut(reference, "!")
	if !ok {
		t.Fatalf("%q names no sheet", reference)
	}
	first, last, ranged := strings.Cut(strings.ReplaceAll(cells, "$", ""), ":")
	if !ranged {
		last = first
	}
	fromColumn, fromRow, _ := excelize.CellNameToCoordinates(first)
	toColumn, toRow, _ := excelize.CellNameToCoordinates(last)
	var values []string
	for row := fromRow; row <= toRow; row++ {
		for column := fromColumn; column <= toColumn; column++ {
			values = append(values, must[string](t)(file.GetCellValue(strings.Trim(sheet, "'"), cellName(column-1, row), excelize.Options{RawCellValue: true})))
		}
	}
	return strings.Join(values, " ")
}

// The quotient of minor units is the double nearest to the decimal, and so is the long way round.
func TestAmountsAreTheNearestNumbers(t *testing.T) {
	for _, minor := range []int64{0, 1, -1, 10, 29, 1 << 52, 1<<53 - 1, -(1<<53 - 1), 1 << 53, 1<<62 + 12345} {
		for _, currency := range []string{"JPY", "EUR", "KWD"} {
			amount := money.Amount{Minor: minor, Currency: currency}
			digits, _ := money.Exponent(currency)
			if got, want := excelNumber(amount, digits), number(t, amount.Decimal()); got != want {
				t.Errorf("%s is %v, want %v", amount, got, want)
			}
		}
	}
}

// A column is as wide as its widest cell, though not each is measured.
func TestTheWidestCellIsMeasured(t *testing.T) {
	rows := [][]money.Amount{{eur(5)}, {eur(-123456)}, {eur(99)}, {eur(100)}, {jpy(1234567890)}, {eur(-5)}, {kwd(1)}, {eur(98765432100)}, {eur(7)}}
	list := make([]TieOutRow, len(rows))
	widest := 0
	for i, row := range rows {
		list[i] = TieOutRow{Currency: "EUR", Amount: &row[0]}
		widest = max(widest, displayWidth(amountCell(row[0]).display(kindAmount)+foreign(amountCell(row[0]), "EUR")))
	}
	table := tieOutTable(Day{TieOut: list})
	found := must[survey](t)(surveyTable(table, func([]cell) error { return nil }))
	at := slices.IndexFunc(table.columns, func(c column) bool { return c.key == "amount" })
	if found.widths[at] != widest {
		t.Errorf("the column is %d wide, want %d", found.widths[at], widest)
	}
}
