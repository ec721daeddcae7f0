package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/lib/pq"  // postgres
	_ "modernc.org/sqlite" // sqlite

	"tieout/sql/store"
)

// What the configured accounts are called.
const (
	shopAccount   = "shop"
	stripeAccount = "default"
	site          = "bench12345"
)

// config is all that a run needs that only judges: no shop's table is read and no provider is called.
const config = `database:
  url: URL
feeds:
  stripe:
    api_key: sk_test_bench
  trustpayments:
    username: bench
    password: bench
    site_references: ` + site + `
    live: false
log:
  level: warn
`

// place is a database with a world in it, and tieout configured for it.
type place struct {
	world    world
	postgres bool // or else SQLite
	url      string
	config   string // file
	db       *sql.DB
	remove   func(context.Context) error
}

func (p *place) close(ctx context.Context) error {
	return errors.Join(p.db.Close(), p.remove(context.WithoutCancel(ctx)))
}

// configure writes the configuration beside other ones.
func configure(dir, name, url string) (string, error) {
	file := filepath.Join(dir, name+".yaml")
	return file, os.WriteFile(file, []byte(strings.Replace(config, "URL", url, 1)), 0o600)
}

// fill has another process of this program make the world in a database.
func fill(ctx context.Context, url string, w world, day int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	return pass(ctx, self, "--load", url, "--orders", fmt.Sprint(w.orders), "--day", fmt.Sprint(day))
}

// onPostgres makes a database with a world on the server.
func (b *bench) onPostgres(ctx context.Context, name string, w world) (p *place, err error) {
	if p, err = b.created(ctx, name); err != nil {
		return nil, err
	}
	p.world = w
	if p.config, err = configure(b.dir, name, p.url); err == nil {
		err = fill(ctx, p.url, w, 0)
	}
	if err == nil {
		err = execute(ctx, p.db, append(forgettable(), "VACUUM ANALYZE")...)
	}
	if err != nil {
		return nil, errors.Join(err, p.close(ctx))
	}
	return p, nil
}

// emptyPostgres makes a migrated database with nothing in it on the server.
func (b *bench) emptyPostgres(ctx context.Context, name string) (p *place, err error) {
	if p, err = b.created(ctx, name); err != nil {
		return nil, err
	}
	if err := migrate(ctx, p.url); err != nil {
		return nil, errors.Join(err, p.close(ctx))
	}
	return p, nil
}

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	_, err = s.Migrate(ctx)
	return errors.Join(err, s.Close())
}

// created makes a database on the server.
func (b *bench) created(ctx context.Context, name string) (p *place, err error) {
	server, err := url.Parse(b.server)
	if err != nil {
		return nil, errors.New("TIEOUT_TEST_POSTGRES_URL is no URL") // it may hold a password, and so may the error
	}
	name = fmt.Sprintf("tieout_bench_%s_%d", name, os.Getpid())
	if err := execute(ctx, b.admin, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	server.Path = "/" + name
	p = &place{postgres: true, url: server.String(), remove: func(ctx context.Context) error {
		return execute(ctx, b.admin, "DROP DATABASE "+name+" WITH (FORCE)")
	}}
	if p.db, err = sql.Open("postgres", p.url); err != nil {
		return nil, errors.Join(err, p.remove(ctx))
	}
	return p, nil
}

// worldFile makes a world in a file that is copied for each run.
func (b *bench) worldFile(ctx context.Context, w world) (string, error) {
	file := filepath.Join(b.dir, "world.db")
	return file, fill(ctx, "sqlite:"+file, w, 0)
}

// onSQLite is a copy of the world in a file, as it is before anything is judged.
func (b *bench) onSQLite(file string, w world) (*place, error) {
	path := filepath.Join(b.dir, "copy.db")
	if err := copyFile(path, file); err != nil {
		return nil, err
	}
	p, err := sqliteAt(path)
	if err != nil {
		return nil, err
	}
	p.world = w
	p.config, err = configure(b.dir, "copy", p.url)
	return p, err
}

// emptySQLite makes a migrated database with nothing in it in a file.
func (b *bench) emptySQLite(ctx context.Context, path string) (*place, error) {
	if err := migrate(ctx, "sqlite:"+path); err != nil {
		return nil, err
	}
	return sqliteAt(path)
}

func sqliteAt(path string) (p *place, err error) {
	p = &place{url: "sqlite:" + path, remove: func(context.Context) error {
		return errors.Join(os.Remove(path), removeIfThere(path+"-wal"), removeIfThere(path+"-shm"))
	}}
	p.db, err = sql.Open("sqlite", path)
	return p, err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// copyFile waits until the copy is on the disk, so that writing it there takes no time of what is measured next.
func copyFile(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err := io.Copy(target, source); err != nil {
		return err
	}
	return target.Sync()
}
