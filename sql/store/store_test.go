package store_test

import (
	"context"
	"fmt"
	"iter"
	"sort"
	"strings"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"

	"github.com/google/go-cmp/cmp"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 10, 12, 0, 0, 123456000, time.UTC)
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func stripeKey(kind, id string) reconcile.Key {
	return reconcile.Key{Feed: reconcile.FeedStripe, Account: "default", Kind: kind, ID: id}
}

func trustKey(kind, id string) reconcile.Key {
	return reconcile.Key{Feed: reconcile.FeedTrustPayments, Account: "site", Kind: kind, ID: id}
}

func shopKey(kind, id string) reconcile.Key {
	return reconcile.Key{Feed: reconcile.FeedShop, Account: "shop", Kind: kind, ID: id}
}

func order(reference, paymentID string) reconcile.Order {
	return reconcile.Order{
		Key: shopKey("order", reference), PaymentID: paymentID, Amount: eur(1000), Status: reconcile.OrderPaid,
		CreatedAt: noon.Add(-time.Hour), PaidAt: noon,
	}
}

func charge(id, sourceID, reference string) reconcile.Payment {
	return reconcile.Payment{
		Key: stripeKey("charge", id), SourceID: sourceID, Reference: reference, Amount: eur(1000),
		Status: reconcile.PaymentSucceeded, InScope: true, CreatedAt: noon, SucceededAt: noon,
	}
}

func auth(id, reference string, status reconcile.PaymentStatus) reconcile.Payment {
	return reconcile.Payment{
		Key: trustKey("auth", id), Reference: reference, Amount: eur(1000), Status: status, SettleStatus: "10", InScope: true, CreatedAt: noon,
	}
}

func source(id, reference string, status reconcile.SourceStatus) reconcile.Source {
	return reconcile.Source{
		Key: stripeKey("source", id), Reference: reference, Amount: eur(1000), Status: status, InScope: true, CreatedAt: noon,
	}
}

// item observes a record; its body says all that the record says, so that it changes with it.
func item(record reconcile.Record) feeds.Item {
	return feeds.Item{
		Observation: feeds.Observation{Key: record.RecordKey(), Body: fmt.Appendf(nil, `{"record":%q}`, fmt.Sprintf("%+v", record))},
		Record:      record,
	}
}

func observe(t *testing.T, s *store.Store, records ...reconcile.Record) feeds.Counts {
	t.Helper()
	items := make([]feeds.Item, len(records))
	for i, record := range records {
		items[i] = item(record)
	}
	counts, err := s.Observe(ctx, 7, noon, items)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for value, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, value)
	}
	return list
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func micros(t time.Time) string { return fmt.Sprint(t.UnixMicro()) }

// columns lists table.column of every table of tieout's.
func columns(t *testing.T, s *store.Store) []string {
	t.Helper()
	query := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_name LIKE 'tieout\_%' AND table_schema = 'public'`
	if s.Dialect() == store.SQLite {
		query = `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name LIKE 'tieout%'`
	}
	var names []string
	succeed(t, s.DB().Select(&names, query))
	sort.Strings(names)
	kept := names[:0]
	for _, name := range names {
		if !strings.HasPrefix(name, "tieout_migrations.") {
			kept = append(kept, name)
		}
	}
	return kept
}

// dump reads every row of every table, or of those whose name contains one of the words, as sorted text.
func dump(t *testing.T, s *store.Store, words ...string) []string {
	t.Helper()
	return dumpOf(t, s, func(table, _ string) bool { return len(words) == 0 || containsAny(table, words) })
}

// content is a dump without what only says when a row was written or looked at, and in which cluster that was.
func content(t *testing.T, s *store.Store) []string {
	t.Helper()
	return dumpOf(t, s, func(table, column string) bool {
		return column != "touched" && column != "cluster" && !containsAny(table, []string{"progress", "losses", "merges", "changes", "_past"}) ||
			column != "touched" && table == "tieout_exception_changes"
	})
}

func dumpOf(t *testing.T, s *store.Store, keep func(table, column string) bool) []string {
	t.Helper()
	byTable := map[string][]string{}
	for _, name := range columns(t, s) {
		if table, column, _ := strings.Cut(name, "."); keep(table, column) {
			byTable[table] = append(byTable[table], "CAST("+column+" AS TEXT)")
		}
	}
	var rows []string
	for table, texts := range byTable {
		var found []string
		succeed(t, s.DB().Select(&found, "SELECT '"+table+": ' || "+strings.Join(texts, " || '|' || ")+" FROM "+table))
		rows = append(rows, found...)
	}
	sort.Strings(rows)
	return rows
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	records := []reconcile.Record{
		reconcile.Order{
			Key: shopKey("order", "R-1"), PaymentID: "src_1", Provider: "stripe", Amount: money.Amount{Minor: 1050, Currency: "JPY"},
			Status: reconcile.OrderCanceled, CreatedAt: noon, PaidAt: noon.Add(1), CanceledAt: noon.Add(time.Hour), ChangedAt: noon.Add(2 * time.Hour),
		},
		reconcile.RefundRequest{Key: shopKey("refund_request", "rf"), OrderReference: "R-1", Amount: eur(5), Status: reconcile.RequestDone, RequestedAt: noon, DoneAt: noon.Add(time.Minute)},
		reconcile.Source{Key: stripeKey("source", "src_1"), Reference: "R-1", Amount: eur(-7), Status: reconcile.SourceConsumed, Declined: true, Authorised: true, InScope: true, CreatedAt: noon},
		reconcile.SourceEvent{Key: stripeKey("event", "evt_1"), SourceID: "src_1", Status: reconcile.SourceChargeable, At: noon},
		reconcile.Payment{Key: stripeKey("charge", "ch_1"), SourceID: "src_1", Reference: "R-1", Amount: eur(1 << 50), Status: reconcile.PaymentFailed, SettleStatus: "100", InScope: true, CreatedAt: noon, SucceededAt: noon.Add(time.Second)},
		reconcile.Refund{Key: stripeKey("refund", "re_1"), PaymentID: "ch_1", Reference: "R-1", Amount: eur(3), Status: reconcile.RefundFailed, Reason: "lost", CreatedAt: noon},
		reconcile.Dispute{Key: stripeKey("dispute", "dp_1"), PaymentID: "ch_1", Amount: eur(4), Status: reconcile.DisputeLost, CreatedAt: noon, EvidenceDueAt: noon.Add(time.Hour)},
		reconcile.Rejection{Key: stripeKey("charge", "ch_2"), Reason: "unknown currency", Reference: "R-1", LinkedID: "src_1"},
	}
	movement := reconcile.Movement{Key: stripeKey("balance_transaction", "txn_1"), ObjectID: "ch_1", Category: "charge", Gross: eur(10), Fee: eur(1), Net: eur(9), CreatedAt: noon, AvailableAt: noon.Add(time.Hour)}
	payout := reconcile.Payout{Key: stripeKey("payout", "po_1"), Amount: eur(9), Status: reconcile.PayoutFailed, Automatic: true, Itemised: true, Reason: "closed", CreatedAt: noon, ArrivalAt: noon.Add(time.Hour)}
	line := reconcile.PayoutLine{Key: stripeKey("payout_line", "txn_1"), PayoutID: "po_1", Category: "charge", Net: eur(9)}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s, append(records, movement, payout, line)...)
		got := must(s.FactsOfOrders(ctx, []string{"R-1"}))(t)
		want := reconcile.Facts{
			Orders: []reconcile.Order{records[0].(reconcile.Order)}, Requests: []reconcile.RefundRequest{records[1].(reconcile.RefundRequest)},
			Sources: []reconcile.Source{records[2].(reconcile.Source)}, Events: []reconcile.SourceEvent{records[3].(reconcile.SourceEvent)},
			Payments: []reconcile.Payment{records[4].(reconcile.Payment)}, Refunds: []reconcile.Refund{records[5].(reconcile.Refund)},
			Disputes: []reconcile.Dispute{records[6].(reconcile.Dispute)}, Rejections: []reconcile.Rejection{records[7].(reconcile.Rejection)},
		}
		want.Orders[0].PaidAt = noon // times are kept to the microsecond
		equal(t, "facts", got, want)
		equal(t, "all facts", heldFacts(t, s), want)
		equal(t, "payouts", collect(t, s.PayoutSums(ctx)), []reconcile.PayoutSum{{Payout: payout, Lines: 1, Sums: []money.Amount{eur(9)}}})
		equal(t, "movements and payout lines", dump(t, s, "movements", "payout_lines"), []string{
			"tieout_movements: default|" + micros(noon.Add(time.Hour)) + "|charge|" + micros(noon) + "|EUR|1|stripe|EUR|10|txn_1|balance_transaction|EUR|9|ch_1|1",
			"tieout_payout_lines: default|charge|stripe|txn_1|payout_line|EUR|9|po_1|1",
		})
	})
}
