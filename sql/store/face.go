package store

import (
	"strconv"
	"strings"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// A face is a whole record in one line of text: its fields in their order, with tabs between them. A million records are read from
// two columns in the time that fourteen would take for a third of them; the other columns of a projection are what queries look by.

// faceWriter writes a face, field by field.
type faceWriter struct{ text []byte }

func newFace(k reconcile.Key) *faceWriter {
	w := &faceWriter{text: make([]byte, 0, 160)}
	w.text = append(w.text, escapeFace(k.Feed)...)
	return w.add(k.Account, k.Kind, k.ID)
}

var faceEscapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)

func (w *faceWriter) add(fields ...string) *faceWriter {
	for _, field := range fields {
		w.text = append(append(w.text, '\t'), escapeFace(field)...)
	}
	return w
}

func escapeFace(field string) string {
	if strings.IndexByte(field, '\\') < 0 && strings.IndexByte(field, '\t') < 0 && strings.IndexByte(field, '\n') < 0 {
		return field
	}
	return faceEscapes.Replace(field)
}

func (w *faceWriter) number(n int64) *faceWriter {
	w.text = strconv.AppendInt(append(w.text, '\t'), n, 10)
	return w
}

func (w *faceWriter) times(times ...time.Time) *faceWriter {
	for _, t := range times {
		w.number(micros(t))
	}
	return w
}

func (w *faceWriter) amount(a money.Amount) *faceWriter {
	return w.number(a.Minor).add(a.Currency)
}

func (w *faceWriter) flags(flags ...bool) *faceWriter {
	for _, flag := range flags {
		if flag {
			w.text = append(w.text, '\t', '1')
		} else {
			w.text = append(w.text, '\t', '0')
		}
	}
	return w
}

// String is the face as both databases keep it.
func (w *faceWriter) String() string { return clean(string(w.text)) }

// faceReader reads the fields of a face in the order in which they were written. Faces come from this program alone: a field
// that is not there is empty.
type faceReader struct {
	rest    string
	escaped bool
}

func readFace(face string) faceReader {
	return faceReader{rest: face, escaped: strings.IndexByte(face, '\\') >= 0}
}

func (r *faceReader) text() string {
	field := r.rest
	if end := strings.IndexByte(field, '\t'); end >= 0 {
		field, r.rest = field[:end], field[end+1:]
	} else {
		r.rest = ""
	}
	if r.escaped {
		return unescapeFace(field)
	}
	return field
}

func unescapeFace(field string) string {
	if strings.IndexByte(field, '\\') < 0 {
		return field
	}
	text := make([]byte, 0, len(field))
	for i := 0; i < len(field); i++ {
		c := field[i]
		if c == '\\' && i+1 < len(field) {
			i++
			switch c = field[i]; c {
			case 't':
				c = '\t'
			case 'n':
				c = '\n'
			}
		}
		text = append(text, c)
	}
	return string(text)
}

// number reads what number wrote: in one go, for of all that is read a third is numbers.
func (r *faceReader) number() int64 {
	digits, negative := strings.CutPrefix(r.rest, "-")
	var n int64
	r.rest = ""
	for i := range len(digits) {
		if digits[i] == '\t' {
			r.rest = digits[i+1:]
			break
		}
		n = 10*n + int64(digits[i]-'0')
	}
	if negative {
		return -n
	}
	return n
}

func (r *faceReader) time() time.Time { return instant(r.number()) }
func (r *faceReader) flag() bool      { return r.text() == "1" }

func (r *faceReader) amount() money.Amount {
	minor := r.number()
	return money.Amount{Minor: minor, Currency: r.text()}
}

func (r *faceReader) key() reconcile.Key {
	return reconcile.Key{Feed: r.text(), Account: r.text(), Kind: r.text(), ID: r.text()}
}
