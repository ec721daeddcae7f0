package reconcile_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"tieout/reconcile"
)

// TestHashSeesEveryField: two verdicts that differ in any one field, however deep, have different hashes; in the cluster and the
// exceptions they may differ.
func TestHashSeesEveryField(t *testing.T) {
	for name, base := range map[string]func() reconcile.Verdict{
		"empty": func() reconcile.Verdict { return reconcile.Verdict{} },
		"full":  fullVerdict,
	} {
		t.Run(name, func(t *testing.T) {
			v := base()
			before := v.Hash()
			if again := base(); again.Hash() != before {
				t.Fatal("the same verdict has two hashes")
			}
			seen := 0
			changeEach(reflect.ValueOf(&v).Elem(), "", func(path string) {
				seen++
				unseen := path == ".Cluster" || path == ".Exceptions+"
				if (v.Hash() == before) != unseen {
					t.Errorf("%s changed: the hash %d was %d", path, v.Hash(), before)
				}
			})
			if want := map[string]int{"empty": 22, "full": 60}[name]; seen < want {
				t.Errorf("only %d fields were changed", seen)
			}
		})
	}
}

func TestHashKeepsTextsApart(t *testing.T) {
	one, other := reconcile.Verdict{CaseKey: "ab", OrderReference: "c"}, reconcile.Verdict{CaseKey: "a", OrderReference: "bc"}
	if one.Hash() == other.Hash() {
		t.Error("a text that moves from one field to the next is not seen")
	}
	zoned := fullVerdict()
	zoned.PaidAt = zoned.PaidAt.In(time.FixedZone("", 3600))
	if full := fullVerdict(); zoned.Hash() != full.Hash() {
		t.Error("the same instant in another zone has another hash")
	}
}

func fullVerdict() reconcile.Verdict {
	key := func(id string) reconcile.Key {
		return reconcile.Key{Feed: "stripe", Account: "main", Kind: "charge", ID: id}
	}
	owed := reconcile.Owed{
		Payment: key("ch_1"), RequestID: "rf_1", Amount: eur(5), Why: reconcile.OwedRequested, AskedAt: noon, WindowEndsAt: noon.Add(day),
		Decision: reconcile.DecisionApproved, Reason: "in time",
	}
	return reconcile.Verdict{
		CaseKey: "order/R-1", OrderReference: "R-1", Outcome: reconcile.Matched, Reason: "because", Rule: reconcile.RuleReference, Payment: key("ch_1"),
		Order: eur(10), Paid: eur(20), Refunded: eur(30), PaidAt: noon, NextReview: noon.Add(day), CoverageBound: true, Cluster: "r:r1",
		Cancel: &reconcile.Cancel{Reason: "ran out", Evidence: []reconcile.Evidence{{Object: key("src_1"), Status: "canceled", At: noon}, {Object: key("src_2"), Status: "failed", At: noon}}},
		Owed:   []reconcile.Owed{owed, owed},
	}
}

// changeEach changes one value after another and puts each back after changed was called.
func changeEach(v reflect.Value, path string, changed func(path string)) {
	before := reflect.New(v.Type()).Elem()
	before.Set(v)
	try := func(value any, path string) {
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
		changed(path)
		v.Set(before)
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		try(v.Interface().(time.Time).Add(time.Microsecond), path)
	case v.Kind() == reflect.String:
		try(v.String()+"x", path)
	case v.Kind() == reflect.Int64:
		try(v.Int()+1, path)
	case v.Kind() == reflect.Bool:
		try(!v.Bool(), path)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			changeEach(v.Field(i), path+"."+v.Type().Field(i).Name, changed)
		}
	case v.Kind() == reflect.Pointer && v.IsNil():
		try(reflect.New(v.Type().Elem()).Interface(), path+"+")
	case v.Kind() == reflect.Pointer:
		changeEach(v.Elem(), path, changed)
		try(reflect.Zero(v.Type()).Interface(), path+"-")
	case v.Kind() == reflect.Slice:
		try(reflect.Append(v, reflect.Zero(v.Type().Elem())).Interface(), path+"+")
		for i := range v.Len() {
			changeEach(v.Index(i), fmt.Sprintf("%s[%d]", path, i), changed)
		}
		if v.Len() > 0 {
			try(v.Slice(0, v.Len()-1).Interface(), path+"-")
		}
	default:
		panic("a verdict has a field of type " + v.Type().String())
	}
}
