package store

import (
	"context"

	"tieout/reconcile"
)

// Load keeps records without the observations that they were made from, in the rows that Observe would have made. Worlds that
// only measure are filled this way; a run's records come through Observe. Every key must be new.
func (s *Store) Load(ctx context.Context, records []reconcile.Record) error {
	err := s.transact(ctx, func(tx session) error {
		change, err := nextChange(ctx, tx)
		if err != nil {
			return err
		}
		return distribute(records, func(p projector) (int, error) { return p.load(ctx, tx, change, records) })
	})
	return wrap(err, "load %d records", len(records))
}
