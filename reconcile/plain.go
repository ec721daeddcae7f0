package reconcile

// bench is the memory in which case after case is judged. Nothing that is handed out lies in it.
type bench struct {
	judge    judge
	plain    Case
	cases    []Case
	verdicts []Verdict
	seen     []bool // which stamps were met again
}

// assemble is Assemble, in less time where nearly all time goes: to a cluster of one order that everything names. The cases
// are valid until it is called again.
func (b *bench) assemble(facts *Facts, policy Policy) []Case {
	if b.plainCase(facts) {
		b.cases = append(b.cases[:0], b.plain)
		return b.cases
	}
	return Assemble(*facts, policy)
}

// plainCase makes the case of a cluster of one order that all sources and payments name by its very reference, and reports
// whether it is one. Then nothing else can fit, and no index is needed.
func (b *bench) plainCase(f *Facts) bool {
	if len(f.Orders) != 1 || len(f.Rejections) > 0 {
		return false
	}
	order := &f.Orders[0]
	c := &b.plain
	*c = Case{
		Key: c.Key, Order: order, Sources: f.Sources, Payments: c.Payments[:0],
		Events: c.Events[:0], Refunds: c.Refunds[:0], Requests: c.Requests[:0], Disputes: c.Disputes[:0],
	}
	for i := range f.Sources {
		if f.Sources[i].Reference != order.ID {
			return false
		}
	}
	for i := range f.Payments {
		p := &f.Payments[i]
		if p.Reference != order.ID {
			return false
		}
		rule := RuleReference
		if order.PaymentID != "" && (p.ID == order.PaymentID || p.SourceID == order.PaymentID) {
			rule = RuleStoredID
		}
		c.Payments = append(c.Payments, LinkedPayment{Payment: *p, Rule: rule})
	}
	if !c.follow(f) {
		return false
	}
	c.Key = CaseKeyOfOrder(order.ID)
	c.sort()
	return true
}

// follow takes what hangs on the order and on what is its, and reports whether that is plain to say.
func (c *Case) follow(f *Facts) bool {
	for i := range f.Events {
		if c.holdsObject(f.Events[i].Key, f.Events[i].SourceID) {
			c.Events = append(c.Events, f.Events[i])
		}
	}
	for i := range f.Refunds {
		r := &f.Refunds[i]
		switch {
		case c.holdsObject(r.Key, r.PaymentID) || r.Reference == c.Order.ID:
			c.Refunds = append(c.Refunds, *r)
		case r.Reference != "":
			return false
		}
	}
	for i := range f.Disputes {
		if c.holdsObject(f.Disputes[i].Key, f.Disputes[i].PaymentID) {
			c.Disputes = append(c.Disputes, f.Disputes[i])
		}
	}
	for i := range f.Requests {
		if f.Requests[i].OrderReference == c.Order.ID {
			c.Requests = append(c.Requests, f.Requests[i])
		}
	}
	return true
}

// holdsObject reports whether an id of an account is a source's, a payment's or a payment's source's of the case.
func (c *Case) holdsObject(of Key, id string) bool {
	for i := range c.Sources {
		if s := &c.Sources[i]; s.ID == id && s.Feed == of.Feed && s.Account == of.Account {
			return true
		}
	}
	for i := range c.Payments {
		if p := &c.Payments[i]; p.Feed == of.Feed && p.Account == of.Account && (p.ID == id || id != "" && p.SourceID == id) {
			return true
		}
	}
	return false
}
