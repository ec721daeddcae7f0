package store

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

// TestFacesComeBack: whatever a record says, its face says the same, less what a database cannot hold.
func TestFacesComeBack(t *testing.T) {
	facesComeBack(t, orders)
	facesComeBack(t, sources)
	facesComeBack(t, sourceEvents)
	facesComeBack(t, payments)
	facesComeBack(t, refunds)
	facesComeBack(t, refundRequests)
	facesComeBack(t, disputes)
	facesComeBack(t, rejections)
}

func facesComeBack[R any, D reconcile.Record](t *testing.T, p projection[R, D]) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 3))
	for i := range 2000 {
		var record D
		scramble(random, reflect.ValueOf(&record).Elem(), i%7 == 0)
		want := record
		cleanAll(reflect.ValueOf(&want).Elem())
		row := p.toRow(record)
		face := reflect.ValueOf(row).FieldByName("Face").String()
		if diff := cmp.Diff(want, p.toFace(face)); diff != "" {
			t.Fatalf("%T %+v: face %q (-want +got)\n%s", record, record, face, diff)
		}
		home := reflect.ValueOf(row).FieldByName("Home").String()
		if home == "" || len(home) > 122 || home != clean(home) {
			t.Fatalf("%T %+v: home %q", record, record, home)
		}
	}
}

// scramble fills every field of a record with what its type can hold; bare leaves some empty.
func scramble(random *rand.Rand, v reflect.Value, bare bool) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if random.IntN(4) > 0 {
			v.Set(reflect.ValueOf(time.UnixMicro(random.Int64N(4e15) - 2e15).UTC()))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			scramble(random, v.Field(i), bare)
		}
	case reflect.String:
		if !bare || random.IntN(2) == 0 {
			v.SetString(oddText(random))
		}
	case reflect.Int64:
		v.SetInt(int64(random.Uint64()))
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	default:
		panic("a record has a field of type " + v.Type().String())
	}
}

func oddText(random *rand.Rand) string {
	pieces := []string{"", "a", "R-1", "\t", `\`, `\t`, `\\`, "\x00", "\xff", "\xc3", "\n", "é", "\u2028", " ", "-", strings.Repeat("x", 150)}
	var text strings.Builder
	for range random.IntN(6) {
		text.WriteString(pieces[random.IntN(len(pieces))])
	}
	return text.String()
}

func cleanAll(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			cleanAll(v.Field(i))
		}
	case v.Kind() == reflect.String:
		v.SetString(clean(v.String()))
	}
}
