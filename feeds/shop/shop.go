package shop

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"tieout/reconcile"
)

// Shop is a shop's database behind a mapping that fits it. It may be used from several goroutines.
type Shop struct {
	db      *sqlx.DB
	dialect dialect
	mapping Mapping
	orders  table
	refunds *table // nil: not mapped
	stamps  []stamp
}

// table is a mapped table, and what its columns are.
type table struct {
	name   string
	kind   string // of its observations
	id     field  // the column that is the observation's id
	fields []field
	types  map[string]columnType // by key
}

// Open checks that a mapping fits a database and returns the shop. The dialect is Postgres or SQLite. A mapping that is
// incomplete, or that names what the database does not have, is a *MappingError that tells all of it. The database stays
// the caller's to close.
func Open(ctx context.Context, db *sqlx.DB, dialectName string, m Mapping) (*Shop, error) {
	if dialectName != Postgres && dialectName != SQLite {
		return nil, fmt.Errorf("open shop: dialect %q is neither %s nor %s", dialectName, Postgres, SQLite)
	}
	var wrong problems
	checkCurrency(m.Currency, &wrong)
	for _, section := range m.sections() {
		section.check(&wrong)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	s := &Shop{db: db, dialect: dialect(dialectName), mapping: m}
	return s, s.inspect(ctx)
}

// inspect compares the mapping with the database and learns the columns' types.
func (s *Shop) inspect(ctx context.Context) error {
	var wrong problems
	var found []catalogue
	for _, section := range s.mapping.sections() {
		columns, err := s.dialect.describe(ctx, s.db, section.table)
		if err != nil {
			return err
		}
		section.checkAgainst(s.dialect, columns, &wrong)
		found = append(found, columns)
	}
	if err := wrong.err(); err != nil {
		return err
	}
	s.orders = s.newTable(s.mapping.Table, KindOrder, keyReference, s.mapping.Columns.fields(), found[0])
	if r := s.mapping.Refunds; r != nil {
		refunds := s.newTable(r.Table, KindRefundRequest, keyID, r.Columns.fields(), found[1])
		s.refunds = &refunds
	}
	return s.findStamps(ctx)
}

func (s *Shop) newTable(name, kind, idKey string, fields []field, found catalogue) table {
	t := table{name: name, kind: kind, fields: mapped(fields), types: map[string]columnType{}}
	for _, f := range t.fields {
		t.types[f.key] = found.types[s.dialect.fold(f.column)]
	}
	t.id = t.field(idKey)
	return t
}

// field returns a mapped field, or one without a column.
func (t table) field(key string) field {
	if i := slices.IndexFunc(t.fields, func(f field) bool { return f.key == key }); i >= 0 {
		return t.fields[i]
	}
	return field{key: key}
}

// Feed returns the feed's name.
func (s *Shop) Feed() string { return reconcile.FeedShop }

// Account returns the name of the shop in natural keys.
func (s *Shop) Account() string { return s.mapping.Account }
