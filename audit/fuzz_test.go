package audit

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzVerify: a hostile pack ends in findings or an error, never in a panic, and is verified only where it is the pack that was made.
func FuzzVerify(f *testing.F) {
	b := newBooks(f)
	for n := 1; n <= 2; n++ {
		for _, kind := range kinds[:3] {
			b.rows = append(b.rows, rowsOf(kind, 2, n)...)
		}
		b.seal(f, day(n))
	}
	keys := b.public(f)
	type unpacked struct {
		names []string
		files map[string][]byte
	}
	packs := map[Format]unpacked{}
	for _, format := range Formats() {
		names, files := contents(f, b.pack(f, PackOptions{Rows: format, Filter: Filter{Provider: "stripe"}}))
		packs[format] = unpacked{names, files}
		for _, name := range names {
			f.Add(string(format), name, files[name])
		}
	}
	f.Fuzz(func(t *testing.T, format, name string, content []byte) {
		of, ok := packs[Format(format)]
		if !ok || strings.HasSuffix(name, "/") {
			return
		}
		names, files := slices.Clone(of.names), maps.Clone(of.files)
		original, there := files[name]
		files[name] = content
		if !there {
			names = append(names, name)
		}
		pack := packed(t, names, files)
		for _, o := range []VerifyOptions{{Keys: keys}, {Held: []string{b.seals[1].Note}}} {
			r, err := Verify(t.Context(), bytes.NewReader(pack), int64(len(pack)), o)
			if err == nil && r.Verified() && !bytes.Equal(content, original) && o.Keys.Given() && len(content) > 0 {
				t.Errorf("%s can be altered unnoticed: %q", name, content)
			}
		}
	})
}

// FuzzVerifyBytes: the same with the zip itself.
func FuzzVerifyBytes(f *testing.F) {
	b := newBooks(f)
	b.rows = rowsOf(kinds[0], 2, 1)
	b.seal(f, day(1))
	f.Add(b.pack(f, PackOptions{Rows: CSV}))
	held := VerifyOptions{Held: []string{b.seals[0].Note}}
	f.Fuzz(func(t *testing.T, pack []byte) {
		_, _ = Verify(t.Context(), bytes.NewReader(pack), int64(len(pack)), held)
	})
}

// FuzzLine: what is written as a cell is read back as it was, in every form of a line.
func FuzzLine(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	kind := kinds[0]
	f.Fuzz(func(t *testing.T, text string) {
		cells := rowsOf(kind, 1, 1)[0].Cells
		at := kind.index("hash")
		cells[at-Given] = text
		line, err := kind.appendLine(nil, 7, cells)
		if err != nil {
			t.Fatal(err)
		}
		split, ok := splitLine(line, nil)
		if !ok || len(split) != len(kind.Columns) || textOf(split[at], Text) != text || bytes.ContainsAny(line, "\n\r") {
			t.Fatalf("%q is written %q, and that is read as %q", text, line, split)
		}
	})
}
