// Package config reads tieout's settings: defaults, then one YAML file, then the environment, then command-line flags, each
// overriding the one before.
//
// Reading is strict. An unknown or repeated key, a value of the wrong type and a missing required value are all mistakes, and
// Load reports every one of them at once, with file, line and column (or the name of the variable or the path of the flag). Secrets are held
// in types that cannot print.
//
// The file of this package to open: config.go for what can be set, defaults.go for the values that hold when nothing is,
// rules.go for what is refused.
package config
