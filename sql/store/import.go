package store

import (
	"context"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// noRun is the run of what was imported and not fetched.
const noRun = 0

// Import is one transaction in which a file goes in, whole or not at all.
type Import struct {
	tx session
	at time.Time
}

// Import runs read in one transaction, in which all that it observes becomes part of the evidence, made at an instant and in
// no run. An error of read, or one of the database, leaves nothing behind; read may be called again when another
// transaction came in between.
func (s *Store) Import(ctx context.Context, at time.Time, read func(*Import) error) error {
	return s.transact(ctx, func(tx session) error { return read(&Import{tx: tx, at: at}) })
}

// Newest returns the newest version held of each object of which one is.
func (i *Import) Newest(ctx context.Context, keys []reconcile.Key) (map[reconcile.Key]feeds.Observation, error) {
	rows, err := observations.find(ctx, i.tx, i.tx.inTuples(keyColumns...)+" ORDER BY version", keyTuples(keys))
	newest := make(map[reconcile.Key]feeds.Observation, len(rows))
	for _, row := range rows {
		newest[row.key()] = row.version().Observation
	}
	return newest, wrap(err, "look for %d objects of a file", len(keys))
}

// Observe is Store.Observe within the import.
func (i *Import) Observe(ctx context.Context, items []feeds.Item) error {
	err := checkKeys(items)
	if err == nil {
		_, err = observe(ctx, i.tx, noRun, i.at, items)
	}
	return wrap(err, "store %d observations of a file", len(items))
}
