package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"tieout/config"
	"tieout/feeds/shop"
	"tieout/feeds/stripe"
	"tieout/feeds/trustpayments"
	"tieout/jobs"
	"tieout/sql/store"
)

// TestExitCode: what a scheduler is told, also when several things went wrong at once. What a retry cannot mend is told
// before what it can.
func TestExitCode(t *testing.T) {
	failed := errors.New("connection refused")
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"nothing":                         {nil, exitDone},
		"a failure":                       {failed, exitFailed},
		"told to stop":                    {fmt.Errorf("stopped before the end: %w", context.Canceled), exitFailed},
		"a file that is not there":        {fmt.Errorf("write reports: %w", fs.ErrNotExist), exitFailed},
		"usage":                           {usagef("--as-of %q", "x"), exitWrong},
		"mistakes in the configuration":   {config.Mistakes{{Message: "unknown key"}}, exitWrong},
		"a mapping that does not fit":     {fmt.Errorf("open: %w", &shop.MappingError{}), exitWrong},
		"unknown job":                     {fmt.Errorf("%w %q", jobs.ErrUnknownJob, "x"), exitWrong},
		"too many cancels":                {fmt.Errorf("cancel-expired: %w", jobs.ErrTooManyCancels), exitWrong},
		"not migrated":                    {fmt.Errorf("postgres://h/d: %w", store.ErrNotMigrated), exitWrong},
		"migrated by a newer version":     {fmt.Errorf("postgres://h/d: %w", store.ErrTooNew), exitWrong},
		"Stripe refuses the key":          {fmt.Errorf("fetch: %w", stripe.ErrUnauthorized), exitWrong},
		"Trust Payments refuses the user": {fmt.Errorf("fetch: %w", trustpayments.ErrUnauthorized), exitWrong},
		"the bulk search does not fit":    {fmt.Errorf("fetch: %w", trustpayments.ErrUnfitSearch), exitWrong},
		"a wrong key and a failure":       {errors.Join(failed, fmt.Errorf("fetch: %w", stripe.ErrUnauthorized)), exitWrong},
		"exceptions found":                {errFound, exitFound},
		"exceptions found, and a failure": {errors.Join(failed, errFound), exitFailed},
		"another run":                     {fmt.Errorf("lock: %w: host, process 1", store.ErrLocked), exitLocked},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			a := &app{stderr: &stderr}
			if got := a.end(tc.err); got != tc.want {
				t.Errorf("exit code %d, want %d", got, tc.want)
			}
			silent := tc.want == exitDone || tc.want == exitFound
			if told := strings.HasPrefix(stderr.String(), "tieout: "); told == silent {
				t.Errorf("printed %q", stderr.String())
			}
		})
	}
}
