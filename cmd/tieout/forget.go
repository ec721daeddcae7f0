package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"tieout/sql/store"
)

// forgetting is one invocation of forget.
type forgetting struct {
	reference, email string
	record           store.Forgotten
	dryRun           bool
}

func (a *app) forgetCommand() *cobra.Command {
	var f forgetting
	command := &cobra.Command{
		Use:   "forget [REFERENCE]",
		Short: "Remove a customer's personal data; the log stays verifiable",
		Long: "Removes the e-mail address that messages of an order are for, the only personal data that tieout keeps, and the salt of what the log says in its place: nobody can\n" +
			"find out any more whose address it was, and every checkpoint and pack stays verifiable. That it was removed is recorded, with who, when and why.\n" +
			"The shop's own table and the providers are left alone.",
		Example: "  tieout forget EVT-000486 --reason \"asked by letter\" --by ada\n" +
			"  tieout forget --email li@example.com --reason \"asked by letter\" --dry-run",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args)+len(f.email) == 0 || len(args) > 0 && f.email != "" || len(args) > 1 {
				return usagef("name one order by its reference, or a customer by --email")
			}
			if len(args) == 1 {
				f.reference = args[0]
			}
			return a.forget(command.Context(), f)
		},
	}
	command.Flags().StringVar(&f.email, "email", "", "every order whose messages are for this address")
	command.Flags().StringVar(&f.record.Reason, "reason", "", "why (required)")
	command.Flags().StringVar(&f.record.Who, "by", "", "who removes it (default the user of the system, if that is a person)")
	command.Flags().BoolVar(&f.dryRun, "dry-run", false, "print what would be removed, and remove nothing")
	return command
}

func (a *app) forget(ctx context.Context, f forgetting) (err error) {
	if f.record.Reason == "" {
		return usagef("forget needs --reason: a sentence for whoever reads it later, without the personal data itself")
	}
	if f.record.Who, err = person(f.record.Who, user.Current); err != nil {
		return err
	}
	f.record.At = time.Now().UTC().Truncate(time.Microsecond)
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if f.dryRun {
		references, err := p.store.PersonalOf(ctx, f.reference, f.email)
		if err != nil {
			return err
		}
		return a.printForgotten(references, "would be removed")
	}
	held, release, err := p.store.Lock(ctx, holder())
	if err != nil {
		return err
	}
	references, failure := p.store.PersonalOf(held, f.reference, f.email)
	if failure == nil && len(references) > 0 {
		failure = p.store.Forget(held, references, f.record)
	}
	if err := errors.Join(failure, release(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	return a.printForgotten(references, "is removed")
}

func (a *app) printForgotten(references []string, done string) error {
	for _, reference := range references {
		fmt.Fprintln(a.stdout, reference)
	}
	_, err := fmt.Fprintf(a.stdout, "the e-mail address in the messages of %d orders %s\n", len(references), done)
	return err
}
