package audit

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/transparency-dev/merkle/compact"
)

// Source is where a pack's rows come from.
type Source interface {
	// Seals are all of them, oldest first.
	Seals(ctx context.Context) ([]Seal, error)
	// Entries are the rows that a seal added, in the order in which it added them.
	Entries(ctx context.Context, seal Seal) iter.Seq2[Entry, error]
}

// Entry is a row of the log as it is held, and the first MarkSize bytes of its leaf's hash as it was sealed.
type Entry struct {
	Row  Row
	Mark []byte
}

// ErrAltered is returned when what is held is not what was sealed.
var ErrAltered = errors.New("the database was changed behind tieout's back")

// ErrNotSealed is returned when there is nothing to make a pack of.
var ErrNotSealed = errors.New("nothing was sealed yet: the log begins with the first `tieout run`")

// PackOptions say what a pack holds.
type PackOptions struct {
	Filter Filter
	Rows   Format
	MadeBy string // the program
	Key    Key    // signs the manifest; none: it is not signed
	Dir    string // for what does not fit into memory; empty: the system's
}

// WritePack writes a pack and returns what is in it. The bytes follow from the log, the options and the key.
func WritePack(ctx context.Context, out io.Writer, source Source, o PackOptions) (_ Manifest, err error) {
	seals, err := source.Seals(ctx)
	if err != nil {
		return Manifest{}, err
	}
	chosen, err := choose(seals, o.Filter)
	if err != nil {
		return Manifest{}, err
	}
	dir, err := os.MkdirTemp(o.Dir, "tieout-pack-*")
	if err != nil {
		return Manifest{}, fmt.Errorf("make a folder for the pack's files: %w", err)
	}
	p := &packer{options: o, chosen: chosen, dir: dir, files: map[string]*spool{}, kinds: map[*Kind]*kindPacker{}, root: newTree()}
	defer func() { err = errors.Join(err, p.discard()) }()
	if err := p.collect(ctx, source); err != nil {
		return Manifest{}, err
	}
	return p.publish(out)
}

// choice is which seals of the log a pack is about.
type choice struct {
	seals      []Seal // all up to the pack's checkpoint
	first, end int    // those whose rows it holds
}

func (c choice) newest() Seal { return c.seals[len(c.seals)-1] }

// noted are the seals whose checkpoints the pack carries: from the one before the period on.
func (c choice) noted() []Seal { return c.seals[max(c.first-1, 0):] }

// bounds are the entries of the period.
func (c choice) bounds() (from, to int64) {
	if c.first == c.end {
		return c.newest().Checkpoint.Size, c.newest().Checkpoint.Size
	}
	return c.seals[c.first].Added.From, c.seals[c.end-1].Added.To
}

// choose finds the seals that cover a period: all but those that were made before it began, up to the first that was made
// at its end or later, since that holds what was written after the last one inside.
func choose(seals []Seal, f Filter) (choice, error) {
	if !f.AsOf.IsZero() {
		seals = seals[:count(seals, func(at time.Time) bool { return !at.After(f.AsOf) })]
	}
	if len(seals) == 0 {
		return choice{}, ErrNotSealed
	}
	c := choice{seals: seals, end: len(seals)}
	if !f.From.IsZero() {
		c.first = count(seals, func(at time.Time) bool { return at.Before(f.From) })
	}
	if !f.To.IsZero() {
		c.end = min(count(seals, func(at time.Time) bool { return at.Before(f.To) })+1, len(seals))
	}
	c.end = max(c.first, c.end)
	return c, nil
}

// count is how many seals, from the first on, were made at a time that fits.
func count(seals []Seal, fits func(at time.Time) bool) int {
	n := slices.IndexFunc(seals, func(s Seal) bool { return !fits(s.Checkpoint.At) })
	if n < 0 {
		return len(seals)
	}
	return n
}

// packer makes the files of a pack.
type packer struct {
	options PackOptions
	chosen  choice
	dir     string
	files   map[string]*spool
	kinds   map[*Kind]*kindPacker
	root    tree
	leftOut *compact.Range // entries that wait to become a span; nil: none
	counts  EntryCounts
	cells   [][]byte
}

// kindPacker writes the rows of one kind.
type kindPacker struct {
	kind   *Kind
	file   string
	rows   rowWriter
	sums   *adder
	places filterPlaces
}

func (p *packer) collect(ctx context.Context, source Source) error {
	p.counts.From, p.counts.To = p.chosen.bounds()
	for i, seal := range p.chosen.seals {
		if i < p.chosen.first || i >= p.chosen.end {
			if err := p.span(seal.Added); err != nil {
				return err
			}
			continue
		}
		if err := p.seal(ctx, source, seal); err != nil {
			return fmt.Errorf("entries %d to %d, sealed at %s: %w", seal.Added.From, seal.Added.To, seal.Checkpoint.At.Format(time.RFC3339), err)
		}
	}
	root, err := p.root.root()
	if err == nil && (root != p.chosen.newest().Checkpoint.Root || p.root.size() != p.chosen.newest().Checkpoint.Size) {
		err = fmt.Errorf("%w: the seals do not lead to the newest checkpoint", ErrAltered)
	}
	return err
}

// seal takes the rows that a seal added.
func (p *packer) seal(ctx context.Context, source Source, seal Seal) error {
	batch := NewBatch(seal.Added.From)
	for entry, err := range source.Entries(ctx, seal) {
		if err != nil {
			return err
		}
		at := batch.Size()
		hash, err := batch.Add(entry.Row)
		if err != nil {
			return err
		}
		if string(hash[:MarkSize]) != string(entry.Mark) {
			return fmt.Errorf("%w: entry %d, %s, is not what was sealed there", ErrAltered, at, describe(entry.Row))
		}
		if err := p.entry(entry.Row, at, batch.line, hash); err != nil {
			return err
		}
	}
	if !batch.Span().Equal(seal.Added) {
		return fmt.Errorf("%w: %d entries do not lead to what was sealed", ErrAltered, batch.Size()-seal.Added.From)
	}
	// Spans end where seals do, so that the tree can be compared with each checkpoint.
	return errors.Join(p.flush(), p.root.addSpan(seal.Added))
}

// describe names the object that a row is about.
func describe(row Row) string {
	text := row.Kind.Name
	for _, name := range row.Kind.Key {
		text += " " + row.Cells[row.Kind.index(name)-Given]
	}
	return text
}

// entry writes a row, or counts it where the filter leaves it out.
func (p *packer) entry(row Row, at int64, prefixed []byte, hash Hash) error {
	k, err := p.kind(row.Kind)
	if err != nil {
		return err
	}
	if !p.options.Filter.shows(k.places, func(at int) string { return row.Cells[at-Given] }) {
		p.counts.LeftOut++
		if p.leftOut == nil {
			p.leftOut = ranges.NewEmptyRange(uint64(at))
		}
		return p.leftOut.Append(slices.Clone(hash[:]), nil)
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.counts.Shown++
	marks, err := p.file(marksFile)
	if err != nil {
		return err
	}
	line := prefixed[1:]
	cells, _ := splitLine(line, p.cells)
	p.cells = cells
	_, failure := marks.Write(hash[:MarkSize])
	return errors.Join(failure, k.sums.add(cells), k.rows.write(line, at, row.Cells))
}

// flush writes the span of what was left out before a row.
func (p *packer) flush() error {
	if p.leftOut == nil {
		return nil
	}
	span := spanOf(p.leftOut)
	p.leftOut = nil
	return p.writeSpan(span)
}

// span takes a seal whose rows the pack does not hold.
func (p *packer) span(s Span) error {
	if s.From == s.To {
		return nil
	}
	return errors.Join(p.writeSpan(s), p.root.addSpan(s))
}

func (p *packer) writeSpan(s Span) error {
	proof, err := p.file(proofFile)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(proof, s)
	return err
}

func (p *packer) kind(kind *Kind) (*kindPacker, error) {
	if k := p.kinds[kind]; k != nil {
		return k, nil
	}
	k := &kindPacker{kind: kind, file: "rows/" + kind.Name + "." + string(p.options.Rows), sums: newAdder(kind), places: newFilterPlaces(kind)}
	file, err := p.file(k.file)
	if err == nil {
		k.rows, err = newRowWriter(p.options.Rows, kind, file)
	}
	p.kinds[kind] = k
	return k, err
}

// spool is a file of the pack while it is made.
type spool struct {
	out  *bufio.Writer
	file *os.File
	sum  hash.Hash
	size int64
}

// Write counts and hashes what goes into the file.
func (s *spool) Write(content []byte) (int, error) {
	n, err := s.out.Write(content)
	s.sum.Write(content[:n]) // a hash takes everything
	s.size += int64(n)
	return n, err
}

func (p *packer) file(name string) (*spool, error) {
	if f := p.files[name]; f != nil {
		return f, nil
	}
	file, err := os.Create(filepath.Join(p.dir, fmt.Sprint(len(p.files))))
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", name, err)
	}
	f := &spool{out: bufio.NewWriterSize(file, 1<<16), file: file, sum: sha256.New()}
	p.files[name] = f
	return f, nil
}

func (p *packer) discard() error {
	var failures []error
	for _, f := range p.files {
		failures = append(failures, f.file.Close())
	}
	return errors.Join(append(failures, os.RemoveAll(p.dir))...)
}

// publish ends the files and writes the zip.
func (p *packer) publish(out io.Writer) (Manifest, error) {
	m := Manifest{
		Format: packFormat, Log: p.chosen.newest().Checkpoint.Log, MadeBy: p.options.MadeBy, Rows: p.options.Rows, Filter: p.options.Filter, Entries: p.counts,
		Checkpoints: []string{}, Kinds: []KindManifest{}, Files: []FileManifest{},
	}
	for _, seal := range p.chosen.noted() {
		m.Checkpoints = append(m.Checkpoints, seal.Note)
	}
	for _, kind := range kinds {
		if k := p.kinds[kind]; k != nil {
			if err := k.rows.close(); err != nil {
				return m, fmt.Errorf("%s: %w", k.file, err)
			}
			m.Kinds = append(m.Kinds, KindManifest{Kind: kind.Name, File: k.file, Rows: k.sums.rows, Sums: k.sums.list()})
		}
	}
	if err := p.words(checkpointFile, p.chosen.newest().Note); err != nil {
		return m, err
	}
	if err := p.words(readmeFile, readme(m)); err != nil {
		return m, err
	}
	for _, name := range []string{proofFile, marksFile} { // they are there, also where they are empty
		if _, err := p.file(name); err != nil {
			return m, err
		}
	}
	return m, p.zip(out, &m)
}

func (p *packer) words(name, text string) error {
	f, err := p.file(name)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	return err
}

// order is that of the files in the zip: what a person opens first, then the rows.
func (p *packer) order(m Manifest) []string {
	names := []string{readmeFile, checkpointFile}
	for _, k := range m.Kinds {
		names = append(names, k.File)
	}
	return append(names, proofFile, marksFile)
}

func (p *packer) zip(out io.Writer, m *Manifest) error {
	order := p.order(*m)
	for _, name := range order {
		f := p.files[name]
		m.Files = append(m.Files, FileManifest{Name: name, Bytes: f.size, SHA256: hex.EncodeToString(f.sum.Sum(nil))})
	}
	manifest, err := m.encode()
	if err != nil {
		return err
	}
	signature, err := p.options.Key.sign(signedText(m.Log, manifest))
	if err != nil {
		return err
	}
	if err := errors.Join(p.words(manifestFile, string(manifest)), p.words(signatureFile, signature)); err != nil {
		return err
	}
	packed := zip.NewWriter(out)
	for _, name := range append([]string{manifestFile, signatureFile}, order...) {
		if err := p.files[name].into(packed, name); err != nil {
			return fmt.Errorf("write %s into the pack: %w", name, err)
		}
	}
	return packed.Close()
}

// into copies the file into a zip, stored and not compressed: the bytes of a pack then depend on no compressor's version, and
// no pack can be larger than it looks.
func (s *spool) into(packed *zip.Writer, name string) error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	entry, err := packed.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: packTime})
	if err == nil {
		_, err = io.Copy(entry, s.file)
	}
	return err
}

// packTime is the time of every file: the earliest that a zip can hold, since that of making tells nothing.
var packTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
