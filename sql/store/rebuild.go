package store

import (
	"context"

	"tieout/feeds"
	"tieout/reconcile"
)

// rebuildPage bounds how many observations are in memory at a time.
const rebuildPage = 5000

// Rebuild empties the projections and derives them again from every observation, in one transaction: until it commits,
// readers see what was there before. normalise is called for every version of every object. Of the counts, Read are the
// versions, Stored the objects that have a row now, Unchanged the versions that a later one took the place of, and Rejected
// the objects that cannot be read.
func (s *Store) Rebuild(ctx context.Context, normalise feeds.Normalise) (feeds.Counts, error) {
	var counts feeds.Counts
	err := s.transact(ctx, func(tx session) error {
		for _, p := range projections {
			if err := p.empty(ctx, tx); err != nil {
				return err
			}
		}
		change, err := nextChange(ctx, tx)
		if err != nil {
			return err
		}
		r := replay{tx: tx, normalise: normalise, change: change, pending: newFold(nil)}
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
	change    int64
	pending   fold
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
			return r.save(ctx, r.pending)
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
	return r.save(ctx, done)
}

func (r *replay) save(ctx context.Context, f fold) error {
	clear(f.cleared) // the projections were emptied
	objects := len(f.last)
	r.counts.Stored += objects
	r.counts.Unchanged = r.counts.Read - r.counts.Stored
	for _, record := range f.last {
		if _, rejected := record.(reconcile.Rejection); rejected {
			r.counts.Rejected++
		}
	}
	return f.save(ctx, r.tx, r.change)
}
