package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// dayAfter is when the increments are judged.
var dayAfter = now.AddDate(0, 0, 1)

// What is measured, besides the lines that are named after it.
const (
	joined      = "join"
	copied      = "copy"
	decoded     = "decode"
	copiedPages = "copy_pages"
	fullDay     = "full_on_a_day" // all is judged, and what changed lies scattered among what did not
)

// bench is one run of all that was asked for.
type bench struct {
	options
	dir   string // for its files
	admin *sql.DB
	took  map[string]readings
	peaks map[int][]float64 // MB, of every run on PostgreSQL, by the number of orders
}

func run(ctx context.Context, o options) ([]row, error) {
	b := &bench{options: o, took: map[string]readings{}, peaks: map[int][]float64{}}
	if b.wants("workbook", "workbook_memory", "report_memory") {
		if err := b.inFolder(func() error { return b.files(ctx) }); err != nil {
			return nil, err
		}
	}
	if b.wants("verify") {
		if err := b.inFolder(func() error { return b.verify(ctx) }); err != nil {
			return nil, err
		}
	}
	if b.wants(onServer...) {
		if err := b.inFolder(func() error { return b.stored(ctx) }); err != nil {
			return nil, err
		}
	}
	if err := b.fetching(ctx); err != nil {
		return nil, err
	}
	return append(b.lines(), b.fetchRows()...), nil
}

// inFolder gives the work a folder for its files, which is gone afterwards.
func (b *bench) inFolder(work func() error) (err error) {
	if b.dir, err = os.MkdirTemp("", "tieout-bench-*"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	return errors.Join(work(), os.RemoveAll(b.dir))
}

// stored measures all that needs a server.
func (b *bench) stored(ctx context.Context) (err error) {
	if b.admin, err = sql.Open("postgres", b.server); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.admin.Close()) }()
	if err := b.tellMachine(ctx); err != nil {
		return err
	}
	if b.wants("ingest") {
		if err := b.ingest(ctx); err != nil {
			return err
		}
	}
	if !b.wants(inWorlds...) {
		return nil
	}
	if err := b.small(ctx); err != nil {
		return err
	}
	if b.wants("memory") {
		return b.big(ctx)
	}
	return nil
}

// tellMachine says what the figures depend on.
func (b *bench) tellMachine(ctx context.Context) error {
	version, err := exec.CommandContext(ctx, b.tieout, "version").Output()
	if err != nil {
		return fmt.Errorf("%s version: %w", b.tieout, err)
	}
	var server string
	err = b.admin.QueryRowContext(ctx, `SELECT version() || ', shared_buffers ' || current_setting('shared_buffers') || ', work_mem ' || current_setting('work_mem') ||
		', fsync ' || current_setting('fsync')`).Scan(&server)
	if err != nil {
		return fmt.Errorf("ask the server what it is: %w", err)
	}
	tell("%s, %s, %d cores of %s\n%s", strings.TrimSpace(string(version)), runtime.Version(), runtime.NumCPU(), runtime.GOARCH, server)
	return nil
}

func tell(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// note keeps what was measured and tells it.
func (b *bench) note(what string, r reading) {
	b.took[what] = append(b.took[what], r)
	tell("  %-18s %s", what, r)
}

// small measures all but the memory of the bigger world.
func (b *bench) small(ctx context.Context) (err error) {
	p, err := b.onPostgres(ctx, "small", world{b.orders})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	file := ""
	if b.wants("sqlite_first_full") {
		if file, err = b.worldFile(ctx, p.world); err != nil {
			return err
		}
	}
	if err := b.prepare(ctx, p); err != nil {
		return err
	}
	for n := range b.rounds {
		tell("round %d of %d", n+1, b.rounds)
		if err := b.round(ctx, p, file); err != nil {
			return err
		}
	}
	if b.wants("increment", "memory") {
		for n := range b.rounds {
			if err := b.day(ctx, p, n+1, "increment"); err != nil {
				return err
			}
		}
	}
	if b.wants("memory") {
		return b.day(ctx, p, b.rounds+1, fullDay, "--full")
	}
	return nil
}

// prepare makes what stands beside tieout, and judges once: for the rows that psql copies, and so that every round begins warm.
func (b *bench) prepare(ctx context.Context, p *place) error {
	tell("prepare")
	if err := execute(ctx, p.db, prepareJoin...); err != nil {
		return err
	}
	if err := tellPlan(ctx, p.db); err != nil {
		return err
	}
	if err := b.judge(ctx, p, "", 0); err != nil {
		return err
	}
	if _, err := psql(ctx, p.url, copies(b.dir, judged, "", "to")...); err != nil {
		return err
	}
	return tidy(ctx, p.db)
}

// tellPlan says how PostgreSQL will join.
func tellPlan(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("explain the join: %w", err)
	}
	defer tx.Rollback() // and with it the setting
	if _, err := tx.ExecContext(ctx, asFromMemory); err != nil {
		return fmt.Errorf("%s: %w", asFromMemory, err)
	}
	rows, err := tx.QueryContext(ctx, "EXPLAIN "+joinQuery)
	if err != nil {
		return fmt.Errorf("explain the join: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return fmt.Errorf("explain the join: %w", err)
		}
		tell("  %s", line)
	}
	return rows.Err()
}

// round measures each piece of work once, what stands beside it right before it.
func (b *bench) round(ctx context.Context, p *place, file string) error {
	if b.wants("first_full", "increment", "sqlite_first_full", "memory") {
		if err := b.firstFull(ctx, p); err != nil {
			return err
		}
	}
	if b.wants("sqlite_first_full") {
		if err := b.sqliteFirstFull(ctx, file, p.world); err != nil {
			return err
		}
	}
	if b.wants("full_again") {
		if err := b.join(ctx, p); err != nil {
			return err
		}
	}
	if b.wants("full_again", "memory") {
		if err := b.fullAgain(ctx, p); err != nil {
			return err
		}
	}
	if b.wants("csv", "parquet") {
		return b.csv(ctx, p)
	}
	return nil
}

func (b *bench) firstFull(ctx context.Context, p *place) error {
	if err := execute(ctx, p.db, forget...); err != nil {
		return err
	}
	if b.wants("first_full") {
		if err := b.join(ctx, p); err != nil {
			return err
		}
		if err := b.copy(ctx, p); err != nil {
			return err
		}
	}
	if err := tidy(ctx, p.db); err != nil {
		return err
	}
	return b.judge(ctx, p, "first_full", 0)
}

// join has PostgreSQL join the two tables.
func (b *bench) join(ctx context.Context, p *place) error {
	if err := tidy(ctx, p.db); err != nil {
		return err
	}
	r, err := psql(ctx, p.url, asFromMemory, joinQuery)
	if err != nil {
		return err
	}
	b.note(joined, r)
	return execute(ctx, p.db, "DROP TABLE bench_join")
}

// copy has psql write the verdicts and exceptions that tieout wrote.
func (b *bench) copy(ctx context.Context, p *place) error {
	if err := execute(ctx, p.db, emptyCopies(judged)...); err != nil {
		return err
	}
	if err := tidy(ctx, p.db); err != nil {
		return err
	}
	r, err := psql(ctx, p.url, copies(b.dir, judged, "bench_", "from")...)
	if err != nil {
		return err
	}
	b.note(copied, r)
	return execute(ctx, p.db, emptyCopies(judged)...)
}

func (b *bench) sqliteFirstFull(ctx context.Context, file string, w world) (err error) {
	p, err := b.onSQLite(file, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	return b.judge(ctx, p, "sqlite_first_full", 0)
}

// fullAgain judges all again, and fails when that wrote a verdict.
func (b *bench) fullAgain(ctx context.Context, p *place) error {
	if err := tidy(ctx, p.db); err != nil {
		return err
	}
	if err := b.judge(ctx, p, "full_again", 0, "--full"); err != nil {
		return err
	}
	var written int
	err := p.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM tieout_verdicts WHERE run_id = (SELECT MAX(id) FROM tieout_runs)").Scan(&written)
	if err == nil && written > 0 {
		err = fmt.Errorf("judging again wrote %d verdicts", written)
	}
	return err
}

// day brings a day's increment and measures its judging under a name.
func (b *bench) day(ctx context.Context, p *place, day int, name string, flags ...string) error {
	if err := fill(ctx, p.url, p.world, day); err != nil {
		return err
	}
	if err := tidy(ctx, p.db); err != nil {
		return err
	}
	return b.judge(ctx, p, name, day, flags...)
}

// judge runs tieout, after so many days' increments, keeps what it took under a name, and checks the answer.
func (b *bench) judge(ctx context.Context, p *place, name string, days int, flags ...string) error {
	asOf := now
	if days > 0 {
		asOf = dayAfter
	}
	args := append([]string{"--config", p.config, "run", "reconcile", "--as-of", asOf.Format(time.RFC3339)}, flags...)
	r, err := measure(ctx, b.tieout, args...)
	if err != nil {
		return err
	}
	if name != "" {
		b.note(name, r)
	}
	if p.postgres {
		b.peaks[p.world.orders] = append(b.peaks[p.world.orders], r.peak)
	}
	return check(ctx, p.db, p.world.expected(days))
}

// big runs tieout in a world four times as big, for its memory alone.
func (b *bench) big(ctx context.Context) (err error) {
	tell("four times as many orders")
	p, err := b.onPostgres(ctx, "big", world{4 * b.orders})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	alone := &bench{options: b.options, took: map[string]readings{}, peaks: b.peaks}
	if err := alone.judge(ctx, p, "first_full", 0); err != nil {
		return err
	}
	if err := alone.fullAgain(ctx, p); err != nil {
		return err
	}
	if err := alone.day(ctx, p, 1, "increment"); err != nil {
		return err
	}
	return alone.day(ctx, p, 2, fullDay, "--full")
}

// lines are those that were asked for.
func (b *bench) lines() []row {
	seconds := func(what string) float64 { return b.took[what].seconds() }
	var rows []row
	add := func(name string, reach float64, ratio func() float64) {
		if b.wants(name) {
			rows = append(rows, row{name: name, reach: reach, ratio: ratio()})
		}
	}
	add("first_full", 1.30, func() float64 { return seconds("first_full") / (seconds(joined) + seconds(copied)) })
	add("full_again", 1.50, func() float64 { return seconds("full_again") / seconds(joined) })
	add("increment", 0.03, func() float64 { return seconds("increment") / seconds("first_full") })
	add("sqlite_first_full", 2.00, func() float64 { return seconds("sqlite_first_full") / seconds("first_full") })
	add("verify", 5.00, func() float64 { return b.verifyRatio() })
	add("csv", 2.00, func() float64 { return seconds(partCSV) / seconds(copiedOut) })
	add("parquet", 1.30, func() float64 { return seconds(partParquet) / seconds(partCSV) })
	add("workbook", 0.70, func() float64 {
		return seconds(b.named(partWorkbook, workbookRows)) / seconds(b.named(partPlain, workbookRows))
	})
	add("workbook_memory", 1.00, func() float64 {
		return max(b.peak(partWorkbook, workbookRows), b.peak(partWorkbook, workbookMore)) / workbookMB
	})
	add("report_memory", 1.15, func() float64 { return b.peak(partReport, reportMore) / b.peak(partReport, reportRows) })
	if b.wants("memory") {
		small, big := slices.Max(b.peaks[b.orders]), slices.Max(b.peaks[4*b.orders])
		rows = append(rows, row{name: "memory", ratio: big / small, reach: 1.15}, row{name: "memory_mb", ratio: max(small, big) / 64, reach: 1.00})
	}
	add("ingest", 1.50, func() float64 { return seconds("ingest") / (seconds(decoded) + seconds(copiedPages)) })
	if b.wants("ingest") {
		rows = append(rows, row{name: "ingest_again", ratio: seconds("ingest_again") / seconds("ingest"), reach: 0.70})
	}
	return rows
}
