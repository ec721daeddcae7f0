package jobs

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// Intake is one transaction in which the rows of a file become part of the evidence.
type Intake interface {
	// Newest returns the newest version held of each object of which one is.
	Newest(ctx context.Context, keys []reconcile.Key) (map[reconcile.Key]feeds.Observation, error)
	Observe(ctx context.Context, items []feeds.Item) error
}

// Lines are the rows of one file; an error ends them, and means that the file is not whole.
type Lines = iter.Seq2[feeds.Line, error]

// ImportTally says what became of the rows of a file: Read = Stored + Unchanged + Rejected.
type ImportTally struct {
	Read      int
	Stored    int // told something that was not known
	Unchanged int // told nothing new, or less than the provider's API showed
	Rejected  int
	Bad       []BadLine // the first ones of the rejected
	Sums      []Sum     // of all rows but the rejected, sorted
}

// BadLine is a row that cannot be read.
type BadLine struct {
	Line   int
	Reason string
}

// Sum is what the rows of a file come to in one currency.
type Sum struct {
	What   string // payments, refunds, gross, fee, net …
	Rows   int
	Amount money.Amount
}

const (
	importBatch = 1000 // rows that are looked up and stored at a time
	mostBad     = 1000 // bad rows that are told one by one
)

// Import puts the rows of a file into an intake, by the rule of feeds.Supersedes. It leaves nothing behind where it fails:
// the intake is the caller's to undo.
func Import(ctx context.Context, lines Lines, normalise feeds.Normalise, into Intake) (ImportTally, error) {
	p := importing{normalise: normalise, into: into, sums: map[sumKey]*Sum{}}
	for line, err := range lines {
		if err == nil {
			p.batch = append(p.batch, line)
			if len(p.batch) == importBatch {
				err = p.flush(ctx)
			}
		}
		if err = cmp.Or(ctxErr(ctx), err); err != nil {
			return ImportTally{}, err
		}
	}
	if err := p.flush(ctx); err != nil {
		return ImportTally{}, err
	}
	return p.done(), nil
}

func ctxErr(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

type sumKey struct{ what, currency string }

// importing is the state of one import.
type importing struct {
	normalise feeds.Normalise
	into      Intake
	batch     []feeds.Line
	tally     ImportTally
	sums      map[sumKey]*Sum
	overflow  error
}

// flush decides what is new in a batch of rows, and stores it.
func (p *importing) flush(ctx context.Context) error {
	var keys []reconcile.Key
	for _, line := range p.batch {
		for _, observation := range line.Observations {
			keys = append(keys, observation.Key)
		}
	}
	held := map[reconcile.Key]*feeds.Item{}
	if len(keys) > 0 {
		newest, err := p.into.Newest(ctx, keys)
		if err != nil {
			return err
		}
		for key, observation := range newest {
			held[key] = p.item(observation)
		}
	}
	var fresh []feeds.Item
	for _, line := range p.batch {
		fresh = append(fresh, p.take(line, held)...)
	}
	p.batch = p.batch[:0]
	if len(fresh) == 0 {
		return p.overflow
	}
	return errors.Join(p.overflow, p.into.Observe(ctx, fresh))
}

func (p *importing) item(observation feeds.Observation) *feeds.Item {
	return &feeds.Item{Observation: observation, Record: p.normalise(observation)}
}

// take counts a row, and returns what of it takes the place of what is held.
func (p *importing) take(line feeds.Line, held map[reconcile.Key]*feeds.Item) (fresh []feeds.Item) {
	reason := line.Reason
	var records []reconcile.Record
	for _, observation := range line.Observations {
		item := p.item(observation)
		records = append(records, item.Record)
		if rejection, ok := item.Record.(reconcile.Rejection); ok {
			reason = cmp.Or(reason, rejection.Reason)
		}
		if feeds.Supersedes(held[observation.Key], *item) {
			held[observation.Key] = item
			fresh = append(fresh, *item)
		}
	}
	if line.Number == 0 {
		return fresh
	}
	p.tally.Read++
	switch {
	case reason != "":
		p.reject(line.Number, reason)
		return fresh
	case len(fresh) > 0:
		p.tally.Stored++
	default:
		p.tally.Unchanged++
	}
	for _, record := range records {
		p.add(record)
	}
	return fresh
}

func (p *importing) reject(line int, reason string) {
	p.tally.Rejected++
	if len(p.tally.Bad) < mostBad {
		p.tally.Bad = append(p.tally.Bad, BadLine{line, reason})
	}
}

// add adds up what a record is about.
func (p *importing) add(record reconcile.Record) {
	switch record := record.(type) {
	case reconcile.Movement:
		p.sum("gross", record.Gross)
		p.sum("fee", record.Fee)
		p.sum("net", record.Net)
	case reconcile.Payment:
		p.sum("payments "+string(record.Status), record.Amount)
	case reconcile.Refund:
		p.sum("refunds "+string(record.Status), record.Amount)
	case reconcile.Payout:
		p.sum("payouts", record.Amount)
	case reconcile.PayoutLine:
		p.sum("paid out", record.Net)
	}
}

func (p *importing) sum(what string, amount money.Amount) {
	key := sumKey{what, amount.Currency}
	if p.sums[key] == nil {
		p.sums[key] = &Sum{What: what}
	}
	total, err := p.sums[key].Amount.Add(amount)
	p.overflow = cmp.Or(p.overflow, err)
	p.sums[key].Rows++
	p.sums[key].Amount = total
}

func (p *importing) done() ImportTally {
	for _, sum := range p.sums {
		p.tally.Sums = append(p.tally.Sums, *sum)
	}
	slices.SortFunc(p.tally.Sums, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Amount.Currency, b.Amount.Currency), cmp.Compare(a.What, b.What))
	})
	return p.tally
}
