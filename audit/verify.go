package audit

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// VerifyOptions are what an auditor trusts. At least one is needed: a pack cannot vouch for itself.
type VerifyOptions struct {
	Keys PublicKeys
	Held []string // checkpoints that the auditor kept
}

// ErrNothingTrusted is returned when neither a key nor a checkpoint was given.
var ErrNothingTrusted = errors.New("a pack cannot vouch for itself: give the public key (--key), a checkpoint that you kept (--checkpoint), or both")

// Finding is something that is not as it should be.
type Finding struct {
	What  string // changed, removed, inserted, moved, cut off, file, manifest, checkpoint, key
	Where string // file, and line or row, as far as they are known
	Text  string
}

func (f Finding) String() string {
	if f.Where == "" {
		return f.What + ": " + f.Text
	}
	return f.Where + ": " + f.What + ": " + f.Text
}

// Result is what came of checking a pack.
type Result struct {
	Manifest   Manifest // as far as it could be read
	Checkpoint Checkpoint
	Proven     []string // sentences
	Findings   []Finding
	More       int // findings beyond maxFindings
}

// Verified reports whether everything is as it should be.
func (r Result) Verified() bool { return len(r.Findings) == 0 }

// maxFindings bounds what is told of one pack.
const maxFindings = 50

func (r *Result) find(what, where, format string, args ...any) {
	if len(r.Findings) == maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{what, where, fmt.Sprintf(format, args...)})
}

func (r *Result) proven(format string, args ...any) {
	r.Proven = append(r.Proven, fmt.Sprintf(format, args...))
}

// Verify checks a pack. An error means that it could not be read at all, or not to its end; whatever is wrong with what could be
// read is a finding.
func Verify(ctx context.Context, in io.ReaderAt, size int64, o VerifyOptions) (Result, error) {
	if !o.Keys.Given() && len(o.Held) == 0 {
		return Result{}, ErrNothingTrusted
	}
	v := &verifier{options: o, ctx: ctx}
	held, err := v.readHeld()
	if err != nil {
		return Result{}, err
	}
	if err := v.open(in, size); err != nil {
		return v.result, err
	}
	if !v.readManifest() || !v.readCheckpoints() {
		return v.result, nil
	}
	for _, c := range held {
		if c.Log != v.manifest.Log {
			v.result.find("checkpoint", "", "the one of %s that you hold is of the log %q, the pack of %q", c.At.Format(time.RFC3339), c.Log, v.manifest.Log)
		}
	}
	whole, err := v.checkRows(held)
	if err != nil {
		return v.result, err
	}
	if !whole {
		err = v.diagnose()
	}
	return v.result, err
}

// verifier checks one pack.
type verifier struct {
	options     VerifyOptions
	ctx         context.Context
	files       map[string]*io.SectionReader
	result      Result
	manifest    Manifest
	checkpoints []Checkpoint // those of the manifest
	badMarks    bool         // the marks are not what was packed
}

// readHeld reads the checkpoints that the auditor kept. With a key, their signatures count too.
func (v *verifier) readHeld() ([]Checkpoint, error) {
	var held []Checkpoint
	for _, text := range v.options.Held {
		c, err := ParseCheckpoint(text)
		if err != nil {
			return nil, fmt.Errorf("the checkpoint that you kept: %w", err)
		}
		if v.options.Keys.Given() && strings.Contains(text, "\n\n") {
			if signed, err := v.options.Keys.open(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) + "\n"); err != nil || signed != c.Text() {
				v.result.find("key", "", "the checkpoint of %s that you hold is not signed with the key you gave: %v", c.At.Format(time.RFC3339), err)
			}
		}
		held = append(held, c)
	}
	return held, nil
}

// maxFiles is more than any pack has.
const maxFiles = 1000

// open finds the files of a pack. They are stored, so each lies in it as it is.
func (v *verifier) open(in io.ReaderAt, size int64) error {
	packed, err := zip.NewReader(in, size)
	if err != nil {
		return fmt.Errorf("this is not a pack, or not the whole of one: %w", err)
	}
	if len(packed.File) > maxFiles {
		return fmt.Errorf("this is not a pack: it has %d files", len(packed.File))
	}
	v.files = map[string]*io.SectionReader{}
	for _, file := range packed.File {
		at, err := file.DataOffset()
		if err != nil {
			return fmt.Errorf("this is not a pack: %s: %w", file.Name, err)
		}
		if file.Method != zip.Store || file.CompressedSize64 != file.UncompressedSize64 || file.UncompressedSize64 > uint64(size) {
			return fmt.Errorf("this is not a pack as tieout writes it: %s is compressed", file.Name)
		}
		if v.files[file.Name] != nil {
			return fmt.Errorf("this is not a pack: it has %s twice", file.Name)
		}
		v.files[file.Name] = io.NewSectionReader(in, at, int64(file.UncompressedSize64))
	}
	return nil
}

// maxWords bounds the files that are read as a whole.
const maxWords = 64 << 20

func (v *verifier) words(name string) (string, bool) {
	file := v.files[name]
	if file == nil {
		v.result.find("file", name, "it is missing")
		return "", false
	}
	content := make([]byte, min(file.Size(), maxWords))
	if _, err := file.ReadAt(content, 0); err != nil && err != io.EOF || file.Size() > maxWords {
		v.result.find("file", name, "it cannot be read")
		return "", false
	}
	return string(content), true
}

// readManifest reads the manifest and checks its signature, and that the pack has the files that it names and no others.
func (v *verifier) readManifest() bool {
	content, ok := v.words(manifestFile)
	if !ok {
		return false
	}
	m, err := decodeManifest([]byte(content))
	if err != nil {
		v.result.find("manifest", manifestFile, "%v", err)
		return false
	}
	v.manifest, v.result.Manifest = m, m
	if v.options.Keys.Given() {
		v.checkSignature(signatureFile, signedText(m.Log, []byte(content)), "the manifest")
	}
	named := map[string]bool{manifestFile: true, signatureFile: true}
	for _, file := range m.Files {
		named[file.Name] = true
		if v.files[file.Name] == nil {
			v.result.find("file", file.Name, "it is missing")
		}
	}
	var others []string
	for name := range v.files {
		if !named[name] {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		v.result.find("file", name, "it is not one that the manifest names")
	}
	return true
}

// checkSignature holds a signed file against what it must say.
func (v *verifier) checkSignature(name, want, what string) {
	signed, ok := v.words(name)
	if !ok {
		return
	}
	text, err := v.options.Keys.open(signed)
	switch {
	case err != nil:
		v.result.find("key", name, "%v", err)
	case text != want:
		v.result.find("manifest", name, "%s is not the one that was signed", what)
	}
}

// readCheckpoints reads those of the manifest, and finds out whether they cover the period that it says.
func (v *verifier) readCheckpoints() bool {
	m := v.manifest
	for i, signed := range m.Checkpoints {
		where := fmt.Sprintf("%s, checkpoint %d", manifestFile, i+1)
		c, err := ParseCheckpoint(signed)
		if err != nil {
			v.result.find("checkpoint", where, "%v", err)
			return false
		}
		v.checkNote(c, signed, where, i == len(m.Checkpoints)-1)
		if c.Log != m.Log {
			v.result.find("checkpoint", where, "it is of the log %q, the pack of %q", c.Log, m.Log)
		}
		if i > 0 && (c.Size < v.checkpoints[i-1].Size || c.At.Before(v.checkpoints[i-1].At)) {
			v.result.find("checkpoint", where, "it is older than the one before it")
			return false
		}
		v.checkpoints = append(v.checkpoints, c)
	}
	if len(v.checkpoints) == 0 {
		v.result.find("checkpoint", manifestFile, "it has none")
		return false
	}
	v.result.Checkpoint = v.checkpoints[len(v.checkpoints)-1]
	if newest, ok := v.words(checkpointFile); ok && newest != m.Checkpoints[len(m.Checkpoints)-1] {
		v.result.find("checkpoint", checkpointFile, "it is not the manifest's newest")
	}
	return v.checkPeriod()
}

// checkNote checks the signature of a checkpoint. The newest must have one that counts. For earlier ones, from before there was a key, or from
// before another one, the signature of the manifest stands in, which names them.
func (v *verifier) checkNote(c Checkpoint, signed, where string, newest bool) {
	if !v.options.Keys.Given() {
		return
	}
	text, err := v.options.Keys.open(signed)
	switch {
	case !newest && (errors.Is(err, errOtherKey) || errors.Is(err, errUnsigned)):
	case err != nil:
		v.result.find("key", where, "%v", err)
	case text != c.Text():
		v.result.find("checkpoint", where, "its text is not the one that was signed")
	}
}

// checkPeriod finds out whether the entries that the pack holds are those of the period: none that was sealed in it comes before the
// first, and none after the last.
func (v *verifier) checkPeriod() bool {
	e, f, newest := v.manifest.Entries, v.manifest.Filter, v.result.Checkpoint
	if e.From < 0 || e.To < e.From || e.To > newest.Size {
		v.result.find("manifest", manifestFile, "entries %d to %d are no part of a log of %d", e.From, e.To, newest.Size)
		return false
	}
	begins := e.From == 0 || slices.ContainsFunc(v.checkpoints, func(c Checkpoint) bool {
		return c.Size == e.From && (!f.From.IsZero() && c.At.Before(f.From) || e.From == newest.Size)
	})
	if !begins {
		v.result.find("manifest", manifestFile, "no checkpoint shows that the period begins with entry %d: earlier entries may be missing", e.From)
	}
	ends := e.To == newest.Size || slices.ContainsFunc(v.checkpoints, func(c Checkpoint) bool {
		return c.Size == e.To && !f.To.IsZero() && !c.At.Before(f.To)
	})
	if !ends {
		v.result.find("manifest", manifestFile, "no checkpoint shows that the period ends with entry %d: later entries may be missing", e.To-1)
	}
	return true
}

// checkFiles compares the hash of every file with the manifest's.
func (v *verifier) checkFiles() ([]Finding, error) {
	var found []Finding
	buffer := make([]byte, 1<<18)
	for _, file := range v.manifest.Files {
		content := v.files[file.Name]
		if content == nil {
			continue // that was found before
		}
		sum := sha256.New()
		if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, io.NewSectionReader(content, 0, content.Size()), buffer); err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Name, err)
		}
		if content.Size() != file.Bytes || hex.EncodeToString(sum.Sum(nil)) != file.SHA256 {
			found = append(found, Finding{"file", file.Name, "it is not the one that the manifest names (SHA-256)"})
		}
	}
	return found, v.ctx.Err()
}

// key names the object of a row, given by its cells.
func keyOf(k *Kind, cells [][]byte) string {
	if len(cells) != len(k.Columns) {
		return k.Name
	}
	parts := []string{k.Name}
	for _, name := range k.Key {
		at := k.index(name)
		parts = append(parts, textOf(cells[at], k.Columns[at].Type))
	}
	return strings.Join(parts, " ")
}
