package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/jmoiron/sqlx/reflectx"
	"github.com/lib/pq"

	"tieout/reconcile"
)

// Dialects of the databases that a Store can lie in.
const (
	Postgres = "postgres"
	SQLite   = "sqlite"
)

// runner is what a database and a transaction have in common.
type runner interface {
	sqlx.QueryerContext
	sqlx.ExecerContext
	sqlx.PreparerContext
}

// session runs statements on a database or inside a transaction. Statements are written once, with ? for parameters; where
// PostgreSQL and SQLite differ, the session writes the difference.
type session struct {
	runner
	dialect string
	conn    *sql.Conn // of a transaction: what it runs on
	change  int64     // of a transaction that has taken one: its number
}

// number writes the number of the session's change on a row that keeps one. row is a pointer.
func (s session) number(row any) {
	if kept, ok := row.(touchable); ok && s.change > 0 {
		kept.touch(s.change)
	}
}

func (s session) bind(query string) string {
	if s.dialect == Postgres {
		return sqlx.Rebind(sqlx.DOLLAR, query)
	}
	return query
}

// exec runs a statement and returns how many rows it touched.
func (s session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.ExecContext(ctx, s.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row runs a query that has one row.
func (s session) row(ctx context.Context, query string, args ...any) *sql.Row {
	return s.runner.(interface {
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}).QueryRowContext(ctx, s.bind(query), args...)
}

// in writes "column is one of a list"; its parameter is made by list.
func (s session) in(column string) string {
	if s.dialect == Postgres {
		return column + " = ANY (?)"
	}
	return column + " IN (SELECT value FROM json_each(?))"
}

func (s session) list(values []string) any {
	cleaned := make([]string, len(values))
	for i, value := range values {
		cleaned[i] = clean(value)
	}
	if s.dialect == Postgres {
		return pq.Array(cleaned)
	}
	return jsonText(cleaned)
}

// inTuples writes "these columns are one of a list of tuples of text"; its parameter is made by tuples.
func (s session) inTuples(columns ...string) string {
	elements := "json_each(?)"
	if s.dialect == Postgres {
		elements = "json_array_elements(CAST(? AS json))"
	}
	picks := make([]string, len(columns))
	for i := range columns {
		picks[i] = "value->>" + string(rune('0'+i))
	}
	return "(" + strings.Join(columns, ", ") + ") IN (SELECT " + strings.Join(picks, ", ") + " FROM " + elements + ")"
}

// keyed writes a list of keys, each with its number and a note, as a table; its parameters are made by keyedArgs.
func (s session) keyed(alias string) string {
	if s.dialect == Postgres {
		return "(SELECT feed, account, kind, id, note, n - 1 AS n FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[])) WITH ORDINALITY AS " +
			"list (feed, account, kind, id, note, n)) AS " + alias
	}
	return "(SELECT value->>0 AS feed, value->>1 AS account, value->>2 AS kind, value->>3 AS id, value->>4 AS note, key AS n FROM json_each(?)) AS " + alias
}

func (s session) keyedArgs(keys []reconcile.Key, notes []string) []any {
	if s.dialect != Postgres {
		values := make([][]string, len(keys))
		for i, key := range keys {
			values[i] = []string{key.Feed, key.Account, key.Kind, key.ID, notes[i]}
		}
		return []any{tuples(values)}
	}
	columns := make([]pq.StringArray, len(keyColumns))
	for _, key := range keys {
		for i, value := range []string{key.Feed, key.Account, key.Kind, key.ID} {
			columns[i] = append(columns[i], value)
		}
	}
	return []any{columns[0], columns[1], columns[2], columns[3], pq.StringArray(notes)}
}

// sameKey writes that the keys of two tables are equal.
func sameKey(one, other string) string {
	conditions := make([]string, len(keyColumns))
	for i, column := range keyColumns {
		conditions[i] = one + "." + column + " = " + other + "." + column
	}
	return strings.Join(conditions, " AND ")
}

// pairs writes a list of tuples of two as rows with the columns one and other; its parameter is made by tuples.
func (s session) pairs() string {
	if s.dialect == Postgres {
		return "SELECT value->>0 AS one, value->>1 AS other FROM json_array_elements(CAST(? AS json)) WHERE true"
	}
	return "SELECT value->>0 AS one, value->>1 AS other FROM json_each(?) WHERE true"
}

func tuples(values [][]string) any {
	cleaned := make([][]string, len(values))
	for i, tuple := range values {
		cleaned[i] = make([]string, len(tuple))
		for j, value := range tuple {
			cleaned[i][j] = clean(value)
		}
	}
	return jsonText(cleaned)
}

func jsonText(value any) string {
	text, _ := json.Marshal(value) // lists of strings always encode
	return string(text)
}

// clean replaces what PostgreSQL cannot hold in text: NUL and bytes that are no UTF-8. Both databases then hold the same.
func clean(text string) string {
	if strings.IndexByte(text, 0) < 0 && utf8.ValidString(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// selectAll reads every row of a query at once.
func selectAll[R any](ctx context.Context, s session, query string, args ...any) ([]R, error) {
	var rows []R
	err := sqlx.SelectContext(ctx, s, &rows, s.bind(query), args...)
	return rows, err
}

// stream reads a query row by row, and holds one connection until the last row is read or the loop is left.
func stream[R any](ctx context.Context, s session, query string, args ...any) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		rows, err := s.QueryxContext(ctx, s.bind(query), args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		row, fields, err := scanned[R](rows)
		if err != nil {
			yield(none, err)
			return
		}
		for rows.Next() {
			err := rows.Scan(fields...)
			if !yield(*row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

// scanned returns a row and its fields in the order of the result's columns. Which field is whose is looked up once for all rows.
func scanned[R any](rows *sqlx.Rows) (row *R, fields []any, err error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, nil, err
	}
	row = new(R)
	value := reflect.ValueOf(row).Elem()
	for i, path := range rows.Mapper.TraversalsByName(value.Type(), columns) {
		if len(path) == 0 {
			return nil, nil, fmt.Errorf("%s has no field for the column %s", value.Type(), columns[i])
		}
		fields = append(fields, reflectx.FieldByIndexes(value, path).Addr().Interface())
	}
	return row, fields, nil
}

// mapSeq turns rows into what callers know, and names the call in an error.
func mapSeq[R, D any](call string, rows iter.Seq2[R, error], convert func(R) (D, error)) iter.Seq2[D, error] {
	return func(yield func(D, error) bool) {
		for row, err := range rows {
			var value D
			if err == nil {
				value, err = convert(row)
			}
			if !yield(value, wrap(err, "%s", call)) || err != nil {
				return
			}
		}
	}
}
