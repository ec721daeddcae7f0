package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// chunk bounds how many rows one statement carries.
const chunk = 5000

// table describes how rows of type R are kept: its columns are R's fields with a db tag, in their order.
type table[R any] struct {
	name    string
	key     []string // primary key
	stamps  []string // columns that are no reason by themselves to write a row
	fixed   []string // columns that keep the value with which a row was made
	columns []string
	fields  [][]int // of R, one a column
}

func newTable[R any](name string, key ...string) table[R] {
	t := table[R]{name: name, key: key}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[R]()) {
		if column, ok := field.Tag.Lookup("db"); ok {
			t.columns = append(t.columns, column)
			t.fields = append(t.fields, field.Index)
		}
	}
	if slices.Contains(t.columns, "touched") {
		t.stamps = []string{"touched"}
	}
	return t
}

// list writes the columns for SELECT and INSERT.
func (t table[R]) list() string { return strings.Join(t.columns, ", ") }

// listOf writes the columns of the table under an alias.
func (t table[R]) listOf(alias string) string {
	return alias + "." + strings.Join(t.columns, ", "+alias+".")
}

// fieldsOf are where the columns of a row are scanned to.
func (t table[R]) fieldsOf(r *R) []any {
	row := reflect.ValueOf(r).Elem()
	fields := make([]any, len(t.fields))
	for i, field := range t.fields {
		fields[i] = row.FieldByIndex(field).Addr().Interface()
	}
	return fields
}

// find reads the rows that fit a condition.
func (t table[R]) find(ctx context.Context, s session, where string, args ...any) ([]R, error) {
	return selectAll[R](ctx, s, "SELECT "+t.list()+" FROM "+t.name+" WHERE "+where, args...)
}

// insert adds rows whose keys must be new, and returns how many.
func (t table[R]) insert(ctx context.Context, s session, rows []R) (int64, error) {
	return t.write(ctx, s, rows, "")
}

// add adds the rows whose keys are new, and returns how many.
func (t table[R]) add(ctx context.Context, s session, rows []R) (int64, error) {
	return t.write(ctx, s, rows, " ON CONFLICT DO NOTHING")
}

// upsert adds rows or brings them up to date, touches none that are so already, and returns how many it wrote. No two rows
// may have the same key.
func (t table[R]) upsert(ctx context.Context, s session, rows []R) (int64, error) {
	var set, held, fresh []string
	for _, column := range t.columns {
		if slices.Contains(t.key, column) || slices.Contains(t.fixed, column) {
			continue
		}
		value := "excluded." + column
		set = append(set, column+" = "+value)
		if !slices.Contains(t.stamps, column) {
			held = append(held, t.name+"."+column)
			fresh = append(fresh, value)
		}
	}
	return t.write(ctx, s, rows, fmt.Sprintf(" ON CONFLICT (%s) DO UPDATE SET %s WHERE (%s) <> (%s)",
		strings.Join(t.key, ", "), strings.Join(set, ", "), strings.Join(held, ", "), strings.Join(fresh, ", ")))
}

// write inserts rows the fast way of each database: whole columns at once, or one prepared statement.
func (t table[R]) write(ctx context.Context, s session, rows []R, onConflict string) (int64, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	for i := range rows {
		s.number(&rows[i])
	}
	if s.dialect == Postgres {
		return t.writeColumns(ctx, s, rows, onConflict)
	}
	return t.writeRows(ctx, s, rows, onConflict)
}

func (t table[R]) writeColumns(ctx context.Context, s session, rows []R, onConflict string) (written int64, err error) {
	arrays := make([]string, len(t.columns))
	for i := range t.columns {
		arrays[i] = "CAST(? AS " + t.arrayType(i) + ")"
	}
	// WHERE true keeps "ON CONFLICT" from being read as a join condition.
	statement := fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM unnest(%s) WHERE true%s",
		t.name, t.list(), strings.Join(arrays, ", "), onConflict)
	for len(rows) > 0 {
		part := rows[:min(chunk, len(rows))]
		rows = rows[len(part):]
		args := make([]any, len(t.columns))
		for i := range t.columns {
			args[i] = t.array(part, i)
		}
		count, err := s.exec(ctx, statement, args...)
		if err != nil {
			return written, err
		}
		written += count
	}
	return written, nil
}

func (t table[R]) kind(column int) reflect.Kind {
	return reflect.TypeFor[R]().FieldByIndex(t.fields[column]).Type.Kind()
}

func (t table[R]) arrayType(column int) string {
	switch t.kind(column) {
	case reflect.Bool:
		return "boolean[]"
	case reflect.Int, reflect.Int64:
		return "bigint[]"
	default:
		return "text[]"
	}
}

// array collects one column of some rows for PostgreSQL.
func (t table[R]) array(rows []R, column int) any {
	var texts pq.StringArray
	var numbers pq.Int64Array
	var flags pq.BoolArray
	kind := t.kind(column)
	for i := range rows {
		value := reflect.ValueOf(&rows[i]).Elem().FieldByIndex(t.fields[column])
		switch kind {
		case reflect.Bool:
			flags = append(flags, value.Bool())
		case reflect.Int, reflect.Int64:
			numbers = append(numbers, value.Int())
		default:
			texts = append(texts, clean(value.String()))
		}
	}
	switch kind {
	case reflect.Bool:
		return flags
	case reflect.Int, reflect.Int64:
		return numbers
	default:
		return texts
	}
}

func (t table[R]) writeRows(ctx context.Context, s session, rows []R, onConflict string) (written int64, err error) {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
	insert, err := s.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)%s", t.name, t.list(), marks, onConflict))
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	args := make([]any, len(t.columns))
	for i := range rows {
		t.values(&rows[i], args)
		result, err := insert.ExecContext(ctx, args...)
		if err != nil {
			return written, err
		}
		count, err := result.RowsAffected()
		if err != nil {
			return written, err
		}
		written += count
	}
	return written, nil
}

// values puts the columns of a row into args.
func (t table[R]) values(r *R, args []any) {
	row := reflect.ValueOf(r).Elem()
	for i, field := range t.fields {
		value := row.FieldByIndex(field)
		if value.Kind() == reflect.String {
			args[i] = clean(value.String())
		} else {
			args[i] = value.Interface()
		}
	}
}
