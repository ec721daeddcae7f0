package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// What tieout does by itself, and why. A reopening also says which figures moved.
const (
	ByTieout      = "tieout"
	CauseGone     = "cause gone"     // resolved: what was wrong is no longer so
	StoodLong     = "stood long"     // resolved: it cannot un-happen and has stood for Policy.StickyFor
	CauseReturned = "cause returned" // reopened: it had been gone
)

// Advance takes an exception one run further. known is what the store has, or nil; raised is what was judged now, or nil
// when the cause is gone. It returns the record to keep and whether it differs from known; first seen is never reset.
//
// A cause that stands keeps its record open and moves last seen. One that is gone resolves it, one that comes back
// reopens it. What a person acknowledged or resolved stays so while its figures stay the same, and is reopened when they
// move, so that nobody overlooks it. An exception that cannot un-happen is resolved after Policy.StickyFor since it was
// first seen and not raised again.
func Advance(known *ExceptionRecord, raised *Exception, now time.Time, policy Policy) (ExceptionRecord, bool) {
	switch {
	case known == nil && raised == nil:
		return ExceptionRecord{}, false
	case known == nil:
		return ExceptionRecord{Exception: unstuck(*raised), Status: StatusOpen, FirstSeen: now, LastSeen: now}, true
	case raised == nil:
		return vanish(*known, now)
	default:
		return persist(*known, *raised, now, policy)
	}
}

// unstuck drops what is not kept in a record.
func unstuck(e Exception) Exception {
	e.Sticky = false
	return e
}

func vanish(record ExceptionRecord, now time.Time) (ExceptionRecord, bool) {
	if !record.Stands() && record.ResolvedBy == ByTieout {
		return record, false
	}
	record.Status, record.ResolvedAt, record.ResolvedBy, record.Resolution = StatusResolved, now, ByTieout, CauseGone
	return record, true
}

func persist(known ExceptionRecord, raised Exception, now time.Time, policy Policy) (ExceptionRecord, bool) {
	next := known
	next.Exception = unstuck(raised)
	expired := raised.Sticky && (known.Resolution == StoodLong || !now.Before(known.FirstSeen.Add(policy.StickyFor)))
	switch {
	case expired && known.Stands():
		next.Status, next.ResolvedAt, next.ResolvedBy, next.Resolution = StatusResolved, now, ByTieout, StoodLong
	case expired:
		next.Exception = known.Exception
	case reopens(known, raised):
		next.Status, next.LastSeen = StatusReopened, now
		next.ResolvedAt, next.ResolvedBy, next.Resolution, next.Note = time.Time{}, "", "", ""
	case known.Stands():
		next.LastSeen = now
	default:
		next.Exception = known.Exception
	}
	return next, !same(next, known)
}

// onlySeenAgain reports whether nothing but last seen has moved on. Such a record is not written: what stands was seen in every
// judging since, also in those that left its case alone because nothing had changed, and the store knows when the last one was.
func onlySeenAgain(before *ExceptionRecord, after ExceptionRecord) bool {
	if before == nil {
		return false
	}
	after.LastSeen = before.LastSeen
	return same(*before, after)
}

// same compares two records; times are the same when they are the same instant, in whatever zone.
func same(a, b ExceptionRecord) bool {
	for _, times := range [][2]*time.Time{{&a.DueAt, &b.DueAt}, {&a.FirstSeen, &b.FirstSeen}, {&a.LastSeen, &b.LastSeen}, {&a.ResolvedAt, &b.ResolvedAt}} {
		if times[0].Equal(*times[1]) {
			*times[0] = *times[1]
		}
	}
	return a == b
}

// reopens reports whether what is raised again must be looked at anew: it had been gone, or it is not what a person
// acknowledged or resolved.
func reopens(known ExceptionRecord, raised Exception) bool {
	switch known.Status {
	case StatusAcknowledged:
		return figuresDiffer(known.Exception, raised)
	case StatusResolved:
		return known.ResolvedBy == ByTieout || figuresDiffer(known.Exception, raised)
	default:
		return false
	}
}

// figuresDiffer reports whether the cause has changed since a person looked at it. Severity, due time and wording may move
// with time; they do not reopen.
func figuresDiffer(a, b Exception) bool {
	return a.Currency != b.Currency || a.Expected != b.Expected || a.Actual != b.Actual
}

// whatMoved says whether the cause had been gone, and which figures moved from what to what.
func whatMoved(before, after ExceptionRecord) string {
	var why []string
	if before.ResolvedBy == ByTieout {
		why = append(why, CauseReturned)
	}
	for _, figure := range []struct{ name, was, is string }{
		{"currency", before.Currency, after.Currency},
		{"expected", figureText(before.Expected), figureText(after.Expected)},
		{"actual", figureText(before.Actual), figureText(after.Actual)},
	} {
		if figure.was != figure.is {
			why = append(why, fmt.Sprintf("%s %s → %s", figure.name, cmp.Or(figure.was, "nothing"), cmp.Or(figure.is, "nothing")))
		}
	}
	return strings.Join(why, "; ")
}

// figureText is empty for a side that says nothing.
func figureText(a money.Amount) string {
	if a.Currency == "" {
		return ""
	}
	return a.String()
}

// AdvanceAll takes the exceptions of some cases one run further: known are those that the store has, raised those that
// were judged now. It returns the records that have to be written and what changed, ordered by id.
func AdvanceAll(known []ExceptionRecord, raised []Exception, now time.Time, runID int64, policy Policy) ([]ExceptionRecord, []ExceptionChange) {
	pairs := map[string]*pairing{}
	var ids []string
	pair := func(id string) *pairing {
		if pairs[id] == nil {
			pairs[id] = &pairing{}
			ids = append(ids, id)
		}
		return pairs[id]
	}
	for i := range known {
		pair(known[i].ID()).known = &known[i]
	}
	for i := range raised {
		pair(raised[i].ID()).raised = &raised[i]
	}
	slices.Sort(ids)
	var records []ExceptionRecord
	var changes []ExceptionChange
	for _, id := range ids {
		before := pairs[id].known
		record, changed := Advance(before, pairs[id].raised, now, policy)
		if !changed || onlySeenAgain(before, record) {
			continue
		}
		records = append(records, record)
		if before == nil || before.Status != record.Status || before.Resolution != record.Resolution || figuresDiffer(before.Exception, record.Exception) {
			changes = append(changes, changeOf(before, record, now, runID))
		}
	}
	return records, changes
}

// pairing is one exception as it was known and as it was judged now; either may be nil.
type pairing struct {
	known  *ExceptionRecord
	raised *Exception
}

func changeOf(before *ExceptionRecord, after ExceptionRecord, now time.Time, runID int64) ExceptionChange {
	change := ExceptionChange{ID: after.ID(), At: now, Who: ByTieout, To: after.Status, Reason: after.Resolution, RunID: runID}
	if before != nil {
		change.From = before.Status
	}
	if before != nil && after.Stands() {
		change.Reason = whatMoved(*before, after)
	}
	return change
}
