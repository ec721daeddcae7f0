package store

import (
	"context"

	"tieout/reconcile"
)

type rejectionRow struct {
	keyRow
	Reason    string `db:"reason"`
	Reference string `db:"reference"`
	LinkedID  string `db:"linked_id"`
}

var rejections = newProjection("tieout_rejections",
	func(r reconcile.Rejection) rejectionRow {
		return rejectionRow{keyRow: rowOfKey(r.Key), Reason: r.Reason, Reference: r.Reference, LinkedID: r.LinkedID}
	},
	func(r rejectionRow) reconcile.Rejection {
		return reconcile.Rejection{Key: r.key(), Reason: r.Reason, Reference: r.Reference, LinkedID: r.LinkedID}
	})

// cleanRejection is the row as it comes back from the database.
func cleanRejection(r reconcile.Rejection) rejectionRow {
	return rejectionRow{keyRow: rowOfKey(cleanKey(r.Key)), Reason: clean(r.Reason), Reference: clean(r.Reference), LinkedID: clean(r.LinkedID)}
}

// Rejections pages through the rows that cannot be read, in key order, from the first one after a key. A page shorter than
// limit is the last one.
func (s *Store) Rejections(ctx context.Context, after reconcile.Key, limit int) ([]reconcile.Rejection, error) {
	page, err := rejections.records(ctx, s.read(), afterKey+" LIMIT ?", after.Feed, after.Account, after.Kind, after.ID, limit)
	return page, wrap(err, "list rejections after %v", after)
}

// afterKey is the condition and the order of a page of a projection; its parameters are the last key of the page before.
const afterKey = "(feed, account, kind, id) > (?, ?, ?, ?) ORDER BY feed, account, kind, id"
