package store

import (
	"context"

	"tieout/reconcile"
)

// SaveJudgement keeps a judgement in one transaction. Rows that say the same already are not touched; what a case
// no longer owes goes. Exceptions are taken from Exceptions, not from Verdicts. Of two verdicts of one case, or two exceptions with one ID, the last counts.
func (s *Store) SaveJudgement(ctx context.Context, j reconcile.Judgement) error {
	err := s.transact(ctx, func(tx session) error {
		if err := saveVerdicts(ctx, tx, j); err != nil {
			return err
		}
		rows := make([]exceptionRow, len(j.Exceptions))
		for i, exception := range j.Exceptions {
			rows[i] = rowOfException(exception)
		}
		if _, err := exceptions.upsert(ctx, tx, lastOf(rows, func(r exceptionRow) string { return r.ID })); err != nil {
			return err
		}
		return appendChanges(ctx, tx, j.Changes)
	})
	return wrap(err, "store the judgement of %d cases in run %d", len(j.Verdicts), j.RunID)
}

func saveVerdicts(ctx context.Context, tx session, j reconcile.Judgement) error {
	var rows []verdictRow
	var due []owedRow
	last := lastOf(j.Verdicts, func(v reconcile.Verdict) string { return v.CaseKey })
	for _, verdict := range last {
		row, err := rowOfVerdict(verdict, j.RunID, j.At)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		for _, o := range verdict.Owed {
			due = append(due, rowOfOwed(verdict.CaseKey, o))
		}
	}
	if _, err := verdicts.upsert(ctx, tx, rows); err != nil {
		return err
	}
	return saveOwed(ctx, tx, rows, due)
}

// saveOwed makes due all that the cases owe.
func saveOwed(ctx context.Context, tx session, cases []verdictRow, due []owedRow) error {
	due = lastOf(due, owedRow.id)
	caseKeys := make([]string, len(cases))
	for i, c := range cases {
		caseKeys[i] = c.CaseKey
	}
	keep := make([][]string, len(due))
	for i, row := range due {
		keep[i] = []string{row.Feed, row.Account, row.PaymentID, row.RequestID}
	}
	_, err := tx.exec(ctx, "DELETE FROM tieout_owed WHERE "+tx.in("case_key")+" AND NOT ("+tx.inTuples(owed.key...)+")",
		tx.list(caseKeys), tuples(keep))
	if err != nil {
		return err
	}
	_, err = owed.upsert(ctx, tx, due)
	return err
}

func (r owedRow) id() string {
	return r.Feed + "\x00" + r.Account + "\x00" + r.PaymentID + "\x00" + r.RequestID
}

// lastOf keeps the last of the elements that share a key, in the order in which the keys first came.
func lastOf[E any](list []E, key func(E) string) []E {
	at := make(map[string]int, len(list))
	var kept []E
	for _, element := range list {
		k := key(element)
		if i, ok := at[k]; ok {
			kept[i] = element
			continue
		}
		at[k] = len(kept)
		kept = append(kept, element)
	}
	return kept
}
