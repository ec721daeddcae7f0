package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/audit"
	"tieout/jobs"
)

// exportFlags are what a pack can be asked for.
type exportFlags struct {
	from, to, asOf, format, out string
	filter                      audit.Filter
}

func (a *app) exportCommand() *cobra.Command {
	var flags exportFlags
	command := &cobra.Command{
		Use:   "export --out PACK.zip",
		Short: "Write the settlement history of a period for an auditor: a pack that `tieout verify` checks offline",
		Long: "Writes every order, source, payment, refund, dispute, movement, payout, verdict, exception, decision and action of a period, with who, when and why, and\n" +
			"the proof that these are what was sealed and that none is missing. A period is about when tieout learned something, and is covered by whole seals.\n\n" +
			"A day stands for its beginning in the zone of finance with --from, and for its end with --to.",
		Example: "  tieout export --from 2026-03-01 --to 2026-03-31 --out march.zip\n" +
			"  tieout export --provider stripe --currency EUR --format jsonl --out stripe.zip",
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error { return a.export(command.Context(), flags) },
	}
	command.Flags().StringVar(&flags.from, "from", "", "first day, or an instant (RFC 3339); default the beginning of the log")
	command.Flags().StringVar(&flags.to, "to", "", "last day, or the instant before which it ends; default the newest seal")
	command.Flags().StringVar(&flags.asOf, "as-of", "", "day or instant as of which the log is shown, without what was sealed later; default now")
	command.Flags().StringVar(&flags.filter.Provider, "provider", "", "only rows of this provider, and those that name none")
	command.Flags().StringVar(&flags.filter.Account, "account", "", "only rows of this account, and those that name none")
	command.Flags().StringVar(&flags.filter.Currency, "currency", "", "only rows in this currency, and those without an amount")
	command.Flags().StringVar(&flags.format, "format", string(audit.CSV), "of the rows: "+join(audit.Formats()))
	command.Flags().StringVar(&flags.out, "out", "", "file of the pack (required)")
	return command
}

func (a *app) export(ctx context.Context, flags exportFlags) (err error) {
	format, err := audit.FormatNamed(flags.format)
	if err != nil {
		return usageError{err}
	}
	if flags.out == "" {
		return usagef("name the file of the pack: --out PACK.zip")
	}
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if flags.filter, err = p.period(flags); err != nil {
		return err
	}
	key, err := p.auditKey()
	if err != nil {
		return err
	}
	options := audit.PackOptions{Filter: flags.filter, Rows: format, MadeBy: "tieout " + version, Key: key, Dir: filepath.Dir(flags.out)}
	var m audit.Manifest
	err = writeWhole(flags.out, func(out io.Writer) error {
		m, err = audit.WritePack(ctx, out, p.store.Log(), options)
		return err
	})
	if err != nil {
		return err
	}
	return a.printExported(flags.out, m)
}

// period reads the days and instants of the command line.
func (p *parts) period(flags exportFlags) (f audit.Filter, err error) {
	f = flags.filter
	f.Currency = strings.ToUpper(f.Currency)
	if f.From, err = p.moment("--from", flags.from, 0); err != nil {
		return f, err
	}
	if f.To, err = p.moment("--to", flags.to, 1); err != nil {
		return f, err
	}
	if f.AsOf, err = p.moment("--as-of", flags.asOf, 1); err != nil {
		return f, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, usagef("--from %s is not before --to %s", flags.from, flags.to)
	}
	return f, nil
}

// moment is an instant, or the beginning of a day of finance, so many days later.
func (p *parts) moment(flag, text string, days int) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, p.config.Timezone.Location); err == nil {
		return day.AddDate(0, 0, days).UTC(), nil
	}
	at, err := parseInstant(flag, text)
	if err != nil {
		return at, usagef("%s %q: write a day such as 2026-03-10, or an instant such as 2026-03-10T06:00:00Z", flag, text)
	}
	return at, nil
}

// writeWhole writes a file under another name and renames it when it is whole: an export that fails leaves what was there.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	err = write(file)
	if err = errors.Join(cmp.Or(err, file.Sync()), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(file.Name(), path)
}

func (a *app) printExported(path string, m audit.Manifest) error {
	fmt.Fprintf(a.stdout, "%s: %s\n", path, m.Filter.Sentence())
	for _, k := range m.Kinds {
		fmt.Fprintf(a.stdout, "%8d  %s\n", k.Rows, k.Kind)
	}
	_, err := fmt.Fprintf(a.stdout, "%8d  rows of entries %d to %d; %d left out by the filter\n", m.Entries.Shown, m.Entries.From, m.Entries.To-1, m.Entries.LeftOut)
	return err
}

// auditKey is the configured key; without one, nothing is signed.
func (p *parts) auditKey() (audit.Key, error) {
	text := p.config.Audit.Key.Reveal()
	if text == "" {
		return audit.Key{}, nil
	}
	key, err := audit.NewKey(text)
	if err == nil && key.Name() != p.config.Audit.Name {
		err = fmt.Errorf("it is for the log %q, and audit.name is %q", key.Name(), p.config.Audit.Name)
	}
	if err != nil {
		return audit.Key{}, usageError{fmt.Errorf("audit.key: %w", err)}
	}
	return key, nil
}

// seal adds what was written to the log, at the instant that stands for now.
func (p *parts) seal(ctx context.Context, s jobs.Session) (int64, error) {
	key, err := p.auditKey()
	if err != nil {
		return 0, err
	}
	return p.store.Seal(ctx, audit.Checkpoint{Log: p.config.Audit.Name, Run: s.RunID, At: s.Now}, key.Sign)
}
