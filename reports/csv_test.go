package reports

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata from what the code gives now")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), -update accepts it:\n%s", path, diff)
	}
}

func readFile(t *testing.T, elements ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var csvFiles = []string{
	"ageing.csv", "canceled_orders.csv", "changes.csv", "exceptions.csv", "feeds.csv", "fees.csv", "inputs.csv", "matched.csv", "payouts.csv", "refund_window.csv",
	"settlement_ageing.csv", "settling.csv", "summary.csv", "tie_out.csv",
}

func TestCSVGolden(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatCSV}, busyDay(t)); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, name := range csvFiles {
		got.WriteString("-- " + name + " --\n")
		got.Write(readFile(t, dir, "2026-03-10", name))
	}
	golden(t, "busy.csv.txt", bytes.ReplaceAll(got.Bytes(), []byte("\r\n"), []byte("\n")))
}

func TestCSVIsRFC4180(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatCSV}, busyDay(t)); err != nil {
		t.Fatal(err)
	}
	for _, name := range csvFiles {
		content := readFile(t, dir, "2026-03-10", name)
		if bytes.HasPrefix(content, []byte("\xef\xbb\xbf")) {
			t.Errorf("%s begins with a byte order mark", name)
		}
		if lines, ends := bytes.Count(content, []byte("\n")), bytes.Count(content, []byte("\r\n")); lines != ends || !bytes.HasSuffix(content, []byte("\r\n")) {
			t.Errorf("%s has %d line ends of which %d are CRLF", name, lines, ends)
		}
		if _, err := csv.NewReader(bytes.NewReader(content)).ReadAll(); err != nil {
			t.Errorf("%s does not read back: %v", name, err)
		}
	}
}

// The header is the contract of design §5, written out here once more so that a change of it is noticed.
func TestExceptionsHeader(t *testing.T) {
	const want = "code,severity,status,feed,account,order_reference,transaction_reference,currency,expected,actual,difference,first_seen,last_seen,age_days,due_at,explanation,next_step\r\n"
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatCSV}, emptyDay(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(readFile(t, dir, "2026-03-10", "exceptions.csv"))); diff != "" {
		t.Errorf("exceptions.csv of an empty day (-want +got):\n%s", diff)
	}
}

func TestTextThatLooksLikeAFormulaIsMadeInert(t *testing.T) {
	tests := map[string]string{
		"=1+1": "'=1+1", "+49 30": "'+49 30", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx",
		"\x00x": "'\x00x", "\u0085x": "'\u0085x",
		"a=1": "a=1", "": "", "00123": "00123", "'quoted": "'quoted", "ü": "ü", "订单": "订单",
	}
	for text, want := range tests {
		if got := csvText(textCell(text), kindText); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
}

func TestNumbersAreNeverMadeInert(t *testing.T) {
	tests := []struct {
		cell cell
		kind kind
		want string
	}{
		{amountCell(eur(-500)), kindAmount, "-5.00"},
		{amountCell(eur(-7)), kindAmount, "-0.07"},
		{amountCell(jpy(-1050)), kindAmount, "-1050"},
		{amountCell(kwd(-10500)), kindAmount, "-10.500"},
		{amountCell(kwd(0)), kindAmount, "0.000"},
		{countCell(-1), kindCount, "-1"},
		{cell{}, kindAmount, ""},
	}
	for _, test := range tests {
		if got := csvText(test.cell, test.kind); got != test.want {
			t.Errorf("%+v is written as %q, want %q", test.cell, got, test.want)
		}
	}
}

func TestCSVTimesAreUTC(t *testing.T) {
	if got := csvText(timeCell(asOf.In(berlin(t))), kindTime); got != "2026-03-10T22:59:59Z" {
		t.Errorf("got %s, want the instant in UTC", got)
	}
}

func TestCSVKeepsLineBreaksInsideQuotes(t *testing.T) {
	day := emptyDay(t)
	day.Exceptions = withoutErrors([]Exception{{Code: "AMBIGUOUS", Explanation: "two orders fit:\nA-1, \"B-2\""}})
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatCSV}, day); err != nil {
		t.Fatal(err)
	}
	if got := string(readFile(t, dir, "2026-03-10", "exceptions.csv")); !strings.Contains(got, "\"two orders fit:\r\nA-1, \"\"B-2\"\"\"") {
		t.Errorf("the explanation is not quoted as RFC 4180 wants:\n%s", got)
	}
}
