package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Rows are kept as versions: each carries the number of the change since when it is as it is (touched), and where it is replaced or
// removed, triggers of the database move it to the table of its name with _past, with the number of the change until which it was so.
// Nothing in this package writes to those tables.

// keptTable is a table whose rows are kept as versions.
type keptTable struct {
	name    string
	key     []string // what two versions of one row have in common
	columns []string // all that the program reads, touched among them
	flags   []string // those of them that are true or false
	said    []string // those that say something: not touched, and not what is made of the others
	past    bool     // whether rows can be replaced: else nothing but an insert is possible, and there is no table of the past
}

// madeOfOthers are columns by which rows are found or told apart quickly: they say nothing that the other columns do not.
var madeOfOthers = []string{"home", "cluster", "face", "stamp"}

// keep describes a table; unsaid are its columns that leave the database with no version.
func keep[R any](t table[R], past bool, unsaid ...string) keptTable {
	k := keptTable{name: t.name, key: t.key, columns: t.columns, past: past}
	for i, column := range t.columns {
		if column != "touched" && !slices.Contains(madeOfOthers, column) && !slices.Contains(unsaid, column) {
			k.said = append(k.said, column)
		}
		if reflect.TypeFor[R]().FieldByIndex(t.fields[i]).Type.Kind() == reflect.Bool {
			k.flags = append(k.flags, column)
		}
	}
	if len(k.key) == 0 {
		k.key = k.said
	}
	return k
}

// keptTables are all of them, by name.
var keptTables = []keptTable{
	keep(balances.table, true), keep(cancellations, true), keep(coverages, true), keep(disputes.table, true), keep(exceptionChanges, false),
	keep(exceptions, true), keep(forgotten, false), keep(gaps, true), keep(movements.table, true), keep(observations, false), keep(orders.table, true),
	keep(outbox, true, "recipient"), keep(owed, true), keep(payments.table, true), keep(payoutLines.table, true), keep(payouts.table, true),
	keep(refundIntents, true), keep(refundRequests.table, true), keep(refunds.table, true), keep(rejections.table, true),
	keep(writtenReports, false), keep(steps, true), keep(runs, true), keep(sourceEvents.table, true), keep(sources.table, true), keep(verdicts, true),
}

// RowVersion is what a row said from one change on, or that it ended with one.
type RowVersion struct {
	Change  int64
	Table   string // without tieout_
	Removed bool   // the row is no more from this change on; Values are what it last said
	Columns []string
	Key     []string // the values of the columns that tell the row from the others of its table
	Values  []string // one for each of Columns: text as it is, numbers in decimal digits, true or false
}

type versionRow struct {
	Change  int64  `db:"change"`
	Place   int    `db:"place"` // of the table in keptTables
	Removed bool   `db:"removed"`
	Said    string `db:"said"` // JSON: a list of values
}

// VersionsBetween streams every version that began after a change and not after another, and every row that ended there: by change,
// then by table, then by key. What it gives for the same two changes is the same for ever, on either database.
func (s *Store) VersionsBetween(ctx context.Context, after, through int64) iter.Seq2[RowVersion, error] {
	return func(yield func(RowVersion, error) bool) {
		var parts []string
		var args []any
		for place, t := range keptTables {
			part, count := t.versionQuery(s.address.dialect, place)
			parts = append(parts, part)
			for range count {
				args = append(args, after, through)
			}
		}
		rows := ahead[versionRow](ctx, s.read(), strings.Join(parts, " UNION ALL ")+" ORDER BY 1, 2", args...)
		for version, err := range sortVersions(rows) {
			if !yield(version, wrap(err, "read what changed after %d up to %d", after, through)) || err != nil {
				return
			}
		}
	}
}

// versionQuery asks for the versions of a table's rows that began in a stretch of changes, and for the rows that ended there. count is how
// often it needs the two changes.
func (t keptTable) versionQuery(dialect string, place int) (query string, count int) {
	said := func(alias string) string {
		list := strings.Join(qualified(alias, t.said), ", ")
		if dialect == Postgres {
			return "CAST(json_build_array(" + list + ") AS TEXT)"
		}
		return "json_array(" + list + ")"
	}
	began := fmt.Sprintf("SELECT t.touched AS change, %d AS place, false AS removed, %s AS said FROM %s t WHERE t.touched > ? AND t.touched <= ?", place, said("t"), t.name)
	if !t.past {
		return began, 1
	}
	next := strings.Join(equalColumns("n", "t", t.key), " AND ") + " AND n.touched = t.until"
	return began + fmt.Sprintf(` UNION ALL SELECT t.touched, %[1]d, false, %[2]s FROM %[3]s_past t WHERE t.touched > ? AND t.touched <= ? AND t.touched < t.until
		UNION ALL SELECT t.until, %[1]d, true, %[2]s FROM %[3]s_past t WHERE t.until > ? AND t.until <= ? AND t.touched < t.until
			AND NOT EXISTS (SELECT 1 FROM %[3]s n WHERE %[4]s) AND NOT EXISTS (SELECT 1 FROM %[3]s_past n WHERE %[4]s AND n.touched < n.until)`,
		place, said("t"), t.name, next), 3
}

func qualified(alias string, columns []string) []string {
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = alias + "." + column
	}
	return list
}

func equalColumns(one, other string, columns []string) []string {
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = one + "." + column + " = " + other + "." + column
	}
	return list
}

// sortVersions puts the versions of one change and table in the order of their keys: as text, which both databases sort alike.
func sortVersions(rows iter.Seq2[versionRow, error]) iter.Seq2[RowVersion, error] {
	return func(yield func(RowVersion, error) bool) {
		var group []RowVersion
		place := -1
		give := func() bool {
			slices.SortFunc(group, func(a, b RowVersion) int {
				return cmp.Or(slices.Compare(a.Key, b.Key), slices.Compare(a.Values, b.Values))
			})
			for _, version := range group {
				if !yield(version, nil) {
					return false
				}
			}
			group = group[:0]
			return true
		}
		for row, err := range rows {
			if err == nil && len(group) > 0 && (group[0].Change != row.Change || place != row.Place) && !give() {
				return
			}
			var version RowVersion
			if err == nil {
				place = row.Place
				version, err = keptTables[row.Place].version(row)
			}
			if err != nil {
				yield(RowVersion{}, err)
				return
			}
			group = append(group, version)
		}
		give()
	}
}

func (t keptTable) version(row versionRow) (RowVersion, error) {
	v := RowVersion{Change: row.Change, Table: strings.TrimPrefix(t.name, "tieout_"), Removed: row.Removed, Columns: t.said}
	decoder := json.NewDecoder(strings.NewReader(row.Said))
	decoder.UseNumber()
	var values []any
	if err := decoder.Decode(&values); err != nil {
		return v, fmt.Errorf("%s: %w", t.name, err)
	}
	for i, value := range values {
		text := canonical(value, slices.Contains(t.flags, t.said[i]))
		v.Values = append(v.Values, text)
		if slices.Contains(t.key, t.said[i]) {
			v.Key = append(v.Key, text)
		}
	}
	return v, nil
}

// canonical writes a value the same whichever database it came from. SQLite keeps true and false as 1 and 0.
func canonical(value any, flag bool) string {
	switch of := value.(type) {
	case string:
		return of
	case bool:
		return strconv.FormatBool(of)
	default:
		text := fmt.Sprint(of)
		if flag {
			return strconv.FormatBool(text == "1")
		}
		return text
	}
}
