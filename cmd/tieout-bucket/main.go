// Command tieout-bucket writes a report into an object store or a folder, for tieout's job "deliver".
package main

import (
	"os"

	"tieout/reports/delivery/bucket"
)

func main() { os.Exit(bucket.Main(os.Args[1:], os.Stderr)) }
