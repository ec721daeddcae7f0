package simulator

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// object is what everything at a provider has: an id and an instant of creation, before which nobody sees it.
type object struct {
	id      string
	created time.Time
}

func (o *object) self() *object { return o }

// record is anything that embeds object.
type record interface{ self() *object }

// collection holds the objects of one kind by (created, id), so that a window is two binary searches.
type collection[T record] struct {
	items []T
	byID  map[string]T
}

func newCollection[T record]() *collection[T] { return &collection[T]{byID: map[string]T{}} }

// push adds while the world is being told; sortAll must follow before the collection is read.
func (c *collection[T]) push(item T) {
	c.items = append(c.items, item)
	c.byID[item.self().id] = item
}

func (c *collection[T]) sortAll() { slices.SortFunc(c.items, compareRecords[T]) }

func compareRecords[T record](a, b T) int {
	x, y := a.self(), b.self()
	if n := x.created.Compare(y.created); n != 0 {
		return n
	}
	return cmp.Compare(x.id, y.id)
}

// insert adds one object to a sorted collection.
func (c *collection[T]) insert(item T) {
	i, _ := slices.BinarySearchFunc(c.items, item, compareRecords[T])
	c.items = slices.Insert(c.items, i, item)
	c.byID[item.self().id] = item
}

// remove takes the objects out that drop names.
func (c *collection[T]) remove(drop func(T) bool) {
	c.items = slices.DeleteFunc(c.items, func(item T) bool {
		if !drop(item) {
			return false
		}
		delete(c.byID, item.self().id)
		return true
	})
}

// find returns the object that exists at t under this id.
func (c *collection[T]) find(id string, t time.Time) (T, bool) {
	item, ok := c.byID[id]
	if !ok || item.self().created.After(t) {
		var none T
		return none, false
	}
	return item, true
}

// between returns the objects created in [from, to], oldest first.
func (c *collection[T]) between(from, to time.Time) []T {
	lo := sort.Search(len(c.items), func(i int) bool { return !c.items[i].self().created.Before(from) })
	hi := sort.Search(len(c.items), func(i int) bool { return c.items[i].self().created.After(to) })
	return c.items[lo:max(lo, hi)]
}

// pageQuery is one page of a Stripe list: at most limit objects created in [from, to], after or before a cursor.
type pageQuery struct {
	from, to time.Time
	limit    int
	after    record // starting_after: older than this one
	before   record // ending_before: newer than this one
}

// page returns one page newest first, and whether more objects follow in the direction of travel.
func (c *collection[T]) page(q pageQuery, keep func(T) bool) ([]T, bool) {
	items := c.between(q.from, q.to)
	if q.after != nil {
		items = items[:c.position(items, q.after)]
	}
	if q.before != nil {
		return pageForward(c.from(items, q.before), q.limit, keep)
	}
	var out []T
	for i := len(items) - 1; i >= 0; i-- {
		if !keep(items[i]) {
			continue
		}
		if len(out) == q.limit {
			return out, true
		}
		out = append(out, items[i])
	}
	return out, false
}

// pageForward takes the objects nearest to an ending_before cursor, which are the oldest ones, and turns them newest first.
func pageForward[T record](items []T, limit int, keep func(T) bool) ([]T, bool) {
	var out []T
	more := false
	for _, item := range items {
		if !keep(item) {
			continue
		}
		if len(out) == limit {
			more = true
			break
		}
		out = append(out, item)
	}
	slices.Reverse(out)
	return out, more
}

// position returns how many of the items sort before the cursor.
func (c *collection[T]) position(items []T, cursor record) int {
	return sort.Search(len(items), func(i int) bool { return !sortsBefore(items[i], cursor) })
}

// from returns the items that sort after the cursor.
func (c *collection[T]) from(items []T, cursor record) []T {
	i := sort.Search(len(items), func(i int) bool { return sortsBefore(cursor, items[i]) })
	return items[i:]
}

func sortsBefore(a, b record) bool {
	x, y := a.self(), b.self()
	if n := x.created.Compare(y.created); n != 0 {
		return n < 0
	}
	return x.id < y.id
}
