package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
	"tieout/reports"
	"tieout/sql/store"
)

func TestWhatBecameOfAnException(t *testing.T) {
	for want, c := range map[string][]reconcile.ExceptionChange{
		reports.ChangeNew:          {{To: reconcile.StatusOpen}},
		reports.ChangeReopened:     {{From: reconcile.StatusResolved, To: reconcile.StatusReopened}},
		reports.ChangeAcknowledged: {{From: reconcile.StatusOpen, To: reconcile.StatusAcknowledged}, {From: reconcile.StatusReopened, To: reconcile.StatusAcknowledged}},
		reports.ChangeResolved:     {{From: reconcile.StatusOpen, To: reconcile.StatusResolved}, {From: reconcile.StatusAcknowledged, To: reconcile.StatusResolved}},
		reports.ChangeMoved: {
			{From: reconcile.StatusOpen, To: reconcile.StatusOpen}, {From: reconcile.StatusAcknowledged, To: reconcile.StatusReopened}, {From: reconcile.StatusResolved, To: reconcile.StatusResolved},
		},
	} {
		for _, change := range c {
			if got := whatBecame(change); got != want {
				t.Errorf("from %q to %q is %q, want %q", change.From, change.To, got, want)
			}
		}
	}
}

// A finance day is as long as it is: the one on which summer time begins has 23 hours.
func TestDayBounds(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	e := &edition{asOf: time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC), terms: terms{Zone: zone{berlin}}}
	var got []string
	for _, bound := range e.dayBounds(1) {
		got = append(got, bound.Format(time.RFC3339))
	}
	if diff := cmp.Diff([]string{"2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, got); diff != "" {
		t.Errorf("bounds (-want +got):\n%s", diff)
	}
}

// What the provider bills apart is all fee, and comes as a negative amount.
func TestFeesBilledApart(t *testing.T) {
	flow := func(category string, gross, fee int64) store.FlowDay {
		return store.FlowDay{Currency: "EUR", Flow: reconcile.Flow{Category: category, Gross: gross, Fee: fee}}
	}
	for _, test := range []struct {
		flow       store.FlowDay
		gross, fee int64
	}{{flow("charge", 1000, 59), 1000, 59}, {flow("fee", -200, 0), 0, 200}, {flow("refund", -300, 0), -300, 0}} {
		if row := feeDay(test.flow, "2026-03-09"); row.Gross.Minor != test.gross || row.Fee.Minor != test.fee {
			t.Errorf("%s: gross %s and fee %s, want %d and %d", test.flow.Category, row.Gross, row.Fee, test.gross, test.fee)
		}
	}
}
