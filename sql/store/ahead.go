package store

import (
	"context"
	"iter"

	"tieout/feeds"
)

// aheadRows is how many rows a supply hands over at a time, and aheadBatches how many such batches there are: one is taken from
// while others are filled. They are used again and again.
const (
	aheadRows    = 1000
	aheadBatches = 2
)

// supply is a list that another goroutine reads, some batches before they are asked for.
type supply[E any] struct {
	full   <-chan []E
	empty  chan<- []E
	failed *error // set before full is closed
	batch  []E
}

// openSupply begins to fill a supply. fill takes empty batches and hands over full ones, none without an element, until all is read.
func openSupply[E any](fill func(full chan<- []E, empty <-chan []E) error) *supply[E] {
	full, empty, failed := make(chan []E, aheadBatches), make(chan []E, aheadBatches), new(error)
	for range aheadBatches {
		empty <- nil
	}
	go func() {
		defer close(full)
		*failed = feeds.Guard(func() error { return fill(full, empty) })
	}()
	return &supply[E]{full: full, empty: empty, failed: failed}
}

// turn goes on to the next batch; false at the end, or after an error.
func (s *supply[E]) turn() bool {
	if s.batch != nil {
		s.empty <- s.batch // has room for all that there are
	}
	s.batch = <-s.full
	return s.batch != nil
}

// ahead is stream for long lists: what their rows are read for takes about as long as the reading, and is done beside it. When
// the loop is left, the reading has ended too.
func ahead[R any](ctx context.Context, s session, query string, args ...any) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		rows := openSupply(func(full chan<- []R, empty <-chan []R) error {
			return fillFrom(ctx, stream[R](ctx, s, query, args...), full, empty)
		})
		defer func() {
			stop()
			for rows.turn() {
			}
		}()
		for rows.turn() {
			for _, row := range rows.batch {
				if !yield(row, nil) {
					return
				}
			}
		}
		if err := *rows.failed; err != nil {
			var none R
			yield(none, err)
		}
	}
}

func fillFrom[R any](ctx context.Context, rows iter.Seq2[R, error], full chan<- []R, empty <-chan []R) error {
	batch := <-empty
	for row, err := range rows {
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) < aheadRows {
			continue
		}
		full <- batch // has room for all that there are
		select {
		case batch = <-empty:
			batch = batch[:0]
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if len(batch) > 0 {
		full <- batch
	}
	return nil
}
