package stripe

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// reconciled is the reconciliation_status of a payout whose lines are all there (stripe.md §4).
const reconciled = "completed"

// payoutLines reads the movements of each automatic payout whose lines are complete and not held yet. Only so is a
// movement's payout known: it does not name it itself (stripe.md §4).
func (r *run) payoutLines(ctx context.Context) error {
	payouts := slices.Sorted(maps.Keys(r.itemised))
	var own []string
	for _, payout := range payouts {
		if line := r.itemised[payout]; line != "" {
			own = append(own, line)
		}
	}
	missing, err := r.missing(ctx, kindPayoutLine, own)
	if err != nil {
		return err
	}
	var due []slice
	for _, payout := range payouts {
		if line := r.itemised[payout]; line == "" || slices.Contains(missing, line) {
			due = append(due, slice{payout: payout})
		}
	}
	lines := lines{run: r, own: map[string]shown{}}
	return lister{r, kindPayoutLine, lines.take}.walk(ctx, due)
}

// lines are those of some payouts, as they are read.
type lines struct {
	run *run
	own map[string]shown // of payouts of which not all is read
}

// take hands a page of a payout's lines on. Its own negative line, which Stripe lists among them, is handed on last: when it
// is held, all are, and a fetch that broke off half-way is made good by the next.
func (l lines) take(ctx context.Context, got sheet) error {
	payout := got.slice.payout
	objects := got.objects[:0]
	for _, line := range got.objects {
		if own := l.run.itemised[payout]; own != "" && line.ID == own {
			l.own[payout] = line
			continue
		}
		objects = append(objects, line)
	}
	if err := l.run.take(ctx, kindPayoutLine, objects); err != nil || got.hasMore {
		return err
	}
	if own, ok := l.own[payout]; ok {
		delete(l.own, payout)
		return l.run.take(ctx, kindPayoutLine, []shown{own})
	}
	return nil
}

// withPayout writes into a balance transaction which payout it was listed for. What is no object stays as it is, and is
// observed as unreadable.
func withPayout(raw json.RawMessage, payout string) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return raw
	}
	object["payout"], _ = json.Marshal(payout) // a string always encodes
	named, err := json.Marshal(object)
	if err != nil {
		return raw
	}
	return named
}
