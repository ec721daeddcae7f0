package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

const (
	chunk        = 5000 // bounds how many keys one statement carries
	valuesAtOnce = 50   // bounds how many rows one statement carries
)

// table describes how rows of type R are kept: its columns are R's fields with a db tag, in their order.
type table[R any] struct {
	name    string
	key     []string // primary key
	stamps  []string // columns that are no reason by themselves to write a row
	fixed   []string // columns that keep the value with which a row was made
	columns []string
	fields  [][]int // of R, one a column
}

// columnTypes are those that a column can have: appendLine knows them.
var columnTypes = []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int64](), reflect.TypeFor[int](), reflect.TypeFor[bool]()}

func newTable[R any](name string, key ...string) table[R] {
	t := table[R]{name: name, key: key}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[R]()) {
		if column, ok := field.Tag.Lookup("db"); ok {
			if !slices.Contains(columnTypes, field.Type) {
				panic(fmt.Sprintf("%s.%s: a column cannot be a %s", name, column, field.Type))
			}
			t.columns = append(t.columns, column)
			t.fields = append(t.fields, field.Index)
		}
	}
	if slices.Contains(t.columns, "touched") {
		t.stamps = []string{"touched"}
	}
	return t
}

func (t table[R]) tableName() string { return t.name }

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

// write inserts rows: many by COPY where there is one, and else some with each statement.
func (t table[R]) write(ctx context.Context, s session, rows []R, onConflict string) (written int64, err error) {
	for i := range rows {
		s.number(&rows[i])
	}
	if s.dialect == Postgres && len(rows) >= stageFrom {
		return t.writeStaged(ctx, s, rows, onConflict)
	}
	whole := len(rows) - len(rows)%valuesAtOnce
	for _, part := range [][]R{rows[:whole], rows[whole:]} {
		count, err := t.writeValues(ctx, s, part, min(len(part), valuesAtOnce), onConflict)
		written += count
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// writeValues inserts rows by a statement that carries so many of them, a multiple of which there are.
func (t table[R]) writeValues(ctx context.Context, s session, rows []R, atOnce int, onConflict string) (written int64, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	insert, err := s.PrepareContext(ctx, s.bind(t.insertOf(atOnce)+onConflict))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for part := range slices.Chunk(rows, atOnce) {
		result, err := insert.ExecContext(ctx, t.values(part)...)
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

// insertOf writes a statement that inserts so many rows.
func (t table[R]) insertOf(rows int) string {
	row := "(" + strings.Repeat("?, ", len(t.columns)-1) + "?)"
	return "INSERT INTO " + t.name + " (" + t.list() + ") VALUES " + strings.Repeat(row+", ", rows-1) + row
}

// values are the columns of some rows, row by row.
func (t table[R]) values(rows []R) []any {
	args := make([]any, 0, len(rows)*len(t.columns))
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		for _, field := range t.fields {
			value := row.FieldByIndex(field)
			if value.Kind() == reflect.String {
				args = append(args, clean(value.String()))
			} else {
				args = append(args, value.Interface())
			}
		}
	}
	return args
}
