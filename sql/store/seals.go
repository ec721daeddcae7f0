package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"time"

	"tieout/audit"
)

// The log of the settlement history: its entries are the versions of all rows, in the order of VersionsBetween, and are not kept a second
// time. A seal keeps what proves them.

type sealRow struct {
	ID          int64  `db:"id"`
	FirstEntry  int64  `db:"first_entry"`
	Size        int64  `db:"size"`
	Root        string `db:"root"`
	Span        string `db:"span"`
	AfterChange int64  `db:"after_change"`
	Change      int64  `db:"change_number"`
	RunID       int64  `db:"run_id"`
	At          int64  `db:"at"`
	Log         string `db:"log"`
	Note        string `db:"note"`
}

var seals = newTable[sealRow]("tieout_seals", "id")

type markRow struct {
	Seal  int64  `db:"seal"`
	Part  int64  `db:"part"`
	Marks string `db:"marks"`
}

var marks = newTable[markRow]("tieout_seal_marks", "seal", "part")

// marksAtOnce is how many entries' marks are one row.
const marksAtOnce = 10_000

func (r sealRow) seal() (audit.Seal, error) {
	span, err := audit.ParseSpan(r.Span)
	if err != nil {
		return audit.Seal{}, fmt.Errorf("seal %d: %w", r.ID, err)
	}
	root, err := audit.ParseHash(r.Root)
	if err != nil {
		return audit.Seal{}, fmt.Errorf("seal %d: %w", r.ID, err)
	}
	return audit.Seal{
		Checkpoint: audit.Checkpoint{Log: r.Log, Size: r.Size, Root: root, Change: r.Change, Run: r.RunID, At: instant(r.At)},
		Note:       r.Note, After: r.AfterChange, Added: span,
	}, nil
}

// LogView reads the log of a store: audit.Source.
type LogView struct{ store *Store }

// Log is the log, to be read.
func (s *Store) Log() LogView { return LogView{s} }

// Seals are all of them, oldest first.
func (v LogView) Seals(ctx context.Context) ([]audit.Seal, error) {
	rows, err := seals.find(ctx, v.store.read(), "true ORDER BY id")
	list := make([]audit.Seal, len(rows))
	for i, row := range rows {
		if err == nil {
			list[i], err = row.seal()
		}
	}
	return list, wrap(err, "read the seals of the log")
}

// LastSeal is the newest; false when nothing was sealed yet.
func (s *Store) LastSeal(ctx context.Context) (audit.Seal, bool, error) {
	return s.findSeal(ctx, "true ORDER BY id DESC LIMIT 1")
}

// SealAsOf is the newest that was made at an instant or before, the first of those of one instant: a run that is made again at the same
// instant adds to the log, and not to what was reported. A store that looks at what was held finds none that was made later.
func (s *Store) SealAsOf(ctx context.Context, at time.Time) (audit.Seal, bool, error) {
	if s.asOf != nil {
		return s.findSeal(ctx, "at <= ? AND change_number <= ? ORDER BY at DESC, id LIMIT 1", micros(at), *s.asOf)
	}
	return s.findSeal(ctx, "at <= ? ORDER BY at DESC, id LIMIT 1", micros(at))
}

func (s *Store) findSeal(ctx context.Context, where string, args ...any) (audit.Seal, bool, error) {
	rows, err := seals.find(ctx, s.read(), where, args...)
	if err != nil || len(rows) == 0 {
		return audit.Seal{}, false, wrap(err, "look for a seal of the log")
	}
	seal, err := rows[0].seal()
	return seal, true, wrap(err, "look for a seal of the log")
}

// ErrOtherLog is returned when the log was kept under another name before.
var ErrOtherLog = errors.New("a log keeps its name for ever")

// Seal adds every version that was written since the last seal to the log, and makes its checkpoint, which sign signs. It is given the name of the
// log, the run and when that is, and returns how many entries it added. The caller holds the run lock.
func (s *Store) Seal(ctx context.Context, c audit.Checkpoint, sign func(audit.Checkpoint) (string, error)) (int64, error) {
	added, err := s.seal(ctx, c, sign)
	return added, wrap(err, "seal the log in run %d", c.Run)
}

func (s *Store) seal(ctx context.Context, c audit.Checkpoint, sign func(audit.Checkpoint) (string, error)) (int64, error) {
	earlier, err := s.Log().Seals(ctx)
	if err != nil {
		return 0, err
	}
	progress, err := loadProgress(ctx, s.read())
	if err != nil {
		return 0, err
	}
	c.Change = progress.Change
	row := sealRow{ID: int64(len(earlier)) + 1, AfterChange: beforeAll, Change: c.Change, RunID: c.Run, At: micros(c.At), Log: c.Log}
	if len(earlier) > 0 {
		last := earlier[len(earlier)-1].Checkpoint
		if last.Log != c.Log {
			return 0, fmt.Errorf("%w: it is %q, and audit.name says %q", ErrOtherLog, last.Log, c.Log)
		}
		row.FirstEntry, row.AfterChange = last.Size, last.Change
		row.At = max(row.At, micros(last.At)) // a seal is never older than the one before it, whatever --as-of says
	}
	c.At = instant(row.At)
	if err := s.commitToRecipients(ctx, row.AfterChange); err != nil {
		return 0, err
	}
	return s.addSeal(ctx, row, c, earlier, sign)
}

// beforeAll is the change before all: rows from before changes were numbered have 0.
const beforeAll = -1

// addSeal writes a seal and its marks in one transaction, while the versions are read beside it: they are there for good.
func (s *Store) addSeal(ctx context.Context, row sealRow, c audit.Checkpoint, earlier []audit.Seal, sign func(audit.Checkpoint) (string, error)) (added int64, err error) {
	err = s.transact(ctx, func(tx session) error {
		batch := audit.NewBatch(row.FirstEntry)
		writer := markWriter{seal: row.ID}
		for entry, err := range s.entriesBetween(ctx, row.AfterChange, row.Change) {
			if err != nil {
				return err
			}
			hash, err := batch.Add(entry)
			if err == nil {
				err = writer.add(ctx, tx, hash)
			}
			if err != nil {
				return err
			}
		}
		added = batch.Size() - row.FirstEntry
		if added == 0 {
			return nil
		}
		spans := make([]audit.Span, len(earlier), len(earlier)+1)
		for i, seal := range earlier {
			spans[i] = seal.Added
		}
		var err error
		if c.Size, c.Root, err = audit.Join(append(spans, batch.Span())); err != nil {
			return err
		}
		if row.Note, err = sign(c); err != nil {
			return err
		}
		row.Size, row.Root, row.Span = c.Size, c.Root.String(), batch.Span().String()
		_, err = seals.insert(ctx, tx, []sealRow{row})
		return errors.Join(err, writer.flush(ctx, tx))
	})
	return added, err
}

// markWriter writes the marks of a seal, part by part.
type markWriter struct {
	seal, part int64
	marks      []byte
}

func (w *markWriter) add(ctx context.Context, tx session, hash audit.Hash) error {
	w.marks = append(w.marks, hash[:audit.MarkSize]...)
	if len(w.marks) < marksAtOnce*audit.MarkSize {
		return nil
	}
	return w.flush(ctx, tx)
}

func (w *markWriter) flush(ctx context.Context, tx session) error {
	if len(w.marks) == 0 {
		return nil
	}
	_, err := marks.insert(ctx, tx, []markRow{{Seal: w.seal, Part: w.part, Marks: base64.StdEncoding.EncodeToString(w.marks)}})
	w.part++
	w.marks = w.marks[:0]
	return err
}

// Entries are those that a seal added, with the marks that it kept. Where either ends before the other, the mark is empty, or the row is.
func (v LogView) Entries(ctx context.Context, seal audit.Seal) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		next, stop := iter.Pull2(v.marks(ctx, seal))
		defer stop()
		for row, err := range v.store.entriesBetween(ctx, seal.After, seal.Checkpoint.Change) {
			var mark []byte
			if err == nil {
				mark, err, _ = next()
			}
			if !yield(audit.Entry{Row: row, Mark: mark}, wrap(err, "read the entries from %d on", seal.Added.From)) || err != nil {
				return
			}
		}
	}
}

func (v LogView) marks(ctx context.Context, seal audit.Seal) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		query := "SELECT " + marks.listOf("m") + " FROM tieout_seal_marks m JOIN tieout_seals s ON s.id = m.seal WHERE s.size = ? AND s.first_entry = ? ORDER BY m.part"
		for row, err := range stream[markRow](ctx, v.store.read(), query, seal.Added.To, seal.Added.From) {
			var part []byte
			if err == nil {
				part, err = base64.StdEncoding.DecodeString(row.Marks)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for ; len(part) >= audit.MarkSize; part = part[audit.MarkSize:] {
				if !yield(part[:audit.MarkSize], nil) {
					return
				}
			}
		}
	}
}

// entriesBetween are the entries of the versions that began after a change and not after another.
func (s *Store) entriesBetween(ctx context.Context, after, through int64) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		recipients, err := s.commitments(ctx)
		if err != nil {
			yield(audit.Row{}, err)
			return
		}
		maker := newEntryMaker(recipients)
		times, stop := iter.Pull2(stream[changeRow](ctx, s.read(), "SELECT number, at FROM tieout_changes WHERE number > ? AND number <= ? ORDER BY number", after, through))
		defer stop()
		var learned changeRow
		for version, err := range s.VersionsBetween(ctx, after, through) {
			for there := true; err == nil && there && learned.Number < version.Change; {
				var next changeRow
				if next, err, there = times(); there {
					learned = next
				}
			}
			var row audit.Row
			if err == nil {
				row, err = maker.entry(version, learned)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// changeRow is when a change was made.
type changeRow struct {
	Number int64 `db:"number"`
	At     int64 `db:"at"`
}

func timeCell(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
}
