package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tieout/sql"
)

// ErrNotMigrated is Ready's answer when the tables are missing or older than this program.
var ErrNotMigrated = errors.New("the database is not migrated: run tieout migrate")

// ErrTooNew is Ready's answer when the tables are newer than this program.
var ErrTooNew = errors.New("the database was migrated by a newer tieout: use that version")

// migrationTable is goose's own; the shop may use goose too.
const migrationTable = "tieout_migrations"

// Migrate applies the migrations that are not applied yet, each in a transaction, and returns how many. Two processes may
// call it at once.
func (s *Store) Migrate(ctx context.Context) (applied int, err error) {
	provider, err := s.provider()
	if err != nil {
		return 0, wrap(err, "migrate database %s", s.address.shown)
	}
	if pending, err := pending(ctx, provider); err == nil && pending <= 0 {
		return 0, nil
	}
	results, err := provider.Up(ctx)
	if err != nil && s.address.dialect == SQLite {
		// goose locks between processes only on PostgreSQL: perhaps another one was quicker.
		if left, again := pending(ctx, provider); again == nil && left == 0 {
			return 0, nil
		}
	}
	return len(results), wrap(err, "migrate database %s", s.address.shown)
}

// Pending counts the migrations that are not applied yet; it is negative when the database is ahead of this program.
func (s *Store) Pending(ctx context.Context) (int, error) {
	provider, err := s.provider()
	if err != nil {
		return 0, wrap(err, "read migrations of database %s", s.address.shown)
	}
	count, err := pending(ctx, provider)
	return count, wrap(err, "read migrations of database %s", s.address.shown)
}

// Ready returns nil when the tables are those of this program, else ErrNotMigrated or ErrTooNew.
func (s *Store) Ready(ctx context.Context) error {
	count, err := s.Pending(ctx)
	switch {
	case err != nil:
		return err
	case count > 0:
		return fmt.Errorf("%s: %w", s.address.shown, ErrNotMigrated)
	case count < 0:
		return fmt.Errorf("%s: %w", s.address.shown, ErrTooNew)
	}
	return nil
}

func (s *Store) provider() (*goose.Provider, error) {
	dialect, folder := goose.DialectPostgres, "migrations/postgres"
	if s.address.dialect == SQLite {
		dialect, folder = goose.DialectSQLite3, "migrations/sqlite"
	}
	files, err := fs.Sub(sql.Migrations, folder)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithTableName(migrationTable)}
	if s.address.dialect == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, s.db.DB, files, options...)
}

// pending counts the migrations after the newest one that is applied, whose numbers may have gaps.
func pending(ctx context.Context, provider *goose.Provider) (int, error) {
	current, target, err := provider.GetVersions(ctx)
	if err != nil || target <= current {
		return int(target - current), err
	}
	count := 0
	for _, source := range provider.ListSources() {
		if source.Version > current {
			count++
		}
	}
	return count, nil
}
