// Package tieout_test keeps the rules of the house that no compiler knows: which package may import which, that the
// documents name what exists, and that nothing of one machine or of unfinished work is left in a file.
//
// The rules are read from the documents themselves, so that there is one source: the table of imports is the one in
// docs/ARCHITECTURE.md.
package tieout_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

const (
	module       = "tieout"
	architecture = "docs/ARCHITECTURE.md"
	exceptions   = "docs/EXCEPTIONS.md"
	example      = "tieout.example.yaml"
)

// TestImports holds every import of every Go file against the table in docs/ARCHITECTURE.md. Files are parsed here rather
// than listed by the go command, so that the test cache sees when one changes.
func TestImports(t *testing.T) {
	table := importTable(t)
	seen := map[string]bool{}
	for _, file := range goFiles(t) {
		name := path.Dir(file)
		row, ok := table[name]
		if !ok && !seen[name] {
			t.Errorf("%s: the package has no row in the table of imports (%s)", name, architecture)
		}
		seen[name] = true
		if !ok {
			continue
		}
		for _, imported := range importsOf(t, file) {
			if !row.allows(table[everyPackage], name, imported, strings.HasSuffix(file, "_test.go")) {
				t.Errorf("%s imports %s, which the table of imports does not allow to %s (%s)", file, imported, name, architecture)
			}
		}
	}
	for name := range table {
		if !seen[name] && name != everyPackage {
			t.Errorf("%s: the table of imports has a row for %s, and there is no such package", architecture, name)
		}
	}
}

// tool is what lies under feeds and is no feed: all of them may use it.
const tool = "feeds/pace"

// TestImportTable keeps the table itself to design §2: nothing imports the command, and a feed knows neither another feed
// nor what is made of its facts.
func TestImportTable(t *testing.T) {
	for name, row := range importTable(t) {
		for _, allowed := range slices.Concat(row.production.names, row.tests.names) {
			if strings.HasPrefix(allowed, "cmd") {
				t.Errorf("the table lets %s import %s: nothing imports the command", name, allowed)
			}
		}
		if !strings.HasPrefix(name, "feeds/") {
			continue
		}
		for _, allowed := range row.production.names {
			if first, _, _ := strings.Cut(allowed, "/"); slices.Contains([]string{"sql", "jobs", "reports", "config"}, first) || strings.HasPrefix(allowed, "feeds/") && allowed != tool {
				t.Errorf("the table lets %s import %s: a feed knows the contract (feeds) and the core, and nothing else", name, allowed)
			}
		}
	}
}

// everyPackage is the row that holds for all packages.
const everyPackage = "every package"

// importRow is what the files of one package may import, besides the standard library. Tests may import all that the
// other files may.
type importRow struct{ production, tests allowance }

// allowance is a list of packages of ours, exactly, and of other modules' with all below them.
type allowance struct {
	everything bool // of ours
	names      []string
}

func (r importRow) allows(always importRow, own, imported string, test bool) bool {
	if r.production.holds(imported) || always.production.holds(imported) {
		return true
	}
	return test && (imported == module+"/"+own || r.tests.holds(imported) || always.tests.holds(imported))
}

func (a allowance) holds(imported string) bool {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		return a.everything || slices.Contains(a.names, ours)
	}
	return slices.ContainsFunc(a.names, func(name string) bool { return imported == name || strings.HasPrefix(imported, name+"/") })
}

// importTable reads the table whose first column is headed "package".
func importTable(t *testing.T) map[string]importRow {
	t.Helper()
	table := map[string]importRow{}
	inside := false
	for line := range strings.Lines(read(t, architecture)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case strings.HasPrefix(line, "| package | may import"):
			inside = true
		case !inside || strings.HasPrefix(line, "|---"):
		case !strings.HasPrefix(line, "|") || len(cells) != 3:
			inside = false
		default:
			table[strings.Trim(strings.TrimSpace(cells[0]), "`")] = importRow{production: allowanceOf(cells[1]), tests: allowanceOf(cells[2])}
		}
	}
	if len(table) == 0 {
		t.Fatalf("%s has no table of imports", architecture)
	}
	return table
}

func allowanceOf(text string) allowance {
	return allowance{everything: strings.Contains(text, "everything of tieout"), names: quotedIn(text)}
}

var inBackticks = regexp.MustCompile("`([^`\n]+)`")

// quotedIn lists what stands in backticks.
func quotedIn(text string) []string {
	var names []string
	for _, match := range inBackticks.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imported []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		// The standard library's have no dot in their first element.
		if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") || first == module {
			imported = append(imported, name)
		}
	}
	return imported
}

func goFiles(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t), func(file string) bool {
		return path.Ext(file) != ".go" || strings.HasPrefix(file, ".") || strings.Contains(file, "testdata/")
	})
}

// TestExceptionsAreDocumented: docs/EXCEPTIONS.md has a section for every code, in the order of the list, and no other.
func TestExceptionsAreDocumented(t *testing.T) {
	var sections, codes []string
	for _, heading := range regexp.MustCompile(`(?m)^## ([A-Z_]+)$`).FindAllStringSubmatch(read(t, exceptions), -1) {
		sections = append(sections, heading[1])
	}
	for _, code := range reconcile.Codes() {
		codes = append(codes, string(code))
	}
	if diff := cmp.Diff(codes, sections); diff != "" {
		t.Errorf("sections of %s (-codes +sections):\n%s", exceptions, diff)
	}
}

// TestReasonsAreDocumented: docs/EXCEPTIONS.md has a row for every reason to resolve an exception, in the order of the list.
func TestReasonsAreDocumented(t *testing.T) {
	_, table, _ := strings.Cut(read(t, exceptions), "\n### Reasons\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var rows []reconcile.Reason
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		rows = append(rows, reconcile.Reason(row[1]))
	}
	if diff := cmp.Diff(reconcile.Reasons(), rows); diff != "" {
		t.Errorf("reasons of %s (-code +document):\n%s", exceptions, diff)
	}
}

// leftovers are what no file may hold: a path of somebody's machine, or a mark that work was left undone.
var leftovers = regexp.MustCompile(`/(?:work|root|home|Users|tmp)/\w|\b(?:TO` + `DO|FIX` + `ME)\b`)

func TestNothingIsLeftOver(t *testing.T) {
	for _, file := range files(t) {
		content := []byte(read(t, file))
		if bytes.IndexByte(content[:min(8000, len(content))], 0) >= 0 {
			continue // not text
		}
		for i, line := range bytes.Split(content, []byte("\n")) {
			if found := leftovers.Find(line); found != nil {
				t.Errorf("%s:%d: %q", file, i+1, found)
			}
		}
	}
}

var (
	fence     = regexp.MustCompile("(?ms)^```.*?^```")
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fileName  = regexp.MustCompile(`^\.?[A-Za-z0-9_-][A-Za-z0-9_./-]*$`)
	extension = regexp.MustCompile(`\.(go|sql|md|ya?ml|mod|png)$`)
)

// TestDocumentsNameWhatExists: every relative link of the documents leads somewhere, and every file or folder of ours that
// they name in backticks is there. A name without a folder may be that of any file.
func TestDocumentsNameWhatExists(t *testing.T) {
	all := files(t)
	for _, document := range documents(t) {
		text := fence.ReplaceAllString(read(t, document), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue // in the same document, or elsewhere in the world
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", document, match[1])
			}
		}
		for _, name := range quotedIn(text) {
			if fileName.MatchString(name) && isOurs(all, name) && !exists(all, name) {
				t.Errorf("%s names %s, which is not there", document, name)
			}
		}
	}
}

// isOurs reports whether a name is that of a file of the project, rather than one that the program reads or writes.
func isOurs(all []string, name string) bool {
	if path.Base(name) == "tieout.yaml" {
		return false // the reader's own
	}
	first, _, inFolder := strings.Cut(name, "/")
	if !inFolder {
		return extension.MatchString(name)
	}
	return slices.ContainsFunc(all, func(file string) bool { return strings.HasPrefix(file, first+"/") })
}

func exists(all []string, name string) bool {
	name = strings.TrimSuffix(name, "/")
	return slices.ContainsFunc(all, func(file string) bool {
		return file == name || strings.HasSuffix(file, "/"+name) || strings.HasPrefix(file, name+"/")
	})
}

var setting = regexp.MustCompile(`^(?:database|feeds|policy|actions|reports|audit|schedule|log)(?:\.[a-z_]+)+$`)

// TestDocumentsNameRealSettings: a setting that the documents name in backticks is one that the example lists.
func TestDocumentsNameRealSettings(t *testing.T) {
	known := settings(t)
	for _, document := range documents(t) {
		for _, name := range quotedIn(fence.ReplaceAllString(read(t, document), "")) {
			if setting.MatchString(name) && !extension.MatchString(name) && path.Ext(name) != ".csv" && !known[name] {
				t.Errorf("%s names the setting %s, which %s does not have", document, name, example)
			}
		}
	}
}

// settings are the paths of all settings and sections. The example is indented by two spaces; a test of config loads it.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	var open []string
	for _, match := range regexp.MustCompile(`(?m)^( *)([a-z_]+):`).FindAllStringSubmatch(read(t, example), -1) {
		open = append(open[:len(match[1])/2], match[2])
		known[strings.Join(open, ".")] = true
	}
	return known
}

func documents(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t), func(file string) bool {
		return path.Ext(file) != ".md" || path.Dir(file) != "docs" && path.Dir(file) != "."
	})
}

// files lists the project's files, sorted: all but those that .gitignore names.
func files(t *testing.T) []string {
	t.Helper()
	ignored := strings.Fields(read(t, ".gitignore"))
	var found []string
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file = filepath.ToSlash(file)
		out := file == ".git" || slices.ContainsFunc(ignored, func(pattern string) bool { return matches(pattern, file) })
		switch {
		case out && entry.IsDir():
			return filepath.SkipDir
		case !out && entry.Type().IsRegular():
			found = append(found, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// matches knows the two kinds of pattern that our .gitignore has: /from/the/root/ and *.anywhere.
func matches(pattern, file string) bool {
	if rooted, ok := strings.CutPrefix(pattern, "/"); ok {
		return file == strings.TrimSuffix(rooted, "/")
	}
	matched, err := path.Match(pattern, path.Base(file))
	return err == nil && matched
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
