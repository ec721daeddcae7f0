package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"tieout/jobs"
	"tieout/reconcile"
	"tieout/reports/delivery"
)

func (a *app) deliverCommand() *cobra.Command {
	var flags runFlags
	command := &cobra.Command{
		Use:   "deliver",
		Short: "Bring the report of the finance day to where `delivery` says, unless it is there already",
		Args:  usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			return a.run(command.Context(), []string{"deliver"}, flags)
		},
	}
	command.Flags().StringVar(&flags.asOf, "as-of", "", "instant that stands for now (RFC 3339): the report of its finance day is brought")
	command.Flags().StringArrayVar(&flags.again, "again", nil, "bucket, mail or \"webhook NAME\": bring it there even if it was brought, or may have been (repeatable)")
	return command
}

// carrier brings any report; loaded is one with the report that it is to bring.
type carrier interface {
	Name() string
	Repeatable() bool
	Deliver(ctx context.Context, parcel delivery.Parcel) (arrived bool, err error)
}

type loaded struct {
	carrier
	parcel delivery.Parcel
}

// Deliver brings the report.
func (l loaded) Deliver(ctx context.Context) (bool, error) { return l.carrier.Deliver(ctx, l.parcel) }

// carriers are those that the configuration names, in a fixed order.
func (p *parts) carriers() []carrier {
	var carriers []carrier
	settings := p.config.Delivery
	if settings.Bucket != "" {
		carriers = append(carriers, delivery.Bucket{URL: settings.Bucket})
	}
	if m := settings.Mail; len(m.To) > 0 {
		port, attach := 587, ""
		if m.Encryption == delivery.TLS {
			port = 465
		}
		if m.AttachWorkbook {
			attach = ".xlsx"
		}
		carriers = append(carriers, delivery.Mail{
			Host: m.Host, Port: cmp.Or(m.Port, port), Encryption: m.Encryption, CAFile: m.CAFile, Username: m.Username, Password: m.Password.Reveal(),
			From: m.From, To: m.To, Attach: attach,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(settings.Webhooks)) {
		webhook := settings.Webhooks[name]
		carriers = append(carriers, delivery.Webhook{Label: name, URL: webhook.URL.Reveal(), Format: webhook.Format})
	}
	return carriers
}

// delivery loads every carrier with the report of the finance day that now lies in.
func (p *parts) delivery(_ context.Context, s jobs.Session) (reconcile.Delivery, []jobs.Carrier, error) {
	carriers := p.carriers()
	if err := knownCarriers(p.again, carriers); err != nil || len(carriers) == 0 {
		return reconcile.Delivery{}, nil, err
	}
	day := p.financeDay(s.Now)
	parcel, err := delivery.Pack(filepath.Join(p.config.Reports.Directory, day), day)
	if errors.Is(err, fs.ErrNotExist) {
		return reconcile.Delivery{}, nil, usagef("there is no report of %s in %s to deliver: write it first, with `tieout report`", day, p.config.Reports.Directory)
	}
	if err != nil {
		return reconcile.Delivery{}, nil, err
	}
	each := make([]jobs.Carrier, len(carriers))
	for i, carrier := range carriers {
		each[i] = loaded{carrier, parcel}
	}
	return reconcile.Delivery{Report: parcel.ID(), FinanceDay: day, RunID: s.RunID}, each, nil
}

func knownCarriers(names []string, carriers []carrier) error {
	for _, name := range names {
		if !slices.ContainsFunc(carriers, func(c carrier) bool { return c.Name() == name }) {
			return usagef("--again %q: delivery in the configuration names no such place", name)
		}
	}
	return nil
}
