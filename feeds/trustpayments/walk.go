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
	enough    = 8               // the part of a page that must come before the density is judged by the newest slice alone
	shortest  = 1 * time.Second // the gateway's times have no fractions
)

// walk reads every transaction started in a window, slice by slice, each short enough to be answered whole. They are taken
// in the order of their time, and taken is told up to when.
//
// Whether the ends of a query's window belong to it is undocumented. So neighbouring slices share the second between
// them, and the window's own ends are rounded outward: what comes twice is dropped by its key. What was started at the very end
// belongs to the next window, wherever the query puts it; a record that does not tell when it was started is taken.
func (r *run) walk(ctx context.Context, w reconcile.Window, taken func(context.Context, time.Time) error) error {
	whole := wholeSeconds(w)
	if whole.Empty() {
		return nil
	}
	steps := &stride{length: whole.To.Sub(whole.From), full: r.client.options.MaxRecords, memory: r.client.options.Connections}
	parts := line{
		width: func() int { return steps.width(r.client.options.Connections) },
		take: func(now errand, records []json.RawMessage) (err error) {
			through := now.(slice).window.To
			if through.Equal(whole.To) {
				records = startedBefore(whole.To, records)
			}
			if r.recent, err = r.take(ctx, records, r.recent); err != nil {
				return err
			}
			return taken(ctx, through)
		},
	}
	return parts.run(ctx, slice{client: r.client, window: whole, steps: steps})
}

// startedBefore leaves out what was started at an instant or later.
func startedBefore(instant time.Time, records []json.RawMessage) []json.RawMessage {
	return slices.DeleteFunc(records, func(record json.RawMessage) bool {
		started, err := time.Parse(timeLayout, string(readHead(record).Started))
		return err == nil && !started.Before(instant)
	})
}

// slice is a stretch of time.
type slice struct {
	client *Client
	window reconcile.Window // whole seconds
	steps  *stride
	most   time.Duration // its first part may be no longer; zero = as long as any
}

func (s slice) length() time.Duration { return s.window.To.Sub(s.window.From) }

// next cuts as much off the front as is likely to be answered whole.
func (s slice) next() (now, rest errand) {
	step := s.steps.length
	if s.most > 0 {
		step, s.most = min(step, s.most), 0
	}
	if step >= s.length() {
		return s, nil
	}
	first, left := s, s
	first.window.To = s.window.From.Add(step)
	left.window.From = first.window.To
	return first, left
}

// join puts two neighbours together: what comes after a slice that was too long may be less dense.
func (s slice) join(after errand) (errand, bool) {
	s.window.To = after.(slice).window.To
	return s, true
}

// ask reads the slice. Where the answer was not whole its parts are to be asked for instead, down to the second.
func (s slice) ask(ctx context.Context) (settle, error) {
	found, err := s.client.query(ctx, s.client.created(s.window), started(s.window))
	switch {
	case err != nil:
		return nil, err
	case found.whole(s.client.options.MaxRecords):
		return func() ([]json.RawMessage, errand) {
			s.steps.fits(s.length(), len(found.records))
			return found.records, nil
		}, nil
	case s.length() > shortest:
		return func() ([]json.RawMessage, errand) {
			s.most = s.steps.tooLong(s.length(), found)
			return nil, s
		}, nil
	default:
		records, err := s.client.splitSecond(ctx, s.window, found)
		return func() ([]json.RawMessage, errand) { return records, nil }, err
	}
}

// splitSecond reads a slice of one second that was not answered whole. If the ends belong to a window, the slice held two
// seconds, and each is asked for alone. If they do not, these windows are empty, which shows as records of the slice that
// neither of them has: then the second itself is too full, and there is no way to read it.
func (c *Client) splitSecond(ctx context.Context, pair reconcile.Window, seen page) ([]json.RawMessage, error) {
	var records []json.RawMessage
	for _, second := range []time.Time{pair.From, pair.To} {
		alone := reconcile.Window{From: second, To: second}
		found, err := c.query(ctx, c.created(alone), started(alone))
		if err != nil {
			return nil, err
		}
		if !found.whole(c.options.MaxRecords) {
			return nil, c.tooFull(alone, found)
		}
		records = append(records, found.records...)
	}
	for _, record := range seen.records {
		if !slices.ContainsFunc(records, func(other json.RawMessage) bool { return sameTransaction(record, other) }) {
			return nil, c.tooFull(pair, seen)
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

func (c *Client) tooFull(w reconcile.Window, found page) error {
	return fmt.Errorf("list transactions of site %s %s: %d records and found %d, with %d the most a reply can hold: "+
		"no shorter window can be asked for, export this second from the provider's portal",
		c.options.Site, started(w), len(found.records), found.found, c.options.MaxRecords)
}

// stride is how long the next slice is. It follows the density of the records, as far as answers have shown it.
type stride struct {
	full   int // records a reply can hold
	memory int // how many slices the density is learned from
	length time.Duration
	recent []measure // of the newest slices that were answered whole; nil until one was
}

// measure is how many records came in a slice.
type measure struct {
	length  time.Duration
	records int
}

// width is how many slices are asked for before the first of them is taken.
// Until one was answered whole nobody knows how long they may be, and several would only be too long together.
func (s *stride) width(connections int) int {
	if s.recent == nil {
		return 1
	}
	return ahead(connections)
}

// fits notes that a slice was answered whole, and learns from it and those before it how dense the records are.
func (s *stride) fits(length time.Duration, records int) {
	s.recent = append(s.recent[max(0, len(s.recent)+1-s.memory):], measure{length, records})
	var seen measure
	for _, m := range slices.Backward(s.recent) {
		if seen.length > 0 && seen.records+m.records > s.full/enough {
			break
		}
		seen.length += m.length
		seen.records += m.records
	}
	s.length = longer(seen.length, seen.records, s.full)
}

// tooLong notes that a slice was not answered whole, and returns how long its first part may be.
func (s *stride) tooLong(length time.Duration, found page) time.Duration {
	most := shorter(length, found, s.full)
	s.length = min(s.length, most)
	s.recent = s.recent[:0]
	return most
}

// shorter returns the length of the slice to ask for after one that was not answered whole: half of it, or less when the
// gateway tells how many there are in all.
func shorter(length time.Duration, found page, maxRecords int) time.Duration {
	half := (length + shortest) / 2
	if found.found > maxRecords {
		half = min(half, scaled(length, maxRecords, found.found))
	}
	return max(half.Truncate(shortest), shortest)
}

// longer returns the length of the slice to ask for after so many records came in so long a time.
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
func wholeSeconds(w reconcile.Window) reconcile.Window {
	whole := reconcile.Window{From: w.From.UTC().Truncate(time.Second), To: w.To.UTC().Truncate(time.Second)}
	if whole.To.Before(w.To) {
		whole.To = whole.To.Add(time.Second)
	}
	return whole
}

func started(w reconcile.Window) string {
	return fmt.Sprintf("started from %s to %s GMT", w.From.Format(timeLayout), w.To.Format(timeLayout))
}
