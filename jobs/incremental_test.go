package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// TestIncrementalIsFull: two stores see the same world go by. In one every run judges what changed and what is due, in the other
// everything. After each run they hold the same verdicts, the same money owed, and the same exceptions with the same lives.
func TestIncrementalIsFull(t *testing.T) {
	for _, database := range []struct {
		name  string
		url   func(testing.TB) string
		seeds uint64
	}{{store.SQLite, storetest.SQLiteURL, 16}, {store.Postgres, storetest.PostgresURL, 2}} {
		for seed := range storetest.Seeds(database.seeds) {
			t.Run(fmt.Sprintf("%s, seed %d", database.name, seed), func(t *testing.T) {
				w := newTwins(t, database.url, seed)
				w.sales()
				w.observe(30)
				for range 16 {
					w.live()
					w.judge()
				}
			})
		}
	}
}

// twins are two installations to which the same happens.
type twins struct {
	t        *testing.T
	random   *rand.Rand
	now      time.Time
	run      int64
	stores   [2]*store.Store
	policy   reconcile.Policy
	accounts []reconcile.Coverage
	version  string
	size     int // how many there are of each: in a small world everything hangs together
}

var dawn = time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)

func newTwins(t *testing.T, url func(testing.TB) string, seed uint64) *twins {
	w := &twins{t: t, random: rand.New(rand.NewPCG(seed, 2)), now: dawn, policy: reconcile.DefaultPolicy(), version: "1", size: 3 + int(seed%4)*10}
	if seed%2 == 1 {
		w.policy.Cancel.NoAttemptAfter, w.policy.Cancel.WaitingIntentAfter = 24*time.Hour, 6*time.Hour
	}
	for i := range w.stores {
		w.stores[i] = storetest.Open(t, url(t))
	}
	w.accounts = []reconcile.Coverage{{Feed: "shop", Account: "shop"}, {Feed: "stripe", Account: "main"}, {Feed: "trustpayments", Account: "site"}}
	for _, account := range w.accounts {
		w.cover(account, dawn.AddDate(0, 0, -100), dawn, "")
	}
	return w
}

// both does the same to both stores.
func (w *twins) both(do func(s *store.Store) error) {
	w.t.Helper()
	for _, s := range w.stores {
		if err := do(s); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *twins) cover(account reconcile.Coverage, from, to time.Time, reason string) {
	account.Complete, account.Reason = reconcile.Window{From: from, To: to}, reason
	w.both(func(s *store.Store) error { return s.SetCoverage(context.Background(), w.run, account) })
}

// live lets some time pass, in which things happen, and feeds are read, or not, or not far enough.
func (w *twins) live() {
	w.t.Helper()
	w.run++
	before := w.now
	w.pass()
	for range pick(w.random, 0, 0, 1, 1, 2) { // most of the world stands still while time and coverage move on
		w.observe(w.random.IntN(8))
		if w.random.IntN(3) == 0 {
			w.both(func(s *store.Store) error { return s.Cluster(context.Background()) })
		}
	}
	for _, account := range w.accounts {
		if !w.now.Before(before) { // nobody reads what he has read already
			w.read(account)
		}
	}
	w.people()
	switch w.random.IntN(25) {
	case 0:
		w.version += "+"
	case 1:
		w.policy.Grace.MissingAtProvider += time.Hour
	case 2:
		w.accounts = append(w.accounts[:3:3], reconcile.Coverage{Feed: "stripe", Account: "second"})
	}
}

// sales are where the world begins: orders of which each has a payment and some a refund that was asked for.
func (w *twins) sales() {
	w.t.Helper()
	var items []feeds.Item
	for n := range w.size {
		reference := fmt.Sprint("R-", n)
		sold, paid, asked := w.order(), w.charge(), w.request()
		sold.ID, sold.PaymentID, paid.ID, paid.Reference, paid.SourceID = reference, "", fmt.Sprint("ch_", n), reference, ""
		paid.Account, paid.Amount = "main", sold.Amount
		asked.ID, asked.OrderReference, asked.Amount, asked.Status = fmt.Sprint("rf_", n), reference, sold.Amount, reconcile.RequestOpen
		items = append(items, itemOf(sold), itemOf(paid))
		if w.random.IntN(3) == 0 {
			items = append(items, itemOf(asked))
		}
	}
	w.show(items)
}

// observe shows both the same n versions of objects.
func (w *twins) observe(n int) {
	w.t.Helper()
	items := make([]feeds.Item, n)
	for i := range items {
		items[i] = itemOf(w.record())
	}
	w.show(items)
}

func (w *twins) show(items []feeds.Item) {
	w.t.Helper()
	w.both(func(s *store.Store) error {
		_, err := s.Observe(context.Background(), w.run, w.now, items)
		return err
	})
}

// pass moves time on: by a while, to the very instant at which a verdict is to be looked at again, or to just before it; not at
// all; and sometimes back, as a person may ask for.
func (w *twins) pass() {
	var due []int64
	if err := w.stores[0].DB().Select(&due, "SELECT next_review_at FROM tieout_verdicts WHERE next_review_at > 0 ORDER BY next_review_at, case_key"); err != nil {
		w.t.Fatal(err)
	}
	switch roll := w.random.IntN(10); {
	case roll < 5 && len(due) > 0:
		w.now = time.UnixMicro(due[w.random.IntN(min(3, len(due)))] - int64(w.random.IntN(2))).UTC()
	case roll == 5:
	case roll == 6 && w.random.IntN(2) == 0:
		w.now = w.now.Add(-pick(w.random, time.Hour, 72*time.Hour))
	default:
		w.now = w.now.Add(pick(w.random, time.Microsecond, time.Hour, 6*time.Hour, 24*time.Hour, 24*time.Hour, 72*time.Hour, 7*24*time.Hour, 31*24*time.Hour))
	}
}

// read says how far a feed was read.
func (w *twins) read(account reconcile.Coverage) {
	from := dawn.AddDate(0, 0, -100)
	switch w.random.IntN(16) {
	case 0, 5, 6, 7, 8: // not at all
	case 1:
		w.cover(account, from, w.now.Add(-pick(w.random, time.Hour, 24*time.Hour, 80*24*time.Hour)), "503")
	case 2:
		w.cover(account, from, w.now, "a page was missing")
	case 3:
		w.cover(account, w.now.Add(-pick(w.random, time.Hour, 48*time.Hour)), w.now, "")
	case 4:
		w.cover(account, from, from, "nothing")
	default:
		w.cover(account, from, w.now, "")
	}
}

// people acknowledge and resolve some of what stands.
func (w *twins) people() {
	var ids []string
	if err := w.stores[0].DB().Select(&ids, "SELECT id FROM tieout_exceptions WHERE status <> 'resolved' ORDER BY id"); err != nil {
		w.t.Fatal(err)
	}
	chosen := slices.DeleteFunc(ids, func(string) bool { return w.random.IntN(12) > 0 })
	if len(chosen) == 0 {
		return
	}
	handling := pick(w.random, reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "ada", Note: "asked", At: w.now},
		reconcile.Handling{To: reconcile.StatusResolved, Who: "ada", Reason: reconcile.ReasonCustomerAgreed, At: w.now})
	w.both(func(s *store.Store) error {
		_, err := s.HandleExceptions(context.Background(), store.ExceptionFilter{IDs: chosen}, handling, "")
		return err
	})
}

// judge lets both judge, each in its way, twice, and compares.
func (w *twins) judge() {
	w.t.Helper()
	if w.random.IntN(4) == 0 {
		w.both(func(s *store.Store) error {
			return (&AgeSettlements{Judging: w.judging(s), Unsettled: s}).Run(context.Background(), w.session(false), &reconcile.Step{})
		})
	}
	if w.random.IntN(5) == 0 {
		w.fail()
	}
	var held, again [2][]string
	for i, s := range w.stores {
		held[i] = w.reconcile(s, i == 1)
	}
	if diff := gocmp.Diff(held[1], held[0]); diff != "" {
		w.t.Fatalf("run %d at %s (-full +incremental)\n%s", w.run, w.now, diff)
	}
	w.run++
	for i, s := range w.stores {
		again[i] = w.reconcile(s, i == 1)
		if diff := gocmp.Diff(held[i], again[i]); diff != "" {
			w.t.Fatalf("judged once more in run %d, full: %t (-before +after)\n%s", w.run, i == 1, diff)
		}
	}
}

// fail has a run end before its end: it kept what it judged and not how far it came.
func (w *twins) fail() {
	w.t.Helper()
	for i, s := range w.stores {
		job := w.job(s)
		job.Ledger = forgetful{s}
		if err := job.Run(context.Background(), w.session(i == 1), &reconcile.Step{}); !errors.Is(err, errKilled) {
			w.t.Fatal(err)
		}
	}
	w.run++
}

var errKilled = errors.New("killed")

type forgetful struct{ Ledger }

func (forgetful) SetJudged(context.Context, reconcile.Progress) error { return errKilled }

func (w *twins) job(s *store.Store) *Reconcile {
	return &Reconcile{Judging: w.judging(s), Everything: s, Ledger: s, Money: s, Version: w.version}
}

func (w *twins) judging(s *store.Store) Judging {
	return Judging{Cases: s, Judgements: s, Policy: w.policy, Accounts: w.accounts}
}

func (w *twins) session(full bool) Session {
	return Session{RunID: w.run, Now: w.now, AsOf: true, Full: full, Log: slog.New(slog.DiscardHandler)}
}

func (w *twins) reconcile(s *store.Store, full bool) []string {
	w.t.Helper()
	if err := w.job(s).Run(context.Background(), w.session(full), &reconcile.Step{}); err != nil {
		w.t.Fatalf("run %d at %s, full: %t: %v", w.run, w.now, full, err)
	}
	return held(w.t, s)
}

// held lists all that was judged: the rows as they lie there, and the exceptions as they are told.
func held(t *testing.T, s *store.Store) []string {
	t.Helper()
	var lines []string
	for _, table := range []string{"tieout_verdicts", "tieout_owed", "tieout_exceptions", "tieout_exception_changes", "tieout_losses"} {
		lines = append(lines, rowsOf(t, s, table)...)
	}
	for record, err := range s.Exceptions(context.Background(), store.ExceptionFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("told: %+v", record))
	}
	return lines
}

func rowsOf(t *testing.T, s *store.Store, table string) []string {
	t.Helper()
	rows, err := s.DB().Queryx("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		values := map[string]any{}
		if err := rows.MapScan(values); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, table+strings.TrimPrefix(fmt.Sprint(values), "map")) // maps print in the order of their keys
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// itemOf observes a record; its body says all that the record says, so that it changes with it.
func itemOf(record reconcile.Record) feeds.Item {
	return feeds.Item{Observation: feeds.Observation{Key: record.RecordKey(), Body: fmt.Appendf(nil, "{%q:0}", fmt.Sprintf("%+v", record))}, Record: record}
}

func pick[E any](random *rand.Rand, list ...E) E { return list[random.IntN(len(list))] }

// record is the next version of one of few objects: its status, its reference and what it names may be others than before, or it
// cannot be read.
func (w *twins) record() reconcile.Record {
	record := w.readable()
	if w.random.IntN(10) == 0 {
		return reconcile.Rejection{Key: record.RecordKey(), Reason: "no", Reference: w.reference(), LinkedID: w.id()}
	}
	return record
}

const cut = "ABCDEFGHIJKLMNOPQRSTUVWXY"

func (w *twins) reference() string {
	if w.random.IntN(3) > 0 {
		return fmt.Sprint("R-", w.random.IntN(w.size))
	}
	return pick(w.random, "", "", "R-1", "r-1", "r2", cut, cut+"-1", cut+"-2", "gone")
}

func (w *twins) id() string {
	prefix := pick(w.random, "", "src_", "src_", "pi_", "ch_", "ch_", "1-2-")
	if prefix == "" {
		return ""
	}
	return fmt.Sprint(prefix, w.random.IntN(w.size))
}

func (w *twins) sourceID() string {
	if id := w.id(); strings.HasPrefix(id, "src_") || strings.HasPrefix(id, "pi_") {
		return id
	}
	return ""
}

func (w *twins) amount() money.Amount {
	amount := money.Amount{Minor: pick[int64](w.random, 1000, 1000, 1000, 1000, 400, 600), Currency: "EUR"}
	if w.random.IntN(12) == 0 {
		amount.Currency = "USD"
	}
	return amount
}

// when is some time ago: often, just as long ago as one of the rules counts.
func (w *twins) when() time.Time {
	return w.now.Add(-pick(w.random, 0, time.Minute, time.Hour, 5*time.Hour, 24*time.Hour, 72*time.Hour, 7*24*time.Hour, 76*24*time.Hour, 88*24*time.Hour))
}

func (w *twins) key(feed, kind, prefix string) reconcile.Key {
	account := map[string]string{"shop": "shop", "stripe": "main", "trustpayments": "site"}[feed]
	if feed == "stripe" && w.random.IntN(8) == 0 {
		account = "second"
	}
	return reconcile.Key{Feed: feed, Account: account, Kind: kind, ID: fmt.Sprint(prefix, w.random.IntN(w.size))}
}

func (w *twins) readable() reconcile.Record {
	switch w.random.IntN(16) {
	case 0, 1, 2, 3:
		return w.order()
	case 4, 5:
		return w.source()
	case 6, 7:
		return w.charge()
	case 8, 9:
		return w.auth()
	case 10:
		return reconcile.SourceEvent{Key: w.key("stripe", "event", "evt_"), SourceID: w.id(), Status: pick(w.random, reconcile.SourceChargeable, reconcile.SourceCanceled), At: w.when()}
	case 11, 12:
		return w.refund()
	case 13:
		return w.request()
	case 14:
		return reconcile.Dispute{
			Key: w.key("stripe", "dispute", "dp_"), PaymentID: w.id(), Amount: w.amount(), CreatedAt: w.when(), EvidenceDueAt: w.now.Add(24 * time.Hour),
			Status: pick(w.random, reconcile.DisputeOpen, reconcile.DisputeWon, reconcile.DisputeLost),
		}
	default:
		return w.balance()
	}
}

func (w *twins) order() reconcile.Order {
	return reconcile.Order{
		Key: reconcile.Key{Feed: "shop", Account: "shop", Kind: "order", ID: cmp.Or(w.reference(), "R-1")}, PaymentID: w.id(), Provider: pick(w.random, "", "stripe", "stripe", "trustpayments", "elsewhere"),
		Amount: w.amount(), Status: pick(w.random, reconcile.OrderPending, reconcile.OrderPending, reconcile.OrderPaid, reconcile.OrderPaid, reconcile.OrderCanceled, reconcile.OrderRefunded),
		CreatedAt: w.when(), PaidAt: w.when(), ChangedAt: w.when(),
	}
}

func (w *twins) request() reconcile.RefundRequest {
	return reconcile.RefundRequest{
		Key: w.key("shop", "refund_request", "rf_"), OrderReference: w.reference(), Amount: w.amount(), RequestedAt: w.when(),
		Status: pick(w.random, reconcile.RequestOpen, reconcile.RequestDone, reconcile.RequestRejected),
	}
}

func (w *twins) source() reconcile.Record {
	s := reconcile.Source{
		Key: w.key("stripe", reconcile.KindSource, "src_"), Reference: w.reference(), Amount: w.amount(), CreatedAt: w.when(), InScope: true,
		Status:   pick(w.random, reconcile.SourcePending, reconcile.SourceChargeable, reconcile.SourceConsumed, reconcile.SourceCanceled, reconcile.SourceFailed),
		Declined: w.random.IntN(3) == 0, Authorised: w.random.IntN(2) == 0,
	}
	if w.random.IntN(3) == 0 {
		s.Key = w.key("stripe", reconcile.KindPaymentIntent, "pi_")
	}
	return s
}

func (w *twins) charge() reconcile.Payment {
	at := w.when()
	return reconcile.Payment{
		Key: w.key("stripe", "charge", "ch_"), SourceID: w.sourceID(), Reference: w.reference(), Amount: w.amount(), InScope: w.random.IntN(6) > 0,
		Status: pick(w.random, reconcile.PaymentSucceeded, reconcile.PaymentSucceeded, reconcile.PaymentPending, reconcile.PaymentFailed), CreatedAt: at, SucceededAt: at,
	}
}

func (w *twins) auth() reconcile.Record {
	at := w.when()
	p := reconcile.Payment{
		Key: w.key("trustpayments", "auth", "1-2-"), Reference: w.reference(), Amount: w.amount(), InScope: true, SettleStatus: "10", CreatedAt: at,
		Status: pick(w.random, reconcile.PaymentPending, reconcile.PaymentPending, reconcile.PaymentSucceeded, reconcile.PaymentSuspended, reconcile.PaymentCanceled),
	}
	if p.Status == reconcile.PaymentSucceeded {
		p.SettleStatus, p.SucceededAt = "100", at
	}
	return p
}

func (w *twins) refund() reconcile.Record {
	r := reconcile.Refund{
		Key: w.key("stripe", "refund", "re_"), PaymentID: w.id(), Reference: w.reference(), Amount: w.amount(), CreatedAt: w.when(),
		Status: pick(w.random, reconcile.RefundSucceeded, reconcile.RefundPending, reconcile.RefundFailed, reconcile.RefundCanceled),
	}
	if w.random.IntN(3) == 0 {
		r.Key = w.key("trustpayments", "refund", "1-3-")
	}
	return r
}

// balance is something of a provider's balance or its payouts.
func (w *twins) balance() reconcile.Record {
	switch w.random.IntN(3) {
	case 0:
		return reconcile.Payout{
			Key: w.key("stripe", "payout", "po_"), Amount: w.amount(), Automatic: true, Itemised: w.random.IntN(4) > 0, CreatedAt: w.when(),
			Status: pick(w.random, reconcile.PayoutPaid, reconcile.PayoutPaid, reconcile.PayoutPending, reconcile.PayoutFailed, reconcile.PayoutCanceled),
		}
	case 1:
		return reconcile.PayoutLine{Key: w.key("stripe", "payout_line", "txn_"), PayoutID: fmt.Sprint("po_", w.random.IntN(w.size)), Category: "charge", Net: w.amount()}
	default:
		return reconcile.Movement{
			Key: w.key("stripe", "balance_transaction", "txn_"), ObjectID: w.id(), Category: pick(w.random, "charge", "refund"),
			Gross: w.amount(), Net: w.amount(), Fee: money.Amount{Minor: 10, Currency: "EUR"}, CreatedAt: w.when(),
		}
	}
}
