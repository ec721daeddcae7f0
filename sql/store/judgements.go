package store

import (
	"context"
	"slices"

	"tieout/reconcile"
)

// SaveJudgement keeps a judgement in one transaction: new verdicts, those that say something else than before, and what is
// gone. Rows that say the same already are not touched; what a case no longer owes goes. Exceptions are taken from
// Exceptions, not from the verdicts. Of two exceptions with one ID the last counts.
func (s *Store) SaveJudgement(ctx context.Context, j reconcile.Judgement) error {
	if j.Empty() {
		return nil
	}
	err := s.change(ctx, func(tx session) error { return saveJudgement(ctx, tx, j, begunIn(j.Changes)) })
	if isTaken(err) {
		// A case or an exception that is new to its cluster is held under another one, which has not been judged yet: it has moved.
		j.Changed, j.Fresh = slices.Concat(j.Changed, j.Fresh), nil
		err = s.change(ctx, func(tx session) error { return saveJudgement(ctx, tx, j, nil) })
	}
	return wrap(err, "store the judgement of %d cases in run %d", len(j.Fresh)+len(j.Changed)+len(j.Gone), j.RunID)
}

// begunIn are the exceptions, by id, whose lives begin with one of these changes.
func begunIn(changes []reconcile.ExceptionChange) map[string]bool {
	begun := map[string]bool{}
	for _, change := range changes {
		if change.From == "" {
			begun[change.ID] = true
		}
	}
	return begun
}

// saveJudgement fails where an exception that has begun is held: that is for the database to find out, which is quicker than asking.
func saveJudgement(ctx context.Context, tx session, j reconcile.Judgement, begun map[string]bool) error {
	if err := deleteVerdicts(ctx, tx, j.Gone); err != nil {
		return err
	}
	if err := saveVerdicts(ctx, tx, j); err != nil {
		return err
	}
	if err := saveExceptions(ctx, tx, j.Exceptions, begun); err != nil {
		return err
	}
	return appendChanges(ctx, tx, j.Changes, begun)
}

func saveExceptions(ctx context.Context, tx session, list []reconcile.ExceptionRecord, begun map[string]bool) error {
	var fresh, held []exceptionRow
	for _, exception := range list {
		if row := rowOfException(exception); begun[row.ID] {
			fresh = append(fresh, row)
		} else {
			held = append(held, row)
		}
	}
	if err := exceptions.load(ctx, tx, fresh); err != nil {
		return err
	}
	_, err := exceptions.upsert(ctx, tx, lastOf(held, func(r exceptionRow) string { return r.ID }))
	return err
}

// deleteVerdicts removes the verdicts of cases that are gone from their clusters, and what those owed.
func deleteVerdicts(ctx context.Context, tx session, gone []reconcile.GoneCase) error {
	if len(gone) == 0 {
		return nil
	}
	caseKeys, places := make([]string, len(gone)), make([][]string, len(gone))
	for i, g := range gone {
		caseKeys[i], places[i] = g.CaseKey, []string{g.Cluster, g.CaseKey}
	}
	if _, err := tx.exec(ctx, "DELETE FROM tieout_verdicts WHERE "+tx.inTuples("cluster", "case_key"), tuples(places)); err != nil {
		return err
	}
	_, err := tx.exec(ctx, "DELETE FROM tieout_owed WHERE "+tx.in("case_key")+
		" AND NOT EXISTS (SELECT 1 FROM tieout_verdicts v WHERE v.case_key = tieout_owed.case_key)", tx.list(caseKeys))
	return err
}

func saveVerdicts(ctx context.Context, tx session, j reconcile.Judgement) error {
	err := verdicts.loadEach(ctx, tx, len(j.Fresh), func(i int, row *verdictRow) error { return row.of(&j.Fresh[i], j.RunID, j.At) })
	if err != nil {
		return err
	}
	if err := saveChanged(ctx, tx, j); err != nil {
		return err
	}
	return saveOwed(ctx, tx, j.Changed, append(owedIn(j.Fresh), owedIn(j.Changed)...))
}

// changedAtOnce bounds how many rows of verdicts that changed are in memory at a time.
const changedAtOnce = 1000

func saveChanged(ctx context.Context, tx session, j reconcile.Judgement) error {
	rows := make([]verdictRow, min(len(j.Changed), changedAtOnce))
	for part := range slices.Chunk(j.Changed, changedAtOnce) {
		rows = rows[:len(part)]
		for i := range part {
			if err := rows[i].of(&part[i], j.RunID, j.At); err != nil {
				return err
			}
		}
		if _, err := verdicts.upsert(ctx, tx, rows); err != nil {
			return err
		}
	}
	return nil
}

func owedIn(list []reconcile.Verdict) (due []owedRow) {
	for i := range list {
		for _, o := range list[i].Owed {
			due = append(due, rowOfOwed(list[i].CaseKey, o))
		}
	}
	return due
}

// saveOwed makes due all that the cases owe. cases are those that may owe something already.
func saveOwed(ctx context.Context, tx session, cases []reconcile.Verdict, due []owedRow) error {
	due = lastOf(due, owedRow.id)
	if len(cases) > 0 {
		caseKeys := make([]string, len(cases))
		for i := range cases {
			caseKeys[i] = cases[i].CaseKey
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
	}
	_, err := owed.upsert(ctx, tx, due)
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
