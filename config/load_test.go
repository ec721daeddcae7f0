package config

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBad loads every testdata/*.bad.yaml. The comments at its head say what is expected: all of it, and nothing else.
func TestBad(t *testing.T) {
	for _, file := range files(t, "testdata/*.bad.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var want []string
			for line := range strings.Lines(read(t, file)) {
				expected, ok := strings.CutPrefix(line, "# ")
				if !ok {
					break
				}
				want = append(want, file+":"+strings.TrimSuffix(expected, "\n"))
			}
			_, err := Load(file, []string{"SECRET=hunter2"}, nil)
			if diff := cmp.Diff(want, lines(err)); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBadPrintsNoSecret goes through the same files, some of which have a secret where it does not belong.
func TestBadPrintsNoSecret(t *testing.T) {
	for _, file := range files(t, "testdata/*.bad.yaml") {
		_, err := Load(file, []string{"SECRET=hunter2"}, nil)
		for _, secret := range []string{"hunter", "sk_test_1", "sk_live_secret"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error holds %q:\n%v", file, secret, err)
			}
		}
	}
}

// TestGood loads every testdata/*.good.yaml; each must be named here with what it changes.
func TestGood(t *testing.T) {
	changes := map[string]func(*Config){
		"empty": func(*Config) {},
		"shop": func(c *Config) {
			c.Feeds.Shop = Shop{
				URL:       NewDatabaseURL("postgres://reader:hunter2@db.example/shop"),
				Account:   "shop",
				Table:     "sales.orders",
				Columns:   Columns{Reference: "id", AmountMinor: "cents", Status: "state"},
				Currency:  "JPY",
				Statuses:  Statuses{Pending: []string{"0", "1"}, Paid: []string{"2"}, Canceled: []string{"03"}},
				Providers: map[string]string{"ALI": "stripe"},
				Refunds: Refunds{
					Table:    "refunds",
					Columns:  RefundColumns{ID: "id", Reference: "order_id", Amount: "amount", Status: "state"},
					Statuses: RefundStatuses{Done: []string{"true"}},
				},
			}
		},
		"providers": func(c *Config) {
			stripe, trust := &c.Feeds.Stripe, &c.Feeds.TrustPayments
			stripe.Present, stripe.APIKey, stripe.APIKeyFile = true, NewSecret("sk_test_from_file"), "testdata/api_key.secret"
			stripe.Since = Since{At: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)}
			stripe.ReferenceKeys = []string{"description"}
			trust.Present, trust.Username, trust.Password = true, "shop", NewSecret("pa$$word-${NAME}-hunter2")
			trust.SiteReferences = []string{"one", "two"}
			trust.Since = Since{At: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)}
			trust.Live, trust.Overlap = false, 36*time.Hour
		},
		"accounts": func(c *Config) {
			stripe, trust := &c.Feeds.Stripe, &c.Feeds.TrustPayments
			stripe.Present, stripe.Since, stripe.ReferenceKeys = true, Since{Ago: 30 * day}, []string{"description"}
			eu, asia := *stripe, *stripe
			eu.Present, eu.Account, eu.APIKey, eu.APIKeyFile = false, "", NewSecret("sk_test_from_file"), "testdata/api_key.secret"
			asia.Present, asia.Account, asia.APIKey, asia.ReferenceKeys, asia.RequestsPerSecond = false, "", NewSecret("sk_test_asia"), []string{"metadata.order"}, 5
			stripe.Accounts = map[string]*Stripe{"eu": &eu, "asia-1": &asia}
			trust.Present, trust.Timeout = true, 5*time.Second
			first, second := *trust, *trust
			first.Present, first.Username, first.Password, first.SiteReferences = false, "one", NewSecret("hunter2"), []string{"site1", "site2"}
			second.Present, second.Username, second.Password, second.SiteReferences, second.Live = false, "two", NewSecret("other"), []string{"site3"}, false
			trust.Accounts = map[string]*TrustPayments{"first": &first, "second": &second}
		},
		"values": func(c *Config) {
			c.Database.URL = NewDatabaseURL("postgresql:///tieout?host=%2Fvar%2Frun%2Fpostgresql")
			c.Timezone = zone(t, "Europe/Berlin")
			c.Policy.Grace.MissingOrder = 90 * time.Minute
			c.Policy.RefundWindowWarning = []int{30}
			c.Policy.Source.Cutoff, c.Policy.Source.CutoffZone = TimeOfDay{7, 5}, zone(t, "UTC")
			c.Policy.Cancel.NoAttemptAfter = 48 * time.Hour
			c.Actions = Actions{CancelExpired: false, Refunds: true, MaxCancels: 500}
			c.Reports.Formats = []string{"csv"}
			c.Schedule.Daily, c.Schedule.Listen = "", "[::1]:80"
			c.Log = Log{Format: "json", Level: slog.LevelDebug}
		},
	}
	all := files(t, "testdata/*.good.yaml")
	if len(all) != len(changes) {
		t.Fatalf("%d files, %d expectations", len(all), len(changes))
	}
	for _, file := range all {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want := Default()
			changes[strings.TrimSuffix(filepath.Base(file), ".good.yaml")](want)
			got := load(t, file, []string{"PASSWORD=hunter2", "NUMBER=30"}, nil)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	if diff := cmp.Diff(Default(), load(t, "", nil, nil)); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load("testdata/no-such.yaml", nil, nil)
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "read configuration testdata/no-such.yaml: ") {
		t.Errorf("error = %v", err)
	}
}

func TestHugeFile(t *testing.T) {
	file := write(t, strings.Repeat("#\n", maxFile))
	_, err := Load(file, nil, nil)
	if want := "read configuration " + file + ": larger than 64 KiB"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// TestUnreadableFile: what the environment leaves to a file that cannot be read is not called missing.
func TestUnreadableFile(t *testing.T) {
	file := write(t, "feeds: [\n")
	_, err := Load(file, []string{"TIEOUT_FEEDS_STRIPE_ACCOUNT=main", "TIEOUT_TIMEZONE=Mars"}, nil)
	want := []string{
		file + ":1:8: cannot be read as YAML: sequence end token ']' not found",
		`environment TIEOUT_TIMEZONE: timezone: "Mars": not a known time zone; write an IANA name such as UTC or Europe/Berlin`,
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

// TestEditors covers what editors on Windows do to a file; kept here, since version control may undo it in testdata.
func TestEditors(t *testing.T) {
	c := load(t, write(t, "\ufefftimezone: Asia/Tokyo\r\nlog:\r\n  format: json\r\n"), nil, nil)
	if c.Timezone.String() != "Asia/Tokyo" || c.Log.Format != "json" {
		t.Errorf("timezone %q, format %q", c.Timezone, c.Log.Format)
	}
}

func TestEnabled(t *testing.T) {
	for _, test := range []struct {
		name string
		env  []string
		want [3]bool // Stripe, Trust Payments, any
	}{
		{"none", nil, [3]bool{false, false, false}},
		{"empty variable", []string{"TIEOUT_FEEDS_STRIPE_API_KEY="}, [3]bool{false, false, false}},
		{"stripe", []string{"TIEOUT_FEEDS_STRIPE_API_KEY=k"}, [3]bool{true, false, true}},
		{"trustpayments", []string{
			"TIEOUT_FEEDS_TRUSTPAYMENTS_USERNAME=u",
			"TIEOUT_FEEDS_TRUSTPAYMENTS_PASSWORD=p",
			"TIEOUT_FEEDS_TRUSTPAYMENTS_SITE_REFERENCES=s",
		}, [3]bool{false, true, true}},
	} {
		feeds := load(t, "", test.env, nil).Feeds
		got := [3]bool{feeds.Stripe.Enabled(), feeds.TrustPayments.Enabled(), feeds.AnyProvider()}
		if got != test.want {
			t.Errorf("%s: enabled = %v, want %v", test.name, got, test.want)
		}
	}
}

// TestAccountsFromTheEnvironment: an account's key comes from there like any other, and the accounts come by name.
func TestAccountsFromTheEnvironment(t *testing.T) {
	file := write(t, "feeds: {stripe: {accounts: {eu-1: , asia: {api_key_file: nowhere}}}}\n")
	stripe := load(t, file, []string{"TIEOUT_FEEDS_STRIPE_ACCOUNTS_EU_1_API_KEY=one", "TIEOUT_FEEDS_STRIPE_ACCOUNTS_ASIA_API_KEY=two", "TIEOUT_FEEDS_STRIPE_LAG=1m"}, nil).Feeds.Stripe
	var got []string
	for _, account := range stripe.Each() {
		got = append(got, account.Account+" "+account.APIKey.Reveal()+account.APIKeyFile+" "+account.Lag.String())
	}
	if diff := cmp.Diff([]string{"asia two 1m0s", "eu-1 one 1m0s"}, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// TestCheck: a rule of the caller's is positioned and sorted like the others, and is quiet about what could not be read.
func TestCheck(t *testing.T) {
	file := write(t, "schedule:\n  daily: never\n  cancel_expired: [a]\nlog: {level: loud}\n")
	cron := func(c *Config, report func(path, message string)) {
		for _, e := range c.Schedule.Expressions() {
			report(e.Path, "not a cron expression")
		}
	}
	_, err := Load(file, nil, nil, cron)
	want := []string{
		file + ":2:10: schedule.daily: not a cron expression",
		file + ":3:19: schedule.cancel_expired: takes a single value",
		file + `:4:14: log.level: "loud": unknown; write debug, info, warn or error`,
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestExpressions(t *testing.T) {
	got := Schedule{CancelExpired: "@hourly"}.Expressions()
	if diff := cmp.Diff([]Expression{{"schedule.cancel_expired", "@hourly"}}, got); diff != "" {
		t.Errorf("expressions (-want +got):\n%s", diff)
	}
}

// FuzzLoad: whatever a file holds, Load gives a configuration or mistakes that can be shown, and never the secret.
func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(seeds, "../tieout.example.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	file := filepath.Join(f.TempDir(), "tieout.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(file, []string{"SECRET=hunter2-of-the-environment"}, nil)
		if (c == nil) == (err == nil) {
			t.Fatalf("configuration %v, error %v", c, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2-of-the-environment") {
			t.Errorf("the error holds the secret: %v", err)
		}
		var mistakes Mistakes
		if errors.As(err, &mistakes) {
			checkPlaces(t, mistakes)
		}
	})
}

func checkPlaces(t *testing.T, mistakes Mistakes) {
	t.Helper()
	for _, m := range mistakes {
		if m.Line < 1 || m.Column < 1 || m.Message == "" {
			t.Errorf("mistake without a place or a message: %#v", m)
		}
	}
}

func load(t *testing.T, file string, env []string, overrides map[string]string) *Config {
	t.Helper()
	c, err := Load(file, env, overrides)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lines splits an error into its mistakes; none for nil.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tieout.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func zone(t *testing.T, name string) Zone {
	t.Helper()
	z, err := parseZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
