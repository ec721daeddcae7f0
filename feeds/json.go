package feeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
)

// JSON is a value of a JSON text, read where it stands: nothing of it is copied or turned into something else before it is asked
// for. What it gives out are parts of the text, and keep it whole in memory. The zero JSON is a value that is not there.
//
// It takes what encoding/json takes, and reads it as that does: of two members with one name the last counts, and a byte in a string
// that is no UTF-8 is U+FFFD.
type JSON struct {
	doc *document
	at  int32
}

// document is a text and all its values, each before what is in it.
type document struct {
	text   string
	nodes  []node
	names  map[int32]string // of members whose names are written with escapes or beyond ASCII
	nested int
}

// node is a value: where it stands, and where the next one that is not in it comes.
type node struct {
	kind       jsonKind
	plain      bool  // of a string: it is what stands between its quotes
	from, to   int32 // in the text; a string's with its quotes
	name, next int32 // of a member, where the name stands after its quote; of all, the node after what is in it
	nameLength int32
}

type jsonKind byte

const (
	jsonAbsent jsonKind = iota
	jsonNull
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// nestedMost is how deep values may lie in each other, as in encoding/json.
const nestedMost = 10000

// ParseJSON reads a text that is one JSON value.
func ParseJSON(text string) (JSON, error) {
	if len(text) > math.MaxInt32 {
		return JSON{}, errors.New("no JSON text is that long")
	}
	doc := &document{text: text, nodes: make([]node, 0, 8+len(text)/32)}
	end, err := doc.value(doc.space(0))
	if err != nil {
		return JSON{}, err
	}
	if end = doc.space(end); end < len(text) {
		return JSON{}, doc.wrong(end)
	}
	return JSON{doc: doc}, nil
}

func (d *document) wrong(at int) error {
	if at >= len(d.text) {
		return errors.New("the JSON text ends too early")
	}
	return fmt.Errorf("no JSON from byte %d on", at)
}

// space skips white space.
func (d *document) space(at int) int {
	for at < len(d.text) && (d.text[at] == ' ' || d.text[at] == '\n' || d.text[at] == '\r' || d.text[at] == '\t') {
		at++
	}
	return at
}

// value reads the value that begins here and returns where it ends.
func (d *document) value(at int) (int, error) {
	if at >= len(d.text) {
		return at, d.wrong(at)
	}
	own := len(d.nodes)
	d.nodes = append(d.nodes, node{from: int32(at)})
	kind, end, err := jsonNull, at, error(nil)
	switch c := d.text[at]; c {
	case '{':
		kind = jsonObject
		end, err = d.nest(at, '}', d.member)
	case '[':
		kind = jsonArray
		end, err = d.nest(at, ']', d.value)
	case '"':
		kind = jsonString
		end, d.nodes[own].plain, err = d.quoted(at)
	case 'n':
		end, err = d.word(at, "null")
	case 't':
		kind = jsonBool
		end, err = d.word(at, "true")
	case 'f':
		kind = jsonBool
		end, err = d.word(at, "false")
	default:
		kind = jsonNumber
		end, err = d.number(at)
	}
	n := &d.nodes[own]
	n.kind, n.to, n.next = kind, int32(end), int32(len(d.nodes))
	return end, err
}

// nest reads what is between two brackets, with commas between.
func (d *document) nest(at int, closing byte, each func(int) (int, error)) (int, error) {
	if d.nested++; d.nested > nestedMost {
		return at, errors.New("the JSON text is nested too deep")
	}
	at = d.space(at + 1)
	if at < len(d.text) && d.text[at] == closing {
		d.nested--
		return at + 1, nil
	}
	for {
		end, err := each(at)
		if err != nil {
			return end, err
		}
		at = d.space(end)
		switch {
		case at < len(d.text) && d.text[at] == ',':
			at = d.space(at + 1)
		case at < len(d.text) && d.text[at] == closing:
			d.nested--
			return at + 1, nil
		default:
			return at, d.wrong(at)
		}
	}
}

func (d *document) member(at int) (int, error) {
	if at >= len(d.text) || d.text[at] != '"' {
		return at, d.wrong(at)
	}
	end, plain, err := d.quoted(at)
	if err != nil {
		return end, err
	}
	name := d.text[at:end]
	colon := d.space(end)
	if colon >= len(d.text) || d.text[colon] != ':' {
		return colon, d.wrong(colon)
	}
	own := len(d.nodes)
	end, err = d.value(d.space(colon + 1))
	if err != nil {
		return end, err
	}
	d.nodes[own].name, d.nodes[own].nameLength = int32(at+1), int32(len(name)-2)
	if !plain {
		if d.names == nil {
			d.names = map[int32]string{}
		}
		d.names[int32(own)] = unquote(name)
	}
	return end, nil
}

// notPlain are the bytes of a string that need a look.
var notPlain = func() (special [256]bool) {
	for c := range special {
		special[c] = c < ' ' || c == '"' || c == '\\' || c >= 0x80
	}
	return special
}()

// quoted reads a string and returns where it ends, and whether it is what stands between the quotes.
func (d *document) quoted(at int) (end int, plain bool, err error) {
	text := d.text
	plain = true
	for at++; at < len(text); at++ {
		c := text[at]
		if !notPlain[c] {
			continue
		}
		switch {
		case c == '"':
			return at + 1, plain, nil
		case c == '\\':
			plain = false
			if at, err = d.escape(at); err != nil {
				return at, false, err
			}
		case c < ' ':
			return at, false, d.wrong(at)
		default:
			plain = false
		}
	}
	return at, false, d.wrong(at)
}

// escape reads an escape and returns where its last byte is.
func (d *document) escape(at int) (int, error) {
	at++
	if at >= len(d.text) {
		return at, d.wrong(at)
	}
	switch d.text[at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at, nil
	case 'u':
		for range 4 {
			if at++; at >= len(d.text) || !strings.ContainsRune("0123456789abcdefABCDEF", rune(d.text[at])) {
				return at, d.wrong(at)
			}
		}
		return at, nil
	}
	return at, d.wrong(at)
}

func (d *document) word(at int, word string) (int, error) {
	if !strings.HasPrefix(d.text[at:], word) {
		return at, d.wrong(at)
	}
	return at + len(word), nil
}

func (d *document) number(at int) (int, error) {
	if d.text[at] == '-' {
		at++
	}
	whole := d.digits(at)
	if whole == at || d.text[at] == '0' && whole > at+1 {
		return at, d.wrong(at)
	}
	at = whole
	if at < len(d.text) && d.text[at] == '.' {
		fraction := d.digits(at + 1)
		if fraction == at+1 {
			return at, d.wrong(fraction)
		}
		at = fraction
	}
	if at >= len(d.text) || d.text[at] != 'e' && d.text[at] != 'E' {
		return at, nil
	}
	at++
	if at < len(d.text) && (d.text[at] == '+' || d.text[at] == '-') {
		at++
	}
	exponent := d.digits(at)
	if exponent == at {
		return at, d.wrong(at)
	}
	return exponent, nil
}

func (d *document) digits(at int) int {
	for at < len(d.text) && '0' <= d.text[at] && d.text[at] <= '9' {
		at++
	}
	return at
}

// unquote returns what a string says that was read without an error.
func unquote(quoted string) string {
	var text string
	_ = json.Unmarshal([]byte(quoted), &text) // which takes every string that is read here
	return text
}

func (d *document) nameOf(at int32) string {
	if name, odd := d.names[at]; odd {
		return name
	}
	n := d.nodes[at]
	return d.text[n.name : n.name+n.nameLength]
}

func (j JSON) node() node {
	if j.doc == nil {
		return node{}
	}
	return j.doc.nodes[j.at]
}

// Given reports whether there is anything but null.
func (j JSON) Given() bool { return j.node().kind > jsonNull }

// IsObject reports whether the value is an object.
func (j JSON) IsObject() bool { return j.node().kind == jsonObject }

// IsArray reports whether the value is an array.
func (j JSON) IsArray() bool { return j.node().kind == jsonArray }

// IsString reports whether the value is a string.
func (j JSON) IsString() bool { return j.node().kind == jsonString }

// Text returns what a string says; of anything else, nothing.
func (j JSON) Text() string {
	n := j.node()
	switch {
	case n.kind != jsonString:
		return ""
	case n.plain:
		return j.doc.text[n.from+1 : n.to-1]
	}
	return unquote(j.Raw())
}

// Flag returns what true or false says, and whether it is one of the two.
func (j JSON) Flag() (value, ok bool) {
	n := j.node()
	return n.kind == jsonBool && j.doc.text[n.from] == 't', n.kind == jsonBool
}

// Number returns a number as it is written, and whether it is one.
func (j JSON) Number() (string, bool) {
	if j.node().kind != jsonNumber {
		return "", false
	}
	return j.Raw(), true
}

// Raw returns the value as it is written.
func (j JSON) Raw() string {
	if j.doc == nil {
		return ""
	}
	n := j.node()
	return j.doc.text[n.from:n.to]
}

// At returns the value at a dotted path of names, through objects alone.
func (j JSON) At(path string) JSON {
	for {
		name, rest, more := strings.Cut(path, ".")
		if j = j.member(name); !more || j.doc == nil {
			return j
		}
		path = rest
	}
}

// member returns the last of an object's members with a name.
func (j JSON) member(name string) (found JSON) {
	if !j.IsObject() {
		return JSON{}
	}
	for child := range j.within() {
		if j.doc.nameOf(child.at) == name {
			found = child
		}
	}
	return found
}

// Members are the members of an object, in the order in which they are written; of anything else, none.
func (j JSON) Members() iter.Seq2[string, JSON] {
	return func(yield func(string, JSON) bool) {
		if !j.IsObject() {
			return
		}
		for child := range j.within() {
			if !yield(j.doc.nameOf(child.at), child) {
				return
			}
		}
	}
}

// Elements are the values of an array, in their order; of anything else, none.
func (j JSON) Elements() iter.Seq[JSON] {
	if j.node().kind != jsonArray {
		return func(func(JSON) bool) {}
	}
	return j.within()
}

// within are the values of an array or of an object.
func (j JSON) within() iter.Seq[JSON] {
	return func(yield func(JSON) bool) {
		end := j.node().next
		for at := j.at + 1; at < end; at = j.doc.nodes[at].next {
			if !yield(JSON{j.doc, at}) {
				return
			}
		}
	}
}
