package store

import (
	"context"

	"tieout/reconcile"
)

type coverageRow struct {
	Feed            string `db:"feed"`
	Account         string `db:"account"`
	CompleteFrom    int64  `db:"complete_from"`
	CompleteThrough int64  `db:"complete_through"`
	LastRunID       int64  `db:"last_run_id"` // the run that changed it last
	Reason          string `db:"reason"`
	touchedRow
}

var coverages = newCoverages()

func newCoverages() table[coverageRow] {
	t := newTable[coverageRow]("tieout_coverage", "feed", "account")
	t.stamps = append(t.stamps, "last_run_id")
	return t
}

// Coverage tells for every account that was ever fetched for which time it has been shown completely, by feed and account.
func (s *Store) Coverage(ctx context.Context) ([]reconcile.Coverage, error) {
	rows, err := coverages.find(ctx, s.read(), "true ORDER BY feed, account")
	list := make([]reconcile.Coverage, len(rows))
	for i, row := range rows {
		list[i] = reconcile.Coverage{
			Feed: row.Feed, Account: row.Account, Reason: row.Reason,
			Complete: reconcile.Window{From: instant(row.CompleteFrom), To: instant(row.CompleteThrough)},
		}
	}
	return list, wrap(err, "read coverage")
}

// SetCoverage keeps the coverage of one account as the run left it.
func (s *Store) SetCoverage(ctx context.Context, runID int64, c reconcile.Coverage) error {
	row := coverageRow{
		Feed: c.Feed, Account: c.Account, LastRunID: runID, Reason: c.Reason,
		CompleteFrom: micros(c.Complete.From), CompleteThrough: micros(c.Complete.To),
	}
	err := s.change(ctx, func(tx session) error {
		// What was judged missing inside a coverage that has shrunk may not be.
		_, err := tx.exec(ctx, "UPDATE tieout_progress SET basis = '' WHERE EXISTS (SELECT 1 FROM tieout_coverage WHERE feed = ? AND account = ? AND complete_through > ?)",
			row.Feed, row.Account, row.CompleteThrough)
		if err != nil {
			return err
		}
		_, err = coverages.upsert(ctx, tx, []coverageRow{row})
		return err
	})
	return wrap(err, "store coverage of %s %s", c.Feed, c.Account)
}
