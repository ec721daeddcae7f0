package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tieout/reports/delivery/bucket"
)

// TestMain lets the tests run this program as the command tieout, and the one that it needs beside it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tieout": main, "tieout-bucket": func() { os.Exit(bucket.Main(os.Args[1:], os.Stderr)) }})
}
