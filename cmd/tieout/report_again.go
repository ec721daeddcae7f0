package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/reports"
	"tieout/sql/store"
)

// errOtherBytes ends the rebuilding of a report whose files come out otherwise than they were.
var errOtherBytes = errors.New("not as it was written")

// reportFlags are what `tieout report` can be asked for.
type reportFlags struct{ asOf, date, out string }

func (a *app) reportCommand() *cobra.Command {
	var flags reportFlags
	command := &cobra.Command{
		Use:   "report",
		Short: "Write the report of the finance day anew, or with --date that of a past day as it was then",
		Long: "Without --date, writes the report of the finance day that now lies in, from what is held now, and records it.\n\n" +
			"With --date, writes the last report of that finance day again, from what was held when it was written, and compares\n" +
			"each file with what was recorded of it. It changes nothing in the database and does not wait for a run.",
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error { return a.report(command.Context(), flags) },
	}
	command.Flags().StringVar(&flags.asOf, "as-of", "", "instant that stands for now (RFC 3339): its finance day is written, from what is held now")
	command.Flags().StringVar(&flags.date, "date", "", "a past finance day (YYYY-MM-DD): its report is written again as it was")
	command.Flags().StringVar(&flags.out, "out", "", "folder to write the past day into, instead of where reports are")
	return command
}

func (a *app) report(ctx context.Context, flags reportFlags) error {
	switch {
	case flags.date != "" && flags.asOf != "":
		return usagef("--date and --as-of: choose one; --date writes a past day as it was, --as-of what is held now")
	case flags.date == "" && flags.out != "":
		return usagef("--out goes with --date")
	case flags.date == "":
		return a.run(ctx, []string{"report"}, runFlags{asOf: flags.asOf})
	}
	if _, err := time.Parse(time.DateOnly, flags.date); err != nil {
		return usagef("--date %q: write a day such as 2026-03-10", flags.date)
	}
	return a.reportAgain(ctx, flags)
}

// reportAgain writes a report again and compares it with what was recorded. Where the reports are, no file takes the place of another
// unless all come out as they were.
func (a *app) reportAgain(ctx context.Context, flags reportFlags) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	report, err := p.lastReport(ctx, flags.date)
	if err != nil {
		return err
	}
	past, err := p.store.AsOf(ctx, report.Held)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.Close()) }()
	e := edition{store: past, asOf: report.AsOf, version: report.Version}
	if e.terms, err = readTerms(report.Terms); err != nil {
		return fmt.Errorf("read the terms of the report of %s: %w", flags.date, err)
	}
	day, err := e.day(ctx)
	if err != nil {
		return err
	}
	return a.compare(report, e.terms.Formats, day, cmp.Or(flags.out, p.config.Reports.Directory), flags.out != "")
}

// lastReport is the report of a day; that there is none is a mistake of whoever asks.
func (p *parts) lastReport(ctx context.Context, date string) (store.Report, error) {
	report, found, err := p.store.LastReport(ctx, date)
	if err != nil || found {
		return report, err
	}
	before, after, err := p.store.ReportDaysAround(ctx, date)
	if err != nil {
		return report, err
	}
	near := slices.DeleteFunc([]string{before, after}, func(day string) bool { return day == "" })
	if len(near) == 0 {
		return report, usagef("no report was ever recorded: tieout run writes one")
	}
	return report, usagef("no report of %s was recorded; the nearest: %s", date, strings.Join(near, " and "))
}

// compare writes the files into a folder, if they are as they were or anyway, and tells of each how it came out.
func (a *app) compare(report store.Report, formats []string, day reports.Day, dir string, anyway bool) error {
	var different error
	var before map[string]string
	written, err := reports.WriteIf(dir, formats, day, func(files []reports.File) (err error) {
		if before, err = heldFiles(filepath.Join(dir, day.FinanceDay), report.Files); err != nil {
			return err
		}
		if different = differing(report, files); anyway {
			return nil
		}
		return different
	})
	if err != nil {
		return err
	}
	return errors.Join(a.printReport(report, written, before), different)
}

// differing is nil where all files are those that were recorded.
func differing(report store.Report, files []reports.File) error {
	var failures []error
	recorded := map[string]string{}
	for _, file := range report.Files {
		recorded[file.Name] = file.SHA256
	}
	for _, file := range files {
		if was := recorded[file.Name]; was != file.SHA256 {
			failures = append(failures, fmt.Errorf("%s: %w: SHA-256 %s, recorded was %s", file.Name, errOtherBytes, file.SHA256, cmp.Or(was, "no such file")))
		}
		delete(recorded, file.Name)
	}
	for _, file := range report.Files {
		if _, missing := recorded[file.Name]; missing {
			failures = append(failures, fmt.Errorf("%s: %w: it does not come out", file.Name, errOtherBytes))
		}
	}
	if len(failures) > 0 && report.Version != version {
		failures = append(failures, fmt.Errorf("tieout %s wrote it and this is %s, which may show the same otherwise", report.Version, version))
	}
	return errors.Join(failures...)
}

// heldFiles are the hashes of the files that lie in a folder under the names of a report's.
func heldFiles(dir string, files []store.ReportFile) (map[string]string, error) {
	held := map[string]string{}
	for _, file := range files {
		sum, err := hashOfFile(filepath.Join(dir, file.Name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look at the report that is there: %w", err)
		}
		held[file.Name] = sum
	}
	return held, nil
}

func hashOfFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (a *app) printReport(report store.Report, written reports.Written, before map[string]string) error {
	fmt.Fprintf(a.stdout, "Report of %s, as of %s, written %s by tieout %s in run %d, from what was held as of change %d.\nAgain in %s:\n\n", report.FinanceDay,
		report.AsOf.Format(time.RFC3339), report.RecordedAt.Format(time.RFC3339), report.Version, report.RunID, report.Held, written.Directory)
	recorded := map[string]string{}
	for _, file := range report.Files {
		recorded[file.Name] = file.SHA256
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "file\trows\tcomes out\tlay there\tSHA-256")
	for _, file := range written.Files {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", file.Name, file.Rows, asRecorded(file.SHA256, recorded[file.Name]), asRecorded(before[file.Name], recorded[file.Name]), file.SHA256)
	}
	return table.Flush()
}

func asRecorded(sum, recorded string) string {
	switch sum {
	case "":
		return "not"
	case recorded:
		return "as it was"
	default:
		return "otherwise"
	}
}
