package trustpayments

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tieout/reconcile"
)

const (
	maxGrowth = 4               // a quiet slice makes the next one at most so many times longer
	fill      = 0.75            // of a page: how full the next slice is aimed to be
	shortest  = 1 * time.Second // the gateway's times have no fractions
)

// walk reads every transaction started in a window, slice by slice, each short enough to be answered whole.
//
// Whether the ends of a query's window belong to it is undocumented. So neighbouring slices share the second between
// them, and the window's own ends are rounded outward: what comes twice is dropped by its key, nothing by its time.
func (r *run) walk(ctx context.Context, w reconcile.Window) error {
	at, end := wholeSeconds(w)
	step := end.Sub(at)
	for at.Before(end) {
		slice := reconcile.Window{From: at, To: earliest(at.Add(step), end)}
		length := slice.To.Sub(slice.From)
		found, err := r.client.query(ctx, r.client.created(slice), started(slice))
		if err != nil {
			return err
		}
		if !found.whole(r.client.options.MaxRecords) {
			if length > shortest {
				step = shorter(length, found, r.client.options.MaxRecords)
				continue
			}
			if found.records, err = r.splitSecond(ctx, slice, found); err != nil {
				return err
			}
		}
		if err := r.take(ctx, found.records); err != nil {
			return err
		}
		at, step = slice.To, longer(length, len(found.records), r.client.options.MaxRecords)
	}
	return nil
}

// splitSecond reads a slice of one second that was not answered whole. If the ends belong to a window, the slice held two
// seconds, and each is asked for alone. If they do not, these windows are empty, which shows as records of the slice that
// neither of them has: then the second itself is too full, and there is no way to read it.
func (r *run) splitSecond(ctx context.Context, slice reconcile.Window, seen page) ([]json.RawMessage, error) {
	var records []json.RawMessage
	for _, second := range []time.Time{slice.From, slice.To} {
		alone := reconcile.Window{From: second, To: second}
		found, err := r.client.query(ctx, r.client.created(alone), started(alone))
		if err != nil {
			return nil, err
		}
		if !found.whole(r.client.options.MaxRecords) {
			return nil, r.tooFull(alone, found)
		}
		records = append(records, found.records...)
	}
	for _, record := range seen.records {
		if !slices.ContainsFunc(records, func(other json.RawMessage) bool { return sameTransaction(record, other) }) {
			return nil, r.tooFull(slice, seen)
		}
	}
	return records, nil
}

func sameTransaction(a, b json.RawMessage) bool {
	if first := readHead(a); first.TransactionReference != "" {
		return first.TransactionReference == readHead(b).TransactionReference
	}
	return bytes.Equal(a, b)
}

func (r *run) tooFull(slice reconcile.Window, found page) error {
	return fmt.Errorf("list transactions of site %s %s: %d records and found %d, with %d the most a reply can hold: "+
		"no shorter window can be asked for, export this second from the provider's portal",
		r.client.options.Site, started(slice), len(found.records), found.found, r.client.options.MaxRecords)
}

// shorter returns the length of the slice to ask for after one that was not answered whole: half of it, or less when the
// gateway tells how many there are in all.
func shorter(length time.Duration, found page, maxRecords int) time.Duration {
	half := length / 2
	if found.found > maxRecords {
		half = min(half, scaled(length, maxRecords, found.found))
	}
	return max(half.Truncate(shortest), shortest)
}

// longer returns the length of the slice to ask for after one that was answered whole with so many records.
func longer(length time.Duration, records, maxRecords int) time.Duration {
	next := maxGrowth * length
	if records > 0 {
		next = min(next, scaled(length, maxRecords, records))
	}
	return max(next.Truncate(shortest), shortest)
}

// scaled returns the length in which a page comes to be filled as aimed, when records came in the given one.
func scaled(length time.Duration, maxRecords, records int) time.Duration {
	return time.Duration(float64(length) * fill * float64(maxRecords) / float64(records))
}

// wholeSeconds rounds a window outward.
func wholeSeconds(w reconcile.Window) (from, to time.Time) {
	from, to = w.From.UTC().Truncate(time.Second), w.To.UTC().Truncate(time.Second)
	if to.Before(w.To) {
		to = to.Add(time.Second)
	}
	return from, to
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func started(w reconcile.Window) string {
	return fmt.Sprintf("started from %s to %s GMT", w.From.Format(timeLayout), w.To.Format(timeLayout))
}
