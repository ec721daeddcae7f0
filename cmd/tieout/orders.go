package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tieout/feeds"
	"tieout/feeds/shop"
	"tieout/reconcile"
)

// errBadRows ends an import that left rows out.
var errBadRows = errors.New("some rows were not imported; the others were")

func (a *app) ordersCommand() *cobra.Command {
	group := &cobra.Command{Use: "orders", Short: "Bring in orders of a shop whose database is closed to us", Args: usage(cobra.NoArgs), RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	asOf := ""
	imports := &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Import orders from a CSV file; every bad row is reported with its line number",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			now, err := instantOrNow("--as-of", asOf)
			if err != nil {
				return err
			}
			return a.importOrders(command.Context(), args[0], now)
		},
	}
	imports.Flags().StringVar(&asOf, "as-of", "", "instant at which the file was made (RFC 3339); default now")
	group.AddCommand(imports)
	return group
}

func (a *app) importOrders(ctx context.Context, path string, now time.Time) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if p.mapping.Table != "" {
		return usagef("orders are read from the table %s (feeds.shop.table): an import beside it would be overwritten", p.mapping.Table)
	}
	file, err := os.Open(path)
	if err != nil {
		return usageError{err}
	}
	defer file.Close() // nothing was written
	held, release, err := p.store.Lock(ctx, holder())
	if err != nil {
		return err
	}
	report, failure := shop.Import(held, file, p.mapping, importSink{p: p, now: now, normalise: p.normalise()})
	switch {
	case failure == nil:
		failure = p.coverImport(ctx, path, report.Unplaced, now)
	case report.Read == 0: // the file cannot be read to its end, and nothing of it was stored
		failure = usageError{failure}
	}
	return errors.Join(a.printImport(path, report), failure, release(context.WithoutCancel(ctx)), badRows(report))
}

// coverImport says through when the shop is known. Where rows name no order that could be kept, any order may be among
// them: what was covered before stays, and nothing more is called missing or canceled on the strength of this file.
func (p *parts) coverImport(ctx context.Context, path string, unplaced int, now time.Time) error {
	covered := reconcile.Coverage{Feed: reconcile.FeedShop, Account: p.mapping.Account, Complete: reconcile.Window{To: now}}
	if unplaced > 0 {
		held, err := p.store.Coverage(ctx)
		if err != nil {
			return err
		}
		covered.Complete = reconcile.Window{}
		for _, c := range held {
			if c.Feed == covered.Feed && c.Account == covered.Account {
				covered.Complete = c.Complete
			}
		}
		covered.Reason = fmt.Sprintf("%d rows of %s name no order that could be kept; mend them and import again", unplaced, path)
	}
	return p.store.SetCoverage(ctx, 0, covered)
}

// importSink observes imported orders outside a run.
type importSink struct {
	p         *parts
	now       time.Time
	normalise feeds.Normalise
}

// Observe stores a batch.
func (s importSink) Observe(ctx context.Context, batch []feeds.Observation) error {
	items := make([]feeds.Item, len(batch))
	for i, observation := range batch {
		items[i] = feeds.Item{Observation: observation, Record: s.normalise(observation)}
	}
	_, err := s.p.store.Observe(ctx, 0, s.now, items)
	return err
}

func (a *app) printImport(path string, report shop.ImportReport) error {
	for _, bad := range report.Bad {
		fmt.Fprintf(a.stderr, "%s:%d: %s\n", path, bad.Line, bad.Reason)
	}
	_, err := fmt.Fprintf(a.stdout, "%d rows read: %d orders imported, %d repeated, %d bad\n", report.Read, report.Stored, report.Repeated, len(report.Bad))
	return err
}

func badRows(report shop.ImportReport) error {
	if len(report.Bad) > 0 {
		return usageError{errBadRows}
	}
	return nil
}
