package reports

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Nothing may be cut off: a cell that does not wrap fits its column, and a row is as high as its longest text needs.
func TestNothingIsCutOff(t *testing.T) {
	day := busyDay(t)
	day.Payouts = withoutErrors([]PayoutRow{{Payout: strings.Repeat("po_", 20), Amount: eur(-123456789012345)}, {Payout: "po_2", Amount: jpy(5), Status: "paid"}})
	file := openWorkbook(t, realWriter(), day)
	for _, sheet := range file.GetSheetList()[1:] {
		for r, row := range must[[][]string](t)(file.GetRows(sheet)) {
			if len(row) == 1 {
				continue // the sentence of an empty table runs across the empty row
			}
			for c, shown := range row {
				checkFits(t, file, sheet, c, r+1, shown)
			}
		}
	}
}

func checkFits(t *testing.T, file *excelize.File, sheet string, column, row int, shown string) {
	t.Helper()
	name := must[string](t)(excelize.ColumnNumberToName(column + 1))
	width := must[float64](t)(file.GetColWidth(sheet, name))
	at := cellName(column, row)
	for _, merged := range must[[]excelize.MergeCell](t)(file.GetMergeCells(sheet, true)) {
		if merged.GetStartAxis() == at {
			width = widthOf(t, file, sheet, merged)
		}
	}
	style := must[*excelize.Style](t)(file.GetStyle(must[int](t)(file.GetCellStyle(sheet, at))))
	if style.Alignment.Horizontal == "left" && style.Alignment.Indent != 1 {
		t.Errorf("%s!%s would touch a number to its left", sheet, at)
	}
	width -= padding
	if !style.Alignment.WrapText {
		if float64(displayWidth(shown)) > width {
			t.Errorf("%s!%s shows %q in %v characters", sheet, at, shown, width)
		}
		return
	}
	height := must[float64](t)(file.GetRowHeight(sheet, row))
	if lines := wrappedLines(shown, int(width)); height < float64(lines)*15 {
		t.Errorf("%s!%s needs %d lines for %q and has a height of %v", sheet, at, lines, shown, height)
	}
}

// widthOf is the width of cells that are merged.
func widthOf(t *testing.T, file *excelize.File, sheet string, merged excelize.MergeCell) (width float64) {
	t.Helper()
	first, _, _ := excelize.CellNameToCoordinates(merged.GetStartAxis())
	last, _, _ := excelize.CellNameToCoordinates(merged.GetEndAxis())
	for column := first; column <= last; column++ {
		width += must[float64](t)(file.GetColWidth(sheet, must[string](t)(excelize.ColumnNumberToName(column))))
	}
	return width
}

// Sentences as long as the judge's longest stay within three lines, and the row is exactly as high as they need.
func TestSentencesTakeThreeLines(t *testing.T) {
	long := "Two payments of 61837 JPY succeeded for this order: ch_N9wsC4fHuJxbgY9hCHssjJu0 at 2026-03-10 14:09:12 UTC came first, " +
		"and ch_1CqjojX1PLSsd7NSDKzn80Q2, linked by the stored id, is the surplus of 61837 JPY."
	day := emptyDay(t)
	day.Exceptions = withoutErrors([]Exception{{Explanation: "One word."}, {Explanation: long, NextStep: long}, {Explanation: long[:110]}})
	file := openWorkbook(t, realWriter(), day)
	for row, want := range map[int]float64{2: 15, 3: 45, 4: 30} {
		if got := must[float64](t)(file.GetRowHeight("Exceptions", row)); got != want {
			t.Errorf("row %d is %v points high, want %v", row, got, want)
		}
	}
}

// A reference of 31 characters stays on one line, on every sheet that has one.
func TestLongReferencesDoNotWrap(t *testing.T) {
	const reference = "EVT-003444-SHENZHEN-EXPO-HALL-7"
	day := emptyDay(t)
	day.Exceptions = withoutErrors([]Exception{{OrderReference: reference}})
	day.Canceled = withoutErrors([]CanceledOrder{{OrderReference: reference}})
	day.Ageing = withoutErrors([]AgeingRow{{OrderReference: reference, StartedAt: asOf}})
	day.RefundWindow = withoutErrors([]RefundWindowRow{{OrderReference: reference}})
	day.Matched = withoutErrors([]MatchedRow{{OrderReference: reference}})
	file := openWorkbook(t, realWriter(), day)
	for sheet, column := range map[string]string{"Exceptions": "C", "Canceled orders": "A", "Refund window": "A", "Matched": "A"} {
		if got := must[string](t)(file.GetCellValue(sheet, column+"2")); got != reference {
			t.Fatalf("%s!%s2 shows %q", sheet, column, got)
		}
		if width := must[float64](t)(file.GetColWidth(sheet, column)); width < float64(displayWidth(reference)+padding) {
			t.Errorf("%s gives %v characters to %q", sheet, width, reference)
		}
		if height := must[float64](t)(file.GetRowHeight(sheet, 2)); height != 15 {
			t.Errorf("%s gives the row %v points", sheet, height)
		}
	}
}

func TestSeveritiesHaveTheirColours(t *testing.T) {
	file := openWorkbook(t, realWriter(), busyDay(t))
	for at, want := range map[string]string{
		"A2": darkRed, "A4": orange, "A6": yellow, "A7": "", "B2": severityTints["critical"], "K4": severityTints["high"], "B6": severityTints["medium"], "B7": "", "R2": formBlue, "U2": severityTints["critical"],
	} {
		style := must[*excelize.Style](t)(file.GetStyle(must[int](t)(file.GetCellStyle("Exceptions", at))))
		got := strings.Join(style.Fill.Color, ",")
		if got != want {
			t.Errorf("%s is filled with %q, want %q", at, got, want)
		}
	}
}

// A day that does not tie out must not look like one that does, whatever the sentence says.
func TestVerdictIsColoured(t *testing.T) {
	for want, day := range map[string]Day{paleGreen: emptyDay(t), darkRed: busyDay(t)} {
		file := openWorkbook(t, realWriter(), day)
		style := must[*excelize.Style](t)(file.GetStyle(must[int](t)(file.GetCellStyle("Summary", "A2"))))
		if got := strings.Join(style.Fill.Color, ","); got != want {
			t.Errorf("the verdict is filled with %q, want %q", got, want)
		}
	}
}
