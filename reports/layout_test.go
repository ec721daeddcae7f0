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
	style := must[*excelize.Style](t)(file.GetStyle(must[int](t)(file.GetCellStyle(sheet, at))))
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

func TestSeveritiesHaveTheirColours(t *testing.T) {
	file := openWorkbook(t, realWriter(), busyDay(t))
	for at, want := range map[string]string{"A2": darkRed, "A4": orange, "A6": yellow, "A7": "", "B2": ""} {
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
