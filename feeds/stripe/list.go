package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76/form"

	"tieout/feeds"
	"tieout/reconcile"
)

const pageSize = "100" // the most that Stripe gives

// filter is one parameter of a list.
type filter struct{ name, value string }

// seconds are a window's ends in Stripe's times, which are whole seconds: rounded outward.
func seconds(window reconcile.Window) (from, to int64) {
	return window.From.Unix(), nextSecond(window.To).Unix()
}

func createdBetween(from, to int64) []filter {
	return []filter{{"created[gte]", strconv.FormatInt(from, 10)}, {"created[lt]", strconv.FormatInt(to, 10)}}
}

// span writes a window for an error.
func span(window reconcile.Window) string {
	return "[" + window.From.UTC().Format(time.RFC3339) + ", " + window.To.UTC().Format(time.RFC3339) + ")"
}

// page is one page of a list, its objects as they came.
type page struct {
	data    []json.RawMessage
	hasMore bool
}

// read refuses an answer that does not say what is in the list, or whether that is all of it: to take such a
// one for an empty page would make "missing" out of nothing (design §7).
func (p *page) read(raw []byte) error {
	list, err := feeds.ParseJSON(string(raw))
	if err != nil {
		return err
	}
	more, told := list.At("has_more").Flag()
	if !list.At("data").IsArray() || !told {
		return errors.New("no list")
	}
	p.data, p.hasMore = []json.RawMessage{}, more
	for object := range list.At("data").Elements() {
		p.data = append(p.data, json.RawMessage(object.Raw()))
	}
	return nil
}

var errStuck = errors.New("the list says that there is more and does not move on; nothing can be said about what it holds")

// pages yields a list page by page, newest objects first. It ends after the first error.
func (c *caller) pages(ctx context.Context, path string, filters []filter) iter.Seq2[[]json.RawMessage, error] {
	return func(yield func([]json.RawMessage, error) bool) {
		used := map[string]bool{"": true} // cursors; a second use would walk in a circle
		for cursor := ""; ; {
			var got page
			if err := c.get(ctx, path, listQuery(filters, cursor), got.read); err != nil {
				yield(nil, err)
				return
			}
			if !yield(got.data, nil) || !got.hasMore {
				return
			}
			if cursor = lastID(got.data); used[cursor] {
				yield(nil, errStuck)
				return
			}
			used[cursor] = true
		}
	}
}

func listQuery(filters []filter, cursor string) *form.Values {
	query := &form.Values{}
	for _, f := range filters {
		query.Add(f.name, f.value)
	}
	query.Add("limit", pageSize)
	if cursor != "" {
		query.Add("starting_after", cursor)
	}
	return query
}

// lastID returns the id of the last object that has one, where the next page starts.
func lastID(data []json.RawMessage) string {
	for i := len(data) - 1; i >= 0; i-- {
		if id := slimOf(data[i]).ID; id != "" {
			return id
		}
	}
	return ""
}
