package store_test

import (
	"fmt"
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

const week = 7 * 24 * time.Hour

func in(currency string, minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: currency}
}

// moved is a movement at an instant, in a currency.
func moved(id, objectID, category string, gross money.Amount, at time.Time) reconcile.Movement {
	m := movement(id, objectID, category, 0, 0)
	m.Gross, m.Fee, m.Net, m.CreatedAt = gross, in(gross.Currency, 0), gross, at
	return m
}

func covered(t *testing.T, s *store.Store, from, to time.Time) {
	t.Helper()
	succeed(t, s.SetCoverage(ctx, 1, reconcile.Coverage{Feed: "stripe", Account: "default", Complete: reconcile.Window{From: from, To: to}}))
}

// What the movements show and what is held, side by side: each object alone with its movements.
func TestGaps(t *testing.T) {
	at := noon.Add(-30 * 24 * time.Hour)
	later := at.Add(time.Hour)
	paid := charge("o", "", "")
	paid.CreatedAt = at
	captured := paid
	captured.Amount = eur(600)
	foreign := paid
	foreign.Amount = in("CNY", 7800)
	refund := reconcile.Refund{Key: stripeKey("refund", "o"), Amount: eur(300), Status: reconcile.RefundFailed, CreatedAt: at}
	dispute := reconcile.Dispute{Key: stripeKey("dispute", "o"), Amount: eur(500), CreatedAt: at}
	payout := reconcile.Payout{Key: stripeKey("payout", "o"), Amount: eur(800), CreatedAt: at}
	m := func(id, category string, minor int64, at time.Time) reconcile.Record {
		return moved(id, "o", category, eur(minor), at)
	}
	tests := []struct {
		name    string
		records []reconcile.Record
		want    string // kind, id, category, amount, hours after at; empty: explained
	}{
		{"a charge as booked", []reconcile.Record{paid, m("1", "charge", 1000, at)}, ""},
		{"a charge booked in two parts", []reconcile.Record{paid, m("1", "charge", 400, at), m("2", "charge", 600, later)}, ""},
		{"a charge booked twice", []reconcile.Record{paid, m("1", "charge", 1000, at), m("2", "charge", 1000, later)}, "object whose movements differ from it o charge 10.00 EUR 1"},
		{"a charge booked otherwise", []reconcile.Record{paid, m("1", "charge", 999, at)}, "object whose movements differ from it o charge -0.01 EUR 0"},
		{"a charge that failed later", []reconcile.Record{paid, m("1", "charge", 1000, at), m("2", "charge_failure", -1000, later)}, ""},
		{"a charge that failed for another sum", []reconcile.Record{paid, m("1", "charge", 1000, at), m("2", "charge_failure", -900, later)}, "object whose movements differ from it o charge_failure 1.00 EUR 1"},
		{"a charge captured in part", []reconcile.Record{captured, m("1", "charge", 1000, at), m("2", "partial_capture_reversal", -400, at)}, ""},
		{"a charge captured in part, booked whole", []reconcile.Record{captured, m("1", "charge", 1000, at)}, "object whose movements differ from it o charge 4.00 EUR 0"},
		{"a converted charge", []reconcile.Record{foreign, m("1", "charge", 1011, at)}, ""},
		{"a converted charge booked twice", []reconcile.Record{foreign, m("1", "charge", 1011, at), m("2", "charge", 1013, later)}, "object whose movements differ from it o charge 10.11 EUR 1"},
		{"a charge with a fee of its own", []reconcile.Record{paid, m("1", "charge", 1000, at), m("2", "fee", -3, at)}, ""},
		{"a charge without a movement", []reconcile.Record{paid, moved("1", "", "fee", eur(-1), at)}, "payment without a movement o charge -10.00 EUR 168"},
		{"a charge of an account without any movement", []reconcile.Record{paid}, ""},
		{"a refund", []reconcile.Record{refund, m("1", "refund", -300, at)}, ""},
		{"a refund that failed", []reconcile.Record{refund, m("1", "refund", -300, at), m("2", "refund_failure", 300, later)}, ""},
		{"a refund that failed, given back twice", []reconcile.Record{refund, m("1", "refund", -300, at), m("2", "refund_failure", 300, later), m("3", "refund_failure", 300, later)}, "object whose movements differ from it o refund_failure 3.00 EUR 1"},
		{"a refund booked otherwise", []reconcile.Record{refund, m("1", "refund", -310, at)}, "object whose movements differ from it o refund -0.10 EUR 0"},
		{"a dispute won", []reconcile.Record{dispute, m("1", "dispute", -500, at), m("2", "dispute_reversal", 500, later)}, ""},
		{"a dispute won for less", []reconcile.Record{dispute, m("1", "dispute", -500, at), m("2", "dispute_reversal", 499, later)}, "object whose movements differ from it o dispute_reversal -0.01 EUR 1"},
		{"a payout that came back", []reconcile.Record{payout, m("1", "payout", -800, at), m("2", "payout_reversal", 800, later)}, ""},
		{"a payout booked otherwise", []reconcile.Record{payout, m("1", "payout", -700, at)}, "object whose movements differ from it o payout 1.00 EUR 0"},
		{"an object that is not held", []reconcile.Record{m("1", "transfer", -70, at)}, "movement of an object that is not held 1 transfer -0.70 EUR 0"},
		{"no object at all", []reconcile.Record{moved("1", "", "other_adjustment", eur(-70), at)}, ""},
		{"an object that could not be read", []reconcile.Record{reconcile.Rejection{Key: stripeKey("charge", "o"), Reason: "x"}, m("1", "charge", 1000, at)}, ""},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, test := range tests {
			succeed(t, s.SetCoverage(ctx, 1, reconcile.Coverage{Feed: "stripe", Account: test.name, Complete: reconcile.Window{From: at.Add(-week), To: noon}}))
			for _, record := range test.records {
				observe(t, s, of(test.name, record))
			}
		}
		found := map[string]string{}
		for _, gap := range refreshed(t, s, noon) {
			found[gap.Account] += fmt.Sprintf("%s %s %s %s %.0f", gap.Kind, gap.ID, gap.Category, gap.Amount, gap.At.Sub(at).Hours())
		}
		for _, test := range tests {
			equal(t, test.name, found[test.name], test.want)
		}
	})
}

// refreshed are the gaps after what changed was looked at.
func refreshed(t *testing.T, s *store.Store, now time.Time) []reconcile.Gap {
	t.Helper()
	succeed(t, s.RefreshGaps(ctx, now, week, false))
	return collect(t, s.Gaps(ctx, now))
}

// of puts a record into an account of its own.
func of(account string, record reconcile.Record) reconcile.Record {
	switch r := record.(type) {
	case reconcile.Payment:
		r.Account = account
		return r
	case reconcile.Refund:
		r.Account = account
		return r
	case reconcile.Dispute:
		r.Account = account
		return r
	case reconcile.Payout:
		r.Account = account
		return r
	case reconcile.Movement:
		r.Account = account
		return r
	case reconcile.Rejection:
		r.Account = account
		return r
	}
	return record
}

// A gap counts from its instant on, and a payment is only looked for in what was read.
func TestGapsBegin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		early, late := charge("ch_early", "", ""), charge("ch_late", "", "")
		early.CreatedAt, late.CreatedAt = noon.Add(-week), noon.Add(time.Hour)
		observe(t, s, early, late, moved("txn_1", "gone", "charge", eur(5), noon))
		count := func(before time.Time) int { return len(refreshed(t, s, before)) }
		equal(t, "not covered", count(noon.Add(2*week)), 1)
		covered(t, s, noon.Add(-week), noon.Add(time.Minute))
		equal(t, "at noon", count(noon), 0)
		equal(t, "after noon", count(noon.Add(time.Microsecond)), 2)
		equal(t, "weeks later", count(noon.Add(2*week)), 2)
		covered(t, s, noon.Add(-week), noon.Add(week))
		equal(t, "weeks later, and covered", count(noon.Add(2*week)), 3)
	})
}

func TestStatedBalancesAreTheFirstAndTheLast(t *testing.T) {
	balance := func(currency string, minor int64, at time.Time) reconcile.Balance {
		return reconcile.Balance{Key: stripeKey("balance", fmt.Sprintf("%s@%d", currency, at.Unix())), Stated: in(currency, minor), At: at}
	}
	hour := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		equal(t, "none", must(s.StatedBalances(ctx, noon))(t), []reconcile.StatedBalance(nil))
		observe(t, s, balance("EUR", 100, hour(1)), balance("EUR", 150, hour(2)), balance("EUR", 99, hour(3)), balance("JPY", 7, hour(3)),
			moved("txn_1", "", "fee", eur(40), hour(0)), moved("txn_2", "", "fee", eur(2), hour(1)), moved("txn_3", "", "fee", eur(8), hour(2)), moved("txn_4", "", "fee", in("JPY", 3), hour(1)))
		first := reconcile.Figure{Stated: eur(100), At: hour(1), Held: 40}
		yen := reconcile.Figure{Stated: in("JPY", 7), At: hour(3), Held: 3}
		for until, last := range map[time.Time]reconcile.Figure{
			hour(0): first, hour(1): first, hour(2): {Stated: eur(150), At: hour(2), Held: 42}, hour(9): {Stated: eur(99), At: hour(3), Held: 50},
		} {
			equal(t, "until "+until.String(), must(s.StatedBalances(ctx, until))(t), []reconcile.StatedBalance{
				{Feed: "stripe", Account: "default", First: first, Last: last}, {Feed: "stripe", Account: "default", First: yen, Last: yen}})
		}
	})
}

func TestFlowsAreHalfOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := reconcile.Window{From: noon, To: noon.Add(time.Hour)}
		second := reconcile.Window{From: first.To, To: first.To.Add(time.Hour)}
		tick := time.Microsecond
		withFee := movement("txn_fee", "ch", "charge", 100, 3)
		withFee.CreatedAt = first.To
		observe(t, s, moved("txn_1", "ch", "charge", eur(1), first.From.Add(-tick)), moved("txn_2", "ch", "charge", eur(2), first.From),
			moved("txn_3", "ch", "charge", eur(4), first.To.Add(-tick)), withFee, moved("txn_5", "re", "refund", eur(-8), second.To.Add(-tick)), moved("txn_6", "re", "refund", eur(-16), second.To))
		flow := func(window int, category string, count int, gross, fee int64, withFee int) store.AccountFlow {
			return store.AccountFlow{Feed: "stripe", Account: "default", Currency: "EUR", Window: window,
				Flow: reconcile.Flow{Category: category, Count: count, Gross: gross, Fee: fee, WithFee: withFee}}
		}
		equal(t, "flows", must(s.Flows(ctx, first, second))(t), []store.AccountFlow{
			flow(0, "charge", 1, 1, 0, 0), flow(1, "charge", 2, 6, 0, 0), flow(2, "charge", 1, 100, 3, 1), flow(2, "refund", 1, -8, 0, 0)})
	})
}

func TestNotBookedYet(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		made := func(id string, at time.Time) reconcile.Payment {
			c := charge(id, "", "")
			c.CreatedAt = at
			return c
		}
		failed := made("ch_failed", noon)
		failed.Status = reconcile.PaymentFailed
		observe(t, s, made("ch_old", noon.Add(-week-time.Second)), made("ch_1", noon.Add(-week)), made("ch_2", noon.Add(-time.Second)), made("ch_3", noon), failed,
			made("ch_booked", noon.Add(-time.Hour)), movement("txn_1", "ch_booked", "charge", 1000, 0))
		covered(t, s, noon.Add(-2*week), noon.Add(week))
		entry := func(count int) []store.AccountEntry {
			return []store.AccountEntry{{Feed: "stripe", Account: "default", Currency: "EUR", Entry: reconcile.Entry{Count: count, Amount: eur(int64(count) * 1000)}}}
		}
		equal(t, "before its movement", must(s.NotBooked(ctx, noon, week))(t), entry(3))
		equal(t, "after its movement", must(s.NotBooked(ctx, noon.Add(time.Microsecond), week))(t), entry(2))
	})
}

func TestAuthsOfAWindow(t *testing.T) {
	window := reconcile.Window{From: noon, To: noon.Add(24 * time.Hour)}
	before, inside, after := noon.Add(-time.Hour), noon.Add(time.Hour), window.To.Add(time.Hour)
	made := func(id string, status reconcile.PaymentStatus, minor int64, begun, settled time.Time) reconcile.Payment {
		p := auth(id, "", status)
		p.Amount, p.CreatedAt, p.SucceededAt = eur(minor), begun, settled
		return p
	}
	none := time.Time{}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		observe(t, s,
			made("1", reconcile.PaymentPending, 1, before, none), made("2", reconcile.PaymentSuspended, 2, before, none), made("3", reconcile.PaymentSucceeded, 4, before, before),
			made("4", reconcile.PaymentSucceeded, 8, before, inside), made("5", reconcile.PaymentSucceeded, 16, before, after), made("6", reconcile.PaymentCanceled, 32, before, none),
			made("7", reconcile.PaymentFailed, 64, inside, none), made("8", reconcile.PaymentPending, 128, inside, none), made("9", reconcile.PaymentSucceeded, 256, inside, inside),
			made("10", reconcile.PaymentCanceled, 512, inside, none), made("11", reconcile.PaymentPending, 1024, after, none), made("12", reconcile.PaymentSucceeded, 2048, noon, window.To),
			reconcile.Refund{Key: trustKey("refund", "r"), Amount: eur(5), Status: reconcile.RefundSucceeded, CreatedAt: inside},
			reconcile.Refund{Key: trustKey("refund", "s"), Amount: eur(6), Status: reconcile.RefundFailed, CreatedAt: inside},
			reconcile.Rejection{Key: trustKey("auth", "x"), Reason: "x"}, charge("ch_1", "", ""))
		entry := func(what string, count int, minor int64) store.AccountEntry {
			return store.AccountEntry{Feed: "trustpayments", Account: "site", Currency: "EUR", What: what, Entry: reconcile.Entry{Count: count, Amount: eur(minor)}}
		}
		unread := store.AccountEntry{Feed: "trustpayments", Account: "site", What: store.AuthsUnread, Entry: reconcile.Entry{Count: 1}}
		equal(t, "auths", must(s.Auths(ctx, window))(t), []store.AccountEntry{unread,
			entry(store.AuthsAuthorised, 4, 128+256+512+2048), entry(store.AuthsCanceled, 1, 512), entry(store.AuthsRefunded, 1, 5),
			entry(store.AuthsSettled, 2, 8+256), entry(store.AuthsUnsettled, 4, 1+2+8+16)})
	})
}
