package simulator

import (
	"slices"
	"strconv"
)

// refund makes a REFUND of a settled AUTH, which settles at once. There is no idempotency key: asking twice for a part
// pays twice.
func (c trustCall) refund(e trustElement) trustAnswer {
	c.world.mu.Lock()
	defer c.world.mu.Unlock()
	parent, code := c.refundParent(e)
	if code != "" {
		return c.rejected(code)
	}
	amount, code := c.refundSum(e, parent)
	if code == "30000" {
		return c.problem(code, "ERROR", "baseamount")
	}
	if code != "" {
		return c.rejected(code)
	}
	reference := parent.reference
	if e.OrderReference != "" {
		reference = truncateReference(e.OrderReference)
	}
	r := newTrustRefund(c.world.nextSerial(), parent, c.now, amount, reference)
	if c.server.refundsFail() {
		r.errorCode, r.states = "70000", nil
		r.states.add(c.now, authState{settle: "3"})
	}
	c.world.transactions.insert(r)
	record := c.record(r)
	return trustAnswer{
		trustRecord: &record, Started: record.Started, ErrorCode: r.errorCode, ErrorMessage: trustMessages[r.errorCode],
		Reference: r.id, Type: r.kind,
	}
}

// rejected is a refund that the gateway refused: it gets a reference of its own, and the type ERROR.
func (c trustCall) rejected(code string) trustAnswer {
	answer := c.problem(code, "ERROR")
	answer.Reference = trustReference(c.world.nextSerial())
	return answer
}

// refundParent finds the settled AUTH that a refund names, or the code of what is wrong with it.
func (c trustCall) refundParent(e trustElement) (*transaction, string) {
	if !slices.Contains(c.server.cfg.SiteReferences, e.SiteReference) {
		return nil, "30001"
	}
	if e.ParentReference == "" {
		return nil, "20004"
	}
	parent, ok := c.world.transactions.find(e.ParentReference, c.now)
	if !ok || parent.site != e.SiteReference {
		return nil, "20033"
	}
	state, _ := parent.states.at(c.now)
	switch {
	case parent.kind != "AUTH":
		return nil, "20006"
	case parent.errorCode != "0":
		return nil, "20011"
	case state.settle != "100":
		return nil, "20005"
	case e.CurrencyISO3A != "" && e.CurrencyISO3A != parent.currency:
		return nil, "20015"
	}
	return parent, ""
}

// refundSum is the asked amount, or what is left of the payment, or the code of what is wrong with it.
func (c trustCall) refundSum(e trustElement, parent *transaction) (int64, string) {
	state, _ := parent.states.at(c.now)
	rest := state.amount
	for _, r := range parent.refunds {
		if !r.created.After(c.now) && r.errorCode == "0" {
			rest -= r.amount
		}
	}
	amount := rest
	if e.BaseAmount != "" {
		n, err := strconv.ParseInt(e.BaseAmount, 10, 64)
		if err != nil || n < 0 {
			return 0, "30000"
		}
		if n == 0 {
			return 0, "20022"
		}
		amount = n
	}
	if amount > rest || rest <= 0 {
		return 0, "20007"
	}
	return amount, ""
}
