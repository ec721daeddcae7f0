package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	stripego "github.com/stripe/stripe-go/v76"

	"tieout/feeds"
)

const (
	readers   = 6   // objects read by id at the same time; the limiter sets the pace, these cover the latency
	readBatch = 100 // objects read by id before they are handed to the sink
)

// ids is a set of ids for each kind.
type ids map[string]map[string]bool

func (s ids) add(kind, id string) {
	if id == "" {
		return
	}
	if s[kind] == nil {
		s[kind] = map[string]bool{}
	}
	s[kind][id] = true
}

// without returns the sorted ids of a kind that are not in other.
func (s ids) without(kind string, other ids) []string {
	var left []string
	for id := range s[kind] {
		if !other[kind][id] {
			left = append(left, id)
		}
	}
	slices.Sort(left)
	return left
}

// run is one fetch or recheck: what it was shown, and what that names and must still be read.
type run struct {
	client   *Client
	memory   feeds.Memory
	sink     feeds.Sink
	tally    feeds.Tally
	seen     ids               // shown, or found not to be there, in this run
	gone     ids               // found not to be there
	must     ids               // to read again, held or not
	may      ids               // to read if not held
	spent    ids               // used up by a charge that succeeded: the order that stores one needs no more of it
	itemised map[string]string // automatic payouts whose lines are complete, each with the id of its own line
}

func newRun(client *Client, memory feeds.Memory, sink feeds.Sink) *run {
	return &run{client: client, memory: memory, sink: sink, seen: ids{}, gone: ids{}, must: ids{}, may: ids{}, spent: ids{}, itemised: map[string]string{}}
}

// list hands every object of a list to the sink, a page at a time.
func (r *run) list(ctx context.Context, kind string, filters []filter) error {
	for data, err := range r.client.api.pages(ctx, pathOf(kind), filters) {
		if err != nil {
			return err
		}
		if err := r.take(ctx, kind, data); err != nil {
			return err
		}
	}
	return nil
}

// take hands objects to the sink, each id once in a run, and notes what they name. Objects of the other mode are counted
// and left alone; an object that does not tell its mode is ours.
func (r *run) take(ctx context.Context, kind string, data []json.RawMessage) error {
	batch := make([]feeds.Observation, 0, len(data))
	for _, raw := range data {
		object := slimOf(raw)
		observation := r.client.observation(kind, object.ID, raw)
		if r.seen[kind][observation.Key.ID] {
			continue
		}
		r.seen.add(kind, observation.Key.ID)
		r.tally.Read++
		if object.Livemode != nil && *object.Livemode != r.client.live {
			r.tally.OtherMode++
			continue
		}
		batch = append(batch, observation)
		r.note(kind, object, observation)
	}
	return r.hand(ctx, batch)
}

func (r *run) hand(ctx context.Context, batch []feeds.Observation) error {
	if len(batch) == 0 {
		return nil
	}
	return r.sink.Observe(ctx, batch)
}

// readDue reads the objects of a kind that must be read and those that are named and not held, and tells how many were
// due.
func (r *run) readDue(ctx context.Context, kind string) (int, error) {
	missing, err := r.missing(ctx, kind, r.may.without(kind, r.seen))
	if err != nil {
		return 0, err
	}
	due := slices.Compact(slices.Sorted(slices.Values(append(missing, r.must.without(kind, r.seen)...))))
	delete(r.may, kind)
	delete(r.must, kind)
	for batch := range slices.Chunk(due, readBatch) {
		if err := r.readBatch(ctx, kind, batch); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func (r *run) missing(ctx context.Context, kind string, named []string) ([]string, error) {
	if len(named) == 0 {
		return nil, nil
	}
	return r.memory.Missing(ctx, kind, named)
}

// readBatch reads objects by id. One that is not there is a fact and no error.
func (r *run) readBatch(ctx context.Context, kind string, batch []string) error {
	answers, err := r.client.readAll(ctx, kind, batch)
	if err != nil {
		return err
	}
	var found []json.RawMessage
	for i, id := range batch {
		if answers[i] != nil {
			found = append(found, answers[i])
			continue
		}
		r.gone.add(kind, id)
		r.seen.add(kind, id)
	}
	return r.take(ctx, kind, found)
}

// readAll reads objects by id, some at a time, and returns them in the order of the ids; nil where there is none.
func (c *Client) readAll(ctx context.Context, kind string, batch []string) ([]json.RawMessage, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	answers := make([]json.RawMessage, len(batch))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(readers, len(batch)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(batch)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				var err error
				if answers[i], err = c.readOne(ctx, kind, batch[i]); err != nil {
					stop(err)
				}
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return answers, nil
}

// readOne returns an object as it came, or nil when there is none.
func (c *Client) readOne(ctx context.Context, kind, id string) (json.RawMessage, error) {
	var answer stripego.APIResource
	err := c.api.get(ctx, pathOf(kind)+"/"+url.PathEscape(id), nil, &answer)
	if notThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return answer.LastResponse.RawJSON, nil
}
