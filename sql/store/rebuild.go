package store

import (
	"context"
	"maps"
	"slices"

	"tieout/feeds"
	"tieout/reconcile"
)

// rebuildPage bounds how many observations are in memory at a time.
const rebuildPage = 5000

// Rebuild derives the projections again from every observation, in one transaction: until it commits, readers see what was there
// before. A row that comes out as it is held stays as it is, with its number; what differs becomes another version, and what no
// observation accounts for goes. normalise is called for every version of every object. Of the counts, Read are the
// versions, Stored the objects that have a row now, Unchanged the versions that a later one took the place of, and Rejected
// the objects that cannot be read.
func (s *Store) Rebuild(ctx context.Context, normalise feeds.Normalise) (feeds.Counts, error) {
	var counts feeds.Counts
	err := s.transact(ctx, func(tx session) error {
		if err := tx.lockObservations(ctx); err != nil {
			return err
		}
		change, err := nextChange(ctx, tx)
		if err != nil {
			return err
		}
		tx.change = change
		r := replay{tx: tx, normalise: normalise, pending: newFold(nil)}
		if err := r.run(ctx); err != nil {
			return err
		}
		counts = r.counts
		return restart(ctx, tx)
	})
	if err != nil {
		return feeds.Counts{}, wrap(err, "rebuild the projections")
	}
	return counts, nil
}

// replay goes through the observations in the order in which they were made for each object.
type replay struct {
	tx        session
	normalise feeds.Normalise
	pending   fold
	done      reconcile.Key // all objects up to this one have their rows
	counts    feeds.Counts
}

func (r *replay) run(ctx context.Context) error {
	var last observationRow
	for {
		page, err := observations.find(ctx, r.tx, `(feed, account, kind, id, version) > (?, ?, ?, ?, ?)
			ORDER BY feed, account, kind, id, version LIMIT ?`,
			last.Feed, last.Account, last.Kind, last.ID, last.Version, rebuildPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return r.save(ctx, r.pending, nil)
		}
		last = page[len(page)-1]
		if err := r.take(ctx, page); err != nil {
			return err
		}
	}
}

// take folds a page, and saves all but its last object, which may have more versions on the next page.
func (r *replay) take(ctx context.Context, page []observationRow) error {
	for _, row := range page {
		r.counts.Read++
		r.pending.add(row.key(), r.normalise(row.version().Observation), false)
	}
	key := page[len(page)-1].key()
	rest := newFold(nil)
	rest.last[key] = r.pending.last[key]
	delete(r.pending.last, key)
	done := r.pending
	r.pending = rest
	if len(done.last) == 0 {
		return nil
	}
	last := slices.MaxFunc(slices.Collect(maps.Keys(done.last)), reconcile.Key.Compare)
	return r.save(ctx, done, &last)
}

// save makes what is held of the objects after those that are done, up to the last of these or to the end, what the fold holds.
func (r *replay) save(ctx context.Context, f fold, last *reconcile.Key) error {
	objects := len(f.last)
	r.counts.Stored += objects
	r.counts.Unchanged = r.counts.Read - r.counts.Stored
	for _, record := range f.last {
		if _, rejected := record.(reconcile.Rejection); rejected {
			r.counts.Rejected++
		}
	}
	left := map[reconcile.Key]string{}
	for _, p := range projections {
		strays, err := p.strays(ctx, r.tx, r.done, last, f.last)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(strays, chunk) {
			if err := p.remove(ctx, r.tx, r.tx.change, part, left); err != nil {
				return err
			}
		}
	}
	if last != nil {
		r.done = *last
	}
	return project(ctx, r.tx, r.tx.change, f.records(), left)
}
