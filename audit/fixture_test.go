package audit

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const logName = "tieout/test"

// threeDaysOf is threeDays under another name.
func threeDaysOf(t testing.TB, name string) *books {
	t.Helper()
	b := newBooks(t)
	b.name, b.key = name, Key{}
	b.rows = rowsOf(kinds[1], 3, 1)
	b.seal(t, day(1))
	return b
}

// books is a log in memory: the rows, and the seals that were made of them.
type books struct {
	name     string
	key      Key
	verifier string
	rows     []Row
	seals    []Seal
	marks    []byte
}

func newBooks(t testing.TB) *books {
	t.Helper()
	private, public, err := note.GenerateKey(nil, logName)
	if err != nil {
		t.Fatal(err)
	}
	key, err := NewKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return &books{name: logName, key: key, verifier: public}
}

func (b *books) public(t testing.TB) PublicKeys {
	t.Helper()
	keys, err := NewPublicKeys(b.verifier)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// seal seals what was written since the last seal.
func (b *books) seal(t testing.TB, at time.Time) Seal {
	t.Helper()
	batch := NewBatch(int64(len(b.marks) / MarkSize))
	for _, row := range b.rows[batch.Size():] {
		hash, err := batch.Add(row)
		if err != nil {
			t.Fatal(err)
		}
		b.marks = append(b.marks, hash[:MarkSize]...)
	}
	var spans []Span
	for _, s := range b.seals {
		spans = append(spans, s.Added)
	}
	size, root, err := Join(append(spans, batch.Span()))
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{Log: b.name, Size: size, Root: root, Change: int64(len(b.seals) + 1), Run: int64(len(b.seals) + 1), At: at}
	signed, err := b.key.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	s := Seal{Checkpoint: c, Note: signed, Added: batch.Span()}
	b.seals = append(b.seals, s)
	return s
}

func (b *books) Seals(context.Context) ([]Seal, error) { return b.seals, nil }

func (b *books) Entries(_ context.Context, s Seal) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i := s.Added.From; i < s.Added.To; i++ {
			if !yield(Entry{Row: b.rows[i], Mark: b.marks[i*MarkSize:][:MarkSize]}, nil) {
				return
			}
		}
	}
}

func (b *books) pack(t testing.TB, o PackOptions) []byte {
	t.Helper()
	o.Key, o.MadeBy, o.Dir = b.key, "tieout test", t.TempDir()
	var out bytes.Buffer
	if _, err := WritePack(t.Context(), &out, b, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// day is when the n-th seal is made.
func day(n int) time.Time { return time.Date(2026, 3, n, 6, 0, 0, 0, time.UTC) }

// texts are awkward in one format or another.
var texts = []string{"", "plain", "with, comma", `with "quotes"`, "two\nlines", "a\r\nb", `back\slash`, `\n`, "=1+1", "'=1", "-5", "@x", "\tx", "+", "'", "''", `"`, "中文 äöü", "é\u2028", "0123", "1e5", "TRUE", " leading and trailing ", "null", `{"a": ["b\\", 1]}`, "x\x01y"}

// rowsOf makes rows of a kind whose cells are all different.
func rowsOf(kind *Kind, n, seed int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		cells := make([]string, len(kind.Columns)-Given)
		for c := range cells {
			cells[c] = cellOf(kind.Columns[Given+c], seed+i, c)
		}
		cells[kind.index("event")-Given] = EventIs
		rows[i] = Row{Kind: kind, Cells: cells}
	}
	return rows
}

func cellOf(c Column, n, place int) string {
	switch {
	case strings.HasSuffix(c.Name, "currency"):
		return []string{"EUR", "JPY", "GBP"}[n%3]
	case c.Name == "feed" || c.Name == "provider" || c.Name == "payment_feed":
		return []string{"stripe", "trustpayments"}[n/2%2]
	}
	switch c.Type {
	case Number:
		return fmt.Sprint(n*1000 + place)
	case Money:
		return []string{fmt.Sprintf("%d.%02d", n-4, n%100), fmt.Sprint(n * 7), ""}[n%3]
	case Time:
		return []string{day(1).Add(time.Duration(n) * time.Microsecond).Format(time.RFC3339Nano), ""}[n%2]
	case Flag:
		return fmt.Sprint(n%2 == 0)
	default:
		return texts[(n+place)%len(texts)]
	}
}

// threeDays is a log of three seals with rows of every kind in each, or of some.
func threeDays(t testing.TB, each int, some ...*Kind) *books {
	t.Helper()
	if len(some) == 0 {
		some = kinds
	}
	b := newBooks(t)
	for n := 1; n <= 3; n++ {
		for i, kind := range some {
			b.rows = append(b.rows, rowsOf(kind, each, 100*n+i)...)
		}
		b.seal(t, day(n))
	}
	return b
}

func verify(t testing.TB, pack []byte, o VerifyOptions) Result {
	t.Helper()
	r, err := Verify(t.Context(), bytes.NewReader(pack), int64(len(pack)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
