package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
	"tieout/reconcile"
)

// TestExplainSaysWhatTheReportSays: for every exception of the day, explain by its order or transaction, and by its id,
// tells the sentence that stands in exceptions.csv and in the database, byte for byte. All but UNEXPLAINED, which is about a
// whole balance, are judged again for that.
func TestExplainSaysWhatTheReportSays(t *testing.T) {
	for _, test := range []struct {
		where  layout
		orders int
	}{{sqliteApart, 1500}, {postgresShared, 300}} {
		t.Run(test.where.name, func(t *testing.T) {
			s := newScene(t, test.where, newWorld(t, simulator.Config{Seed: 1, Orders: test.orders}))
			codes := map[string]bool{}
			s.day(firstDay)
			s.checkExplanations(firstDay, codes)
			if test.orders > 1000 && len(codes) < len(reconcile.Codes())-1 {
				t.Errorf("only %d codes were explained: %v", len(codes), codes)
			}
		})
	}
}

func (s *scene) checkExplanations(now time.Time, codes map[string]bool) {
	s.t.Helper()
	p, db := s.open(), inDatabase(s.t, s.database)
	table := readCSV(s.t, filepath.Join(s.reports(now), "exceptions.csv"))
	cell := func(row []string, column string) string { return row[slices.Index(table[0], column)] }
	if len(table) < 20 {
		s.t.Fatalf("exceptions.csv has only %d rows", len(table))
	}
	for _, row := range table[1:] {
		code, order, transaction := cell(row, "code"), cell(row, "order_reference"), cell(row, "transaction_reference")
		codes[code] = true
		kept := texts(s.t, db, "SELECT id FROM tieout_exceptions WHERE status <> 'resolved' AND code = $1 AND order_reference = $2 AND transaction_reference = $3 AND explanation = $4",
			code, order, transaction, cell(row, "explanation"))
		if len(kept) != 1 {
			s.t.Fatalf("%s of %s %s is in the database %d times with this explanation: %s", code, order, transaction, len(kept), cell(row, "explanation"))
		}
		for _, reference := range []string{order, transaction, kept[0]} {
			if reference == "" {
				continue
			}
			e := s.explained(p, reference, kept[0], now)
			if e.Explanation != cell(row, "explanation") || e.NextStep != cell(row, "next_step") || e.Code != code || e.Life == nil || e.Life.Status != cell(row, "status") {
				s.t.Errorf("explain %s tells %+v\nand the report tells %q", reference, e, row)
			}
			if reference == kept[0] && e.Raised != (code != string(reconcile.Unexplained)) {
				s.t.Errorf("%s %s is judged again: %t", code, reference, e.Raised)
			}
		}
	}
}

// explained is one exception as explain tells it.
func (s *scene) explained(p *parts, reference, id string, now time.Time) toldException {
	s.t.Helper()
	all, err := p.explain(s.t.Context(), reference, now)
	if err != nil {
		s.t.Fatalf("explain %s: %v", reference, err)
	}
	var found *toldException
	for _, subject := range all.Found {
		for _, e := range subject.Exceptions {
			if e.ID == id && (found == nil || e.Raised) {
				found = &e
			}
		}
	}
	if found == nil {
		s.t.Fatalf("explain %s does not tell of exception %s", reference, id)
	}
	return *found
}

// The text fits a terminal, word by word, and leaves nothing out but the breaks.
func TestTextOfExplainFits(t *testing.T) {
	p := &page{}
	long := strings.Repeat("two words ", 30) + strings.Repeat("x", 120)
	p.line("  prefix  ", long)
	lines := strings.Split(strings.TrimSuffix(p.text.String(), "\n"), "\n")
	for i, line := range lines[:len(lines)-1] {
		if len(line) > lineWidth || i > 0 && !strings.HasPrefix(line, "          ") {
			t.Errorf("line %d does not fit: %q", i, line)
		}
	}
	if got := strings.Join(strings.Fields(p.text.String()), " "); got != "prefix "+strings.Join(strings.Fields(long), " ") {
		t.Errorf("words are lost: %q", got)
	}
}

// docs/EXPLAIN.md shows data of the shape that --json writes, and names every field of it.
func TestTheShapeOfExplainIsDocumented(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "EXPLAIN.md"))
	if err != nil {
		t.Fatal(err)
	}
	document := string(content)
	_, rest, _ := strings.Cut(document, "```json\n")
	example, _, _ := strings.Cut(rest, "```")
	var all explained
	decoder := json.NewDecoder(strings.NewReader(example))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		t.Fatalf("the example is not of the shape: %v", err)
	}
	var text bytes.Buffer
	if err := writeJSON(&text, all); err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal([]byte(example), &want), json.Unmarshal(text.Bytes(), &got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the example comes back otherwise (-example +written):\n%s", diff)
	}
	for name := range fieldsOf(reflect.TypeFor[explained](), map[string]bool{}) {
		if !strings.Contains(document, "`"+name+"`") {
			t.Errorf("docs/EXPLAIN.md does not name the field %s", name)
		}
	}
}

// fieldsOf collects the names of all JSON fields of a type.
func fieldsOf(of reflect.Type, names map[string]bool) map[string]bool {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		return names
	}
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names[name] = true
		fieldsOf(field.Type, names)
	}
	return names
}
