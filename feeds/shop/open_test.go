package shop_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/shop"
	"tieout/reconcile"
)

func TestOpenTellsAllThatIsWrongWithAMapping(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop.Mapping)
		want   []string
	}{
		"nothing set": {
			func(m *shop.Mapping) { *m = shop.Mapping{} },
			[]string{
				`feeds.shop.table is not set`,
				`feeds.shop.columns.reference is not set`,
				`feeds.shop.columns.status is not set`,
				`feeds.shop.columns: set one of amount and amount_minor`,
				`feeds.shop.columns.currency is not set, and neither is feeds.shop.currency`,
				`feeds.shop.statuses.pending is empty: no status means pending`,
				`feeds.shop.statuses.paid is empty: no status means paid`,
				`feeds.shop.statuses.canceled is empty: no status means canceled`,
			},
		},
		"names that are not names": {
			func(m *shop.Mapping) {
				m.Table, m.Columns.Payment, m.Columns.Email = `orders"; DROP TABLE orders; --`, "pay ref", "e.mail"
			},
			[]string{
				`feeds.shop.table: "orders\"; DROP TABLE orders; --" is not a table's name: use letters, digits and _, with at most one schema before a point`,
				`feeds.shop.columns.payment: "pay ref" is not a column's name: use letters, digits and _`,
				`feeds.shop.columns.email: "e.mail" is not a column's name: use letters, digits and _`,
			},
		},
		"both amounts, unknown currency": {
			func(m *shop.Mapping) { m.Columns.AmountMinor, m.Currency = "total", "EURO" },
			[]string{`feeds.shop.currency: unknown currency "EURO"`, `feeds.shop.columns: set one of amount and amount_minor`},
		},
		"columns that the tables lack": {
			func(m *shop.Mapping) {
				m.Columns.Reference, m.Columns.Email = "number", "mail"
				m.Refunds = &shop.Refunds{
					Table:    "orders",
					Columns:  shop.RefundColumns{ID: "order_no", Reference: "ref", Amount: "total", Currency: "currency", Status: "state"},
					Statuses: shop.RefundStatuses{Requested: []string{"new"}, Done: []string{"complete"}},
				}
			},
			[]string{
				`table "orders" has no column "number" (feeds.shop.columns.reference), "mail" (feeds.shop.columns.email); it has: canceled_at, created_at, currency, email, gateway, order_no, paid_at, payment_ref, state, total, updated_at`,
				`table "orders" has no column "ref" (feeds.shop.refunds.columns.reference); it has: canceled_at, created_at, currency, email, gateway, order_no, paid_at, payment_ref, state, total, updated_at`,
			},
		},
		"no such table": {
			func(m *shop.Mapping) { m.Table = "order_archive" },
			[]string{`feeds.shop.table: there is no table or view "order_archive" in the shop's database`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				db.exec(t, ordersTable(db))
				m := usual()
				test.change(&m)
				_, err := shop.Open(t.Context(), db.DB, db.dialect, m)
				var wrong *shop.MappingError
				if !errors.As(err, &wrong) {
					t.Fatalf("error is %v, not a MappingError", err)
				}
				if diff := cmp.Diff(test.want, wrong.Problems); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
				if got, want := err.Error(), strings.Join(test.want, "; "); got != want {
					t.Errorf("error is %s", got)
				}
			})
		})
	}
}

func TestOpenRefusesAnUnknownDialect(t *testing.T) {
	db := openSQLite(t)
	if _, err := shop.Open(t.Context(), db.DB, "mysql", usual()); err == nil || !strings.Contains(err.Error(), `"mysql"`) {
		t.Errorf("error is %v", err)
	}
}

// Names that are reserved words, mixed case, not ASCII, or begin with a digit work as long as they are letters, digits and _.
func TestOddNames(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		schema := db.on(db.schema(t), "main")
		db.exec(t,
			`CREATE TABLE "order" ("user" text, "Select" text, "2nd" integer, "währung" text, "group" text)`,
			`INSERT INTO "order" VALUES ('A-1', 'new', 1250, 'eur', 'a@example.org')`)
		m := shop.Mapping{
			Account: "shop", Table: schema + ".order",
			Columns:  shop.Columns{Reference: "user", Status: "Select", AmountMinor: "2nd", Currency: "währung", Email: "group"},
			Statuses: usual().Statuses,
		}
		s := mustOpen(t, db, m)
		if s.Feed() != reconcile.FeedShop || s.Account() != "shop" {
			t.Errorf("feed %q, account %q", s.Feed(), s.Account())
		}
		want := map[string]string{"order A-1": `{"amount_minor":"1250","currency":"eur","reference":"A-1","status":"new"}`}
		if diff := cmp.Diff(want, fetch(t, s, reconcile.Window{}).bodies()); diff != "" {
			t.Errorf("bodies (-want +got):\n%s", diff)
		}
		if outcome, err := s.Cancel(t.Context(), "A-1", noon); err != nil || outcome != shop.Canceled {
			t.Errorf("cancel: %v, %v", outcome, err)
		}
		if email, err := s.Contact(t.Context(), "A-1"); err != nil || email != "a@example.org" {
			t.Errorf("contact: %q, %v", email, err)
		}
	})
}

func (db database) schema(t *testing.T) string {
	t.Helper()
	if db.dialect == shop.SQLite {
		return "main"
	}
	var name string
	if err := db.Get(&name, `SELECT current_schema()`); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOpenURLErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.db")
	for name, test := range map[string]struct{ url, want string }{
		"other database": {"mysql://shop:hunter2@db/shop", "the URL is neither postgres://… nor sqlite:PATH"},
		"no URL":         {"postgres://shop:hunter2@db:port%zz/shop", "the URL is neither postgres://… nor sqlite:PATH"},
		"nobody answers": {"postgres://shop:hunter2@127.0.0.1:1/orders?password=hunter2", "open the shop's database postgres://127.0.0.1:1/orders: "},
		"bad parameter":  {"postgres://shop:hunter2@127.0.0.1:1/orders?sslmode=hunter2", "open the shop's database postgres://127.0.0.1:1/orders: "},
		"no such file":   {"sqlite:" + missing, missing + ": no such file or directory"},
		"not a database": {"sqlite:open_test.go", "file is not a database"},
		"a folder":       {"sqlite:" + t.TempDir(), "unable to open database file"},
		"no path":        {"sqlite:", "the URL is neither postgres://… nor sqlite:PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := shop.OpenURL(t.Context(), test.url)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
}
