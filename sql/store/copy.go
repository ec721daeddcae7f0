package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"iter"
	"reflect"
	"strconv"
)

// copyFrom is from how many rows on a COPY is worth its two more round trips.
const copyFrom = 100

// stageFrom is from how many rows on a staging table is worth what it takes to make one. A test lowers it.
var stageFrom = 1000

// load is insert the fast way for many rows: PostgreSQL's COPY.
func (t table[R]) load(ctx context.Context, s session, rows []R) error {
	return t.loadEach(ctx, s, len(rows), func(yield func(R, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	})
}

// loadEach is load for rows that are made one after the other. count is how many there will be.
func (t table[R]) loadEach(ctx context.Context, s session, count int, rows iter.Seq2[R, error]) error {
	if s.dialect == Postgres && count >= copyFrom {
		return t.copyIn(ctx, s, rows)
	}
	list := make([]R, 0, count)
	for row, err := range rows {
		if err != nil {
			return err
		}
		list = append(list, row)
	}
	_, err := t.insert(ctx, s, list)
	return err
}

// writeStaged copies rows into a table of this transaction's own and inserts them from there, so that PostgreSQL reads them as quickly as
// it can and still answers for those that are held.
func (t table[R]) writeStaged(ctx context.Context, s session, rows []R, onConflict string) (int64, error) {
	staged := t
	staged.name = "pg_temp.staged_" + t.name
	// There may be rows in it that the transaction wrote before.
	_, err := s.exec(ctx, "CREATE TEMPORARY TABLE IF NOT EXISTS staged_"+t.name+" ON COMMIT DROP AS SELECT "+t.list()+" FROM "+t.name+" WITH NO DATA; TRUNCATE "+staged.name)
	if err != nil {
		return 0, err
	}
	if err := staged.load(ctx, s, rows); err != nil {
		return 0, err
	}
	return s.exec(ctx, "INSERT INTO "+t.name+" ("+t.list()+") SELECT "+t.list()+" FROM "+staged.name+" WHERE true"+onConflict)
}

// copyStream is lib/pq's statement of a COPY. Through database/sql each value of each row would be boxed, checked and
// converted by itself, which takes longer than all the rest.
type copyStream interface {
	driver.Stmt
	CopyData(ctx context.Context, lines string) (driver.Result, error)
}

// copyAtOnce is about how many bytes are handed to the driver at a time.
const copyAtOnce = 1 << 15

func (t table[R]) copyIn(ctx context.Context, s session, rows iter.Seq2[R, error]) error {
	return s.conn.Raw(func(conn any) (err error) {
		statement, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, "COPY "+t.name+" ("+t.list()+") FROM STDIN")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, statement.Close()) }()
		stream := statement.(copyStream)
		lines := make([]byte, 0, copyAtOnce+1<<12)
		send := func() error {
			if len(lines) == 0 {
				return nil
			}
			_, err := stream.CopyData(ctx, string(lines[:len(lines)-1])) // which ends the last line itself
			lines = lines[:0]
			return err
		}
		for row, err := range rows {
			if err != nil {
				return err
			}
			s.number(&row)
			if lines = t.appendLine(lines, &row); len(lines) < copyAtOnce {
				continue
			}
			if err := send(); err != nil {
				return err
			}
		}
		if err := send(); err != nil {
			return err
		}
		_, err = stream.Exec(nil) // what was wrong with a row is told here
		return err
	})
}

// appendLine writes a row as a line of COPY's text format.
func (t table[R]) appendLine(line []byte, row *R) []byte {
	value := reflect.ValueOf(row).Elem()
	for i, field := range t.fields {
		if i > 0 {
			line = append(line, '\t')
		}
		switch f := value.FieldByIndex(field); f.Kind() {
		case reflect.String:
			line = appendCopyText(line, clean(f.String()))
		case reflect.Bool:
			line = strconv.AppendBool(line, f.Bool())
		default:
			line = strconv.AppendInt(line, f.Int(), 10)
		}
	}
	return append(line, '\n')
}

func appendCopyText(line []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case '\\':
			line = append(line, '\\', '\\')
		case '\n':
			line = append(line, '\\', 'n')
		case '\r':
			line = append(line, '\\', 'r')
		case '\t':
			line = append(line, '\\', 't')
		default:
			line = append(line, c)
		}
	}
	return line
}
