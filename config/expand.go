package config

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	variable = regexp.MustCompile(`\$\$\{|\$\{[^}]*\}?`)
	named    = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)
)

// expand replaces each ${NAME} by the environment's value and $${ by a literal ${. What comes in is not expanded again.
// Problems are returned in the order of the text; an environment variable that is set but empty is none.
func expand(text string, env map[string]string) (expanded string, problems []string) {
	expanded = variable.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$${" {
			return "${"
		}
		m := named.FindStringSubmatch(found)
		if m == nil {
			problems = append(problems, "${ begins no ${NAME}; write $${ for a literal ${")
			return found
		}
		value, ok := env[m[1]]
		if !ok {
			problems = append(problems, fmt.Sprintf("environment variable %s is not set", m[1]))
		}
		return value
	})
	return expanded, problems
}

// environ makes a map of NAME=VALUE pairs; the last of equal names holds, as in a shell.
func environ(pairs []string) map[string]string {
	env := map[string]string{}
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			env[name] = value
		}
	}
	return env
}
