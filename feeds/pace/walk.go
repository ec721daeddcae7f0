package pace

import (
	"context"

	"tieout/feeds"
)

// Walker reads something in slices that do not overlap, several at once. S is a slice, P the answer to it.
type Walker[S, P any] interface {
	// Ask asks for a slice. It is called by several goroutines at once.
	Ask(ctx context.Context, slice S) (P, error)
	// Rest cuts what is still to be read of a slice after this answer into at most so many slices; nothing when it is read.
	// Where rows are few it should cut into less: each slice costs a request. parts is at least one.
	Rest(slice S, answer P, parts int) ([]S, error)
	// Take takes what an answer holds. Like Rest it is called by the goroutine of Walk alone.
	Take(ctx context.Context, answer P) error
}

// Walk asks for the slices, and for what is left of each, until nothing is. It keeps up to width() requests going: while
// there are fewer, what is left is cut smaller. So a quiet window is one request, and one that is dense somewhere is cut
// there. After the first error it starts nothing more, waits for what is going, and returns it.
//
// The next requests are sent before an answer is taken, and no more than width() answers are held at a time.
func Walk[S, P any](ctx context.Context, first []S, width func() int, walker Walker[S, P]) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := walk[S, P]{walker: walker, width: width, waiting: first, answers: make(chan answered[S, P])}
	err := w.run(ctx)
	stop()
	for ; w.going > 0; w.going-- {
		<-w.answers
	}
	return err
}

type walk[S, P any] struct {
	walker  Walker[S, P]
	width   func() int
	waiting []S
	going   int
	answers chan answered[S, P]
}

type answered[S, P any] struct {
	slice  S
	answer P
	err    error
}

func (w *walk[S, P]) run(ctx context.Context) error {
	w.start(ctx)
	for w.going > 0 {
		got := <-w.answers
		w.going--
		if got.err != nil {
			return got.err
		}
		left, err := w.walker.Rest(got.slice, got.answer, max(1, w.width()-w.going-len(w.waiting)))
		if err != nil {
			return err
		}
		w.waiting = append(w.waiting, left...)
		w.start(ctx)
		if err := w.walker.Take(ctx, got.answer); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (w *walk[S, P]) start(ctx context.Context) {
	for len(w.waiting) > 0 && w.going < max(1, w.width()) {
		slice := w.waiting[0]
		w.waiting = w.waiting[1:]
		w.going++
		go func() {
			got := answered[S, P]{slice: slice}
			got.err = feeds.Guard(func() (err error) {
				got.answer, err = w.walker.Ask(ctx, slice)
				return err
			})
			w.answers <- got
		}()
	}
}
