package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPrecedence(t *testing.T) {
	file := write(t, "timezone: Asia/Tokyo\nlog: {format: json}\nreports: {directory: from-file}\n")
	env := []string{"TIEOUT_LOG_FORMAT=text", "TIEOUT_REPORTS_DIRECTORY=from-environment"}
	c := load(t, file, env, map[string]string{"reports.directory": "from-flag"})
	got := []string{c.Database.URL.Reveal(), c.Timezone.String(), c.Log.Format, c.Reports.Directory}
	want := []string{"sqlite:tieout.db", "Asia/Tokyo", "text", "from-flag"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("default, file, environment, flag (-want +got):\n%s", diff)
	}
}

// TestEnvironmentOfEveryKind sets a value of each type from a variable.
func TestEnvironmentOfEveryKind(t *testing.T) {
	got := load(t, "", []string{
		"TIEOUT_DATABASE_URL=postgres://tieout:hunter2@db/tieout",
		"TIEOUT_TIMEZONE=Europe/Berlin",
		"TIEOUT_FEEDS_SHOP_PROVIDERS=ali=stripe, tp = trustpayments",
		"TIEOUT_FEEDS_STRIPE_API_KEY=sk_test_1",
		"TIEOUT_FEEDS_STRIPE_SINCE=30d",
		"TIEOUT_POLICY_SOURCE_CUTOFF=22:00",
		"TIEOUT_POLICY_REFUND_WINDOW_WARNING=10, 5",
		"TIEOUT_POLICY_STICKY_FOR=60d",
		"TIEOUT_ACTIONS_CANCEL_EXPIRED=false",
		"TIEOUT_ACTIONS_MAX_CANCELS=9",
		"TIEOUT_REPORTS_FORMATS=csv,xlsx",
	}, nil)
	want := Default()
	want.Database.URL = NewDatabaseURL("postgres://tieout:hunter2@db/tieout")
	want.Timezone = zone(t, "Europe/Berlin")
	want.Feeds.Shop.Providers = map[string]string{"ali": "stripe", "tp": "trustpayments"}
	want.Feeds.Stripe.Present, want.Feeds.Stripe.APIKey = true, NewSecret("sk_test_1")
	want.Feeds.Stripe.Since = Since{Ago: 30 * day}
	want.Policy.Source.Cutoff = TimeOfDay{22, 0}
	want.Policy.RefundWindowWarning = []int{10, 5}
	want.Policy.StickyFor = 60 * 24 * time.Hour
	want.Actions = Actions{CancelExpired: false, MaxCancels: 9}
	want.Reports.Formats = []string{"csv", "xlsx"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

// TestMistakesOutsideTheFile: those of the file come first, by position; the others name the variable or the flag.
func TestMistakesOutsideTheFile(t *testing.T) {
	file := write(t, "log:\n  level: loud\n")
	_, err := Load(file, []string{
		"TIEOUT_TIMEZONE=Mars",
		"TIEOUT_DATABASE_URL=postgres://tieout:hunter/2@db/tieout",
		"TIEOUT_FEEDS_STRIPE_APIKEY=sk_test_1",
		"TIEOUT_FEEDS_TRUSTPAYMENTS_USERNAME=shop",
		"TIEOUT_FEEDS_SHOP_PROVIDERS=ali",
		"TIEOUT_REPORTS_FORMATS=csv,pdf",
		"TIEOUT_ACTIONS_DANCE=1",
		"TIEOUT_REPORTS_SERVICE_HOST=10.0.0.1",         // Kubernetes, for a service called tieout-reports
		"TIEOUT_REPORTS_PORT_80_TCP=tcp://10.0.0.1:80", // the same
		"TIEOUT_TEST_POSTGRES_URL=postgres://test",     // of no section
	}, map[string]string{"log.format": "xml", "log.levle": "info", "policy.sticky_for": "0"})
	want := []string{
		file + `:2:10: log.level: "loud": unknown; write debug, info, warn or error`,
		`command line: log.format: "xml": unknown; write auto, text or json`,
		"command line: log.levle: no such setting; did you mean log.level?",
		"command line: policy.sticky_for: zero; write a length of time above zero",
		"environment TIEOUT_ACTIONS_DANCE: no such setting",
		"environment TIEOUT_DATABASE_URL: database.url: not a URL that can be read; percent-encode special characters in the password, such as %2F for / and %40 for @",
		"environment TIEOUT_FEEDS_SHOP_PROVIDERS: feeds.shop.providers: not a list of word=feed pairs separated by commas",
		"environment TIEOUT_FEEDS_STRIPE_APIKEY: no such setting; did you mean TIEOUT_FEEDS_STRIPE_API_KEY?",
		"environment TIEOUT_FEEDS_TRUSTPAYMENTS_USERNAME: feeds.trustpayments.password: missing; give it here, by environment, or by feeds.trustpayments.password_file",
		"environment TIEOUT_FEEDS_TRUSTPAYMENTS_USERNAME: feeds.trustpayments.site_references: missing; list the sites to fetch",
		`environment TIEOUT_REPORTS_FORMATS: reports.formats[1]: "pdf": unknown; write xlsx, html, csv, jsonl or parquet`,
		`environment TIEOUT_TIMEZONE: timezone: "Mars": not a known time zone; write an IANA name such as UTC or Europe/Berlin`,
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

// TestSecretLayers: in one layer a secret is given once; across layers the later one wins, whichever way each gives it.
func TestSecretLayers(t *testing.T) {
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte("by-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byValue, byFile := "feeds: {stripe: {api_key: by-value}}\n", "feeds: {stripe: {api_key_file: no-such-file}}\n"
	for _, test := range []struct {
		name, yaml string
		env        []string
		overrides  map[string]string
		want       string
	}{
		{"value over file", byFile, []string{"TIEOUT_FEEDS_STRIPE_API_KEY=by-environment"}, nil, "by-environment"},
		{"file over value", byValue, []string{"TIEOUT_FEEDS_STRIPE_API_KEY_FILE=" + keyFile}, nil, "by-file"},
		{"flag over both", byFile, []string{"TIEOUT_FEEDS_STRIPE_API_KEY=by-environment"}, map[string]string{"feeds.stripe.api_key_file": keyFile}, "by-file"},
		{"empty is not given", byValue, []string{"TIEOUT_FEEDS_STRIPE_API_KEY_FILE="}, nil, "by-value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := load(t, write(t, test.yaml), test.env, test.overrides).Feeds.Stripe.APIKey.Reveal()
			if got != test.want {
				t.Errorf("key = %q, want %q", got, test.want)
			}
		})
	}
	_, err := Load("", []string{"TIEOUT_FEEDS_STRIPE_API_KEY=k", "TIEOUT_FEEDS_STRIPE_API_KEY_FILE=" + keyFile}, nil)
	want := []string{"environment TIEOUT_FEEDS_STRIPE_API_KEY_FILE: feeds.stripe.api_key_file: given together with feeds.stripe.api_key; keep one of them"}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestExpand(t *testing.T) {
	env := environ([]string{"A=one", "B=${A}", "EMPTY=", "A=two", "malformed"})
	for _, test := range []struct {
		text, want string
		problems   int
	}{
		{"plain", "plain", 0},
		{"${A}", "two", 0},
		{"x${A}y${A}z", "xtwoytwoz", 0},
		{"${B}", "${A}", 0},
		{"[${EMPTY}]", "[]", 0},
		{"$${A}", "${A}", 0},
		{"$$${A}", "$${A}", 0},
		{"$A $ $$ {A}", "$A $ $$ {A}", 0},
		{"${MISSING}${ALSO}", "", 2},
		{"${A", "${A", 1},
		{"${}", "${}", 1},
		{"${1}", "${1}", 1},
	} {
		got, problems := expand(test.text, env)
		if got != test.want || len(problems) != test.problems {
			t.Errorf("expand(%q) = %q, %q; want %q and %d problems", test.text, got, problems, test.want, test.problems)
		}
	}
}
