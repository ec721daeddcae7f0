package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/reconcile"
	"tieout/sql/store"
)

// exceptionChange is one invocation of acknowledge or resolve.
type exceptionChange struct {
	verb     string
	flags    exceptionFlags
	ids      []string // the arguments
	filter   store.ExceptionFilter
	handling reconcile.Handling
	reason   string
	expect   string
	dryRun   bool
	yes      bool
}

func (a *app) exceptionsAcknowledgeCommand() *cobra.Command {
	c := &exceptionChange{verb: "acknowledge", handling: reconcile.Handling{To: reconcile.StatusAcknowledged}}
	return a.exceptionsChangeCommand(c, &cobra.Command{
		Short: "Say that somebody is looking into these exceptions; they reopen if their figures change",
		Example: "  tieout exceptions acknowledge 35838d7233cbd8aa --note \"asked the bank\"\n" +
			"  tieout exceptions acknowledge --code DISPUTED --account main --yes",
	})
}

func (a *app) exceptionsResolveCommand() *cobra.Command {
	c := &exceptionChange{verb: "resolve", handling: reconcile.Handling{To: reconcile.StatusResolved}}
	command := a.exceptionsChangeCommand(c, &cobra.Command{
		Short: "Close these exceptions with a reason; they reopen if their figures change",
		Example: "  tieout exceptions resolve 35838d7233cbd8aa --reason refunded\n" +
			"  tieout exceptions resolve --code AMOUNT_MISMATCH --currency EUR --max-difference 0.05 --reason written-off --dry-run",
	})
	command.Long += "\n\nReasons: " + join(reconcile.Reasons()) + ". The last one needs a --note."
	command.Flags().StringVar(&c.reason, "reason", "", "why (required)")
	return command
}

func (a *app) exceptionsChangeCommand(c *exceptionChange, command *cobra.Command) *cobra.Command {
	command.Use = c.verb + " [ID...]"
	command.Long = command.Short + ".\n\nName the exceptions by their ids, or by conditions, together as `tieout exceptions list` has them. By conditions it asks\n" +
		"before it changes anything, or takes --yes. All of them change or none."
	command.RunE = func(command *cobra.Command, ids []string) error {
		c.ids = ids
		if err := c.check(command); err != nil {
			return err
		}
		return a.changeExceptions(command.Context(), c, command.InOrStdin())
	}
	c.flags.addTo(command)
	command.Flags().StringVar(&c.handling.Who, "by", "", "who decides (default the user of the system, if that is a person)")
	command.Flags().StringVar(&c.handling.Note, "note", "", "a sentence for whoever reads it later")
	command.Flags().BoolVar(&c.dryRun, "dry-run", false, "print what would change, and change nothing")
	command.Flags().BoolVar(&c.yes, "yes", false, "do not ask")
	command.Flags().StringVar(&c.expect, "expect", "", "change nothing unless it is so many (214), or exactly those of a dry run (214-9f3c21ab)")
	return command
}

// check makes filter and handling of the command line.
func (c *exceptionChange) check(command *cobra.Command) (err error) {
	byFilter := c.flags.given(command)
	switch {
	case byFilter == (len(c.ids) > 0):
		return usagef("%s needs ids or conditions, such as --code, and not both", c.verb)
	case c.handling.To == reconcile.StatusResolved && c.reason == "":
		return usagef("resolve needs --reason: choose from %s", join(reconcile.Reasons()))
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if c.filter, err = c.flags.filter(command, now); err != nil {
		return err
	}
	if !byFilter {
		c.filter = store.ExceptionFilter{IDs: c.ids}
	}
	if c.reason != "" {
		if err := oneOf("reason", []string{c.reason}, reconcile.Reasons()); err != nil {
			return err
		}
	}
	c.handling.Reason, c.handling.At = reconcile.Reason(c.reason), now
	if c.handling.Who, err = person(c.handling.Who, user.Current); err != nil {
		return err
	}
	if err := c.handling.Check(); err != nil {
		return usageError{err}
	}
	if c.yes = c.yes || !byFilter; !c.yes && !c.dryRun && !isTerminal(command.InOrStdin()) {
		return usagef("%s by conditions needs --yes where nobody can be asked; look first with --dry-run", c.verb)
	}
	return nil
}

// person is the name given, or else that of the user of the system where that is one. Root is nobody, and in a container
// the user often has no name.
func person(given string, current func() (*user.User, error)) (string, error) {
	if given != "" {
		return given, nil
	}
	system, err := current()
	if err != nil || slices.Contains([]string{"", "root", system.Uid}, system.Username) {
		return "", usagef("who decides? The user of this system is no name of a person: give --by NAME")
	}
	return system.Username, nil
}

func (a *app) changeExceptions(ctx context.Context, c *exceptionChange, in io.Reader) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if c.dryRun || !c.yes {
		plan, err := p.store.PlanExceptions(ctx, c.filter, c.handling, c.expect)
		if err != nil {
			return err
		}
		if c.dryRun {
			return a.printPlan(plan, c)
		}
		agreed, err := a.confirmed(ctx, in, plan, c)
		if err != nil || !agreed {
			return err
		}
		c.expect = plan.Mark()
	}
	held, release, err := p.store.Lock(ctx, holder())
	if err != nil {
		return err
	}
	plan, failure := p.store.HandleExceptions(held, c.filter, c.handling, c.expect)
	if err := errors.Join(failure, release(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%d of %d exceptions are %s now%s\n", len(plan.Records), len(plan.Records)+len(plan.Left), c.handling.To, left(plan))
	return err
}

// left says how many a plan leaves alone, and why.
func left(plan reconcile.Plan) string {
	counts := map[reconcile.ExceptionStatus]int{}
	for _, record := range plan.Left {
		counts[record.Status]++
	}
	var why []string
	for _, status := range reconcile.ExceptionStatuses() {
		if counts[status] > 0 {
			why = append(why, fmt.Sprintf("%d already %s", counts[status], status))
		}
	}
	if len(why) == 0 {
		return ""
	}
	return fmt.Sprintf("; %d left alone: %s", len(plan.Left), strings.Join(why, ", "))
}

func (a *app) printPlan(plan reconcile.Plan, c *exceptionChange) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if len(plan.Records) > 0 {
		fmt.Fprintln(table, "id\tcode\torder or transaction\tdifference\tchange")
	}
	for i, record := range plan.Records {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", record.ID(), record.Code, subjectTold(record), known(record.Difference.Currency, record.Difference.String()), step(plan.Changes[i].From, plan.Changes[i].To))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%d of %d exceptions would be %s by %s%s\n", len(plan.Records), len(plan.Records)+len(plan.Left), c.handling.To, c.handling.Who, left(plan))
	if err == nil && len(plan.Records) > 0 {
		_, err = fmt.Fprintf(a.stdout, "To change exactly these, put --yes --expect %s in the place of --dry-run.\n", plan.Mark())
	}
	return err
}

// subjectTold is the order that an exception is about, or else the transaction.
func subjectTold(record reconcile.ExceptionRecord) string {
	return cmp.Or(record.OrderReference, record.TransactionReference)
}

// confirmed asks whether a plan shall be carried out. One that changes nothing needs no answer.
func (a *app) confirmed(ctx context.Context, in io.Reader, plan reconcile.Plan, c *exceptionChange) (bool, error) {
	if len(plan.Records) == 0 {
		return true, nil
	}
	noun := "exceptions"
	if len(plan.Records) == 1 {
		noun = "exception"
	}
	fmt.Fprintf(a.stderr, "%s %d %s? [y/N] ", strings.ToUpper(c.verb[:1])+c.verb[1:], len(plan.Records), noun)
	answers := make(chan string, 1)
	go func() { // a read from a terminal does not end with the context
		answer, _ := bufio.NewReader(in).ReadString('\n') // an end without an answer is a no
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return false, errors.New("stopped before an answer: nothing was changed")
	case answer := <-answers:
		if answer == "y" || answer == "yes" {
			return true, nil
		}
		_, err := fmt.Fprintln(a.stdout, "nothing was changed")
		return false, err
	}
}
