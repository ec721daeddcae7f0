package feeds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// decoded is the canonical form as encoding/json makes it: what Apply must come to, byte by byte, since observations that are held
// already are told from new ones by their hash.
func decoded(l AllowList, raw []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	if object == nil || !json.Valid(raw) {
		return nil, fmt.Errorf("not one JSON object")
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(l.filtered(object))
	return bytes.TrimRight(buffer.Bytes(), "\n"), err
}

func (l AllowList) filtered(value any) any {
	if l.keep {
		return value
	}
	switch typed := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, child := range typed {
			if allowed, ok := l.fields[name]; ok {
				kept[name] = allowed.filtered(child)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(typed))
		for i, element := range typed {
			kept[i] = l.filtered(element)
		}
		return kept
	}
	return value
}

var fuzzedList = NewAllowList("a", "b.a", "b.c", "c.a.b", "é", "\u2028", "\uFFFD", "")

func canonicalAsDecoded(t *testing.T, raw []byte) {
	t.Helper()
	got, err := fuzzedList.Apply(raw)
	want, wantErr := decoded(fuzzedList, raw)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: %s, error %v; encoding/json says %s, error %v", raw, got, err, want, wantErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%q became\n%s, encoding/json makes\n%s", raw, got, want)
	}
}

// odd are texts that read otherwise than they look, or not at all.
var odd = []string{
	``, ` `, `null`, `{}`, "\t{ }\r\n", `[]`, `{"a":1}{"a":2}`, `{"a":1}]`, `{"a":1}x`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":[1,]}`, `{"a":[,]}`, `{"a":[}`,
	`{"a":1,"a":2}`, `{"b":{"a":1},"b":{"c":2}}`, `{"b":{"a":1},"b":3}`, `{"\u0061":1,"a":2}`, `{"a":2,"\u0061":1}`, `{"b":{"z":1}}`, `{"b":[{"a":1,"x":2},[{"c":3}],4]}`,
	`{"a":-0}`, `{"a":00}`, `{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e5}`, `{"a":1E+5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":1.50e-07}`, `{"a":+1}`, `{"a":1_0}`, `{"a":NaN}`,
	`{"a":tru}`, `{"a":truex}`, `{"a":true,"b":false,"c":null}`, `{"a":nul`, `{"a":"`, `{"a":"\`, `{"a":"\u12`, `{"a":"\u12G4"}`, `{"a":"\x"}`, `{"a":"\u00`,
	`{"a":"<&>"}`, `{"a":"\u003c\/\""}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud83d"}`, `{"a":"\ude00\ud83d"}`, "{\"a\":\"\u2028\u2029\"}", `{"a":"\u2028"}`, "{\"a\":\"\x7f\"}", `{"a":"\u0000\u001f\b\f\n\r\t"}`,
	"{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", "{\"a\":\"\xff\xc3\"}", "{\"\xff\":1}", "{\"\u2028\":1,\"é\":2}", `{"":{"":1}}`, "\uFEFF{}", `{"a":{"z":1,"y":{"b":[],"a":{}}}}`, `{"x":"\x"}`, `{"x":[01]}`}

// deep are as deep as can be, and one deeper.
var deep = []string{
	strings.Repeat(`{"a":`, 9999) + `1` + strings.Repeat(`}`, 9999), `{"a":` + strings.Repeat(`[`, 9999) + strings.Repeat(`]`, 9999) + `}`, `{"x":` + strings.Repeat(`[`, 10000) + strings.Repeat(`]`, 10000) + `}`,
}

func TestCanonicalFormIsThatOfEncodingJSON(t *testing.T) {
	for _, raw := range slices.Concat(odd, deep) {
		canonicalAsDecoded(t, []byte(raw))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		raw := appendAny(nil, random, 4)
		canonicalAsDecoded(t, raw)
		if len(raw) > 0 { // and with a byte that went wrong
			raw[random.IntN(len(raw))] = `{}[]",:\ 0e-u`[random.IntN(13)]
			canonicalAsDecoded(t, raw)
		}
	}
}

// appendAny writes any value, an object at the top, in any order and with any white space.
func appendAny(raw []byte, random *rand.Rand, depth int) []byte {
	pick := func(words ...string) { raw = append(raw, words[random.IntN(len(words))]...) }
	space := func() { pick("", "", "", " ", "\n  ", "\t\r") }
	name := func() { pick(`"a"`, `"b"`, `"c"`, `"x"`, `"\u0061"`, `"é"`, `"\u2028"`, "\"\xff\"", `""`) }
	space()
	switch kind := random.IntN(4); {
	case depth == 4 || depth > 0 && kind == 0:
		raw = append(raw, '{')
		for i := range random.IntN(6) {
			if i > 0 {
				raw = append(raw, ',')
			}
			space()
			name()
			space()
			raw = appendAny(append(raw, ':'), random, depth-1)
		}
		space()
		raw = append(raw, '}')
	case depth > 0 && kind == 1:
		raw = append(raw, '[')
		for i := range random.IntN(4) {
			if i > 0 {
				raw = append(raw, ',')
			}
			raw = appendAny(raw, random, depth-1)
		}
		space()
		raw = append(raw, ']')
	case kind == 2:
		pick("0", "-12", "1.50", "12345678901234567890", "1e400", "true", "false", "null")
	default:
		pick(`"ch_1"`, `"<a&b>"`, `"\"\\\/"`, `"天府"`, `"\ud83d\ude00 \ud83d"`, "\"\xc3\x28\"", `"\u0000"`, `""`)
	}
	space()
	return raw
}

func FuzzCanonicalForm(f *testing.F) {
	for _, raw := range odd {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { canonicalAsDecoded(t, raw) })
}

func TestJSONReadsWhatIsThere(t *testing.T) {
	value, err := ParseJSON(`{"a": {"b": "x\u0041", "n": -1.50, "t": true, "f": false, "z": null}, "l": [1, {"m": "y"}, "s"], "a.b": 1, "d": 1, "d": "2"}`)
	if err != nil {
		t.Fatal(err)
	}
	number, isNumber := value.At("a.n").Number()
	flag, isFlag := value.At("a.t").Flag()
	off, isOff := value.At("a.f").Flag()
	_, nullIsFlag := value.At("a.z").Flag()
	_, textIsNumber := value.At("a.b").Number()
	var elements []string
	for element := range value.At("l").Elements() {
		elements = append(elements, element.Raw()+"="+element.At("m").Text())
	}
	for range value.At("a").Elements() {
		t.Error("an object has elements")
	}
	got := fmt.Sprintln(value.At("a.b").Text(), number, isNumber, flag, isFlag, off, isOff, nullIsFlag, textIsNumber, elements, value.At("d").Text(),
		value.At("a.z").Given(), value.At("a.q").Given(), value.At("a.b.c").Given(), value.At("a.n").Text(), value.At("l").Given(), value.At("q.r").Raw() == "", JSON{}.At("a").IsObject())
	if want := "xA -1.50 true true true false true false false [1= {\"m\": \"y\"}=y \"s\"=] 2 false false false  true true false\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
