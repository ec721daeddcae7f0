package reports

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

const busyWorkbook = "tieout-2026-03-10.xlsx"

func openWorkbook(t *testing.T, w writer, day Day) *excelize.File {
	t.Helper()
	dir := t.TempDir()
	if _, err := w.write(dir, []string{FormatXLSX}, day); err != nil {
		t.Fatal(err)
	}
	file, err := excelize.OpenFile(filepath.Join(dir, "2026-03-10", busyWorkbook))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func realWriter() writer { return writer{create: createFile, sheetRows: excelize.TotalRows} }

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// dump writes a workbook as a reader meets it: what each cell shows, what it holds and its formula.
func dump(t *testing.T, file *excelize.File) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, name := range file.GetDefinedName() {
		fmt.Fprintf(&out, "name %s in %s = %s\n", name.Name, name.Scope, name.RefersTo)
	}
	for _, sheet := range file.GetSheetList() {
		layout := must[excelize.PageLayoutOptions](t)(file.GetPageLayout(sheet))
		props := must[excelize.SheetPropsOptions](t)(file.GetSheetProps(sheet))
		panes := must[excelize.Panes](t)(file.GetPanes(sheet))
		fmt.Fprintf(&out, "\n== %s == %s, pages wide %d high %d, fit %t, frozen rows %d\n",
			sheet, *layout.Orientation, *layout.FitToWidth, *layout.FitToHeight, *props.FitToPage, panes.YSplit)
		rows := must[[][]string](t)(file.GetRows(sheet, excelize.Options{RawCellValue: true}))
		for r, row := range rows {
			for c, raw := range row {
				dumpCell(t, &out, file, sheet, cellName(c, r+1), raw)
			}
		}
	}
	return out.Bytes()
}

func dumpCell(t *testing.T, out io.Writer, file *excelize.File, sheet, at, raw string) {
	t.Helper()
	formula := must[string](t)(file.GetCellFormula(sheet, at))
	if raw == "" && formula == "" {
		return
	}
	shown := must[string](t)(file.GetCellValue(sheet, at))
	fmt.Fprintf(out, "%s %q", at, strings.TrimRight(shown, " "))
	if kind := must[excelize.CellType](t)(file.GetCellType(sheet, at)); kind != excelize.CellTypeInlineString {
		fmt.Fprintf(out, " holds %s", raw)
	}
	if formula != "" {
		fmt.Fprintf(out, " = %s", formula)
	}
	fmt.Fprintln(out)
}

func TestWorkbookGolden(t *testing.T) {
	golden(t, "busy.workbook.txt", dump(t, openWorkbook(t, realWriter(), busyDay(t))))
}

func TestWorkbookOfAnEmptyDay(t *testing.T) {
	golden(t, "empty.workbook.txt", dump(t, openWorkbook(t, realWriter(), emptyDay(t))))
}

func TestSheetsAreInOrder(t *testing.T) {
	want := []string{"Summary", "Exceptions", "Changes since last report", "Ageing", "Tie-out", "Payouts", "Refund window", "Canceled orders", "Fees", "Matched", "Control totals"}
	if diff := cmp.Diff(want, openWorkbook(t, realWriter(), emptyDay(t)).GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
}

// checkFormulas computes every formula of a workbook and compares it with the value stored beside it.
func checkFormulas(t *testing.T, file *excelize.File) (formulas int) {
	t.Helper()
	for _, sheet := range file.GetSheetList() {
		for r, row := range must[[][]string](t)(file.GetRows(sheet, excelize.Options{RawCellValue: true})) {
			for c, stored := range row {
				at := cellName(c, r+1)
				if must[string](t)(file.GetCellFormula(sheet, at)) == "" {
					continue
				}
				formulas++
				computed := must[string](t)(file.CalcCellValue(sheet, at, excelize.Options{RawCellValue: true}))
				if number(t, computed) != number(t, stored) {
					t.Errorf("%s!%s computes to %s but stores %s", sheet, at, computed, stored)
				}
			}
		}
	}
	return formulas
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	return must[float64](t)(strconv.ParseFloat(text, 64))
}

func TestFormulasAgreeWithStoredValues(t *testing.T) {
	if n := checkFormulas(t, openWorkbook(t, realWriter(), busyDay(t))); n < 50 {
		t.Errorf("only %d formulas were compared", n)
	}
}

// A single currency's total follows the filter; several currencies are added apart.
func TestTotalsOfOneCurrencyFollowTheFilter(t *testing.T) {
	day := emptyDay(t)
	day.Canceled = withoutErrors([]CanceledOrder{{OrderReference: "A", Amount: eur(10)}, {OrderReference: "B", Amount: eur(20)}})
	file := openWorkbook(t, realWriter(), day)
	if got := must[string](t)(file.GetCellFormula("Canceled orders", "C5")); got != "ROUND(SUBTOTAL(109,'Canceled orders'!$C$2:$C$3),2)" {
		t.Errorf("formula is %q", got)
	}
	if got := must[string](t)(file.GetCellValue("Canceled orders", "C5", excelize.Options{RawCellValue: true})); got != "0.3" {
		t.Errorf("stored total is %s, want 0.3", got)
	}
	checkFormulas(t, file)
}

func TestLongTablesContinueOnFurtherSheets(t *testing.T) {
	w := realWriter()
	w.sheetRows = 9 // header, 4 rows, a blank one, 3 totals
	day := emptyDay(t)
	day.Matched = withoutErrors(matchedRows(10))
	file := openWorkbook(t, w, day)

	sheets := slices.DeleteFunc(file.GetSheetList(), func(name string) bool { return !strings.HasPrefix(name, "Matched") })
	if diff := cmp.Diff([]string{"Matched", "Matched (2)", "Matched (3)"}, sheets); diff != "" {
		t.Fatalf("sheets (-want +got):\n%s", diff)
	}
	var orders []string
	for _, sheet := range sheets {
		rows := must[[][]string](t)(file.GetRows(sheet))
		if len(rows) > w.sheetRows {
			t.Errorf("%s has %d rows, more than %d", sheet, len(rows), w.sheetRows)
		}
		if len(rows) == 0 || rows[0][0] != "Order" {
			t.Errorf("%s has no header", sheet)
		}
		for _, row := range rows[1:] {
			if len(row) > 0 && strings.HasPrefix(row[0], "EVT") {
				orders = append(orders, row[0])
			}
		}
	}
	if len(orders) != 10 || !slices.IsSorted(orders) {
		t.Errorf("the sheets hold %v, want 10 orders in the order given", orders)
	}
	want := "ROUND(SUMIF('Matched'!$E$2:$E$5,E5,'Matched'!$F$2:$F$5)+SUMIF('Matched (2)'!$E$2:$E$5,E5,'Matched (2)'!$F$2:$F$5)+SUMIF('Matched (3)'!$E$2:$E$3,E5,'Matched (3)'!$F$2:$F$3),2)"
	if got := must[string](t)(file.GetCellFormula("Matched (3)", "F5")); got != want {
		t.Errorf("total is\n%s, want\n%s", got, want)
	}
	checkFormulas(t, file)
}

func TestATableThatFillsItsSheetKeepsItsTotalsOnIt(t *testing.T) {
	w := realWriter()
	w.sheetRows = 9
	day := emptyDay(t)
	day.Matched = withoutErrors(matchedRows(4))
	file := openWorkbook(t, w, day)
	if sheets := file.GetSheetList(); slices.Contains(sheets, "Matched (2)") {
		t.Errorf("sheets are %v, want no second of Matched", sheets)
	}
	if rows := must[[][]string](t)(file.GetRows("Matched")); len(rows) != 9 {
		t.Errorf("Matched has %d rows, want 9", len(rows))
	}
}

func TestSameDaySameBytes(t *testing.T) {
	write := func() map[string][]byte {
		dir := t.TempDir()
		written, err := Write(dir, []string{FormatCSV, FormatXLSX}, busyDay(t))
		if err != nil {
			t.Fatal(err)
		}
		contents := map[string][]byte{}
		for _, file := range written.Files {
			contents[file.Name] = readFile(t, written.Directory, file.Name)
			if int64(len(contents[file.Name])) != file.Bytes {
				t.Errorf("%s has %d bytes, %d are said to be written", file.Name, len(contents[file.Name]), file.Bytes)
			}
		}
		return contents
	}
	first := write()
	if len(first) != 17 {
		t.Fatalf("%d files, want 17", len(first))
	}
	for range 4 { // the order of a Go map may well be the same twice
		for name, content := range write() {
			if !bytes.Equal(first[name], content) {
				t.Errorf("%s differs from one writing to the next", name)
			}
		}
	}
}

func TestWorkbookPartsAreSortedAndWithoutTimes(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatXLSX}, busyDay(t)); err != nil {
		t.Fatal(err)
	}
	reader, err := zip.OpenReader(filepath.Join(dir, "2026-03-10", busyWorkbook))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	var names []string
	for _, part := range reader.File {
		names = append(names, part.Name)
		if part.ModifiedDate != 0 || part.ModifiedTime != 0 || len(part.Extra) != 0 {
			t.Errorf("%s carries a time", part.Name)
		}
	}
	if !slices.IsSorted(names) || names[0] != "[Content_Types].xml" {
		t.Errorf("parts are in the order %v", names)
	}
}

func TestDocumentPropertiesAreOfTheDay(t *testing.T) {
	props := must[*excelize.DocProperties](t)(openWorkbook(t, realWriter(), emptyDay(t)).GetDocProps())
	if props.Created != "2026-03-10T22:59:59Z" || props.Modified != props.Created || props.Creator != "tieout v0.1.0" {
		t.Errorf("properties are %+v", props)
	}
}

// Hostile text is a string in the workbook, never a formula.
func TestWorkbookTextIsNeverAFormula(t *testing.T) {
	file := openWorkbook(t, realWriter(), busyDay(t))
	if got := must[string](t)(file.GetCellValue("Exceptions", "C4")); got != `=HYPERLINK("http://example.test")` {
		t.Errorf("the cell shows %q", got)
	}
	if formula := must[string](t)(file.GetCellFormula("Exceptions", "C4")); formula != "" {
		t.Errorf("the cell has the formula %q", formula)
	}
}

// The sheet is laid out for a reader, exceptions.csv by contract; what lies under a heading is the same.
func TestExceptionsAreReadInAnotherOrderThanTheirFileHas(t *testing.T) {
	file := openWorkbook(t, realWriter(), busyDay(t))
	rows := must[[][]string](t)(file.GetRows("Exceptions"))
	want := []string{"Severity", "Code", "Order", "Transaction", "Currency", "Expected (order)", "Actual (provider)", "Difference", "Age (days)", "Due (Europe/Berlin)",
		"Explanation", "Next step", "Status", "Feed", "Account", "First seen (Europe/Berlin)", "Last seen (Europe/Berlin)", "Decision", "Reason", "Note", "Exception", "State"}
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Errorf("headings (-want +got):\n%s", diff)
	}
	var got []string
	for _, cell := range rows[2] {
		got = append(got, strings.TrimSpace(cell))
	}
	want = []string{"critical", "DUPLICATE_PAYMENT", "00123", "py_3NfRkq2eZvKYlo2C1kQ9xYzD", "JPY", "12,000", "24,000", "12,000", "12", "2026-05-28 00:59",
		"Two payments succeeded for one order: 12000 JPY and 12000 JPY.", "Refund the second payment before the window ends.", "acknowledged", "stripe", "main", "2026-02-26 23:59", "2026-03-10 23:59", "", "", "", "00000000000003e9", "00000000000007d1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("second row (-want +got):\n%s", diff)
	}
}

// Paper carries the columns up to the next step, down to the totals.
func TestPrintAreas(t *testing.T) {
	areas := map[string]string{}
	for _, name := range openWorkbook(t, realWriter(), busyDay(t)).GetDefinedName() {
		if name.Name == "_xlnm.Print_Area" {
			areas[name.Scope] = name.RefersTo
		}
	}
	if diff := cmp.Diff(map[string]string{"Exceptions": "'Exceptions'!$A$1:$L$10", "Changes since last report": "'Changes since last report'!$A$1:$L$8", "Matched": "'Matched'!$A$1:$K$14", "Tie-out": "'Tie-out'!$A$1:$H$17"}, areas); diff != "" {
		t.Errorf("print areas (-want +got):\n%s", diff)
	}
}

func TestExcelTimesAreWallTimesOfTheZone(t *testing.T) {
	zone := berlin(t)
	tests := map[string]time.Time{
		"2026-03-29 01:59": time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC), // the second before summer time
		"2026-03-29 03:00": time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),
		"2026-10-25 02:30": time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), // the hour that comes twice
		"2026-12-31 23:59": time.Date(2026, 12, 31, 22, 59, 59, 0, time.UTC),
	}
	for want, instant := range tests {
		back := must[time.Time](t)(excelize.ExcelDateToTime(serial(instant.In(zone)), false))
		if got := back.Format(wallTimeLayout); got != want {
			t.Errorf("%s is %s in Excel, want %s", instant, got, want)
		}
	}
}
