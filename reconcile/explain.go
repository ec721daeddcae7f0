package reconcile

import "slices"

// Around is what is known around a case: the facts that it was assembled from, the money that moved for it, and what tieout
// did.
type Around struct {
	Facts         Facts
	Movements     []Movement
	Lines         []PayoutLine
	Payouts       []Payout
	Cancellations []Cancellation
	Refunds       []RefundIntent
}

// Explanation is a verdict with everything that it rests on.
type Explanation struct {
	Case      Case
	Verdict   Verdict
	Facts     []Fact     // earliest first
	Links     []Linked   // its own payments and sources, then those that its order was a candidate for
	Questions []Question // in the order in which they were asked
	Reviews   []Review   // earliest first
}

// Explain judges a case as Judge does, by the same code, and tells what it looked at.
func Explain(c Case, around Around, ctx Context) Explanation {
	t := &trace{}
	verdict := judgeCase(&c, &ctx, t)
	return Explanation{
		Case: c, Verdict: verdict, Facts: factsInTime(c, around), Links: explainLinks(c, around.Facts, ctx.Policy),
		Questions: t.questions, Reviews: inTime(t.reviews),
	}
}

// inTime orders reviews and drops those that say the same.
func inTime(reviews []Review) []Review {
	slices.SortStableFunc(reviews, func(a, b Review) int {
		return firstDifference(a.At.Compare(b.At), compareAll(a.Then, b.Then))
	})
	return slices.CompactFunc(reviews, func(a, b Review) bool { return a.At.Equal(b.At) && a.Then == b.Then })
}
