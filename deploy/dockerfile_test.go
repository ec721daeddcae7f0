package deploy

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
)

// stage is one FROM of the Dockerfile and what follows it.
type stage struct {
	image string
	lines []line
}

// line is one instruction: its lower-case name, its flags, its words, and whether these were written as a JSON list.
type line struct {
	name  string
	flags []string
	words []string
	exec  bool
}

// stages reads the Dockerfile with the parser that builds images.
func stages(t *testing.T) []stage {
	t.Helper()
	result, err := parser.Parse(bytes.NewReader(read(t, "../Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, warning := range result.Warnings {
		t.Errorf("Dockerfile: %s", warning.Short)
	}
	var all []stage
	for _, node := range result.AST.Children {
		l := line{name: strings.ToLower(node.Value), flags: node.Flags, exec: node.Attributes["json"]}
		for word := node.Next; word != nil; word = word.Next {
			l.words = append(l.words, word.Value)
		}
		if l.name == "from" {
			all = append(all, stage{image: l.words[0]})
			continue
		}
		if len(all) == 0 {
			t.Fatalf("%s before the first FROM", l.name)
		}
		all[len(all)-1].lines = append(all[len(all)-1].lines, l)
	}
	if len(all) != 2 {
		t.Fatalf("%d stages, want one that builds and one that is shipped", len(all))
	}
	return all
}

// last returns the last instruction of that name, the one that holds.
func (s stage) last(name string) line {
	for _, l := range slices.Backward(s.lines) {
		if l.name == name {
			return l
		}
	}
	return line{name: name}
}

// script is everything that the stage runs.
func (s stage) script() string {
	var b strings.Builder
	for _, l := range s.lines {
		if l.name == "run" {
			b.WriteString(strings.Join(l.words, " ") + "\n")
		}
	}
	return b.String()
}

// The compiler is pinned to one release, of the version that go.mod asks for.
func TestBuildImage(t *testing.T) {
	image := stages(t)[0].image
	tag := regexp.MustCompile(`^golang:(\d+\.\d+)\.\d+-bookworm$`).FindStringSubmatch(image)
	if tag == nil {
		t.Fatalf("FROM %s: want a full version of golang on bookworm", image)
	}
	if !bytes.Contains(read(t, "../go.mod"), []byte("\ngo "+tag[1]+".")) {
		t.Errorf("FROM %s: go.mod asks for another version", image)
	}
}

// The binaries are static, and beside them are the certificates and the zones, put where Go looks for them.
func TestWhatTheImageHolds(t *testing.T) {
	build, shipped := stages(t)[0], stages(t)[1]
	script := build.script()
	for _, want := range []string{
		"CGO_ENABLED=0 go build -trimpath",
		"-X main.version=${VERSION}",
		"-o /root-of-image/ ./cmd/tieout ./cmd/tieout-bucket",
		"cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/",
		"cp /usr/local/go/lib/time/zoneinfo.zip /root-of-image/usr/share/zoneinfo.zip",
		"mkdir -m 1777 /root-of-image/tmp",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("the build does not run %q", want)
		}
	}
	wholeTree := func(l line) bool {
		return l.name == "copy" && slices.Equal(l.words, []string{"/root-of-image", "/"}) && slices.Equal(l.flags, []string{"--from=build"})
	}
	if !slices.ContainsFunc(shipped.lines, wholeTree) {
		t.Error("the shipped stage does not copy /root-of-image")
	}
	if got := shipped.last("env").words; len(got) < 2 || got[0] != "ZONEINFO" || got[1] != "/usr/share/zoneinfo.zip" {
		t.Errorf("ENV %v: want ZONEINFO", got)
	}
}

// The shipped image has no shell, runs by number as nobody, and starts tieout itself, so that signals reach it.
func TestWhatTheImageRuns(t *testing.T) {
	shipped := stages(t)[1]
	if shipped.image != "scratch" {
		t.Errorf("FROM %s", shipped.image)
	}
	user := shipped.last("user").words
	if len(user) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user[0]) {
		t.Errorf("USER %v: want two numbers, neither 0", user)
	}
	if got := shipped.last("entrypoint"); !got.exec || !slices.Equal(got.words, []string{"/tieout"}) {
		t.Errorf("ENTRYPOINT %v, as a list: %t", got.words, got.exec)
	}
	if shipped.script() != "" {
		t.Error("RUN in a stage without a shell")
	}
}

// .dockerignore, read as the builder reads it, keeps the sources in and secrets, databases and reports out.
func TestBuildContext(t *testing.T) {
	var patterns []string
	for pattern := range strings.Lines(string(read(t, "../.dockerignore"))) {
		if pattern = strings.TrimSpace(pattern); pattern != "" && !strings.HasPrefix(pattern, "#") {
			patterns = append(patterns, pattern)
		}
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	for path, ignored := range map[string]bool{
		"go.mod":                              false,
		"go.sum":                              false,
		"cmd/tieout/main.go":                  false,
		"config/config.go":                    false,
		"reports/workbook.go":                 false,
		"sql/migrations/postgres/00001.sql":   false,
		"tieout.example.yaml":                 false,
		".git/config":                         true,
		"tieout.yaml":                         true,
		"tieout.db":                           true,
		"tieout.db-wal":                       true,
		"demo/tieout.yaml":                    true,
		"demo/reports/2026-01-15/tieout.xlsx": true,
		"reports/2026-01-15/exceptions.csv":   true,
		"bin/tieout":                          true,
		"deploy/kubernetes/secret.real.yaml":  true,
		".ci/tools/go.mod":                    true,
		"docs/ARCHITECTURE.md":                true,
	} {
		got, err := matcher.MatchesOrParentMatches(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != ignored {
			t.Errorf("%s: ignored is %t, want %t", path, got, ignored)
		}
	}
}
