package simulator

import (
	"sort"
	"time"
)

// revision is the state of an object from an instant on.
type revision[T any] struct {
	from  time.Time
	state T
}

// timeline is everything an object ever was, oldest first.
type timeline[T any] []revision[T]

// add appends a state. An instant before the last one is moved up to it, so that a timeline never runs backwards.
func (l *timeline[T]) add(from time.Time, state T) {
	if n := len(*l); n > 0 && from.Before((*l)[n-1].from) {
		from = (*l)[n-1].from
	}
	*l = append(*l, revision[T]{from, state})
}

// at returns the state that holds at t; false before the first one.
func (l timeline[T]) at(t time.Time) (T, bool) {
	i := sort.Search(len(l), func(i int) bool { return l[i].from.After(t) })
	if i == 0 {
		var none T
		return none, false
	}
	return l[i-1].state, true
}

// last returns the newest state, whenever it begins; the zero state of an empty timeline.
func (l timeline[T]) last() T {
	if len(l) == 0 {
		var none T
		return none
	}
	return l[len(l)-1].state
}

// movedIn tells whether the object changed in (after, until].
func (l timeline[T]) movedIn(after, until time.Time) bool {
	i := sort.Search(len(l), func(i int) bool { return l[i].from.After(after) })
	return i < len(l) && !l[i].from.After(until)
}

// since returns the instant from which the state at t holds.
func (l timeline[T]) since(t time.Time) time.Time {
	i := sort.Search(len(l), func(i int) bool { return l[i].from.After(t) })
	if i == 0 {
		return time.Time{}
	}
	return l[i-1].from
}
