package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"tieout/config"
	"tieout/feeds/shop"
	"tieout/feeds/stripe"
	"tieout/feeds/trustpayments"
	"tieout/jobs"
	"tieout/sql/store"
)

// Exit codes (design §6). Exceptions found are still exitDone, unless --fail-on says otherwise.
const (
	exitDone   = 0
	exitFailed = 1 // a retry may help
	exitWrong  = 2 // usage or configuration: a retry will not help
	exitFound  = 3 // done, and --fail-on was reached
	exitLocked = 4 // another run holds the lock
)

// errFound ends a run whose exceptions reach --fail-on.
var errFound = errors.New("exceptions reach --fail-on")

// usageError is a command line that cannot be carried out.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// end prints the error, if any, and returns the exit code.
func (a *app) end(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitCode(err)
	if code != exitFound {
		fmt.Fprintf(a.stderr, "tieout: %v\n", err)
	}
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", hint)
	}
	return code
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, store.ErrLocked):
		return exitLocked
	case wrong(err):
		return exitWrong
	case only(err, errFound):
		return exitFound
	default:
		return exitFailed
	}
}

// only reports whether err is target, however often joined, and nothing beside it: a run that found exceptions and failed
// has failed.
func only(err, target error) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return errors.Is(err, target)
	}
	return !slices.ContainsFunc(joined.Unwrap(), func(part error) bool { return !only(part, target) })
}

// wrong reports whether usage or configuration must change before a retry can help.
func wrong(err error) bool {
	var usage usageError
	var mistakes config.Mistakes
	var mapping *shop.MappingError
	return errors.As(err, &usage) || errors.As(err, &mistakes) || errors.As(err, &mapping) ||
		errors.Is(err, jobs.ErrUnknownJob) || errors.Is(err, store.ErrUnknownException) || errors.Is(err, store.ErrOtherPlan) || errors.Is(err, store.ErrNotMigrated) || errors.Is(err, store.ErrTooNew) || errors.Is(err, jobs.ErrTooManyCancels) ||
		errors.Is(err, stripe.ErrUnauthorized) || errors.Is(err, trustpayments.ErrUnauthorized) || errors.Is(err, trustpayments.ErrUnfitSearch)
}

func hintFor(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "the run was told to stop; the next one goes on where this one ended"
	case errors.Is(err, store.ErrLocked):
		return "wait for the other run to end; a lock whose holder died frees itself"
	case errors.Is(err, store.ErrOtherPlan):
		return "something moved, and nothing was changed; look again with --dry-run"
	case errors.Is(err, fs.ErrNotExist):
		return "is the path right, seen from the working directory?"
	default:
		return ""
	}
}
