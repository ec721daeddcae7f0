package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tieout/audit"
)

func (a *app) auditCommand() *cobra.Command {
	group := &cobra.Command{Use: "audit", Short: "Make the key that signs the settlement history, print its newest checkpoint", Args: usage(cobra.NoArgs), RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	out := ""
	key := &cobra.Command{
		Use:   "key",
		Short: "Make a key: the private one into a file, the public one beside it and on the terminal",
		Long: "Makes an Ed25519 key that signs the checkpoints of the log that audit.name names. Keep the private key away from whoever can write to the database, and\n" +
			"give the public key to the auditor, on paper or in person. A log that has another key already goes on under both (docs/RUNBOOK.md).",
		Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.makeKey(out) },
	}
	key.Flags().StringVar(&out, "out", "tieout.key", "file of the private key; the public key goes beside it as FILE.pub")
	checkpoint := &cobra.Command{
		Use:   "checkpoint",
		Short: "Print the newest checkpoint of the log",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.printCheckpoint(command.Context()) },
	}
	group.AddCommand(key, checkpoint)
	return group
}

// makeKey never writes over a file: a private key that is gone cannot be had again.
func (a *app) makeKey(path string) error {
	c, err := a.load()
	if err != nil {
		return err
	}
	private, public, err := audit.GenerateKey(c.Audit.Name)
	if err != nil {
		return usageError{err}
	}
	for _, file := range []struct {
		name, content string
		mode          os.FileMode
	}{{path, private, 0o600}, {path + ".pub", public, 0o644}} {
		if err := writeNew(file.name, file.content+"\n", file.mode); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.stdout, "The private key is in %s: set audit.key_file to it. The public key, also in %s.pub:\n\n%s\n", path, path, public)
	return err
}

func writeNew(name, content string, mode os.FileMode) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return usageError{err}
	}
	_, err = file.WriteString(content)
	return errors.Join(err, file.Close())
}

func (a *app) printCheckpoint(ctx context.Context) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	seal, sealed, err := p.store.LastSeal(ctx)
	if err == nil && !sealed {
		err = audit.ErrNotSealed
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, seal.Note)
	return err
}
