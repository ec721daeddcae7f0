package audit

import (
	"bytes"
	"testing"
)

// BenchmarkVerify verifies 200,000 rows a turn.
func BenchmarkVerify(b *testing.B) {
	books := newBooks(b)
	for n := range 4 {
		books.rows = append(books.rows, rowsOf(kinds[1], 15_000, 1000*n)...)
		books.rows = append(books.rows, rowsOf(kinds[4], 15_000, 1000*n)...)
		books.rows = append(books.rows, rowsOf(kinds[13], 20_000, 1000*n)...)
		books.seal(b, day(n+1))
	}
	for _, format := range []Format{CSV, JSONL} {
		pack := books.pack(b, PackOptions{Rows: format})
		b.Run(string(format), func(b *testing.B) {
			b.SetBytes(int64(len(pack)))
			for b.Loop() {
				r, err := Verify(b.Context(), bytes.NewReader(pack), int64(len(pack)), VerifyOptions{Keys: books.public(b)})
				if err != nil || !r.Verified() {
					b.Fatal(r.Findings, err)
				}
			}
		})
	}
}
