// Command tieout ties the merchant's orders out against what the payment providers say, and reports what does not agree.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build.
var version = "devel"

func main() {
	// SIGTERM is how Kubernetes asks a job to end: the run stops between two units of work.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: what main does not do is only what a test cannot.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	a := &app{env: env, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.end(root.ExecuteContext(ctx))
}
