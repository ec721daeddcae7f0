package store

import (
	"context"

	"tieout/reconcile"
)

// projectionVersion tells apart the ways in which records were kept as rows. A database whose rows were made another way is
// Stale until Rebuild has run.
const projectionVersion = 1

type progressRow struct {
	Change     int64  `db:"change_number"`
	Clustered  int64  `db:"clustered"`
	Judged     int64  `db:"judged"`
	JudgedAt   int64  `db:"judged_at"`
	Basis      string `db:"basis"`
	Projection int64  `db:"projection"`
	Tied       int64  `db:"tied"`
	TiedAt     int64  `db:"tied_at"`
	Observed   int64  `db:"observed"`
}

func loadProgress(ctx context.Context, s session) (progressRow, error) {
	rows, err := selectAll[progressRow](ctx, s, "SELECT change_number, clustered, judged, judged_at, basis, projection, tied, tied_at, observed FROM tieout_progress WHERE id = 1")
	if err != nil || len(rows) == 0 {
		return progressRow{}, err
	}
	return rows[0], nil
}

// lockProgress keeps observers waiting until the end of the transaction, which then knows every change up to the last.
func lockProgress(ctx context.Context, tx session) (progressRow, error) {
	if err := tx.queue(ctx); err != nil {
		return progressRow{}, err
	}
	return loadProgress(ctx, tx)
}

// queue makes transactions that take a number wait for each other. At the beginning of one, before it reads: what comes in between
// later makes it fail. SQLite has only one writer anyway.
func (s session) queue(ctx context.Context) error {
	if s.dialect != Postgres {
		return nil
	}
	_, err := s.exec(ctx, "LOCK TABLE tieout_progress IN SHARE ROW EXCLUSIVE MODE")
	return err
}

// nextChange numbers a change of what was observed. The row is locked until the transaction ends, so that changes become visible in the
// order of their numbers: whoever has judged up to a number has missed none before it.
func nextChange(ctx context.Context, tx session) (int64, error) {
	return takeNumber(ctx, tx, ", observed = change_number + 1")
}

// takeNumber gives out the next number of a change, and may set more of how far things have come.
func takeNumber(ctx context.Context, tx session, set string) (number int64, err error) {
	err = tx.row(ctx, "UPDATE tieout_progress SET change_number = change_number + 1"+set+" WHERE id = 1 RETURNING change_number").Scan(&number)
	return number, err
}

// change runs fn in a transaction with a number of its own, which the rows that it writes carry.
func (s *Store) change(ctx context.Context, fn func(session) error) error {
	return s.transact(ctx, func(tx session) (err error) {
		if err := tx.queue(ctx); err != nil {
			return err
		}
		if tx.change, err = takeNumber(ctx, tx, ""); err != nil {
			return err
		}
		return fn(tx)
	})
}

// Progress tells how far the judging has come.
func (s *Store) Progress(ctx context.Context) (reconcile.Progress, error) {
	row, err := loadProgress(ctx, s.read())
	return reconcile.Progress{Change: row.Observed, Judged: row.Judged, JudgedAt: instant(row.JudgedAt), Basis: row.Basis}, wrap(err, "read how far the judging has come")
}

// SetJudged keeps how far the judging has come: everything up to p.Judged was judged at p.JudgedAt on p.Basis.
func (s *Store) SetJudged(ctx context.Context, p reconcile.Progress) error {
	err := s.change(ctx, func(tx session) error {
		if _, err := tx.exec(ctx, "DELETE FROM tieout_losses WHERE touched <= ?", p.Judged); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "UPDATE tieout_progress SET judged = ?, judged_at = ?, basis = ? WHERE id = 1", p.Judged, micros(p.JudgedAt), clean(p.Basis))
		return err
	})
	return wrap(err, "record that changes were judged up to %d", p.Judged)
}

// Stale reports whether the rows that records are kept in were made by an older program: Rebuild makes them anew.
func (s *Store) Stale(ctx context.Context) (bool, error) {
	row, err := loadProgress(ctx, s.read())
	return row.Projection != projectionVersion, wrap(err, "read the version of the projections")
}

// restart makes the next judging a full one, after the projections were made anew, and takes verdicts and exceptions to the
// clusters that their cases are in now.
func restart(ctx context.Context, tx session) error {
	_, err := tx.exec(ctx, "UPDATE tieout_progress SET clustered = 0 WHERE id = 1")
	if err == nil {
		err = assignClusters(ctx, tx)
	}
	if err != nil {
		return err
	}
	for _, of := range []string{"tieout_verdicts", "tieout_exceptions"} {
		for _, from := range caseRows {
			_, err := tx.exec(ctx, "UPDATE "+of+" SET cluster = c.cluster FROM "+from.table+" c WHERE "+of+".case_key = "+from.caseKey+" AND "+of+".cluster <> c.cluster")
			if err != nil {
				return err
			}
		}
	}
	_, err = tx.exec(ctx, "UPDATE tieout_progress SET judged = 0, judged_at = 0, basis = '', tied = 0, projection = ? WHERE id = 1", projectionVersion)
	return err
}

// caseRow says in SQL to which case a row leads, or led when it could be read, or could not.
type caseRow struct{ table, caseKey string }

// caseRows are reconcile.CaseKeyOfOrder, LooseKeyOf and CaseKeyOfRejection. What was found of an object that is a rejection now stays
// with it, and the other way round.
var caseRows = allCaseRows()

func allCaseRows() []caseRow {
	list := []caseRow{
		{"tieout_rejections", "'order/' || c.id"},
		{"tieout_rejections", "'loose/' || c.feed || '/' || c.account || '/' || c.id"},
		{"tieout_orders", "'order/' || c.id"},
		{"tieout_sources", "'loose/' || c.feed || '/' || c.account || '/' || c.id"},
		{"tieout_payments", "'loose/' || c.feed || '/' || c.account || '/' || CASE WHEN c.source_id = '' THEN c.id ELSE c.source_id END"},
	}
	for _, table := range clusteredTables {
		list = append(list, caseRow{table, "'rejection/' || c.feed || '/' || c.account || '/' || c.kind || '/' || c.id"})
	}
	return list
}
