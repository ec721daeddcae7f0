package reconcile

import (
	"slices"
	"strings"
	"unicode"
)

// Case is everything known about one order, or about a payment or source that belongs to no order.
type Case struct {
	Key        string // CaseKeyOfOrder or a key of its own for what is loose
	Order      *Order // nil when loose
	Sources    []Source
	Events     []SourceEvent
	Payments   []LinkedPayment
	Refunds    []Refund
	Requests   []RefundRequest
	Disputes   []Dispute
	Rejections []Rejection // rows that name this order or its payments and could not be read
	Contested  []Payment   // payments that fit this order and another one equally
	NearMisses []Payment   // loose payments whose reference differs from this order's only in case, space or dashes
	Rivals     []string    // for a loose payment: the orders that fit it equally
	Near       []string    // for a loose payment: the orders whose references differ from its own only in case, space or dashes
}

// LinkedPayment is a payment and how it came to its case.
type LinkedPayment struct {
	Payment
	Rule Rule
	Note string // where the stored id and the reference disagree, both
}

const (
	orderCase = "order/"
	looseCase = "loose/"
)

// CaseKeyOfOrder is the key of the case of an order.
func CaseKeyOfOrder(reference string) string { return orderCase + reference }

// looseKey names a case without an order after the source, so that a source and its charge are one case.
func looseKey(feed, account, sourceID, id string) string {
	if sourceID != "" {
		id = sourceID
	}
	return looseCase + feed + "/" + account + "/" + id
}

// LooseKeyOf is the key of the case that a payment or source has when it belongs to no order.
func LooseKeyOf(record Record) string {
	key := record.RecordKey()
	if payment, ok := record.(Payment); ok {
		return looseKey(key.Feed, key.Account, payment.SourceID, key.ID)
	}
	return looseKey(key.Feed, key.Account, "", key.ID)
}

// Reference is the shop's reference, or else what the provider carried, or empty.
func (c Case) Reference() string {
	if c.Order != nil {
		return c.Order.ID
	}
	for _, payment := range c.Payments {
		if payment.Reference != "" {
			return payment.Reference
		}
	}
	for _, source := range c.Sources {
		if source.Reference != "" {
			return source.Reference
		}
	}
	return ""
}

// sort puts everything in an order that does not depend on how it came in: by time, then by key.
func (c *Case) sort() {
	slices.SortFunc(c.Sources, func(a, b Source) int {
		return firstDifference(a.CreatedAt.Compare(b.CreatedAt), a.Key.Compare(b.Key))
	})
	slices.SortFunc(c.Events, func(a, b SourceEvent) int {
		return firstDifference(a.At.Compare(b.At), a.Key.Compare(b.Key))
	})
	slices.SortFunc(c.Payments, func(a, b LinkedPayment) int {
		return firstDifference(a.CreatedAt.Compare(b.CreatedAt), a.Key.Compare(b.Key))
	})
	slices.SortFunc(c.Refunds, func(a, b Refund) int {
		return firstDifference(a.CreatedAt.Compare(b.CreatedAt), a.Key.Compare(b.Key))
	})
	slices.SortFunc(c.Requests, func(a, b RefundRequest) int {
		return firstDifference(a.RequestedAt.Compare(b.RequestedAt), a.Key.Compare(b.Key))
	})
	slices.SortFunc(c.Disputes, func(a, b Dispute) int {
		return firstDifference(a.CreatedAt.Compare(b.CreatedAt), a.Key.Compare(b.Key))
	})
	slices.SortFunc(c.Rejections, func(a, b Rejection) int { return a.Key.Compare(b.Key) })
	slices.SortFunc(c.Contested, func(a, b Payment) int { return a.Key.Compare(b.Key) })
	slices.SortFunc(c.NearMisses, func(a, b Payment) int { return a.Key.Compare(b.Key) })
	slices.Sort(c.Rivals)
	slices.Sort(c.Near)
}

func firstDifference(comparisons ...int) int {
	for _, c := range comparisons {
		if c != 0 {
			return c
		}
	}
	return 0
}

// truncate keeps the first n characters of a reference.
func truncate(reference string, n int) string {
	seen := 0
	for i := range reference {
		if seen == n {
			return reference[:i]
		}
		seen++
	}
	return reference
}

// FoldReference is the same for references that differ only in case, white space, dashes or underscores. Two of them are a
// near miss: worth saying in an explanation, never a match (design §5, "References").
func FoldReference(reference string) string {
	drop := func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '_' {
			return -1
		}
		return r
	}
	return strings.ToLower(strings.Map(drop, reference))
}

// SplitCaseKeys sorts keys of cases into the references of orders and the keys of loose cases.
func SplitCaseKeys(keys []string) (references, loose []string) {
	for _, key := range keys {
		if reference, ok := strings.CutPrefix(key, orderCase); ok {
			references = append(references, reference)
		} else if strings.HasPrefix(key, looseCase) {
			loose = append(loose, key)
		}
	}
	return references, loose
}

// ParseLooseKey returns the source or payment that a loose case is named after; its kind is not in the name.
func ParseLooseKey(caseKey string) Key {
	parts := strings.SplitN(strings.TrimPrefix(caseKey, looseCase), "/", 3)
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	return Key{Feed: parts[0], Account: parts[1], ID: parts[2]}
}

// Truncate cuts a reference as Trust Payments may have cut it.
func (p Policy) Truncate(reference string) string { return truncate(reference, p.Truncation) }
