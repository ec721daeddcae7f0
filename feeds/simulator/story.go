package simulator

import "slices"

// story is one kind of shopper. Its weight is how many of 10,000 orders are of this kind by default.
type story struct {
	name   string
	weight int
	plain  bool // ends without an exception, at every instant
	daily  bool // may begin on any day, also on the days after Now
	tell   func(*teller)
}

// allStories lists every story in a fixed order: the order decides who gets which random numbers.
func allStories() []story {
	return slices.Concat(payingStories, leavingStories, outsideStories, lostStories, surplusStories, differingStories,
		settlementStories, refundStories, requestStories, disputeStories, unclearStories, alipayStories)
}

// payoutStories are about the account and not about a shopper: a weight above zero switches them on.
var payoutStories = []story{
	{name: payoutManual, weight: 1, plain: true},
	{name: payoutFailed, weight: 1},
	{name: payoutUnbalanced, weight: 1},
	{name: alipayBatch},
}

// StoryNames returns the names that Config.Stories knows.
func StoryNames() []string {
	var names []string
	for _, s := range slices.Concat(allStories(), payoutStories) {
		names = append(names, s.name)
	}
	return names
}

// DefaultStories returns the weights of a world as it is: about one order in ten has something wrong with it.
func DefaultStories() map[string]int {
	return weights(func(story) bool { return true })
}

// PlainStories returns the weights of a world without faults: Truth expects no exception in it, ever.
func PlainStories() map[string]int {
	return weights(func(s story) bool { return s.plain })
}

func weights(keep func(story) bool) map[string]int {
	out := map[string]int{}
	for _, s := range slices.Concat(allStories(), payoutStories) {
		if keep(s) {
			out[s.name] = s.weight
		}
	}
	return out
}
