package simulator

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// recordLimit is how many records one TRANSACTIONQUERY returns at most. There are no pages.
const recordLimit = 500

// trustFilters are the filters on one text of a record. The two of the window are apart: they are a range.
var trustFilters = map[string]func(*transaction) string{
	"sitereference":              func(x *transaction) string { return x.site },
	"currencyiso3a":              func(x *transaction) string { return x.currency },
	"transactionreference":       func(x *transaction) string { return x.id },
	"orderreference":             func(x *transaction) string { return x.reference },
	"parenttransactionreference": (*transaction).parentID,
	"requesttypedescription":     func(x *transaction) string { return x.kind },
	"paymenttypedescription":     func(*transaction) string { return "ALIPAY" },
	"accounttypedescription":     func(*transaction) string { return "ECOM" },
}

func (x *transaction) parentID() string {
	if x.parent == nil {
		return ""
	}
	return x.parent.id
}

// query answers a TRANSACTIONQUERY: several values of one filter are alternatives, several filters all hold.
func (c trustCall) query(e trustElement) trustAnswer {
	const kind = "TRANSACTIONQUERY"
	if len(e.Filter) == 0 {
		return c.problem("60019", kind)
	}
	for _, name := range sortedKeys(e.Filter) {
		if trustFilters[name] == nil && name != "starttimestamp" && name != "endtimestamp" {
			return c.problem("60037", kind, name)
		}
	}
	for _, site := range e.Filter["sitereference"] {
		if !slices.Contains(c.server.cfg.SiteReferences, site) {
			return c.problem("30001", kind, "sitereference")
		}
	}
	span, wrong := parseWindow(e.Filter)
	if wrong != "" {
		return c.problem("30000", kind, wrong)
	}
	c.world.mu.RLock()
	defer c.world.mu.RUnlock()
	return c.found(c.candidates(e.Filter, span), e.Filter, kind)
}

// parseWindow reads the window, both ends inside it; wrong names the field that is not a time.
func parseWindow(filter map[string]trustValues) (span timeRange, wrong string) {
	span = timeRange{time.Time{}, time.Unix(farFuture, 0)}
	for _, end := range []struct {
		name string
		at   *time.Time
	}{{"starttimestamp", &span.from}, {"endtimestamp", &span.to}} {
		for _, text := range filter[end.name] {
			t, err := time.Parse(trustTime, text)
			if err != nil {
				return span, end.name
			}
			*end.at = t
		}
	}
	return span, ""
}

// candidates are the records that exist and may fit: by reference where references are given, else by the window.
func (c trustCall) candidates(filter map[string]trustValues, span timeRange) []*transaction {
	references := filter["transactionreference"]
	if len(references) == 0 {
		return c.world.transactions.between(span.from, earlier(span.to, c.now))
	}
	seen := map[string]bool{}
	var out []*transaction
	for _, reference := range references {
		x, ok := c.world.transactions.find(reference, c.now)
		if ok && !seen[reference] && span.holds(x.created) {
			seen[reference] = true
			out = append(out, x)
		}
	}
	return out
}

// found filters, sorts as the gateway does, and caps.
func (c trustCall) found(candidates []*transaction, filter map[string]trustValues, kind string) trustAnswer {
	var fit []*transaction
	for _, x := range candidates {
		if c.fits(x, filter) {
			fit = append(fit, x)
		}
	}
	slices.SortFunc(fit, func(a, b *transaction) int {
		return cmp.Or(cmp.Compare(a.node(), b.node()), cmp.Compare(a.serial, b.serial))
	})
	total := len(fit)
	fit = fit[:min(total, c.server.cfg.RecordLimit)]
	if !c.server.cfg.FoundIsTotal {
		total = len(fit)
	}
	answer := c.problem("0", kind)
	answer.Found = strconv.Itoa(total)
	for _, x := range fit {
		answer.Records = append(answer.Records, c.record(x))
	}
	return answer
}

func (c trustCall) fits(x *transaction, filter map[string]trustValues) bool {
	if !slices.Contains(c.server.cfg.SiteReferences, x.site) {
		return false
	}
	for name, values := range filter {
		if text := trustFilters[name]; text != nil && !slices.Contains(values, text(x)) {
			return false
		}
	}
	return true
}

// node is the gateway that took the transaction: the first part of its reference.
func (x *transaction) node() int { return gatewayNodes[x.serial*7%len(gatewayNodes)] }

// record shows a transaction as it is now.
func (c trustCall) record(x *transaction) trustRecord {
	state, _ := x.states.at(c.now)
	out := trustRecord{
		Started: x.created.Format(trustTime), Site: x.site, Interface: "PASS-JSON-JSON", LiveStatus: "0",
		SettleDueDate: x.created.Format(time.DateOnly), ErrorCode: x.errorCode, ErrorMessage: trustMessages[x.errorCode],
		BaseAmount: strconv.FormatInt(x.amount, 10), SettleBaseAmount: strconv.FormatInt(state.amount, 10),
		Reference: x.id, ParentReference: x.parentID(), MerchantName: "Example Ltd", PaymentType: "ALIPAY",
		OrderReference: x.reference, AccountType: "ECOM", Type: x.kind, Currency: x.currency, MerchantCountry: "GB",
		OperatorName: c.server.cfg.TPUsername, SettleStatus: state.settle, BillingCountry: "DE",
		BillingEmail: "payer@example.com",
	}
	if c.world.cfg.Live != x.foreign {
		out.LiveStatus = "1"
	}
	if x.errorCode == "0" {
		out.AuthCode = "A" + strconv.Itoa(x.serial)
	}
	if !state.settled.IsZero() {
		out.SettledTimestamp = state.settled.Format(trustTime)
	}
	return out
}
