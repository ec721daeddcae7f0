package reports

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// ReadDecision is a row of the sheet of exceptions in which a person has written something.
type ReadDecision struct {
	Sheet     string
	Row       int // as Excel counts them
	Exception string
	State     string
	Decision  string // one of Decisions, or whatever was typed
	Reason    string
	Note      string
}

// ReadDecisions reads what people decided in a workbook that this package wrote: the rows of its sheets of exceptions that have a
// decision, a reason or a note, in their order. The columns are found by their headings, wherever a person has moved them;
// rows may have been sorted, filtered or deleted. It fails when the file is no workbook, or has no such sheet.
func ReadDecisions(path string) (decisions []ReadDecision, err error) {
	file, err := excelize.OpenFile(path, excelize.Options{UnzipSizeLimit: 1 << 30, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, fmt.Errorf("read the workbook %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	found := false
	for _, sheet := range file.GetSheetList() {
		if sheet != exceptionsName && !strings.HasPrefix(sheet, exceptionsName+" (") {
			continue
		}
		found = true
		read, err := readSheet(file, sheet)
		if err != nil {
			return nil, fmt.Errorf("read the workbook %s: sheet %s: %w", path, sheet, err)
		}
		decisions = append(decisions, read...)
	}
	if !found {
		return nil, fmt.Errorf("read the workbook %s: it has no sheet %q: is it a report of tieout?", path, exceptionsName)
	}
	return decisions, nil
}

// decisionColumns are the headings of the columns that are read, as exceptionTable declares them.
var decisionColumns = []string{"Exception", "State", "Decision", "Reason", "Note"}

func readSheet(file *excelize.File, sheet string) (decisions []ReadDecision, err error) {
	rows, err := file.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var at map[string]int
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		if at == nil {
			at = columnsOf(cells)
			continue
		}
		value := func(heading string) string {
			if i := at[heading]; i < len(cells) {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		d := ReadDecision{Sheet: sheet, Row: n, Exception: value("Exception"), State: value("State"), Decision: value("Decision"), Reason: value("Reason"), Note: value("Note")}
		if d.Decision+d.Reason+d.Note != "" {
			decisions = append(decisions, d)
		}
	}
	if at == nil {
		return nil, fmt.Errorf("no row has the headings %s", strings.Join(decisionColumns, ", "))
	}
	return decisions, rows.Error()
}

// columnsOf finds the columns in a row of headings, or nil if it is none.
func columnsOf(cells []string) map[string]int {
	at := map[string]int{}
	for i, cell := range cells {
		if _, twice := at[strings.TrimSpace(cell)]; !twice {
			at[strings.TrimSpace(cell)] = i
		}
	}
	for _, heading := range decisionColumns {
		if _, ok := at[heading]; !ok {
			return nil
		}
	}
	return at
}
