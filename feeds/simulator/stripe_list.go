package simulator

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Page sizes of Stripe's lists.
const (
	defaultLimit = 10
	maxLimit     = 100
)

// farFuture is the upper end of a range that has none, in Unix seconds.
const farFuture = 1 << 40

// listJSON is the envelope of a list.
type listJSON struct {
	Data    []any  `json:"data"`
	HasMore bool   `json:"has_more"`
	Object  string `json:"object"`
	URL     string `json:"url"`
}

// listing describes one list endpoint.
type listing[T record] struct {
	kind    string // name of the object in messages and in expandable
	url     string
	items   *collection[T]
	filters map[string]func(T) func(value string) bool // by parameter, besides those that every list has
	ranges  map[string]func(T) time.Time               // further parameters that are ranges of time, as created is
	keep    func(T) bool                               // what the endpoint always leaves out; nil = nothing
	render  func(T, expansion) any
}

// serve answers a list request: parameters, window, filters, cursor, page.
func (l listing[T]) serve(c *stripeCall) (any, *stripeError) {
	if e := l.checkParams(c.params); e != nil {
		return nil, e
	}
	expand, e := parseExpand(c.params, l.kind, true)
	if e != nil {
		return nil, e
	}
	query, e := l.pageQuery(c)
	if e != nil {
		return nil, e
	}
	keep, e := l.filter(c.params)
	if e != nil {
		return nil, e
	}
	items, more := l.items.page(query, keep)
	out := listJSON{Data: make([]any, 0, len(items)), HasMore: more, Object: "list", URL: l.url}
	for _, item := range items {
		out.Data = append(out.Data, l.render(item, expand))
	}
	return out, nil
}

func (l listing[T]) checkParams(params url.Values) *stripeError {
	for _, name := range sortedKeys(params) {
		base, _, _ := strings.Cut(name, "[")
		switch base {
		case "limit", "starting_after", "ending_before", "expand", "created":
			continue
		}
		if l.filters[base] == nil && l.ranges[base] == nil {
			return invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
	}
	return nil
}

func (l listing[T]) pageQuery(c *stripeCall) (pageQuery, *stripeError) {
	q := pageQuery{limit: defaultLimit}
	if text := c.params.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return q, invalid("parameter_invalid_integer", "limit", "Invalid limit: %s must be between 1 and %d", text, maxLimit)
		}
		q.limit = n
	}
	q.limit = min(q.limit, c.most)
	span, e := parseRange(c.params, "created")
	if e != nil {
		return q, e
	}
	q.from, q.to = span.from, earlier(span.to, c.now)
	for _, cursor := range []struct {
		name string
		set  func(record)
	}{
		{"starting_after", func(r record) { q.after = r }},
		{"ending_before", func(r record) { q.before = r }},
	} {
		id := c.params.Get(cursor.name)
		if id == "" {
			continue
		}
		item, ok := l.items.find(id, c.now)
		if !ok {
			return q, invalid("resource_missing", cursor.name, "No such %s: '%s'", l.kind, id)
		}
		cursor.set(item)
	}
	return q, nil
}

// filter combines what the endpoint leaves out with what the parameters ask for.
func (l listing[T]) filter(params url.Values) (func(T) bool, *stripeError) {
	var tests []func(T) bool
	if l.keep != nil {
		tests = append(tests, l.keep)
	}
	for _, name := range sortedKeys(l.filters) {
		values := listParam(params, name)
		if len(values) == 0 {
			continue
		}
		test := l.filters[name]
		tests = append(tests, func(item T) bool { return slices.ContainsFunc(values, test(item)) })
	}
	for _, name := range sortedKeys(l.ranges) {
		span, e := parseRange(params, name)
		if e != nil {
			return nil, e
		}
		at := l.ranges[name]
		tests = append(tests, func(item T) bool { return span.holds(at(item)) })
	}
	return func(item T) bool {
		for _, test := range tests {
			if !test(item) {
				return false
			}
		}
		return true
	}, nil
}

// equals is a filter on one text of an object.
func equals[T any](text func(T) string) func(T) func(string) bool {
	return func(item T) func(string) bool {
		have := text(item)
		return func(want string) bool { return have == want }
	}
}

// listParam returns the values of name, name[] and name[0], name[1], …
func listParam(params url.Values, name string) []string {
	var out []string
	for _, key := range sortedKeys(params) {
		if key == name || strings.HasPrefix(key, name+"[") {
			out = append(out, params[key]...)
		}
	}
	return out
}

// timeRange is a closed range of whole seconds.
type timeRange struct{ from, to time.Time }

func (r timeRange) holds(t time.Time) bool { return !t.Before(r.from) && !t.After(r.to) }

// parseRange reads name=SECONDS or name[gt|gte|lt|lte]=SECONDS.
func parseRange(params url.Values, name string) (timeRange, *stripeError) {
	from, to := int64(0), int64(farFuture)
	for _, key := range sortedKeys(params) {
		if key != name && !strings.HasPrefix(key, name+"[") {
			continue
		}
		n, err := strconv.ParseInt(params.Get(key), 10, 64)
		if err != nil {
			return timeRange{}, invalid("parameter_invalid_integer", key, "Invalid integer: %s", params.Get(key))
		}
		switch strings.TrimPrefix(key, name) {
		case "":
			from, to = max(from, n), min(to, n)
		case "[gte]":
			from = max(from, n)
		case "[gt]":
			from = max(from, n+1)
		case "[lte]":
			to = min(to, n)
		case "[lt]":
			to = min(to, n-1)
		default:
			return timeRange{}, invalid("parameter_unknown", key, "Received unknown parameter: %s", key)
		}
	}
	return timeRange{time.Unix(from, 0), time.Unix(to, 0)}, nil
}
