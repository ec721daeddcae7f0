package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Version is one observation as it is kept.
type Version struct {
	Observation feeds.Observation
	Version     int // 1, 2, 3 … for each key
	SeenAt      time.Time
	RunID       int64
	Hash        string // SHA-256 of the body, in hex
}

type observationRow struct {
	keyRow
	Version int64  `db:"version"`
	SeenAt  int64  `db:"seen_at"`
	RunID   int64  `db:"run_id"`
	Hash    string `db:"hash"`
	Body    string `db:"body"`
	touchedRow
}

var observations = newTable[observationRow]("tieout_observations", append(slices.Clone(keyColumns), "version")...)

// head is the newest version held of an object.
type head struct {
	keyRow
	Version int64  `db:"version"`
	Hash    string `db:"hash"`
}

// Observe keeps, in one transaction, each item that differs from the newest version held of its key, and brings the
// projections up to date with it. Of the counts, Stored are new versions. A key that comes more than once is so many versions in that order. A rejection takes the
// place of the record that its key had, and a record that of a rejection: also where the object is unchanged and only the
// normaliser was mended since, as by a word that the mapping lacked.
func (s *Store) Observe(ctx context.Context, runID int64, at time.Time, items []feeds.Item) (feeds.Counts, error) {
	if err := checkKeys(items); err != nil {
		return feeds.Counts{}, wrap(err, "store %d observations of run %d", len(items), runID)
	}
	var counts feeds.Counts
	err := s.transact(ctx, func(tx session) error {
		if err := tx.lockObservations(ctx); err != nil {
			return err
		}
		heads, err := loadHeads(ctx, tx, items)
		if err != nil {
			return err
		}
		refused, err := loadRejections(ctx, tx, items)
		if err != nil {
			return err
		}
		authorised, err := loadAuthorised(ctx, tx, items)
		if err != nil {
			return err
		}
		b := newBatch(runID, at, heads, refused, authorised)
		for _, item := range items {
			b.take(item)
		}
		counts = b.counts
		return b.save(ctx, tx)
	})
	if err != nil {
		return feeds.Counts{}, wrap(err, "store %d observations of run %d", len(items), runID)
	}
	return counts, nil
}

// checkKeys guards the boundary: a record under another key than its observation's would be lost at the next rebuild.
func checkKeys(items []feeds.Item) error {
	for _, item := range items {
		if item.Record == nil || item.Record.RecordKey() != item.Observation.Key {
			return fmt.Errorf("observation %v was normalised to a record that is not its own: %v", item.Observation.Key, item.Record)
		}
	}
	return nil
}

// lockObservations keeps a second observer (an import beside a run) from giving out the same version number. SQLite has
// only one writer anyway.
func (s session) lockObservations(ctx context.Context) error {
	if s.dialect != Postgres {
		return nil
	}
	_, err := s.exec(ctx, "LOCK TABLE tieout_observations, tieout_progress IN SHARE ROW EXCLUSIVE MODE")
	return err
}

func loadHeads(ctx context.Context, tx session, items []feeds.Item) (map[reconcile.Key]head, error) {
	// All versions, since an object has few; asking for the newest alone leads PostgreSQL to plans that read every object.
	rows, err := selectAll[head](ctx, tx, "SELECT feed, account, kind, id, version, hash FROM tieout_observations WHERE "+
		tx.inTuples(keyColumns...)+" ORDER BY version", keysOf(items))
	heads := make(map[reconcile.Key]head, len(rows))
	for _, row := range rows {
		heads[row.key()] = row
	}
	return heads, err
}

func loadRejections(ctx context.Context, tx session, items []feeds.Item) (map[reconcile.Key]rejectionRow, error) {
	rows, err := rejections.find(ctx, tx, tx.inTuples(keyColumns...), keysOf(items))
	held := make(map[reconcile.Key]rejectionRow, len(rows))
	for _, row := range rows {
		held[row.key()] = row
	}
	return held, err
}

// loadAuthorised tells which sources were authorised by what an earlier version said.
func loadAuthorised(ctx context.Context, tx session, items []feeds.Item) (map[reconcile.Key]bool, error) {
	if !slices.ContainsFunc(items, func(item feeds.Item) bool { _, ok := item.Record.(reconcile.Source); return ok }) {
		return nil, nil
	}
	rows, err := selectAll[keyRow](ctx, tx, "SELECT feed, account, kind, id FROM tieout_sources WHERE authorised AND "+tx.inTuples(keyColumns...), keysOf(items))
	authorised := make(map[reconcile.Key]bool, len(rows))
	for _, row := range rows {
		authorised[row.key()] = true
	}
	return authorised, err
}

func keysOf(items []feeds.Item) any {
	keys := make([]reconcile.Key, len(items))
	for i, item := range items {
		keys[i] = item.Observation.Key
	}
	return keyTuples(keys)
}

// batch collects what a transaction will write.
type batch struct {
	runID   int64
	at      int64
	heads   map[reconcile.Key]head
	refused map[reconcile.Key]rejectionRow // as held before the batch
	fresh   []observationRow
	folded  fold
	counts  feeds.Counts
}

func newBatch(runID int64, at time.Time, heads map[reconcile.Key]head, refused map[reconcile.Key]rejectionRow, authorised map[reconcile.Key]bool) *batch {
	return &batch{runID: runID, at: micros(at), heads: heads, refused: refused, folded: newFold(authorised)}
}

func (b *batch) take(item feeds.Item) {
	b.counts.Read++
	if _, rejected := item.Record.(reconcile.Rejection); rejected {
		b.counts.Rejected++
	}
	key := cleanKey(item.Observation.Key)
	hash := hashOf(item.Observation.Body)
	held := b.heads[key]
	if held.Version > 0 && held.Hash == hash {
		b.counts.Unchanged++
		if b.readOtherwise(key, item.Record) {
			b.folded.add(key, item.Record, true)
		}
		return
	}
	b.counts.Stored++
	version := head{keyRow: rowOfKey(key), Version: held.Version + 1, Hash: hash}
	b.heads[key] = version
	b.fresh = append(b.fresh, observationRow{
		keyRow: version.keyRow, Version: version.Version, SeenAt: b.at, RunID: b.runID, Hash: hash, Body: string(item.Observation.Body),
	})
	b.folded.add(key, item.Record, held.Version > 0)
}

// readOtherwise reports whether the normaliser that read an unchanged object before could not read it and now can, or the
// other way round, or refused it for something else. One that the batch has seen already was read by this normaliser.
func (b *batch) readOtherwise(key reconcile.Key, record reconcile.Record) bool {
	if b.folded.last[key] != nil {
		return false
	}
	held, wasRefused := b.refused[key]
	rejection, isRefused := record.(reconcile.Rejection)
	return wasRefused != isRefused || isRefused && held.Face != rowOfRejection(rejection).Face
}

func (b *batch) save(ctx context.Context, tx session) error {
	if len(b.folded.last) == 0 { // then nothing is fresh either
		return nil
	}
	change, err := nextChange(ctx, tx)
	if err != nil {
		return err
	}
	tx.change = change
	// In key order the pages of the indexes are written one after another.
	slices.SortStableFunc(b.fresh, func(x, y observationRow) int { return x.key().Compare(y.key()) })
	if _, err := observations.insert(ctx, tx, b.fresh); err != nil {
		return err
	}
	return b.folded.save(ctx, tx, change)
}

// fold brings the versions of each object together into the one record that its projection shows.
type fold struct {
	last    map[reconcile.Key]reconcile.Record
	cleared map[reconcile.Key]bool // was or became a rejection: all its rows go before a new one comes
	renewed map[reconcile.Key]bool // can be read, and the store has an earlier version: that may have been a rejection
	stuck   map[reconcile.Key]bool // sources that a version before these said were authorised
}

func newFold(authorised map[reconcile.Key]bool) fold {
	return fold{last: map[reconcile.Key]reconcile.Record{}, cleared: map[reconcile.Key]bool{}, renewed: map[reconcile.Key]bool{}, stuck: authorised}
}

// add takes the next version of an object; held says that the store has an earlier one.
func (f fold) add(key reconcile.Key, record reconcile.Record, held bool) {
	if _, rejected := record.(reconcile.Rejection); rejected {
		f.cleared[key] = held || f.last[key] != nil
		delete(f.stuck, key) // what cannot be read between two versions ends what the earlier one said
	} else if held {
		f.renewed[key] = true
	}
	f.last[key] = f.stick(key, record)
}

// stick keeps a source authorised: once a version said that the customer authorised it, a later one that no longer says so
// (a source that ran out) does not take it back.
func (f fold) stick(key reconcile.Key, record reconcile.Record) reconcile.Record {
	is, ok := record.(reconcile.Source)
	if !ok {
		return record
	}
	was, held := f.last[key].(reconcile.Source)
	is.Authorised = is.Authorised || held && was.Authorised || f.stuck[key]
	return is
}

// save brings the projections up to date. change is the number of this change.
func (f fold) save(ctx context.Context, tx session, change int64) error {
	if err := noteObjects(ctx, tx, change, append(sortedKeys(f.cleared), sortedKeys(f.renewed)...)); err != nil {
		return err
	}
	left := map[reconcile.Key]string{}
	if err := clearRows(ctx, tx, change, sortedKeys(f.cleared), left); err != nil {
		return err
	}
	if renewed := sortedKeys(f.renewed); len(renewed) > 0 {
		if err := rejections.remove(ctx, tx, change, renewed, left); err != nil {
			return err
		}
	}
	return project(ctx, tx, change, f.records(), left)
}

// records are the last ones, by key.
func (f fold) records() []reconcile.Record {
	records := make([]reconcile.Record, 0, len(f.last))
	for _, record := range f.last {
		records = append(records, record)
	}
	slices.SortFunc(records, func(a, b reconcile.Record) int { return a.RecordKey().Compare(b.RecordKey()) })
	return records
}

func sortedKeys(set map[reconcile.Key]bool) []reconcile.Key {
	var keys []reconcile.Key
	for key, in := range set {
		if in {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, reconcile.Key.Compare)
	return keys
}

func cleanKey(k reconcile.Key) reconcile.Key {
	return reconcile.Key{Feed: clean(k.Feed), Account: clean(k.Account), Kind: clean(k.Kind), ID: clean(k.ID)}
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// History lists every version held of one object, oldest first.
func (s *Store) History(ctx context.Context, key reconcile.Key) ([]Version, error) {
	rows, err := observations.find(ctx, s.read(), "feed = ? AND account = ? AND kind = ? AND id = ? ORDER BY version",
		key.Feed, key.Account, key.Kind, key.ID)
	versions := make([]Version, len(rows))
	for i, row := range rows {
		versions[i] = row.version()
	}
	return versions, wrap(err, "read the observations of %v", key)
}

func (r observationRow) version() Version {
	return Version{
		Observation: feeds.Observation{Key: r.key(), Body: []byte(r.Body)},
		Version:     int(r.Version), SeenAt: instant(r.SeenAt), RunID: r.RunID, Hash: r.Hash,
	}
}
