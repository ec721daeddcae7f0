package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/reconcile"
	"tieout/sql/store"
)

func (a *app) exceptionsCommand() *cobra.Command {
	group := &cobra.Command{Use: "exceptions", Short: "Look at exceptions, acknowledge and resolve them", Args: usage(cobra.NoArgs), RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	group.AddCommand(a.exceptionsListCommand(), a.exceptionsChangeCommand("acknowledge", reconcile.StatusAcknowledged), a.exceptionsChangeCommand("resolve", reconcile.StatusResolved))
	return group
}

func (a *app) exceptionsListCommand() *cobra.Command {
	filter := store.ExceptionFilter{}
	all := false
	command := &cobra.Command{
		Use:   "list",
		Short: "List the exceptions that stand, most urgent first",
		Args:  usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			filter.Standing = !all
			return a.listExceptions(command.Context(), filter)
		},
	}
	command.Flags().StringSliceVar(&filter.Codes, "code", nil, "only these codes")
	command.Flags().StringSliceVar(&filter.Severities, "severity", nil, "only these severities")
	command.Flags().StringSliceVar(&filter.Statuses, "status", nil, "only these statuses")
	command.Flags().StringVar(&filter.Reference, "reference", "", "only those of this order or transaction")
	command.Flags().BoolVar(&all, "all", false, "also those that are resolved")
	return command
}

func (a *app) listExceptions(ctx context.Context, filter store.ExceptionFilter) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "id\tcode\tseverity\tstatus\torder\ttransaction\tdifference\tfirst seen\tdue")
	for record, err := range p.store.Exceptions(ctx, filter) {
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", record.ID(), record.Code, record.Severity, record.Status, record.OrderReference,
			record.TransactionReference, known(record.Difference.Currency, record.Difference.String()), minute(record.FirstSeen), minute(record.DueAt))
	}
	return table.Flush()
}

// known returns the text, or nothing when the amount has no currency: this side says nothing.
func known(currency, text string) string {
	if currency == "" {
		return ""
	}
	return text
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func (a *app) exceptionsChangeCommand(verb string, to reconcile.ExceptionStatus) *cobra.Command {
	var who, reason, note string
	command := &cobra.Command{
		Use:   verb + " ID...",
		Short: map[string]string{"acknowledge": "Say that somebody is looking into these exceptions", "resolve": "Close these exceptions with a reason; they reopen if their figures change"}[verb],
		Args:  usage(cobra.MinimumNArgs(1)),
		RunE: func(command *cobra.Command, ids []string) error {
			if to == reconcile.StatusResolved && reason == "" {
				return usagef("resolve needs --reason, such as refunded, written-off, data-corrected")
			}
			return a.changeExceptions(command.Context(), ids, to, who, reason, note)
		},
	}
	command.Flags().StringVar(&who, "by", userName(), "who decides")
	command.Flags().StringVar(&reason, "reason", "", "reason code")
	command.Flags().StringVar(&note, "note", "", "a sentence for whoever reads it later")
	return command
}

func userName() string {
	current, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return current.Username
}

func (a *app) changeExceptions(ctx context.Context, ids []string, to reconcile.ExceptionStatus, who, reason, note string) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	changed, err := p.store.ChangeExceptions(ctx, ids, to, who, reason, note, time.Now().UTC())
	if errors.Is(err, store.ErrUnknownException) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%d of %d exceptions are %s now\n", changed, len(ids), to)
	return err
}
