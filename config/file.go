package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// readYAML reads one document. It walks the syntax tree instead of decoding into structs, since a decoder stops at the first
// mistake.
func (l *loader) readYAML(data []byte) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the mark that some Windows editors put first
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		l.syntaxMistake(err, data)
		return
	}
	for i, doc := range tree.Docs {
		if i > 0 {
			l.mistake(l.at(doc.Start), "", "a second document; keep one, without a line of ---")
			return
		}
		if doc.Body != nil {
			l.readSection("", doc.Body, origin{l.file, 1, 1})
		}
	}
}

// syntaxMistake takes the reason alone: the whole message of the library quotes lines of the file, secrets included.
func (l *loader) syntaxMistake(err error, data []byte) {
	var located yaml.Error
	if !errors.As(err, &located) {
		l.mistake(origin{l.file, 1, 1}, "", "cannot be read as YAML")
		return
	}
	at, hint := l.at(located.GetToken()), ""
	if lines := bytes.Split(data, []byte("\n")); at.line <= len(lines) && bytes.Contains(lines[at.line-1], []byte("${")) {
		hint = "; inside [ ] and { }, put ${NAME} in quotes"
	}
	l.mistake(at, "", "cannot be read as YAML: "+located.GetMessage()+hint)
}

func (l *loader) at(t *token.Token) origin {
	if t == nil || t.Position == nil {
		return origin{l.file, 1, 1}
	}
	return origin{l.file, max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// readSection reads a mapping of keys that the schema knows. key is the position of its own key.
func (l *loader) readSection(path string, node ast.Node, key origin) {
	if isNull(node) {
		return
	}
	entries, ok := l.entries(path, node, key)
	if !ok {
		return
	}
	l.origins[path] = key
	for _, entry := range entries {
		l.readKey(path, entry)
	}
}

func (l *loader) readKey(section string, entry *ast.MappingValueNode) {
	name, at := keyText(entry.Key), l.at(entry.Key.GetToken())
	path := join(section, name)
	_, isLeaf := l.schema.leaves[path]
	_, isSection := l.schema.sections[path]
	_, isGroup := l.schema.groups[path]
	switch {
	case isGroup:
		l.readGroup(path, entry.Value, at)
	case isLeaf:
		l.readLeaf(path, entry.Value, at)
	case isSection && name != "":
		l.readSection(path, entry.Value, at)
	default:
		l.mistake(at, path, "unknown key"+l.schema.suggest(section, name))
	}
}

// readGroup reads a mapping of names to sections.
func (l *loader) readGroup(path string, node ast.Node, key origin) {
	if isNull(node) {
		return
	}
	entries, ok := l.entries(path, node, key)
	if !ok {
		return
	}
	l.mark(path, key)
	for _, entry := range entries {
		name, at := keyText(entry.Key), l.at(entry.Key.GetToken())
		if !accountName.MatchString(name) || strings.Contains(name, ".") {
			l.mistake(at, join(path, name), "not a name; write letters, digits, dashes and underscores")
			continue
		}
		l.schema.addMember(path, name)
		l.readSection(join(path, name), entry.Value, at)
		l.mark(join(path, name), at)
	}
}

// entries gives the entries of a mapping, each key once; a repeated one is a mistake.
func (l *loader) entries(path string, node ast.Node, at origin) ([]*ast.MappingValueNode, bool) {
	var all []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	default:
		l.mistake(at, path, "takes a mapping of keys to values"+unsupported(node))
		return nil, false
	}
	first := map[string]origin{}
	var once []*ast.MappingValueNode
	for _, entry := range all {
		name, at := keyText(entry.Key), l.at(entry.Key.GetToken())
		if seen, ok := first[name]; ok {
			l.mistake(at, join(path, name), fmt.Sprintf("repeated key; it is also at line %d", seen.line))
			continue
		}
		first[name] = at
		once = append(once, entry)
	}
	return once, true
}

// readLeaf reads one setting. A key without a value leaves the default.
func (l *loader) readLeaf(path string, node ast.Node, key origin) {
	if isNull(node) {
		return
	}
	target := l.schema.leaves[path]
	switch {
	case target.isMap():
		l.readMap(path, node, key)
	case target.isList():
		l.readList(path, node, key)
	default:
		if text, shown, at, ok := l.scalar(path, node); ok {
			l.setScalar(path, text, shown, at)
		}
	}
}

// readList accepts a single value as a list of one.
func (l *loader) readList(path string, node ast.Node, key origin) {
	l.mark(path, key)
	l.schema.leaves[path].clearList()
	nodes := []ast.Node{node}
	if sequence, ok := node.(*ast.SequenceNode); ok {
		nodes = sequence.Values
	}
	for i, item := range nodes {
		text, shown, at, ok := l.scalar(fmt.Sprintf("%s[%d]", path, i), item)
		if !ok {
			l.failed[path] = true // an item is lacking, so rules about the list have nothing to go by
			continue
		}
		l.setItem(path, i, text, shown, at)
	}
}

func (l *loader) readMap(path string, node ast.Node, key origin) {
	l.mark(path, key)
	entries, ok := l.entries(path, node, key)
	if !ok {
		return
	}
	l.schema.leaves[path].clearList()
	for _, entry := range entries {
		name := keyText(entry.Key)
		if text, _, at, ok := l.scalar(join(path, name), entry.Value); ok {
			l.mark(join(path, name), at)
			l.schema.leaves[path].addEntry(name, text)
		}
	}
}

// scalar gives the text of a single value with its variables expanded, and shown, the text as the file has it: what came
// from the environment may be a secret that was put in the wrong place.
func (l *loader) scalar(path string, node ast.Node) (text, shown string, at origin, ok bool) {
	at = l.at(node.GetToken())
	shown, ok = scalarText(node)
	if !ok {
		l.mistake(at, path, "takes a single value"+unsupported(node))
		return "", "", at, false
	}
	text, problems := expand(shown, l.env)
	if len(problems) > 0 {
		l.mark(path, at)
		l.mistake(at, path, strings.Join(problems, "; "))
		return "", "", at, false
	}
	return text, shown, at, true
}

// scalarText gives the text of a scalar of any type as the file has it: a status or an account may well be a number.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

func keyText(key ast.MapKeyNode) string {
	if text, ok := scalarText(key); ok {
		return text
	}
	return key.GetToken().Value
}

func isNull(node ast.Node) bool {
	switch node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return true
	default:
		return false
	}
}

// unsupported ends the message about a value of the wrong form, where more than its form is to be said.
func unsupported(node ast.Node) string {
	switch node.(type) {
	case *ast.NullNode:
		return ", and has none"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "; anchors, aliases and tags are not supported: write the value out"
	default:
		return ""
	}
}
