package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tieout/audit"
	"tieout/reconcile/money"
)

// packFormats are those of the packs that are verified: the quickest to read and the longest.
var packFormats = []audit.Format{audit.CSV, audit.JSONL}

// verify has tieout check packs with a row for each order and payment, and sha256sum read the same bytes.
func (b *bench) verify(ctx context.Context) error {
	log, public, err := newPackLog(b.orders)
	if err != nil {
		return err
	}
	for _, format := range packFormats {
		pack := filepath.Join(b.dir, string(format)+".zip")
		start := time.Now()
		if err := log.write(ctx, pack, format); err != nil {
			return fmt.Errorf("make a pack: %w", err)
		}
		tell("a pack of %d rows in %s, made in %.1f s", log.size, format, time.Since(start).Seconds())
		for range b.rounds {
			for what, command := range map[string][]string{"sha256sum": {"sha256sum", pack}, "verify": {b.tieout, "verify", pack, "--key", public}} {
				r, err := measure(ctx, command[0], command[1:]...)
				if err != nil {
					return err
				}
				b.note(what+" "+string(format), r)
			}
		}
		if err := os.Remove(pack); err != nil {
			return err
		}
	}
	return nil
}

// verifyRatio is that of the format that takes longer.
func (b *bench) verifyRatio() float64 {
	ratio := 0.0
	for _, format := range packFormats {
		ratio = max(ratio, b.took["verify "+string(format)].seconds()/b.took["sha256sum "+string(format)].seconds())
	}
	return ratio
}

// packLog is a log of so many entries, made from their numbers alone: orders, payments, movements and verdicts in turn, a change of 5,000
// each, sealed ten times.
type packLog struct {
	size  int64
	key   audit.Key
	kinds []*audit.Kind
	seals []audit.Seal
}

const (
	packChange = 5000
	packSeals  = 10
)

func newPackLog(size int) (*packLog, string, error) {
	l := &packLog{size: int64(size)}
	private, public, err := audit.GenerateKey("bench")
	if err != nil {
		return nil, "", err
	}
	if l.key, err = audit.NewKey(private); err != nil {
		return nil, "", err
	}
	for _, name := range []string{"orders", "payments", "movements", "verdicts"} {
		kind, ok := audit.KindNamed(name)
		if !ok {
			return nil, "", fmt.Errorf("the log has no %s", name)
		}
		l.kinds = append(l.kinds, kind)
	}
	return l, public, l.seal()
}

func (l *packLog) seal() error {
	var spans []audit.Span
	for n := range int64(packSeals) {
		batch := audit.NewBatch(l.size * n / packSeals)
		for batch.Size() < l.size*(n+1)/packSeals {
			if _, err := batch.Add(l.row(batch.Size())); err != nil {
				return err
			}
		}
		spans = append(spans, batch.Span())
		size, root, err := audit.Join(spans)
		if err != nil {
			return err
		}
		checkpoint := audit.Checkpoint{Log: l.key.Name(), Size: size, Root: root, Change: n, Run: n, At: now.AddDate(0, 0, int(n))}
		note, err := l.key.Sign(checkpoint)
		if err != nil {
			return err
		}
		l.seals = append(l.seals, audit.Seal{Checkpoint: checkpoint, Note: note, Added: batch.Span()})
	}
	return nil
}

// row is an entry of the log, as long as one of a shop's.
func (l *packLog) row(n int64) audit.Row {
	kind := l.kinds[n/packChange%int64(len(l.kinds))]
	row := audit.Row{Kind: kind, Cells: make([]string, len(kind.Columns)-audit.Given)}
	for i := range row.Cells {
		row.Cells[i] = packCell(kind.Columns[audit.Given+i], n)
	}
	return row
}

func packCell(c audit.Column, n int64) string {
	switch {
	case strings.HasSuffix(c.Name, "currency"):
		return "EUR"
	case c.Name == "event":
		return audit.EventIs
	case strings.HasSuffix(c.Name, "feed") || c.Name == "provider":
		return "stripe"
	case strings.HasSuffix(c.Name, "account"):
		return "default"
	case c.Type == audit.Text && strings.HasSuffix(c.Name, "id") || strings.HasSuffix(c.Name, "reference") || c.Name == "case_key":
		return fmt.Sprintf("ch_3P%018d", n*7919%1_000_000_007)
	case c.Name == "cancel_reason" || c.Name == "cancel_evidence" || c.Name == "reason":
		return ""
	}
	switch c.Type {
	case audit.Money:
		return money.Amount{Minor: 100 + n%50_000, Currency: "EUR"}.Decimal()
	case audit.Time:
		return now.Add(time.Duration(n) * time.Millisecond).UTC().Format(time.RFC3339Nano)
	case audit.Number:
		return strconv.FormatInt(n/packChange, 10)
	case audit.Flag:
		return "true"
	default:
		return "succeeded"
	}
}

// Seals are all of them.
func (l *packLog) Seals(context.Context) ([]audit.Seal, error) { return l.seals, nil }

// Entries are those that a seal added.
func (l *packLog) Entries(_ context.Context, seal audit.Seal) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		batch := audit.NewBatch(seal.Added.From)
		for batch.Size() < seal.Added.To {
			row := l.row(batch.Size())
			hash, err := batch.Add(row)
			if !yield(audit.Entry{Row: row, Mark: hash[:audit.MarkSize]}, err) || err != nil {
				return
			}
		}
	}
}

func (l *packLog) write(ctx context.Context, name string, format audit.Format) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = audit.WritePack(ctx, file, l, audit.PackOptions{Rows: format, MadeBy: "bench", Key: l.key, Dir: filepath.Dir(name)})
	return err
}
