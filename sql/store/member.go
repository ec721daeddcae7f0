package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"tieout/reconcile"
)

// memberRow is what the rows have in common that are judged: which cluster they are a member of, and the record itself.
type memberRow struct {
	Home    string `db:"home"`    // the cluster that the row's own reference or ids give
	Cluster string `db:"cluster"` // begins as home; see Cluster
	Face    string `db:"face"`
	touchedRow
}

// stay begins in another cluster than home: the one that the object was in before.
func (r *memberRow) stay(cluster string) { r.Cluster = cluster }

func (r *memberRow) face() string { return r.Face }

// touchedRow numbers the change that a row last took part in.
type touchedRow struct {
	Touched int64 `db:"touched"`
}

func (r *touchedRow) touch(change int64) { r.Touched = change }

func memberAt(home string, face *faceWriter) memberRow {
	return memberRow{Home: home, Cluster: home, Face: face.String()}
}

// Homes begin with what names them. Two rows with a home by reference that is the same are near each other at least; one
// by object hangs together with others through a column that names that object.
const (
	byReference = "r:"
	byObject    = "o:"
)

// homeOfReference is the same for references that are equal or near misses of each other, and empty for an empty one.
func homeOfReference(reference string) string {
	reference = clean(reference)
	if folded := reconcile.FoldReference(reference); folded != "" {
		return byReference + bounded(folded)
	}
	if reference != "" {
		return byReference + bounded(reference)
	}
	return ""
}

// homeOfObject names another object of the same account, or the row itself.
func homeOfObject(of reconcile.Key, id string) string {
	return byObject + bounded(clean(of.Feed+"/"+of.Account+"/"+id))
}

// bounded keeps a name in one line, and short enough for an index: any other is told by its hash.
func bounded(name string) string {
	const longest = 120
	if len(name) <= longest && strings.IndexByte(name, '\n') < 0 {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}
