package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/feeds/simulator"
)

// The credentials that the simulator takes. They open nothing but it.
const (
	simulatedKey      = "sk_test_simulated"
	simulatedUsername = "webservices@example.com"
	simulatedPassword = "simulated"
	simulatedSite     = "test_site12345"
	simulatedAddress  = "127.0.0.1:8910"
)

// simulation is a world with its server and its shop.
type simulation struct {
	world  *simulator.World
	server *simulator.Server
}

// simulateFlags choose a world.
type simulateFlags struct {
	listen, shop, truth, now string
	files                    string
	alipay                   bool
	seed                     uint64
	orders, days             int
}

func (a *app) simulateCommand() *cobra.Command {
	flags := simulateFlags{}
	command := &cobra.Command{
		Use:   "simulate",
		Short: "Stand in for Stripe and Trust Payments, with a world of shoppers whose truth is known",
		Long: "Serves both providers' wire formats under one address (/v1/ is Stripe, /json/ is Trust Payments) until told to\nstop, and writes the shop's tables and the truth. PUT {\"now\":\"RFC3339\"} to /simulator/clock moves the world on.\n" +
			"Credentials: " + simulatedKey + "; " + simulatedUsername + " with " + simulatedPassword + ", site " + simulatedSite + ".",
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error { return a.simulate(command.Context(), flags) },
	}
	command.Flags().StringVar(&flags.listen, "listen", simulatedAddress, "address to serve on")
	command.Flags().StringVar(&flags.shop, "shop", "", "write the shop's tables into this database (sqlite:PATH or postgres://…)")
	command.Flags().StringVar(&flags.truth, "truth", "", "write the truth into this file")
	command.Flags().StringVar(&flags.files, "files", "", "write the providers' own files into this directory: Stripe's reports, and Alipay's below alipay/")
	command.Flags().BoolVar(&flags.alipay, "alipay", false, "let all orders be paid through Alipay's own gateway, which is known by its files alone")
	command.Flags().StringVar(&flags.now, "now", demoStart, "where the clock stands (RFC 3339)")
	command.Flags().Uint64Var(&flags.seed, "seed", 1, "another seed is another world")
	command.Flags().IntVar(&flags.orders, "orders", demoOrders, "how many orders")
	command.Flags().IntVar(&flags.days, "days", 2, "how many days the world moves on after now")
	return command
}

func (a *app) simulate(ctx context.Context, flags simulateFlags) error {
	now, err := parseInstant("--now", flags.now)
	if err != nil {
		return err
	}
	config := simulator.Config{Seed: flags.seed, Orders: flags.orders, Now: now, Days: flags.days}
	if flags.alipay {
		config.Stories = simulator.AlipayStories()
	}
	sim, err := newSimulation(config)
	if err != nil {
		return usageError{err}
	}
	if flags.shop != "" {
		if err := sim.syncShop(ctx, flags.shop, now); err != nil {
			return err
		}
	}
	if flags.files != "" {
		if err := sim.writeFiles(flags.files, now); err != nil {
			return err
		}
	}
	if flags.truth != "" {
		if err := sim.writeTruth(flags.truth, now); err != nil {
			return err
		}
	}
	address, stop, err := sim.serve(flags.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "simulating %d orders at http://%s, the clock stands at %s\n", flags.orders, address, now.Format(time.RFC3339))
	<-ctx.Done()
	return stop()
}

func newSimulation(config simulator.Config) (*simulation, error) {
	config.SiteReferences = []string{simulatedSite}
	world, err := simulator.New(config)
	if err != nil {
		return nil, err
	}
	server := simulator.NewServer(world, simulator.ServerConfig{
		StripeKey: simulatedKey, TPUsername: simulatedUsername, TPPassword: simulatedPassword, SiteReferences: config.SiteReferences,
	})
	return &simulation{world: world, server: server}, nil
}

// serve listens and answers until stop is called.
func (s *simulation) serve(address string) (listening string, stop func() error, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("simulate on %s: %w", address, err)
	}
	server := &http.Server{Handler: s.server, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return listener.Addr().String(), func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}

// syncShop writes what the shop knows at t into its tables.
func (s *simulation) syncShop(ctx context.Context, url string, t time.Time) (err error) {
	driver, source, dialect := "postgres", url, simulator.DialectPostgres
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source, dialect = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)", simulator.DialectSQLite
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return fmt.Errorf("open the simulated shop: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return s.world.SyncShop(ctx, db, dialect, t)
}

// writeFiles writes the files that the providers have made by t.
func (s *simulation) writeFiles(dir string, t time.Time) error {
	if err := s.world.WriteAlipayFiles(filepath.Join(dir, "alipay"), t); err != nil {
		return err
	}
	for name, paidOut := range map[string]bool{"balance_change_from_activity.csv": false, "payout_reconciliation.csv": true} {
		var content bytes.Buffer
		if err := s.world.WriteStripeReport(&content, simulator.StripeReport{At: t, To: t, PaidOut: paidOut}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write a report of Stripe's: %w", err)
		}
	}
	return nil
}

func (s *simulation) writeTruth(path string, t time.Time) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return s.world.WriteTruth(file, t)
}
