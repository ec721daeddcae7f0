package shop_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jmoiron/sqlx"

	"tieout/feeds"
	"tieout/feeds/shop"
	"tieout/reconcile"
)

// database is an empty database of a shop's.
type database struct {
	*sqlx.DB
	dialect string
}

// eachDatabase runs a test on PostgreSQL, in a schema of its own, and on SQLite, in a file of its own.
func eachDatabase(t *testing.T, test func(t *testing.T, db database)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) { test(t, openPostgres(t)) })
	t.Run("sqlite", func(t *testing.T) { test(t, openSQLite(t)) })
}

func postgresURL(t *testing.T) *url.URL {
	t.Helper()
	text := os.Getenv("TIEOUT_TEST_POSTGRES_URL")
	if text == "" {
		t.Fatal("TIEOUT_TEST_POSTGRES_URL is not set: run the tests through .ci/with-postgres")
	}
	parsed, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func openPostgres(t *testing.T) database {
	t.Helper()
	at := postgresURL(t)
	admin := open(t, at.String())
	schema := randomName()
	admin.MustExec(`CREATE SCHEMA ` + schema)
	t.Cleanup(func() { admin.MustExec(`DROP SCHEMA ` + schema + ` CASCADE`) })
	query := at.Query()
	query.Set("search_path", schema)
	at.RawQuery = query.Encode()
	return open(t, at.String())
}

func openSQLite(t *testing.T) database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a shop's 100%.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path)
}

func open(t *testing.T, at string) database {
	t.Helper()
	db, dialect, err := shop.OpenURL(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return database{db, dialect}
}

func randomName() string {
	var random [8]byte
	rand.Read(random[:])
	return "shop_" + hex.EncodeToString(random[:])
}

// exec runs statements, each with its own form where the databases differ.
func (db database) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// on picks what belongs to the database.
func (db database) on(postgres, sqlite string) string {
	if db.dialect == shop.Postgres {
		return postgres
	}
	return sqlite
}

// sink keeps what it is handed.
type sink struct {
	batches []int
	all     []feeds.Observation
}

func (s *sink) Observe(_ context.Context, batch []feeds.Observation) error {
	s.batches = append(s.batches, len(batch))
	s.all = append(s.all, batch...)
	return nil
}

// bodies are the kept bodies by kind and id.
func (s *sink) bodies() map[string]string {
	bodies := map[string]string{}
	for _, o := range s.all {
		bodies[o.Key.Kind+" "+o.Key.ID] = string(o.Body)
	}
	return bodies
}

func (s *sink) records(m shop.Mapping) map[string]reconcile.Record {
	normalise := shop.NewNormaliser(m)
	records := map[string]reconcile.Record{}
	for _, o := range s.all {
		records[o.Key.ID] = normalise(o)
	}
	return records
}

func mustOpen(t *testing.T, db database, m shop.Mapping) *shop.Shop {
	t.Helper()
	s, err := shop.Open(t.Context(), db.DB, db.dialect, m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fetch(t *testing.T, s *shop.Shop, window reconcile.Window) *sink {
	t.Helper()
	var got sink
	tally, err := s.Fetch(t.Context(), feeds.Request{Window: window, Sink: &got})
	if err != nil {
		t.Fatal(err)
	}
	if tally.Read != len(got.all) {
		t.Errorf("tally says %d read, the sink was handed %d", tally.Read, len(got.all))
	}
	return &got
}

// ordersTable is a plain table of orders, and usual is the mapping that fits it.
func ordersTable(db database) string {
	instant := db.on("timestamptz", "TEXT")
	return `CREATE TABLE orders (order_no ` + db.on("varchar(40)", "TEXT") + `, payment_ref text, gateway text, total ` +
		db.on("numeric(12,2)", "REAL") + `, currency text, state text, created_at ` + instant + `, paid_at ` + instant +
		`, canceled_at ` + instant + `, updated_at ` + instant + `, email text)`
}

func usual() shop.Mapping {
	return shop.Mapping{
		Account: "shop", Table: "orders",
		Columns: shop.Columns{
			Reference: "order_no", Payment: "payment_ref", Provider: "gateway", Amount: "total", Currency: "currency", Status: "state",
			Created: "created_at", Paid: "paid_at", Canceled: "canceled_at", Changed: "updated_at", Email: "email",
		},
		Statuses: shop.Statuses{
			Pending: []string{"new", "waiting"}, Paid: []string{"complete"}, Canceled: []string{"void", "expired"}, Refunded: []string{"reimbursed"},
		},
		Providers: map[string]string{"Stripe": reconcile.FeedStripe, "tp": reconcile.FeedTrustPayments},
	}
}
