package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestTinyWorld runs all that is measured on two thousand orders, four thousand objects in pages and a thousand charges. The figures mean nothing; that there are any means that
// every answer was right.
func TestTinyWorld(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"bench", "tieout"} {
		if output, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), "../"+name).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, output)
		}
	}
	var stdout, stderr bytes.Buffer
	command := exec.Command(filepath.Join(dir, "bench"), "--tieout", filepath.Join(dir, "tieout"), "--orders", "2000", "--rows", "4000", "--rounds", "1", "--charges", "1000")
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("bench: %v\n%s", err, &stderr)
	}
	line := `ratio=\d+\.\d\d reach=\d+\.\d\d (ok|short)\n`
	want := regexp.MustCompile(`^BENCH first_full ` + line + `BENCH full_again ` + line + `BENCH increment ` + line + `BENCH sqlite_first_full ` + line + `BENCH verify ` + line +
		`BENCH csv ` + line + `BENCH parquet ` + line + `BENCH workbook ` + line + `BENCH workbook_memory ` + line + `BENCH report_memory ` + line + `BENCH memory ` + line + `BENCH memory_mb ` + line +
		`BENCH ingest ` + line + `BENCH ingest_again ` + line + `BENCH fetch_25 ` + line + `BENCH fetch_25_iterator ` + line +
		`BENCH fetch_100 ` + line + `BENCH fetch_100_iterator ` + line + `BENCH fetch_memory ` + line + `BENCH fetch_memory_mb ` + line + `$`)
	if !want.MatchString(stdout.String()) {
		t.Errorf("bench printed\n%s", &stdout)
	}
}
