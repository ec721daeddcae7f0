package audit

import (
	"fmt"
	"slices"
)

// Type says how the text of a cell is read.
type Type int

// The types of a column.
const (
	Text   Type = iota
	Number      // an integer
	Money       // major units with the digits of the currency, which stands in another column; empty where a side says nothing
	Time        // RFC 3339 in UTC, to the microsecond; empty when unknown
	Flag        // true or false
)

func (t Type) String() string {
	return [...]string{"text", "number", "money", "time", "true or false"}[t]
}

// Column is one column of a kind.
type Column struct {
	Name     string
	Type     Type
	Currency string // of Money: the column that holds its currency
	About    string // what the README of a pack says of it
}

// Kind is one kind of row in the log. The columns of a kind never change once rows of it were sealed, since its leaves could not
// be computed again: a further column makes a further kind.
type Kind struct {
	Name     string
	About    string
	Key      []string // the columns that tell one object from another
	Provider string   // the column that names a provider's feed; empty: none does
	Account  string   // the column that names the provider's account; empty: none does
	Columns  []Column // all of them: the common ones first
}

// common are the first columns of every kind.
var common = []Column{
	{Name: "row", About: "What kind of row this is: the name of the file."},
	{Name: "entry", Type: Number, About: "The number of the entry in the log, from 0."},
	{Name: "change", Type: Number, About: "The number of the change that the row came with. All rows of one change were written together."},
	{Name: "learned", Type: Time, About: "When that was, by the clock of the database."},
	{Name: "event", About: "`is`: from now on the row says this. `gone`: the row was taken back, and the columns hold what it said last."},
}

// Places of common columns.
const (
	atKind  = 0
	atEntry = 1
	// Given is the first column of those that the source of a row fills; the two before it say where the row is.
	Given = 2
)

// What the column event holds.
const (
	EventIs   = "is"
	EventGone = "gone"
)

// newKind checks a definition and puts the common columns before its own.
func newKind(k Kind) *Kind {
	k.Columns = append(slices.Clone(common), k.Columns...)
	for _, c := range k.Columns {
		if c.Type == Money && k.index(c.Currency) < 0 {
			panic(fmt.Sprintf("audit: column %s of %s has no column for its currency", c.Name, k.Name))
		}
	}
	for _, name := range append([]string{k.Provider, k.Account}, k.Key...) {
		if name != "" && k.index(name) < 0 {
			panic(fmt.Sprintf("audit: %s has no column %s", k.Name, name))
		}
	}
	return &k
}

func (k *Kind) index(name string) int {
	return slices.IndexFunc(k.Columns, func(c Column) bool { return c.Name == name })
}

// KindNamed finds a kind.
func KindNamed(name string) (*Kind, bool) {
	i := slices.IndexFunc(kinds, func(k *Kind) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return kinds[i], true
}

// Kinds are all of them, in the order in which a pack lists them.
func Kinds() []*Kind { return slices.Clone(kinds) }

// Row is one entry before it has its place in the log.
type Row struct {
	Kind  *Kind
	Cells []string // of the columns from Given on
}
