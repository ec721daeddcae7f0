package store

import (
	"tieout/reconcile"
)

type sourceRow struct {
	keyRow
	Reference  string `db:"reference"`
	Folded     string `db:"folded"` // reconcile.FoldReference of the reference
	Minor      int64  `db:"minor"`
	Currency   string `db:"currency"`
	Status     string `db:"status"`
	Declined   bool   `db:"declined"`
	Authorised bool   `db:"authorised"`
	InScope    bool   `db:"in_scope"`
	CreatedAt  int64  `db:"created_at"`
}

var sources = newSources()

// newSources makes `authorised` stick: once a version said that the customer authorised the source, a later one that no
// longer says so (a source that ran out) does not take it back. foldSticky does the same inside a batch.
func newSources() projection[sourceRow, reconcile.Source] {
	p := newProjection("tieout_sources", rowOfSource, sourceOfRow)
	p.merge = map[string]string{"authorised": "(tieout_sources.authorised OR excluded.authorised)"}
	return p
}

func rowOfSource(s reconcile.Source) sourceRow {
	return sourceRow{
		keyRow: rowOfKey(s.Key), Reference: s.Reference, Folded: reconcile.FoldReference(s.Reference), Minor: s.Amount.Minor, Currency: s.Amount.Currency,
		Status: string(s.Status), Declined: s.Declined, Authorised: s.Authorised, InScope: s.InScope, CreatedAt: micros(s.CreatedAt),
	}
}

func sourceOfRow(r sourceRow) reconcile.Source {
	return reconcile.Source{
		Key: r.key(), Reference: r.Reference, Amount: amount(r.Minor, r.Currency), Status: reconcile.SourceStatus(r.Status),
		Declined: r.Declined, Authorised: r.Authorised, InScope: r.InScope, CreatedAt: instant(r.CreatedAt),
	}
}

// foldSticky carries what sticks from an earlier version of an object to a later one.
func foldSticky(earlier, later reconcile.Record) reconcile.Record {
	was, wasSource := earlier.(reconcile.Source)
	is, isSource := later.(reconcile.Source)
	if wasSource && isSource {
		is.Authorised = is.Authorised || was.Authorised
		return is
	}
	return later
}

type sourceEventRow struct {
	keyRow
	SourceID string `db:"source_id"`
	Status   string `db:"status"`
	At       int64  `db:"at"`
}

var sourceEvents = newProjection("tieout_source_events",
	func(e reconcile.SourceEvent) sourceEventRow {
		return sourceEventRow{keyRow: rowOfKey(e.Key), SourceID: e.SourceID, Status: string(e.Status), At: micros(e.At)}
	},
	func(r sourceEventRow) reconcile.SourceEvent {
		return reconcile.SourceEvent{Key: r.key(), SourceID: r.SourceID, Status: reconcile.SourceStatus(r.Status), At: instant(r.At)}
	})
