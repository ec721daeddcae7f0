package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"tieout/reconcile"
)

// RefreshGaps brings the gaps up to date with what changed since it was last called, and with now. A payment may lack its movement
// for patience before it is one. full looks at every object, as when patience is another one than before; so does a now
// before the last one, and the first time after Rebuild.
func (s *Store) RefreshGaps(ctx context.Context, now time.Time, patience time.Duration, full bool) error {
	err := s.change(ctx, func(tx session) error {
		progress, err := loadProgress(ctx, tx)
		if err != nil {
			return err
		}
		r := refresh{tx: tx, now: now, patience: patience, since: progress.Tied}
		if full || progress.Tied == 0 || micros(now) < progress.TiedAt {
			err = r.all(ctx)
		} else {
			err = r.changed(ctx)
		}
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "DELETE FROM tieout_object_losses WHERE touched <= ?", progress.Change); err != nil {
			return err
		}
		_, err = tx.exec(ctx, "UPDATE tieout_progress SET tied = ?, tied_at = ? WHERE id = 1", progress.Change, micros(now))
		return err
	})
	return wrap(err, "look for gaps in the balances")
}

// refresh finds gaps as of an instant.
type refresh struct {
	tx       session
	now      time.Time
	patience time.Duration
	since    int64 // the change up to which all is known
}

func (r refresh) all(ctx context.Context) error {
	if _, err := r.tie(ctx); err != nil {
		return err
	}
	q := ofAll()
	return r.keep(ctx, q, q.args(r.now, r.patience), "true")
}

// changed looks again at the objects of which anything may be otherwise.
func (r refresh) changed(ctx context.Context) error {
	objects, err := r.tie(ctx)
	if err != nil {
		return err
	}
	touched, err := r.touched(ctx)
	if err != nil {
		return err
	}
	objects = append(objects, touched...)
	slices.Sort(objects)
	q := ofSome(r.tx)
	for part := range slices.Chunk(slices.Compact(objects), chunk) {
		list := r.tx.list(part)
		if err := r.keep(ctx, q, append([]any{list}, q.args(r.now, r.patience)...), r.tx.in("object_id"), list); err != nil {
			return err
		}
	}
	return nil
}

// keep makes the gaps that are held where a condition holds those that are found now. What is so already stays: it is no other version.
func (r refresh) keep(ctx context.Context, q gapQuery, args []any, where string, whereArgs ...any) error {
	held, err := gaps.find(ctx, r.tx, where, whereArgs...)
	if err != nil {
		return err
	}
	// They are read before any is written because PostgreSQL, while it inserts, searches with one process alone.
	found, err := selectAll[gapRow](ctx, r.tx, q.text(), args...)
	if err != nil {
		return err
	}
	gone, fresh := differ(held, found)
	for part := range slices.Chunk(gone, chunk) {
		if err := r.drop(ctx, part); err != nil {
			return err
		}
	}
	return gaps.load(ctx, r.tx, fresh)
}

// differ tells what is held and no more found as often as it is held, and what takes its place.
func differ(held, found []gapRow) (gone, fresh []gapRow) {
	count := make(map[gapRow]int, len(found)) // how many more are found than held
	for _, gap := range found {
		count[gap]++
	}
	for _, gap := range held {
		gap.Touched = 0
		count[gap]--
	}
	for _, gap := range held {
		if gap.Touched = 0; count[gap] != 0 {
			gone = append(gone, gap)
		}
	}
	for _, gap := range found {
		if count[gap] != 0 {
			fresh = append(fresh, gap)
		}
	}
	return gone, fresh
}

// drop removes gaps, each as often as it is held.
func (r refresh) drop(ctx context.Context, gone []gapRow) error {
	objects, rows := make([]string, len(gone)), make([][]string, len(gone))
	for i, g := range gone {
		objects[i] = g.ObjectID
		rows[i] = []string{g.Feed, g.Account, g.What, g.ID, g.ObjectID, g.Category, strconv.FormatInt(g.Minor, 10), g.Currency, strconv.FormatInt(g.At, 10)}
	}
	_, err := r.tx.exec(ctx, "DELETE FROM tieout_gaps WHERE "+r.tx.in("object_id")+" AND "+
		r.tx.inTuples("feed", "account", "what", "id", "object_id", "category", "CAST(minor AS TEXT)", "currency", "CAST(at AS TEXT)"), r.tx.list(objects), tuples(rows))
	return err
}

// touched lists the objects that changed, or whose movements did, and those of the movements that have come to count.
func (r refresh) touched(ctx context.Context) ([]string, error) {
	query := "SELECT object_id FROM tieout_gaps WHERE what = 'later' AND at < ? UNION ALL SELECT object_id FROM tieout_movements WHERE object_id <> '' AND touched > ? UNION ALL SELECT object_id FROM tieout_object_losses WHERE touched > ?"
	args := []any{micros(r.now), r.since, r.since}
	for _, table := range []string{"tieout_payments", "tieout_refunds", "tieout_disputes", "tieout_payouts", "tieout_rejections"} {
		query += " UNION ALL SELECT id FROM " + table + " WHERE touched > ?"
		args = append(args, r.since)
	}
	return selectAll[string](ctx, r.tx, query, args...)
}

// stretch is the time in which a payment of an account without a movement is a gap: from when to when now, and when last tied.
type stretch struct {
	Feed        string `db:"feed"`
	Account     string `db:"account"`
	From        int64  `db:"from_now"`
	Through     int64  `db:"through_now"`
	TiedFrom    int64  `db:"tied_from"`
	TiedThrough int64  `db:"tied_through"`
}

// tie moves the stretch of each account to where it is now, and lists the payments that this takes in or leaves out.
func (r refresh) tie(ctx context.Context) ([]string, error) {
	const moves = "CASE WHEN EXISTS (SELECT 1 FROM tieout_movements m WHERE m.feed = c.feed AND m.account = c.account) THEN "
	stretches, err := selectAll[stretch](ctx, r.tx, "SELECT feed, account, tied_from, tied_through, "+
		moves+"complete_from ELSE 0 END AS from_now, "+moves+"complete_through ELSE 0 END AS through_now FROM tieout_coverage c")
	if err != nil {
		return nil, err
	}
	var objects []string
	for _, s := range stretches {
		for _, moved := range [][2]int64{{s.TiedFrom, s.From}, {s.TiedThrough, s.Through}} {
			between, err := r.paymentsBetween(ctx, s, min(moved[0], moved[1]), max(moved[0], moved[1]))
			if err != nil {
				return nil, err
			}
			objects = append(objects, between...)
		}
		if _, err := r.tx.exec(ctx, "UPDATE tieout_coverage SET tied_from = ?, tied_through = ?, touched = ? WHERE feed = ? AND account = ? AND (tied_from, tied_through) <> (?, ?)",
			s.From, s.Through, r.tx.change, s.Feed, s.Account, s.From, s.Through); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

func (r refresh) paymentsBetween(ctx context.Context, s stretch, from, to int64) ([]string, error) {
	if from == to {
		return nil, nil
	}
	return selectAll[string](ctx, r.tx, "SELECT id FROM tieout_payments WHERE feed = ? AND account = ? AND created_at >= ? AND created_at < ?", s.Feed, s.Account, from, to)
}

// noteObjects notes of which objects the movements and rejections with these keys speak, before they are read otherwise.
func noteObjects(ctx context.Context, tx session, change int64, keys []reconcile.Key) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := tx.exec(ctx, "INSERT INTO tieout_object_losses (object_id, touched) SELECT object_id, CAST(? AS BIGINT) FROM tieout_movements WHERE object_id <> '' AND "+tx.inTuples(keyColumns...)+
		" UNION SELECT id, CAST(? AS BIGINT) FROM tieout_rejections WHERE "+tx.inTuples(keyColumns...), change, keyTuples(keys), change, keyTuples(keys))
	return err
}
