package reconcile_test

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"tieout/reconcile"
)

// Nothing that a judgement keeps holds on to the text that its facts are parts of: a store reads a thousand records in one piece, and
// of a million cases a few that changed would keep nearly all of them in memory.
func TestWhatIsKeptHasTextsOfItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.OneOf(worlds, plainWorlds).Draw(t, "world")
		keepsNothing(t, w.facts, w.at(w.now))
	})
	canceled := factsOf(told(order("A-1", reconcile.OrderPending), source("src_1", "A-1", reconcile.SourceCanceled)))
	fresh := keepsNothing(t, canceled, reconcile.Context{Policy: reconcile.DefaultPolicy(), Coverage: allRead(noon), Now: noon})
	if len(fresh) != 1 || fresh[0].Cancel == nil {
		t.Errorf("kept %+v, want a cancel", fresh)
	}
}

// keepsNothing judges facts as new, as changed and as gone, and fails when something kept is a part of them. It returns the new verdicts.
func keepsNothing(t rapid.TB, facts reconcile.Facts, in reconcile.Context) []reconcile.Verdict {
	c := reconcile.Cluster{Key: "r:1", Facts: facts}
	var first, later reconcile.Judgement
	page := onOnePage(&c)
	first.Take(c, &in, nil)
	for _, v := range first.Fresh {
		c.Judged = append(c.Judged, reconcile.Stamp{CaseKey: v.CaseKey, Hash: v.Hash() + 1}, reconcile.Stamp{CaseKey: "gone " + v.CaseKey})
	}
	laterPage := onOnePage(&c)
	in.Now = in.Now.Add(day)
	later.Take(c, &in, nil)
	for _, list := range []any{first.Fresh, first.Exceptions, first.Changes, later.Changed, later.Gone} {
		eachText(reflect.ValueOf(list), func(text reflect.Value) {
			if liesIn(page, text.String()) || liesIn(laterPage, text.String()) {
				t.Fatalf("%q of %+v is a part of the page", text.String(), list)
			}
		})
	}
	if len(later.Changed) != len(first.Fresh) || len(later.Gone) != len(first.Fresh) {
		t.Fatalf("%d new, %d changed, %d gone", len(first.Fresh), len(later.Changed), len(later.Gone))
	}
	return first.Fresh
}

// onOnePage makes all texts of a cluster's facts and stamps parts of one, and returns that. Exceptions are read one by one.
func onOnePage(c *reconcile.Cluster) string {
	read := reflect.ValueOf(&struct {
		Key    *string
		Facts  *reconcile.Facts
		Judged []reconcile.Stamp
	}{&c.Key, &c.Facts, c.Judged})
	var all strings.Builder
	eachText(read, func(text reflect.Value) { all.WriteString(text.String()) })
	page, at := all.String(), 0
	eachText(read, func(text reflect.Value) {
		end := at + text.Len()
		text.SetString(page[at:end])
		at = end
	})
	return page
}

func liesIn(page, text string) bool {
	begin, at := uintptr(unsafe.Pointer(unsafe.StringData(page))), uintptr(unsafe.Pointer(unsafe.StringData(text)))
	return text != "" && at >= begin && at < begin+uintptr(len(page))
}

// eachText visits the texts in a value, but not those of times.
func eachText(value reflect.Value, visit func(reflect.Value)) {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			eachText(value.Elem(), visit)
		}
	case reflect.Slice:
		for i := range value.Len() {
			eachText(value.Index(i), visit)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				eachText(value.Field(i), visit)
			}
		}
	case reflect.String:
		visit(value)
	}
}
