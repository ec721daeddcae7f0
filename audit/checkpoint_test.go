package audit

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// TestCheckpointText: a checkpoint is read back as it was written, signed or not, with the line breaks of another system and space around; and
// nothing else is taken for one.
func TestCheckpointText(t *testing.T) {
	b := threeDays(t, 1)
	seal := b.seals[1]
	text := seal.Checkpoint.Text()
	for _, good := range []string{text, seal.Note, "\n  " + text + " \n", strings.ReplaceAll(seal.Note, "\n", "\r\n")} {
		if c, err := ParseCheckpoint(good); err != nil || c != seal.Checkpoint {
			t.Errorf("%q is read as %v (%v), want %v", good, c, err, seal.Checkpoint)
		}
	}
	for _, bad := range []string{"", "tieout", text + "more\n", strings.Replace(text, "change ", "chance ", 1), strings.Replace(text, "\n52\n", "\n052\n", 1), strings.Replace(text, "=", "", 1), "\n" + text[len(logName):]} {
		if c, err := ParseCheckpoint(bad); err == nil {
			t.Errorf("%q is taken for the checkpoint %v", bad, c)
		}
	}
}

// TestKeysChange: after a change of keys, a pack is verified with the new key alone, entries sealed under the old one or under none included;
// one made before, with the old key, and with both.
func TestKeysChange(t *testing.T) {
	b := newBooks(t)
	first, old := b.verifier, b.key
	add := func(n int, key Key) {
		b.key = key
		b.rows = append(b.rows, rowsOf(kinds[1], 4, n)...)
		b.seal(t, day(n))
	}
	add(1, Key{})
	add(2, old)
	before := b.pack(t, PackOptions{Rows: CSV})
	private, second, err := note.GenerateKey(nil, logName)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := NewKey(private)
	if err != nil {
		t.Fatal(err)
	}
	add(3, fresh)
	after := b.pack(t, PackOptions{Rows: CSV})
	for _, test := range []struct {
		name string
		pack []byte
		keys []string
		want bool
	}{
		{"made before, old key", before, []string{first}, true}, {"made before, both", before, []string{second, first}, true}, {"made before, new key", before, []string{second}, false},
		{"made after, new key", after, []string{second}, true}, {"made after, both", after, []string{first, second}, true}, {"made after, old key", after, []string{first}, false},
	} {
		keys, err := NewPublicKeys(test.keys...)
		if err != nil {
			t.Fatal(err)
		}
		if r := verify(t, test.pack, VerifyOptions{Keys: keys}); r.Verified() != test.want {
			t.Errorf("%s: verified %v, want %v: %v", test.name, r.Verified(), test.want, r.Findings)
		}
	}
}

// TestKeyIsForOneLog: a key does not sign the checkpoints of another log.
func TestKeyIsForOneLog(t *testing.T) {
	if _, err := newBooks(t).key.Sign(Checkpoint{Log: "another"}); err == nil {
		t.Error("the key signed a checkpoint of another log")
	}
}
