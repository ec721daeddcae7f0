package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tieout/feeds/simulator"
	"tieout/reconcile"
	"tieout/sql/store"
)

// againstTruth holds the exceptions that stand against what the simulated world knows, and the orders that were canceled
// against those that had to be. It returns one line for each order or loose transaction that differs.
func (p *parts) againstTruth(ctx context.Context, truth []simulator.OrderTruth) ([]string, error) {
	found, err := p.foundCodes(ctx)
	if err != nil {
		return nil, err
	}
	canceled, err := p.canceledOrders(ctx)
	if err != nil {
		return nil, err
	}
	var differences []string
	for _, row := range truth {
		subject := subjectOf(row.OrderReference, row.TransactionReference)
		want := strings.Join(slices.Sorted(slices.Values(row.Codes)), " ")
		slices.Sort(found[subject])
		if got := strings.Join(found[subject], " "); got != want {
			differences = append(differences, fmt.Sprintf("%s (%s): the truth is [%s], found [%s]", subject, row.Story, want, got))
		}
		if must := row.Cancel == simulator.CancelYes; must != canceled[row.OrderReference] && row.Cancel != simulator.CancelShop {
			differences = append(differences, fmt.Sprintf("%s (%s): to be canceled: %t, canceled: %t", subject, row.Story, must, canceled[row.OrderReference]))
		}
		delete(found, subject)
	}
	for _, subject := range sortedKeys(found) {
		differences = append(differences, fmt.Sprintf("%s: the truth knows nothing, found %v", subject, found[subject]))
	}
	return differences, nil
}

// subjectOf is what an exception is about: its order, or else its transaction.
func subjectOf(order, transaction string) string {
	if order != "" {
		return order
	}
	return transaction
}

func (p *parts) foundCodes(ctx context.Context) (map[string][]string, error) {
	found := map[string][]string{}
	for record, err := range p.store.Exceptions(ctx, store.ExceptionFilter{Standing: true}) {
		if err != nil {
			return nil, err
		}
		subject := subjectOf(record.OrderReference, record.TransactionReference)
		found[subject] = append(found[subject], string(record.Code))
	}
	return found, nil
}

func (p *parts) canceledOrders(ctx context.Context) (map[string]bool, error) {
	canceled := map[string]bool{}
	for row, err := range p.store.Canceled(ctx) {
		if err != nil {
			return nil, err
		}
		canceled[row.OrderReference] = row.Outcome == reconcile.CancelDone
	}
	return canceled, nil
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
