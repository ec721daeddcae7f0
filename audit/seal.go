package audit

import (
	"fmt"
	"slices"

	"github.com/transparency-dev/merkle/compact"
)

// MarkSize is how many bytes of a leaf's hash are kept to name a row that was altered. The tree proves that one was; the marks,
// which cost a thirtieth of the row, tell which.
const MarkSize = 8

// Seal is a checkpoint with the run of entries that it added to the log.
type Seal struct {
	Checkpoint Checkpoint
	After      int64  // the change before the first that it holds
	Note       string // the checkpoint, signed where there was a key
	Added      Span
}

// Batch takes the rows that a seal adds, in their order.
type Batch struct {
	added *compact.Range
	line  []byte
}

// NewBatch begins at the size of the log so far.
func NewBatch(from int64) *Batch { return &Batch{added: ranges.NewEmptyRange(uint64(from))} }

// Add appends a row and returns its leaf's hash.
func (b *Batch) Add(row Row) (Hash, error) {
	line, err := row.Kind.appendLine(append(b.line[:0], leafPrefix), int64(b.added.End()), row.Cells)
	b.line = line
	if err != nil {
		return Hash{}, err
	}
	hash := leafHash(line)
	return hash, b.added.Append(slices.Clone(hash[:]), nil)
}

// Size is that of the log with the batch.
func (b *Batch) Size() int64 { return int64(b.added.End()) }

// Span is the run of entries that was added.
func (b *Batch) Span() Span { return spanOf(b.added) }

// Join is the whole log after the spans of all seals, which must follow one another from 0.
func Join(spans []Span) (size int64, root Hash, err error) {
	whole := newTree()
	for _, span := range spans {
		if err := whole.addSpan(span); err != nil {
			return 0, Hash{}, fmt.Errorf("entries %d to %d: %w", span.From, span.To, err)
		}
	}
	root, err = whole.root()
	return whole.size(), root, err
}

// Equal reports whether two spans are the same.
func (s Span) Equal(other Span) bool {
	return s.From == other.From && s.To == other.To && slices.Equal(s.Hashes, other.Hashes)
}
