package shop_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/feeds/shop"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

func utc(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err) // a literal of a test
	}
	return at
}

func orderKey(id string) reconcile.Key {
	return reconcile.Key{Feed: reconcile.FeedShop, Account: "shop", Kind: shop.KindOrder, ID: id}
}

func TestFetchOrders(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders VALUES
			('A-1', 'ch_1', 'stripe', 10.5, 'eur', 'complete', '2025-01-02T03:04:05Z', '2025-01-02T11:04:05.25+08:00', NULL, '2025-01-03T00:00:00Z', 'a@example.org'),
			('A-2', NULL, 'paypal', 0.07, 'USD', 'new', '2025-01-02T03:04:05Z', NULL, NULL, NULL, 'b@example.org'),
			('A-3', '', 'TP', 3, 'Gbp', 'odd', '2025-01-02T03:04:05Z', NULL, NULL, NULL, NULL)`)
		m := usual()
		got := fetch(t, mustOpen(t, db, m), reconcile.Window{})
		wantBodies := map[string]string{
			"order A-1": `{"amount":"` + db.on("10.50", "10.5") + `","changed":"2025-01-03T00:00:00.000000Z","created":"2025-01-02T03:04:05.000000Z","currency":"eur",` +
				`"paid":"2025-01-02T03:04:05.250000Z","payment":"ch_1","provider":"stripe","reference":"A-1","status":"complete"}`,
			"order A-2": `{"amount":"0.07","created":"2025-01-02T03:04:05.000000Z","currency":"USD","provider":"paypal","reference":"A-2","status":"new"}`,
			"order A-3": `{"amount":"` + db.on("3.00", "3.0") + `","created":"2025-01-02T03:04:05.000000Z","currency":"Gbp","payment":"","provider":"TP","reference":"A-3","status":"odd"}`,
		}
		if diff := cmp.Diff(wantBodies, got.bodies()); diff != "" {
			t.Errorf("bodies (-want +got):\n%s", diff)
		}
		want := map[string]reconcile.Record{
			"A-1": reconcile.Order{
				Key: orderKey("A-1"), PaymentID: "ch_1", Provider: reconcile.FeedStripe, Amount: money.Amount{Minor: 1050, Currency: "EUR"},
				Status: reconcile.OrderPaid, CreatedAt: utc("2025-01-02T03:04:05Z"), PaidAt: utc("2025-01-02T03:04:05.25Z"), ChangedAt: utc("2025-01-03T00:00:00Z"),
			},
			"A-2": reconcile.Order{
				Key: orderKey("A-2"), Provider: "paypal", Amount: money.Amount{Minor: 7, Currency: "USD"},
				Status: reconcile.OrderPending, CreatedAt: utc("2025-01-02T03:04:05Z"),
			},
			"A-3": reconcile.Rejection{Key: orderKey("A-3"), Reason: `status "odd" is not mapped: add it to feeds.shop.statuses`, Reference: "A-3"},
		}
		if diff := cmp.Diff(want, got.records(m)); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

// Whatever type a shop keeps its times in, the same instant comes out, and only rows that may have changed are read.
func TestFetchReadsWhatMayHaveChanged(t *testing.T) {
	for name, test := range map[string]struct {
		postgres, sqlite string // column type; empty: not on that database
		old, late        string // as SQL
		at               string // the instant of late
		odd              []string
	}{
		"timestamptz":  {"timestamptz", "", `'2025-01-31T23:59:59Z'`, `'2025-02-01T08:00:00+08:00'`, "2025-02-01T00:00:00Z", []string{`NULL`, `'infinity'`}},
		"timestamp":    {"timestamp", "", `'2025-01-31 23:59:59'`, `'2025-02-01 00:00:00'`, "2025-02-01T00:00:00Z", []string{`NULL`}},
		"date":         {"date", "", `'2025-01-31'`, `'2025-02-01'`, "2025-02-01T00:00:00Z", []string{`NULL`}},
		"RFC 3339":     {"text", "TEXT", `'2025-01-30T00:00:00Z'`, `'2025-02-01T00:00:00Z'`, "2025-02-01T00:00:00Z", []string{`NULL`, `''`, `'01/02/2025'`, `'yesterday'`}},
		"far east":     {"text", "TEXT", `'2025-01-30T00:00:00Z'`, `'2025-02-01T14:00:00+14:00'`, "2025-02-01T00:00:00Z", nil},
		"far west":     {"text", "TEXT", `'2025-01-30T00:00:00Z'`, `'2025-01-31 12:00:00-12:00'`, "2025-02-01T00:00:00Z", nil},
		"text":         {"varchar(19)", "DATETIME", `'2025-01-30 00:00:00'`, `'2025-02-01 00:00:00'`, "2025-02-01T00:00:00Z", []string{`'0000-00-00 0:00'`}},
		"short text":   {"text", "TIMESTAMP", `'2025-01-30'`, `'2025-02-01'`, "2025-02-01T00:00:00Z", nil},
		"Go's text":    {"text", "TEXT", `'2025-01-30 00:00:00 +0000 UTC'`, `'2025-02-01 00:00:00.5 +0000 UTC'`, "2025-02-01T00:00:00.5Z", nil},
		"seconds":      {"integer", "INTEGER", `1738367999`, `1738368000`, "2025-02-01T00:00:00Z", []string{`0`, `20250101`, `-1`}},
		"milliseconds": {"bigint", "TIMESTAMP", `1738367999999`, `1738368000001`, "2025-02-01T00:00:00.001Z", []string{`0`, `17383680000000`}},
		"digits":       {"numeric", "TEXT", `'1738367999'`, `'1738368000'`, "2025-02-01T00:00:00Z", []string{`'17383'`}},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				column := db.on(test.postgres, test.sqlite)
				if column == "" {
					return
				}
				db.exec(t, `CREATE TABLE orders (order_no text, total integer, state text, updated_at `+column+`)`,
					`INSERT INTO orders VALUES ('old', 1, 'new', `+test.old+`), ('late', 1, 'new', `+test.late+`)`)
				want := []string{"late"}
				for i, odd := range test.odd {
					name := fmt.Sprintf("odd %d", i)
					db.exec(t, `INSERT INTO orders VALUES ('`+name+`', 1, 'new', `+odd+`)`)
					want = append(want, name)
				}
				m := shop.Mapping{
					Account: "shop", Table: "orders", Currency: "EUR", Statuses: usual().Statuses,
					Columns: shop.Columns{Reference: "order_no", AmountMinor: "total", Status: "state", Changed: "updated_at"},
				}
				records := fetch(t, mustOpen(t, db, m), reconcile.Window{From: utc("2025-02-01T00:00:00Z")}).records(m)
				if diff := cmp.Diff(want, ids(records)); diff != "" {
					t.Errorf("read (-want +got):\n%s", diff)
				}
				if order, _ := records["late"].(reconcile.Order); !order.ChangedAt.Equal(utc(test.at)) {
					t.Errorf("changed is %v, want %s", records["late"], test.at)
				}
			})
		})
	}
}

// ids sorts, with "late" before "odd".
func ids(records map[string]reconcile.Record) []string {
	var ids []string
	for id := range records {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func TestFetchRefunds(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db),
			`CREATE TABLE "refund" (refund_no integer, order_no text, amount_minor integer, state text, requested_at `+db.on("timestamptz", "TEXT")+`, done_at `+db.on("timestamptz", "TEXT")+`)`,
			`INSERT INTO "refund" VALUES (1, 'A-1', 500, 'asked', '2025-01-02T03:04:05Z', NULL), (2, 'A-1', 500, 'made', NULL, '2025-01-03T03:04:05Z'),
				(3, 'A-2', 500, 'declined', NULL, NULL), (4, 'A-2', 500, 'lost', NULL, NULL), (5, NULL, 500, 'asked', NULL, NULL)`)
		m := usual()
		m.Currency = "JPY"
		m.Refunds = &shop.Refunds{
			Table:    "refund",
			Columns:  shop.RefundColumns{ID: "refund_no", Reference: "order_no", AmountMinor: "amount_minor", Status: "state", Requested: "requested_at", Done: "done_at"},
			Statuses: shop.RefundStatuses{Requested: []string{"asked"}, Done: []string{"made"}, Rejected: []string{"declined"}},
		}
		// The window is late: refunds have no column that tells what changed, so all are read.
		got := fetch(t, mustOpen(t, db, m), reconcile.Window{From: noon})
		key := func(id string) reconcile.Key {
			return reconcile.Key{Feed: reconcile.FeedShop, Account: "shop", Kind: shop.KindRefundRequest, ID: id}
		}
		amount := money.Amount{Minor: 500, Currency: "JPY"}
		want := map[string]reconcile.Record{
			"1": reconcile.RefundRequest{Key: key("1"), OrderReference: "A-1", Amount: amount, Status: reconcile.RequestOpen, RequestedAt: utc("2025-01-02T03:04:05Z")},
			"2": reconcile.RefundRequest{Key: key("2"), OrderReference: "A-1", Amount: amount, Status: reconcile.RequestDone, DoneAt: utc("2025-01-03T03:04:05Z")},
			"3": reconcile.RefundRequest{Key: key("3"), OrderReference: "A-2", Amount: amount, Status: reconcile.RequestRejected},
			"4": reconcile.Rejection{Key: key("4"), Reference: "A-2", Reason: `refund status "lost" is not mapped: add it to feeds.shop.refunds.statuses`},
			"5": reconcile.Rejection{Key: key("5"), Reason: `the refund names no order: its reference is empty`},
		}
		if diff := cmp.Diff(want, got.records(m)); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

// A row without a reference is handed over under a key of its own, the same each time, and rejected.
func TestFetchKeepsRowsWithoutAReference(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, payment_ref, total, currency, state) VALUES
			(NULL, 'ch_1', 1, 'EUR', 'new'), ('', 'ch_2', 1, 'EUR', 'new'), ('  ', 'ch_3', 1, 'EUR', 'new'), ('A-1', NULL, 1, 'EUR', 'new')`)
		m := usual()
		s := mustOpen(t, db, m)
		first, second := fetch(t, s, reconcile.Window{}).records(m), fetch(t, s, reconcile.Window{}).records(m)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("a second fetch differs (-first +second):\n%s", diff)
		}
		linked := map[string]string{}
		for id, record := range first {
			if rejection, ok := record.(reconcile.Rejection); ok && strings.HasPrefix(id, "unreadable-") {
				linked[rejection.LinkedID] = rejection.Reason
			}
		}
		reason := "the row has no reference"
		if diff := cmp.Diff(map[string]string{"ch_1": reason, "ch_2": reason, "ch_3": reason}, linked); diff != "" {
			t.Errorf("rejected (-want +got):\n%s", diff)
		}
		if _, ok := first["A-1"].(reconcile.Order); !ok || len(first) != 4 {
			t.Errorf("records are %v", first)
		}
	})
}

// Of several rows with one reference none is taken for the order, even when only one of them changed.
func TestFetchRejectsARepeatedReference(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, total, currency, state, updated_at) VALUES
			('A-1', 1, 'EUR', 'new', '2025-01-01T00:00:00Z'), ('A-1', 1, 'EUR', 'complete', '2025-03-01T00:00:00Z'), ('A-2', 1, 'EUR', 'new', '2025-03-01T00:00:00Z')`)
		m := usual()
		s := mustOpen(t, db, m)
		got := fetch(t, s, reconcile.Window{From: utc("2025-02-01T00:00:00Z")})
		var again sink
		if err := s.Reread(t.Context(), []string{"A-1", "A-9", "A-2"}, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got.bodies(), again.bodies()); diff != "" {
			t.Errorf("reread differs from fetch (-fetch +reread):\n%s", diff)
		}
		want := reconcile.Rejection{Key: orderKey("A-1"), Reference: "A-1", Reason: `2 rows have the reference "A-1": which of them counts would be a guess`}
		if diff := cmp.Diff(reconcile.Record(want), got.records(m)["A-1"]); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
		if len(got.all) != 2 {
			t.Errorf("%d observations", len(got.all))
		}
	})
}

// openOrders is a memory that holds these orders as rejected.
type openOrders []string

func (o openOrders) Open(_ context.Context, kind string) ([]string, error) {
	if kind != shop.KindOrder {
		return nil, nil
	}
	return o, nil
}

func (openOrders) Missing(context.Context, string, []string) ([]string, error) { return nil, nil }

// An order that was rejected is read again whenever it changed, and each order is handed over once.
func TestFetchReadsOpenOrdersAgain(t *testing.T) {
	open := openOrders{"gone", "late", "old", "once twice", "twice"}
	for name, test := range map[string]struct {
		changed string // the column
		memory  feeds.Memory
		want    []string
	}{
		"no memory":         {"updated_at", nil, []string{"late", "twice"}},
		"what changed":      {"updated_at", open, []string{"late", "old", "once twice", "twice"}},
		"no changed column": {"", open, []string{"late", "old", "once twice", "other", "twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, total, currency, state, updated_at) VALUES
					('old', 1, 'EUR', 'new', '2025-01-01T00:00:00Z'), ('other', 1, 'EUR', 'new', '2025-01-01T00:00:00Z'),
					('once twice', 1, 'EUR', 'new', '2025-01-01T00:00:00Z'), ('late', 1, 'EUR', 'new', '2025-03-01T00:00:00Z'),
					('twice', 1, 'EUR', 'new', '2025-01-01T00:00:00Z'), ('twice', 1, 'EUR', 'new', '2025-03-01T00:00:00Z')`)
				db.SetMaxOpenConns(1)
				m := usual()
				m.Columns.Changed = test.changed
				var got sink
				request := feeds.Request{Window: reconcile.Window{From: utc("2025-02-01T00:00:00Z")}, Memory: test.memory, Sink: &got}
				tally, err := mustOpen(t, db, m).Fetch(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				var handed []string
				for _, o := range got.all {
					handed = append(handed, o.Key.ID)
				}
				slices.Sort(handed)
				if diff := cmp.Diff(test.want, handed); diff != "" || tally.Read != len(test.want) {
					t.Errorf("%d read, handed over (-want +got):\n%s", tally.Read, diff)
				}
				for id, record := range got.records(m) {
					if _, rejected := record.(reconcile.Rejection); rejected != (id == "twice") {
						t.Errorf("%s is %v", id, record)
					}
				}
			})
		})
	}
}

type brokenMemory struct {
	openOrders
	err error
}

func (m brokenMemory) Open(context.Context, string) ([]string, error) { return nil, m.err }

func TestFetchStopsWithoutItsMemory(t *testing.T) {
	db := openSQLite(t)
	db.exec(t, ordersTable(db))
	full := errors.New("disk full")
	if _, err := mustOpen(t, db, usual()).Fetch(t.Context(), feeds.Request{Memory: brokenMemory{err: full}, Sink: &sink{}}); !errors.Is(err, full) {
		t.Errorf("error is %v", err)
	}
}

func TestFetchHandsOverInBatches(t *testing.T) {
	for name, connections := range map[string]int{"a pool": 0, "one connection, which the sink needs": 1} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, db database) {
				db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, total, currency, state)
					WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203) SELECT 'A-' || i, 1, 'EUR', 'new' FROM n`)
				db.SetMaxOpenConns(connections)
				s := mustOpen(t, db, usual())
				got := sinkWithDatabase{db: db}
				// A sink that waits for the connection of the read would wait for ever.
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				tally, err := s.Fetch(ctx, feeds.Request{Sink: &got})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]int{500, 500, 203}, got.batches); diff != "" || tally.Read != 1203 {
					t.Errorf("%d read in batches (-want +got):\n%s", tally.Read, diff)
				}
			})
		})
	}
}

// sinkWithDatabase uses the shop's own pool, as the store does where the orders lie in its database.
type sinkWithDatabase struct {
	sink
	db database
}

func (s *sinkWithDatabase) Observe(ctx context.Context, batch []feeds.Observation) error {
	if err := s.db.PingContext(ctx); err != nil {
		return err
	}
	return s.sink.Observe(ctx, batch)
}

type brokenSink struct{ err error }

func (s brokenSink) Observe(context.Context, []feeds.Observation) error { return s.err }

func TestFetchStops(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no) VALUES ('A-1')`)
		s := mustOpen(t, db, usual())
		full := errors.New("disk full")
		if tally, err := s.Fetch(t.Context(), feeds.Request{Sink: brokenSink{full}}); !errors.Is(err, full) || tally.Read != 0 {
			t.Errorf("with a sink that fails: %v, %v", tally, err)
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Fetch(canceled, feeds.Request{Sink: &sink{}}); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that is over: %v", err)
		}
		db.exec(t, `DROP TABLE orders`)
		if _, err := s.Fetch(t.Context(), feeds.Request{Sink: &sink{}}); err == nil || !strings.Contains(err.Error(), "read orders of orders: ") {
			t.Errorf("without the table: %v", err)
		}
	})
}

// What a database of any age may hold does not end a fetch.
func TestFetchReadsOddValues(t *testing.T) {
	db := openSQLite(t)
	db.exec(t, `CREATE TABLE orders (order_no, total, state, created_at)`,
		`INSERT INTO orders VALUES (x'41ff', 1, 'new', NULL), ('B', 12.0, 'new', NULL), ('C', 'ten', 'new', NULL), (4, 1e20, 'new', NULL), ('E', 5, x'00', NULL), ('F', 5, 'new', 1738368000)`)
	m := shop.Mapping{
		Account: "shop", Table: "orders", Currency: "JPY", Statuses: usual().Statuses,
		Columns: shop.Columns{Reference: "order_no", Amount: "total", Status: "state", Created: "created_at"},
	}
	var got []string
	for _, record := range fetch(t, mustOpen(t, db, m), reconcile.Window{}).records(m) {
		switch r := record.(type) {
		case reconcile.Order:
			got = append(got, fmt.Sprintf("%s: %s %s", r.ID, r.Amount, r.CreatedAt.Format(time.DateOnly)))
		case reconcile.Rejection:
			got = append(got, fmt.Sprintf("%s: %s", r.Reference, r.Reason))
		}
	}
	slices.Sort(got)
	want := []string{
		`4: amount "1.0e+20" is not a plain number with at most 0 decimals, as JPY has`,
		"A\uFFFD: reference \"A\uFFFD\" is not readable as text",
		`B: 12 JPY 0001-01-01`,
		`C: amount "ten" is not a plain number with at most 0 decimals, as JPY has`,
		"E: status \"\uFFFD\" is not mapped: add it to feeds.shop.statuses",
		`F: 5 JPY 2025-02-01`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
