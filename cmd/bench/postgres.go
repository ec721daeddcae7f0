package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
)

// The columns that judging reads, and PostgreSQL's own join of them over indexes that hold them all.
const (
	orderColumns   = "id, feed, account, kind, payment_id, provider, minor, currency, status, created_at, paid_at, canceled_at, changed_at"
	paymentColumns = "reference, feed, account, kind, id, source_id, minor, currency, status, settle_status, in_scope, created_at, succeeded_at"
)

var joinQuery = "CREATE TABLE bench_join AS SELECT " + columnsAs("o", "order", orderColumns) + ", " + columnsAs("p", "payment", paymentColumns) +
	" FROM bench_orders o FULL OUTER JOIN bench_payments p ON p.reference = o.id"

// asFromMemory has PostgreSQL take the indexes, which here is nearly twice as quick as the plan that it takes by default: that reckons
// with a disk on which reading from place to place is slow.
const asFromMemory = "SET random_page_cost = 1.1; SET jit = off"

func columnsAs(alias, prefix, columns string) string {
	var list []string
	for column := range strings.SplitSeq(columns, ", ") {
		list = append(list, alias+"."+column+" AS "+prefix+"_"+column)
	}
	return strings.Join(list, ", ")
}

// prepareJoin copies the two tables, so that the indexes made for the join are no burden to tieout's.
var prepareJoin = []string{
	"CREATE TABLE bench_orders AS SELECT " + orderColumns + " FROM tieout_orders",
	"CREATE INDEX bench_orders_cover ON bench_orders (id) INCLUDE (" + strings.TrimPrefix(orderColumns, "id, ") + ")",
	"CREATE TABLE bench_payments AS SELECT " + paymentColumns + " FROM tieout_payments",
	"CREATE INDEX bench_payments_cover ON bench_payments (reference) INCLUDE (" + strings.TrimPrefix(paymentColumns, "reference, ") + ")",
	"VACUUM ANALYZE bench_orders",
	"VACUUM ANALYZE bench_payments",
}

// forgettable lets go of what keeps these tables from being emptied at once. What keeps each version of a row stays, and is measured.
func forgettable() []string {
	statements := []string{"ALTER TABLE tieout_exception_changes DISABLE TRIGGER USER"}
	for _, table := range []string{"tieout_verdicts", "tieout_owed", "tieout_exceptions"} {
		statements = append(statements, "ALTER TABLE "+table+" DISABLE TRIGGER "+table+"_never")
	}
	return statements
}

// forget takes a database back to where nothing was judged.
var forget = []string{
	"TRUNCATE tieout_verdicts, tieout_owed, tieout_exceptions, tieout_exception_changes",
	"UPDATE tieout_progress SET judged = 0, judged_at = 0, basis = '' WHERE id = 1",
}

// judged are the tables that a judgement is written to and that psql writes again for comparison.
var judged = []string{"tieout_verdicts", "tieout_exceptions"}

func emptyCopies(tables []string) []string {
	var statements []string
	for _, table := range tables {
		statements = append(statements, "DROP TABLE IF EXISTS bench_"+table, "CREATE TABLE bench_"+table+" (LIKE "+table+" INCLUDING ALL)")
	}
	return statements
}

// copies has psql write tables to files, or read the files into tables with the same keys and indexes.
func copies(dir string, tables []string, prefix, direction string) []string {
	var commands []string
	for _, table := range tables {
		commands = append(commands, fmt.Sprintf(`\copy %s%s %s '%s'`, prefix, table, direction, filepath.Join(dir, table+".copy")))
	}
	return commands
}

// psql runs commands one after the other in one session.
func psql(ctx context.Context, url string, commands ...string) (reading, error) {
	args := []string{"--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=" + url}
	for _, command := range commands {
		args = append(args, "--command="+command)
	}
	return measure(ctx, "psql", args...)
}

// execute runs statements, each in a transaction of its own.
func execute(ctx context.Context, db *sql.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// tidy does what autovacuum and the checkpointer would have done in time, so that neither does it while something is measured.
func tidy(ctx context.Context, db *sql.DB) error {
	return execute(ctx, db, "VACUUM ANALYZE", "CHECKPOINT")
}
