package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// ErrReadOnly is returned by what would write to a store that only looks.
var ErrReadOnly = errors.New("this looks at what was held and writes nothing")

// Now is a store that shows what is held at this moment, however long it is read from and whatever is written meanwhile. It is to be
// closed; so is what AsOf returns.
func (s *Store) Now(ctx context.Context) (*Store, error) {
	progress, err := loadProgress(ctx, s.read())
	if err != nil {
		return nil, wrap(err, "look at what is held")
	}
	return s.AsOf(ctx, progress.Change)
}

// AsOf is a store that shows what was held as of a change, to the same code that reads what is held now. Its writing methods fail.
func (s *Store) AsOf(ctx context.Context, change int64) (*Store, error) {
	connector, err := s.address.connector()
	if err != nil {
		return nil, wrap(err, "look at what was held as of change %d", change)
	}
	db := sqlx.NewDb(sql.OpenDB(looking{connector, s.address.dialect, change}), s.address.dialect)
	db.SetMaxOpenConns(lookers)
	past := &Store{db: db, address: s.address, now: s.now, asOf: &change}
	past.address.remove = "" // the folder of a database in memory is its owner's
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(wrap(err, "look at what was held as of change %d", change), past.Close())
	}
	return past, nil
}

// Change is the number as of which a store from Now or AsOf reads; 0 for any other.
func (s *Store) Change() int64 {
	if s.asOf == nil {
		return 0
	}
	return *s.asOf
}

// lookers bounds how many queries of a store that looks can run at once, one within another included.
const lookers = 8

// looking opens connections that see the database as of a change. Each is in a transaction from its beginning to its end, and so sees one
// state of the database. Where that is younger than the change, it hides the tables behind views of what was held then. So all
// connections see the same rows, whenever they were opened.
type looking struct {
	driver.Connector
	dialect string
	change  int64
}

// Connect connects.
func (l looking) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := l.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.begin(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// begin writes nothing that outlives the connection: views and the transaction end with it.
func (l looking) begin(ctx context.Context, conn driver.Conn) error {
	begin, end := "BEGIN", "PRAGMA query_only = 1"
	if l.dialect == Postgres {
		begin, end = "BEGIN ISOLATION LEVEL REPEATABLE READ", "SET TRANSACTION READ ONLY"
	}
	if err := run(ctx, conn, begin); err != nil {
		return err
	}
	held, err := changeNumber(ctx, conn)
	if err != nil {
		return err
	}
	if held < l.change {
		return fmt.Errorf("the last change is %d", held)
	}
	if held > l.change {
		if err := run(ctx, conn, pastViews(l.dialect, l.change)...); err != nil {
			return err
		}
	}
	return run(ctx, conn, end)
}

func run(ctx context.Context, conn driver.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil); err != nil {
			return err
		}
	}
	return nil
}

func changeNumber(ctx context.Context, conn driver.Conn) (int64, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "SELECT change_number FROM tieout_progress WHERE id = 1", nil)
	if err != nil {
		return 0, err
	}
	value := make([]driver.Value, 1)
	if err := errors.Join(rows.Next(value), rows.Close()); err != nil {
		return 0, err
	}
	number, ok := value[0].(int64)
	if !ok {
		return 0, fmt.Errorf("the number of the last change is %v", value[0])
	}
	return number, nil
}

// pastViews hides each table behind a view of its name: temporary ones are found first.
func pastViews(dialect string, change int64) []string {
	schema := "" // PostgreSQL binds the names in a view when it is made
	if dialect == SQLite {
		schema = "main."
	}
	list := []string{fmt.Sprintf(`CREATE TEMPORARY VIEW tieout_progress AS SELECT id, CAST(%[2]d AS BIGINT) AS change_number, clustered, judged,
		COALESCE((SELECT judged_at FROM %[1]stieout_progress_past WHERE until > %[2]d ORDER BY until LIMIT 1), judged_at) AS judged_at, basis, projection, tied, tied_at, observed
		FROM %[1]stieout_progress`, schema, change)}
	for _, t := range keptTables {
		columns := strings.Join(t.columns, ", ")
		view := fmt.Sprintf("CREATE TEMPORARY VIEW %[1]s AS SELECT %[2]s FROM %[3]s%[1]s WHERE touched <= %[4]d", t.name, columns, schema, change)
		if t.past {
			view += fmt.Sprintf(" UNION ALL SELECT %[2]s FROM %[3]s%[1]s_past WHERE touched <= %[4]d AND until > %[4]d", t.name, columns, schema, change)
		}
		list = append(list, view)
	}
	return list
}
