package simulator

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
)

func openShop(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func syncAt(t *testing.T, w *World, db *sql.DB, at time.Time) {
	t.Helper()
	if err := w.SyncShop(t.Context(), db, DialectSQLite, at); err != nil {
		t.Fatal(err)
	}
}

// states reads the state of every order in the shop's table.
func states(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT order_no, state FROM shop_orders`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var reference, state string
		if err := rows.Scan(&reference, &state); err != nil {
			t.Fatal(err)
		}
		out[reference] = state
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// told is what the story says that the shop's table holds at t.
func told(w *World, at time.Time) map[string]string {
	out := map[string]string{}
	for _, o := range w.orders {
		if state, ok := o.states.at(at); ok {
			out[o.reference] = state.state
		}
	}
	return out
}

func TestSyncShopFollowsTheStory(t *testing.T) {
	w := newWorld(t, Config{Orders: 3000})
	db := openShop(t)
	for _, at := range []time.Time{endOfDay.Add(-40 * day), endOfDay, endOfDay, endOfDay.Add(day)} {
		syncAt(t, w, db, at)
		if diff := cmp.Diff(told(w, at), states(t, db)); diff != "" {
			t.Errorf("%s:\n%.800s", at, diff)
		}
	}
	syncAt(t, w, db, endOfDay)
	if diff := cmp.Diff(told(w, endOfDay.Add(day)), states(t, db)); diff != "" {
		t.Errorf("a clock set back changed the shop:\n%.800s", diff)
	}
}

func TestSyncShopKeepsAForeignCancel(t *testing.T) {
	w := newWorld(t, Config{Orders: 60, Stories: map[string]int{"left": 2, "late_webhook": 1}})
	db := openShop(t)
	syncAt(t, w, db, endOfDay)
	if _, err := db.ExecContext(t.Context(), `UPDATE shop_orders SET state = 'void' WHERE state = 'new'`); err != nil {
		t.Fatal(err)
	}
	syncAt(t, w, db, endOfDay.Add(day))
	kept, overwritten := 0, 0
	after := states(t, db)
	for _, o := range w.orders {
		if o.created.After(endOfDay) {
			continue
		}
		switch {
		case o.story == "left" && after[o.reference] == orderVoid:
			kept++
		case o.story == "late_webhook" && after[o.reference] == orderComplete:
			overwritten++
		default:
			t.Errorf("%s %s is %s", o.story, o.reference, after[o.reference])
		}
	}
	if kept == 0 || overwritten == 0 {
		t.Errorf("%d cancels kept, %d overwritten by a late webhook", kept, overwritten)
	}
}

func TestSyncShopRow(t *testing.T) {
	w := newWorld(t, Config{Orders: 1, Stories: map[string]int{"refunded_in_steps": 1}, Seed: 3})
	db := openShop(t)
	at := endOfDay.Add(30 * day)
	syncAt(t, w, db, at)
	o := w.orders[0]
	var currency, created, updated string
	var paid, canceled sql.NullString
	var total int64
	row := db.QueryRowContext(t.Context(), `SELECT total_minor, currency, created_at, paid_at, canceled_at, updated_at
		FROM shop_orders WHERE order_no = ?`, o.reference)
	if err := row.Scan(&total, &currency, &created, &paid, &canceled, &updated); err != nil {
		t.Fatal(err)
	}
	state := o.states.last()
	got := []string{currency, created, paid.String, updated}
	want := []string{o.currency, o.created.Format(time.RFC3339), state.paidAt.Format(time.RFC3339), state.paidAt.Format(time.RFC3339)}
	if diff := cmp.Diff(want, got); diff != "" || total != o.total || canceled.Valid {
		t.Errorf("total %d, canceled %v\n%s", total, canceled, diff)
	}
	var refunds int
	query := `SELECT count(*) FROM shop_refunds WHERE order_no = ? AND state = 'done' AND done_at IS NOT NULL`
	if err := db.QueryRowContext(t.Context(), query, o.reference).Scan(&refunds); err != nil {
		t.Fatal(err)
	}
	wanted := 0
	for _, r := range w.requests {
		if r.order == o {
			wanted++
		}
	}
	if refunds != wanted || wanted == 0 {
		t.Errorf("%d refunds of %d", refunds, wanted)
	}
}

func TestSyncShopTellsAWrongDialect(t *testing.T) {
	err := newWorld(t, Config{Orders: 1}).SyncShop(t.Context(), openShop(t), "mysql", endOfDay)
	if err == nil || !strings.Contains(err.Error(), `"mysql"`) {
		t.Errorf("SyncShop: %v", err)
	}
}
