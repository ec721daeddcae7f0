package trustpayments

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"tieout/feeds"
	"tieout/reconcile"
)

// maxValues is how many values of one field a query carries. No limit is documented; this keeps a request small and its
// answer far from full.
const maxValues = 100

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
	if err := r.walk(ctx, request.Window); err != nil {
		return err
	}
	wanted := matching(ourReference, request.Named)
	for _, kind := range []string{KindAuth, KindRefund} {
		open, err := request.Memory.Open(ctx, kind)
		if err != nil {
			return err
		}
		wanted = append(wanted, open...)
	}
	if err := r.byReference(ctx, wanted); err != nil {
		return err
	}
	missing, err := request.Memory.Missing(ctx, KindAuth, matching(anyReference, r.parents))
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
	return r.walk(ctx, recheck.Since)
}

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

// byReference reads transactions by their own reference, but for those that this run has read already.
func (r *run) byReference(ctx context.Context, references []string) error {
	wanted := slices.DeleteFunc(matching(anyReference, references), r.took)
	return r.byField(ctx, fieldReference, wanted)
}

func (r *run) byField(ctx context.Context, field string, values []string) error {
	slices.Sort(values)
	for batch := range slices.Chunk(slices.Compact(values), maxValues) {
		if err := r.readBatch(ctx, field, batch); err != nil {
			return err
		}
	}
	return nil
}

// readBatch reads the transactions that have one of the values. An answer that was cut, and the gateway's "not found",
// which may be about one value among many, are settled by asking for each half alone.
func (r *run) readBatch(ctx context.Context, field string, values []string) error {
	about := fmt.Sprintf("by %s %q to %q (%d)", field, values[0], values[len(values)-1], len(values))
	found, err := r.client.query(ctx, r.client.filter(movesMoney...).with(field, values...), about)
	if err != nil && !isCode(err, codeNotFound) {
		return err
	}
	if whole := found.whole(r.client.options.MaxRecords); err == nil && whole {
		return r.take(ctx, found.records)
	}
	if len(values) > 1 {
		middle := len(values) / 2
		if err := r.readBatch(ctx, field, values[:middle]); err != nil {
			return err
		}
		return r.readBatch(ctx, field, values[middle:])
	}
	if err != nil {
		return nil // the gateway does not know it, and that is an answer
	}
	return fmt.Errorf("list transactions of site %s %s: %d records and found %d, with %d the most a reply can hold: "+
		"not all of them came", r.client.options.Site, about, len(found.records), found.found, r.client.options.MaxRecords)
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
