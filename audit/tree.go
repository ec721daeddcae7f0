package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a hash of the tree.
type Hash = tlog.Hash

// leafPrefix keeps a leaf from being taken for an inner node (RFC 6962).
const leafPrefix = 0

// leafHash is that of a line, which stands after the prefix; tlog.RecordHash of the line alone.
func leafHash(prefixed []byte) Hash { return sha256.Sum256(prefixed) }

// ranges makes compact ranges of one tree: the few hashes from which that of a run of entries, and of the tree, follows.
var ranges = compact.RangeFactory{Hash: func(left, right []byte) []byte {
	node := tlog.NodeHash(Hash(left), Hash(right))
	return node[:]
}}

// Span is a run of entries, represented by the hashes of the fewest whole subtrees that cover it.
type Span struct {
	From, To int64 // half-open
	Hashes   []Hash
}

func spanOf(r *compact.Range) Span {
	span := Span{From: int64(r.Begin()), To: int64(r.End())}
	for _, hash := range r.Hashes() {
		span.Hashes = append(span.Hashes, Hash(hash))
	}
	return span
}

func (s Span) compact() (*compact.Range, error) {
	if s.From < 0 || s.To < s.From {
		return nil, fmt.Errorf("entries %d to %d are no span", s.From, s.To)
	}
	hashes := make([][]byte, len(s.Hashes))
	for i := range s.Hashes {
		hashes[i] = slices.Clone(s.Hashes[i][:])
	}
	return ranges.NewRange(uint64(s.From), uint64(s.To), hashes)
}

// String writes a span in one line: from, to and the hashes in base64.
func (s Span) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d", s.From, s.To)
	for _, hash := range s.Hashes {
		b.WriteByte(' ')
		b.WriteString(hash.String())
	}
	return b.String()
}

// ParseSpan reads what Span.String writes.
func ParseSpan(text string) (Span, error) {
	fields := strings.Split(text, " ")
	if len(fields) < 2 {
		return Span{}, errors.New("no span of entries")
	}
	from, err1 := strconv.ParseInt(fields[0], 10, 64)
	to, err2 := strconv.ParseInt(fields[1], 10, 64)
	if err := errors.Join(err1, err2); err != nil || from < 0 || to < from {
		return Span{}, errors.New("no span of entries")
	}
	span := Span{From: from, To: to}
	for _, field := range fields[2:] {
		hash, err := ParseHash(field)
		if err != nil {
			return Span{}, err
		}
		span.Hashes = append(span.Hashes, hash)
	}
	if len(span.Hashes) != compact.RangeSize(uint64(from), uint64(to)) {
		return Span{}, fmt.Errorf("%d hashes cannot stand for entries %d to %d", len(span.Hashes), from, to)
	}
	return span, nil
}

// ParseHash reads a hash in base64.
func ParseHash(text string) (Hash, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != tlog.HashSize {
		return Hash{}, fmt.Errorf("%q is no hash", text)
	}
	return Hash(raw), nil
}

// tree is a log as far as it was read: entries and spans are appended in their order.
type tree struct{ r *compact.Range }

func newTree() tree { return tree{ranges.NewEmptyRange(0)} }

func (t tree) size() int64 { return int64(t.r.End()) }

func (t tree) addLeaf(hash Hash) error { return t.r.Append(slices.Clone(hash[:]), nil) }

func (t tree) addSpan(s Span) error {
	r, err := s.compact()
	if err != nil {
		return err
	}
	return t.r.AppendRange(r, nil)
}

func (t tree) root() (Hash, error) {
	hash, err := t.r.GetRootHash(nil)
	if err != nil || hash == nil {
		return sha256.Sum256(nil), err // RFC 6962: the hash of an empty tree
	}
	return Hash(hash), nil
}
