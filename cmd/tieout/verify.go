package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tieout/audit"
)

// errNotVerified ends the checking of a pack that is not what was sealed.
var errNotVerified = errors.New("not verified")

func (a *app) verifyCommand() *cobra.Command {
	var keys, checkpoints []string
	command := &cobra.Command{
		Use:   "verify PACK.zip",
		Short: "Check a pack from `tieout export`, offline: no database and no configuration",
		Long: "Finds out whether the rows of a pack are exactly what was sealed: none changed, removed, inserted or moved, and the newest not cut off.\n" +
			"A pack cannot vouch for itself: give the public key, a checkpoint that you kept (such as checkpoint.txt beside a daily report), or both.\n\n" +
			"Ends with 0 when it is verified, 1 when it is not, 2 when it was asked wrongly. docs/AUDIT.md tells what is proven.",
		Example: "  tieout verify PACK.zip --key shop.example+3c5dbb1f+AZ…\n" +
			"  tieout verify PACK.zip --key tieout.key.pub --checkpoint reports/2026-03-10/checkpoint.txt",
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			return a.verify(command.Context(), args[0], keys, checkpoints)
		},
	}
	command.Flags().StringArrayVar(&keys, "key", nil, "the public key, or a file that holds it; several after a change of keys")
	command.Flags().StringArrayVar(&checkpoints, "checkpoint", nil, "file with a checkpoint that you kept (repeatable)")
	return command
}

func (a *app) verify(ctx context.Context, path string, keys, checkpoints []string) error {
	options, err := trusted(keys, checkpoints)
	if err != nil {
		return usageError{err}
	}
	pack, err := os.Open(path)
	if err != nil {
		return usageError{err}
	}
	defer pack.Close() // nothing was written
	info, err := pack.Stat()
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	result, err := audit.Verify(ctx, pack, info.Size(), options)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return a.printVerified(path, result)
}

// trusted reads what a pack is held against.
func trusted(keys, checkpoints []string) (options audit.VerifyOptions, err error) {
	if len(keys)+len(checkpoints) == 0 {
		return options, audit.ErrNothingTrusted
	}
	for i, key := range keys {
		// A key has no form that a file's name would have.
		if content, err := os.ReadFile(key); err == nil {
			keys[i] = string(content)
		} else if !strings.Contains(key, "+") {
			return options, fmt.Errorf("--key %s is neither a public key nor a file: %w", key, err)
		}
	}
	if options.Keys, err = audit.NewPublicKeys(keys...); err != nil {
		return options, err
	}
	for _, file := range checkpoints {
		content, err := os.ReadFile(file)
		if err != nil {
			return options, fmt.Errorf("--checkpoint: %w", err)
		}
		if _, err := audit.ParseCheckpoint(string(content)); err != nil {
			return options, fmt.Errorf("--checkpoint %s: %w", file, err)
		}
		options.Held = append(options.Held, string(content))
	}
	return options, nil
}

func (a *app) printVerified(path string, r audit.Result) error {
	for _, finding := range r.Findings {
		fmt.Fprintln(a.stdout, finding)
	}
	if r.More > 0 {
		fmt.Fprintf(a.stdout, "and %d findings more\n", r.More)
	}
	if !r.Verified() {
		return fmt.Errorf("%s: %w: %d findings", path, errNotVerified, len(r.Findings)+r.More)
	}
	fmt.Fprintf(a.stdout, "%s: verified\n%s\n", path, r.Manifest.Filter.Sentence())
	for _, sentence := range r.Proven {
		fmt.Fprintf(a.stdout, "- %s\n", sentence)
	}
	return nil
}
