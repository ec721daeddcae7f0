package store

import (
	"cmp"

	"tieout/reconcile"
)

type rejectionRow struct {
	keyRow
	Reason    string `db:"reason"`
	Reference string `db:"reference"`
	LinkedID  string `db:"linked_id"`
	memberRow
}

var rejections = newClustered("tieout_rejections", rowOfRejection, rejectionOfFace)

// rowOfRejection: an order that could not be read has its reference as its id.
func rowOfRejection(r reconcile.Rejection) rejectionRow {
	reference := r.Reference
	if reference == "" && r.Feed == reconcile.FeedShop {
		reference = r.ID
	}
	return rejectionRow{
		keyRow: rowOfKey(r.Key), Reason: r.Reason, Reference: r.Reference, LinkedID: r.LinkedID,
		memberRow: memberAt(cmp.Or(homeOfReference(reference), homeOfObject(r.Key, cmp.Or(r.LinkedID, r.ID))),
			newFace(r.Key).add(r.Reason, r.Reference, r.LinkedID)),
	}
}

func rejectionOfFace(face string) reconcile.Rejection {
	r := readFace(face)
	return reconcile.Rejection{Key: r.key(), Reason: r.text(), Reference: r.text(), LinkedID: r.text()}
}
