package reconcile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tieout/reconcile"
)

const scenarioFolder = "testdata/scenarios"

// Every story under testdata/scenarios comes out as it says. README.md there explains the language.
func TestScenarios(t *testing.T) {
	for _, file := range scenarioFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			for _, fault := range readScenario(t, file).faults(file) {
				t.Error(fault)
			}
		})
	}
}

func scenarioFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(scenarioFolder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories under %s: %v", scenarioFolder, err)
	}
	return files
}

func readScenario(t *testing.T, file string) scenario {
	t.Helper()
	story, err := parseScenario(file, []byte(readText(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	return story
}

// faults tells the story, and says with file and line what it does not come out as.
func (s scenario) faults(file string) []string {
	var faults []string
	w := newTelling()
	for _, step := range s.steps {
		if step.expect != nil {
			faults = append(faults, w.faults(file, *step.expect)...)
		} else if err := step.tell(w); err != nil {
			return append(faults, err.Error())
		}
	}
	return faults
}

// faults runs everything at a moment and holds what is found against what is expected.
func (w *telling) faults(file string, e expectation) []string {
	var faults []string
	fault := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: at %s, ", file, line, stamp(e.now))+fmt.Sprintf(format, args...))
	}
	run := w.judge(e.now)
	if text := unlike(e.resolved, run.resolved); text != "" {
		fault(e.line, "resolved because their cause is gone (-expected +found):\n%s", text)
	}
	for _, f := range run.findings {
		if b := e.about(f.subject); b == nil {
			fault(e.line, "nothing is expected of %s, which is %s:\n%s", f.subject, f.outcome, strings.Join(f.lines, "\n"))
		} else if text := b.differs(f, w.records); text != "" {
			fault(b.line, "%s (-expected +found):\n%s", f.subject, text)
		}
	}
	for _, b := range e.blocks {
		if !b.inOrderUnsaid() && !slices.ContainsFunc(run.findings, func(f finding) bool { return f.subject == b.subject }) {
			fault(b.line, "there is no %s", b.subject)
		}
	}
	return faults
}

// about is what is expected of a subject, or nil.
func (e expectation) about(subject string) *block {
	for _, b := range e.blocks {
		if b.subject == subject {
			return b
		}
	}
	return nil
}

// inOrderUnsaid: a balance or a row of which there is nothing to say is not found at all.
func (b *block) inOrderUnsaid() bool {
	return b.outcome == "in order" && !strings.HasPrefix(b.subject, "payout ")
}

// unlike writes the lines that only one side has. Their order does not matter.
func unlike(expected, found []string) string {
	var text strings.Builder
	for _, line := range without(expected, found) {
		text.WriteString("  - " + line + "\n")
	}
	for _, line := range without(found, expected) {
		text.WriteString("  + " + line + "\n")
	}
	return text.String()
}

// without takes each of others off a list once.
func without(list, others []string) []string {
	rest := slices.Clone(list)
	for _, other := range others {
		if i := slices.Index(rest, other); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		}
	}
	return rest
}

// differs says where what was found is not what is expected.
func (b *block) differs(f finding, records map[string]reconcile.ExceptionRecord) string {
	text := unlike(append([]string{b.outcome}, b.lines...), append([]string{f.outcome}, f.lines...))
	if b.rule != "" && (b.payment != f.payment || b.rule != f.rule) {
		text += fmt.Sprintf("linked with %q by %q, not with %q by %q\n", f.payment, f.rule, b.payment, b.rule)
	}
	for _, words := range b.texts {
		if !slices.ContainsFunc(f.texts, func(told string) bool { return strings.Contains(told, words) }) {
			text += fmt.Sprintf("nowhere is said %q, but:\n  %s\n", words, strings.Join(f.texts, "\n  "))
		}
	}
	for _, e := range f.exceptions {
		want, ok := b.seen[resolvedLine(string(e.Code), e.TransactionReference)]
		if got := records[e.ID()].FirstSeen; ok && !got.Equal(want) {
			text += fmt.Sprintf("%s was first seen at %s, not at %s\n", e.Code, stamp(got), stamp(want))
		}
	}
	return text
}

// README.md of the stories lists the whole language, as the forms write it.
func TestScenarioLanguageIsDocumented(t *testing.T) {
	var happen, expect []string
	for _, known := range sentences {
		happen = append(happen, known.text)
	}
	for _, known := range expectations {
		expect = append(expect, known.text)
	}
	readme := readText(t, filepath.Join(scenarioFolder, "README.md"))
	for _, forms := range [][]string{happen, expect} {
		if block := "```\n" + strings.Join(forms, "\n") + "\n```\n"; !strings.Contains(readme, block) {
			t.Errorf("README.md of the stories must have this block:\n%s", block)
		}
	}
}

// A form that no story uses is a word that nobody needs.
func TestScenarioLanguageIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, file := range scenarioFiles(t) {
		for _, s := range readScenario(t, file).steps {
			used[s.form] = true
			if s.expect != nil {
				for _, form := range s.expect.forms {
					used[form] = true
				}
			}
		}
	}
	for _, known := range sentences {
		if !used[known.text] {
			t.Errorf("no story says: %s", known.text)
		}
	}
	for _, known := range expectations {
		if !used[known.text] {
			t.Errorf("no story expects: %s", known.text)
		}
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every code of design §5 is expected in a story, and docs/EXCEPTIONS.md links from each code to just the stories that
// expect it. A code without a story fails, and so does a story that its code's section does not name.
func TestEveryCodeHasItsStories(t *testing.T) {
	stories := storiesByCode(t)
	exceptions := readText(t, "../docs/EXCEPTIONS.md")
	for _, code := range reconcile.Codes() {
		if len(stories[code]) == 0 {
			t.Errorf("%s is expected in no story", code)
			continue
		}
		_, section, found := strings.Cut(exceptions, "\n## "+string(code)+"\n")
		if section, _, _ = strings.Cut(section, "\n## "); !found {
			t.Errorf("docs/EXCEPTIONS.md has no section %s", code)
		}
		if want := storiesLine(stories[code]); !strings.Contains(section, "\n"+want+"\n") {
			t.Errorf("the section %s of docs/EXCEPTIONS.md must have this line:\n%s", code, want)
		}
	}
}

// storiesByCode lists the names of the stories that expect each code, in their order.
func storiesByCode(t *testing.T) map[reconcile.Code][]string {
	t.Helper()
	stories := map[reconcile.Code][]string{}
	for _, file := range scenarioFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for _, code := range readScenario(t, file).codes() {
			stories[code] = append(stories[code], name)
		}
	}
	return stories
}

func (s scenario) codes() []reconcile.Code {
	var codes []reconcile.Code
	for _, step := range s.steps {
		if step.expect == nil {
			continue
		}
		for _, b := range step.expect.blocks {
			codes = append(codes, b.codes...)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// storiesLine is how docs/EXCEPTIONS.md names stories.
func storiesLine(names []string) string {
	links := make([]string, len(names))
	for i, name := range names {
		links[i] = fmt.Sprintf("[%s](../%s/%s.txtar)", strings.ReplaceAll(name, "_", " "), "reconcile/"+scenarioFolder, name)
	}
	return "- **Stories**: " + strings.Join(links, ", ") + "."
}
