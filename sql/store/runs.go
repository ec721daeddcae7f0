package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tieout/reconcile"
)

type runRow struct {
	ID        int64  `db:"id"`
	StartedAt int64  `db:"started_at"`
	EndedAt   int64  `db:"ended_at"`
	AsOf      int64  `db:"as_of"`
	Jobs      string `db:"jobs"`
	Status    string `db:"status"`
	Error     string `db:"error"`
	touchedRow
}

var runs = newTable[runRow]("tieout_runs", "id")

type stepRow struct {
	RunID     int64  `db:"run_id"`
	Step      string `db:"step"`
	StartedAt int64  `db:"started_at"`
	EndedAt   int64  `db:"ended_at"`
	Status    string `db:"status"`
	Read      int    `db:"read"`
	Stored    int    `db:"stored"`
	Unchanged int    `db:"unchanged"`
	Rejected  int    `db:"rejected"`
	OtherMode int    `db:"other_mode"`
	Judged    int    `db:"judged"`
	Matched   int    `db:"matched"`
	Waiting   int    `db:"waiting"`
	Excepted  int    `db:"excepted"`
	Acted     int    `db:"acted"`
	Refused   int    `db:"refused"`
	Error     string `db:"error"`
	touchedRow
}

var steps = newTable[stepRow]("tieout_run_steps", "run_id", "step")

// BeginRun records a run that starts and returns its id. The caller holds the run lock, so any other run that is recorded
// as running has died: it is recorded as stopped.
func (s *Store) BeginRun(ctx context.Context, asOf time.Time, jobs []string) (int64, error) {
	var id int64
	started := micros(s.now())
	err := s.change(ctx, func(tx session) error {
		_, err := tx.exec(ctx, "UPDATE tieout_runs SET status = ?, error = ?, touched = ? WHERE status = ?",
			string(reconcile.RunStopped), "it ended without recording how", tx.change, string(reconcile.RunRunning))
		if err != nil {
			return err
		}
		return tx.QueryRowxContext(ctx, tx.bind(`INSERT INTO tieout_runs (started_at, ended_at, as_of, jobs, status, error, touched)
			VALUES (?, 0, ?, ?, ?, '', ?) RETURNING id`),
			started, micros(asOf), strings.Join(jobs, " "), string(reconcile.RunRunning), tx.change).Scan(&id)
	})
	return id, wrap(err, "record a run as of %s", asOf.Format(time.RFC3339))
}

// FinishRun records how a run ended; reason is empty when it is done.
func (s *Store) FinishRun(ctx context.Context, id int64, status reconcile.RunStatus, reason string) error {
	ended := micros(s.now())
	err := s.change(ctx, func(tx session) error {
		count, err := tx.exec(ctx, "UPDATE tieout_runs SET ended_at = ?, status = ?, error = ?, touched = ? WHERE id = ?", ended, string(status), clean(reason), tx.change, id)
		if err == nil && count != 1 {
			err = fmt.Errorf("no such run")
		}
		return err
	})
	return wrap(err, "record the end of run %d", id)
}

// SaveStep records a step as it stands: once when it starts and again when it ends.
func (s *Store) SaveStep(ctx context.Context, runID int64, step reconcile.Step) error {
	row := stepRow{
		RunID: runID, Step: step.Name, StartedAt: micros(step.StartedAt), EndedAt: micros(step.EndedAt), Status: string(step.Status),
		Read: step.Read, Stored: step.Stored, Unchanged: step.Unchanged, Rejected: step.Rejected, OtherMode: step.OtherMode,
		Judged: step.Judged, Matched: step.Matched, Waiting: step.Waiting, Excepted: step.Excepted, Acted: step.Acted, Refused: step.Refused, Error: step.Error,
	}
	err := s.change(ctx, func(tx session) error {
		_, err := steps.upsert(ctx, tx, []stepRow{row})
		return err
	})
	return wrap(err, "record step %s of run %d", step.Name, runID)
}

// LastRun reads the newest run; false when there was none.
func (s *Store) LastRun(ctx context.Context) (reconcile.Run, bool, error) {
	rows, err := runs.find(ctx, s.read(), "true ORDER BY id DESC LIMIT 1")
	if err != nil || len(rows) == 0 {
		return reconcile.Run{}, false, wrap(err, "read the last run")
	}
	r := rows[0]
	return reconcile.Run{
		ID: r.ID, StartedAt: instant(r.StartedAt), EndedAt: instant(r.EndedAt), AsOf: instant(r.AsOf),
		Jobs: strings.Fields(r.Jobs), Status: reconcile.RunStatus(r.Status), Error: r.Error,
	}, true, nil
}

// Steps reads the steps of a run in the order in which they started.
func (s *Store) Steps(ctx context.Context, runID int64) ([]reconcile.Step, error) {
	rows, err := steps.find(ctx, s.read(), "run_id = ? ORDER BY started_at, step", runID)
	list := make([]reconcile.Step, len(rows))
	for i, r := range rows {
		list[i] = reconcile.Step{
			Name: r.Step, StartedAt: instant(r.StartedAt), EndedAt: instant(r.EndedAt), Status: reconcile.RunStatus(r.Status),
			Read: r.Read, Stored: r.Stored, Unchanged: r.Unchanged, Rejected: r.Rejected, OtherMode: r.OtherMode,
			Judged: r.Judged, Matched: r.Matched, Waiting: r.Waiting, Excepted: r.Excepted, Acted: r.Acted, Refused: r.Refused, Error: r.Error,
		}
	}
	return list, wrap(err, "read the steps of run %d", runID)
}
