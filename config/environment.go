package config

import (
	"errors"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// prefix begins the name of every environment variable that is a setting.
const prefix = "TIEOUT_"

// EnvironmentName is the variable that sets path: feeds.stripe.api_key is TIEOUT_FEEDS_STRIPE_API_KEY. A dash in the name of an
// account is an underscore there.
func EnvironmentName(path string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(path))
}

// readEnvironment sets every setting that has a variable. An empty variable is one that is not set.
func (l *loader) readEnvironment() {
	known := map[string]bool{}
	for _, path := range l.schema.paths() {
		name := EnvironmentName(path)
		known[name] = true
		if text := l.env[name]; text != "" {
			l.setFromText(path, text, origin{name: "environment " + name})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !known[name] && l.env[name] != "" && l.looksLikeSetting(name) {
			l.mistakes = append(l.mistakes, Mistake{
				File:    "environment " + name,
				Message: "no such setting" + l.suggestVariable(name),
			})
		}
	}
}

// serviceLink matches what Kubernetes and Docker put into the environment for a service whose name begins with tieout.
var serviceLink = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT$|_PORT_\d+_(TCP|UDP)`)

// looksLikeSetting is true of variables that begin like a section. Others may be anybody's.
func (l *loader) looksLikeSetting(name string) bool {
	if serviceLink.MatchString(name) {
		return false
	}
	for _, section := range l.schema.sections[""] {
		if strings.HasPrefix(name, EnvironmentName(section)+"_") {
			return true
		}
	}
	return false
}

func (l *loader) suggestVariable(name string) string {
	best, distance := "", 4
	for _, path := range l.schema.paths() {
		if d := editDistance(name, EnvironmentName(path)); d < distance {
			best, distance = EnvironmentName(path), d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// readOverrides sets what the command line gives.
func (l *loader) readOverrides(overrides map[string]string) {
	at := origin{name: "command line"}
	for _, path := range slices.Sorted(maps.Keys(overrides)) {
		if _, ok := l.schema.leaves[path]; !ok {
			l.mistake(at, path, "no such setting"+l.suggestPath(path))
			continue
		}
		l.setFromText(path, overrides[path], at)
	}
}

func (l *loader) suggestPath(path string) string {
	section := parent(path)
	return l.schema.suggest(section, strings.TrimPrefix(path[len(section):], "."))
}

// setFromText sets a leaf of any kind from one line of text: the items of a list are separated by commas, and so are the
// entries of a mapping, written word=feed.
func (l *loader) setFromText(path, text string, at origin) {
	target := l.schema.leaves[path]
	switch {
	case target.isList():
		l.mark(path, at)
		target.clearList()
		delete(l.failed, path)
		for i, item := range splitList(text) {
			l.setItem(path, i, item, item, at)
		}
	case target.isMap():
		l.mark(path, at)
		target.clearList()
		delete(l.failed, path)
		for _, entry := range splitList(text) {
			word, feed, ok := strings.Cut(entry, "=")
			if !ok {
				l.mistake(at, path, "not a list of word=feed pairs separated by commas")
				return
			}
			target.addEntry(strings.TrimSpace(word), strings.TrimSpace(feed))
		}
	default:
		l.setScalar(path, text, text, at)
	}
}

// splitList splits at commas; empty text is the empty list.
func splitList(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// withoutPath keeps only the cause of a failed file operation.
func withoutPath(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
