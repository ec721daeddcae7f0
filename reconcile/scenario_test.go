package reconcile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

const scenarioFolder = "testdata/scenarios"

// Every story under testdata/scenarios comes out as it says. README.md there explains the language.
func TestScenarios(t *testing.T) {
	for _, file := range scenarioFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			w := newTelling()
			for _, s := range readScenario(t, file).steps {
				if s.expect != nil {
					w.check(t, file, *s.expect)
				} else if err := s.tell(w); err != nil {
					t.Fatal(err)
				}
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
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	story, err := parseScenario(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return story
}

// check runs everything at a moment and holds what is found against what is expected.
func (w *telling) check(t *testing.T, file string, e expectation) {
	t.Helper()
	found := w.judge(e.now)
	slices.Sort(e.resolved)
	if diff := gocmp.Diff(e.resolved, found.resolved); diff != "" {
		t.Errorf("%s:%d: resolved because their cause is gone (-expected +found):\n%s", file, e.line, diff)
	}
	for _, f := range found.findings {
		i := slices.IndexFunc(e.blocks, func(b *block) bool { return b.subject == f.subject })
		if i < 0 {
			t.Errorf("%s:%d: nothing is expected of %s, which is %s:\n%s", file, e.line, f.subject, f.outcome, strings.Join(f.lines, "\n"))
			continue
		}
		if text := e.blocks[i].differs(f, w.records); text != "" {
			t.Errorf("%s:%d: %s (-expected +found):\n%s", file, e.blocks[i].line, f.subject, text)
		}
	}
	for _, b := range e.blocks {
		if !b.inOrderUnsaid() && !slices.ContainsFunc(found.findings, func(f finding) bool { return f.subject == b.subject }) {
			t.Errorf("%s:%d: there is no %s", file, b.line, b.subject)
		}
	}
}

// inOrderUnsaid: a balance or a row of which there is nothing to say is not found at all.
func (b *block) inOrderUnsaid() bool {
	return b.outcome == "in order" && !strings.HasPrefix(b.subject, "payout ")
}

// differs says where what was found is not what is expected.
func (b *block) differs(f finding, records map[string]reconcile.ExceptionRecord) string {
	slices.Sort(b.lines)
	text := gocmp.Diff(append([]string{b.outcome}, b.lines...), append([]string{f.outcome}, f.lines...))
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
