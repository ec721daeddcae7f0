package trustpayments

import (
	"context"
	"encoding/json"
	"slices"

	"tieout/feeds"
)

// errand is something to ask the gateway for, which may have to be asked for in parts.
type errand interface {
	// next splits off what to ask for now; rest is what is left to ask for after it, nil when that is nothing.
	next() (now, rest errand)
	// join puts the errand that comes right after, if that is not yet asked for either, to this one; false where it cannot.
	join(after errand) (both errand, joined bool)
	// ask asks. What it returns is called in the order of the errands.
	ask(ctx context.Context) (settle, error)
}

// settle gives the records that came or else, where the answer was not whole, what to ask for instead.
type settle func() (records []json.RawMessage, instead errand)

// line is errands in their order. Several are asked at once, and the answers are settled one by one from the front: so what
// is asked, and the order in which it is taken, do not depend on which answer came first.
type line struct {
	width func() int // how many may be asked and not settled, now; the client's connections limit how many are under way
	take  func(now errand, records []json.RawMessage) error

	parts    []*part
	asked    int // of the parts
	underway int
	answers  chan *part
}

// part is an errand in the line, and what became of it.
type part struct {
	errand errand
	asked  bool
	done   bool
	settle settle
	err    error
}

// run does the errand to its end, or to the first error. When it returns nothing is under way any more.
func (l *line) run(ctx context.Context, all errand) error {
	ctx, stop := context.WithCancel(ctx)
	l.parts, l.answers = []*part{{errand: all}}, make(chan *part)
	err := l.work(ctx)
	stop()
	for ; l.underway > 0; l.underway-- {
		<-l.answers
	}
	return err
}

func (l *line) work(ctx context.Context) error {
	for len(l.parts) > 0 {
		l.begin(ctx)
		first := l.parts[0]
		for !first.done {
			answered := <-l.answers
			answered.done = true
			l.underway--
		}
		if first.err != nil {
			return first.err
		}
		records, instead := first.settle()
		l.asked--
		if instead != nil {
			l.parts[0] = &part{errand: instead}
			continue
		}
		l.parts = l.parts[1:]
		l.begin(ctx) // taking takes its time
		if err := l.take(first.errand, records); err != nil {
			return err
		}
	}
	return nil
}

// begin asks for what is next.
func (l *line) begin(ctx context.Context) {
	for l.asked < l.width() {
		i := slices.IndexFunc(l.parts, func(p *part) bool { return !p.asked })
		if i < 0 {
			return
		}
		l.join(i)
		now, rest := l.parts[i].errand.next()
		next := &part{errand: now, asked: true}
		l.parts[i] = next
		if rest != nil {
			l.parts = slices.Insert(l.parts, i+1, &part{errand: rest})
		}
		l.asked++
		l.underway++
		go func() {
			next.err = feeds.Guard(func() (err error) {
				next.settle, err = next.errand.ask(ctx)
				return err
			})
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

// ahead is how many errands may be asked for so that no connection is idle while one answer is late.
func ahead(connections int) int { return 2*connections - 1 }
