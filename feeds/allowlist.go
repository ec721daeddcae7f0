package feeds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if object == nil || decoder.More() {
		return nil, fmt.Errorf("not one JSON object")
	}
	return canonical(l.filter(object))
}

func (l AllowList) filter(value any) any {
	if l.keep {
		return value
	}
	switch typed := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, child := range typed {
			if allowed, ok := l.fields[name]; ok {
				kept[name] = allowed.filter(child)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(typed))
		for i, element := range typed {
			kept[i] = l.filter(element)
		}
		return kept
	default:
		// A scalar where an object was expected, such as the id of an object that was not expanded, is kept: it is an
		// id or a number, and a normaliser must see it to say what is wrong with it.
		return value
	}
}

func canonical(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buffer.Bytes(), "\n"), nil
}

// Unreadable makes an observation of a row that is no JSON object or has no id, so that it is stored and reported and not
// lost. Its id is derived from the bytes. An object keeps its allowed fields; anything else is kept as text.
func (l AllowList) Unreadable(feed, account, kind string, raw []byte) Observation {
	sum := sha256.Sum256(raw)
	body, err := l.Apply(raw)
	if err != nil {
		body, _ = canonical(map[string]any{"unreadable": string(raw)}) // a map of one string always encodes
	}
	id := "unreadable-" + hex.EncodeToString(sum[:8])
	return Observation{Key: reconcile.Key{Feed: feed, Account: account, Kind: kind, ID: id}, Body: body}
}
