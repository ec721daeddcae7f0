package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// maxFile bounds what is read as configuration or as a secret, in bytes: more is a wrong path, not a setting.
const maxFile = 64 << 10

// Check looks at a configuration once every layer is read and reports what is wrong with it, by path. It is how a rule that
// needs another package, such as the grammar of cron, has its mistakes listed with the others.
type Check func(c *Config, report func(path, message string))

// Load reads the settings: the defaults, overridden by the file at path, by env (NAME=VALUE, as os.Environ gives them) and by
// overrides, which are flags by dotted path ("database.url"). An empty path means that there is no file.
//
// The error is Mistakes, with everything that is wrong, unless the file itself cannot be opened; either way a retry with the
// same input will not help.
func Load(path string, env []string, overrides map[string]string, checks ...Check) (*Config, error) {
	l := newLoader(path, environ(env))
	if path != "" {
		data, err := readFile(path)
		if err != nil {
			return nil, fmt.Errorf("read configuration %s: %w", path, err)
		}
		l.readYAML(data)
		l.endLayer()
	}
	l.readEnvironment()
	l.endLayer()
	l.readOverrides(overrides)
	l.endLayer()
	l.inherit()
	l.readSecretFiles()
	l.settle()
	for _, check := range append(slices.Clone(rules), checks...) {
		check(l.config, l.report)
	}
	if len(l.mistakes) > 0 {
		l.mistakes.sort()
		return nil, l.mistakes
	}
	return l.config, nil
}

// loader carries one Load through its layers.
type loader struct {
	config   *Config
	schema   schema
	file     string
	env      map[string]string
	origins  map[string]origin // by path: where the last layer that names it does so
	failed   map[string]bool   // paths that could not be read and were reported
	layer    map[string]bool   // secrets, and the files for them, that the present layer gives
	mistakes Mistakes
}

// origin is a place to point at: a position in the file, or else the name of a variable or flag.
type origin struct {
	name         string
	line, column int
}

func newLoader(path string, env map[string]string) *loader {
	c := Default()
	l := &loader{
		config:  c,
		schema:  schemaOf(c),
		file:    path,
		env:     env,
		origins: map[string]origin{},
		failed:  map[string]bool{},
		layer:   map[string]bool{},
	}
	if path != "" {
		l.origins[""] = origin{path, 1, 1}
	}
	return l
}

// report adds a mistake at path; it points at the nearest enclosing section that some layer names. What could not be read
// was reported then, and lacks nothing now.
func (l *loader) report(path, message string) {
	if l.isUnread(path) {
		return
	}
	at := path
	for {
		if o, ok := l.origins[at]; ok || at == "" {
			l.mistakes = append(l.mistakes, Mistake{o.name, o.line, o.column, path, message})
			return
		}
		at = parent(at)
	}
}

// isUnread reports whether path, or a section around it, was already found wrong.
func (l *loader) isUnread(path string) bool {
	for at := path; at != ""; at = parent(at) {
		if l.failed[at] {
			return true
		}
	}
	return l.failed[""]
}

// mistake is for what could not be read; rules have nothing to say about it any more.
func (l *loader) mistake(at origin, path, message string) {
	l.failed[path] = true
	l.mistakes = append(l.mistakes, Mistake{at.name, at.line, at.column, path, message})
}

// mark records that path was set at o. Sections that the file does not have are set there too, so that what they lack has a
// place to point at.
func (l *loader) mark(path string, o origin) {
	l.origins[path] = o
	for up := parent(path); up != ""; up = parent(up) {
		if _, ok := l.origins[up]; !ok {
			l.origins[up] = o
		}
	}
	l.config.Feeds.Stripe.Present = l.config.Feeds.Stripe.Present || strings.HasPrefix(path, "feeds.stripe.")
	l.config.Feeds.TrustPayments.Present = l.config.Feeds.TrustPayments.Present || strings.HasPrefix(path, "feeds.trustpayments.")
}

// isSet reports whether any layer names path.
func (l *loader) isSet(path string) bool {
	_, ok := l.origins[path]
	return ok
}

// setScalar stores text at a leaf. shown is what a message may quote in its place.
func (l *loader) setScalar(path, text, shown string, at origin) {
	l.mark(path, at)
	l.noteSecret(path, text)
	target := l.schema.leaves[path]
	if err := target.setText(text); err != nil {
		l.mistake(at, path, quoted(target, shown, err))
		return
	}
	delete(l.failed, path)
}

// setItem adds one item to the list at path.
func (l *loader) setItem(path string, index int, text, shown string, at origin) {
	item := fmt.Sprintf("%s[%d]", path, index)
	l.mark(item, at)
	target := l.schema.leaves[path]
	if err := target.addItem(text); err != nil {
		l.mistake(at, item, quoted(target, shown, err))
	}
}

// quoted puts the offending text before the reason, except where it could be a secret.
func quoted(target leaf, shown string, err error) string {
	if target.isSecret() {
		return err.Error()
	}
	return fmt.Sprintf("%q: %s", shown, err)
}

// secretFiles pairs each secret with the setting that names a file for it.
func (l *loader) secretFiles() map[string]string {
	pairs := map[string]string{}
	for path := range l.schema.leaves {
		if _, ok := l.schema.leaves[path+"_file"]; ok {
			pairs[path] = path + "_file"
		}
	}
	return pairs
}

// noteSecret remembers that this layer gives a secret, or names a file for it.
func (l *loader) noteSecret(path, text string) {
	if text != "" {
		l.layer[path] = true
	}
}

// endLayer settles secrets given in two ways: twice in one layer is a mistake; otherwise the later layer wins, so that an
// operator can replace a file's api_key_file by a variable.
func (l *loader) endLayer() {
	pairs := l.secretFiles()
	for _, value := range slices.Sorted(maps.Keys(pairs)) {
		file := pairs[value]
		switch {
		case l.layer[value] && l.layer[file]:
			l.mistake(l.origins[file], file, "given together with "+value+"; keep one of them")
			l.failed[value] = true
		case l.layer[value]:
			l.schema.leaves[file].value.SetZero()
		case l.layer[file]:
			l.schema.leaves[value].value.SetZero()
		}
	}
	clear(l.layer)
}

// inherit gives each section of a group what it leaves out and the section around the group has: one's own credentials are set in
// each, and what they have in common once. Secrets are not handed down: two accounts with one key would be one account twice.
func (l *loader) inherit() {
	pairs := l.secretFiles()
	for group := range l.schema.groups {
		for _, name := range l.schema.members(group) {
			member := join(group, name)
			for _, key := range l.schema.sections[member] {
				path, outer := join(member, key), join(parent(group), key)
				_, isSecret := pairs[path]
				_, isFile := pairs[strings.TrimSuffix(path, "_file")]
				if around, ok := l.schema.leaves[outer]; ok && !isSecret && !isFile && !l.isSet(path) {
					l.schema.leaves[path].value.Set(around.value)
				}
			}
		}
	}
}

// readSecretFiles reads the secrets that are given by file, without the line break that editors put at the end.
func (l *loader) readSecretFiles() {
	pairs := l.secretFiles()
	for _, value := range slices.Sorted(maps.Keys(pairs)) {
		file := pairs[value]
		name := l.schema.leaves[file].value.String()
		if name == "" || l.failed[file] {
			continue
		}
		text, err := readSecret(name)
		if err != nil {
			l.mistake(l.origins[file], file, err.Error())
			l.failed[value] = true
			continue
		}
		l.origins[value] = l.origins[file]
		l.setScalar(value, text, "", l.origins[file])
	}
}

// readSecret names no file in its error: a key that was given where the name of its file belongs would be printed.
func readSecret(name string) (string, error) {
	data, err := readFile(name)
	if err != nil {
		return "", fmt.Errorf("names a file that cannot be read: %w", withoutPath(err))
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return "", errors.New("names a file that is empty")
	}
	return text, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d KiB", maxFile>>10)
	}
	return data, nil
}
