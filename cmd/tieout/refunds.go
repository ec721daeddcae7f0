package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/feeds"
	"tieout/feeds/shop"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

func (a *app) refundsCommand() *cobra.Command {
	group := &cobra.Command{Use: "refunds", Short: "Look at money that must go back, and ask for a refund", Args: usage(cobra.NoArgs), RunE: func(command *cobra.Command, _ []string) error { return command.Help() }}
	group.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the money that must go back, with the decision on it and the end of its window",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.listRefunds(command.Context()) },
	}, a.refundRequestCommand())
	return group
}

func (a *app) listRefunds(ctx context.Context) (err error) {
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "order\tpayment\tamount\twhy\trequest\tdecision\treason\twindow ends")
	for row, err := range p.store.Owed(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.OrderReference, row.Payment.ID, row.Amount, row.Why, row.RequestID, row.Decision, row.Reason, minute(row.WindowEndsAt))
	}
	return table.Flush()
}

// refundRequest is a request by a person, for a shop that has no table of refunds.
type refundRequest struct {
	order, id, amount, currency string
}

func (a *app) refundRequestCommand() *cobra.Command {
	var request refundRequest
	command := &cobra.Command{
		Use:   "request",
		Short: "Ask for a refund, where the shop has no refund table of its own (feeds.shop.refunds)",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.requestRefund(command.Context(), request) },
	}
	command.Flags().StringVar(&request.order, "order", "", "reference of the order")
	command.Flags().StringVar(&request.id, "id", "", "an id of your own for this refund: asking twice with it asks once")
	command.Flags().StringVar(&request.amount, "amount", "", "amount in major units, such as 12.50")
	command.Flags().StringVar(&request.currency, "currency", "", "ISO 4217 code")
	return command
}

func (a *app) requestRefund(ctx context.Context, request refundRequest) (err error) {
	if request.order == "" || request.id == "" {
		return usagef("refunds request needs --order, --id, --amount and --currency")
	}
	amount, err := money.Parse(request.amount, request.currency)
	if err != nil || amount.Minor <= 0 {
		return usagef("--amount %q --currency %q: write a positive amount in major units of a known currency", request.amount, request.currency)
	}
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if p.mapping.Refunds != nil {
		return usagef("refunds are read from the table %s (feeds.shop.refunds): ask for it there", p.mapping.Refunds.Table)
	}
	if err := p.knowsOrder(ctx, request.order); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	body, err := json.Marshal(map[string]string{"id": request.id, "reference": request.order, "amount": amount.Decimal(), "currency": amount.Currency, "status": string(reconcile.RequestOpen), "requested": now.Format(time.RFC3339Nano)})
	if err != nil {
		return err
	}
	key := reconcile.Key{Feed: reconcile.FeedShop, Account: p.mapping.Account, Kind: shop.KindRefundRequest, ID: request.id}
	if err := (importSink{p: p, now: now, normalise: p.normalise()}).Observe(ctx, []feeds.Observation{{Key: key, Body: body}}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "refund %s of %s for order %s is asked for; the next run decides it\n", request.id, amount, request.order)
	return err
}

func (p *parts) knowsOrder(ctx context.Context, reference string) error {
	facts, err := p.store.FactsOfOrders(ctx, []string{reference})
	if err != nil {
		return err
	}
	for _, order := range facts.Orders {
		if order.ID == reference {
			return nil
		}
	}
	return usagef("no order %q is known", reference)
}
