package stripe

import (
	"context"
	"fmt"

	"tieout/feeds"
	"tieout/reconcile"
)

// Recheck lists the charges and PaymentIntents created in recheck.Since, and reads the order's sources, PaymentIntents and charges again by
// id, with the charges these name. Stripe's search is no help here: it lags by up to an hour (stripe.md §5), so a charge
// that came since is found in the list, by its source or by its metadata.
//
// An object that was held and is not there any more is an error, for nothing may be canceled on the strength of it.
func (c *Client) Recheck(ctx context.Context, recheck feeds.Recheck) (feeds.Tally, error) {
	r := newRun(c, allHeld{}, recheck.Sink)
	err := r.recheck(ctx, recheck)
	return r.tally, err
}

func (r *run) recheck(ctx context.Context, recheck feeds.Recheck) error {
	for _, kind := range []string{kindPaymentIntent, kindCharge} {
		if err := r.list(ctx, kind, recheck.Since); err != nil {
			return err
		}
	}
	r.may, r.memory = ids{}, nothingHeld{} // what other orders' charges name is no business of this one
	held := recheckable(recheck.IDs)
	for _, key := range held {
		r.must.add(key.Kind, key.ID)
	}
	if err := r.readNamed(ctx); err != nil {
		return err
	}
	for _, key := range held {
		if r.gone[key.Kind][key.ID] {
			return fmt.Errorf("read %s %s: Stripe does not know it any more", key.Kind, key.ID)
		}
	}
	return nil
}

// recheckable leaves out the keys of other feeds and of what does not take money.
func recheckable(keys []reconcile.Key) []reconcile.Key {
	var kept []reconcile.Key
	for _, key := range keys {
		if key.Feed != reconcile.FeedStripe {
			continue
		}
		switch key.Kind {
		case kindSource, kindPaymentIntent, kindCharge:
			kept = append(kept, key)
		}
	}
	return kept
}

// allHeld is a memory by which nothing that is named need be read, and nothingHeld one by which all is.
type (
	allHeld     struct{}
	nothingHeld struct{}
)

func (allHeld) Open(context.Context, string) ([]string, error) { return nil, nil }

func (allHeld) Missing(context.Context, string, []string) ([]string, error) { return nil, nil }

func (nothingHeld) Open(context.Context, string) ([]string, error) { return nil, nil }

func (nothingHeld) Missing(_ context.Context, _ string, named []string) ([]string, error) {
	return named, nil
}

var _, _ feeds.Memory = allHeld{}, nothingHeld{}
