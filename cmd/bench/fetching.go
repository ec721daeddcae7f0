package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/charge"

	"tieout/feeds"
	"tieout/feeds/stripe"
	"tieout/reconcile"
)

const (
	fetched  = 100_000 // charges
	manyMore = 4       // times as many, for the memory
	iterated = 100     // pages that stripe-go's iterator reads: it reads one after another, so all take as many times as long
	benchKey = "sk_test_bench"
)

// What the processes do that bench starts for this.
const (
	byClient   = "client"
	byIterator = "iterator"
	asProvider = "provider"
)

// takePart is such a process.
func (o options) takePart(ctx context.Context) error {
	switch o.chargesOf {
	case asProvider:
		return newProvider(o.charges, o.perSecond).serve()
	case byClient:
		return fetchAll(ctx, o.url, o.charges, o.perSecond)
	case byIterator:
		return iterate(ctx, o.url, pagesIterated(o.charges))
	}
	return fmt.Errorf("--charges-of %q: choose from %s, %s, %s", o.chargesOf, asProvider, byClient, byIterator)
}

// fetching measures the reading of charges by the client, beside stripe-go's own iterator.
func (b *bench) fetching(ctx context.Context) error {
	for _, perSecond := range []int{25, 100} {
		if !b.wants(fetchLine(perSecond)) {
			continue
		}
		if err := b.fetchAt(ctx, fetchLine(perSecond), byClient, b.charges, perSecond); err != nil {
			return err
		}
		if err := b.fetchAt(ctx, fetchLine(perSecond)+iteratedToo, byIterator, b.charges, perSecond); err != nil {
			return err
		}
	}
	if !b.wants("fetch_memory") {
		return nil
	}
	if err := b.fetchAt(ctx, "fetch_memory", byClient, b.charges, 100); err != nil {
		return err
	}
	return b.fetchAt(ctx, "fetch_memory_more", byClient, manyMore*b.charges, 100)
}

func fetchLine(perSecond int) string { return "fetch_" + strconv.Itoa(perSecond) }

// iteratedToo is the end of the name of what stripe-go's iterator took.
const iteratedToo = "_iterator"

// fetchAt has a process of its own read charges from a provider that allows so many requests a second.
func (b *bench) fetchAt(ctx context.Context, name, mode string, charges, perSecond int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	size := []string{"--charges", strconv.Itoa(charges), "--per-second", strconv.Itoa(perSecond)}
	server := exec.CommandContext(ctx, self, append(size, "--charges-of", asProvider)...)
	server.Stderr = os.Stderr
	input, first := server.StdinPipe()
	output, second := server.StdoutPipe()
	if err := errors.Join(first, second, server.Start()); err != nil {
		return fmt.Errorf("start the provider: %w", err)
	}
	lines := bufio.NewScanner(output)
	lines.Scan()
	r, failure := measure(ctx, self, append(size, "--charges-of", mode, "--url", lines.Text())...)
	failure = errors.Join(failure, input.Close())
	lines.Scan()
	if err := errors.Join(failure, server.Wait()); err != nil {
		return err
	}
	b.note(name, r)
	tell("  %-18s %s", "", lines.Text())
	return nil
}

// fetchRows are the lines on fetching that were asked for.
func (b *bench) fetchRows() []row {
	var rows []row
	for _, line := range []struct {
		perSecond    int
		share, times float64
	}{{25, 0.95, 4.5}, {100, 0.90, 15}} {
		name := fetchLine(line.perSecond)
		if !b.wants(name) {
			continue
		}
		ideal, seconds := float64(b.charges)/aPage/float64(line.perSecond), b.took[name].seconds()
		oneByOne := b.took[name+iteratedToo].seconds() * float64(b.charges) / float64(aPage*pagesIterated(b.charges))
		rows = append(rows, row{name: name, ratio: ideal / seconds, reach: line.share, atLeast: true},
			row{name: name + iteratedToo, ratio: oneByOne / seconds, reach: line.times, atLeast: true})
	}
	if b.wants("fetch_memory") {
		few, many := b.took["fetch_memory"][0].peak, b.took["fetch_memory_more"][0].peak
		rows = append(rows, row{name: "fetch_memory", ratio: many / few, reach: 1.10}, row{name: "fetch_memory_mb", ratio: max(few, many) / 64, reach: 1})
	}
	return rows
}

// lastMonth is the month that the provider's charges are of.
func lastMonth() reconcile.Window { return reconcile.Window{From: now.Add(-month), To: now} }

// fetchAll is what the measured process does: it fetches a month, as the daily run does but for storing it, and fails unless
// each charge came once.
func fetchAll(ctx context.Context, url string, charges, perSecond int) error {
	references, methods := []string{"metadata.order_id"}, []string{"alipay"}
	client, err := stripe.New(stripe.Options{
		Key: benchKey, Account: stripeAccount, BaseURL: url, ReferenceKeys: references, PaymentMethods: methods,
		RequestsPerSecond: float64(perSecond),
	})
	if err != nil {
		return err
	}
	sink := &counter{normalise: stripe.NewNormaliser(references, methods), seen: make([]bool, charges)}
	if _, err := client.Fetch(ctx, feeds.Request{Window: lastMonth(), Memory: empty{}, Sink: sink}); err != nil {
		return err
	}
	if sink.count != charges {
		return fmt.Errorf("%d charges came, of %d", sink.count, charges)
	}
	return nil
}

// counter is a sink that reads what it is handed and keeps only which charges they were.
type counter struct {
	normalise feeds.Normalise
	seen      []bool
	count     int
}

// Observe fails for what is no charge that can be read, or comes twice.
func (c *counter) Observe(_ context.Context, batch []feeds.Observation) error {
	for _, observation := range batch {
		if _, ok := c.normalise(observation).(reconcile.Payment); !ok {
			return fmt.Errorf("%v is no payment", observation.Key)
		}
		number, err := strconv.Atoi(strings.TrimPrefix(observation.Key.ID, chargePrefix))
		if err != nil || number >= len(c.seen) || c.seen[number] {
			return fmt.Errorf("%v came twice, or was never made", observation.Key)
		}
		c.seen[number] = true
		c.count++
	}
	return nil
}

// empty is a memory of a store in which nothing was, and nothing is missing.
type empty struct{}

func (empty) Open(context.Context, string) ([]string, error) { return nil, nil }

func (empty) Missing(context.Context, string, []string) ([]string, error) { return nil, nil }

// pagesIterated is how many pages the iterator reads.
func pagesIterated(charges int) int { return min(iterated, charges/aPage) }

// iterate reads the first pages of the month with stripe-go's iterator, as its documentation shows it.
func iterate(ctx context.Context, url string, pages int) error {
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		URL: stripego.String(url), LeveledLogger: &stripego.LeveledLogger{Level: stripego.LevelNull},
	})
	charges := charge.Client{B: backend, Key: benchKey}
	params := &stripego.ChargeListParams{CreatedRange: &stripego.RangeQueryParams{GreaterThanOrEqual: lastMonth().From.Unix(), LesserThan: lastMonth().To.Unix()}}
	params.Context = ctx
	params.Limit = stripego.Int64(aPage)
	list, count := charges.List(params), 0
	for count < pages*aPage && list.Next() {
		count++
	}
	if list.Err() == nil && count < pages*aPage {
		return fmt.Errorf("the iterator ended after %d charges", count)
	}
	return list.Err()
}
