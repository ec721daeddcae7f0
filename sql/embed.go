// Package sql holds the migrations of tieout's own database, one set for each dialect, with the same tables and columns
// in both (a test of sql/store compares them).
package sql

import "embed"

// Migrations holds migrations/postgres and migrations/sqlite, in goose's format.
//
//go:embed migrations/postgres/*.sql migrations/sqlite/*.sql
var Migrations embed.FS
