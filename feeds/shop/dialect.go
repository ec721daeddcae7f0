package shop

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// dialect is what differs between the two databases. Queries are written with ? and rebound.
type dialect string

// The databases that a shop's orders may be in.
const (
	Postgres = "postgres"
	SQLite   = "sqlite"

	postgres dialect = Postgres
	sqlite   dialect = SQLite
)

// columnType is as much of a column's type as reading and writing it depends on.
type columnType int

const (
	typeOther   columnType = iota // on SQLite nearly all: its columns hold anything
	typeText                      // PostgreSQL's string types
	typeInteger                   // whole numbers
	typeTime                      // PostgreSQL's timestamps and dates
)

// catalogue is the columns of a table, by folded name.
type catalogue struct {
	names []string // as the database spells them, sorted
	types map[string]columnType
}

func (d dialect) rebind(query string) string {
	if d == postgres {
		return sqlx.Rebind(sqlx.DOLLAR, query)
	}
	return query
}

// fold maps the names that the database holds for the same column to one.
func (d dialect) fold(name string) string {
	if d == sqlite {
		return strings.ToLower(name)
	}
	return name
}

// quote quotes an identifier, optionally with its schema, that isName or isTableName accepted. Both databases quote alike.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, ".", `"."`) + `"`
}

// exact is a column as text that compares byte for byte, whatever its type and collation.
func (d dialect) exact(column string) string {
	if d == postgres {
		return `(CAST(` + quote(column) + ` AS text) COLLATE "C")`
	}
	return `(CAST(` + quote(column) + ` AS TEXT) COLLATE BINARY)`
}

// value is a column as it is read. Everything is read as text, so that no amount passes through a float; only
// PostgreSQL's times come as they are, for their text would depend on the session's settings.
func (d dialect) value(f field) string {
	if d == postgres && f.isTime {
		return quote(f.column)
	}
	return `CAST(` + quote(f.column) + ` AS TEXT)`
}

// equals compares a column with a value byte for byte, and in a way that an index on the column can serve.
func (d dialect) equals(column string, kind columnType, value string) (condition string, args []any) {
	exact := d.exact(column) + ` = ?`
	number, err := strconv.ParseInt(value, 10, 64)
	switch {
	case d == sqlite && err == nil:
		// A column without a declared type, as those of many views, does not equate 7 and '7'.
		return quote(column) + ` IN (?, ?) AND ` + exact, []any{value, number, value}
	case d == sqlite || kind == typeText:
		return quote(column) + ` = ? AND ` + exact, []any{value, value}
	case kind == typeInteger && err != nil:
		return `false`, nil
	case kind == typeInteger:
		return quote(column) + ` = CAST(? AS bigint) AND ` + exact, []any{value, value}
	}
	return exact, []any{value}
}

// changedSince is true of rows whose time in a column may be at or after an instant. It is also true of rows whose time is
// null, is a word for none, or does not begin as a time does, so that they are seen and told; and of some that are older,
// which are read once more.
func (d dialect) changedSince(column string, kind columnType, from time.Time) (condition string, args []any) {
	if kind == typeTime {
		return `(` + quote(column) + ` >= ? OR ` + quote(column) + ` IS NULL)`, []any{from.UTC()}
	}
	// All text that is read as a time begins with the date, at any offset from UTC, and those are less than a day. Ten
	// digits are seconds and thirteen are milliseconds (before 2001-09-09 the seconds had nine: such rows are read again).
	older := func(pattern string, prefix bool) string {
		return d.matches(column, pattern, prefix) + ` AND ` + d.exact(column) + ` < ?`
	}
	return `NOT COALESCE(` + older("[12]ddd-dd-dd", true) + ` OR ` + older("dddddddddd", false) + ` OR ` +
			older("ddddddddddddd", false) + `, 1 = 0)`,
		[]any{
			from.UTC().AddDate(0, 0, -1).Format(time.DateOnly),
			fmt.Sprintf("%010d", from.Unix()), fmt.Sprintf("%013d", from.UnixMilli()),
		}
}

// matches compares a column with a pattern in which d stands for a digit, to its end or as a prefix.
func (d dialect) matches(column, pattern string, prefix bool) string {
	pattern = strings.ReplaceAll(pattern, "d", "[0-9]")
	if d == sqlite {
		if prefix {
			pattern += "*"
		}
		return d.exact(column) + ` GLOB '` + pattern + `'`
	}
	if !prefix {
		pattern += "$"
	}
	return d.exact(column) + ` ~ '^` + pattern + `'`
}

// readOptions give every query of a read the same snapshot.
func (d dialect) readOptions() *sql.TxOptions {
	options := &sql.TxOptions{ReadOnly: true}
	if d == postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	return options
}

// writeOptions let an update that waited for another see what that one did; a snapshot would fail instead.
func (d dialect) writeOptions() *sql.TxOptions {
	if d == postgres {
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

// describe lists the columns of a table or view; none when there is no such table.
func (d dialect) describe(ctx context.Context, db sqlx.QueryerContext, table string) (catalogue, error) {
	query, args := d.describeQuery(table)
	var rows []struct {
		Name     string `db:"name"`
		Type     string `db:"type"`
		Category string `db:"category"`
	}
	if err := sqlx.SelectContext(ctx, db, &rows, query, args...); err != nil {
		return catalogue{}, fmt.Errorf("list columns of %s: %w", table, err)
	}
	found := catalogue{types: map[string]columnType{}}
	for _, row := range rows {
		found.names = append(found.names, row.Name)
		found.types[d.fold(row.Name)] = d.typeOf(row.Type, row.Category)
	}
	return found, nil
}

func (d dialect) describeQuery(table string) (query string, args []any) {
	if d == postgres {
		return `SELECT a.attname AS name, CAST(CAST(a.atttypid AS regtype) AS text) AS type, CAST(t.typcategory AS text) AS category
			FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
			WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY a.attname`, []any{quote(table)}
	}
	schema, name, found := strings.Cut(table, ".")
	if !found {
		return `SELECT name, type, '' AS category FROM pragma_table_xinfo(?) ORDER BY name`, []any{table}
	}
	return `SELECT name, type, '' AS category FROM pragma_table_xinfo(?, ?) ORDER BY name`, []any{name, schema}
}

func (d dialect) typeOf(declared, category string) columnType {
	if d == sqlite {
		if strings.Contains(strings.ToUpper(declared), "INT") {
			return typeInteger
		}
		return typeOther
	}
	switch declared {
	case "smallint", "integer", "bigint":
		return typeInteger
	case "timestamp with time zone", "timestamp without time zone", "date":
		return typeTime
	}
	if category == "S" {
		return typeText
	}
	return typeOther
}
