package shop_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/shop"
	"tieout/reconcile"
)

var noon = time.Date(2025, 3, 1, 12, 0, 0, 123456000, time.UTC)

func TestCancel(t *testing.T) {
	for reference, want := range map[string]shop.CancelOutcome{
		"A-1": shop.Canceled,   // new
		"A-2": shop.Canceled,   // the other word for pending
		"A-3": shop.NotPending, // complete
		"A-4": shop.NotPending, // canceled before
		"A-5": shop.NotPending, // null
		"a-1": shop.Missing,    // another case
		"A-9": shop.Missing,
	} {
		t.Run(reference, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, state) VALUES
					('A-1', 'new'), ('A-2', 'waiting'), ('A-3', 'complete'), ('A-4', 'expired'), ('A-5', NULL)`)
				before := states(t, db)
				got, err := mustOpen(t, db, usual()).Cancel(t.Context(), reference, noon)
				if err != nil || got != want {
					t.Fatalf("cancel: %q, %v; want %q", got, err, want)
				}
				if want == shop.Canceled {
					before[reference] = "void"
				}
				if diff := cmp.Diff(before, states(t, db)); diff != "" {
					t.Errorf("states (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func states(t *testing.T, db database) map[string]string {
	t.Helper()
	var rows []struct {
		Reference string `db:"order_no"`
		State     string `db:"state"`
	}
	if err := db.Select(&rows, `SELECT order_no, COALESCE(state, 'null') AS state FROM orders`); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, row := range rows {
		states[row.Reference] = row.State
	}
	return states
}

// A cancel writes its time as the shop writes times.
func TestCancelStampsInTheShapeOfTheShop(t *testing.T) {
	for name, test := range map[string]struct {
		postgres, sqlite string // column type; empty: not on that database
		sample           string // created_at of some order, as SQL; canceled_at and updated_at are null
		want             string // canceled_at as text
	}{
		"timestamptz":     {"timestamptz", "", "NULL", "2025-03-01 12:00:00.123456+00"},
		"timestamp":       {"timestamp", "", "NULL", "2025-03-01 12:00:00.123456"},
		"date":            {"date", "", "NULL", "2025-03-01"},
		"text, no sample": {"text", "TEXT", "NULL", "2025-03-01T12:00:00Z"},
		"text":            {"text", "DATETIME", "'2025-01-02 03:04:05'", "2025-03-01 12:00:00"},
		"text, a zero":    {"text", "TEXT", "'0000-00-00 00:00:00'", "2025-03-01T12:00:00Z"},
		"offset":          {"varchar(40)", "TEXT", "'2025-01-02T03:04:05.5+08:00'", "2025-03-01T12:00:00Z"},
		"int, no sample":  {"bigint", "INTEGER", "NULL", "1740830400"},
		"seconds":         {"integer", "INT", "1735787045", "1740830400"},
		"milliseconds":    {"bigint", "DATETIME", "1735787045000", "1740830400123"},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				column := db.on(test.postgres, test.sqlite)
				if column == "" {
					return
				}
				db.exec(t, `CREATE TABLE orders (order_no text, total integer, state text, created_at `+column+`, canceled_at `+column+`, updated_at `+column+`)`,
					`INSERT INTO orders VALUES ('A-0', 1, 'complete', `+test.sample+`, NULL, NULL), ('A-1', 1, 'new', NULL, NULL, NULL)`)
				m := shop.Mapping{
					Account: "shop", Table: "orders", Currency: "EUR", Statuses: usual().Statuses,
					Columns: shop.Columns{Reference: "order_no", AmountMinor: "total", Status: "state", Created: "created_at", Canceled: "canceled_at", Changed: "updated_at"},
				}
				s := mustOpen(t, db, m)
				if outcome, err := s.Cancel(t.Context(), "A-1", noon); err != nil || outcome != shop.Canceled {
					t.Fatalf("cancel: %q, %v", outcome, err)
				}
				db.expectStamps(t, test.want)
				order, ok := fetch(t, s, reconcile.Window{From: noon.Add(-time.Hour)}).records(m)["A-1"].(reconcile.Order)
				if age := noon.Sub(order.CanceledAt); !ok || order.Status != reconcile.OrderCanceled || age < 0 || age >= 24*time.Hour {
					t.Errorf("read back as %+v", order)
				}
			})
		})
	}
}

func (db database) expectStamps(t *testing.T, want string) {
	t.Helper()
	if db.dialect == shop.Postgres {
		// One connection, so that the session's zone holds for the query.
		db.SetMaxOpenConns(1)
		db.exec(t, `SET timezone = 'UTC'`)
	}
	var got []string
	err := db.Select(&got, `SELECT CAST(canceled_at AS text) || ' / ' || CAST(updated_at AS text) FROM orders WHERE order_no = 'A-1'`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{want + " / " + want}, got); diff != "" {
		t.Errorf("canceled / changed (-want +got):\n%s", diff)
	}
}

func TestOfTwoCancelsOneWins(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, state) VALUES ('A-1', 'new')`)
		s := mustOpen(t, db, usual())
		const tries = 8
		outcomes := make([]shop.CancelOutcome, tries)
		var wait sync.WaitGroup
		for i := range tries {
			wait.Go(func() {
				outcome, err := s.Cancel(t.Context(), "A-1", noon)
				if err != nil {
					t.Error(err)
				}
				outcomes[i] = outcome
			})
		}
		wait.Wait()
		count := map[shop.CancelOutcome]int{}
		for _, outcome := range outcomes {
			count[outcome]++
		}
		if diff := cmp.Diff(map[shop.CancelOutcome]int{shop.Canceled: 1, shop.NotPending: tries - 1}, count); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

// A payment that is being recorded while the cancel waits for the row wins.
func TestCancelLosesToAPaymentInFlight(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, state) VALUES ('A-1', 'new')`)
		s := mustOpen(t, db, usual())
		webhook, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := webhook.Exec(`UPDATE orders SET state = 'complete' WHERE order_no = 'A-1'`); err != nil {
			t.Fatal(err)
		}
		done := make(chan shop.CancelOutcome)
		go func() {
			outcome, err := s.Cancel(t.Context(), "A-1", noon)
			if err != nil {
				t.Error(err)
			}
			done <- outcome
		}()
		if err := webhook.Commit(); err != nil {
			t.Fatal(err)
		}
		if outcome := <-done; outcome != shop.NotPending {
			t.Errorf("cancel: %q", outcome)
		}
		if diff := cmp.Diff(map[string]string{"A-1": "complete"}, states(t, db)); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	})
}

func TestCancelRollsBackWhatIsNotExactlyOneRow(t *testing.T) {
	for name, test := range map[string]struct {
		rows, want string
	}{
		"two pending":          {`('A-1', 'new'), ('A-1', 'new')`, "2 rows have this reference"},
		"pending and complete": {`('A-1', 'new'), ('A-1', 'complete')`, "2 rows have this reference"},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, state) VALUES `+test.rows)
				outcome, err := mustOpen(t, db, usual()).Cancel(t.Context(), "A-1", noon)
				if err == nil || outcome != "" || !strings.Contains(err.Error(), `cancel order "A-1" in orders: `+test.want) {
					t.Errorf("cancel: %q, %v", outcome, err)
				}
				expectCount(t, db, `SELECT count(*) FROM orders WHERE state = 'void'`, 0)
			})
		})
	}
}

func expectCount(t *testing.T, db database, query string, want int) {
	t.Helper()
	var got int
	if err := db.Get(&got, query); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s: %d, want %d", query, got, want)
	}
}

// A view is written through: by PostgreSQL itself where it is simple, on SQLite by a trigger.
func TestCancelThroughAView(t *testing.T) {
	for name, test := range map[string]struct {
		effect string // what SQLite's trigger does
		want   string
	}{
		"kept":      {`UPDATE orders SET state = NEW.state WHERE order_no = NEW.order_no`, ""},
		"swallowed": {`SELECT 1`, "the update was accepted, but the status is now"},
	} {
		t.Run(name, func(t *testing.T) {
			db := openSQLite(t)
			db.exec(t, ordersTable(db), `CREATE VIEW mine AS SELECT * FROM orders WHERE gateway IS NULL`,
				`CREATE TRIGGER write_through INSTEAD OF UPDATE ON mine BEGIN `+test.effect+`; END`,
				`INSERT INTO orders (order_no, state) VALUES ('A-1', 'new')`)
			expectCancelInView(t, db, test.want)
		})
	}
	t.Run("postgres", func(t *testing.T) {
		db := openPostgres(t)
		db.exec(t, ordersTable(db), `CREATE VIEW mine AS SELECT * FROM orders WHERE gateway IS NULL`, `INSERT INTO orders (order_no, state) VALUES ('A-1', 'new')`)
		expectCancelInView(t, db, "")
	})
	t.Run("postgres, not writable", func(t *testing.T) {
		db := openPostgres(t)
		db.exec(t, ordersTable(db), `CREATE VIEW mine AS SELECT DISTINCT * FROM orders`, `INSERT INTO orders (order_no, state) VALUES ('A-1', 'new')`)
		expectCancelInView(t, db, `cannot update view "mine"`)
	})
}

func expectCancelInView(t *testing.T, db database, wantError string) {
	t.Helper()
	m := usual()
	m.Table = "mine"
	outcome, err := mustOpen(t, db, m).Cancel(t.Context(), "A-1", noon)
	if wantError != "" {
		if err == nil || !strings.Contains(err.Error(), wantError) {
			t.Errorf("cancel: %q, %v", outcome, err)
		}
		expectCount(t, db, `SELECT count(*) FROM orders WHERE state = 'new'`, 1)
		return
	}
	if err != nil || outcome != shop.Canceled {
		t.Errorf("cancel: %q, %v", outcome, err)
	}
	expectCount(t, db, `SELECT count(*) FROM orders WHERE state = 'void'`, 1)
}

// References may be of any type and collation; they are compared as text, byte for byte.
func TestReferencesOfEveryType(t *testing.T) {
	for name, test := range map[string]struct {
		postgres, sqlite string
		rows             []string // as SQL
		reference        string
		miss             []string
	}{
		"text":          {"text", "TEXT", []string{`'A'`, `'a'`}, "A", []string{" A", "B", "1"}},
		"padded":        {"char(6)", "TEXT", []string{`'A'`}, "A", []string{"A     "}},
		"any case":      {"text COLLATE ignore_case", "TEXT COLLATE NOCASE", []string{`'A'`}, "A", []string{"a"}},
		"number":        {"integer", "INTEGER", []string{`7`, `70`}, "7", []string{"07", "A-1", "7.0", "99999999999", "99999999999999999999"}},
		"untyped":       {"bigint", "", []string{`7`}, "7", []string{"07"}},
		"uuid":          {"uuid", "TEXT", []string{`'11111111-1111-4111-8111-111111111111'`}, "11111111-1111-4111-8111-111111111111", []string{"A-1"}},
		"decimal":       {"numeric", "TEXT", []string{`'1001'`}, "1001", []string{"1001.0", "x"}},
		"with a quote ": {"text", "TEXT", []string{`'O''Neill?"$1'`}, `O'Neill?"$1`, []string{"O"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				if db.dialect == shop.Postgres {
					db.exec(t, `CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`)
				}
				db.exec(t, `CREATE TABLE orders (order_no `+db.on(test.postgres, test.sqlite)+`, total integer, state text, email text)`)
				for _, reference := range test.rows {
					db.exec(t, `INSERT INTO orders VALUES (`+reference+`, 1, 'new', 'mail of `+strings.ReplaceAll(reference, "'", "")+`')`)
				}
				m := shop.Mapping{
					Account: "shop", Table: "orders", Currency: "EUR", Statuses: usual().Statuses,
					Columns: shop.Columns{Reference: "order_no", AmountMinor: "total", Status: "state", Email: "email"},
				}
				s := mustOpen(t, db, m)
				for _, reference := range test.miss {
					expectMissing(t, s, reference)
				}
				expectFound(t, s, test.reference)
			})
		})
	}
}

func expectMissing(t *testing.T, s *shop.Shop, reference string) {
	t.Helper()
	if outcome, err := s.Cancel(t.Context(), reference, noon); err != nil || outcome != shop.Missing {
		t.Errorf("cancel %q: %q, %v", reference, outcome, err)
	}
	if email, err := s.Contact(t.Context(), reference); err != nil || email != "" {
		t.Errorf("contact of %q: %q, %v", reference, email, err)
	}
	var got sink
	if err := s.Reread(t.Context(), []string{reference}, &got); err != nil || len(got.all) != 0 {
		t.Errorf("reread %q: %v, %v", reference, got.all, err)
	}
}

func expectFound(t *testing.T, s *shop.Shop, reference string) {
	t.Helper()
	var got sink
	if err := s.Reread(t.Context(), []string{reference}, &got); err != nil || len(got.all) != 1 || got.all[0].Key.ID != reference {
		t.Errorf("reread %q: %v, %v", reference, got.all, err)
	}
	if email, err := s.Contact(t.Context(), reference); err != nil || !strings.HasPrefix(email, "mail of ") {
		t.Errorf("contact of %q: %q, %v", reference, email, err)
	}
	if outcome, err := s.Cancel(t.Context(), reference, noon); err != nil || outcome != shop.Canceled {
		t.Errorf("cancel %q: %q, %v", reference, outcome, err)
	}
}

func TestContact(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, email) VALUES ('A-1', 'a@example.org'), ('A-2', NULL), ('A-3', 'x'), ('A-3', 'y')`)
		m := usual()
		s := mustOpen(t, db, m)
		for reference, want := range map[string]string{"A-1": "a@example.org", "A-2": "", "A-9": ""} {
			if got, err := s.Contact(t.Context(), reference); err != nil || got != want {
				t.Errorf("contact of %s: %q, %v; want %q", reference, got, err, want)
			}
		}
		if got, err := s.Contact(t.Context(), "A-3"); err == nil || !strings.Contains(err.Error(), "2 rows have this reference") {
			t.Errorf("contact of a repeated reference: %q, %v", got, err)
		}
		m.Columns.Email = ""
		if got, err := mustOpen(t, db, m).Contact(t.Context(), "A-1"); err != nil || got != "" {
			t.Errorf("contact without a column: %q, %v", got, err)
		}
	})
}
