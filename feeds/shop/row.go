package shop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// row is one row of the shop's under our own keys; a null has no entry.
type row map[string]string

// unidentified makes the observations of rows without an id.
var unidentified = feeds.NewAllowList(bodyKeys()...)

func bodyKeys() []string {
	keys := []string{keyRows}
	for _, f := range append(Columns{}.fields(), RefundColumns{}.fields()...) {
		keys = append(keys, f.key)
	}
	return keys
}

// newRow takes the values that a driver scanned for the fields of a table.
func newRow(fields []field, values []any) row {
	r := row{}
	for i, f := range fields {
		text, ok := asText(values[i])
		if !ok {
			continue
		}
		r[f.key] = text
		if f.isTime {
			r[f.key] = canonicalTime(text)
		}
	}
	return r
}

// asText writes a scanned value as text, and reports whether it was there at all. NUL and broken UTF-8, which JSON and
// PostgreSQL cannot hold, are replaced.
func asText(value any) (text string, ok bool) {
	switch typed := value.(type) {
	case nil:
		return "", false
	case time.Time:
		return typed.UTC().Format(timeText), true
	case string:
		text = typed
	case []byte:
		text = string(typed)
	case int64:
		return strconv.FormatInt(typed, 10), true
	default:
		text = fmt.Sprint(typed)
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD"), true
}

// canonicalTime writes a time in any shape that is read as timeText, and leaves other text as it is.
func canonicalTime(text string) string {
	if at, _, ok := parseTime(text); ok {
		return at.Format(timeText)
	}
	return text
}

// observation makes the observation of a row of a kind. A row without a usable id is keyed by its content, so that the
// same row is the same observation in each run; the normaliser rejects it.
func (r row) observation(account, kind, id string) feeds.Observation {
	body := r.json()
	if blank(id) || strings.ContainsRune(id, '\uFFFD') {
		return unidentified.Unreadable(reconcile.FeedShop, account, kind, body)
	}
	key := reconcile.Key{Feed: reconcile.FeedShop, Account: account, Kind: kind, ID: id}
	return feeds.Observation{Key: key, Body: body}
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// json is canonical: encoding/json sorts the keys of a map.
func (r row) json() []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(r) // a map of strings into memory: nothing can fail
	return bytes.TrimRight(buffer.Bytes(), "\n")
}
