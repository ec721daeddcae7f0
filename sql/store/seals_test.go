package store_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tieout/audit"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// seal seals what was written so far, unsigned.
func (l *life) seal(n int) audit.Seal {
	l.t.Helper()
	checkpoint := audit.Checkpoint{Log: "tieout", Run: int64(n + 1), At: noon.Add(time.Duration(48+24*n) * time.Hour)}
	added, err := l.s.Seal(ctx, checkpoint, audit.Key{}.Sign)
	if err != nil || added == 0 {
		l.t.Fatalf("sealed %d entries: %v", added, err)
	}
	seal, _, err := l.s.LastSeal(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	return seal
}

// pack makes a pack of the whole log and holds it against checkpoints.
func (l *life) pack(held ...audit.Seal) {
	l.t.Helper()
	var out bytes.Buffer
	manifest, err := audit.WritePack(ctx, &out, l.s.Log(), audit.PackOptions{Rows: audit.CSV, Dir: l.t.TempDir()})
	if err != nil {
		l.t.Fatal(err)
	}
	var options audit.VerifyOptions
	for _, seal := range held {
		options.Held = append(options.Held, seal.Note)
	}
	result, err := audit.Verify(ctx, bytes.NewReader(out.Bytes()), int64(out.Len()), options)
	if err != nil || !result.Verified() {
		l.t.Fatalf("%v %v", result.Findings, err)
	}
	if newest := held[len(held)-1].Checkpoint.Size; manifest.Entries.Shown != newest {
		l.t.Errorf("the pack shows %d entries, the log has %d", manifest.Entries.Shown, newest)
	}
}

// TestSealsCanBeMadeAgain: whatever happens later, decisions, rebuilds and the forgetting of addresses included, what a seal added is computed
// again as it was, and every checkpoint stays one of the log's.
func TestSealsCanBeMadeAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Parallel()
		l := newLife(t, s, 5)
		var seals []audit.Seal
		for n := range 2 {
			l.day(n)
			seals = append(seals, l.seal(n))
			l.pack(seals...)
		}
		references := must(s.PersonalOf(ctx, "", "x@example.com"))(t)
		if len(references) != 2 {
			t.Fatalf("addresses are held of %v, want two orders", references)
		}
		succeed(t, s.Forget(ctx, references, store.Forgotten{At: noon, Who: "ada", Reason: "asked"}))
		if left := must(s.PersonalOf(ctx, "", "x@example.com"))(t); len(left) > 0 {
			t.Errorf("after forgetting, addresses are held of %v", left)
		}
		l.pack(seals...)
		l.byHand()
		l.pack(append(seals, l.seal(3))...)
	})
}

// TestEveryTableIsLogged: every kind of row has entries in the log, and every table whose rows are kept is a kind.
func TestEveryTableIsLogged(t *testing.T) {
	s := storetest.Open(t, storetest.SQLiteURL(t))
	l := newLife(t, s, 6)
	for n := range 3 {
		l.day(n)
	}
	succeed(t, s.AddReport(ctx, store.Report{FinanceDay: "2026-03-10", AsOf: noon}))
	succeed(t, s.Forget(ctx, []string{"R-0"}, store.Forgotten{At: noon, Who: "ada", Reason: "asked"}))
	seen := map[*audit.Kind]bool{}
	for entry, err := range s.Log().Entries(ctx, l.seal(0)) {
		if err != nil {
			t.Fatal(err)
		}
		seen[entry.Row.Kind] = true
	}
	for _, kind := range audit.Kinds() {
		if !seen[kind] {
			t.Errorf("the log has no entry of the kind %s", kind.Name)
		}
	}
}

// TestAnAlteredRowIsNamed: who writes past the triggers is found out by the next export, with the row's name.
func TestAnAlteredRowIsNamed(t *testing.T) {
	s := storetest.Open(t, storetest.SQLiteURL(t))
	l := newLife(t, s, 7)
	l.day(0)
	l.seal(0)
	for _, statement := range []string{"DROP TRIGGER tieout_observations_no_update", "UPDATE tieout_observations SET hash = 'x' WHERE id = 'txn_9'"} {
		if _, err := s.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	_, err := audit.WritePack(ctx, &bytes.Buffer{}, s.Log(), audit.PackOptions{Rows: audit.CSV, Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "observations stripe") || !strings.Contains(err.Error(), "txn_9") {
		t.Errorf("an export of an altered database ends with: %v", err)
	}
}
