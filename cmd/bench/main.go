// Command bench measures tieout, in one run and side by side with what stands beside it: PostgreSQL's own join and COPY, tieout
// itself on another database, itself with four times as much to judge, and stripe-go's own iterator and structs. It makes a world whose answer is known, runs the real
// program on it, and fails when the answer is another. `make bench` starts it; docs/PERFORMANCE.md tells what came of it.
//
// Lines that begin with BENCH go to standard output, all else to standard error. It ends with 0 when all was measured, whether
// or not it reaches what it should; 1 when something failed, a wrong answer too; 2 when it was called wrongly.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// names are the lines that can be asked for, in the order in which they are printed. memory prints memory_mb too, ingest ingest_again;
// fetch_25 and fetch_100 print what they are in terms of stripe-go's iterator too, fetch_memory prints fetch_memory_mb.
var names = slices.Concat(ofJudging, []string{"csv", "parquet", "workbook", "workbook_memory", "report_memory", "ingest", "fetch_25", "fetch_100", "fetch_memory", "verify"})

// ofJudging are the lines of what judges a world; inWorlds are all for which there is a world in PostgreSQL, onServer all that need one.
var (
	ofJudging = []string{"first_full", "full_again", "increment", "sqlite_first_full", "memory"}
	inWorlds  = slices.Concat(ofJudging, []string{"csv", "parquet"})
	onServer  = slices.Concat(inWorlds, []string{"ingest"})
)

// options are the command line.
type options struct {
	orders, rounds int
	rows           int // in the pages
	only           []string
	tieout         string
	server         string
	load           string // the part that another process of this program takes: see load, storePages, decodeWithStripe
	day            int
	ingest         string
	decode         bool
	part           string // likewise: see writePart
	matched        int
	dir, url       string

	charges   int
	chargesOf string // likewise, in the fetching: see takePart
	perSecond int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
	if err := start(ctx, o); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func start(ctx context.Context, o options) error {
	switch {
	case o.part != "":
		return writePart(ctx, o)
	case o.chargesOf != "":
		return o.takePart(ctx)
	case o.load != "":
		return load(ctx, o.load, world{o.orders}, o.day)
	case o.ingest != "":
		return storePages(ctx, o.ingest, pages{o.rows})
	case o.decode:
		return decodeWithStripe(pages{o.rows})
	}
	rows, err := run(ctx, o)
	for _, r := range rows {
		fmt.Println(r)
	}
	return err
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{server: os.Getenv("TIEOUT_TEST_POSTGRES_URL")}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.orders, "orders", 1_000_000, fmt.Sprintf("how many orders and payments there are: a multiple of %d", block))
	flags.IntVar(&o.rounds, "rounds", 3, fmt.Sprintf("how often all is measured: odd, at most %d", maxRounds))
	flags.IntVar(&o.rows, "rows", 1_000_000, fmt.Sprintf("how many objects are in the pages that are stored: a multiple of %d", pageBlock))
	only := flags.String("only", strings.Join(names, ","), "which lines to measure")
	flags.StringVar(&o.tieout, "tieout", "bin/tieout", "the program that is measured")
	flags.StringVar(&o.load, "load", "", "only fill the database at this URL with the world; bench calls itself this way")
	flags.IntVar(&o.day, "day", 0, "with --load: add the increment of this day instead")
	flags.StringVar(&o.ingest, "ingest", "", "only store the pages in the database at this URL; bench calls itself this way")
	flags.BoolVar(&o.decode, "decode", false, "only read the pages with stripe-go; bench calls itself this way")
	flags.StringVar(&o.part, "part", "", "only write this into --dir; bench calls itself this way")
	flags.IntVar(&o.matched, "matched", 0, "with --part: how many matched orders")
	flags.StringVar(&o.dir, "dir", "", "with --part")
	flags.StringVar(&o.url, "url", "", "with --part csv and parquet: the database that holds the rows; with --charges-of: where the charges are")
	flags.StringVar(&o.chargesOf, "charges-of", "", "only serve charges, or read those of --url; bench calls itself this way")
	flags.IntVar(&o.charges, "charges", 100_000, fmt.Sprintf("how many charges the fetch lines read: a multiple of %d", aPage))
	flags.IntVar(&o.perSecond, "per-second", 0, "with --charges-of: how many requests a second are allowed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.only = strings.Split(*only, ",")
	return o, o.check()
}

func (o options) check() error {
	switch unknown := slices.IndexFunc(o.only, func(name string) bool { return !slices.Contains(names, name) }); {
	case o.orders <= 0 || o.orders%block != 0:
		return fmt.Errorf("--orders %d: choose a multiple of %d", o.orders, block)
	case o.rows <= 0 || o.rows%pageBlock != 0:
		return fmt.Errorf("--rows %d: choose a multiple of %d", o.rows, pageBlock)
	case o.rounds < 1 || o.rounds > maxRounds || o.rounds%2 == 0:
		return fmt.Errorf("--rounds %d: choose an odd number up to %d", o.rounds, maxRounds)
	case o.charges < aPage || o.charges%aPage != 0:
		return fmt.Errorf("--charges %d: choose a multiple of %d", o.charges, aPage)
	case unknown >= 0:
		return fmt.Errorf("--only %q: choose from %s", o.only[unknown], strings.Join(names, ", "))
	case o.load == "" && o.ingest == "" && !o.decode && o.part == "" && o.chargesOf == "" && o.server == "" && o.wants(onServer...):
		return fmt.Errorf("TIEOUT_TEST_POSTGRES_URL is not set: run make bench, or .ci/with-postgres bin/bench")
	}
	return nil
}

// wants reports whether one of these lines was asked for.
func (o options) wants(lines ...string) bool {
	return slices.ContainsFunc(lines, func(name string) bool { return slices.Contains(o.only, name) })
}
