package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Names of the files of a pack that hold no rows.
const (
	readmeFile     = "README.md"
	manifestFile   = "manifest.json"
	signatureFile  = "manifest.sig"
	checkpointFile = "checkpoint.txt"
	proofFile      = "proof/spans.txt"
	marksFile      = "proof/marks.bin"
)

// packFormat is the form of packs that is written and read here.
const packFormat = "tieout audit pack 1"

// Manifest says what a pack holds.
type Manifest struct {
	Format      string         `json:"format"`
	Log         string         `json:"log"`
	MadeBy      string         `json:"made_by"`
	Rows        Format         `json:"rows"`
	Filter      Filter         `json:"filter"`
	Entries     EntryCounts    `json:"entries"`
	Checkpoints []string       `json:"checkpoints"` // signed: that before the period, if there is one, those in it, and those since, up to the pack's
	Kinds       []KindManifest `json:"kinds"`
	Files       []FileManifest `json:"files"`
}

// Filter is what was asked for. Zero values ask for everything.
type Filter struct {
	From     time.Time `json:"from,omitzero"` // what was learned from here on
	To       time.Time `json:"to,omitzero"`   // and before this
	AsOf     time.Time `json:"as_of,omitzero"`
	Provider string    `json:"provider,omitempty"`
	Account  string    `json:"account,omitempty"`
	Currency string    `json:"currency,omitempty"`
}

// EntryCounts say which run of the log a pack holds.
type EntryCounts struct {
	From    int64 `json:"from"` // the first entry
	To      int64 `json:"to"`   // the one after the last
	Shown   int64 `json:"shown"`
	LeftOut int64 `json:"left_out"` // by the filter; only hashes stand for them
}

// KindManifest is what the pack holds of one kind.
type KindManifest struct {
	Kind string `json:"kind"`
	File string `json:"file"`
	Rows int64  `json:"rows"`
	Sums []Sum  `json:"sums"`
}

// FileManifest is one file of the pack, as it is.
type FileManifest struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (m Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(m)
	return b.Bytes(), err
}

// decodeManifest reads a manifest as encode writes it, and refuses any other form: what is not read would not be checked.
func decodeManifest(content []byte) (Manifest, error) {
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, err
	}
	if m.Format != packFormat {
		return Manifest{}, fmt.Errorf("its format is %q, this program reads %q", m.Format, packFormat)
	}
	if again, err := m.encode(); err != nil || !bytes.Equal(again, content) {
		return Manifest{}, fmt.Errorf("it is not written as tieout writes it")
	}
	return m, nil
}

// signedText is what is signed of a manifest. It cannot be taken for a checkpoint, whose second line is a number.
func signedText(log string, manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return fmt.Sprintf("%s\npack\n%s\n", log, hex.EncodeToString(sum[:]))
}

// shows reports whether a row passes the filter. A row that names no provider, account or currency is shown: the filter
// cannot tell whose it is.
func (f Filter) shows(p filterPlaces, cell func(at int) string) bool {
	named := func(at int) string {
		if at < 0 {
			return ""
		}
		return cell(at)
	}
	if !fits(f.Provider, named(p.provider)) || !fits(f.Account, named(p.account)) {
		return false
	}
	if f.Currency == "" {
		return true
	}
	any := false
	for _, at := range p.currencies {
		switch cell(at) {
		case f.Currency:
			return true
		case "":
		default:
			any = true
		}
	}
	return !any
}

func fits(wanted, named string) bool { return wanted == "" || named == "" || named == wanted }

// filterPlaces are the columns of a kind that the filter looks at; -1: it has none.
type filterPlaces struct {
	provider, account int
	currencies        []int
}

func newFilterPlaces(k *Kind) filterPlaces {
	p := filterPlaces{provider: k.index(k.Provider), account: k.index(k.Account)}
	seen := map[string]bool{}
	for _, c := range k.Columns {
		if c.Type == Money && !seen[c.Currency] {
			seen[c.Currency] = true
			p.currencies = append(p.currencies, k.index(c.Currency))
		}
	}
	return p
}
