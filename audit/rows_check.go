package audit

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// checkRows builds the tree from the rows and the spans of the pack, in the order of their entries, and compares it with each checkpoint. It
// reports whether everything fitted: where not, diagnose tells why. While the tree grows, the files are hashed beside it.
func (v *verifier) checkRows(held []Checkpoint) (bool, error) {
	type hashed struct {
		found []Finding
		err   error
	}
	files := make(chan hashed, 1)
	go func() {
		found, err := v.checkFiles()
		files <- hashed{found, err}
	}()
	grown, failure := v.grow(held)
	of := <-files
	for _, f := range of.found {
		v.badMarks = v.badMarks || f.Where == marksFile
		v.result.find(f.What, f.Where, "%s", f.Text)
	}
	if err := errors.Join(failure, of.err); err != nil || !grown {
		return grown, err
	}
	if v.result.Verified() {
		v.tellProven(held)
	}
	return true, nil
}

// grower builds the tree of a pack.
type grower struct {
	tree    tree
	streams []*stream
	current *stream
	proof   *proofReader
	leftOut int64
	awaited []Checkpoint // by size
}

// grow returns false when an entry is neither a row nor in a span, or the tree is not that of a checkpoint.
func (v *verifier) grow(held []Checkpoint) (whole bool, err error) {
	g := &grower{tree: newTree(), awaited: append(slices.Clone(v.checkpoints), held...)}
	slices.SortStableFunc(g.awaited, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	defer func() { err = errors.Join(err, g.close()) }()
	if ok, err := v.begin(g); err != nil || !ok {
		return false, err
	}
	whole = true
	for g.tree.size() < v.result.Checkpoint.Size {
		if ok := v.compare(g); !ok {
			whole = false
		}
		ok, err := v.step(g)
		if err != nil || !ok {
			return false, err
		}
		if g.tree.size()&0xffff == 0 && v.ctx.Err() != nil {
			return false, v.ctx.Err()
		}
	}
	if ok := v.compare(g); !ok {
		return false, nil
	}
	for _, c := range g.awaited {
		v.result.find("cut off", "", "the log of this pack ends at entry %d, and the checkpoint of %s that you hold is of %d entries: the newest entries were cut off",
			v.result.Checkpoint.Size, c.At.Format(time.RFC3339), c.Size)
	}
	if !whole || !g.ended() {
		return false, nil
	}
	v.checkCounts(g)
	return true, nil
}

func (v *verifier) begin(g *grower) (bool, error) {
	proof := v.files[proofFile]
	if proof == nil {
		return false, nil // that was found before
	}
	g.proof = newProofReader(proof)
	if err := g.proof.advance(); err != nil {
		v.result.find("file", proofFile, "%v", err)
		return false, nil
	}
	for _, m := range v.manifest.Kinds {
		s, err := v.openStream(m)
		if err == nil {
			g.streams = append(g.streams, s)
			err = s.advance()
		}
		if err != nil {
			v.result.find("file", m.File, "%v", err)
			return false, nil
		}
	}
	return true, nil
}

func (g *grower) close() error {
	var failures []error
	for _, s := range g.streams {
		failures = append(failures, s.rows.close())
	}
	return errors.Join(failures...)
}

// compare holds the tree against the checkpoints of its present size.
func (v *verifier) compare(g *grower) bool {
	same := true
	for len(g.awaited) > 0 && g.awaited[0].Size <= g.tree.size() {
		c := g.awaited[0]
		g.awaited = g.awaited[1:]
		if c.Size < g.tree.size() {
			v.result.find("checkpoint", "", "the pack does not hold what it takes to compare it with the checkpoint of %s, of %d entries", c.At.Format(time.RFC3339), c.Size)
			continue
		}
		root, err := g.tree.root()
		if err != nil || root != c.Root {
			v.result.find("checkpoint", "", "the first %d entries are not those of the checkpoint of %s", c.Size, c.At.Format(time.RFC3339))
			same = false
		}
	}
	return same
}

// step takes the next row or span.
func (v *verifier) step(g *grower) (bool, error) {
	want := g.tree.size()
	if s := g.find(want); s != nil {
		if want < v.manifest.Entries.From || want >= v.manifest.Entries.To {
			return false, nil
		}
		if err := g.tree.addLeaf(s.leaf); err != nil {
			return false, err
		}
		s.notAdded = cmp.Or(s.notAdded, s.sums.add(s.cells))
		if !v.manifest.Filter.shows(s.places, func(at int) string { return textOf(s.cells[at], s.kind.Columns[at].Type) }) {
			v.result.find("manifest", s.where(), "the filter leaves this row out, and here it is")
		}
		return true, s.advance()
	}
	if g.proof.done || g.proof.next.From != want {
		if g.ended() {
			v.result.find("cut off", "", "the pack ends with entry %d, and its checkpoint is of %d entries: the newest were cut off", want-1, v.result.Checkpoint.Size)
		}
		return false, nil
	}
	span := g.proof.next
	g.leftOut += max(0, min(span.To, v.manifest.Entries.To)-max(span.From, v.manifest.Entries.From))
	if err := g.tree.addSpan(span); err != nil {
		return false, nil
	}
	if err := g.proof.advance(); err != nil {
		v.result.find("file", proofFile, "line %d: %v", g.proof.at+1, err)
		return false, nil
	}
	return true, nil
}

// find is the file whose next row is an entry.
func (g *grower) find(entry int64) *stream {
	if g.current != nil && g.current.entry == entry {
		return g.current
	}
	for _, s := range g.streams {
		if !s.done && s.entry == entry {
			g.current = s
			return s
		}
	}
	return nil
}

// ended reports whether nothing is left over.
func (g *grower) ended() bool {
	return g.proof.done && !slices.ContainsFunc(g.streams, func(s *stream) bool { return !s.done })
}

// checkCounts compares what was read with what the manifest says. The rows are right: so a difference is the manifest's.
func (v *verifier) checkCounts(g *grower) {
	var shown int64
	for _, s := range g.streams {
		shown += s.sums.rows
		if s.notAdded != nil {
			v.result.find("manifest", s.manifest.File, "its rows cannot be added up: %v", s.notAdded)
		}
		if s.sums.rows != s.manifest.Rows {
			v.result.find("manifest", manifestFile, "it says that %s has %d rows, and it has %d", s.manifest.File, s.manifest.Rows, s.sums.rows)
		}
		if sums := s.sums.list(); !slices.Equal(sums, s.manifest.Sums) {
			v.result.find("manifest", manifestFile, "its sums of %s are %v, the rows add up to %v", s.manifest.File, s.manifest.Sums, sums)
		}
	}
	e := v.manifest.Entries
	if shown != e.Shown || g.leftOut != e.LeftOut {
		v.result.find("manifest", manifestFile, "it says that %d entries are shown and %d left out, and it is %d and %d", e.Shown, e.LeftOut, shown, g.leftOut)
	}
	if f := v.manifest.Filter; g.leftOut > 0 && f.Provider == "" && f.Account == "" && f.Currency == "" {
		v.result.find("removed", proofFile, "%d entries of the period are left out, and no filter asks for it", g.leftOut)
	}
}

func (v *verifier) tellProven(held []Checkpoint) {
	e, newest := v.manifest.Entries, v.result.Checkpoint
	v.result.proven("%d rows are exactly what was sealed as entries %d to %d, in their order; none was changed, removed, inserted or moved", e.Shown, e.From, e.To-1)
	if e.LeftOut > 0 {
		v.result.proven("%d entries of the period are left out by the filter: each is in the log, and what it says cannot be seen here", e.LeftOut)
	}
	if v.options.Keys.Given() {
		v.result.proven("the checkpoint of %d entries at %s, and the manifest, are signed with the key you gave", newest.Size, newest.At.Format(time.RFC3339))
	} else {
		v.result.proven("no key was given: entries after those of the checkpoint that you hold rest on the pack's own word")
	}
	for _, c := range held {
		v.result.proven("the log begins with the %d entries of the checkpoint of %s that you hold, unaltered", c.Size, c.At.Format(time.RFC3339))
	}
}
