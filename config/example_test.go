package config

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/google/go-cmp/cmp"
)

const exampleFile = "../tieout.example.yaml"

func loadExample(t *testing.T) *Config {
	t.Helper()
	return load(t, exampleFile, []string{
		"SHOP_DATABASE_URL=postgres://reader:hunter2@db/shop",
		"STRIPE_API_KEY=sk_test_1",
		"TRUSTPAYMENTS_USERNAME=shop",
		"TRUSTPAYMENTS_PASSWORD_FILE=testdata/api_key.secret",
	}, nil)
}

// TestExampleHasEveryKey compares the keys of the file with those of the schema, both ways.
func TestExampleHasEveryKey(t *testing.T) {
	want := map[string]bool{}
	schema := schemaOf(Default())
	for _, path := range slices.AppendSeq(schema.paths(), maps.Keys(schema.groups)) {
		want[path] = true
	}
	got := map[string]bool{}
	for path := range exampleLines(t) {
		got[path] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys of the example (-schema +example):\n%s", diff)
	}
}

// TestExampleHasTheDefaults: a value is the default, unless its line ends in "# example"; then it is not.
func TestExampleHasTheDefaults(t *testing.T) {
	loaded := loadExample(t)
	loaded.Feeds.TrustPayments.Password = Secret{} // which the file has read through password_file
	defaults, example := schemaOf(Default()), schemaOf(loaded)
	text := strings.Split(read(t, exampleFile), "\n")
	for path, line := range exampleLines(t) {
		if _, isGroup := defaults.groups[path]; isGroup {
			continue // has no value of its own
		}
		marked := strings.HasSuffix(text[line-1], " # example")
		diff := cmp.Diff(defaults.leaves[path].value.Interface(), example.leaves[path].value.Interface())
		if marked == (diff == "") {
			t.Errorf("line %d, %s: marked as an example: %v; difference from the default:\n%s", line, path, marked, diff)
		}
	}
}

// TestExampleExplains: each section and each setting has a comment of its own or belongs to a group under one.
func TestExampleExplains(t *testing.T) {
	text := strings.Split(read(t, exampleFile), "\n")
	for path, line := range exampleLines(t) {
		if !strings.Contains(strings.Join(text[max(line-5, 0):line], "\n"), "# ") {
			t.Errorf("line %d, %s: no comment near it", line, path)
		}
	}
}

// exampleLines finds each setting of the example file, and its line.
func exampleLines(t *testing.T) map[string]int {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	collectLines(found, schemaOf(Default()), "", tree.Docs[0].Body)
	return found
}

func collectLines(found map[string]int, s schema, path string, node ast.Node) {
	mapping, ok := node.(*ast.MappingNode)
	if _, isSection := s.sections[path]; !ok || !isSection {
		found[path] = node.GetToken().Position.Line
		return
	}
	for _, entry := range mapping.Values {
		collectLines(found, s, join(path, keyText(entry.Key)), entry.Value)
	}
}
