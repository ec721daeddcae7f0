package delivery

import (
	"os"
	"path/filepath"
	"testing"
)

var contents = map[string]string{
	"brief.txt": "2 exceptions need a person, none critical.\nstripe main is complete.\n", "exceptions.csv": "code,severity\r\n", "tieout-2026-03-10.xlsx": "PK\x03\x04 not really",
}

// report writes the files of a report and packs them.
func report(t *testing.T, files map[string]string) Parcel {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parcel, err := Pack(folder, "2026-03-10")
	if err != nil {
		t.Fatal(err)
	}
	return parcel
}

// TestID: a report is known by what is in its files.
func TestID(t *testing.T) {
	first, same, other := report(t, contents), report(t, contents), report(t, map[string]string{"brief.txt": "Everything ties out.\n"})
	if first.ID() != same.ID() || first.ID() == other.ID() {
		t.Errorf("ids %s, %s of the same files, %s of others", first.ID(), same.ID(), other.ID())
	}
	if _, err := Pack(t.TempDir(), "2026-03-10"); err == nil {
		t.Error("a folder without a report was packed")
	}
}
