package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"tieout/feeds"
	"tieout/feeds/stripe"
	"tieout/jobs"
	"tieout/reconcile"
	"tieout/sql/store"
)

// ingested are the tables that pages are stored in and that psql writes again for comparison.
var ingested = []string{"tieout_observations", "tieout_payments", "tieout_refunds", "tieout_movements"}

// ingest measures the storing of pages, and of the same pages once more, beside stripe-go's reading of them and psql's copying of the rows that
// came of them.
func (b *bench) ingest(ctx context.Context) error {
	for n := range b.rounds {
		tell("pages, round %d of %d", n+1, b.rounds)
		if err := b.ingestRound(ctx, n == 0); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) ingestRound(ctx context.Context, first bool) (err error) {
	p, err := b.emptyPostgres(ctx, "ingest")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	decode, err := b.self(ctx, "--decode")
	if err != nil {
		return err
	}
	b.note(decoded, decode)
	for _, line := range []string{"ingest", "ingest_again"} {
		if err := b.store(ctx, p, line); err != nil {
			return err
		}
	}
	if err := b.copyIngested(ctx, p); err != nil || !first {
		return err
	}
	return b.ingestSQLite(ctx)
}

// store has another process of this program store the pages, and checks what is held then.
func (b *bench) store(ctx context.Context, p *place, line string) error {
	if p.postgres {
		if err := tidy(ctx, p.db); err != nil {
			return err
		}
	}
	r, err := b.self(ctx, "--ingest", p.url)
	if err != nil {
		return err
	}
	b.note(line, r)
	return checkIngested(ctx, p, pages{b.rows})
}

// checkIngested fails unless every object is held once: as one version, and as the record that it is.
func checkIngested(ctx context.Context, p *place, all pages) error {
	for table, want := range map[string]int{
		"tieout_observations": all.rows, "tieout_payments": all.charges(), "tieout_refunds": all.refunds(), "tieout_movements": all.rows / 2,
	} {
		var got int
		if err := p.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&got); err != nil {
			return fmt.Errorf("count %s: %w", table, err)
		}
		if got != want {
			return fmt.Errorf("%s has %d rows, the pages say %d", table, got, want)
		}
	}
	return nil
}

// copyIngested has psql write the rows again that came of the pages.
func (b *bench) copyIngested(ctx context.Context, p *place) error {
	if _, err := psql(ctx, p.url, copies(b.dir, ingested, "", "to")...); err != nil {
		return err
	}
	if err := execute(ctx, p.db, emptyCopies(ingested)...); err != nil {
		return err
	}
	if err := tidy(ctx, p.db); err != nil {
		return err
	}
	r, err := psql(ctx, p.url, copies(b.dir, ingested, "bench_", "from")...)
	if err == nil {
		b.note(copiedPages, r)
	}
	return err
}

// ingestSQLite tells what SQLite takes.
func (b *bench) ingestSQLite(ctx context.Context) (err error) {
	p, err := b.emptySQLite(ctx, filepath.Join(b.dir, "ingest.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	if err := b.store(ctx, p, "sqlite_ingest"); err != nil {
		return err
	}
	return b.store(ctx, p, "sqlite_ingest_again")
}

// decodeWithStripe reads the pages into stripe-go's structs.
func decodeWithStripe(all pages) error {
	objects := 0
	for page := range all.all() {
		var read int
		var err error
		switch page.kind {
		case "charge":
			read, err = unmarshal(page.body, func(l *stripego.ChargeList) int { return len(l.Data) })
		case "refund":
			read, err = unmarshal(page.body, func(l *stripego.RefundList) int { return len(l.Data) })
		default:
			read, err = unmarshal(page.body, func(l *stripego.BalanceTransactionList) int { return len(l.Data) })
		}
		if err != nil {
			return fmt.Errorf("stripe-go reads a page of %ss: %w", page.kind, err)
		}
		objects += read
	}
	if objects != all.rows {
		return fmt.Errorf("stripe-go read %d objects of %d", objects, all.rows)
	}
	return nil
}

func unmarshal[L any](body []byte, count func(*L) int) (int, error) {
	var list L
	err := json.Unmarshal(body, &list)
	return count(&list), err
}

// storePages takes the pages through the job that fetches: they are observed, normalised and stored as if a provider had shown them.
func storePages(ctx context.Context, url string, all pages) (err error) {
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	client, err := stripe.New(stripe.Options{Key: "sk_test_bench", Account: stripeAccount, ReferenceKeys: []string{"metadata.order_id"}})
	if err != nil {
		return err
	}
	job := jobs.Fetch{
		Plans: []jobs.FetchPlan{{
			Feed: shown{client, all}, Normalise: stripe.NewNormaliser([]string{"metadata.order_id"}, []string{"alipay"}),
			Since: func(now time.Time) time.Time { return now.AddDate(0, 0, -100) },
		}},
		Evidence: s,
		Cluster:  func(context.Context) error { return nil }, // no part of what is measured
	}
	var step reconcile.Step
	if err := job.Run(ctx, jobs.Session{RunID: 1, Now: now, AsOf: true, Log: slog.New(slog.DiscardHandler)}, &step); err != nil {
		return err
	}
	if step.Rejected > 0 || step.Stored != all.rows && step.Unchanged != all.rows {
		return fmt.Errorf("of %d objects %d were stored, %d unchanged and %d rejected", all.rows, step.Stored, step.Unchanged, step.Rejected)
	}
	return nil
}

// shown is a feed that was shown all its pages already.
type shown struct {
	*stripe.Client
	pages pages
}

// Fetch hands on what is in the pages.
func (f shown) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	var tally feeds.Tally
	for page := range f.pages.all() {
		observations, err := f.Observations(page.kind, page.body)
		if err != nil {
			return tally, err
		}
		tally.Read += len(observations)
		if err := request.Sink.Observe(ctx, observations); err != nil {
			return tally, err
		}
	}
	return tally, nil
}

// self measures a process of this program that takes a part of the work.
func (b *bench) self(ctx context.Context, args ...string) (reading, error) {
	program, err := os.Executable()
	if err != nil {
		return reading{}, fmt.Errorf("find this program: %w", err)
	}
	return measure(ctx, program, append(args, "--rows", fmt.Sprint(b.rows))...)
}
