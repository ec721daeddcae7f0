package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/reconcile"
	"tieout/sql/store"
)

func (a *app) exceptionsCommand() *cobra.Command {
	group := &cobra.Command{Use: "exceptions", Short: "Look at exceptions, acknowledge and resolve them", Args: usage(cobra.NoArgs), RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	group.AddCommand(a.exceptionsListCommand(), a.exceptionsShowCommand(), a.exceptionsAcknowledgeCommand(), a.exceptionsResolveCommand(), a.exceptionsImportCommand())
	return group
}

func (a *app) exceptionsListCommand() *cobra.Command {
	var flags exceptionFlags
	all, asJSON := false, false
	command := &cobra.Command{
		Use:   "list",
		Short: "List the exceptions that stand, most urgent first",
		Args:  usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			filter, err := flags.filter(command, time.Now())
			if err != nil {
				return err
			}
			filter.Standing = filter.Standing && !all
			return a.listExceptions(command.Context(), filter, asJSON)
		},
	}
	flags.addTo(command)
	command.Flags().BoolVar(&all, "all", false, "also those that are resolved")
	command.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return command
}

func (a *app) listExceptions(ctx context.Context, filter store.ExceptionFilter, asJSON bool) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	records := p.store.Exceptions(ctx, filter)
	if asJSON {
		return encodeExceptions(a.stdout, records)
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "id\tcode\tseverity\tstatus\torder\ttransaction\tdifference\tfirst seen\tdue")
	for record, err := range records {
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

func (a *app) exceptionsShowCommand() *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "show ID",
		Short: "Show one exception with its whole life: every change, who made it, when and why",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, ids []string) error {
			return a.showException(command.Context(), ids[0], asJSON)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "as one JSON object")
	return command
}

func (a *app) showException(ctx context.Context, id string, asJSON bool) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	found, err := p.store.ExceptionsOf(ctx, nil, []string{id})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: %s", store.ErrUnknownException, id)
	}
	changes, err := p.store.ExceptionChanges(ctx, id)
	if err != nil {
		return err
	}
	if asJSON {
		return newEncoder(a.stdout).Encode(jsonOfLife(found[0], changes))
	}
	return printException(a.stdout, found[0], changes)
}

func printException(out io.Writer, r reconcile.ExceptionRecord, changes []reconcile.ExceptionChange) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s  %s (%s), %s\n\n%s\n\n", r.ID(), r.Code, r.Severity, r.Status, r.Explanation)
	for _, line := range [][2]string{
		{"Order", r.OrderReference}, {"Transaction", r.TransactionReference}, {"Feed", strings.TrimSpace(r.Feed + " " + r.Account)},
		{"Expected", known(r.Expected.Currency, r.Expected.String())}, {"Actual", known(r.Actual.Currency, r.Actual.String())},
		{"Difference", known(r.Difference.Currency, r.Difference.String())},
		{"First seen", utc(r.FirstSeen)}, {"Last seen", utc(r.LastSeen)}, {"Due", utc(r.DueAt)}, {"Next step", r.NextStep},
	} {
		if line[1] != "" {
			fmt.Fprintf(table, "  %s\t%s\n", line[0], line[1])
		}
	}
	fmt.Fprintln(table, "\nIts life, in UTC")
	for _, c := range changes {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", minute(c.At), actor(c), step(c.From, c.To), why(c))
	}
	return table.Flush()
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return minute(t) + " UTC"
}

func actor(c reconcile.ExceptionChange) string {
	if c.RunID != 0 {
		return fmt.Sprintf("%s, run %d", c.Who, c.RunID)
	}
	return c.Who
}

func step(from, to reconcile.ExceptionStatus) string {
	if from == "" {
		return string(to)
	}
	return fmt.Sprintf("%s → %s", from, to)
}

// why is reason and note in one line, whatever the note was typed as.
func why(c reconcile.ExceptionChange) string {
	note := strings.Join(strings.Fields(c.Note), " ")
	if c.Reason != "" && note != "" {
		return c.Reason + ": " + note
	}
	return c.Reason + note
}
