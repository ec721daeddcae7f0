package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/jobs"
	"tieout/reconcile"
)

func (a *app) explainCommand() *cobra.Command {
	asOf := ""
	command := &cobra.Command{
		Use:   "explain REFERENCE",
		Short: "Everything known about one order, source or payment, and why the verdict is what it is",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			now, err := instantOrNow("--as-of", asOf)
			if err != nil {
				return err
			}
			return a.explain(command.Context(), args[0], now)
		},
	}
	command.Flags().StringVar(&asOf, "as-of", "", "instant that stands for now (RFC 3339)")
	return command
}

func (a *app) explain(ctx context.Context, reference string, now time.Time) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.openProviders(); err != nil {
		return err
	}
	judging := jobs.Judging{Cases: p.store, Judgements: p.store, Policy: policy(p.config.Policy), Accounts: p.accounts()}
	found, err := p.find(ctx, reference)
	if err != nil {
		return err
	}
	in, err := judging.Context(ctx, now)
	if err != nil {
		return err
	}
	for _, c := range found {
		if err := a.printCase(c, reconcile.Judge(c, in)); err != nil {
			return err
		}
	}
	return nil
}

// find returns the cases of an order's reference, or of the source or payment with that id.
func (p *parts) find(ctx context.Context, reference string) ([]reconcile.Case, error) {
	facts, err := p.store.FactsOfOrders(ctx, []string{reference})
	if err != nil {
		return nil, err
	}
	rules := policy(p.config.Policy)
	of := func(c reconcile.Case) bool { return c.Key == reconcile.CaseKeyOfOrder(reference) }
	if found := slices.DeleteFunc(reconcile.Assemble(facts, rules), func(c reconcile.Case) bool { return !of(c) }); len(found) > 0 {
		return found, nil
	}
	var keys []reconcile.Key
	for _, account := range p.accounts() {
		keys = append(keys, reconcile.Key{Feed: account.Feed, Account: account.Account, ID: reference})
	}
	if facts, err = p.store.FactsOfKeys(ctx, keys); err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(reconcile.Assemble(facts, rules), func(c reconcile.Case) bool { return !names(c, reference) })
	if len(found) == 0 {
		return nil, usagef("no order, source or payment %q is known", reference)
	}
	return found, nil
}

func names(c reconcile.Case, id string) bool {
	return slices.ContainsFunc(c.Payments, func(p reconcile.LinkedPayment) bool { return p.ID == id || p.Reference == id }) ||
		slices.ContainsFunc(c.Sources, func(s reconcile.Source) bool { return s.ID == id || s.Reference == id })
}

// fact is one line of what is known.
type fact struct {
	at   time.Time
	text string
}

func (a *app) printCase(c reconcile.Case, verdict reconcile.Verdict) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s\n\nWhat is known\n", c.Key)
	for _, f := range factsOf(c) {
		fmt.Fprintf(table, "  %s\t%s\n", minute(f.at), f.text)
	}
	fmt.Fprintf(table, "\nVerdict: %s\n  %s\n", verdict.Outcome, verdict.Reason)
	for _, exception := range verdict.Exceptions {
		fmt.Fprintf(table, "\n%s (%s)\n  %s\n  Next: %s\n", exception.Code, exception.Severity, exception.Explanation, exception.NextStep)
		if !exception.DueAt.IsZero() {
			fmt.Fprintf(table, "  Due: %s UTC\n", minute(exception.DueAt))
		}
	}
	for _, owed := range verdict.Owed {
		fmt.Fprintf(table, "\n%s must go back (%s): %s, %s\n", owed.Amount, owed.Why, owed.Decision, owed.Reason)
	}
	if verdict.Cancel != nil {
		fmt.Fprintf(table, "\nThe order may be canceled: %s\n", verdict.Cancel.Reason)
	}
	if !verdict.NextReview.IsZero() {
		fmt.Fprintf(table, "\nLooked at again: %s UTC\n", minute(verdict.NextReview))
	}
	return table.Flush()
}

// factsOf lists what a case holds in time order.
func factsOf(c reconcile.Case) []fact {
	var facts []fact
	add := func(at time.Time, format string, args ...any) {
		facts = append(facts, fact{at, fmt.Sprintf(format, args...)})
	}
	if o := c.Order; o != nil {
		add(o.CreatedAt, "shop: order %s over %s, now %s, payment id %q", o.ID, o.Amount, o.Status, o.PaymentID)
	}
	for _, s := range c.Sources {
		add(s.CreatedAt, "%s: %s %s over %s, now %s, names order %q", s.Feed, s.Kind, s.ID, s.Amount, s.Status, s.Reference)
	}
	for _, e := range c.Events {
		add(e.At, "%s: source %s became %s", e.Feed, e.SourceID, e.Status)
	}
	for _, p := range c.Payments {
		add(p.CreatedAt, "%s: %s %s over %s, now %s%s, names order %q, linked by %s", p.Feed, p.Kind, p.ID, p.Amount, p.Status, settle(p), p.Reference, cmp.Or(string(p.Rule), "nothing"))
	}
	for _, r := range c.Refunds {
		add(r.CreatedAt, "%s: refund %s of %s from payment %s, now %s", r.Feed, r.ID, r.Amount, r.PaymentID, r.Status)
	}
	for _, r := range c.Requests {
		add(r.RequestedAt, "shop: refund %s of %s, now %s", r.ID, r.Amount, r.Status)
	}
	for _, d := range c.Disputes {
		add(d.CreatedAt, "%s: dispute %s over %s of payment %s, now %s", d.Feed, d.ID, d.Amount, d.PaymentID, d.Status)
	}
	for _, r := range c.Rejections {
		add(time.Time{}, "%s: %s %s could not be read: %s", r.Feed, r.Kind, r.ID, r.Reason)
	}
	slices.SortStableFunc(facts, func(a, b fact) int { return a.at.Compare(b.at) })
	return facts
}

func settle(p reconcile.LinkedPayment) string {
	if p.SettleStatus == "" {
		return ""
	}
	return " (settlestatus " + p.SettleStatus + ")"
}
