package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// Each object that was shown is a record or a rejection, however many versions it has; the hash is that of what came after a
// run, in the order of ids and versions, as sha256sum makes it of the column.
func TestInputs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		hashes := map[string]string{}
		show := func(run int64, records ...reconcile.Record) {
			var items []feeds.Item
			for _, record := range records {
				items = append(items, item(record))
				sum := sha256.Sum256(items[len(items)-1].Observation.Body)
				hashes[record.RecordKey().ID] += hex.EncodeToString(sum[:]) + "\n"
			}
			must(s.Observe(ctx, run, noon, items))(t)
		}
		failed := charge("ch_2", "", "")
		failed.Status = reconcile.PaymentFailed
		show(3, charge("ch_2", "", ""), charge("ch_9", "", ""), order("R-1", ""))
		clear(hashes)
		show(4, failed, charge("ch_10", "", ""), reconcile.Rejection{Key: stripeKey("charge", "ch_3"), Reason: "no currency"}, source("src_1", "", reconcile.SourceCanceled))
		charges, sources := sha256.Sum256([]byte(hashes["ch_10"]+hashes["ch_2"]+hashes["ch_3"])), sha256.Sum256([]byte(hashes["src_1"]))
		equal(t, "inputs", must(s.Inputs(ctx, 3))(t), []store.Input{
			{Feed: "shop", Account: "shop", Kind: "order", Read: 1, Stored: 1},
			{Feed: "stripe", Account: "default", Kind: "charge", Read: 4, Stored: 3, Rejected: 1, Fresh: 3, Hash: hex.EncodeToString(charges[:])},
			{Feed: "stripe", Account: "default", Kind: "source", Read: 1, Stored: 1, Fresh: 1, Hash: hex.EncodeToString(sources[:])},
		})
	})
}

func TestFlowsByDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
		at := func(id, category string, fee int64, at time.Time) reconcile.Record {
			m := movement(id, "", category, 1000, fee)
			m.CreatedAt = at
			return m
		}
		observe(t, s, at("1", "charge", 10, day(0).Add(-time.Microsecond)), at("2", "charge", 20, day(0)), at("3", "charge", 30, day(1).Add(-time.Microsecond)),
			at("4", "charge", 40, day(1)), at("5", "fee", 0, day(2)), at("6", "payout", 0, day(2)), at("7", "charge", 50, day(3)))
		flow := func(day int, category string, count int, gross, fee int64) store.FlowDay {
			return store.FlowDay{Feed: "stripe", Account: "default", Currency: "EUR", Day: day, Flow: reconcile.Flow{Category: category, Count: count, Gross: gross, Fee: fee}}
		}
		equal(t, "flows", must(s.FlowDays(ctx, []time.Time{day(0), day(1), day(2), day(3)}))(t),
			[]store.FlowDay{flow(0, "charge", 2, 2000, 50), flow(1, "charge", 1, 1000, 40), flow(2, "fee", 1, 1000, 0)})
	})
}

// What Stripe took has settled when it is paid out to the bank; Trust Payments shows no payouts, so its own word counts.
func TestSettlingByDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		next := noon.AddDate(0, 0, 1)
		declined, tomorrow := charge("ch_4", "", ""), charge("ch_5", "", "")
		declined.Status, tomorrow.CreatedAt = reconcile.PaymentFailed, next
		observe(t, s, charge("ch_1", "", ""), charge("ch_2", "", ""), charge("ch_3", "", ""), declined, tomorrow,
			auth("1", "", reconcile.PaymentSucceeded), auth("2", "", reconcile.PaymentPending), auth("3", "", reconcile.PaymentSuspended), auth("4", "", reconcile.PaymentCanceled),
			movement("txn_1", "ch_1", "charge", 1000, 30), line("txn_1", "po_1", "charge", eur(970)), movement("txn_2", "ch_2", "charge", 1000, 30))
		equal(t, "settling", must(s.SettlingDays(ctx, []time.Time{noon, next, next.AddDate(0, 0, 1), next.AddDate(0, 0, 2)}))(t),
			[]store.Settling{{Settled: 2, Unsettled: 4}, {Unsettled: 1}, {}})
	})
}
