package store

import (
	"context"

	"tieout/reconcile"
)

// FactsOfRejections reads the orders that rows which could not be read may be about: by the payment id that an order
// stores, and by the reference that the row carries, whole or cut.
func (s *Store) FactsOfRejections(ctx context.Context, rejected []reconcile.Rejection) (reconcile.Facts, error) {
	var facts reconcile.Facts
	err := s.snapshot(ctx, func(tx session) error {
		c := newClosure(tx)
		for _, rejection := range rejected {
			c.objects.add(rejection.ID)
			c.objects.add(rejection.LinkedID)
			c.carried.add(rejection.Reference)
		}
		err := c.findRivals(ctx)
		facts = c.facts()
		return err
	})
	return facts, wrap(err, "read the orders of %d rows that could not be read", len(rejected))
}
