// Package storetest gives tests a fresh database each, on PostgreSQL and on SQLite. PostgreSQL is never skipped: without
// TIEOUT_TEST_POSTGRES_URL a test fails.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/lib/pq" // postgres

	"tieout/sql/store"
)

// Each runs a subtest on a fresh, migrated store of each database.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, database := range []struct {
		name string
		url  func(testing.TB) string
	}{{store.Postgres, PostgresURL}, {store.SQLite, SQLiteURL}} {
		t.Run(database.name, func(t *testing.T) {
			test(t, Open(t, database.url(t)))
		})
	}
}

// Open opens a store and closes it at the end of the test.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// SQLiteURL names a file that does not exist yet and goes with the test.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "tieout.db")
}

// PostgresURL makes a migrated database, copied from one that is migrated once in each test binary, and drops it at the
// end of the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return create(t, " TEMPLATE "+from)
}

// EmptyPostgresURL makes a database without any table and drops it at the end of the test.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return create(t, "")
}

func create(t testing.TB, from string) string {
	t.Helper()
	name := "tieout_test_" + strings.ToLower(rand.Text())
	if err := admin("CREATE DATABASE " + name + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return on(name)
}

// template is the name of the migrated database. Every test binary makes its own, and leaves it to the server, which is
// thrown away after the tests.
var template = sync.OnceValues(func() (string, error) {
	name := "tieout_template_" + strings.ToLower(rand.Text())
	if err := admin("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	s, err := store.Open(context.Background(), on(name))
	if err != nil {
		return "", err
	}
	if _, err := s.Migrate(context.Background()); err != nil {
		return "", err
	}
	return name, s.Close()
})

// admin runs one statement on the server that TIEOUT_TEST_POSTGRES_URL names.
func admin(statement string) error {
	server := os.Getenv("TIEOUT_TEST_POSTGRES_URL")
	if server == "" {
		return fmt.Errorf("TIEOUT_TEST_POSTGRES_URL is not set: run the tests with make test, or with .ci/with-postgres")
	}
	db, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// on is the URL of a database on that server.
func on(name string) string {
	server, err := url.Parse(os.Getenv("TIEOUT_TEST_POSTGRES_URL"))
	if err != nil {
		return ""
	}
	server.Path = "/" + name
	return server.String()
}

// Seeds is how many random worlds a test sees: all, or an eighth with -short, where each takes so much longer (make race).
func Seeds(all uint64) uint64 {
	if testing.Short() {
		return 1 + all/8
	}
	return all
}
