package trustpayments

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

const (
	// maxValues is how many values of one field a query carries. No limit is documented; this keeps a request small and its
	// answer far from full.
	maxValues = 100

	// maxParents is how many AUTHs that refunds named are remembered before they are looked for.
	maxParents = 500

	// stretch is how much of a window is read before it is said how far the reading has come: one that breaks off goes on there.
	stretch = 24 * time.Hour
)

var (
	// ourReference is how the gateway's references look in every sample (source document 002: "23-86-113"). The shop's
	// payment ids are only asked for when they do: they may be another provider's.
	ourReference = regexp.MustCompile(`^[0-9]+-[0-9]+-[0-9]+$`)

	// anyReference is what a reference may be at most (source document 002: alphanumeric and hyphens, 25). Ids that we
	// made up for records without one do not fit.
	anyReference = regexp.MustCompile(`^[0-9A-Za-z-]{1,25}$`)
)

// Fetch reads the AUTHs and REFUNDs started in the window, then by reference what the window cannot show: those held that
// can still change, those that the shop names, and the AUTHs of refunds that are not held yet. A reference that the
// gateway does not know is no error. After an error the tally says what was handed over until then.
func (c *Client) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	r := c.newRun(request.Sink)
	err := r.fetch(ctx, request)
	return r.tally, err
}

func (r *run) fetch(ctx context.Context, request feeds.Request) error {
	if err := r.want(ctx, request); err != nil {
		return err
	}
	list := r.walk
	if r.client.options.Source == SourceSearch {
		list = r.search
	}
	if err := list(ctx, request.Window, r.stretches(request)); err != nil {
		return err
	}
	if err := r.byReference(ctx, slices.Collect(maps.Keys(r.wanted))); err != nil {
		return err
	}
	return r.readParents(ctx, request.Memory)
}

// want notes what must be read by reference, unless the window shows it: what the shop names and what is open. It is asked
// before the window, which shows many more that are open and needs none of them read at once again.
func (r *run) want(ctx context.Context, request feeds.Request) error {
	wanted := matching(ourReference, request.Named)
	for _, kind := range []string{KindAuth, KindRefund} {
		open, err := request.Memory.Open(ctx, kind)
		if err != nil {
			return err
		}
		wanted = append(wanted, open...)
	}
	for _, reference := range wanted {
		r.wanted[reference] = true
	}
	return nil
}

// stretches returns what to do when the window has been taken up to an instant: the AUTHs that refunds named are read, and a
// stretch is told when it is complete with them. The last is not: the fetch itself ends with it.
func (r *run) stretches(request feeds.Request) func(context.Context, time.Time) error {
	told := request.Window.From
	return func(ctx context.Context, through time.Time) error {
		complete := !through.Before(told.Add(stretch)) && through.Before(request.Window.To)
		if !complete && len(r.parents) < maxParents {
			return nil
		}
		if err := r.readParents(ctx, request.Memory); err != nil || !complete {
			return err
		}
		told = through
		return request.ReadThrough(ctx, through)
	}
}

// readParents reads those AUTHs that refunds named and that are not held. An AUTH is older than its refunds: what the window
// holds of them was taken before.
func (r *run) readParents(ctx context.Context, memory feeds.Memory) error {
	parents := slices.Sorted(maps.Keys(r.parents))
	clear(r.parents)
	missing, err := memory.Missing(ctx, KindAuth, parents)
	if err != nil {
		return err
	}
	return r.byReference(ctx, missing)
}

// Recheck reads again what decides whether an order may be canceled: its transactions held, those that carry its
// reference, and everything started since the last fetch. That a transaction held is not found is an error: nothing may be
// concluded from its absence.
func (c *Client) Recheck(ctx context.Context, recheck feeds.Recheck) (feeds.Tally, error) {
	r := c.newRun(recheck.Sink)
	err := r.recheck(ctx, recheck)
	return r.tally, err
}

func (r *run) recheck(ctx context.Context, recheck feeds.Recheck) error {
	held := matching(anyReference, r.client.own(recheck.IDs))
	if err := r.byReference(ctx, held); err != nil {
		return err
	}
	if gone := slices.IndexFunc(held, func(id string) bool { return !r.took(id) }); gone >= 0 {
		return fmt.Errorf("read transaction %s of site %s again: the gateway does not know it any more", held[gone], r.client.Account())
	}
	if err := r.byField(ctx, fieldOrder, nonEmpty(recheck.References)); err != nil {
		return err
	}
	since := recheck.Since
	if since.Empty() {
		return nil
	}
	since.To = since.To.Add(shortest) // what was started at its very end may be the payment that forbids a cancel
	return r.walk(ctx, since, nothing)
}

// nothing is done with how far a recheck has come.
func nothing(context.Context, time.Time) error { return nil }

// own returns the references of the keys that are of this account.
func (c *Client) own(keys []reconcile.Key) []string {
	var references []string
	for _, key := range keys {
		if key.Feed == c.Feed() && key.Account == c.Account() {
			references = append(references, key.ID)
		}
	}
	return references
}

// byReference reads transactions by their own reference, but for those that this run has read so already.
func (r *run) byReference(ctx context.Context, references []string) error {
	wanted := slices.DeleteFunc(matching(anyReference, references), r.took)
	return r.byField(ctx, fieldReference, wanted)
}

func (r *run) byField(ctx context.Context, field string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	batches := line{
		width: func() int { return ahead(r.client.options.Connections) },
		take: func(_ errand, records []json.RawMessage) error {
			came, err := r.take(ctx, records, nil)
			maps.Copy(r.read, came)
			return err
		},
	}
	return batches.run(ctx, batch{client: r.client, field: field, values: slices.Compact(values), most: maxValues})
}

// batch is values of a field, of which the next query carries at most so many.
type batch struct {
	client *Client
	field  string
	values []string
	most   int
}

func (b batch) next() (now, rest errand) {
	if len(b.values) <= b.most {
		return b, nil
	}
	first, left := b, b
	first.values, left.values = b.values[:b.most], b.values[b.most:]
	return first, left
}

// join leaves batches as they are: one that was halved was so because it was too large.
func (b batch) join(errand) (errand, bool) { return nil, false }

// ask reads the transactions that have one of the values. An answer that was cut, and the gateway's "not found", which may
// be about one value among many, are settled by asking for each half alone.
func (b batch) ask(ctx context.Context) (settle, error) {
	c, values := b.client, b.values
	about := fmt.Sprintf("by %s %q to %q (%d)", b.field, values[0], values[len(values)-1], len(values))
	found, err := c.query(ctx, c.filter(movesMoney...).with(b.field, values...), about)
	unknown := isCode(err, codeNotFound)
	switch {
	case err != nil && !unknown:
		return nil, err
	case err == nil && found.whole(c.options.MaxRecords):
		return func() ([]json.RawMessage, errand) { return found.records, nil }, nil
	case len(values) > 1:
		b.most = (len(values) + 1) / 2
		return func() ([]json.RawMessage, errand) { return nil, b }, nil
	case unknown:
		return func() ([]json.RawMessage, errand) { return nil, nil }, nil // it does not know it, and that is an answer
	default:
		return nil, fmt.Errorf("list transactions of site %s %s: %d records and found %d, with %d the most a reply can hold: "+
			"not all of them came", c.options.Site, about, len(found.records), found.found, c.options.MaxRecords)
	}
}

// matching returns a new list of those of the ids that match.
func matching(pattern *regexp.Regexp, ids []string) []string {
	var matched []string
	for _, id := range ids {
		if pattern.MatchString(id) {
			matched = append(matched, id)
		}
	}
	return matched
}

func nonEmpty(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
}
