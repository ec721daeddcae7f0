// Command tieout ties the merchant's orders out against what the payment providers say, and reports what does not agree.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
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

// run is the whole program: what main does not do is only what a test cannot. A panic ends with exitFailed: Go's own exit
// code for it, 2, would tell Kubernetes that the configuration is wrong.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(stderr, "tieout: this is a bug, please report it: %v\n%s", cause, debug.Stack())
			code = exitFailed
		}
	}()
	a := &app{env: env, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.end(root.ExecuteContext(ctx))
}
