package feeds

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/reconcile"
)

// AllowList names the JSON fields that an observation keeps; all others, and so all personal data, are left out before
// anything is stored.
type AllowList struct {
	keep   bool
	fields map[string]AllowList
}

// NewAllowList builds a list from dotted paths: "amount", "metadata.order_id", "data.object" (with all below it). A path
// passes through arrays: "data.id" keeps the id of each element of data.
func NewAllowList(paths ...string) AllowList {
	root := AllowList{fields: map[string]AllowList{}}
	for _, path := range paths {
		root.add(strings.Split(path, "."))
	}
	return root
}

func (l AllowList) add(path []string) {
	child, ok := l.fields[path[0]]
	if !ok {
		child = AllowList{fields: map[string]AllowList{}}
	}
	if len(path) == 1 {
		child.keep = true
	} else {
		child.add(path[1:])
	}
	l.fields[path[0]] = child
}

// Apply returns the allowed part of a JSON object in canonical form: keys sorted, numbers as they were written. It fails
// when raw is not one JSON object.
func (l AllowList) Apply(raw []byte) ([]byte, error) {
	object, err := ParseJSON(string(raw))
	if err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	return l.Filter(object)
}

// Filter is Apply for what was read already.
func (l AllowList) Filter(object JSON) ([]byte, error) {
	if !object.IsObject() {
		return nil, errors.New("not a JSON object")
	}
	w := canonical{doc: object.doc, out: make([]byte, 0, 512)}
	w.value(object.at, l)
	return w.out, nil
}

// canonical writes values of a document: members sorted by their names, of two with one name the last, numbers as they were written.
type canonical struct {
	doc     *document
	out     []byte
	members []int32 // of the objects that are being written, the innermost last
}

func (w *canonical) value(at int32, l AllowList) {
	switch n := w.doc.nodes[at]; n.kind {
	case jsonObject:
		w.object(at, l)
	case jsonArray:
		w.array(at, l)
	case jsonString:
		w.string(n)
	default:
		// A scalar where an object was expected, such as the id of an object that was not expanded, is kept: it is an
		// id or a number, and a normaliser must see it to say what is wrong with it.
		w.out = append(w.out, w.doc.text[n.from:n.to]...)
	}
}

func (w *canonical) array(at int32, l AllowList) {
	w.out = append(w.out, '[')
	for element := at + 1; element < w.doc.nodes[at].next; element = w.doc.nodes[element].next {
		if element > at+1 {
			w.out = append(w.out, ',')
		}
		w.value(element, l)
	}
	w.out = append(w.out, ']')
}

func (w *canonical) object(at int32, l AllowList) {
	outer := len(w.members)
	for member := at + 1; member < w.doc.nodes[at].next; member = w.doc.nodes[member].next {
		if _, allowed := l.below(w.doc.nameOf(member)); allowed {
			w.members = append(w.members, member)
		}
	}
	members := w.members[outer:]
	slices.SortFunc(members, func(a, b int32) int { return cmp.Or(cmp.Compare(w.doc.nameOf(a), w.doc.nameOf(b)), cmp.Compare(a, b)) })
	w.out = append(w.out, '{')
	written := false
	for i, member := range members {
		name := w.doc.nameOf(member)
		if i+1 < len(members) && w.doc.nameOf(members[i+1]) == name {
			continue // the last counts
		}
		if written {
			w.out = append(w.out, ',')
		}
		written = true
		w.out = append(appendString(w.out, name), ':')
		allowed, _ := l.below(name)
		w.value(member, allowed)
	}
	w.out = append(w.out, '}')
	w.members = w.members[:outer]
}

func (w *canonical) string(n node) {
	if n.plain {
		w.out = append(w.out, w.doc.text[n.from:n.to]...)
		return
	}
	w.out = appendString(w.out, unquote(w.doc.text[n.from:n.to]))
}

// below returns what is kept of a member with this name, and whether anything is.
func (l AllowList) below(name string) (AllowList, bool) {
	if l.keep {
		return l, true
	}
	allowed, ok := l.fields[name]
	return allowed, ok
}

// appendString writes a text as a JSON string, with no escape that JSON does not ask for.
func appendString(out []byte, text string) []byte {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 || notPlain[r] }) {
		return append(append(append(out, '"'), text...), '"')
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text always encodes
	return append(out, bytes.TrimRight(buffer.Bytes(), "\n")...)
}

// Unreadable makes an observation of a row that is no JSON object or has no id, so that it is stored and reported and not
// lost. Its id is derived from the bytes. An object keeps its allowed fields; anything else is kept as text.
func (l AllowList) Unreadable(feed, account, kind string, raw []byte) Observation {
	sum := sha256.Sum256(raw)
	body, err := l.Apply(raw)
	if err != nil {
		body = append(appendString([]byte(`{"unreadable":`), string(raw)), '}')
	}
	id := "unreadable-" + hex.EncodeToString(sum[:8])
	return Observation{Key: reconcile.Key{Feed: feed, Account: account, Kind: kind, ID: id}, Body: body}
}
