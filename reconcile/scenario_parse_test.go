package reconcile_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// scenario is one story: what happens and what is expected, in the order of the file.
type scenario struct {
	steps []step
}

// A step is something that happens, or an expectation at a moment.
type step struct {
	line   int
	form   string // of what happens
	tell   func(*telling) error
	expect *expectation
}

const happensSection = "what happens"

var (
	expectedSection = newForm("expected at {when}")
	timedLine       = regexp.MustCompile(`^(` + timeExpr + `|\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) +(\S.*)$`)
)

// A reader reads a file line by line; its mistakes name file and line.
type reader struct {
	file  string
	story scenario
	last  time.Time // of the line before, in the same section
	now   time.Time // of the expectation before
}

// parseScenario reads one txtar file. The comment at the top is for people; it must be there.
func parseScenario(file string, data []byte) (scenario, error) {
	p := reader{file: file}
	archive := txtar.Parse(data)
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		return scenario{}, p.fault(1, "the file must begin by telling the story in plain words, before the first section")
	}
	line := 1 + bytes.Count(archive.Comment, []byte("\n"))
	for _, section := range archive.Files {
		if err := p.section(section, line); err != nil {
			return scenario{}, err
		}
		line += 1 + bytes.Count(section.Data, []byte("\n"))
	}
	if len(p.story.steps) == 0 || p.story.steps[len(p.story.steps)-1].expect == nil {
		return scenario{}, p.fault(line, "the story must end with a section such as: -- expected at 2026-03-10 13:00 --")
	}
	return p.story, nil
}

func (p *reader) fault(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.file, line, fmt.Sprintf(format, args...))
}

func (p *reader) section(section txtar.File, line int) error {
	read := p.happening
	if section.Name == happensSection {
		p.last = time.Time{}
	} else if err := p.moment(section.Name, line); err != nil {
		return err
	} else {
		read = p.expected
	}
	for i, text := range strings.Split(string(section.Data), "\n") {
		if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if err := read(text, line+1+i); err != nil {
			return err
		}
	}
	return p.complete()
}

// moment begins an expectation.
func (p *reader) moment(name string, line int) error {
	s, ok := expectedSection.fill(name)
	if !ok {
		return p.fault(line, "a section is called %q or %q, not %q", happensSection, "expected at 2026-03-10 13:00", name)
	}
	now := s.when("when")
	switch {
	case *s.fault != nil:
		return p.fault(line, "%s", *s.fault)
	case now.Before(p.now):
		return p.fault(line, "the moments must be in the order of time: %s comes after %s", stamp(now), stamp(p.now))
	}
	p.now = now
	p.story.steps = append(p.story.steps, step{line: line, expect: &expectation{line: line, now: now}})
	return nil
}

// happening reads a line that tells what happened.
func (p *reader) happening(text string, line int) error {
	parts := timedLine.FindStringSubmatch(text)
	if parts == nil {
		return p.fault(line, "a line begins with its time, as in: 2026-03-10 12:00 order A-1 becomes paid; not %q", text)
	}
	at, err := p.timeOf(parts[1])
	if err != nil {
		return p.fault(line, "%s", err)
	}
	if at.Before(p.last) {
		return p.fault(line, "the lines of a section must be in the order of time: %s comes after %s", stamp(at), stamp(p.last))
	}
	p.last = at
	for _, known := range sentences {
		if s, ok := known.fill(parts[2]); ok {
			s.at = at
			p.story.steps = append(p.story.steps, step{line: line, form: known.text, tell: p.told(known, s, line)})
			return nil
		}
	}
	return p.fault(line, "no sentence reads %q; expected one such as: %s", parts[2], nearest(parts[2]))
}

func (p *reader) told(known sentence, s filled, line int) func(*telling) error {
	return func(w *telling) error {
		err := known.tell(w, s)
		if *s.fault != nil {
			err = *s.fault
		}
		if err != nil {
			return p.fault(line, "%s", err)
		}
		return nil
	}
}

// timeOf reads the time at the head of a line; without a day, it is that of the line before.
func (p *reader) timeOf(text string) (time.Time, error) {
	if strings.Contains(text, "-") {
		return parseTime(text)
	}
	if p.last.IsZero() {
		return time.Time{}, fmt.Errorf("the first line of a section must say the day, as in: 2026-03-10 %s", text)
	}
	return parseTime(p.last.Format("2006-01-02 ") + text)
}

// expected reads a line of an expectation.
func (p *reader) expected(text string, line int) error {
	e := p.story.steps[len(p.story.steps)-1].expect
	for _, known := range expectations {
		s, ok := known.fill(text)
		if !ok {
			continue
		}
		err := known.read(e, line, s)
		if *s.fault != nil {
			err = *s.fault
		}
		if err != nil {
			return p.fault(line, "%s", err)
		}
		e.forms = append(e.forms, known.text)
		return nil
	}
	return p.fault(line, "no expectation reads %q; see README.md beside the stories", text)
}

// complete holds that an expectation says of every order and loose payment when it is looked at next.
func (p *reader) complete() error {
	if len(p.story.steps) == 0 || p.story.steps[len(p.story.steps)-1].expect == nil {
		return nil
	}
	e := p.story.steps[len(p.story.steps)-1].expect
	if len(e.blocks) == 0 {
		return p.fault(e.line, "nothing is expected here; say something such as: order A-1 is matched")
	}
	for _, b := range e.blocks {
		want := 0
		if hasReview(b.subject) {
			want = 1
		}
		if b.reviews != want {
			return p.fault(b.line, "%s must say %d times when its next review is, not %d", b.subject, want, b.reviews)
		}
	}
	return nil
}

// hasReview: only what Judge judges is looked at again as time passes.
func hasReview(subject string) bool {
	first, _, _ := strings.Cut(subject, " ")
	return first == "order" || first == "payment" || first == "source"
}

// nearest is the sentence that shares most words with a line.
func nearest(text string) string {
	best, most := "", -1
	for _, known := range sentences {
		shared := 0
		for word := range strings.FieldsSeq(known.text) {
			if strings.Contains(" "+text+" ", " "+word+" ") {
				shared++
			}
		}
		if shared > most {
			best, most = known.text, shared
		}
	}
	return best
}
