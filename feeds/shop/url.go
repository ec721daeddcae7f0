package shop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"  // registers the driver "postgres"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// OpenURL connects to a shop's database and returns its dialect: postgres://…, postgresql://… or sqlite:PATH. A SQLite
// file must exist. Errors never hold the password, nor the parameters of a URL.
func OpenURL(ctx context.Context, rawURL string) (*sqlx.DB, string, error) {
	if path, ok := strings.CutPrefix(rawURL, "sqlite:"); ok && path != "" {
		db, err := openSQLite(ctx, path)
		return db, SQLite, err
	}
	parsed, err := url.Parse(rawURL)
	if err != nil || (parsed.Scheme != "postgres" && parsed.Scheme != "postgresql") {
		// What is wrong with it is not quoted: it may be part of a password.
		return nil, "", errors.New("open the shop's database: the URL is neither postgres://… nor sqlite:PATH")
	}
	db, err := openPostgres(ctx, parsed)
	return db, Postgres, err
}

func openSQLite(ctx context.Context, path string) (*sqlx.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the shop's database %s: %w", path, err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the shop's database: %w", err)
	}
	// mode=rw does not create the file; a writer waits for another's ten seconds.
	file := url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw&_pragma=busy_timeout(10000)"}
	db, err := connect(ctx, "sqlite", file.String())
	if err != nil {
		return nil, fmt.Errorf("open the shop's database %s: %w", path, err)
	}
	return db, nil
}

func openPostgres(ctx context.Context, at *url.URL) (*sqlx.DB, error) {
	db, err := connect(ctx, "postgres", at.String())
	if err != nil {
		return nil, fmt.Errorf("open the shop's database postgres://%s%s: %w", at.Host, at.Path, hide(err, at))
	}
	return db, nil
}

func connect(ctx context.Context, driver, name string) (*sqlx.DB, error) {
	db, err := sqlx.Open(driver, name)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// hide takes the URL's passwords out of an error, if the driver has put them there; the cause can then not be unwrapped.
func hide(err error, at *url.URL) error {
	secrets := at.Query()["password"]
	if password, ok := at.User.Password(); ok {
		secrets = append(secrets, password, url.QueryEscape(password), url.PathEscape(password))
	}
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "<secret>")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
