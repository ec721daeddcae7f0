package reconcile

import (
	"slices"
	"time"
)

// Cluster is a set of facts that hang together by ids and references, and by none with any fact outside: Assemble makes the
// same cases of it as of everything that is held. With it comes what is held of its judgement so far.
type Cluster struct {
	Key    string
	Facts  Facts
	Judged []Stamp           // of the verdicts that are held
	Known  []ExceptionRecord // of every status
}

// Stamp says in short what verdict is held of a case.
type Stamp struct {
	CaseKey string
	Hash    int64 // Verdict.Hash
}

// Take judges a cluster and notes what has to be kept: only what differs from what is held. each is told of every case and
// its verdict; both are valid only until it returns. It may be nil.
func (j *Judgement) Take(c Cluster, in *Context, each func(*Case, *Verdict)) {
	if j.bench == nil {
		j.bench = &bench{}
	}
	cases := j.bench.assemble(&c.Facts, in.Policy)
	verdicts := j.bench.judgeAll(cases, in)
	raised := raisedIn(c.Facts, verdicts, in.Policy)
	if len(raised)+len(c.Known) > 0 {
		j.advance(c, raised, verdicts, in)
	}
	j.bench.seen = append(j.bench.seen[:0], make([]bool, len(c.Judged))...)
	for i := range verdicts {
		verdicts[i].Cluster = c.Key
		j.compare(&verdicts[i], c.Judged)
		if each != nil {
			each(&cases[i], &verdicts[i])
		}
	}
	for i, stamp := range c.Judged {
		if !j.bench.seen[i] {
			gone := GoneCase{Cluster: c.Key, CaseKey: stamp.CaseKey}
			ofItsOwn(&gone.Cluster, &gone.CaseKey)
			j.Gone = append(j.Gone, gone)
		}
	}
}

func (b *bench) judgeAll(cases []Case, in *Context) []Verdict {
	b.verdicts = b.verdicts[:0]
	for i := range cases {
		b.verdicts = append(b.verdicts, Verdict{})
		b.judge.run(&cases[i], in, &b.verdicts[i])
	}
	return b.verdicts
}

// raisedIn lists the exceptions of some facts: those of the verdicts and those of the rows that could not be read.
func raisedIn(facts Facts, verdicts []Verdict, policy Policy) []Exception {
	var raised []Exception
	if len(facts.Rejections) > 0 {
		raised = JudgeRejections(facts.Rejections, facts, policy)
	}
	for i := range verdicts {
		raised = append(raised, verdicts[i].Exceptions...)
	}
	return raised
}

// compare notes a verdict that is new or says something else than the one that is held.
func (j *Judgement) compare(v *Verdict, held []Stamp) {
	for i := range held {
		if held[i].CaseKey == v.CaseKey {
			j.bench.seen[i] = true
			if held[i].Hash != v.Hash() {
				j.Changed = append(j.Changed, *v)
				j.Changed[len(j.Changed)-1].detach()
			}
			return
		}
	}
	j.Fresh = append(j.Fresh, *v)
	j.Fresh[len(j.Fresh)-1].detach()
}

// advance takes the cluster's exceptions one run further. One that cannot un-happen goes by itself some time after it was
// first seen: its case is looked at again then.
func (j *Judgement) advance(c Cluster, raised []Exception, verdicts []Verdict, in *Context) {
	records, changes := AdvanceAll(c.Known, raised, in.Now, j.RunID, in.Policy)
	for i := range records {
		records[i].Cluster = c.Key
		records[i].detach()
	}
	j.Exceptions, j.Changes = append(j.Exceptions, records...), append(j.Changes, changes...)
	for _, e := range raised {
		if !e.Sticky {
			continue
		}
		ends := firstSeen(e, c.Known, in).Add(in.Policy.StickyFor)
		i := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.CaseKey == e.CaseKey })
		if i >= 0 && ends.After(in.Now) {
			verdicts[i].NextReview = earliest(verdicts[i].NextReview, ends)
		}
	}
}

func firstSeen(e Exception, known []ExceptionRecord, in *Context) time.Time {
	id := e.ID()
	for i := range known {
		if known[i].ID() == id {
			return known[i].FirstSeen
		}
	}
	return in.Now
}

// Reset makes an empty cluster of it, and keeps the memory that its lists had.
func (c *Cluster) Reset(key string) {
	f := &c.Facts
	*c = Cluster{
		Key: key, Judged: c.Judged[:0], Known: c.Known[:0],
		Facts: Facts{
			Orders: f.Orders[:0], Sources: f.Sources[:0], Events: f.Events[:0], Payments: f.Payments[:0],
			Refunds: f.Refunds[:0], Requests: f.Requests[:0], Disputes: f.Disputes[:0], Rejections: f.Rejections[:0],
		},
	}
}

// Add adds other facts to these.
func (f *Facts) Add(other Facts) {
	f.Orders, f.Sources, f.Events = append(f.Orders, other.Orders...), append(f.Sources, other.Sources...), append(f.Events, other.Events...)
	f.Payments, f.Refunds, f.Requests = append(f.Payments, other.Payments...), append(f.Refunds, other.Refunds...), append(f.Requests, other.Requests...)
	f.Disputes, f.Rejections = append(f.Disputes, other.Disputes...), append(f.Rejections, other.Rejections...)
}
