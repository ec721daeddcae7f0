package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/simplifiedchinese"

	"tieout/feeds/simulator"
	"tieout/sql/store/storetest"
)

// The scripts' credentials. They must never be printed nor written anywhere but where the script itself put them.
const (
	scriptKey      = "sk_test_51KeyOfTheScripts"
	wrongKey       = "sk_test_51AnotherKey"
	scriptPassword = "pass-word-of-the-scripts"
)

// TestScripts runs each story in testdata/script: the program as a user runs it. Besides testscript's own, the scripts have
// these commands:
//
//	exits CODE COMMAND…      runs a command, expects its exit code, and looks for secrets in what it printed
//	world ORDERS [STORY…]    starts both providers and the shop, and writes tieout.yaml
//	clock TIME               moves the providers' clock and the shop on
//	fault none|cut|html|currency PATH   what goes wrong with requests for a path, or below a path that ends in /
//	database NAME empty|migrated        makes a PostgreSQL database; $NAME is its URL
//	sql URL STATEMENT        runs a statement, or prints the rows of a query
//	edit FILE OLD NEW        replaces a text in a file
//	stripe-report FILE TIME [payouts]   writes one of Stripe's itemised reports; a name that ends in .gz is zipped
//	trust-export FILE TIME   writes the transaction export of Trust Payments' portal
//	gbk FILE                 turns a file from UTF-8 into GBK
//	truncate FILE BYTES      cuts a file off
//	alter FILE OLD NEW       replaces the first place of some bytes by as many others, text or not
//	lock URL                 holds the run lock of a database until the script ends
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "world": startWorld, "clock": moveClock, "fault": setFault, "database": makeDatabase, "sql": runSQL, "edit": editFile, "alter": alterFile, "lock": holdLock,
			"stripe-report": writeStripeReport, "trust-export": writeTrustExport, "truncate": truncateFile, "gbk": intoGBK,
		},
	})
}

// stage is what the commands of one script share.
type stage struct {
	t   testing.TB
	sim *simulation
}

func stageOf(ts *testscript.TestScript) *stage {
	s, ok := ts.Value(stage{}).(*stage)
	if !ok {
		ts.Fatalf("the script was not set up")
	}
	return s
}

func setupScript(env *testscript.Env) error {
	t, ok := env.T().(testing.TB)
	if !ok {
		return errors.New("the scripts need a testing.TB")
	}
	env.Values[stage{}] = &stage{t: t}
	env.Setenv("DAY1", firstDay.Format(time.RFC3339))
	env.Setenv("DAY2", secondDay.Format(time.RFC3339))
	env.Setenv("REPORTS", "reports/"+firstDay.Format(time.DateOnly))
	env.Setenv("SHOP", "sqlite:"+filepath.Join(env.WorkDir, "shop.db"))
	env.Setenv("DATABASE", "sqlite:"+filepath.Join(env.WorkDir, "tieout.db"))
	env.Setenv("WRONG_KEY", wrongKey)
	env.Defer(func() { lookForSecrets(t, env.WorkDir) })
	return nil
}

// lookForSecrets fails when a file that the program wrote holds a secret: databases, reports, whatever there is.
func lookForSecrets(t testing.TB, dir string) {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Base(path) == "tieout.yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		if secret := secretIn(string(content)); secret != "" {
			t.Errorf("%s holds the secret %s", path, secret)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func secretIn(text string) string {
	for _, secret := range []string{scriptKey, wrongKey, scriptPassword} {
		if strings.Contains(text, secret) {
			return secret
		}
	}
	return ""
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if secret := secretIn(ts.ReadFile(stream)); secret != "" {
			ts.Fatalf("%s holds the secret %s", stream, secret)
		}
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

func startWorld(ts *testscript.TestScript, _ bool, args []string) {
	orders, err := strconv.Atoi(args[0])
	ts.Check(err)
	config := simulator.Config{Seed: 11, Orders: orders, Now: firstDay, SiteReferences: []string{simulatedSite}}
	if len(args) > 1 {
		config.Stories = map[string]int{}
		for _, story := range args[1:] {
			config.Stories[story] = 1
		}
	}
	world, err := simulator.New(config)
	ts.Check(err)
	sim := &simulation{world: world, server: simulator.NewServer(world, simulator.ServerConfig{
		StripeKey: scriptKey, TPUsername: simulatedUsername, TPPassword: scriptPassword, SiteReferences: config.SiteReferences,
	})}
	address, stop, err := sim.serve("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ts.Check(stop()) })
	stageOf(ts).sim = sim
	ts.Check(sim.syncShop(context.Background(), ts.Getenv("SHOP"), firstDay))
	text := strings.NewReplacer("sqlite:DIR/tieout.db", ts.Getenv("DATABASE"), "sqlite:DIR/shop.db", ts.Getenv("SHOP"), "DIR/", "",
		"http://"+simulatedAddress, "http://"+address, simulatedKey, scriptKey, "password: "+simulatedPassword, "password: "+scriptPassword).Replace(demoConfig)
	ts.Check(os.WriteFile(ts.MkAbs("tieout.yaml"), []byte(text), 0o600))
}

func moveClock(ts *testscript.TestScript, _ bool, args []string) {
	now, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	sim := stageOf(ts).sim
	sim.server.SetNow(now)
	ts.Check(sim.syncShop(context.Background(), ts.Getenv("SHOP"), now))
}

// strangeCharge is a list of one charge in a currency that does not exist.
const strangeCharge = `{"object":"list","url":"/v1/charges","has_more":false,"data":[{"id":"ch_strange","object":"charge","amount":1000,
	"amount_refunded":0,"currency":"zzz","status":"succeeded","paid":true,"captured":true,"created":1772000000,"livemode":false,
	"metadata":{"order_id":"EVT-STRANGE"},"payment_method_details":{"type":"alipay","alipay":{}},"payment_intent":null,"source":null}]}`

func setFault(ts *testscript.TestScript, _ bool, args []string) {
	answers := map[string]*simulator.FaultAnswer{
		"cut":      {CutAfter: 40},
		"html":     {Status: http.StatusUnauthorized, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html><body><h1>401 Authorization Required</h1></body></html>"},
		"currency": {Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: strangeCharge},
	}
	if args[0] == "none" {
		stageOf(ts).sim.server.Fault(nil)
		return
	}
	answer, path := answers[args[0]], args[1]
	if answer == nil {
		ts.Fatalf("unknown fault %q", args[0])
	}
	stageOf(ts).sim.server.Fault(func(r *http.Request) *simulator.FaultAnswer {
		if r.URL.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(r.URL.Path, path) {
			return answer
		}
		return nil
	})
}

func makeDatabase(ts *testscript.TestScript, _ bool, args []string) {
	create := storetest.EmptyPostgresURL
	if args[1] == "migrated" {
		create = storetest.PostgresURL
	}
	ts.Setenv(args[0], create(stageOf(ts).t))
}

func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	driver, source := "postgres", args[0]
	if path, ok := strings.CutPrefix(args[0], "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	ts.Check(err)
	defer db.Close()
	rows, err := db.Query(args[1])
	ts.Check(err)
	defer rows.Close()
	columns, err := rows.Columns()
	ts.Check(err)
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		ts.Check(rows.Scan(targets...))
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = value.String
		}
		fmt.Fprintln(ts.Stdout(), strings.Join(texts, " "))
	}
	ts.Check(rows.Err())
}

func editFile(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], strings.ReplaceAll(args[2], `\n`, "\n"))), 0o600))
}

func alterFile(ts *testscript.TestScript, _ bool, args []string) {
	content := []byte(ts.ReadFile(args[0]))
	at := bytes.Index(content, []byte(args[1]))
	if at < 0 || len(args[1]) != len(args[2]) {
		ts.Fatalf("%s does not hold %q, or %q is longer or shorter", args[0], args[1], args[2])
	}
	copy(content[at:], args[2])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}

func holdLock(ts *testscript.TestScript, _ bool, args []string) {
	s := storetest.Open(stageOf(ts).t, args[0])
	_, release, err := s.Lock(context.Background(), "another host, process 1")
	ts.Check(err)
	ts.Defer(func() { ts.Check(release(context.Background())) })
}

func writeStripeReport(ts *testscript.TestScript, _ bool, args []string) {
	now, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	var out io.WriteCloser = file
	if strings.HasSuffix(args[0], ".gz") {
		out = gzip.NewWriter(file)
	}
	ts.Check(stageOf(ts).sim.world.WriteStripeReport(out, simulator.StripeReport{At: now, To: now, PaidOut: len(args) > 2}))
	ts.Check(out.Close())
	if out != file {
		ts.Check(file.Close())
	}
}

func writeTrustExport(ts *testscript.TestScript, _ bool, args []string) {
	now, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(stageOf(ts).sim.world.WriteTrustExport(file, now))
	ts.Check(file.Close())
}

func intoGBK(ts *testscript.TestScript, _ bool, args []string) {
	text, err := simplifiedchinese.GBK.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func truncateFile(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}
