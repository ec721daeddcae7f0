package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"tieout/feeds"
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
	for _, payout := range payouts {
		line := r.itemised[payout]
		if line != "" && !slices.Contains(missing, line) {
			continue
		}
		if err := r.linesOf(ctx, payout, line); err != nil {
			return fmt.Errorf("list balance_transactions of payout %s: %w", payout, err)
		}
	}
	return nil
}

// linesOf reads the lines of one payout. Its own negative line, which Stripe lists among them, is handed on last: when it
// is held, all are, and a fetch that broke off half-way is made good by the next.
func (r *run) linesOf(ctx context.Context, payout, own string) error {
	var last []json.RawMessage
	for data, err := range r.client.api.pages(ctx, pathOf(kindPayoutLine), []filter{{"payout", payout}}) {
		if err != nil {
			return err
		}
		lines := make([]json.RawMessage, 0, len(data))
		for _, raw := range data {
			line := withPayout(raw, payout)
			if own != "" && slimOf(raw).ID == own {
				last = []json.RawMessage{line}
				continue
			}
			lines = append(lines, line)
		}
		if err := r.take(ctx, kindPayoutLine, lines); err != nil {
			return err
		}
	}
	return r.take(ctx, kindPayoutLine, last)
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

// nothingHeld is the memory of a recheck: everything named is read.
type nothingHeld struct{}

func (nothingHeld) Open(context.Context, string) ([]string, error) { return nil, nil }

func (nothingHeld) Missing(_ context.Context, _ string, named []string) ([]string, error) {
	return named, nil
}

var _ feeds.Memory = nothingHeld{}
