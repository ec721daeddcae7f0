package jobs

import (
	"context"
	"errors"

	"tieout/feeds"
	"tieout/reconcile"
)

// saver writes judgements one after the other, beside whoever makes them. There are two, which take turns: one is made while
// the other is written. After an error it writes no more.
type saver struct {
	full   chan *reconcile.Judgement
	blank  chan *reconcile.Judgement
	ended  chan struct{}
	failed error // set before ended is closed
}

func newSaver(ctx context.Context, to Judgements) *saver {
	const turns = 2
	s := &saver{full: make(chan *reconcile.Judgement, turns), blank: make(chan *reconcile.Judgement, turns), ended: make(chan struct{})}
	for range turns {
		s.blank <- &reconcile.Judgement{}
	}
	go func() {
		defer close(s.ended)
		for judgement := range s.full {
			if s.failed = feeds.Guard(func() error { return to.SaveJudgement(ctx, *judgement) }); s.failed != nil {
				return
			}
			s.blank <- judgement
		}
	}()
	return s
}

// empty is a judgement to fill, once one is free. It returns the error with which an earlier one failed.
func (s *saver) empty(of Session) (*reconcile.Judgement, error) {
	select {
	case judgement := <-s.blank:
		judgement.Reset(of.RunID, of.Now)
		return judgement, nil
	case <-s.ended:
		return nil, s.failed
	}
}

// save hands a judgement over, which is not the caller's any more.
func (s *saver) save(judgement *reconcile.Judgement) { s.full <- judgement }

// close waits until all is written, and adds to what the caller failed with.
func (s *saver) close(failure error) error {
	close(s.full)
	<-s.ended
	if s.failed != nil && !errors.Is(failure, s.failed) {
		failure = errors.Join(failure, s.failed)
	}
	return failure
}
