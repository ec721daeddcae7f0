package config

import (
	"reflect"
	"slices"
	"strings"
)

// schema is what can be set, read off the struct: the tags of Config are the only list of keys there is.
type schema struct {
	leaves   map[string]leaf
	sections map[string][]string      // path of a section to the names of its keys; the root is ""
	groups   map[string]reflect.Value // path of a group, a mapping of names to sections of the same kind as the one it lies in
}

// leaf is one setting: where it is stored, and the words it may hold ("" for any).
type leaf struct {
	value reflect.Value
	oneOf []string
}

func schemaOf(c *Config) schema {
	s := schema{leaves: map[string]leaf{}, sections: map[string][]string{}, groups: map[string]reflect.Value{}}
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
		switch {
		case isSection(field.Type):
			s.addSection(child, v.Field(i))
		case isGroup(field.Type):
			s.groups[child] = v.Field(i)
		default:
			s.leaves[child] = leaf{v.Field(i), strings.Fields(field.Tag.Get("oneof"))}
		}
	}
}

// addMember adds a section to a group. It has the keys of the section around the group but those that are the outer one's alone.
func (s schema) addMember(group, name string) {
	members := s.groups[group]
	if members.IsNil() {
		members.Set(reflect.MakeMap(members.Type()))
	}
	member := reflect.New(members.Type().Elem().Elem())
	members.SetMapIndex(reflect.ValueOf(name), member)
	for i := range member.Elem().NumField() {
		field := member.Elem().Type().Field(i)
		key := field.Tag.Get("yaml")
		if key == "-" || field.Tag.Get("outer") == "only" {
			continue
		}
		path := join(join(group, name), key)
		s.sections[parent(path)] = append(s.sections[parent(path)], key)
		s.leaves[path] = leaf{member.Elem().Field(i), strings.Fields(field.Tag.Get("oneof"))}
	}
}

// members lists the sections of a group, sorted.
func (s schema) members(group string) []string {
	var names []string
	for _, name := range s.groups[group].MapKeys() {
		names = append(names, name.String())
	}
	slices.Sort(names)
	return names
}

// isSection tells a struct of settings from a struct that is one value: only the former has tagged fields.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).Tag.Get("yaml") != ""
}

// isGroup tells a mapping of names to sections from a mapping of words.
func isGroup(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Pointer && isSection(t.Elem().Elem())
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
