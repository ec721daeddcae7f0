package reconcile

import (
	"fmt"
	"slices"
	"strings"
)

// link is where a payment or source belongs: one order, or several that fit equally, or none.
type link struct {
	order  string // reference, or empty
	rule   Rule
	note   string
	rivals []string // two or more orders that fit equally
}

// index holds the look-ups that linking needs. Its maps are only asked, never ranged over.
type index struct {
	policy    Policy
	orders    map[string]bool     // by reference
	byStored  map[string][]string // stored payment id → references
	byPrefix  map[string][]string // first characters of longer references → references
	byFold    map[string][]string // folded reference → references
	sources   map[Key]Source      // by feed, account and id; Kind left empty
	chargesOf map[Key][]Payment   // source → its payments
	told      *[]Candidate        // where to tell of the orders that were looked at and not chosen; nil: nobody asks
}

// Candidate is an order that an object was not linked to, and why not.
type Candidate struct {
	Order string
	Why   string
}

// reject tells that orders were looked at and, but for the chosen one, not taken.
func (ix index) reject(orders []string, chosen, why string) {
	if ix.told == nil {
		return
	}
	for _, order := range orders {
		if order != chosen && !slices.ContainsFunc(*ix.told, func(c Candidate) bool { return c.Order == order }) {
			*ix.told = append(*ix.told, Candidate{Order: order, Why: why})
		}
	}
}

// rejectNamed tells of the orders that a reference names, where something stronger counts.
func (ix index) rejectNamed(feed, reference, chosen, why string) {
	if ix.told == nil {
		return
	}
	if ix.orders[reference] {
		ix.reject([]string{reference}, chosen, why)
	}
	if feed == FeedTrustPayments {
		ix.reject(ix.byPrefix[reference], chosen, why)
	}
}

func newIndex(facts Facts, policy Policy) index {
	ix := index{
		policy: policy, orders: map[string]bool{}, byStored: map[string][]string{}, byPrefix: map[string][]string{}, byFold: map[string][]string{},
		sources: map[Key]Source{}, chargesOf: map[Key][]Payment{},
	}
	for _, order := range facts.Orders {
		ix.orders[order.ID] = true
		if order.PaymentID != "" {
			ix.byStored[order.PaymentID] = append(ix.byStored[order.PaymentID], order.ID)
		}
		if prefix := truncate(order.ID, policy.Truncation); prefix != order.ID {
			ix.byPrefix[prefix] = append(ix.byPrefix[prefix], order.ID)
		}
		if folded := FoldReference(order.ID); folded != "" {
			ix.byFold[folded] = append(ix.byFold[folded], order.ID)
		}
	}
	for _, source := range facts.Sources {
		ix.sources[objectKey(source.Key, source.ID)] = source
	}
	for _, payment := range facts.Payments {
		if payment.SourceID != "" {
			key := objectKey(payment.Key, payment.SourceID)
			ix.chargesOf[key] = append(ix.chargesOf[key], payment)
		}
	}
	return ix
}

// rejectSource is rejectNamed for what the source of a payment names.
func (ix index) rejectSource(p Payment, chosen, why string) {
	if ix.told != nil {
		ix.rejectNamed(p.Feed, ix.sources[objectKey(p.Key, p.SourceID)].Reference, chosen, why)
	}
}

// objectKey is the key of another object of the same account whose kind does not matter.
func objectKey(of Key, id string) Key { return Key{Feed: of.Feed, Account: of.Account, ID: id} }

// payment links a payment: by the id that the shop stored, then by the reference it carries, then by its source's
// (issue 2, item 7). Never by amount.
func (ix index) payment(p Payment) link {
	if found, ok := ix.stored(p.Feed, p.Reference, p.ID, p.SourceID); ok {
		ix.rejectSource(p, found.order, "its source names it, and the stored id counts")
		return found
	}
	if found, ok := ix.reference(p.Feed, p.Reference, RuleReference); ok {
		ix.rejectSource(p, found.order, "its source names it, and its own reference counts")
		return found
	}
	source := ix.sources[objectKey(p.Key, p.SourceID)]
	found, _ := ix.reference(p.Feed, source.Reference, RuleSource)
	return found
}

// source links a source like a payment, or else to the order that one of its payments belongs to.
func (ix index) source(s Source) link {
	ids := []string{s.ID}
	charges := ix.charges(objectKey(s.Key, s.ID))
	for _, charge := range charges {
		ids = append(ids, charge.ID)
	}
	if found, ok := ix.stored(s.Feed, s.Reference, ids...); ok {
		return found
	}
	if found, ok := ix.reference(s.Feed, s.Reference, RuleReference); ok {
		return found
	}
	for _, charge := range charges {
		if found, ok := ix.reference(charge.Feed, charge.Reference, RuleSource); ok {
			return found
		}
	}
	return link{}
}

// charges lists the payments of a source in the order of their keys.
func (ix index) charges(source Key) []Payment {
	return slices.SortedFunc(slices.Values(ix.chargesOf[source]), func(a, b Payment) int { return a.Key.Compare(b.Key) })
}

// stored looks for orders that store one of the ids. When several do, the one that the reference names wins; otherwise
// they are rivals.
func (ix index) stored(feed, reference string, ids ...string) (link, bool) {
	var fits []string
	for _, id := range ids {
		if id != "" {
			fits = append(fits, ix.byStored[id]...)
		}
	}
	slices.Sort(fits)
	fits = slices.Compact(fits)
	if named := ix.named(feed, reference, fits); len(fits) > 1 && named != "" {
		ix.reject(fits, named, "it stores the id as well, and the provider's object names the other one")
		return link{order: named, rule: RuleStoredID, note: fmt.Sprintf("the id is also stored on %s", others(fits, named))}, true
	}
	if len(fits) > 1 {
		ix.reject(fits, "", "it stores the id, and so does another one: none is guessed")
		return link{rivals: fits}, true
	}
	if len(fits) == 0 {
		return link{}, false
	}
	found := link{order: fits[0], rule: RuleStoredID}
	ix.rejectNamed(feed, reference, fits[0], "the provider's object names it, and the stored id counts")
	if reference != "" && reference != fits[0] && !ix.isTruncationOf(feed, reference, fits[0]) {
		found.note = fmt.Sprintf("the provider's object names order %s, the stored id is on order %s: the stored id counts", reference, fits[0])
	}
	return found, true
}

// named is the one of some orders that a reference names: exactly, or cut off where it fits no other of them.
func (ix index) named(feed, reference string, orders []string) string {
	if slices.Contains(orders, reference) {
		return reference
	}
	cut := slices.DeleteFunc(slices.Clone(orders), func(order string) bool { return !ix.isTruncationOf(feed, reference, order) })
	if len(cut) == 1 {
		return cut[0]
	}
	return ""
}

// near lists the orders of which a reference is a near miss.
func (ix index) near(reference string) []string {
	return slices.DeleteFunc(slices.Clone(ix.byFold[FoldReference(reference)]), func(order string) bool { return order == reference })
}

func (ix index) isTruncationOf(feed, reference, order string) bool {
	return feed == FeedTrustPayments && truncate(order, ix.policy.Truncation) == reference
}

// reference looks for the order of that reference; at Trust Payments also for longer ones that were cut to it. An exact
// fit beats a truncated one.
func (ix index) reference(feed, reference string, rule Rule) (link, bool) {
	if reference == "" {
		return link{}, false
	}
	if ix.orders[reference] {
		ix.rejectNamed(feed, reference, reference, "it fits only when cut to the length that Trust Payments keeps, and an exact fit counts")
		return link{order: reference, rule: rule}, true
	}
	if feed != FeedTrustPayments {
		return link{}, false
	}
	fits := slices.Sorted(slices.Values(ix.byPrefix[reference]))
	switch len(fits) {
	case 0:
		return link{}, false
	case 1:
		return link{order: fits[0], rule: RuleTruncated}, true
	default:
		ix.reject(fits, "", "the reference, as it was cut, fits another one just as well: none is guessed")
		return link{rivals: fits}, true
	}
}

func others(references []string, without string) string {
	rest := slices.DeleteFunc(slices.Clone(references), func(reference string) bool { return reference == without })
	return strings.Join(rest, ", ")
}
