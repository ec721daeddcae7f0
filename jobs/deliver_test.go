package jobs

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// messenger is a carrier that does as it is told and counts.
type messenger struct {
	name       string
	repeatable bool
	arrived    bool
	failure    error
	sent       int
}

func (m *messenger) Name() string     { return m.name }
func (m *messenger) Repeatable() bool { return m.repeatable }

func (m *messenger) Deliver(context.Context) (bool, error) {
	m.sent++
	return m.arrived, m.failure
}

var errLost = errors.New("the answer got lost")

// TestNeverTwice: what was brought is not brought again; what did not arrive is; of what may have arrived, only what can be
// repeated without harm.
func TestNeverTwice(t *testing.T) {
	for _, url := range []string{storetest.SQLiteURL(t), storetest.PostgresURL(t)} {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			name  string
			first messenger
			died  bool // the first run, before it could write down the outcome
			again []string
			sent  int // in both runs
			fails bool
			state reconcile.DeliveryState
		}{
			{name: "arrived", first: messenger{arrived: true}, sent: 1, state: reconcile.DeliveryDone},
			{name: "failed", first: messenger{failure: errLost}, sent: 2, fails: true, state: reconcile.DeliveryFailed},
			{name: "may have arrived", first: messenger{arrived: true, failure: errLost}, sent: 1, fails: true, state: reconcile.DeliveryUnknown},
			{name: "may have arrived, repeatable", first: messenger{repeatable: true, arrived: true, failure: errLost}, sent: 2, fails: true, state: reconcile.DeliveryUnknown},
			{name: "died", first: messenger{arrived: true}, died: true, sent: 1, state: reconcile.DeliveryIntended},
			{name: "died, repeatable", first: messenger{arrived: true, repeatable: true}, died: true, sent: 2, state: reconcile.DeliveryDone},
			{name: "arrived, wanted again", first: messenger{arrived: true}, again: []string{"arrived, wanted again"}, sent: 2, state: reconcile.DeliveryDone},
		} {
			t.Run(string(db.Dialect())+", "+tc.name, func(t *testing.T) {
				carrier := tc.first
				carrier.name = tc.name
				report := reconcile.Delivery{Report: "r1", FinanceDay: "2026-03-10", RunID: 1}
				job := Deliver{Ledger: db, Load: func(context.Context, Session) (reconcile.Delivery, []Carrier, error) {
					return report, []Carrier{&carrier}, nil
				}}
				if tc.died {
					job.Ledger = dying{db}
				}
				session := Session{RunID: 1, Now: day, Clock: func() time.Time { return day }, Log: slog.New(slog.DiscardHandler)}
				var step reconcile.Step
				if err := job.Run(t.Context(), session, &step); (err != nil) != (tc.fails || tc.died) {
					t.Errorf("the first run: %v", err)
				}
				job.Ledger, job.Again = db, tc.again
				repeated := job.Run(t.Context(), session, &step)
				if want := tc.fails && tc.sent == 2; (repeated != nil) != want {
					t.Errorf("the second run: %v", repeated)
				}
				if carrier.sent != tc.sent {
					t.Errorf("sent %d times, want %d", carrier.sent, tc.sent)
				}
				held, fresh, err := db.BeginDelivery(t.Context(), reconcile.Delivery{Report: "r1", Carrier: tc.name})
				if err != nil || fresh || held.State != tc.state || held.FinanceDay != "2026-03-10" || !held.BegunAt.Equal(day) {
					t.Errorf("held %+v, fresh %t, error %v; want state %s", held, fresh, err, tc.state)
				}
			})
		}
	}
}

var day = time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)

// dying is a ledger of a run that does not live to write down an outcome.
type dying struct{ DeliveryLedger }

func (dying) FinishDelivery(context.Context, reconcile.Delivery) error { return errors.New("killed") }

// TestDeliverGoesOn: one carrier that fails does not stop the rest; after a report that failed, and in a dry run, none is used.
func TestDeliverGoesOn(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLiteURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	broken, fine := &messenger{name: "broken", failure: errLost}, &messenger{name: "fine", arrived: true}
	job := Deliver{Ledger: db, Load: func(context.Context, Session) (reconcile.Delivery, []Carrier, error) {
		return reconcile.Delivery{Report: "r1", FinanceDay: "2026-03-10"}, []Carrier{broken, fine}, nil
	}}
	session := Session{Now: day, Clock: func() time.Time { return day }, Log: slog.New(slog.DiscardHandler)}
	for _, quiet := range []Session{{DryRun: true}, {Failed: []string{"report"}}} {
		quiet.Log = session.Log
		if err := job.Run(t.Context(), quiet, &reconcile.Step{}); err != nil || broken.sent+fine.sent > 0 {
			t.Errorf("error %v, sent %d and %d times", err, broken.sent, fine.sent)
		}
	}
	var step reconcile.Step
	if err := job.Run(t.Context(), session, &step); !errors.Is(err, errLost) {
		t.Errorf("error = %v", err)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 1}, []int{broken.sent, fine.sent, step.Acted, step.Refused}); diff != "" {
		t.Errorf("sent, sent, acted, refused (-want +got):\n%s", diff)
	}
}
