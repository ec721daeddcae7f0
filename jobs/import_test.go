package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// heldObservations is an Intake in memory.
type heldObservations map[reconcile.Key]feeds.Observation

func (h heldObservations) Newest(_ context.Context, keys []reconcile.Key) (map[reconcile.Key]feeds.Observation, error) {
	newest := maps.Clone(h)
	maps.DeleteFunc(newest, func(key reconcile.Key, _ feeds.Observation) bool { return !slices.Contains(keys, key) })
	return newest, nil
}

func (h heldObservations) Observe(_ context.Context, items []feeds.Item) error {
	for _, item := range items {
		h[item.Observation.Key] = item.Observation
	}
	return nil
}

// eurPayments reads a row's amount as a payment; "?" cannot be read.
func eurPayments(observation feeds.Observation) reconcile.Record {
	values, _ := feeds.RowOf(observation.Body)
	amount, err := money.Parse(values["amount"], "EUR")
	if err != nil {
		return reconcile.Rejection{Key: observation.Key, Reason: "no amount"}
	}
	return reconcile.Payment{Key: observation.Key, Amount: amount, Status: reconcile.PaymentSucceeded}
}

func paymentLine(number int, id, amount string) feeds.Line {
	return feeds.Line{Number: number, Observations: []feeds.Observation{{
		Key: reconcile.Key{ID: id}, Body: feeds.RowBody("test", map[string]string{"amount": amount}),
	}}}
}

func linesOf(end error, lines ...feeds.Line) Lines {
	return func(yield func(feeds.Line, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
		if end != nil {
			yield(feeds.Line{}, end)
		}
	}
}

func TestImportCountsEachRowOnce(t *testing.T) {
	held := heldObservations{}
	lines := []feeds.Line{
		paymentLine(2, "a", "1.00"), paymentLine(3, "b", "2.00"), paymentLine(4, "a", "1.00"), {Number: 5, Reason: "it is broken"}, paymentLine(6, "c", "?"),
		paymentLine(0, "whole", "100.00"),
	}
	tally, err := Import(t.Context(), linesOf(nil, lines...), eurPayments, held)
	want := ImportTally{
		Read: 5, Stored: 2, Unchanged: 1, Rejected: 2, Bad: []BadLine{{5, "it is broken"}, {6, "no amount"}},
		Sums: []Sum{{What: "payments succeeded", Rows: 3, Amount: money.Amount{Minor: 400, Currency: "EUR"}}},
	}
	if difference := cmp.Diff(want, tally); err != nil || difference != "" {
		t.Error(err, difference)
	}
	if len(held) != 4 {
		t.Errorf("held: %v", held)
	}
	tally, err = Import(t.Context(), linesOf(nil, lines[:3]...), eurPayments, held)
	if err != nil || tally.Read != 3 || tally.Unchanged != 3 {
		t.Errorf("again: %+v, %v", tally, err)
	}
}

func TestImportGoesOnOverManyBatches(t *testing.T) {
	var lines []feeds.Line
	for i := range 2*importBatch + 1 {
		lines = append(lines, paymentLine(i+2, fmt.Sprint(i), "0.01"), feeds.Line{Number: i + 3, Reason: "bad"})
	}
	held := heldObservations{}
	tally, err := Import(t.Context(), linesOf(nil, lines...), eurPayments, held)
	if err != nil || tally.Stored != 2*importBatch+1 || tally.Rejected != 2*importBatch+1 || len(tally.Bad) != mostBad || len(held) != tally.Stored {
		t.Errorf("%d stored, %d rejected, %d told, %d held, %v", tally.Stored, tally.Rejected, len(tally.Bad), len(held), err)
	}
}

func TestImportEndsWithTheFilesError(t *testing.T) {
	broken := errors.New("the file breaks off")
	if tally, err := Import(t.Context(), linesOf(broken, paymentLine(2, "a", "1.00")), eurPayments, heldObservations{}); !errors.Is(err, broken) || tally.Read != 0 {
		t.Errorf("%+v, %v", tally, err)
	}
	stopped, stop := context.WithCancelCause(t.Context())
	stop(broken)
	if _, err := Import(stopped, linesOf(nil, paymentLine(2, "a", "1.00")), eurPayments, heldObservations{}); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := Import(t.Context(), linesOf(nil, paymentLine(2, "a", "92233720368547758.07"), paymentLine(3, "b", "1.00")), eurPayments, heldObservations{}); !errors.Is(err, money.ErrOverflow) {
		t.Error(err)
	}
}
