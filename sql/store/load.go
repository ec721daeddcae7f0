package store

import (
	"context"

	"tieout/reconcile"
)

// Load keeps records without the observations that they were made from, in the rows that Observe would have made. Worlds that
// only measure are filled this way; a run's records come through Observe. No two records may have the same key.
func (s *Store) Load(ctx context.Context, records []reconcile.Record) error {
	err := s.transact(ctx, func(tx session) error {
		change, err := nextChange(ctx, tx)
		if err != nil {
			return err
		}
		return project(ctx, tx, change, records, nil)
	})
	return wrap(err, "load %d records", len(records))
}
