package audit

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// TestPackIsVerified: what was sealed is verified, in every format, whole and in parts, with the key, with each checkpoint that somebody
// may have kept, and with both.
func TestPackIsVerified(t *testing.T) {
	b := threeDays(t, 3)
	filters := map[string]Filter{
		"all": {}, "second day": {From: day(2), To: day(2)}, "from the second": {From: day(2)}, "one provider": {Provider: "stripe"},
		"one currency": {Currency: "JPY", To: day(2)}, "as it was": {AsOf: day(2)}, "nothing": {From: day(9)},
	}
	for _, format := range Formats() {
		for name, filter := range filters {
			if name != "all" && name != "one provider" && format != CSV && format != JSONL {
				continue // the others differ in what is proven, not in how rows are read
			}
			pack := b.pack(t, PackOptions{Filter: filter, Rows: format})
			trusted := []VerifyOptions{{Keys: b.public(t)}}
			for _, seal := range b.seals[:2] {
				trusted = append(trusted, VerifyOptions{Held: []string{seal.Note}}, VerifyOptions{Keys: b.public(t), Held: []string{seal.Checkpoint.Text()}})
			}
			for _, o := range trusted {
				if r := verify(t, pack, o); !r.Verified() {
					t.Errorf("%s, %s: %v", format, name, r.Findings)
				}
			}
			if again := b.pack(t, PackOptions{Filter: filter, Rows: format}); !bytes.Equal(pack, again) {
				t.Errorf("%s, %s: made again, the pack has other bytes", format, name)
			}
		}
	}
}

// TestTreeIsTheLibrarys: leaves, spans and roots are those that golang.org/x/mod/sumdb/tlog computes of the same lines.
func TestTreeIsTheLibrarys(t *testing.T) {
	b := threeDays(t, 2)
	var stored []Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		var list []Hash
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for i, row := range b.rows {
		line, err := row.Kind.appendLine(nil, int64(i), row.Cells)
		if err != nil {
			t.Fatal(err)
		}
		more, err := tlog.StoredHashes(int64(i), line, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	for _, seal := range b.seals {
		want, err := tlog.TreeHash(seal.Checkpoint.Size, reader)
		if err != nil || want != seal.Checkpoint.Root {
			t.Errorf("the root of %d entries is %v, want %v (%v)", seal.Checkpoint.Size, seal.Checkpoint.Root, want, err)
		}
	}
}

// contents are the files of a pack.
func contents(t testing.TB, pack []byte) (names []string, files map[string][]byte) {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		names, files[f.Name] = append(names, f.Name), content
	}
	return names, files
}

// packed makes a pack of files.
func packed(t testing.TB, names []string, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		if files[name] == nil {
			continue
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
