package feeds

import (
	"encoding/json"
	"slices"
	"strings"
)

// Format is one kind of file that a provider gives its merchants: a header row, then rows. A file is recognised by its header
// and not by its name.
type Format struct {
	Name    string   // in messages, and in the observations made from its rows
	Feed    string   // whose objects it tells of
	Columns []string // a header that has all of these is of this format; of several formats that fit, the one with most counts
	GBK     bool     // it may be GBK where it is not UTF-8
	Named   bool     // its rows name their account
	// Open begins to read a file. account is the one that the file is of, or of rows that do not name theirs; empty where that
	// is one of several. An error says what the header lacks.
	Open func(header Header, account string) (Rows, error)
}

// Rows reads the rows of one file in their order.
type Rows interface {
	// Read returns the objects that a row tells of; none where it is no row of data. An error is what is wrong with this
	// row, for people: the rows after it are read all the same.
	Read(row []string) ([]Observation, error)
	// End says what is missing at the end of the file for it to be whole, as where its end mark is.
	End() error
}

// Whole is fulfilled by Rows of a format that tells more than its rows do.
type Whole interface {
	// Whole returns what only the file as a whole tells. It is asked once End has found that nothing is missing.
	Whole() []Observation
}

// Header finds columns by name, in any case and order. Wherever it is asked for a name, that may be several joined by "|",
// of which the first that is there counts.
type Header struct {
	cells []string
	index map[string]int
}

// NewHeader reads a header row. White space around a name is not part of it.
func NewHeader(cells []string) Header {
	h := Header{cells: make([]string, len(cells)), index: make(map[string]int, len(cells))}
	for i, cell := range cells {
		h.cells[i] = strings.TrimSpace(cell)
		h.index[strings.ToLower(h.cells[i])] = i
	}
	return h
}

// Cells are the names as they stand in the file.
func (h Header) Cells() []string { return slices.Clone(h.cells) }

// Has reports whether there is a column of that name.
func (h Header) Has(name string) bool {
	_, ok := h.find(name)
	return ok
}

func (h Header) find(name string) (int, bool) {
	for one := range strings.SplitSeq(strings.ToLower(name), "|") {
		if i, ok := h.index[one]; ok {
			return i, true
		}
	}
	return 0, false
}

// Missing returns those of the names that no column has, in their order.
func (h Header) Missing(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), h.Has)
}

// Get returns the text of a column in a row, without white space around it; nothing where there is no such column.
func (h Header) Get(row []string, name string) string {
	i, ok := h.find(name)
	if !ok || i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

// repeated returns the first name that two columns have.
func (h Header) repeated() string {
	for i, cell := range h.cells {
		if cell != "" && h.index[strings.ToLower(cell)] != i {
			return cell
		}
	}
	return ""
}

// fileMark is the field of an observation that says from which format its row came; it sorts before all others. What is
// known of an object from a file never takes the place of what its provider showed in person: see Supersedes.
const fileMark = "_file"

var markedBody = []byte(`{"` + fileMark + `":`)

// RowBody makes the body of an observation from the values of a row that are kept. Empty ones are left out. The names must be
// lower case, as those of the API's objects are.
func RowBody(format string, values map[string]string) []byte {
	kept := map[string]string{fileMark: format}
	for name, value := range values {
		if value != "" {
			kept[name] = value
		}
	}
	body, _ := json.Marshal(kept) // a map of strings always encodes
	return body
}

// FromFile reports whether a body was made by RowBody.
func FromFile(body []byte) bool {
	return len(body) > len(markedBody) && string(body[:len(markedBody)]) == string(markedBody)
}

// RowOf returns the values of a body that RowBody made.
func RowOf(body []byte) (map[string]string, bool) {
	if !FromFile(body) {
		return nil, false
	}
	var values map[string]string
	if json.Unmarshal(body, &values) != nil {
		return nil, false
	}
	return values, true
}
