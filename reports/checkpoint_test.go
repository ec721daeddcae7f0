package reports

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestCheckpoint: the day's checkpoint lies beside the report, byte for byte, and is told whole in the summary; without one there is neither.
func TestCheckpoint(t *testing.T) {
	const text = "tieout\n1704\nF8Ic6iAXgXz8BDxvPQASLKFl8G1oYfXNnyzr021RZwg=\nchange 200\nrun 2\nat 2026-03-11T06:00:00Z\n"
	for _, checkpoint := range []string{"", text, text + "\n— tieout Fb6r\n"} {
		day := busyDay(t)
		day.Checkpoint = checkpoint
		written, err := Write(t.TempDir(), []string{FormatXLSX, FormatHTML, FormatCSV}, day)
		if err != nil {
			t.Fatal(err)
		}
		there := slices.ContainsFunc(written.Files, func(f File) bool { return f.Name == checkpointFile })
		content, _ := os.ReadFile(filepath.Join(written.Directory, checkpointFile))
		if there != (checkpoint != "") || string(content) != checkpoint {
			t.Errorf("%s holds %q, want %q", checkpointFile, content, checkpoint)
		}
		told := map[string]string{"the summary": summaryText(t, filepath.Join(written.Directory, "tieout-"+day.FinanceDay+".xlsx"))}
		for _, name := range []string{"tieout-" + day.FinanceDay + ".html", briefFile} {
			content, err := os.ReadFile(filepath.Join(written.Directory, name))
			if err != nil {
				t.Fatal(err)
			}
			told[name] = string(content)
		}
		for where, text := range told {
			if strings.Contains(text, "1704 F8Ic6iAXgXz8BDxvPQASLKFl8G1oYfXNnyzr021RZwg= change 200 run 2 at 2026-03-11T06:00:00Z.") != (checkpoint != "") {
				t.Errorf("with the checkpoint %q, %s says:\n%s", checkpoint, where, text)
			}
		}
	}
}

func summaryText(t *testing.T, file string) string {
	t.Helper()
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(strings.Join(row, " ") + "\n")
	}
	return text.String()
}
