package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/jobs"
	"tieout/reconcile"
	"tieout/sql/store"
)

// runFlags are what a run can be asked for.
type runFlags struct {
	again  []string
	asOf   string
	dryRun bool
	failOn string
	full   bool
}

func (a *app) runCommand() *cobra.Command {
	var flags runFlags
	command := &cobra.Command{
		Use:   "run [JOB...]",
		Short: "Run the jobs of the day: fetch, reconcile, cancel-expired, age-settlements, refunds, seal, report, deliver",
		Long: "Runs the named jobs, or all of them, in the order of the day. Run twice, it changes nothing the second time;\n" +
			"killed, it goes on where it ended. One feed that fails does not stop the others.",
		RunE: func(command *cobra.Command, names []string) error { return a.run(command.Context(), names, flags) },
	}
	command.Flags().StringVar(&flags.asOf, "as-of", "", "instant that stands for now everywhere (RFC 3339)")
	command.Flags().BoolVar(&flags.dryRun, "dry-run", false, "change nothing outside tieout's own database: cancel no order, make no refund")
	command.Flags().BoolVar(&flags.full, "full", false, "judge every case, not only those that changed or whose time has come")
	command.Flags().StringVar(&flags.failOn, "fail-on", "", "exit with 3 if an exception of this severity or above stands (critical, high, medium, low)")
	return command
}

func (a *app) run(ctx context.Context, names []string, flags runFlags) (err error) {
	options := jobs.Options{Jobs: names, DryRun: flags.dryRun, Full: flags.full}
	if options.AsOf, err = parseInstant("--as-of", flags.asOf); err != nil {
		return err
	}
	if _, err := severitiesFrom(flags.failOn); err != nil {
		return err
	}
	p, err := a.openFeeds(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	p.again = flags.again
	if !p.config.Feeds.AnyProvider() {
		return usagef("no payment provider is configured: set feeds.stripe or feeds.trustpayments (see tieout.example.yaml)")
	}
	tally, failure := p.runner().Run(ctx, options)
	if tally.RunID == 0 {
		return failure
	}
	return errors.Join(failure, a.printRun(context.WithoutCancel(ctx), p, tally), p.failOn(context.WithoutCancel(ctx), flags.failOn))
}

func parseInstant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("%s %q: write an instant such as 2026-03-10T06:00:00Z", flag, text)
	}
	return t.UTC(), nil
}

// instantOrNow is the instant that a flag gives, or else now, to the microsecond that the store keeps.
func instantOrNow(flag, text string) (time.Time, error) {
	t, err := parseInstant(flag, text)
	if err == nil && t.IsZero() {
		t = time.Now().UTC().Truncate(time.Microsecond)
	}
	return t, err
}

// severitiesFrom lists the severities that are at least as urgent as the named one; none for an empty name.
func severitiesFrom(name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	var severities []string
	for _, severity := range reconcile.Severities() {
		severities = append(severities, string(severity))
		if string(severity) == name {
			return severities, nil
		}
	}
	return nil, usagef("--fail-on %q: choose critical, high, medium or low", name)
}

// failOn returns errFound when an exception of the severity or above stands.
func (p *parts) failOn(ctx context.Context, name string) error {
	severities, err := severitiesFrom(name)
	if err != nil || len(severities) == 0 {
		return err
	}
	for _, err := range p.store.Exceptions(ctx, store.ExceptionFilter{Standing: true, Severities: severities}) {
		if err != nil {
			return err
		}
		return errFound
	}
	return nil
}

// printRun prints what each step did, and what stands.
func (a *app) printRun(ctx context.Context, p *parts, tally jobs.Tally) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Run %d, as of %s\n\n", tally.RunID, tally.Now.Format(time.RFC3339))
	fmt.Fprintln(table, "step\tstatus\tread\tstored\tunchanged\tother mode\trejected\tjudged\tmatched\twaiting\texcepted\tacted\trefused")
	for _, step := range tally.Steps {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", step.Name, step.Status, step.Read, step.Stored, step.Unchanged, step.OtherMode, step.Rejected,
			step.Judged, step.Matched, step.Waiting, step.Excepted, step.Acted, step.Refused)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return a.printStanding(ctx, p)
}

// printStanding prints how many exceptions stand, by code in the order of the list.
func (a *app) printStanding(ctx context.Context, p *parts) error {
	counts, err := p.store.StandingByCode(ctx)
	if err != nil {
		return err
	}
	total := 0
	fmt.Fprintln(a.stdout)
	for _, code := range reconcile.Codes() {
		if counts[code] > 0 {
			total += counts[code]
			fmt.Fprintf(a.stdout, "%6d  %s\n", counts[code], strings.ToLower(strings.ReplaceAll(string(code), "_", " ")))
		}
	}
	_, err = fmt.Fprintf(a.stdout, "%6d  exceptions stand\n", total)
	return err
}
