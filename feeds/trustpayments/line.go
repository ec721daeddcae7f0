package trustpayments

import (
	"context"
	"encoding/json"
	"slices"
)

// errand is something to ask the gateway for, which may have to be asked for in parts.
type errand interface {
	// next splits off what to ask for now; rest is what is left to ask for after it, nil when that is nothing.
	next() (now, rest errand)
	// join puts the errand that comes right after, if that is not yet asked for either, to this one; false where it cannot.
	join(after errand) (both errand, joined bool)
	// ask returns the records, or else what to ask for in its place, because the answer was not whole.
	ask(ctx context.Context) (records []json.RawMessage, instead errand, err error)
}

// line is errands in their order. Several are asked at once, and the answers are taken one by one from the front, so that
// whatever comes is taken in the same order as if each had been waited for.
type line struct {
	width func() int // how many may be asked at once, now
	take  func(now errand, records []json.RawMessage) error

	parts   []*part
	asking  int
	answers chan *part
}

// part is an errand in the line, and what became of it.
type part struct {
	errand  errand
	asked   bool
	done    bool
	records []json.RawMessage
	instead errand
	err     error
}

// run does the errand to its end, or to the first error. When it returns nothing is under way any more.
func (l *line) run(ctx context.Context, all errand) error {
	ctx, stop := context.WithCancel(ctx)
	l.parts, l.answers = []*part{{errand: all}}, make(chan *part)
	err := l.work(ctx)
	stop()
	for ; l.asking > 0; l.asking-- {
		<-l.answers
	}
	return err
}

func (l *line) work(ctx context.Context) error {
	for len(l.parts) > 0 {
		l.begin(ctx)
		answered := <-l.answers
		l.asking--
		if answered.err != nil {
			return answered.err
		}
		l.settle(answered)
		l.begin(ctx) // what is taken below takes its time
		if err := l.takeFirst(); err != nil {
			return err
		}
	}
	return nil
}

// begin asks for what is next. Answers that wait for an earlier one are held in memory, so there may be few of them.
func (l *line) begin(ctx context.Context) {
	for l.asking < l.width() {
		i := slices.IndexFunc(l.parts, func(p *part) bool { return !p.asked })
		if i < 0 || i > 0 && i >= 2*l.width() {
			return
		}
		l.join(i)
		now, rest := l.parts[i].errand.next()
		next := &part{errand: now, asked: true}
		l.parts[i] = next
		if rest != nil {
			l.parts = slices.Insert(l.parts, i+1, &part{errand: rest})
		}
		l.asking++
		go func() {
			next.records, next.instead, next.err = next.errand.ask(ctx)
			l.answers <- next
		}()
	}
}

// join puts the errands from i on together that are not yet asked for.
func (l *line) join(i int) {
	for i+1 < len(l.parts) && !l.parts[i+1].asked {
		both, joined := l.parts[i].errand.join(l.parts[i+1].errand)
		if !joined {
			return
		}
		l.parts[i] = &part{errand: both}
		l.parts = slices.Delete(l.parts, i+1, i+2)
	}
}

// settle notes an answer, or puts in its place what has to be asked instead.
func (l *line) settle(answered *part) {
	answered.done = true
	if answered.instead != nil {
		l.parts[slices.Index(l.parts, answered)] = &part{errand: answered.instead}
	}
}

// takeFirst hands over the answers that nothing is before.
func (l *line) takeFirst() error {
	for len(l.parts) > 0 && l.parts[0].done {
		first := l.parts[0]
		l.parts = l.parts[1:]
		if err := l.take(first.errand, first.records); err != nil {
			return err
		}
	}
	return nil
}
