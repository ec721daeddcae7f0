package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"tieout/feeds"
	"tieout/feeds/pace"
	"tieout/reconcile"
)

const (
	readBatch = 100  // objects read by id before they are handed to the sink
	mostNamed = 1000 // ids of a kind that are kept before it is looked up which of them are held
	mostShown = 5000 // ids that were listed and are kept, so that they are not read by id as well
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

// sorted returns the ids of a kind.
func (s ids) sorted(kind string) []string { return slices.Sorted(maps.Keys(s[kind])) }

// run is one fetch or recheck: what that names which it was shown, and what must still be read. Whatever grows with the
// number of objects is looked up in memory, or read, before it gets long.
type run struct {
	client   *Client
	memory   feeds.Memory
	sink     feeds.Sink
	tally    feeds.Tally
	shown    ids               // listed of late
	listed   int               // how many ids shown holds
	asked    ids               // read by id, whether it was there or not
	gone     ids               // found not to be there
	must     ids               // to read again, held or not
	may      ids               // to read if not held
	named    ids               // on the shop's orders, and neither shown so far nor used up by a charge that succeeded
	itemised map[string]string // automatic payouts whose lines are complete, each with the id of its own line
}

func newRun(client *Client, memory feeds.Memory, sink feeds.Sink) *run {
	return &run{client: client, memory: memory, sink: sink, shown: ids{}, asked: ids{}, gone: ids{}, must: ids{}, may: ids{}, named: ids{}, itemised: map[string]string{}}
}

// list hands on what was created in a window, a page at a time, and then reads what that names if it is a lot.
func (r *run) list(ctx context.Context, kind string, window reconcile.Window, more ...filter) error {
	from, to := seconds(window)
	if from >= to {
		return nil
	}
	reads := lister{r, kind, func(ctx context.Context, got sheet) error {
		if err := r.take(ctx, kind, got.objects); err != nil {
			return err
		}
		return r.drain(ctx)
	}}
	return reads.walk(ctx, []slice{{filters: more, from: from, to: to, top: to}})
}

// take hands objects that were listed to the sink, and notes what they name.
func (r *run) take(ctx context.Context, kind string, objects []shown) error {
	if r.listed += len(objects); r.listed > mostShown {
		r.shown, r.listed = ids{}, len(objects)
	}
	for _, object := range objects {
		r.shown.add(kind, object.ID)
	}
	return r.hand(ctx, r.keep(kind, objects, r.note))
}

// keep counts objects, and returns what the sink takes of those that are ours. Objects of the other mode are counted and
// left alone; an object that does not tell its mode is ours.
func (r *run) keep(kind string, objects []shown, note func(string, shown)) []feeds.Observation {
	batch := make([]feeds.Observation, 0, len(objects))
	for _, object := range objects {
		delete(r.must[kind], object.ID)
		delete(r.named[kind], object.ID)
		r.tally.Read++
		if object.Livemode != nil && *object.Livemode != r.client.live {
			r.tally.OtherMode++
			continue
		}
		batch = append(batch, object.Observation)
		note(kind, object)
	}
	return batch
}

func (r *run) hand(ctx context.Context, batch []feeds.Observation) error {
	if len(batch) == 0 {
		return nil
	}
	return r.sink.Observe(ctx, batch)
}

// drain looks up and reads what has been named, kind by kind, where that is a lot.
func (r *run) drain(ctx context.Context) error {
	for _, kind := range readable {
		if len(r.may[kind]) >= mostNamed {
			if err := r.lookUp(ctx, kind); err != nil {
				return err
			}
		}
		if len(r.must[kind]) >= mostNamed {
			if _, err := r.readDue(ctx, kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookUp turns what is to be read if it is not held into what must be read.
func (r *run) lookUp(ctx context.Context, kind string) error {
	named := r.may.sorted(kind)
	delete(r.may, kind)
	missing, err := r.missing(ctx, kind, named)
	for _, id := range missing {
		r.must.add(kind, id)
	}
	return err
}

// readDue reads the objects of a kind that must be read and those that are named and not held, each once in a run, and
// tells how many were due.
func (r *run) readDue(ctx context.Context, kind string) (int, error) {
	if err := r.lookUp(ctx, kind); err != nil {
		return 0, err
	}
	due := slices.DeleteFunc(r.must.sorted(kind), func(id string) bool { return r.asked[kind][id] || r.shown[kind][id] })
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
		r.asked.add(kind, id)
		if answers[i] != nil {
			found = append(found, answers[i])
			continue
		}
		r.gone.add(kind, id)
	}
	return r.hand(ctx, r.keep(kind, r.client.show(kind, found), r.noteRead))
}

// readAll reads objects by id, some at a time, and returns them in the order of the ids; nil where there is none.
func (c *Client) readAll(ctx context.Context, kind string, batch []string) ([]json.RawMessage, error) {
	reads := readsByID{client: c, kind: kind, ids: batch, answers: make([]json.RawMessage, len(batch))}
	each := make([]int, len(batch))
	for i := range each {
		each[i] = i
	}
	width := func() int { return c.api.pace.Width(endpoint(http.MethodGet, pathOf(kind)+"/id")) }
	return reads.answers, pace.Walk(ctx, each, width, reads)
}

// readsByID reads each of some ids, for pace.Walk.
type readsByID struct {
	client  *Client
	kind    string
	ids     []string
	answers []json.RawMessage // each is set by the goroutine that asks for it
}

// Ask reads one object.
func (r readsByID) Ask(ctx context.Context, i int) (answer json.RawMessage, err error) {
	r.answers[i], err = r.client.readOne(ctx, r.kind, r.ids[i])
	return nil, err
}

// Rest is nothing.
func (readsByID) Rest(int, json.RawMessage, int) ([]int, error) { return nil, nil }

// Take leaves the answers to whoever asked for all.
func (readsByID) Take(context.Context, json.RawMessage) error { return nil }

// readOne returns an object as it came, or nil when there is none.
func (c *Client) readOne(ctx context.Context, kind, id string) (json.RawMessage, error) {
	var answer json.RawMessage
	err := c.api.get(ctx, pathOf(kind)+"/"+url.PathEscape(id), nil, func(body []byte) error { return json.Unmarshal(body, &answer) })
	if notThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return answer, nil
}
