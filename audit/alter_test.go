package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// alteration is one thing that somebody may do to the rows of a file, given as its lines without the header.
type alteration struct {
	name string
	do   func(rows [][]byte) [][]byte
	what string // what is found
	at   []int  // in which row of the file, from 0: one of these is named
}

var alterations = []alteration{
	{"changed first", func(r [][]byte) [][]byte { return replaced(r, 0) }, "changed", []int{0}},
	{"changed in the middle", func(r [][]byte) [][]byte { return replaced(r, 4) }, "changed", []int{4}},
	{"changed last", func(r [][]byte) [][]byte { return replaced(r, len(r)-1) }, "changed", []int{8}},
	{"removed first", func(r [][]byte) [][]byte { return slices.Delete(r, 0, 1) }, "removed", nil},
	{"removed in the middle", func(r [][]byte) [][]byte { return slices.Delete(r, 4, 5) }, "removed", []int{3}},
	{"removed last", func(r [][]byte) [][]byte { return r[:len(r)-1] }, "removed", nil},
	{"a copy inserted", func(r [][]byte) [][]byte { return slices.Insert(r, 5, r[4]) }, "inserted", []int{5}},
	{"made up and inserted", func(r [][]byte) [][]byte { return slices.Insert(r, 5, replaced(slices.Clone(r), 4)[4]) }, "inserted", []int{5}},
	{"made up at the end", func(r [][]byte) [][]byte { return append(r, renumbered(r[8], 9999)) }, "inserted", []int{9}},
	{"moved down", func(r [][]byte) [][]byte { return slices.Insert(slices.Delete(slices.Clone(r), 2, 3), 6, r[2]) }, "moved", []int{6}},
	{"moved up", func(r [][]byte) [][]byte { return slices.Insert(slices.Delete(slices.Clone(r), 6, 7), 2, r[6]) }, "moved", []int{2}},
	{"swapped", func(r [][]byte) [][]byte { r[3], r[4] = r[4], r[3]; return r }, "moved", []int{3, 4}},
	{"renumbered", func(r [][]byte) [][]byte { r[4] = renumbered(r[4], 77777); return r }, "changed", []int{4}},
	{"no row any more", func(r [][]byte) [][]byte { r[4] = []byte("what is this"); return r }, "changed", []int{4}},
}

// replaced changes the last letter or digit of a row that can be another without the row being no row.
func replaced(rows [][]byte, n int) [][]byte {
	row := slices.Clone(rows[n])
	for i := len(row) - 1; ; i-- {
		if row[i] == '1' {
			row[i] = '2'
			break
		}
		if row[i] >= '2' && row[i] <= '9' {
			row[i]--
			break
		}
	}
	rows[n] = row
	return rows
}

// renumbered gives a row another number in the log.
func renumbered(row []byte, entry int) []byte {
	kind, rest, _ := bytes.Cut(row, []byte(","))
	_, rest, _ = bytes.Cut(rest, []byte(","))
	return fmt.Appendf(nil, "%s,%d,%s", kind, entry, rest)
}

// refit makes the manifest of a pack of CSV files agree with altered ones, as far as that can be done without the key.
func refit(t testing.TB, files map[string][]byte) {
	t.Helper()
	m, err := decodeManifest(files[manifestFile])
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range m.Files {
		sum := sha256.Sum256(files[f.Name])
		m.Files[i].Bytes, m.Files[i].SHA256 = int64(len(files[f.Name])), hex.EncodeToString(sum[:])
	}
	for i, k := range m.Kinds {
		rows := int64(bytes.Count(files[k.File], []byte("\n"))) - 1
		m.Entries.Shown += rows - k.Rows
		m.Kinds[i].Rows = rows
	}
	if files[manifestFile], err = m.encode(); err != nil {
		t.Fatal(err)
	}
}

// linesOf are the rows of a file in any format, as the lines that are hashed.
func linesOf(t testing.TB, format Format, kind *Kind, content []byte) (lines [][]byte) {
	t.Helper()
	rows, err := newRowReader(format, kind, io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))))
	if err != nil {
		t.Fatal(err)
	}
	for {
		line, _, err := rows.next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, slices.Clone(line[1:]))
	}
}

// fileOf is linesOf the other way round. It reports false where a format cannot hold such a row.
func fileOf(t testing.TB, format Format, kind *Kind, lines [][]byte) ([]byte, bool) {
	t.Helper()
	var out bytes.Buffer
	w, err := newRowWriter(format, kind, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		cells, _ := splitLine(line, nil)
		if format == CSV {
			err = w.write(line, 0, nil)
		} else if len(cells) != len(kind.Columns) {
			return nil, false
		} else {
			texts := make([]string, len(cells))
			for i, cell := range cells {
				texts[i] = textOf(cell, kind.Columns[i].Type)
			}
			entry, _ := entryOf(cells[atEntry])
			err = w.write(nil, entry, texts[Given:])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), true
}

// TestAlterationsAreNamed: whatever is done to the rows of whatever kind, in whatever format, is found, named by what it is and
// where: with the key, and where somebody made the manifest agree with it, with a checkpoint alone.
func TestAlterationsAreNamed(t *testing.T) {
	every := threeDays(t, 3)
	for _, format := range Formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			for _, kind := range kinds {
				b := every
				if format != CSV {
					b = threeDays(t, 3, kind) // a pack that is quick to make
				}
				alterEach(t, b, format, kind)
			}
		})
	}
}

// alterEach does everything to the rows of a kind, each time in a pack that is else as it was.
func alterEach(t *testing.T, b *books, format Format, kind *Kind) {
	names, original := contents(t, b.pack(t, PackOptions{Rows: format}))
	file := "rows/" + kind.Name + "." + string(format)
	first := map[Format]int{CSV: 1, XLSX: 1}[format] // lines before the first row
	for _, a := range alterations {
		files := maps.Clone(original)
		content, ok := fileOf(t, format, kind, a.do(linesOf(t, format, kind, original[file])))
		if !ok {
			continue
		}
		files[file] = content
		at := fmt.Sprintf("%s %s: %s", format, kind.Name, a.name)
		expectNamed(t, at, verify(t, packed(t, names, files), VerifyOptions{Keys: b.public(t)}), a, file, first)
		if format == CSV {
			refit(t, files)
			expectNamed(t, at+", refitted", verify(t, packed(t, names, files), VerifyOptions{Held: []string{b.seals[2].Checkpoint.Text()}}), a, file, first)
		}
	}
}

func expectNamed(t *testing.T, name string, r Result, a alteration, file string, first int) {
	t.Helper()
	var named []Finding
	for _, f := range r.Findings {
		if f.What == "changed" || f.What == "removed" || f.What == "inserted" || f.What == "moved" {
			named = append(named, f)
		}
	}
	if len(named) != 1 || named[0].What != a.what {
		t.Errorf("%s: found %v, want one row %s", name, r.Findings, a.what)
		return
	}
	if a.at == nil {
		return
	}
	for _, at := range a.at {
		if named[0].Where == fmt.Sprintf("%s:%d", file, first+at+1) {
			return
		}
	}
	t.Errorf("%s: found at %s, want row %v", name, named[0], a.at)
}

// TestEveryCellIsHashed: no cell of any kind can be changed unnoticed.
func TestEveryCellIsHashed(t *testing.T) {
	for _, kind := range kinds {
		cells := rowsOf(kind, 1, 3)[0].Cells
		seen := map[Hash]string{}
		for c := -1; c < len(cells); c++ {
			row := Row{Kind: kind, Cells: slices.Clone(cells)}
			name := "nothing"
			if c >= 0 {
				row.Cells[c] += "1"
				name = kind.Columns[Given+c].Name
			}
			hash, err := NewBatch(5).Add(row)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[hash]; ok {
				t.Errorf("%s: with %s changed, the leaf is that with %s changed", kind.Name, name, other)
			}
			seen[hash] = name
		}
	}
}

// packAlteration is something done to a pack as a whole.
type packAlteration struct {
	name string
	do   func(t *testing.T, files map[string][]byte)
	want string // what a finding says
}

func manifestWith(change func(m *Manifest)) func(t *testing.T, files map[string][]byte) {
	return func(t *testing.T, files map[string][]byte) {
		m, err := decodeManifest(files[manifestFile])
		if err != nil {
			t.Fatal(err)
		}
		change(&m)
		if files[manifestFile], err = m.encode(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPacksAlteredAsAWhole: whatever is done to a pack besides its rows is found.
func TestPacksAlteredAsAWhole(t *testing.T) {
	b := threeDays(t, 3)
	other := newBooks(t)
	rows := "rows/orders.csv"
	for _, a := range []packAlteration{
		{"a sum", manifestWith(func(m *Manifest) { m.Kinds[1].Sums[0].Sum = "1.00" }), "its sums of rows/orders.csv"},
		{"a count", manifestWith(func(m *Manifest) { m.Kinds[1].Rows++ }), "it says that rows/orders.csv has 10 rows, and it has 9"},
		{"the count of entries", manifestWith(func(m *Manifest) { m.Entries.Shown++ }), "entries are shown"},
		{"the filter", manifestWith(func(m *Manifest) { m.Filter.Currency = "XXX" }), "the filter leaves this row out"},
		{"the program", manifestWith(func(m *Manifest) { m.MadeBy = "somebody" }), "the manifest is not the one that was signed"},
		{"the log's name", manifestWith(func(m *Manifest) { m.Log = "another" }), "it is of the log"},
		{"the first entry", manifestWith(func(m *Manifest) { m.Entries.From++ }), "earlier entries may be missing"},
		{"the last entry", manifestWith(func(m *Manifest) { m.Entries.To-- }), "later entries may be missing"},
		{"a checkpoint left out", manifestWith(func(m *Manifest) { m.Checkpoints = m.Checkpoints[:2] }), "it is not the manifest's newest"},
		{"no checkpoint", manifestWith(func(m *Manifest) { m.Checkpoints = []string{} }), "it has none"},
		{"a checkpoint's size", manifestWith(func(m *Manifest) {
			m.Checkpoints[2] = strings.Replace(m.Checkpoints[2], fmt.Sprint(b.seals[2].Checkpoint.Size), "999", 1)
		}), "its signature is not right"},
		{"another key's checkpoint", manifestWith(func(m *Manifest) {
			m.Checkpoints[2], _ = other.key.Sign(b.seals[2].Checkpoint)
		}), "it is signed by another key"},
		{"an unsigned checkpoint", manifestWith(func(m *Manifest) { m.Checkpoints[2] = b.seals[2].Checkpoint.Text() }), "it is not signed"},
		{"the manifest's form", func(_ *testing.T, f map[string][]byte) { f[manifestFile] = append(f[manifestFile], ' ') }, "it is not written as tieout writes it"},
		{"no manifest", func(_ *testing.T, f map[string][]byte) { delete(f, manifestFile) }, "it is missing"},
		{"no signature", func(_ *testing.T, f map[string][]byte) { delete(f, signatureFile) }, "it is missing"},
		{"another file", func(_ *testing.T, f map[string][]byte) { f["rows/more.csv"] = []byte("x") }, "it is not one that the manifest names"},
		{"the README", func(_ *testing.T, f map[string][]byte) { f[readmeFile] = []byte("x") }, "README.md: file"},
		{"the marks", func(_ *testing.T, f map[string][]byte) { f[marksFile] = make([]byte, len(f[marksFile])) }, "proof/marks.bin: file"},
		{"a column's name", func(_ *testing.T, f map[string][]byte) {
			f[rows] = bytes.Replace(f[rows], []byte("paid_at"), []byte("paid_on"), 1)
		}, "does not name the columns"},
		{"a file of rows", func(_ *testing.T, f map[string][]byte) { delete(f, rows) }, "it is missing"},
		{"the newest rows", func(_ *testing.T, f map[string][]byte) {
			for name, content := range f {
				if strings.HasPrefix(name, "rows/") {
					f[name] = bytes.Join(bytes.SplitAfter(content, []byte("\n"))[:7], nil)
				}
			}
		}, "the newest were cut off"},
	} {
		t.Run(a.name, func(t *testing.T) {
			names, files := contents(t, b.pack(t, PackOptions{Rows: CSV}))
			a.do(t, files)
			r := verify(t, packed(t, append(names, "rows/more.csv"), files), VerifyOptions{Keys: b.public(t)})
			if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.Contains(f.String(), a.want) }) {
				t.Errorf("found %v, want %q", r.Findings, a.want)
			}
		})
	}
}

// TestHeldCheckpoints: a checkpoint that somebody kept is one of the log's, or it is not; and it tells when a log was made again, or ends earlier.
func TestHeldCheckpoints(t *testing.T) {
	b := threeDays(t, 2)
	newest := b.seals[2]
	shorter := &books{name: b.name, key: b.key, verifier: b.verifier, rows: b.rows, seals: b.seals[:2], marks: b.marks}
	remade := threeDays(t, 2)
	remade.key, remade.seals, remade.marks = b.key, nil, nil
	remade.rows[3].Cells[5] = "another"
	for n := 1; n <= 3; n++ {
		rows := remade.rows
		remade.rows = rows[:n*len(rows)/3]
		remade.seal(t, day(n))
		remade.rows = rows
	}
	for _, test := range []struct {
		name string
		of   *books
		want string
	}{
		{"the newest rows cut off with an older checkpoint in the place of the newest", shorter, "the newest entries were cut off"},
		{"the whole log made again with the key", remade, "are not those of the checkpoint"},
		{"another log", threeDaysOf(t, "another"), `is of the log "tieout/test"`},
	} {
		r := verify(t, test.of.pack(t, PackOptions{Rows: CSV}), VerifyOptions{Held: []string{newest.Note}})
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.Contains(f.String(), test.want) }) {
			t.Errorf("%s: found %v, want %q", test.name, r.Findings, test.want)
		}
	}
}
