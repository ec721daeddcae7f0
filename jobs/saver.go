package jobs

import (
	"context"
	"errors"

	"tieout/reconcile"
)

// saver writes judgements one after the other, beside whoever makes them. After an error it writes no more.
type saver struct {
	todo   chan reconcile.Judgement
	ended  chan struct{}
	failed error // set before ended is closed
}

func newSaver(ctx context.Context, to Judgements) *saver {
	s := &saver{todo: make(chan reconcile.Judgement, 1), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for judgement := range s.todo {
			if s.failed = to.SaveJudgement(ctx, judgement); s.failed != nil {
				return
			}
		}
	}()
	return s
}

// save hands a judgement over. It returns the error with which an earlier one failed.
func (s *saver) save(judgement reconcile.Judgement) error {
	if judgement.Empty() {
		return nil
	}
	select {
	case s.todo <- judgement:
		return nil
	case <-s.ended:
		return s.failed
	}
}

// close waits until all is written, and adds to what the caller failed with.
func (s *saver) close(failure error) error {
	close(s.todo)
	<-s.ended
	if s.failed != nil && !errors.Is(failure, s.failed) {
		failure = errors.Join(failure, s.failed)
	}
	return failure
}
