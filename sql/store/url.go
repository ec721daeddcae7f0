package store

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// address says where a database is, with and without its password.
type address struct {
	dialect string
	dsn     string // for the driver
	shown   string // for people: no password
	remove  string // folder to delete at the end, for a database in memory
}

func parseURL(text string) (address, error) {
	if path, ok := strings.CutPrefix(text, "sqlite:"); ok {
		return sqliteAddress(path)
	}
	parsed, err := url.Parse(text)
	if err != nil || (parsed.Scheme != "postgres" && parsed.Scheme != "postgresql") {
		// The text itself may hold a password, and so may the error of url.Parse.
		return address{}, fmt.Errorf("database url is neither postgres://USER@HOST/NAME nor sqlite:PATH")
	}
	return address{dialect: Postgres, dsn: withDefaults(*parsed), shown: shown(parsed)}, nil
}

// shown leaves out the password and the query, which may hold one too.
func shown(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		bare.User = url.User(u.User.Username())
	}
	return bare.String()
}

// withDefaults names the program to the server, unless the URL does.
func withDefaults(u url.URL) string {
	query := u.Query()
	if !query.Has("application_name") {
		query.Set("application_name", "tieout")
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// sqliteAddress opens each connection with a write-ahead log, so that reports can read while a run writes, and with BEGIN
// IMMEDIATE for whatever is not read-only, so that two writers wait for each other instead of failing half-way. The log may grow to
// 64 MB before it goes into the file: a run that judges much writes the same pages again and again.
func sqliteAddress(path string) (address, error) {
	a := address{dialect: SQLite, shown: "sqlite:" + path}
	if strings.TrimPrefix(path, "//") == "" {
		return address{}, fmt.Errorf("database url sqlite: names no file")
	}
	if path == ":memory:" {
		folder, err := os.MkdirTemp("", "tieout-*")
		if err != nil {
			return address{}, fmt.Errorf("make a folder for the database in memory: %w", err)
		}
		a.remove, path = folder, filepath.Join(folder, "memory.db")
	}
	pragmas := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "cache_size(-65536)", "wal_autocheckpoint(16384)"},
		"_txlock": {"immediate"},
	}
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: strings.TrimPrefix(path, "//")}).EscapedPath(), RawQuery: pragmas.Encode()}
	a.dsn = file.String()
	return a, nil
}
