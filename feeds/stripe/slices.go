package stripe

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"tieout/feeds/pace"
	"tieout/reconcile"
)

// worth is how many pages a slice must promise before it is cut in two to be read at the same time: the last page of each part
// is half empty, and costs a request as a full one does. Towards the end, when much of what is allowed goes unused, any will do.
const worth = 8

// slice is a stretch of a list that is read page after page, newest objects first.
type slice struct {
	filters  []filter        // besides those of time
	payout   string          // a list of this payout's lines, and not of a stretch of time
	from, to int64           // Unix seconds, half open
	cursor   string          // the last object of the page before
	top      int64           // when that was created; at first, where the slice ends
	used     map[string]bool // cursors of all pages so far: a second use would walk in a circle
	ids      map[string]bool // of the page before
}

func (s slice) query() []filter {
	if s.payout != "" {
		return []filter{{"payout", s.payout}}
	}
	return append(createdBetween(s.from, s.to), s.filters...)
}

// String writes which slice it is, for an error.
func (s slice) String() string {
	if s.payout != "" {
		return "of payout " + s.payout
	}
	return "created " + span(reconcile.Window{From: time.Unix(s.from, 0), To: time.Unix(s.to, 0)})
}

// sheet is one page of a slice, and whether there is more.
type sheet struct {
	slice   slice
	objects []shown
	hasMore bool
}

// lister reads a list in slices, for pace.Walk.
type lister struct {
	run  *run
	kind string
	take func(ctx context.Context, got sheet) error
}

// walk reads lists of one kind, all at once.
func (l lister) walk(ctx context.Context, lists []slice) error {
	return pace.Walk(ctx, lists, l.width, l)
}

// Ask reads a page.
func (l lister) Ask(ctx context.Context, s slice) (sheet, error) {
	var got page
	if err := l.run.client.api.get(ctx, pathOf(l.kind), listQuery(s.query(), s.cursor), got.read); err != nil {
		return sheet{}, l.failed(s, err)
	}
	if s.payout != "" {
		for i, raw := range got.data {
			got.data[i] = withPayout(raw, s.payout)
		}
	}
	return sheet{slice: s, objects: l.run.client.show(l.kind, got.data), hasMore: got.hasMore}, nil
}

func (l lister) failed(s slice, err error) error {
	return fmt.Errorf("list %s %v: %w", strings.TrimPrefix(pathOf(l.kind), "/v1/"), s, err)
}

// Rest goes on after the page's last object, and cuts off older parts where there are many pages to come. A page is fixed
// by its cursor and by a window that ends in the past, so nothing that is made meanwhile shifts an object off it; and parts
// that are half open by whole seconds share none.
func (l lister) Rest(s slice, got sheet, parts int) ([]slice, error) {
	if !got.hasMore {
		return nil, nil
	}
	last := lastOf(got.objects)
	if last.ID == "" || s.used[last.ID] {
		return nil, l.failed(s, errStuck)
	}
	rest := s
	if rest.used == nil {
		rest.used = map[string]bool{}
	}
	rest.used[last.ID] = true
	rest.cursor, rest.top, rest.ids = last.ID, last.Created, idsOf(got.objects)
	return rest.cut(l.parts(int64(parts), s.pagesLeft(rest))), nil
}

// parts is into how many a slice of so many pages is cut when so many requests may be sent. Later cuts know more of where
// rows are dense than earlier ones, so that each is in two, but for the first of all.
func (l lister) parts(free, pages int64) int64 {
	width := int64(l.width())
	switch {
	case free >= width:
		return min(free, pages)
	case free*3 > width:
		return min(free, pages, 2)
	}
	return min(free, pages/worth, 2)
}

func (l lister) width() int {
	return l.run.client.api.pace.Width(endpoint(http.MethodGet, pathOf(l.kind)))
}

// pagesLeft guesses from the page that lies between two slices how many are to come.
func (s slice) pagesLeft(rest slice) int64 {
	if s.payout != "" || rest.top <= rest.from || rest.top > s.top {
		return 0
	}
	return (rest.top - rest.from) / max(1, s.top-rest.top)
}

// cut splits a slice into parts, the one with the cursor first.
func (s slice) cut(parts int64) []slice {
	left, end := s.top-s.from, s.top
	cuts := []slice{s}
	for i := parts - 1; i > 0; i-- {
		middle := s.from + left/parts*i
		if middle <= s.from || middle >= end {
			continue
		}
		cuts[len(cuts)-1].from = middle
		cuts = append(cuts, slice{filters: s.filters, from: s.from, to: middle, top: middle})
		end = middle
	}
	return cuts
}

// Take hands a page on, but for what the page before has shown.
func (l lister) Take(ctx context.Context, got sheet) error {
	got.objects = slices.DeleteFunc(got.objects, func(object shown) bool { return object.ID != "" && got.slice.ids[object.ID] })
	return l.take(ctx, got)
}

// lastOf returns the last object that has an id, where the next page starts.
func lastOf(objects []shown) shown {
	for _, object := range slices.Backward(objects) {
		if object.ID != "" {
			return object
		}
	}
	return shown{}
}

func idsOf(objects []shown) map[string]bool {
	ids := make(map[string]bool, len(objects))
	for _, object := range objects {
		ids[object.ID] = true
	}
	return ids
}
