package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// Linked tells how one payment or source was linked, by the very rules that assemble cases.
type Linked struct {
	Object    Key
	CreatedAt time.Time
	Amount    money.Amount
	Status    string
	Reference string // the order it names, or empty
	Order     string // the order it belongs to, or empty
	Rule      Rule   // or empty
	Why       string // the rule in a sentence, or why there is no link
	Rejected  []Candidate
}

// explainLinks tells how the payments and sources of a case were linked, and those that its order was a candidate for and
// that went elsewhere. Its own come first, each part in order of time.
func explainLinks(c Case, facts Facts, policy Policy) []Linked {
	ix := newIndex(facts, policy)
	own := map[Key]bool{}
	for _, payment := range c.Payments {
		own[payment.Key] = true
	}
	for _, source := range c.Sources {
		own[source.Key] = true
	}
	var mine, elsewhere []Linked
	for _, linked := range ix.explainAll(facts) {
		switch {
		case own[linked.Object]:
			mine = append(mine, linked)
		case c.Order != nil && slices.ContainsFunc(linked.Rejected, func(r Candidate) bool { return r.Order == c.Order.ID }):
			elsewhere = append(elsewhere, linked)
		}
	}
	return slices.Concat(mine, elsewhere)
}

func (ix index) explainAll(facts Facts) []Linked {
	var all []Linked
	for _, source := range facts.Sources {
		var rejected []Candidate
		ix.told = &rejected
		found := ix.source(source)
		linked := Linked{Object: source.Key, CreatedAt: source.CreatedAt, Amount: source.Amount, Status: string(source.Status), Reference: source.Reference}
		all = append(all, ix.explainLink(linked, found, "payment"))
	}
	for _, payment := range facts.Payments {
		var rejected []Candidate
		ix.told = &rejected
		found := ix.payment(payment)
		linked := Linked{Object: payment.Key, CreatedAt: payment.CreatedAt, Amount: payment.Amount, Status: paymentWord(LinkedPayment{Payment: payment}), Reference: payment.Reference}
		all = append(all, ix.explainLink(linked, found, "source"))
	}
	slices.SortFunc(all, func(a, b Linked) int {
		return firstDifference(a.CreatedAt.Compare(b.CreatedAt), a.Object.Compare(b.Object))
	})
	return all
}

// explainLink puts a link into words; other is what the rules may go by besides the object itself.
func (ix index) explainLink(linked Linked, found link, other string) Linked {
	ix.reject(ix.near(linked.Reference), found.order, "its reference differs in case, spaces or dashes: near, and never matched")
	linked.Order, linked.Rule, linked.Rejected = found.order, found.rule, *ix.told
	switch {
	case found.rule == RuleStoredID:
		linked.Why = "the order stores its id"
		if !slices.Contains(ix.byStored[linked.Object.ID], found.order) {
			linked.Why = "the order stores the id of its " + other
		}
	case found.rule == RuleReference:
		linked.Why = "it names the order"
	case found.rule == RuleSource:
		linked.Why = "its " + other + " names the order"
	case found.rule == RuleTruncated:
		linked.Why = fmt.Sprintf("the reference it names, cut to %d characters, fits this order alone", ix.policy.Truncation)
	case len(found.rivals) > 0:
		linked.Why = fmt.Sprintf("it fits %d orders equally (%s)", len(found.rivals), strings.Join(found.rivals, ", "))
	case linked.Reference == "":
		linked.Why = "it names no order, and no order stores its id"
	default:
		linked.Why = fmt.Sprintf("the shop has no order %q, and no order stores its id", linked.Reference)
	}
	if found.note != "" {
		linked.Why += "; " + found.note
	}
	return linked
}
