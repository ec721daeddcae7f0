package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"unicode/utf8"
)

// copyFrom is from how many rows on a COPY is worth its two more round trips.
const copyFrom = 100

// stageFrom is from how many rows on a staging table is worth what it takes to make one. A test lowers it.
var stageFrom = 1000

// load is insert the fast way for many rows: PostgreSQL's COPY.
func (t table[R]) load(ctx context.Context, s session, rows []R) error {
	return t.loadEach(ctx, s, len(rows), func(i int, row *R) error {
		*row = rows[i]
		return nil
	})
}

// loadEach is load for rows that are made one after the other: fill makes the i-th of them in a row whose memory it is given.
func (t table[R]) loadEach(ctx context.Context, s session, count int, fill func(i int, row *R) error) error {
	if s.dialect == Postgres && count >= copyFrom {
		return t.copyIn(ctx, s, count, fill)
	}
	rows := make([]R, count)
	for i := range rows {
		if err := fill(i, &rows[i]); err != nil {
			return err
		}
	}
	_, err := t.insert(ctx, s, rows)
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

func (t table[R]) copyIn(ctx context.Context, s session, count int, fill func(i int, row *R) error) error {
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
		var row R // one for all rows, so that its fields are looked up once
		fields := t.fieldsOf(&row)
		for i := range count {
			if err := fill(i, &row); err != nil {
				return err
			}
			s.number(&row)
			if lines = appendLine(lines, fields); len(lines) < copyAtOnce {
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

// appendLine writes a row's fields, as fieldsOf gives them, as a line of COPY's text format.
func appendLine(line []byte, fields []any) []byte {
	for _, field := range fields {
		switch f := field.(type) {
		case *string:
			line = appendCopyText(line, *f)
		case *int64:
			line = strconv.AppendInt(line, *f, 10)
		case *int:
			line = strconv.AppendInt(line, int64(*f), 10)
		case *bool:
			line = strconv.AppendBool(line, *f)
		}
		line = append(line, '\t')
	}
	line[len(line)-1] = '\n'
	return line
}

func appendCopyText(line []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '\\' {
			return appendEscaped(line, clean(text))
		}
	}
	return append(line, text...)
}

func appendEscaped(line []byte, text string) []byte {
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
