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

// head is what is held of the object of an item: its newest version.
type head struct {
	N       int64 `db:"n"` // which item
	Version int64 `db:"version"`
	Same    bool  `db:"same"`    // the item says the same
	Refused bool  `db:"refused"` // it could not be read
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
	err := s.transact(ctx, func(tx session) (err error) {
		counts, err = observe(ctx, tx, runID, at, items)
		return err
	})
	if err != nil {
		return feeds.Counts{}, wrap(err, "store %d observations of run %d", len(items), runID)
	}
	return counts, nil
}

// observe is Observe within a transaction.
func observe(ctx context.Context, tx session, runID int64, at time.Time, items []feeds.Item) (feeds.Counts, error) {
	b := newBatch(runID, at, items)
	if err := tx.lockObservations(ctx); err != nil {
		return feeds.Counts{}, err
	}
	if err := b.load(ctx, tx); err != nil {
		return feeds.Counts{}, err
	}
	for n := range items {
		b.take(n)
	}
	return b.counts, b.save(ctx, tx)
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

// batch collects what a transaction will write.
type batch struct {
	runID   int64
	at      int64
	items   []feeds.Item
	keys    []reconcile.Key                  // of the items
	hashes  []string                         // of their bodies
	heads   []head                           // what is held of them
	refused map[reconcile.Key]rejectionRow   // as held before the batch
	newest  map[reconcile.Key]observationRow // versions that the batch makes
	fresh   []observationRow
	folded  fold
	counts  feeds.Counts
}

func newBatch(runID int64, at time.Time, items []feeds.Item) *batch {
	b := &batch{
		runID: runID, at: micros(at), items: items, keys: make([]reconcile.Key, len(items)), hashes: make([]string, len(items)), heads: make([]head, len(items)),
		newest: map[reconcile.Key]observationRow{},
	}
	for i, item := range items {
		b.keys[i], b.hashes[i] = cleanKey(item.Observation.Key), hashOf(item.Observation.Body)
	}
	return b
}

// load reads what is held of the items. Of a batch that says nothing new it is told that in one answer.
func (b *batch) load(ctx context.Context, tx session) error {
	// All versions, since an object has few; asking for the newest alone leads PostgreSQL to plans that read every object.
	rows, err := selectAll[head](ctx, tx, "SELECT k.n, o.version, o.hash = k.note AS same, EXISTS (SELECT 1 FROM tieout_rejections r WHERE "+sameKey("r", "k")+") AS refused FROM "+
		tx.keyed("k")+" JOIN tieout_observations o ON "+sameKey("o", "k")+" ORDER BY o.version", tx.keyedArgs(b.keys, b.hashes)...)
	if err != nil {
		return err
	}
	var refused []reconcile.Key
	for _, row := range rows {
		b.heads[row.N] = row
		if row.Refused {
			refused = append(refused, b.keys[row.N])
		}
	}
	if b.refused, err = loadRejections(ctx, tx, refused); err != nil {
		return err
	}
	authorised, err := b.loadAuthorised(ctx, tx)
	b.folded = newFold(authorised)
	return err
}

func loadRejections(ctx context.Context, tx session, keys []reconcile.Key) (map[reconcile.Key]rejectionRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := rejections.find(ctx, tx, tx.inTuples(keyColumns...), keyTuples(keys))
	held := make(map[reconcile.Key]rejectionRow, len(rows))
	for _, row := range rows {
		held[row.key()] = row
	}
	return held, err
}

// loadAuthorised tells which sources were authorised by what an earlier version said.
func (b *batch) loadAuthorised(ctx context.Context, tx session) (map[reconcile.Key]bool, error) {
	var held []reconcile.Key
	for n, item := range b.items {
		if _, ok := item.Record.(reconcile.Source); ok && b.heads[n].Version > 0 {
			held = append(held, b.keys[n])
		}
	}
	if len(held) == 0 {
		return nil, nil
	}
	rows, err := selectAll[keyRow](ctx, tx, "SELECT feed, account, kind, id FROM tieout_sources WHERE authorised AND "+tx.inTuples(keyColumns...), keyTuples(held))
	authorised := make(map[reconcile.Key]bool, len(rows))
	for _, row := range rows {
		authorised[row.key()] = true
	}
	return authorised, err
}

// take adds the item to what will be written.
func (b *batch) take(n int) {
	record, key, hash := b.items[n].Record, b.keys[n], b.hashes[n]
	b.counts.Read++
	if _, rejected := record.(reconcile.Rejection); rejected {
		b.counts.Rejected++
	}
	version, same := b.heads[n].Version, b.heads[n].Same
	if newest, ok := b.newest[key]; ok {
		version, same = newest.Version, newest.Hash == hash
	}
	if version > 0 && same {
		b.counts.Unchanged++
		if b.readOtherwise(key, record) {
			b.folded.add(key, record, true)
		}
		return
	}
	b.counts.Stored++
	row := observationRow{
		keyRow: rowOfKey(key), Version: version + 1, SeenAt: b.at, RunID: b.runID, Hash: hash, Body: string(b.items[n].Observation.Body),
	}
	b.newest[key] = row
	b.fresh = append(b.fresh, row)
	b.folded.add(key, record, version > 0)
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
	if err := observations.load(ctx, tx, b.fresh); err != nil {
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
