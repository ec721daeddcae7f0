package shop

import (
	"fmt"
	"regexp"
	"strings"

	"tieout/reconcile/money"
)

// MappingError says all that is wrong with a mapping. Trying again does not help; the configuration must change.
type MappingError struct {
	Problems []string // one sentence each, naming the setting
}

// Error joins the problems.
func (e *MappingError) Error() string { return strings.Join(e.Problems, "; ") }

// problems gathers what is wrong, so that all of it is told at once.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &MappingError{Problems: p}
}

var (
	columnName = regexp.MustCompile(`^[\p{L}\p{N}_]+$`)
	tableName  = regexp.MustCompile(`^[\p{L}\p{N}_]+(\.[\p{L}\p{N}_]+)?$`)
)

// section is a part of the mapping that reads one table, with the settings' names for messages.
type section struct {
	setting  string // feeds.shop, feeds.shop.refunds
	table    string
	fields   []field
	extra    []field // columns that are used but not read into observations
	required []string
	statuses []wordList
	currency string // the fixed one
}

type wordList struct {
	name  string
	words []string
}

func (m Mapping) sections() []section {
	sections := []section{{
		setting: "feeds.shop", table: m.Table, currency: m.Currency,
		fields: m.Columns.fields(), extra: []field{{key: "email", column: m.Columns.Email}},
		required: []string{keyReference, keyStatus},
		statuses: []wordList{{"pending", m.Statuses.Pending}, {"paid", m.Statuses.Paid}, {"canceled", m.Statuses.Canceled}},
	}}
	if r := m.Refunds; r != nil {
		sections = append(sections, section{
			setting: "feeds.shop.refunds", table: r.Table, currency: m.Currency,
			fields:   r.Columns.fields(),
			required: []string{keyID, keyReference, keyStatus},
			statuses: []wordList{{"requested", r.Statuses.Requested}, {"done", r.Statuses.Done}},
		})
	}
	return sections
}

func (s section) columns() []field { return append(mapped(s.fields), mapped(s.extra)...) }

// check tells what is wrong with a section as it is written, before any database is asked.
func (s section) check(p *problems) {
	if s.table == "" {
		p.add("%s.table is not set", s.setting)
	} else if !tableName.MatchString(s.table) {
		p.add("%s.table: %q is not a table's name: use letters, digits and _, with at most one schema before a point", s.setting, s.table)
	}
	for _, f := range s.columns() {
		if !columnName.MatchString(f.column) {
			p.add("%s.columns.%s: %q is not a column's name: use letters, digits and _", s.setting, f.key, f.column)
		}
	}
	s.checkRequired(p)
	for _, list := range s.statuses {
		if len(list.words) == 0 {
			p.add("%s.statuses.%s is empty: no status means %s", s.setting, list.name, list.name)
		}
	}
}

func (s section) checkRequired(p *problems) {
	set := map[string]bool{}
	for _, f := range mapped(s.fields) {
		set[f.key] = true
	}
	for _, key := range s.required {
		if !set[key] {
			p.add("%s.columns.%s is not set", s.setting, key)
		}
	}
	if set[keyAmount] == set[keyAmountMinor] {
		p.add("%s.columns: set one of amount and amount_minor", s.setting)
	}
	if !set[keyCurrency] && s.currency == "" {
		p.add("%s.columns.currency is not set, and neither is feeds.shop.currency", s.setting)
	}
}

// checkAgainst tells which columns the table lacks.
func (s section) checkAgainst(d dialect, found catalogue, p *problems) {
	if len(found.names) == 0 {
		p.add("%s.table: there is no table or view %q in the shop's database", s.setting, s.table)
		return
	}
	var missing []string
	for _, f := range s.columns() {
		if _, ok := found.types[d.fold(f.column)]; !ok {
			missing = append(missing, fmt.Sprintf("%q (%s.columns.%s)", f.column, s.setting, f.key))
		}
	}
	if len(missing) > 0 {
		p.add("table %q has no column %s; it has: %s", s.table, strings.Join(missing, ", "), strings.Join(found.names, ", "))
	}
}

func checkCurrency(currency string, p *problems) {
	if currency == "" {
		return
	}
	if _, err := money.Code(currency); err != nil {
		p.add("feeds.shop.currency: %v", err)
	}
}
