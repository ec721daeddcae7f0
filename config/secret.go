package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// hidden is what every secret prints as.
const hidden = "<secret>"

// Secret is a value that no verb, encoder or log can print: only Reveal gives it out.
//
// The value sits behind a pointer because fmt reads the unexported fields of other structs without asking any method.
type Secret struct{ value *string }

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal gives the value itself, for the one call that needs it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Equal compares the values.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String is "<secret>", or empty when there is none, so that a report can tell whether one is set.
func (s Secret) String() string {
	if s.Reveal() == "" {
		return ""
	}
	return hidden
}

// GoString is for %#v.
func (s Secret) GoString() string { return s.String() }

// Format answers every verb alike: %x and %q would otherwise give the value in another dress.
func (s Secret) Format(f fmt.State, _ rune) { printSafely(f, s.String()) }

// MarshalJSON is for encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText is for every other encoder that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML is for go-yaml.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue is for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// DatabaseURL is the address of a database. It prints without the password that it may carry.
type DatabaseURL struct{ value Secret }

// NewDatabaseURL makes one from text that is known to be good; ParseDatabaseURL is for text that may not be.
func NewDatabaseURL(text string) DatabaseURL { return DatabaseURL{NewSecret(text)} }

// Reveal gives the whole URL, password included, for the driver.
func (u DatabaseURL) Reveal() string { return u.value.Reveal() }

// IsZero reports whether no URL is set.
func (u DatabaseURL) IsZero() bool { return u.Reveal() == "" }

// SQLite gives the path of an embedded database, relative to the working directory unless absolute; false for PostgreSQL.
func (u DatabaseURL) SQLite() (path string, ok bool) {
	return strings.CutPrefix(u.Reveal(), "sqlite:")
}

// Equal compares the whole URLs.
func (u DatabaseURL) Equal(other DatabaseURL) bool { return u.value.Equal(other.value) }

// Redacted is the URL with every password in it replaced; all of a URL that cannot be read is.
func (u DatabaseURL) Redacted() string {
	if _, ok := u.SQLite(); ok || u.IsZero() {
		return u.Reveal()
	}
	parsed := readablePostgres(u.Reveal())
	if parsed == nil {
		return hidden
	}
	query := parsed.Query()
	for _, key := range []string{"password", "sslpassword"} {
		if query.Has(key) {
			query.Set(key, "xxxxx")
		}
	}
	parsed.RawQuery = query.Encode()
	return parsed.Redacted()
}

// String is Redacted.
func (u DatabaseURL) String() string { return u.Redacted() }

// GoString is for %#v.
func (u DatabaseURL) GoString() string { return u.Redacted() }

// Format answers every verb alike.
func (u DatabaseURL) Format(f fmt.State, _ rune) { printSafely(f, u.Redacted()) }

// MarshalJSON is for encoding/json.
func (u DatabaseURL) MarshalJSON() ([]byte, error) { return json.Marshal(u.Redacted()) }

// MarshalText is for every other encoder that asks for text.
func (u DatabaseURL) MarshalText() ([]byte, error) { return []byte(u.Redacted()), nil }

// MarshalYAML is for go-yaml.
func (u DatabaseURL) MarshalYAML() (any, error) { return u.Redacted(), nil }

// LogValue is for log/slog.
func (u DatabaseURL) LogValue() slog.Value { return slog.StringValue(u.Redacted()) }

// printSafely drops the error: fmt.State cannot fail, and fmt reports the writer's own failure.
func printSafely(f fmt.State, text string) { _, _ = io.WriteString(f, text) }
