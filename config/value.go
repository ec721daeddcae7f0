package config

import (
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setText stores the value that text stands for. The error says what was expected and never repeats the text, since the
// caller alone knows whether it may be shown.
func (l leaf) setText(text string) error {
	if len(l.oneOf) > 0 && !slices.Contains(l.oneOf, text) {
		return errors.New("unknown; write " + orList(l.oneOf))
	}
	switch p := l.value.Addr().Interface().(type) {
	case *string:
		*p = text
		return nil
	case *Secret:
		*p = NewSecret(text)
		return nil
	case *bool:
		return set(p, text, parseBool)
	case *int:
		return set(p, text, parseInt)
	case *time.Duration:
		return set(p, text, ParseDuration)
	case *Zone:
		return set(p, text, parseZone)
	case *TimeOfDay:
		return set(p, text, parseTimeOfDay)
	case *Since:
		return set(p, text, parseSince)
	case *DatabaseURL:
		return set(p, text, ParseDatabaseURL)
	case *slog.Level:
		return set(p, text, parseLevel)
	default:
		return errors.New("takes a list or a mapping, not a single value")
	}
}

// set stores only what could be read: a value that could not leaves the setting as it was.
func set[T any](p *T, text string, parse func(string) (T, error)) error {
	value, err := parse(text)
	if err != nil {
		return err
	}
	*p = value
	return nil
}

func (l leaf) isSecret() bool {
	switch l.value.Interface().(type) {
	case Secret, DatabaseURL:
		return true
	default:
		return false
	}
}

func (l leaf) isList() bool {
	switch l.value.Interface().(type) {
	case []string, []int:
		return true
	default:
		return false
	}
}

func (l leaf) isMap() bool {
	_, ok := l.value.Interface().(map[string]string)
	return ok
}

// clearList empties the list before its items are added: what is set replaces the default.
func (l leaf) clearList() { l.value.SetZero() }

// addItem adds one item to a list. One that is refused is added too, as it is or as zero, so that the items behind it keep
// the index at which the file has them.
func (l leaf) addItem(text string) error {
	switch p := l.value.Addr().Interface().(type) {
	case *[]string:
		err := l.refuse(*p, text)
		*p = append(*p, text)
		return err
	case *[]int:
		n, err := parseInt(text)
		*p = append(*p, n)
		return err
	default:
		return errors.New("takes a single value, not a list")
	}
}

func (l leaf) refuse(list []string, text string) error {
	switch {
	case text == "":
		return errors.New("empty; a list holds no empty words")
	case len(l.oneOf) > 0 && !slices.Contains(l.oneOf, text):
		return errors.New("unknown; write " + orList(l.oneOf))
	case slices.Contains(list, text):
		return errors.New("repeated; a list holds each value once")
	default:
		return nil
	}
}

// addEntry adds one entry to a mapping of words.
func (l leaf) addEntry(key, text string) {
	entries := l.value.Addr().Interface().(*map[string]string)
	if *entries == nil {
		*entries = map[string]string{}
	}
	(*entries)[key] = text
}

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, errors.New("neither true nor false; write one of them")
	}
}

func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errors.New("not a whole number; write digits only")
	}
	return n, nil
}

func parseLevel(text string) (slog.Level, error) {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[text]
	if !ok {
		return 0, errors.New("unknown; write debug, info, warn or error")
	}
	return level, nil
}

// ParseDatabaseURL accepts postgres://, postgresql:// and sqlite:PATH, and the empty text for none. Its errors hold no part
// of the URL, since a password may be in any part of one that cannot be read.
func ParseDatabaseURL(text string) (DatabaseURL, error) {
	path, embedded := strings.CutPrefix(text, "sqlite:")
	switch {
	case text == "":
		return DatabaseURL{}, nil
	case embedded && path == "":
		return DatabaseURL{}, errors.New("no path after sqlite:; write sqlite:PATH")
	case embedded:
		return NewDatabaseURL(text), nil
	case !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://"):
		return DatabaseURL{}, errors.New("not the URL of a database; write postgres://USER:PASSWORD@HOST/NAME or sqlite:PATH")
	case readablePostgres(text) == nil:
		return DatabaseURL{}, errors.New("not a URL that can be read; percent-encode special characters in the password, such as %2F for / and %40 for @")
	default:
		return NewDatabaseURL(text), nil
	}
}

// readablePostgres is nil for what cannot be read, or cannot be read safely: an @ behind the host means that a password
// with a slash in it was taken for a host and a path.
func readablePostgres(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		return nil
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return nil
	}
	return u
}

// orList joins words as a sentence does: a, b or c.
func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
