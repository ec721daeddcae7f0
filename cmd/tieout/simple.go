package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tieout/sql/store"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, "tieout", version)
			return err
		},
	}
}

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Create or update the tables of tieout's database",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.migrate(command.Context()) },
	}
}

func (a *app) migrate(ctx context.Context) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, c.Database.URL.Reveal())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d migrations applied, the tables are up to date\n", c.Database.URL.Redacted(), applied)
	return err
}

func (a *app) configCommand() *cobra.Command {
	group := &cobra.Command{Use: "config", Short: "Look at the configuration", Args: usage(cobra.NoArgs), RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	group.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Report every mistake in the configuration, and whether the shop's table fits the mapping",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.checkConfig(command.Context()) },
	})
	return group
}

// checkConfig reads the configuration, and then looks into the shop's database: a mapping that does not fit is a mistake
// too. tieout's own database is opened only where the shop's table lies in it, and need not be migrated.
func (a *app) checkConfig(ctx context.Context) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	p := a.parts(c)
	if c.Feeds.Shop.Table != "" && c.Feeds.Shop.URL.IsZero() {
		err = p.openStore(ctx)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := errors.Join(p.openShop(ctx), p.openProviders()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "the configuration is in order")
	return err
}

func (a *app) rebuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Drop what is derived from the observations and derive it again",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.rebuild(command.Context()) },
	}
}

func (a *app) rebuild(ctx context.Context) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	counts, err := p.rebuild(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%d observations replayed, %d objects stand, %d of them could not be read\nrun `tieout run reconcile` to judge them anew\n", counts.Read, counts.Stored, counts.Rejected)
	return err
}
