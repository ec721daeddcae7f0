package main

import (
	"context"
	"database/sql"
	"fmt"
	"maps"

	"tieout/reconcile"
)

// held is what stands in a database after a run: how many verdicts by outcome, and exceptions by code.
type held map[string]int

// expected is what must stand after some days' increments: every story has one answer.
func (w world) expected(days int) held {
	h := held{}
	for n := range block {
		switch storyOf(n) {
		case missing:
			h[string(reconcile.Excepted)]++
			h[string(reconcile.MissingAtProvider)]++
		case wrong:
			h[string(reconcile.Excepted)]++
			h[string(reconcile.AmountMismatch)]++
		case doubled:
			h[string(reconcile.Excepted)]++
			h[string(reconcile.DuplicatePayment)]++
		case open, settling:
			h[string(reconcile.Waiting)]++
		default:
			h[string(reconcile.Matched)]++
		}
	}
	h[string(reconcile.Excepted)] += strays
	h[string(reconcile.MissingOrder)] += strays
	h[string(reconcile.Matched)] += days * (newOrders + 2*movedOn) // new, paid and settled; what is refunded was matched before
	h[string(reconcile.Waiting)] -= days * 2 * movedOn
	for name := range h {
		h[name] *= w.blocks()
	}
	maps.DeleteFunc(h, func(_ string, count int) bool { return count == 0 })
	return h
}

// check fails when a database holds another answer than the world's stories have: a time that was taken for a wrong answer
// is worth nothing.
func check(ctx context.Context, db *sql.DB, want held) error {
	got := held{}
	rows, err := db.QueryContext(ctx, `SELECT outcome, COUNT(*) FROM tieout_verdicts GROUP BY outcome
		UNION ALL SELECT code, COUNT(*) FROM tieout_exceptions WHERE status IN ('open', 'reopened', 'acknowledged') GROUP BY code`)
	if err != nil {
		return fmt.Errorf("count what was judged: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var count int
		if err := rows.Scan(&name, &count); err != nil {
			return fmt.Errorf("count what was judged: %w", err)
		}
		got[name] = count
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count what was judged: %w", err)
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("the answer is wrong: held are %v, the world's stories say %v", got, want)
	}
	return nil
}
