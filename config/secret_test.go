package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const password = "hunter2"

// TestSecretsCannotPrint puts both kinds of secret through every verb, flag and encoder, by value, by pointer and inside
// other types, also in a field that fmt may not ask for its methods.
func TestSecretsCannotPrint(t *testing.T) {
	secret, address := NewSecret(password), NewDatabaseURL("postgres://tieout:"+password+"@db/tieout?sslpassword="+password)
	type hiding struct {
		secret  Secret
		address DatabaseURL
	}
	config := Default()
	config.Feeds.Stripe.APIKey, config.Database.URL = secret, address
	for _, v := range []any{
		secret, &secret, address, &address, config, *config, hiding{secret, address}, &hiding{secret, address},
		[]Secret{secret}, map[string]DatabaseURL{"a": address}, []any{secret, address}, fmt.Errorf("failed: %v %v", secret, address),
	} {
		for name, text := range renderings(t, v) {
			for _, form := range []string{password, fmt.Sprintf("%x", password), fmt.Sprintf("%X", password), fmt.Sprint([]byte(password))} {
				if strings.Contains(text, form) {
					t.Errorf("%T as %s prints the secret: %s", v, name, text)
				}
			}
		}
	}
}

// renderings is v in every form that anything here could print.
func renderings(t *testing.T, v any) map[string]string {
	t.Helper()
	all := map[string]string{"Sprint": fmt.Sprint(v), "Sprintln": fmt.Sprintln(v)}
	for verb := 'A'; verb <= 'z'; verb++ {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "# ", "40.40"} {
			format := "%" + flags + string(verb)
			all[format] = fmt.Sprintf(format, v)
		}
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	all["JSON"], all["YAML"] = string(asJSON), string(asYAML)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("message", "key", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("message", "key", v, slog.Group("group", "key", v))
	all["slog"] = log.String()
	return all
}

func TestSecretForms(t *testing.T) {
	for _, test := range []struct{ value, want string }{{password, "<secret>"}, {"", ""}} {
		s := NewSecret(test.value)
		if s.Reveal() != test.value {
			t.Errorf("Reveal = %q", s.Reveal())
		}
		for _, verb := range []string{"%v", "%s", "%q", "%x", "%#v", "%+v", "%d"} {
			if got := fmt.Sprintf(verb, s); got != test.want {
				t.Errorf("%s of %q prints %q, want %q", verb, test.value, got, test.want)
			}
		}
		wantJSON, _ := json.Marshal(test.want)
		if got, err := json.Marshal(s); err != nil || !bytes.Equal(got, wantJSON) {
			t.Errorf("JSON = %s, %v", got, err)
		}
		if got := s.GoString() + s.LogValue().String(); got != test.want+test.want {
			t.Errorf("GoString and LogValue = %q", got)
		}
	}
	type document struct{ Key Secret }
	if got, err := xml.Marshal(document{NewSecret(password)}); err != nil || strings.Contains(string(got), password) {
		t.Errorf("XML = %s, %v", got, err)
	}
	if (Secret{}).Reveal() != "" || !(Secret{}).Equal(NewSecret("")) || (Secret{}).Equal(NewSecret("x")) {
		t.Error("the zero Secret is not the empty one")
	}
}

func TestRedacted(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"", ""},
		{"sqlite:data/tieout.db", "sqlite:data/tieout.db"},
		{"postgres://db/tieout", "postgres://db/tieout"},
		{"postgres://tieout:hunter2@db:5432/tieout?sslmode=require", "postgres://tieout:xxxxx@db:5432/tieout?sslmode=require"},
		{"postgresql://db/tieout?password=hunter2&user=tieout", "postgresql://db/tieout?password=xxxxx&user=tieout"},
		{"postgres://tieout:hunter/2@db/tieout", "<secret>"},
		{"postgres://tieout:12/hunter@db/tieout", "<secret>"},
		{"postgres://tieout:12?hunter@db/tieout", "<secret>"},
		{"postgres://tieout:12#hunter@db/tieout", "<secret>"},
		{"postgres://db/tieout?password=hunter2;x", "<secret>"},
		{"postgres:hunter2", "<secret>"},
		{"host=db password=hunter2", "<secret>"},
	} {
		if got := NewDatabaseURL(test.url).Redacted(); got != test.want {
			t.Errorf("%q redacted is %q, want %q", test.url, got, test.want)
		}
		text, err := NewDatabaseURL(test.url).MarshalText()
		if err != nil || string(text) != test.want || NewDatabaseURL(test.url).GoString() != test.want {
			t.Errorf("%q as text is %q, %v; want %q", test.url, text, err, test.want)
		}
	}
}

func TestSQLitePath(t *testing.T) {
	if path, ok := NewDatabaseURL("sqlite:a/b.db").SQLite(); path != "a/b.db" || !ok {
		t.Errorf("path = %q, %v", path, ok)
	}
	if _, ok := NewDatabaseURL("postgres://db/tieout").SQLite(); ok {
		t.Error("PostgreSQL has a path")
	}
}
