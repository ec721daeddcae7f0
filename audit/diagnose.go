package audit

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// diagnose finds out which rows are not what was sealed, in one pass over every file: each row's hash is held against the mark of
// the entry that it says it is. A row whose mark agrees is genuine; entries that no genuine row takes are missing. A file is in the
// order of its entries, so what is out of order was moved; and a row that is not genuine took the place of a missing entry
// between its neighbours, or was inserted.
func (v *verifier) diagnose() error {
	if d, ok := v.newDiagnosis(); ok {
		for _, m := range v.manifest.Kinds {
			if err := d.file(m); err != nil {
				return err
			}
		}
		if err := d.tell(); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(v.result.Findings, func(f Finding) bool { return f.What != "checkpoint" && f.What != "key" }) {
		v.result.find("changed", "", "the rows do not lead to the checkpoint, and which of them is wrong cannot be told: what tells it was altered too")
	}
	return nil
}

// diagnosis is a pass over the rows of a pack.
type diagnosis struct {
	v        *verifier
	gaps     []gap
	shown    int64
	marks    *io.SectionReader
	window   []byte // marks from windowAt on
	windowAt int64
	seen     []uint64 // bits of shown entries that a genuine row takes
	suspects []suspect
	closed   bool    // a file could not be opened: what is missing may be in it
	missing  []int64 // entries that no genuine row takes, the first maxMissing of them
}

// gap is a run of entries that are not shown; before is how many entries before it are.
type gap struct{ from, to, before int64 }

// suspect is a row that is no genuine entry.
type suspect struct {
	finding     Finding
	entry       int64
	after, next int64 // the genuine entries around it in its file; -1: none
}

func (v *verifier) newDiagnosis() (*diagnosis, bool) {
	d := &diagnosis{v: v, marks: v.files[marksFile]}
	if v.badMarks || d.marks == nil || v.files[proofFile] == nil {
		return nil, false
	}
	e := v.manifest.Entries
	proof := newProofReader(io.NewSectionReader(v.files[proofFile], 0, v.files[proofFile].Size()))
	at := e.From
	for {
		if err := proof.advance(); err != nil || proof.done {
			break // what can be read of it is enough to name rows before
		}
		from, to := max(proof.next.From, e.From), min(proof.next.To, e.To)
		if from < to && from >= at {
			d.shown += from - at
			d.gaps = append(d.gaps, gap{from, to, d.shown})
			at = to
		}
	}
	d.shown += e.To - at
	if d.marks.Size()%MarkSize != 0 || d.marks.Size()/MarkSize != d.shown { // hostile numbers may be large
		return nil, false
	}
	d.seen = make([]uint64, (d.shown+63)/64)
	return d, true
}

// index is the how manieth shown entry an entry is; false when it is none.
func (d *diagnosis) index(entry int64) (int64, bool) {
	e := d.v.manifest.Entries
	if entry < e.From || entry >= e.To {
		return 0, false
	}
	n, inside := slices.BinarySearchFunc(d.gaps, entry, func(g gap, entry int64) int {
		switch {
		case g.to <= entry:
			return -1
		case g.from > entry:
			return 1
		}
		return 0
	})
	if inside {
		return 0, false
	}
	if n == 0 {
		return entry - e.From, true
	}
	return d.gaps[n-1].before + entry - d.gaps[n-1].to, true
}

// entryAt is the entry that is the so manieth shown.
func (d *diagnosis) entryAt(index int64) int64 {
	n, _ := slices.BinarySearchFunc(d.gaps, index, func(g gap, index int64) int {
		if g.before <= index {
			return -1
		}
		return 1
	})
	if n == 0 {
		return d.v.manifest.Entries.From + index
	}
	return d.gaps[n-1].to + index - d.gaps[n-1].before
}

// windowSize is how many bytes of marks are read at once; rows come nearly in their order.
const windowSize = 1 << 16

func (d *diagnosis) mark(index int64) ([]byte, error) {
	at := index * MarkSize
	if at < d.windowAt || at+MarkSize > d.windowAt+int64(len(d.window)) {
		d.windowAt = at / windowSize * windowSize
		d.window = slices.Grow(d.window[:0], windowSize)[:min(windowSize, d.marks.Size()-d.windowAt)]
		if _, err := d.marks.ReadAt(d.window, d.windowAt); err != nil && err != io.EOF {
			return nil, fmt.Errorf("read %s: %w", marksFile, err)
		}
	}
	return d.window[at-d.windowAt:][:MarkSize], nil
}

// file looks at the rows of one file.
func (d *diagnosis) file(m KindManifest) (err error) {
	s, failure := d.v.openStream(m)
	if failure != nil {
		d.closed = true // that was found before
		return nil
	}
	defer func() { err = errors.Join(err, s.rows.close()) }()
	last, before := int64(-1), int64(-1) // the last two genuine entries in order
	first := len(d.suspects)
	var waiting []int // suspects that wait for the next genuine row
	for {
		if err := s.advance(); err != nil || s.done {
			return err
		}
		genuine, err := d.take(s)
		if err != nil {
			return err
		}
		if !genuine {
			d.suspect(s, last)
			waiting = append(waiting, len(d.suspects)-1)
			continue
		}
		switch {
		case s.entry > last:
			last, before = s.entry, last
		case s.entry > before: // the one before this was moved here
			d.moved(s, last, s.at-1)
			last = s.entry
		default:
			d.moved(s, s.entry, s.at)
			continue
		}
		for _, i := range waiting {
			d.suspects[i].next = last
		}
		waiting = waiting[:0]
		if len(d.suspects)-first > maxFindings {
			return nil
		}
	}
}

// take reports whether a row is what was sealed as the entry that it says it is, and notes the entry.
func (d *diagnosis) take(s *stream) (bool, error) {
	index, ok := d.index(s.entry)
	if s.entry < 0 || !ok {
		return false, nil
	}
	mark, err := d.mark(index)
	if err != nil || string(mark) != string(s.leaf[:MarkSize]) {
		return false, err
	}
	if d.isSeen(index) {
		return false, nil // a copy
	}
	d.seen[index/64] |= 1 << (index % 64)
	return true, nil
}

func (d *diagnosis) isSeen(index int64) bool { return d.seen[index/64]>>(index%64)&1 == 1 }

func (d *diagnosis) moved(s *stream, entry, at int64) {
	key := ""
	if entry == s.entry {
		key = ", " + keyOf(s.kind, s.cells)
	}
	d.v.result.find("moved", fmt.Sprintf("%s:%d", s.manifest.File, at), "entry %d%s stands in another place than it was sealed in", entry, key)
}

func (d *diagnosis) suspect(s *stream, after int64) {
	if len(d.suspects) > 2*maxFindings {
		return
	}
	text := "it cannot be read as a row of " + s.kind.Name
	if len(s.cells) == len(s.kind.Columns) {
		text = keyOf(s.kind, s.cells)
	}
	d.suspects = append(d.suspects, suspect{finding: Finding{Where: s.where(), Text: text}, entry: s.entry, after: after, next: -1})
}

// maxMissing bounds the entries that are remembered as missing.
const maxMissing = 1000

// tell finds, for each row that is not genuine, the missing entry whose place it took, and then what is missing besides.
func (d *diagnosis) tell() error {
	d.findMissing()
	for _, s := range d.suspects {
		entry, ok := d.placeOf(s)
		if !ok {
			d.v.result.find("inserted", s.finding.Where, "%s is no entry of the log", s.finding.Text)
			continue
		}
		d.missing = slices.DeleteFunc(d.missing, func(m int64) bool { return m == entry })
		d.v.result.find("changed", s.finding.Where, "entry %d is not what was sealed: %s", entry, s.finding.Text)
	}
	if d.closed || len(d.missing) == 0 {
		return nil
	}
	d.missing = d.missing[:min(len(d.missing), maxFindings)]
	return d.tellRemoved()
}

func (d *diagnosis) findMissing() {
	for index := range d.shown {
		if d.isSeen(index) {
			continue
		}
		if len(d.missing) < maxMissing {
			d.missing = append(d.missing, d.entryAt(index))
		}
	}
}

// placeOf is the missing entry that a row took the place of: the one that it says it is, or else one between its neighbours.
func (d *diagnosis) placeOf(s suspect) (int64, bool) {
	if slices.Contains(d.missing, s.entry) {
		return s.entry, true
	}
	for _, entry := range d.missing {
		if entry > s.after && (s.next < 0 || entry < s.next) {
			return entry, true
		}
	}
	return 0, false
}

// neighbour is the row before a missing entry.
type neighbour struct {
	entry      int64
	where, key string
}

// tellRemoved names, for each entry that is missing, the row before it: that is where it was.
func (d *diagnosis) tellRemoved() error {
	before := make([]neighbour, len(d.missing))
	for i := range before {
		before[i].entry = -1
	}
	for _, m := range d.v.manifest.Kinds {
		if err := d.neighbours(m, before); err != nil {
			return err
		}
	}
	for i, entry := range d.missing {
		if before[i].entry < 0 {
			d.v.result.find("removed", "", "entry %d is missing: it was the first of the pack", entry)
			continue
		}
		d.v.result.find("removed", before[i].where, "entry %d is missing after this row, which is entry %d: %s", entry, before[i].entry, before[i].key)
	}
	return nil
}

// neighbours looks in one file for rows that stand before missing entries.
func (d *diagnosis) neighbours(m KindManifest, before []neighbour) (err error) {
	s, failure := d.v.openStream(m)
	if failure != nil {
		return nil // it could be opened a moment ago
	}
	defer func() { err = errors.Join(err, s.rows.close()) }()
	for {
		if err := s.advance(); err != nil || s.done {
			return err
		}
		for i, entry := range d.missing {
			if s.entry < entry && s.entry > before[i].entry {
				before[i] = neighbour{s.entry, s.where(), keyOf(s.kind, s.cells)}
			}
		}
	}
}
