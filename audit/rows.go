package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// stream reads the rows of one file of a pack, and knows the next one.
type stream struct {
	manifest KindManifest
	kind     *Kind
	rows     rowReader
	sums     *adder
	places   filterPlaces
	notAdded error // the first row whose amounts could not be added up

	entry int64 // of the next row; -1: it cannot be read
	leaf  Hash
	at    int64 // where it stands
	cells [][]byte
	done  bool
}

func (v *verifier) openStream(m KindManifest) (*stream, error) {
	kind, ok := KindNamed(m.Kind)
	if !ok {
		return nil, fmt.Errorf("this program knows no rows of the kind %q: a newer one made the pack", m.Kind)
	}
	file := v.files[m.File]
	if file == nil {
		return nil, errUnreadable
	}
	rows, err := newRowReader(v.manifest.Rows, kind, io.NewSectionReader(file, 0, file.Size()))
	if err != nil {
		return nil, err
	}
	return &stream{manifest: m, kind: kind, rows: rows, sums: newAdder(kind), places: newFilterPlaces(kind)}, nil
}

// advance reads the next row.
func (s *stream) advance() error {
	prefixed, at, err := s.rows.next()
	s.at, s.entry, s.cells = at, -1, s.cells[:0]
	switch {
	case err == io.EOF:
		s.done = true
		return nil
	case errors.Is(err, errUnreadable):
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", s.manifest.File, err)
	}
	s.leaf = leafHash(prefixed)
	cells, ok := splitLine(prefixed[1:], s.cells)
	s.cells = cells
	if !ok || len(cells) != len(s.kind.Columns) || string(cells[atKind]) != s.kind.Name {
		return nil
	}
	if entry, ok := entryOf(cells[atEntry]); ok {
		s.entry = entry
	}
	return nil
}

// where is the place of the next row.
func (s *stream) where() string { return fmt.Sprintf("%s:%d", s.manifest.File, s.at) }

// proofReader reads the spans of a pack.
type proofReader struct {
	in   *bufio.Reader
	at   int64
	next Span
	done bool
}

func newProofReader(in io.Reader) *proofReader {
	return &proofReader{in: bufio.NewReaderSize(in, 1<<16)}
}

// advance reads the next span. One has a hash for each bit of its ends at most, so a line is short.
func (p *proofReader) advance() error {
	line, err := p.in.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		p.done = true
		return nil
	case err == io.EOF || err == bufio.ErrBufferFull:
		return errUnreadable
	case err != nil:
		return err
	}
	p.at++
	p.next, err = ParseSpan(strings.TrimSuffix(string(line), "\n"))
	return err
}
