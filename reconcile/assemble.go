package reconcile

import "slices"

// Assemble sorts facts into cases: one for each order, and one for each source or payment that belongs to none. Every
// payment is in at most one case. The result is ordered by case key and does not depend on the order of the facts.
func Assemble(facts Facts, policy Policy) []Case {
	a := assembler{index: newIndex(facts, policy), byKey: map[string]*Case{}, caseOf: map[Key]string{}, looseBy: map[string][]string{}, looseOf: map[string][]string{}}
	for _, order := range facts.Orders {
		c := a.open(CaseKeyOfOrder(order.ID))
		c.Order = &order
	}
	for _, source := range facts.Sources {
		a.addSource(source)
	}
	for _, payment := range facts.Payments {
		a.addPayment(payment)
	}
	a.addFollowers(facts)
	a.addRejections(facts.Rejections)
	return a.finish()
}

// assembler collects cases. Its maps are only asked, never ranged over.
type assembler struct {
	index   index
	cases   []*Case
	byKey   map[string]*Case
	caseOf  map[Key]string      // payment or source (feed, account, id) → key of its case
	looseBy map[string][]string // reference → keys of the loose cases that carry it
	looseOf map[string][]string // id of a payment or source → keys of the loose cases that hold it
}

func (a *assembler) open(key string) *Case {
	c, ok := a.byKey[key]
	if !ok {
		c = &Case{Key: key}
		a.byKey[key] = c
		a.cases = append(a.cases, c)
	}
	return c
}

func (a *assembler) addSource(source Source) {
	found := a.index.source(source)
	c := a.caseFor(found, LooseKeyOf(source), source.Reference, source.ID)
	c.Sources = append(c.Sources, source)
	a.caseOf[objectKey(source.Key, source.ID)] = c.Key
}

func (a *assembler) addPayment(payment Payment) {
	found := a.index.payment(payment)
	c := a.caseFor(found, LooseKeyOf(payment), payment.Reference, payment.ID, payment.SourceID)
	c.Payments = append(c.Payments, LinkedPayment{Payment: payment, Rule: found.rule, Note: found.note})
	a.caseOf[objectKey(payment.Key, payment.ID)] = c.Key
	for _, rival := range found.rivals {
		order := a.open(CaseKeyOfOrder(rival))
		order.Contested = append(order.Contested, payment)
	}
	if found.order == "" {
		for _, near := range a.index.near(payment.Reference) {
			order := a.open(CaseKeyOfOrder(near))
			order.NearMisses = append(order.NearMisses, payment)
		}
	}
}

// caseFor opens the case that a payment or source belongs to. ids are its own and its source's.
func (a *assembler) caseFor(found link, loose, reference string, ids ...string) *Case {
	if found.order != "" {
		return a.open(CaseKeyOfOrder(found.order))
	}
	c := a.open(loose)
	a.looseBy[reference] = append(a.looseBy[reference], loose)
	for _, id := range ids {
		a.looseOf[id] = append(a.looseOf[id], loose)
	}
	c.Rivals = union(c.Rivals, found.rivals)
	c.Near = union(c.Near, a.index.near(reference))
	return c
}

// union appends to list those of the others that it does not hold yet.
func union(list, others []string) []string {
	for _, other := range others {
		if !slices.Contains(list, other) {
			list = append(list, other)
		}
	}
	return list
}

// addFollowers puts what hangs on a payment, a source or an order where that is.
func (a *assembler) addFollowers(facts Facts) {
	for _, event := range facts.Events {
		if c := a.caseOfObject(event.Key, event.SourceID); c != nil {
			c.Events = append(c.Events, event)
		}
	}
	for _, refund := range facts.Refunds {
		if c := a.caseOfRefund(refund); c != nil {
			c.Refunds = append(c.Refunds, refund)
		}
	}
	for _, dispute := range facts.Disputes {
		if c := a.caseOfObject(dispute.Key, dispute.PaymentID); c != nil {
			c.Disputes = append(c.Disputes, dispute)
		}
	}
	for _, request := range facts.Requests {
		if c := a.byKey[CaseKeyOfOrder(request.OrderReference)]; c != nil {
			c.Requests = append(c.Requests, request)
		}
	}
}

// caseOfObject is the case of a payment or source, or of the first payment of a source that is not held itself.
func (a *assembler) caseOfObject(of Key, id string) *Case {
	key := objectKey(of, id)
	if charges := a.index.charges(key); len(charges) > 0 && a.caseOf[key] == "" {
		key = objectKey(of, charges[0].ID)
	}
	return a.byKey[a.caseOf[key]]
}

// caseOfRefund is its payment's, or, when the payment is not held, that of the order it names.
func (a *assembler) caseOfRefund(refund Refund) *Case {
	if c := a.caseOfObject(refund.Key, refund.PaymentID); c != nil {
		return c
	}
	found, _ := a.index.reference(refund.Feed, refund.Reference, RuleReference)
	return a.byKey[CaseKeyOfOrder(found.order)]
}

// addRejections gives each unreadable row to every case that it could concern: nothing is concluded about those.
func (a *assembler) addRejections(rejections []Rejection) {
	storedOn := func(id string) []string { return a.index.byStored[id] }
	for _, rejection := range rejections {
		var keys []string
		for _, reference := range slices.Concat(storedOn(rejection.ID), storedOn(rejection.LinkedID), a.namedBy(rejection)) {
			keys = append(keys, CaseKeyOfOrder(reference))
		}
		keys = append(keys, a.caseOf[objectKey(rejection.Key, rejection.LinkedID)], a.caseOf[objectKey(rejection.Key, rejection.ID)])
		keys = append(keys, a.looseNaming(rejection)...)
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			if c := a.byKey[key]; c != nil {
				c.Rejections = append(c.Rejections, rejection)
			}
		}
	}
}

func (a *assembler) namedBy(rejection Rejection) []string {
	if a.index.orders[rejection.Reference] {
		return []string{rejection.Reference}
	}
	return a.index.byPrefix[rejection.Reference]
}

// looseNaming finds the loose cases that hold the payment id of a shop row that could not be read, or carry its reference:
// their order exists.
func (a *assembler) looseNaming(rejection Rejection) []string {
	if rejection.Feed != FeedShop {
		return nil
	}
	var keys []string
	if rejection.LinkedID != "" {
		keys = append(keys, a.looseOf[rejection.LinkedID]...)
	}
	if rejection.Reference == "" {
		return keys
	}
	keys = append(keys, a.looseBy[rejection.Reference]...)
	if cut := truncate(rejection.Reference, a.index.policy.Truncation); cut != rejection.Reference {
		keys = append(keys, a.looseBy[cut]...)
	}
	return keys
}

func (a *assembler) finish() []Case {
	cases := make([]Case, 0, len(a.cases))
	for _, c := range a.cases {
		c.sort()
		cases = append(cases, *c)
	}
	slices.SortFunc(cases, func(x, y Case) int { return compareAll(x.Key, y.Key) })
	return cases
}
