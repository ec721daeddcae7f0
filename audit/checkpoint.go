package audit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint says what the log was at one moment: whoever keeps a copy can tell later whether anything before it was changed.
type Checkpoint struct {
	Log    string // its name
	Size   int64  // how many entries
	Root   Hash
	Change int64 // the last change whose rows are in it
	Run    int64 // the run that sealed it
	At     time.Time
}

// Text is what is signed: name, size and root hash, a line each (as transparency logs write a checkpoint), then what tieout adds.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\nchange %d\nrun %d\nat %s\n", c.Log, c.Size, c.Root, c.Change, c.Run, c.At.UTC().Format(time.RFC3339Nano))
}

// ParseCheckpoint reads what Checkpoint.Text writes, and a note around it; whether a signature on it is right is not looked at.
// Line breaks of another system and space around the whole do no harm: the text may have been copied from a report.
func ParseCheckpoint(text string) (Checkpoint, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")
	body, _, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(body, "\n")
	if len(lines) != 6 {
		return Checkpoint{}, fmt.Errorf("a checkpoint has six lines, this has %d", len(lines))
	}
	c := Checkpoint{Log: lines[0]}
	var failures [5]error
	c.Size, failures[0] = strconv.ParseInt(lines[1], 10, 64)
	c.Root, failures[1] = ParseHash(lines[2])
	c.Change, failures[2] = strconv.ParseInt(strings.TrimPrefix(lines[3], "change "), 10, 64)
	c.Run, failures[3] = strconv.ParseInt(strings.TrimPrefix(lines[4], "run "), 10, 64)
	c.At, failures[4] = time.Parse(time.RFC3339Nano, strings.TrimPrefix(lines[5], "at "))
	if err := errors.Join(failures[:]...); err != nil {
		return Checkpoint{}, fmt.Errorf("not a checkpoint: %w", err)
	}
	if c.Log == "" || c.Size < 0 || c.Text() != body+"\n" {
		return Checkpoint{}, errors.New("not a checkpoint as tieout writes it")
	}
	return c, nil
}

// Key is a private key that signs checkpoints and packs.
type Key struct{ signer note.Signer }

// GenerateKey makes a pair of keys for a log.
func GenerateKey(name string) (private, public string, err error) {
	return note.GenerateKey(nil, name)
}

// NewKey reads a private key as GenerateKey makes it.
func NewKey(text string) (Key, error) {
	signer, err := note.NewSigner(strings.TrimSpace(text))
	if err != nil {
		return Key{}, errors.New("this is no private key as `tieout audit key` makes it")
	}
	return Key{signer}, nil
}

// Name is the name of the log that the key is for.
func (k Key) Name() string { return k.signer.Name() }

// sign makes a signed note of a text; the text alone where there is no key.
func (k Key) sign(text string) (string, error) {
	if k.signer == nil {
		return text, nil
	}
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	return string(signed), err
}

// Sign is the note of a checkpoint. Without a key it is the text alone.
func (k Key) Sign(c Checkpoint) (string, error) {
	if k.signer != nil && k.signer.Name() != c.Log {
		return "", fmt.Errorf("the key is for the log %q, and this one is %q (audit.name)", k.signer.Name(), c.Log)
	}
	return k.sign(c.Text())
}

// PublicKeys are those whose signatures count: the present one, and earlier ones after a change of keys.
type PublicKeys struct{ verifiers []note.Verifier }

// NewPublicKeys reads public keys.
func NewPublicKeys(texts ...string) (PublicKeys, error) {
	var keys PublicKeys
	for _, text := range texts {
		verifier, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return PublicKeys{}, fmt.Errorf("%q is no public key as `tieout audit key` prints it", text)
		}
		keys.verifiers = append(keys.verifiers, verifier)
	}
	return keys, nil
}

// Given reports whether there is any.
func (p PublicKeys) Given() bool { return len(p.verifiers) > 0 }

// Why a signature does not count.
var (
	errOtherKey = errors.New("signed by another key")
	errUnsigned = errors.New("it is not signed")
)

// open checks that one of the keys signed a note, and returns its text.
func (p PublicKeys) open(signed string) (string, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(p.verifiers...))
	var unverified *note.UnverifiedNoteError
	switch {
	case err == nil:
		return opened.Text, nil
	case errors.As(err, &unverified):
		return "", fmt.Errorf("it is %w (%s)", errOtherKey, signersOf(unverified.Note.UnverifiedSigs))
	case !strings.Contains(signed, "\n\n— "):
		return "", errUnsigned
	default:
		return "", errors.New("its signature is not right")
	}
}

func signersOf(signatures []note.Signature) string {
	names := make([]string, len(signatures))
	for i, s := range signatures {
		names[i] = fmt.Sprintf("%s+%08x", s.Name, s.Hash)
	}
	return strings.Join(names, ", ")
}
