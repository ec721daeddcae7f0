package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/feeds/simulator"
	"tieout/jobs"
	"tieout/reconcile"
)

// The demo's world: the two runs are at this instant and a day later.
const (
	demoStart  = "2026-03-10T06:00:00Z"
	demoOrders = 3000
	demoDays   = 2
)

func (a *app) demoCommand() *cobra.Command {
	dir, orders, seed := "", 0, uint64(0)
	command := &cobra.Command{
		Use:   "demo",
		Short: "Run two simulated days from end to end: no account, no server, no key",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.demo(command.Context(), dir, orders, seed) },
	}
	command.Flags().StringVar(&dir, "dir", "demo", "folder for everything the demo makes; what an earlier demo made there is replaced")
	command.Flags().IntVar(&orders, "orders", demoOrders, "how many orders the shop has")
	command.Flags().Uint64Var(&seed, "seed", 1, "another seed is another world")
	return command
}

// demo simulates a shop and its providers, and runs the whole day twice, a day apart.
func (a *app) demo(ctx context.Context, dir string, orders int, seed uint64) (err error) {
	start, err := parseInstant("demo", demoStart)
	if err != nil {
		return err
	}
	sim, err := newSimulation(simulator.Config{Seed: seed, Orders: orders, Now: start, Days: demoDays})
	if err != nil {
		return usageError{err}
	}
	if err := prepareDemo(dir, orders, seed); err != nil {
		return err
	}
	address, stop, err := sim.serve("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	a.configPath = filepath.Join(dir, "tieout.yaml")
	a.settings = append(a.settings, "feeds.stripe.base_url=http://"+address, "feeds.trustpayments.base_url=http://"+address+"/json/",
		"feeds.trustpayments.search_url=http://"+address+"/auto/transactions/transactionsearch")
	fmt.Fprintf(a.stdout, "A shop with %d orders, its shoppers, Stripe and Trust Payments are simulated at %s.\n", orders, address)
	for number := range demoDays {
		now := start.AddDate(0, 0, number)
		if err := a.demoDay(ctx, sim, dir, number+1, now); err != nil {
			return fmt.Errorf("day %d: %w", number+1, err)
		}
	}
	fmt.Fprintf(a.stdout, "\nLook closer:  bin/tieout --config %s exceptions list\n              bin/tieout --config %s explain ORDER --as-of %s\n", a.configPath, a.configPath, start.AddDate(0, 0, demoDays-1).Format(time.RFC3339))
	return nil
}

// prepareDemo removes what an earlier demo made and writes the configuration.
func prepareDemo(dir string, orders int, seed uint64) error {
	for _, made := range []string{"tieout.yaml", "tieout.db", "tieout.db-wal", "tieout.db-shm", "shop.db", "shop.db-wal", "shop.db-shm", "reports", "truth"} {
		if err := os.RemoveAll(filepath.Join(dir, made)); err != nil {
			return fmt.Errorf("clear the last demo: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	text := strings.NewReplacer("DIR", filepath.ToSlash(dir), "ORDERS", fmt.Sprint(orders), "SEED", fmt.Sprint(seed), "START", demoStart).Replace(demoConfig)
	if err := os.WriteFile(filepath.Join(dir, "tieout.yaml"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return nil
}

// demoConfig is a complete configuration: it goes on working against `tieout simulate`.
const demoConfig = `# Made by "tieout demo". The demo's servers end with it; this starts the same world again:
#   tieout simulate --orders ORDERS --seed SEED --now START
database:
  url: sqlite:DIR/tieout.db
timezone: Europe/Berlin
feeds:
  shop:
    url: sqlite:DIR/shop.db
    table: shop_orders
    columns:
      reference: order_no
      payment: payment_ref
      provider: gateway
      amount_minor: total_minor
      currency: currency
      status: state
      created: created_at
      paid: paid_at
      canceled: canceled_at
      changed: updated_at
      email: email
    statuses:
      pending: new
      paid: complete
      canceled: void
      refunded: reimbursed
    refunds:
      table: shop_refunds
      columns:
        id: refund_no
        reference: order_no
        amount_minor: amount_minor
        currency: currency
        status: state
        requested: requested_at
        done: done_at
      statuses:
        requested: asked
        done: done
        rejected: declined
  stripe:
    api_key: ` + simulatedKey + `
    base_url: http://` + simulatedAddress + `
    requests_per_second: 2000
    requests_per_second_in_all: 8000
  trustpayments:
    username: ` + simulatedUsername + `
    password: ` + simulatedPassword + `
    site_references: ` + simulatedSite + `
    base_url: http://` + simulatedAddress + `/json/
    search_url: http://` + simulatedAddress + `/auto/transactions/transactionsearch
    live: false
    requests_per_second: 2000
reports:
  directory: DIR/reports
log:
  level: warn
`

// demoDay moves the world to now, runs the day, and holds the answer against the truth.
func (a *app) demoDay(ctx context.Context, sim *simulation, dir string, number int, now time.Time) (err error) {
	sim.server.SetNow(now)
	if err := sim.syncShop(ctx, "sqlite:"+filepath.Join(dir, "shop.db"), now); err != nil {
		return err
	}
	p, err := a.openFeeds(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	fmt.Fprintf(a.stdout, "\nDay %d, as of %s\n", number, now.Format(time.RFC3339))
	runner := p.runner()
	runner.Watch = a.progress
	tally, err := runner.Run(ctx, jobs.Options{AsOf: now})
	if err != nil {
		return err
	}
	truthFile := filepath.Join(dir, "truth", p.financeDay(now)+".csv")
	if err := sim.writeTruth(truthFile, now); err != nil {
		return err
	}
	if err := a.printDemoDay(tally); err != nil {
		return err
	}
	if err := a.printStanding(ctx, p); err != nil {
		return err
	}
	truth := sim.world.Truth(now)
	differences, err := p.againstTruth(ctx, truth)
	if err != nil {
		return err
	}
	report := filepath.Join(p.config.Reports.Directory, p.financeDay(now), "tieout-"+p.financeDay(now))
	fmt.Fprintf(a.stdout, "Truth:     %s\nWorkbook:  %s\nPage:      %s\n", truthFile, report+".xlsx", report+".html")
	if len(differences) > 0 {
		return fmt.Errorf("%d orders differ from the truth:\n%s", len(differences), strings.Join(differences, "\n"))
	}
	_, err = fmt.Fprintf(a.stdout, "All %d orders, and the payments without one, have exactly the exceptions that the truth says.\n", ordersOf(truth))
	return err
}

// ordersOf counts the orders among the rows of the truth; the others are transactions without one.
func ordersOf(truth []simulator.OrderTruth) int {
	count := 0
	for _, row := range truth {
		if row.TransactionReference == "" {
			count++
		}
	}
	return count
}

// progress shows on a terminal which step runs.
func (a *app) progress(step reconcile.Step) {
	if !isTerminal(a.stderr) {
		return
	}
	if step.Status == reconcile.RunRunning {
		fmt.Fprintf(a.stderr, "  %s …", step.Name)
		return
	}
	fmt.Fprintf(a.stderr, "\r\x1b[K")
}

func (a *app) printDemoDay(tally jobs.Tally) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "step\tread\tstored\tjudged\tmatched\twaiting\texcepted\tacted")
	for _, step := range tally.Steps {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", step.Name, step.Read, step.Stored, step.Judged, step.Matched, step.Waiting, step.Excepted, step.Acted)
	}
	return table.Flush()
}
