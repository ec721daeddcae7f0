package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tieout/reconcile/money"
)

func TestWrittenListsEveryFile(t *testing.T) {
	dir := t.TempDir()
	written, err := Write(dir, []string{FormatXLSX, FormatCSV}, busyDay(t))
	if err != nil {
		t.Fatal(err)
	}
	want := Written{Directory: filepath.Join(dir, "2026-03-10"), Files: []File{
		{Name: "ageing.csv", Rows: 48}, {Name: "brief.txt", Rows: 21}, {Name: "canceled_orders.csv", Rows: 2}, {Name: "changes.csv", Rows: 6}, {Name: "datapackage.json", Rows: 14}, {Name: "exceptions.csv", Rows: 6}, {Name: "feeds.csv", Rows: 3},
		{Name: "fees.csv", Rows: 2}, {Name: "inputs.csv", Rows: 2}, {Name: "matched.csv", Rows: 9}, {Name: "payouts.csv", Rows: 2}, {Name: "refund_window.csv", Rows: 3},
		{Name: "settlement_ageing.csv", Rows: 2}, {Name: "settling.csv", Rows: 3}, {Name: "summary.csv", Rows: 7}, {Name: "tie_out.csv", Rows: 15}, {Name: busyWorkbook, Rows: 62},
	}}
	if diff := cmp.Diff(want, written, cmpopts.IgnoreFields(File{}, "Bytes", "SHA256")); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(17, len(listing(t, dir))); diff != "" {
		t.Errorf("the folder holds %v", listing(t, dir))
	}
}

// listing is every file and folder below dir, the finance day's folder itself apart.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir && filepath.Dir(path) != dir {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestOnlyTheWantedFormats(t *testing.T) {
	for format, want := range map[string]int{FormatCSV: 16, FormatXLSX: 2} {
		dir := t.TempDir()
		if _, err := Write(dir, []string{format}, busyDay(t)); err != nil {
			t.Fatal(err)
		}
		if got := listing(t, dir); len(got) != want {
			t.Errorf("%s gives %v, want %d files", format, got, want)
		}
	}
}

func TestWriteRefusesWhatItCannotUse(t *testing.T) {
	tests := map[string]struct {
		formats []string
		change  func(*Day)
		want    string
	}{
		"no format":      {nil, func(*Day) {}, "name at least one of xlsx"},
		"unknown format": {[]string{"pdf"}, func(*Day) {}, `unknown report format "pdf": use xlsx, html, csv, jsonl, parquet`},
		"no day":         {[]string{"csv"}, func(d *Day) { d.FinanceDay = "../2026-03-10" }, `finance day "../2026-03-10" is not a date`},
		"no zone":        {[]string{"csv"}, func(d *Day) { d.Zone = nil }, "needs a zone"},
		"two currencies in a row": {[]string{"csv"}, func(d *Day) {
			d.Payouts = withoutErrors([]PayoutRow{{Payout: "po_1", Amount: eur(1), Difference: ptr(jpy(1))}})
		}, `difference is in "JPY" but its row is in "EUR" (row ["po_1" "EUR"])`},
		"an amount without a currency": {[]string{"csv"}, func(d *Day) {
			d.Canceled = withoutErrors([]CanceledOrder{{OrderReference: "A", Amount: money.Amount{Minor: 5}}})
		}, `amount is in "" but its row is in ""`},
		"a sum out of range": {[]string{"csv"}, func(d *Day) {
			d.Canceled = withoutErrors([]CanceledOrder{{Amount: eur(1 << 62)}, {Amount: eur(1 << 62)}})
		}, "add up amount of Canceled orders"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			day := emptyDay(t)
			test.change(&day)
			dir := t.TempDir()
			_, err := Write(dir, test.formats, day)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
			if left := listing(t, dir); len(left) != 0 {
				t.Errorf("%v was left behind", left)
			}
		})
	}
}

// fullDisk lets a number of bytes be written over all files, then has no space left.
type fullDisk struct{ free int }

type fullFile struct {
	output
	disk *fullDisk
}

func (d *fullDisk) create(path string) (output, error) {
	file, err := createFile(path)
	return &fullFile{file, d}, err
}

func (f *fullFile) Write(p []byte) (int, error) {
	if len(p) > f.disk.free {
		return 0, &fs.PathError{Op: "write", Path: "hidden", Err: syscall.ENOSPC}
	}
	f.disk.free -= len(p)
	return f.output.Write(p)
}

func TestAFullDiskKeepsThePreviousFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, []string{FormatCSV, FormatXLSX}, emptyDay(t)); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	files := map[int]string{0: "feeds.csv", 1000: "exceptions.csv", 10700: "summary.csv", 20000: schemaFile, 37000: busyWorkbook, 50000: busyWorkbook}
	for free, name := range files {
		t.Run(fmt.Sprint(free), func(t *testing.T) {
			w := realWriter()
			w.create = (&fullDisk{free}).create
			_, err := w.write(dir, []string{FormatCSV, FormatXLSX}, busyDay(t))
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), filepath.Join("2026-03-10", name)) || !strings.Contains(err.Error(), "no space left") {
				t.Errorf("error is %v, want no space left for %s", err, name)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("the folder changed (-before +after):\n%s", diff)
			}
		})
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range listing(t, dir) {
		found[name] = string(readFile(t, dir, "2026-03-10", name))
	}
	return found
}

type brokenFile struct {
	output
	sync, close error
}

func (f brokenFile) Sync() error  { return errors.Join(f.output.Sync(), f.sync) }
func (f brokenFile) Close() error { return errors.Join(f.output.Close(), f.close) }

func TestAFileThatDoesNotReachTheDiskIsNotPublished(t *testing.T) {
	for name, broken := range map[string]brokenFile{"sync": {sync: syscall.EIO}, "close": {close: syscall.EIO}} {
		t.Run(name, func(t *testing.T) {
			w, dir := realWriter(), t.TempDir()
			w.create = func(path string) (output, error) {
				file, err := createFile(path)
				broken.output = file
				return broken, err
			}
			if _, err := w.write(dir, []string{FormatCSV}, emptyDay(t)); !errors.Is(err, syscall.EIO) {
				t.Errorf("error is %v, want an input/output error", err)
			}
			if left := listing(t, dir); len(left) != 0 {
				t.Errorf("%v was left behind", left)
			}
		})
	}
}

func TestAFailingSequencePublishesNothing(t *testing.T) {
	for _, format := range []string{FormatCSV, FormatXLSX} {
		day := busyDay(t)
		day.Matched = failing(matchedRows(3))
		dir := t.TempDir()
		_, err := Write(dir, []string{format}, day)
		if !errors.Is(err, errFeedGone) || !strings.Contains(err.Error(), "read the rows of Matched") {
			t.Errorf("%s: error is %v, want the sequence's with the table's name", format, err)
		}
		if left := listing(t, dir); len(left) != 0 {
			t.Errorf("%s: %v was left behind", format, left)
		}
	}
}

func TestRowsThatChangeBetweenReadingsAreRefused(t *testing.T) {
	readings := 0
	day := emptyDay(t)
	day.Matched = func(yield func(MatchedRow, error) bool) {
		readings++
		for _, row := range matchedRows(readings) {
			if !yield(row, nil) {
				return
			}
		}
	}
	_, err := Write(t.TempDir(), []string{FormatXLSX}, day)
	if err == nil || !strings.Contains(err.Error(), "the rows of Matched changed while they were read: 1, then 2") {
		t.Errorf("error is %v", err)
	}
}

func TestAReportFolderThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Write(file, []string{FormatCSV}, emptyDay(t))
	if !errors.Is(err, syscall.ENOTDIR) || !strings.Contains(err.Error(), file) {
		t.Errorf("error is %v, want one that names %s and says it is not a directory", err, file)
	}
	if got := string(readFile(t, file)); got != "mine" {
		t.Errorf("the file now holds %q", got)
	}
}

func TestAFolderInTheWayOfAFileStopsAll(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "2026-03-10", "payouts.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Write(dir, []string{FormatCSV}, emptyDay(t))
	if err == nil || !strings.Contains(err.Error(), "payouts.csv: a folder of that name is in the way") {
		t.Errorf("error is %v", err)
	}
	if diff := cmp.Diff([]string{"payouts.csv"}, listing(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

func TestLeftoversOfAKilledRunAreCleared(t *testing.T) {
	dir := t.TempDir()
	leftover := filepath.Join(dir, "2026-03-10", stagePrefix+"123")
	if err := os.MkdirAll(leftover, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(leftover, "matched.csv"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, []string{FormatXLSX}, emptyDay(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{briefFile, busyWorkbook}, listing(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}
