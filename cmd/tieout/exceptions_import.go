package main

import (
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
	"tieout/reports"
)

// errRefusedRows ends an import of which some rows were refused.
var errRefusedRows = errors.New("some rows were refused, see above; the others were carried out")

// decisionImport is one invocation of exceptions import.
type decisionImport struct {
	path   string
	who    string
	dryRun bool
	yes    bool
}

func (a *app) exceptionsImportCommand() *cobra.Command {
	var i decisionImport
	command := &cobra.Command{
		Use:   "import WORKBOOK",
		Short: "Carry out what people decided in a report's workbook, on its sheet of exceptions",
		Long: "Carry out what people decided in a report's workbook, on its sheet of exceptions: the columns decision, reason and note.\n\n" +
			"It shows what would change and asks, or takes --yes. A row whose exception has moved since the report was written is\n" +
			"refused, as is one that cannot be understood; the others are carried out, all of them or none.",
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			i.path = args[0]
			if !i.yes && !i.dryRun && !isTerminal(command.InOrStdin()) {
				return usagef("import needs --yes where nobody can be asked; look first with --dry-run")
			}
			return a.importDecisions(command.Context(), i, command.InOrStdin())
		},
	}
	command.Flags().StringVar(&i.who, "by", "", "who decided (default the user of the system, if that is a person)")
	command.Flags().BoolVar(&i.dryRun, "dry-run", false, "print what would change, and change nothing")
	command.Flags().BoolVar(&i.yes, "yes", false, "do not ask")
	return command
}

func (a *app) importDecisions(ctx context.Context, i decisionImport, in io.Reader) (err error) {
	if i.who, err = person(i.who, user.Current); err != nil {
		return err
	}
	rows, err := reports.ReadDecisions(i.path)
	if err != nil {
		return usageError{err}
	}
	decisions := make([]reconcile.Choice, len(rows))
	now := time.Now().UTC().Truncate(time.Microsecond)
	for n, row := range rows {
		decisions[n] = decisionOf(row, i.who, now)
	}
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	plan, refusals, err := p.store.PlanDecisions(ctx, decisions)
	if err != nil {
		return err
	}
	if err := a.printDecisions(i, rows, plan, refusals); err != nil || i.dryRun {
		return errors.Join(err, refused(refusals))
	}
	if !i.yes {
		agreed, err := a.confirmed(ctx, in, plan, &exceptionChange{verb: "change"})
		if err != nil || !agreed {
			return err
		}
	}
	return errors.Join(a.decide(ctx, p, i, decisions, plan), refused(refusals))
}

// decide carries the decisions out, if they still come to what was shown.
func (a *app) decide(ctx context.Context, p *parts, i decisionImport, decisions []reconcile.Choice, shown reconcile.Plan) error {
	held, release, err := p.store.Lock(ctx, holder())
	if err != nil {
		return err
	}
	plan, _, failure := p.store.Decide(held, decisions)
	if err := errors.Join(failure, release(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	if plan.Mark() != shown.Mark() {
		fmt.Fprintln(a.stderr, "some exceptions moved while this was decided: their rows were refused")
	}
	_, err = fmt.Fprintf(a.stdout, "%d exceptions changed by %s\n", len(plan.Records), i.who)
	return err
}

// decisionOf makes a decision of a row; what is wrong with it is found when it is planned.
func decisionOf(row reports.ReadDecision, who string, now time.Time) reconcile.Choice {
	handling := reconcile.Handling{Who: who, Reason: reconcile.Reason(strings.ToLower(row.Reason)), Note: row.Note, At: now}
	switch strings.ToLower(row.Decision) {
	case "acknowledge":
		handling.To = reconcile.StatusAcknowledged
	case "resolve":
		handling.To = reconcile.StatusResolved
	}
	return reconcile.Choice{ID: row.Exception, State: row.State, Handling: handling}
}

func (a *app) printDecisions(i decisionImport, rows []reports.ReadDecision, plan reconcile.Plan, refusals []string) error {
	taken := 0
	for n, refusal := range refusals {
		if refusal == "" {
			taken++
			continue
		}
		if !slices.Contains(reports.Decisions, strings.ToLower(rows[n].Decision)) {
			refusal = fmt.Sprintf("the decision is %q: choose %s", rows[n].Decision, strings.Join(reports.Decisions, " or "))
		}
		fmt.Fprintf(a.stderr, "%s: sheet %s, row %d: %s\n", i.path, rows[n].Sheet, rows[n].Row, refusal)
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if len(plan.Records) > 0 {
		fmt.Fprintln(table, "id\tcode\torder or transaction\tdifference\tchange\twhy")
	}
	for n, record := range plan.Records {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", record.ID(), record.Code, subjectTold(record), known(record.Difference.Currency, record.Difference.String()),
			step(plan.Changes[n].From, plan.Changes[n].To), why(plan.Changes[n]))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%d rows with a decision: %d change an exception%s, %d refused\n", len(rows), len(plan.Records), left(plan), len(rows)-taken)
	return err
}

func refused(refusals []string) error {
	if slices.ContainsFunc(refusals, func(refusal string) bool { return refusal != "" }) {
		return usageError{errRefusedRows}
	}
	return nil
}
