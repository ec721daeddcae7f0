package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tieout/feeds"
	"tieout/feeds/stripe"
	"tieout/feeds/trustpayments"
	"tieout/jobs"
	"tieout/sql/store"
)

// importFlags say how files are read.
type importFlags struct {
	account, timezone, asOf string
	dryRun                  bool
}

func (a *app) importCommand() *cobra.Command {
	flags := importFlags{}
	command := &cobra.Command{
		Use:   "import FILE…",
		Short: "Import the providers' own files, in any order and beside their APIs",
		Long: "Recognises each file by its header, plain or gzip, and gives the rows that the provider's API would give. Bad rows are\nlisted with their line numbers and the good ones go in; a file that cannot be read to its end does not go in at all.\n" +
			"What can be imported, and what a file does not tell: docs/FILES.md.",
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			return a.importFiles(command.Context(), args, flags)
		},
	}
	command.Flags().StringVar(&flags.account, "account", "", "account that the files are of, where several are configured and the rows name none")
	command.Flags().StringVar(&flags.timezone, "timezone", "", "zone of the times in a report of Stripe's without columns in UTC, such as Europe/Berlin")
	command.Flags().StringVar(&flags.asOf, "as-of", "", "instant at which the files are seen (RFC 3339); default now")
	command.Flags().BoolVar(&flags.dryRun, "dry-run", false, "read and count, and leave nothing behind")
	return command
}

func (a *app) importFiles(ctx context.Context, paths []string, flags importFlags) (err error) {
	now, err := instantOrNow("--as-of", flags.asOf)
	if err != nil {
		return err
	}
	var zone *time.Location
	if flags.timezone != "" {
		if zone, err = time.LoadLocation(flags.timezone); err != nil {
			return usagef("--timezone %q is no zone; write a name such as Europe/Berlin", flags.timezone)
		}
	}
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.openProviders(); err != nil {
		return err
	}
	held, release, err := p.store.Lock(ctx, holder())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	im := importer{app: a, parts: p, formats: p.formats(zone), account: flags.account, now: now, dryRun: flags.dryRun}
	return im.all(held, paths)
}

// formats are all files that can be imported.
func (p *parts) formats(zone *time.Location) []feeds.Format {
	referenceKeys, live := map[string][]string{}, map[string]bool{}
	for _, at := range p.providers {
		switch account := at.client.(type) {
		case *stripe.Client:
			referenceKeys[account.Account()] = account.ReferenceKeys()
		case *trustpayments.Client:
			live[account.Account()] = account.Live()
		}
	}
	return slices.Concat(stripe.ReportFormats(referenceKeys, zone), []feeds.Format{trustpayments.Export(live)}, alipayLayout(p.config.Feeds.Alipay).Formats())
}

// importer imports files, one transaction each.
type importer struct {
	*app
	parts   *parts
	formats []feeds.Format
	account string
	now     time.Time
	dryRun  bool
}

// all imports the files in their order. One that does not go in keeps none of the others out.
func (im importer) all(ctx context.Context, paths []string) error {
	var failures []error
	for _, path := range paths {
		if err := im.one(ctx, path); err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if !im.dryRun && ctx.Err() == nil {
		failures = append(failures, im.parts.store.Cluster(ctx))
	}
	return errors.Join(failures...)
}

// errDryRun undoes a transaction that was only to be looked at.
var errDryRun = errors.New("dry run")

func (im importer) one(ctx context.Context, path string) error {
	file, err := feeds.OpenFile(path)
	if err != nil {
		return usageError{err}
	}
	format, err := file.Recognise(im.formats)
	if err != nil {
		return usageError{err}
	}
	accounts, err := im.parts.accountsOf(format, im.account)
	if err != nil {
		return err
	}
	var tally jobs.ImportTally
	err = im.parts.store.Import(ctx, im.now, func(into *store.Import) (err error) {
		tally, err = jobs.Import(ctx, ofAccounts(accounts, file.Lines(format, sole(accounts))), im.parts.normalise(), into)
		if err == nil && im.dryRun {
			err = errDryRun
		}
		return err
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return fmt.Errorf("nothing of %s was imported: %w", path, err)
	}
	return im.print(path, format.Name, accounts, tally)
}

// ofAccounts refuses rows that name an account of which the file is not. An error of the file itself is a wrong usage: a
// retry will not help.
func ofAccounts(accounts []string, lines jobs.Lines) jobs.Lines {
	return func(yield func(feeds.Line, error) bool) {
		for line, err := range lines {
			for _, observation := range line.Observations {
				if named := observation.Key.Account; !slices.Contains(accounts, named) {
					line = feeds.Line{Number: line.Number, Reason: fmt.Sprintf("the row is of the account %q, and not of %s", named, join(accounts))}
				}
			}
			if err != nil {
				err = usageError{err}
			}
			if !yield(line, err) {
				return
			}
		}
	}
}

// sole is the account that a file is of, or nothing where its rows must tell.
func sole(accounts []string) string {
	if len(accounts) == 1 {
		return accounts[0]
	}
	return ""
}

// accountsOf returns the configured accounts that a file can be of: the chosen one, or else the only one, or all where the
// rows name theirs.
func (p *parts) accountsOf(format feeds.Format, chosen string) ([]string, error) {
	var known []string
	for _, account := range p.accounts() {
		if account.Feed == format.Feed {
			known = append(known, account.Account)
		}
	}
	switch {
	case slices.Contains(known, chosen):
		return []string{chosen}, nil
	case len(known) == 0:
		return nil, usagef("%s: a file of this format needs feeds.%s to be configured", format.Name, format.Feed)
	case chosen != "":
		return nil, usagef("--account %q is no account of feeds.%s; configured are %s", chosen, format.Feed, join(known))
	case len(known) > 1 && !format.Named:
		return nil, usagef("feeds.%s has the accounts %s: say by --account which one the file is of", format.Feed, join(known))
	}
	return known, nil
}

func (im importer) print(path, format string, accounts []string, tally jobs.ImportTally) error {
	for _, bad := range tally.Bad {
		fmt.Fprintf(im.stderr, "%s:%d: %s\n", path, bad.Line, bad.Reason)
	}
	if more := tally.Rejected - len(tally.Bad); more > 0 {
		fmt.Fprintf(im.stderr, "%s: and %d more\n", path, more)
	}
	did := "stored"
	if im.dryRun {
		did = "would be stored"
	}
	fmt.Fprintf(im.stdout, "%s: %s, account %s: %d rows read: %d %s, %d unchanged, %d rejected\n", path, format, join(accounts), tally.Read, tally.Stored, did, tally.Unchanged, tally.Rejected)
	for _, sum := range tally.Sums {
		fmt.Fprintf(im.stdout, "  %-3s %-20s %7d %16s\n", sum.Amount.Currency, sum.What, sum.Rows, sum.Amount.Decimal())
	}
	if tally.Rejected > 0 {
		return usageError{fmt.Errorf("%s: %w", path, errBadRows)}
	}
	return nil
}
