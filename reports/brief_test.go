package reports

import (
	"strings"
	"testing"
)

// TestBrief: what a mail says of a day on which much is wrong.
func TestBrief(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatCSV}, busyDay(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "busy.brief.txt", readFile(t, dir, "2026-03-10", briefFile))
}

// TestBriefBeginsWithTheHeadline: its first line is a subject; it ties out only where the workbook says so.
func TestBriefBeginsWithTheHeadline(t *testing.T) {
	for name, day := range map[string]Day{"busy": busyDay(t), "empty": emptyDay(t)} {
		found, err := digestExceptions(day)
		if err != nil {
			t.Fatal(err)
		}
		var brief strings.Builder
		if _, err := writeBrief(&brief, day, found); err != nil {
			t.Fatal(err)
		}
		sentence, tiesOut := headline(day, found)
		if !strings.HasPrefix(brief.String(), sentence+"\n") || strings.Contains(brief.String(), "Everything ties out.") != tiesOut {
			t.Errorf("%s: the headline is %q, the brief\n%s", name, sentence, brief.String())
		}
	}
}
