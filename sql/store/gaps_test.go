package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// TestGapsAreThoseOfEverything: whatever changes in whatever order, looking again at what changed finds the same gaps as
// looking at everything.
func TestGapsAreThoseOfEverything(t *testing.T) {
	for _, database := range []struct {
		name  string
		url   func(testing.TB) string
		seeds uint64
	}{{store.SQLite, storetest.SQLiteURL, 60}, {store.Postgres, storetest.PostgresURL, 8}} {
		t.Run(database.name, func(t *testing.T) {
			s := storetest.Open(t, database.url(t))
			seen := map[string]int{}
			for seed := range storetest.Seeds(database.seeds) {
				clearAll(t, s)
				tieOut(t, s, rand.New(rand.NewPCG(seed, 2)), seen)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			for _, what := range []string{"unknown", "differs", "none", "later"} {
				if seen[what] < int(storetest.Seeds(database.seeds)) {
					t.Errorf("only %d gaps are %q: the worlds are too plain", seen[what], what)
				}
			}
		})
	}
}

// tieOut lets books come about in batches and compares the gaps after each. It counts them by what they are.
func tieOut(t *testing.T, s *store.Store, random *rand.Rand, seen map[string]int) {
	t.Helper()
	now := noon.Add(-week)
	succeed(t, s.RefreshGaps(ctx, now, week, true))
	books := bookkeeper{Rand: random, ids: 2 + random.IntN(8)}
	for batch := range 10 {
		var records []reconcile.Record
		for range random.IntN(16) {
			records = append(records, books.record())
		}
		observe(t, s, records...)
		if random.IntN(4) == 0 {
			succeed(t, s.SetCoverage(ctx, 1, books.coverage()))
		}
		now = now.Add(books.days(-2, 5))
		succeed(t, s.RefreshGaps(ctx, now, week, false))
		found := dump(t, s, "tieout_gaps")
		succeed(t, s.RefreshGaps(ctx, now, week, true))
		equal(t, fmt.Sprintf("gaps after batch %d", batch), found, dump(t, s, "tieout_gaps"))
		for _, gap := range found {
			seen[gap[strings.LastIndexByte(gap, '|')+1:]]++ // "what" is the last of the columns
		}
	}
}

// bookkeeper makes movements and what they may be about, of few ids, so that they meet, change and stop being readable.
type bookkeeper struct {
	*rand.Rand
	ids int
}

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

func (b bookkeeper) days(from, to int) time.Duration {
	return time.Duration(from*24+b.IntN((to-from)*24)) * time.Hour
}

func (b bookkeeper) at() time.Time { return noon.Add(b.days(-15, 15)) }

func (b bookkeeper) amount(sign int64) money.Amount {
	return in(pick(b.Rand, "EUR", "EUR", "EUR", "USD"), sign*pick(b.Rand, int64(100), 100, 90))
}

func (b bookkeeper) record() reconcile.Record {
	key := func(kind string) reconcile.Key {
		return reconcile.Key{Feed: "stripe", Account: pick(b.Rand, "default", "default", "second"), Kind: kind, ID: fmt.Sprintf("o%d", b.IntN(b.ids))}
	}
	switch b.IntN(9) {
	case 0, 1:
		return reconcile.Payment{Key: key("charge"), Amount: b.amount(1), Status: pick(b.Rand, reconcile.PaymentSucceeded, reconcile.PaymentSucceeded, reconcile.PaymentFailed), CreatedAt: b.at()}
	case 2:
		return reconcile.Refund{Key: key("refund"), Amount: b.amount(1), CreatedAt: b.at()}
	case 3:
		return reconcile.Dispute{Key: key("dispute"), Amount: b.amount(1), CreatedAt: b.at()}
	case 4:
		return reconcile.Payout{Key: key("payout"), Amount: b.amount(1), CreatedAt: b.at()}
	case 5:
		return reconcile.Source{Key: key("source"), Amount: b.amount(1), CreatedAt: b.at()}
	case 6:
		return reconcile.Rejection{Key: key(pick(b.Rand, "charge", "charge", "refund", "dispute", "payout", "source", "balance_transaction")), Reason: "x"}
	default:
		return b.movement(key("balance_transaction"))
	}
}

func (b bookkeeper) movement(key reconcile.Key) reconcile.Movement {
	category := pick(b.Rand, "charge", "charge", "charge", "refund", "dispute", "payout", "charge_failure", "partial_capture_reversal", "fee")
	sign := int64(-1)
	if category == "charge" {
		sign = 1
	}
	gross := b.amount(sign)
	return reconcile.Movement{
		Key: key, ObjectID: pick(b.Rand, "", fmt.Sprintf("o%d", b.IntN(b.ids)), fmt.Sprintf("o%d", b.IntN(b.ids))),
		Category: category, Gross: gross, Fee: in(gross.Currency, 0), Net: gross, CreatedAt: b.at(),
	}
}

func (b bookkeeper) coverage() reconcile.Coverage {
	c := reconcile.Coverage{Feed: "stripe", Account: pick(b.Rand, "default", "default", "second")}
	if from := b.at(); b.IntN(6) > 0 {
		c.Complete = reconcile.Window{From: from, To: from.Add(b.days(0, 30))}
	}
	return c
}
