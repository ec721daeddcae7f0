package reports

import (
	"iter"
	"strings"
	"testing"
)

// page writes a day's HTML page and returns it.
func pageOf(t *testing.T, day Day) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatHTML, FormatCSV}, day); err != nil {
		t.Fatal(err)
	}
	return string(readFile(t, dir, day.FinanceDay, "tieout-"+day.FinanceDay+".html"))
}

// TestNoTextBecomesMarkup: whatever a provider or a shop wrote is text on the page.
func TestNoTextBecomesMarkup(t *testing.T) {
	hostile := `</td><script>alert("1")</script><a href='x' onclick=y>&amp;`
	day := busyDay(t)
	e := busyExceptions()[0]
	e.Code, e.Severity, e.Status, e.Feed, e.Account, e.OrderReference, e.Explanation, e.NextStep = hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile
	day.Exceptions = withoutErrors([]Exception{e})
	day.Feeds[0].Account, day.Feeds[2].Reason, day.Version = hostile, hostile, hostile
	got := pageOf(t, day)
	for _, markup := range []string{"<script", "<a href='x'", "onclick=y>"} {
		if strings.Contains(strings.ReplaceAll(got, "onclick=y&gt;", ""), markup) {
			t.Errorf("the page holds %s", markup)
		}
	}
	if n := strings.Count(got, "&lt;/td&gt;&lt;script&gt;alert("); n < 8 {
		t.Errorf("the text is there %d times", n)
	}
}

// TestLongTables: the page shows the beginning of a long table and says how long it is and where all of it is.
func TestLongTables(t *testing.T) {
	day := busyDay(t)
	day.Matched = withoutErrors(matchedRows(htmlRows + 1))
	got := pageOf(t, day)
	if !strings.Contains(got, "The first 200 of 201 rows. All are in the files of this report: csv.") {
		t.Error("the page does not say that there are more rows")
	}
	section := got[strings.Index(got, `<h2 id="matched">`):]
	section = section[:strings.Index(section, "</section>")]
	if n := strings.Count(section, "<tr>") - strings.Count(section[strings.Index(section, "<tfoot>"):], "<tr>") - 1; n != htmlRows {
		t.Errorf("%d rows are shown", n)
	}
}

// TestPageReadsLittle: of a million rows no more are read for the page than it shows.
func TestPageReadsLittle(t *testing.T) {
	day, read := emptyDay(t), 0
	day.Matched = counting(matchedRows(3*htmlRows), &read)
	pageOf(t, day)
	if want := 3*htmlRows + htmlRows + 1; read != want { // once for the files and the widths
		t.Errorf("%d rows were read, want %d", read, want)
	}
}

func counting[T any](rows []T, read *int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row := range withoutErrors(rows) {
			if *read++; !yield(row, nil) {
				return
			}
		}
	}
}
