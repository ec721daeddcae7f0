package store

import (
	"context"
	"encoding/json"
	"time"
)

// Report is a report that was written, and all that is needed to write it again as it was.
type Report struct {
	Number     int64 // of the change that recorded it
	RecordedAt time.Time
	FinanceDay string // 2026-03-10
	AsOf       time.Time
	Held       int64 // the change as of which it was read: see AsOf
	RunID      int64
	Version    string // of the program that wrote it
	Terms      string // JSON: what else shaped it
	Files      []ReportFile
}

// ReportFile is one file of a report as it was written. It is kept as JSON.
type ReportFile struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}

type reportRow struct {
	FinanceDay string `db:"finance_day"`
	AsOf       int64  `db:"as_of"`
	Held       int64  `db:"held"`
	RunID      int64  `db:"run_id"`
	Version    string `db:"version"`
	Terms      string `db:"terms"`
	Files      string `db:"files"`
	touchedRow
}

var writtenReports = newTable[reportRow]("tieout_reports")

// AddReport records a report that was written.
func (s *Store) AddReport(ctx context.Context, r Report) error {
	files, err := json.Marshal(r.Files)
	if err == nil {
		err = s.change(ctx, func(tx session) error {
			_, err := writtenReports.insert(ctx, tx, []reportRow{{
				FinanceDay: r.FinanceDay, AsOf: micros(r.AsOf), Held: r.Held, RunID: r.RunID, Version: r.Version, Terms: r.Terms, Files: string(files),
			}})
			return err
		})
	}
	return wrap(err, "record the report of %s", r.FinanceDay)
}

type recordedRow struct {
	reportRow
	RecordedAt int64 `db:"recorded_at"`
}

// LastReport reads the last report that was written of a finance day; false when there was none.
func (s *Store) LastReport(ctx context.Context, financeDay string) (Report, bool, error) {
	rows, err := selectAll[recordedRow](ctx, s.read(), "SELECT "+writtenReports.listOf("r")+`, COALESCE(c.at, 0) AS recorded_at
		FROM tieout_reports r LEFT JOIN tieout_changes c ON c.number = r.touched WHERE r.finance_day = ? ORDER BY r.touched DESC LIMIT 1`, financeDay)
	if err != nil || len(rows) == 0 {
		return Report{}, false, wrap(err, "look for the report of %s", financeDay)
	}
	row := rows[0]
	r := Report{
		Number: row.Touched, RecordedAt: instant(row.RecordedAt), FinanceDay: row.FinanceDay, AsOf: instant(row.AsOf), Held: row.Held,
		RunID: row.RunID, Version: row.Version, Terms: row.Terms,
	}
	err = json.Unmarshal([]byte(row.Files), &r.Files)
	return r, err == nil, wrap(err, "read the report of %s", financeDay)
}

// ReportDaysAround returns the last finance day before a date of which a report was written, and the first one after it; each empty
// where there is none.
func (s *Store) ReportDaysAround(ctx context.Context, date string) (before, after string, err error) {
	err = s.read().row(ctx, `SELECT COALESCE((SELECT MAX(finance_day) FROM tieout_reports WHERE finance_day < ?), ''),
		COALESCE((SELECT MIN(finance_day) FROM tieout_reports WHERE finance_day > ?), '')`, date, date).Scan(&before, &after)
	return before, after, wrap(err, "look for reports near %s", date)
}
