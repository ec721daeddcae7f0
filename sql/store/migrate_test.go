package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lib/pq"

	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

func TestBothDatabasesHaveTheSameColumns(t *testing.T) {
	postgres, sqlite := storetest.Open(t, storetest.PostgresURL(t)), storetest.Open(t, storetest.SQLiteURL(t))
	want := columns(t, postgres)
	equal(t, "columns", columns(t, sqlite), want)
	if len(want) < 150 {
		t.Errorf("only %d columns: the look at the tables does not see them", len(want))
	}
}

func TestTextSortsByBytesOnPostgres(t *testing.T) {
	s := storetest.Open(t, storetest.PostgresURL(t))
	var other []string
	succeed(t, s.DB().Select(&other, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_name LIKE 'tieout\_%' AND table_name <> 'tieout_migrations' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`))
	equal(t, "columns that sort otherwise", other, []string(nil))
}

func TestPostgresIsMigratedOnDemand(t *testing.T) {
	url := storetest.EmptyPostgresURL(t)
	one, two := storetest.Open(t, url), storetest.Open(t, url)
	err := one.Ready(ctx)
	if !errors.Is(err, store.ErrNotMigrated) || !strings.Contains(err.Error(), "run tieout migrate") {
		t.Errorf("before: %v", err)
	}
	all := must(one.Pending(ctx))(t)
	var wait sync.WaitGroup
	applied := make([]int, 2)
	for i, s := range []*store.Store{one, two} {
		wait.Go(func() {
			count, err := s.Migrate(ctx)
			if err != nil {
				t.Error(err)
			}
			applied[i] = count
		})
	}
	wait.Wait()
	equal(t, "applied", applied[0]+applied[1], all)
	succeed(t, one.Ready(ctx))
	equal(t, "pending", must(one.Pending(ctx))(t), 0)
	equal(t, "applied again", must(one.Migrate(ctx))(t), 0)
	_, err = one.Exec(ctx, "INSERT INTO tieout_migrations (version_id, is_applied) VALUES (9999, true)")
	succeed(t, err)
	if err := one.Ready(ctx); !errors.Is(err, store.ErrTooNew) {
		t.Errorf("ahead: %v", err)
	}
}

func TestSQLiteIsMigratedByItself(t *testing.T) {
	url := storetest.SQLiteURL(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			s, err := store.Open(ctx, url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Ready(ctx), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	s := storetest.Open(t, url)
	observe(t, s, charge("ch_1", "", ""))
	equal(t, "kept", len(heldFacts(t, storetest.Open(t, url)).Payments), 1)
}

func TestDatabaseInMemoryIsGoneAfterClose(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	one, two := must(store.Open(ctx, "sqlite::memory:"))(t), must(store.Open(ctx, "sqlite::memory:"))(t)
	observe(t, one, charge("ch_1", "", ""))
	equal(t, "another one", len(heldFacts(t, two).Payments), 0)
	succeed(t, errors.Join(one.Close(), two.Close()))
	equal(t, "left", must(filepath.Glob(filepath.Join(os.TempDir(), "*")))(t), []string(nil))
}

func TestOpenTellsWhatIsWrongWithoutThePassword(t *testing.T) {
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken.db")
	succeed(t, os.WriteFile(broken, []byte(strings.Repeat("this is no database ", 100)), 0o600))
	tests := []struct{ name, url, want string }{
		{"down", "postgres://ada:hunter2@127.0.0.1:1/books?sslmode=disable&connect_timeout=2", "open database postgres://ada@127.0.0.1:1/books: "},
		{"password in the query", "postgres://127.0.0.1:1/books?user=ada&password=hunter2&sslmode=disable", "open database postgres://127.0.0.1:1/books: "},
		{"other database", "mysql://ada:hunter2@host/books", "neither postgres://USER@HOST/NAME nor sqlite:PATH"},
		{"not a URL", "postgres://ada:hunter2@host:port/%zz", "neither postgres://USER@HOST/NAME nor sqlite:PATH"},
		{"empty", "", "neither"},
		{"no file", "sqlite:", "names no file"},
		{"no folder", "sqlite:" + filepath.Join(folder, "none", "a.db"), "open database sqlite:" + folder},
		{"not a database", "sqlite:" + broken, "not a database"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := store.Open(ctx, test.url)
			if err == nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestSQLitePathsWithOddCharacters(t *testing.T) {
	for _, name := range []string{"a b.db", "what?.db", "50%.db", "a#b.db", "ü&=.db"} {
		path := filepath.Join(t.TempDir(), name)
		storetest.Open(t, "sqlite:"+path)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestTransactTriesAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tries := 0
		err := s.Transact(ctx, func() error {
			if tries++; tries < 3 {
				return &pq.Error{Code: "40001"}
			}
			return nil
		})
		succeed(t, err)
		equal(t, "tries", tries, 3)
		tries = 0
		other := errors.New("something else")
		if err := s.Transact(ctx, func() error { tries++; return other }); !errors.Is(err, other) {
			t.Error(err)
		}
		equal(t, "tries", tries, 1)
	})
}

// Two programs that write at once wait for each other.
func TestWritersDoNotLoseEachOther(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		one, two := storetest.Open(t, url), storetest.Open(t, url)
		var wait sync.WaitGroup
		for _, s := range []*store.Store{one, two} {
			wait.Go(func() {
				for i := range 20 {
					reference := []string{"R-1", "R-2"}[i%2]
					observe(t, s, charge("ch_1", "", reference))
				}
			})
		}
		wait.Wait()
		history := must(one.History(ctx, stripeKey("charge", "ch_1")))(t)
		for i, version := range history {
			equal(t, "version", version.Version, i+1)
			if i > 0 && version.Hash == history[i-1].Hash {
				t.Error("two versions in a row are the same")
			}
		}
	})
}
