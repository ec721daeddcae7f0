package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/feeds/simulator"
	"tieout/sql/store/storetest"
)

// The days of the simulated worlds, and the site whose shop has tables of its own.
var (
	firstDay  = time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	secondDay = firstDay.AddDate(0, 0, 1)
)

// layout says where tieout's tables lie and where the shop's.
type layout struct {
	name           string
	database, shop func(testing.TB) string // shop nil: in the same database
}

var (
	sqliteApart    = layout{"sqlite", storetest.SQLiteURL, storetest.SQLiteURL}
	sqliteShared   = layout{"sqlite, shop in the same database", storetest.SQLiteURL, nil}
	postgresShared = layout{"postgres, shop in the same database", storetest.PostgresURL, nil}
	postgresApart  = layout{"postgres", storetest.PostgresURL, storetest.EmptyPostgresURL}
)

// scene is one installation of tieout, with a shop of its own and the providers of a world.
type scene struct {
	t              testing.TB
	dir            string
	sim            *simulation
	database, shop string // URLs
	config         string
}

// newScene puts tieout, a shop and the world's providers together.
func newScene(t testing.TB, where layout, world *simulator.World) *scene {
	t.Helper()
	sim := &simulation{world: world, server: simulator.NewServer(world, simulator.ServerConfig{
		StripeKey: simulatedKey, TPUsername: simulatedUsername, TPPassword: simulatedPassword, SiteReferences: []string{simulatedSite},
	})}
	address, stop, err := sim.serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	s := &scene{t: t, dir: t.TempDir(), sim: sim, database: where.database(t)}
	s.shop = s.database
	if where.shop != nil {
		s.shop = where.shop(t)
	}
	s.config = filepath.Join(s.dir, "tieout.yaml")
	text := strings.NewReplacer("sqlite:DIR/tieout.db", s.database, "sqlite:DIR/shop.db", s.shop, "DIR", s.dir, "http://"+simulatedAddress, "http://"+address).Replace(demoConfig)
	if where.shop == nil {
		text = strings.Replace(text, "    url: "+s.shop+"\n", "", 1)
	}
	s.write("tieout.yaml", text)
	return s
}

// newWorld makes a world whose first day ends at firstDay.
func newWorld(t testing.TB, config simulator.Config) *simulator.World {
	t.Helper()
	config.Now, config.SiteReferences = firstDay, []string{simulatedSite}
	world, err := simulator.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func (s *scene) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// moveTo sets the providers' clock and lets the shop's story go on until then.
func (s *scene) moveTo(now time.Time) {
	s.t.Helper()
	s.sim.server.SetNow(now)
	if err := s.sim.syncShop(context.Background(), s.shop, now); err != nil {
		s.t.Fatal(err)
	}
}

// tieout runs the program and returns its exit code and what it printed.
func (s *scene) tieout(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), append([]string{"--config", s.config}, args...), nil, &out, &errs)
	return code, out.String(), errs.String()
}

// must runs the program and expects it to succeed.
func (s *scene) must(args ...string) string {
	s.t.Helper()
	code, stdout, stderr := s.tieout(args...)
	if code != exitDone {
		s.t.Fatalf("tieout %s: exit %d\n%s\n%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// day moves the world to now and runs the whole day.
func (s *scene) day(now time.Time) {
	s.t.Helper()
	s.moveTo(now)
	s.must("run", "--as-of", now.Format(time.RFC3339))
}

// open gives access to the parts that the program is made of.
func (s *scene) open() *parts {
	s.t.Helper()
	a := &app{configPath: s.config, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	p, err := a.openFeeds(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := p.close(); err != nil {
			s.t.Error(err)
		}
	})
	return p
}

// reports is the folder of a finance day.
func (s *scene) reports(now time.Time) string {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		s.t.Fatal(err)
	}
	return filepath.Join(s.dir, "reports", now.In(zone).Format(time.DateOnly))
}

// inDatabase opens a database of the scene by its URL.
func inDatabase(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, source := "postgres", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// texts returns the only column of a query.
func texts(t testing.TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return found
}

// execute runs one statement.
func execute(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// bodyOf reads a request's body and leaves it there for the server.
func bodyOf(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}
