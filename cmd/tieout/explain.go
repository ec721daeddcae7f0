package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tieout/jobs"
)

func (a *app) explainCommand() *cobra.Command {
	asOf, asJSON := "", false
	command := &cobra.Command{
		Use:   "explain REFERENCE",
		Short: "Everything known about one order, and why the verdict is what it is",
		Long: "REFERENCE is an order's reference, or the id of a payment, source, refund, dispute, movement, payout, row that could\n" +
			"not be read, or exception. What is held is judged again, as of now: no provider is asked, and nothing is changed.",
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			now, err := instantOrNow("--as-of", asOf)
			if err != nil {
				return err
			}
			return a.explain(command.Context(), args[0], now, asJSON)
		},
	}
	command.Flags().StringVar(&asOf, "as-of", "", "instant that stands for now (RFC 3339)")
	command.Flags().BoolVar(&asJSON, "json", false, "the same as data (docs/EXPLAIN.md)")
	return command
}

func (a *app) explain(ctx context.Context, reference string, now time.Time, asJSON bool) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.openProviders(); err != nil {
		return err
	}
	all, err := p.explain(ctx, reference, now)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(a.stdout, all)
	}
	return all.print(a.stdout)
}

// writeJSON writes data for machines that people look at too.
func writeJSON(w io.Writer, data any) error {
	encoder := newEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(data); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// explain finds what a reference means and judges that.
func (p *parts) explain(ctx context.Context, reference string, now time.Time) (explained, error) {
	judging := jobs.Judging{Cases: p.store, Judgements: p.store, Policy: policy(p.config.Policy), Accounts: p.accounts()}
	in, err := judging.Context(ctx, now)
	if err != nil {
		return explained{}, err
	}
	x := &explainer{store: p.store, in: in, actions: p.config.Actions}
	if err := x.find(ctx, reference); err != nil {
		return explained{}, err
	}
	if len(x.found) == 0 {
		return explained{}, x.unknown(ctx, reference)
	}
	return explained{Reference: reference, AsOf: now.UTC(), Found: x.found}, nil
}
