package stripe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Whatever way charges lie in a window, each comes once, while new ones are made all the time: sales of many in a second, whole
// pages in one second, days with none. And no request reaches out of the window or into another slice.
func TestSlicesShowEachObjectOnce(t *testing.T) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 1))
		f := newFake(t)
		count := 0
		make := func(created int64) {
			f.objects["/v1/charges"] = append(f.objects["/v1/charges"], object{"id": fmt.Sprintf("ch_%05d", count), "created": created})
			count++
		}
		window := reconcile.Window{From: noon.Add(-10 * day), To: noon}
		for range 5 {
			at, length := window.From.Unix()+random.Int64N(10*86400-4000), 1+random.Int64N(4000)
			for range random.IntN(500) {
				make(at + random.Int64N(length))
			}
		}
		for range random.IntN(500) { // all in one second
			make(window.From.Unix() + int64(seed)*70000)
		}
		make(window.From.Unix())
		make(window.To.Unix() - 1)
		want := count
		f.hold(kindCharge)

		f.fault = func(httpWriter, *httpRequest) bool { // what is made while we read
			f.hold(kindCharge, object{"id": fmt.Sprintf("ch_new_%d", len(f.requests)), "created": window.To.Unix() + random.Int64N(600)})
			return false
		}
		client, _ := f.client(t, Options{})
		got, tally := fetch(t, client, feeds.Request{Window: window})
		slices.Sort(got)
		if len(got) != want || len(slices.Compact(got)) != want || tally.Read != want {
			t.Errorf("seed %d: %d objects came (%+v), want each of %d once", seed, len(got), tally, want)
		}
		checkSlices(t, f.received(), window)
	}
}

// checkSlices holds the requests of charges against what slices must be: those without a cursor share no second, and fill the
// window.
func checkSlices(t *testing.T, requests []request, window reconcile.Window) {
	t.Helper()
	var begun []int64 // ends of slices where one begins: the window's, and where others were cut
	for _, r := range requests {
		if r.path != "/v1/charges" {
			continue
		}
		from, _ := strconv.ParseInt(r.query.Get("created[gte]"), 10, 64)
		to, _ := strconv.ParseInt(r.query.Get("created[lt]"), 10, 64)
		if from < window.From.Unix() || to > window.To.Unix() || from >= to {
			t.Errorf("asked for [%d, %d) outside of the window", from, to)
		}
		if !r.query.Has("starting_after") {
			begun = append(begun, to)
		}
	}
	slices.Sort(begun)
	if len(slices.Compact(begun)) != len(begun) || begun[len(begun)-1] != window.To.Unix() {
		t.Errorf("slices begin at %v: want each once, and one at the window's end", begun)
	}
}

func TestAQuietWindowIsOneRequestAndADenseOneIsCut(t *testing.T) {
	for _, test := range []struct {
		charges, least, most int
	}{{0, 1, 1}, {100, 1, 1}, {300, 3, 8}, {5000, 50, 80}} {
		f := newFake(t)
		var objects []object
		for i := range test.charges {
			objects = append(objects, object{"id": fmt.Sprintf("ch_%05d", i), "created": at(23) + int64(i*15)})
		}
		f.hold(kindCharge, objects...)
		client, _ := f.client(t, Options{})
		fetch(t, client, feeds.Request{Window: lastDay()})
		if got := f.count("GET /v1/charges"); got < test.least || got > test.most {
			t.Errorf("%d charges took %d requests, want %d to %d", test.charges, got, test.least, test.most)
		}
	}
}

func TestPartsAreHalfOpenAndFillTheSlice(t *testing.T) {
	for _, test := range []struct {
		from, top, parts int64
		want             string
	}{
		{0, 100, 1, "0-200"},
		{0, 100, 2, "50-200 0-50"},
		{0, 100, 4, "75-200 50-75 25-50 0-25"},
		{97, 100, 8, "97-200"}, // less than a second each
		{98, 100, 2, "99-200 98-99"},
		{100, 100, 5, "100-200"},
	} {
		var got string
		for i, part := range (slice{from: test.from, to: 200, top: test.top, cursor: "ch_1"}).cut(test.parts) {
			if i > 0 {
				got += " "
			}
			got += fmt.Sprintf("%d-%d", part.from, part.to)
			if (part.cursor != "") != (i == 0) {
				t.Errorf("part %d of %+v has the cursor %q", i, test, part.cursor)
			}
		}
		if got != test.want {
			t.Errorf("[%d, 200) read down to %d is cut in %q, want %q", test.from, test.top, got, test.want)
		}
	}
}

// A first fetch is read in stretches, oldest first, and says after each how far it has come.
func TestALongWindowIsReadInStretches(t *testing.T) {
	f := newFake(t)
	for days := range 95 {
		f.hold(kindCharge, object{"id": fmt.Sprintf("ch_%02d", days), "created": at(24*int64(days) + 1), "source": fmt.Sprintf("src_%02d", days)})
	}
	client, _ := f.client(t, Options{})
	window := reconcile.Window{From: noon.Add(-95 * day), To: noon}
	held := newShelf(t)
	var through []time.Time
	var sizes []int
	request := feeds.Request{Window: window, Named: []string{"src_named"}, Memory: held, Sink: held}
	request.Through = func(_ context.Context, instant time.Time) error {
		through, sizes = append(through, instant), append(sizes, countOf(held, kindCharge))
		if f.count("GET /v1/sources/src_named") != 0 {
			t.Error("what the shop names was read before the lists, which may show it")
		}
		return nil
	}
	if _, err := client.Fetch(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	want := []time.Time{window.From.Add(30 * day), window.From.Add(60 * day), window.From.Add(90 * day)}
	if !slices.Equal(through, want) || !slices.Equal(sizes, []int{30, 60, 90}) || countOf(held, kindCharge) != 95 {
		t.Errorf("read through %v with %v charges, want %v with 30, 60, 90", through, sizes, want)
	}
	if got := f.count("GET /v1/sources/src_50"); got != 1 {
		t.Errorf("the source of a charge that did not succeed was read %d times, want once", got)
	}
}
