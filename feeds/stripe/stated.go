package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tieout/reconcile"
)

const (
	// balanceTries is how often the balance is read while it moves.
	balanceTries = 3
	// mostSince bounds how many movements made after the window are looked at. There are more when the window ends long ago,
	// and then what the account held at its end is not worth the requests.
	mostSince = 1000
)

// stated reads what Stripe says that the account holds, and hands it on as of the window's end.
//
// The balance is as of now and what is held ends with the window, so what was moved since is listed right before the balance
// is read and right after it: only where nothing moved in between is it known what belongs to the figure. An account that
// never rests, a window that ends long ago, or a key that may not read the balance leaves the figure unknown.
func (r *run) stated(ctx context.Context, end time.Time) error {
	end = nextSecond(end)
	for range balanceTries {
		before, err := r.movedSince(ctx, end)
		if err != nil || before == nil {
			return err
		}
		var answer balanceAnswer
		if err := r.client.api.get(ctx, "/v1/balance", nil, answer.read); err != nil {
			return notShown(err)
		}
		after, err := r.movedSince(ctx, end)
		if err != nil || after == nil {
			return err
		}
		if maps.Equal(before.seen, after.seen) {
			return r.take(ctx, kindBalance, r.client.show(kindBalance, answer.byCurrency(after, end)))
		}
	}
	return nil
}

// notShown lets pass that the key may not see the balance, or that there is none: the figure stays unknown.
func notShown(err error) error {
	var failed *failure
	if notThere(err) || errors.As(err, &failed) && failed.status == http.StatusForbidden {
		return nil
	}
	return fmt.Errorf("read balance: %w", err)
}

// nextSecond rounds up to the whole second, where the lists of a window end.
func nextSecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second).UTC()
	}
	return t.UTC()
}

// since is what was moved from an instant to now.
type since struct {
	seen map[string]bool  // movements by id
	net  map[string]int64 // by currency, in Stripe's words and units
}

// movedSince lists the movements made since an instant; nil when there are too many, or one that cannot be read.
func (r *run) movedSince(ctx context.Context, from time.Time) (*since, error) {
	moved := &since{seen: map[string]bool{}, net: map[string]int64{}}
	filters := []filter{{"created[gte]", strconv.FormatInt(from.Unix(), 10)}}
	for data, err := range r.client.api.pages(ctx, pathOf(kindBalanceTransaction), filters) {
		if err != nil {
			return nil, fmt.Errorf("list balance_transactions created since %s: %w", from.Format(time.RFC3339), err)
		}
		for _, raw := range data {
			if !moved.add(raw) {
				return nil, nil
			}
		}
		if len(moved.seen) > mostSince {
			return nil, nil
		}
	}
	return moved, nil
}

func (s *since) add(raw json.RawMessage) bool {
	var movement struct {
		ID       string `json:"id"`
		Net      *int64 `json:"net"`
		Currency string `json:"currency"`
	}
	if json.Unmarshal(raw, &movement) != nil || movement.Net == nil || movement.ID == "" {
		return false
	}
	if !s.seen[movement.ID] {
		s.seen[movement.ID] = true
		s.net[strings.ToLower(movement.Currency)] += *movement.Net
	}
	return true
}

// balanceAnswer is the balance as it came: each side has an amount for each currency.
type balanceAnswer struct {
	Livemode  *bool              `json:"livemode"`
	Available *[]json.RawMessage `json:"available"`
	Pending   *[]json.RawMessage `json:"pending"`
}

// read refuses an answer that lacks a side: to take that for zero would make a difference out of nothing.
func (b *balanceAnswer) read(raw []byte) error {
	*b = balanceAnswer{} // an answer that was cut short may have left a part
	if err := json.Unmarshal(raw, b); err != nil {
		return err
	}
	if b.Available == nil || b.Pending == nil {
		return errors.New("no balance")
	}
	return nil
}

// currencyBalance is one currency of a balance. What is moved out of the connected accounts' reserve is a movement of its
// own, so available and pending are all that the movements make.
type currencyBalance struct {
	ID         string            `json:"id"` // currency@as of: each instant's figure is an object of its own
	Object     string            `json:"object"`
	Livemode   *bool             `json:"livemode,omitempty"`
	Currency   string            `json:"currency"`
	Available  []json.RawMessage `json:"available"`
	Pending    []json.RawMessage `json:"pending"`
	AsOf       int64             `json:"as_of"`
	MovedSince int64             `json:"moved_since"` // net of the movements made from AsOf until the balance was read
}

// byCurrency makes one object for each currency, sorted. A currency that moved and is not in the answer has no figure.
func (b balanceAnswer) byCurrency(moved *since, end time.Time) []json.RawMessage {
	found := map[string]*currencyBalance{}
	sides := []struct {
		amounts []json.RawMessage
		side    func(*currencyBalance) *[]json.RawMessage
	}{
		{*b.Available, func(c *currencyBalance) *[]json.RawMessage { return &c.Available }},
		{*b.Pending, func(c *currencyBalance) *[]json.RawMessage { return &c.Pending }},
	}
	for _, part := range sides {
		for _, raw := range part.amounts {
			currency := currencyOf(raw)
			if found[currency] == nil {
				found[currency] = &currencyBalance{
					ID: fmt.Sprintf("%s@%d", currency, end.Unix()), Object: kindBalance, Livemode: b.Livemode, Currency: currency,
					AsOf: end.Unix(), MovedSince: moved.net[currency],
				}
			}
			side := part.side(found[currency])
			*side = append(*side, raw)
		}
	}
	objects := make([]json.RawMessage, 0, len(found))
	for _, currency := range slices.Sorted(maps.Keys(found)) {
		object, _ := json.Marshal(found[currency]) // raw messages that were decoded encode again
		objects = append(objects, object)
	}
	return objects
}

func currencyOf(raw json.RawMessage) string {
	var amount struct {
		Currency string `json:"currency"`
	}
	_ = json.Unmarshal(raw, &amount) // without a currency it is observed all the same, and cannot be read
	return strings.ToLower(amount.Currency)
}

// balance reads what Stripe says that the account holds in one currency.
func balance(key reconcile.Key, r *reader) reconcile.Record {
	stated := r.amount("moved_since").Neg()
	for _, side := range []string{"available", "pending"} {
		for _, part := range r.each(side) {
			amount := part.amount("amount")
			sum, err := stated.Add(amount)
			if part.problem == "" && err != nil {
				part.fail("%v", err)
			}
			if part.problem != "" {
				r.fail("%s: %s", side, part.problem)
			}
			stated = sum
		}
	}
	return reconcile.Balance{Key: key, Stated: stated, At: r.instant("as_of")}
}
