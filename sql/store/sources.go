package store

import (
	"cmp"

	"tieout/reconcile"
)

type sourceRow struct {
	keyRow
	Reference  string `db:"reference"`
	Minor      int64  `db:"minor"`
	Currency   string `db:"currency"`
	Status     string `db:"status"`
	Declined   bool   `db:"declined"`
	Authorised bool   `db:"authorised"`
	InScope    bool   `db:"in_scope"`
	CreatedAt  int64  `db:"created_at"`
	memberRow
}

var sources = newClustered("tieout_sources", rowOfSource, sourceOfFace)

func rowOfSource(s reconcile.Source) sourceRow {
	face := newFace(s.Key).add(s.Reference).amount(s.Amount).add(string(s.Status)).flags(s.Declined, s.Authorised, s.InScope).times(s.CreatedAt)
	return sourceRow{
		keyRow: rowOfKey(s.Key), Reference: s.Reference, Minor: s.Amount.Minor, Currency: s.Amount.Currency,
		Status: string(s.Status), Declined: s.Declined, Authorised: s.Authorised, InScope: s.InScope, CreatedAt: micros(s.CreatedAt),
		memberRow: memberAt(cmp.Or(homeOfReference(s.Reference), homeOfObject(s.Key, s.ID)), face),
	}
}

func sourceOfFace(face string) reconcile.Source {
	r := readFace(face)
	return reconcile.Source{
		Key: r.key(), Reference: r.text(), Amount: r.amount(), Status: reconcile.SourceStatus(r.text()),
		Declined: r.flag(), Authorised: r.flag(), InScope: r.flag(), CreatedAt: r.time(),
	}
}

type sourceEventRow struct {
	keyRow
	SourceID string `db:"source_id"`
	Status   string `db:"status"`
	At       int64  `db:"at"`
	memberRow
}

var sourceEvents = newClustered("tieout_source_events", rowOfSourceEvent, sourceEventOfFace)

func rowOfSourceEvent(e reconcile.SourceEvent) sourceEventRow {
	face := newFace(e.Key).add(e.SourceID, string(e.Status)).times(e.At)
	return sourceEventRow{
		keyRow: rowOfKey(e.Key), SourceID: e.SourceID, Status: string(e.Status), At: micros(e.At),
		memberRow: memberAt(homeOfObject(e.Key, cmp.Or(e.SourceID, e.ID)), face),
	}
}

func sourceEventOfFace(face string) reconcile.SourceEvent {
	r := readFace(face)
	return reconcile.SourceEvent{Key: r.key(), SourceID: r.text(), Status: reconcile.SourceStatus(r.text()), At: r.time()}
}
