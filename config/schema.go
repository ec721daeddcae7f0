package config

import (
	"reflect"
	"slices"
	"strings"
)

// schema is what can be set, read off the struct: the tags of Config are the only list of keys there is.
type schema struct {
	leaves   map[string]leaf
	sections map[string][]string // path of a section to the names of its keys; the root is ""
}

// leaf is one setting: where it is stored, and the words it may hold ("" for any).
type leaf struct {
	value reflect.Value
	oneOf []string
}

func schemaOf(c *Config) schema {
	s := schema{leaves: map[string]leaf{}, sections: map[string][]string{}}
	s.addSection("", reflect.ValueOf(c).Elem())
	return s
}

func (s schema) addSection(path string, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		s.sections[path] = append(s.sections[path], name)
		child := join(path, name)
		if isSection(field.Type) {
			s.addSection(child, v.Field(i))
			continue
		}
		s.leaves[child] = leaf{v.Field(i), strings.Fields(field.Tag.Get("oneof"))}
	}
}

// isSection tells a struct of settings from a struct that is one value: only the former has tagged fields.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).Tag.Get("yaml") != ""
}

// paths lists every setting, sorted.
func (s schema) paths() []string {
	var all []string
	for path := range s.leaves {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// parent cuts the last name or index off a path: a.b[2] has the parent a.b, which has a, which has "".
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// suggest gives the end of a message about an unknown key: the path it was probably meant to be, if one is near.
func (s schema) suggest(section, name string) string {
	best, distance := "", max(2, len(name)/3)+1
	for _, known := range s.sections[section] {
		if d := editDistance(strings.ToLower(name), known); d < distance {
			best, distance = join(section, known), d
		}
	}
	if best == "" {
		best = s.elsewhere(name)
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// elsewhere finds the path that ends in name, for a key that is right but in the wrong place; a section goes before single
// values, and of several equals none is named.
func (s schema) elsewhere(name string) string {
	var sections, values []string
	for section, names := range s.sections {
		path := join(section, name)
		switch _, isSection := s.sections[path]; {
		case !slices.Contains(names, name):
		case isSection:
			sections = append(sections, path)
		default:
			values = append(values, path)
		}
	}
	for _, found := range [][]string{sections, values} {
		if len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

// editDistance is Levenshtein's: how many letters to add, drop or change.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
