package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing wrong with the configuration, and where.
type Mistake struct {
	// File is the file's name when Line is set; otherwise it is "environment NAME", or "command line", whose flag Path names,
	// or empty when the value is missing everywhere.
	File string
	// Line and Column count from 1; zero outside a file.
	Line, Column int
	// Path is the dotted path of the setting; empty when the file as a whole cannot be read as YAML.
	Path string
	// Message says what is wrong and what to do. It never holds a secret, nor what a ${NAME} stood for.
	Message string
}

// String is file:line:column: path: message, without the parts that do not exist.
func (m Mistake) String() string {
	var parts []string
	switch {
	case m.Line > 0:
		parts = append(parts, fmt.Sprintf("%s:%d:%d", m.File, m.Line, m.Column))
	case m.File != "":
		parts = append(parts, m.File)
	}
	if m.Path != "" {
		parts = append(parts, m.Path)
	}
	return strings.Join(append(parts, m.Message), ": ")
}

// Mistakes is every mistake of one configuration: first those of the file by position, then the others by name.
// It is never empty when returned as an error.
type Mistakes []Mistake

// Error gives one mistake a line.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

func (ms Mistakes) sort() {
	slices.SortStableFunc(ms, func(a, b Mistake) int {
		return cmp.Or(
			-cmp.Compare(min(a.Line, 1), min(b.Line, 1)),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
