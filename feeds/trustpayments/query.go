package trustpayments

import (
	"context"
	"fmt"

	"tieout/reconcile"
)

// Fields that a query filters by. The first four are documented by the vendor, the others are in two clients that work
// (harry-gordon/secure-trading-api, fetidd/webservices_frontend).
const (
	fieldSite      = "sitereference"
	fieldReference = "transactionreference"
	fieldOrder     = "orderreference"
	fieldStart     = "starttimestamp"
	fieldEnd       = "endtimestamp"
	fieldType      = "requesttypedescription"
	fieldParent    = "parenttransactionreference"
)

// timeLayout is how the gateway writes a time, in GMT without summer time.
const timeLayout = "2006-01-02 15:04:05"

// filter holds the values wanted of each field: one of several values of a field, and all fields together.
type filter map[string][]filterValue

type filterValue struct {
	Value string `json:"value"`
}

func (f filter) with(field string, values ...string) filter {
	for _, value := range values {
		f[field] = append(f[field], filterValue{value})
	}
	return f
}

// query is the element of a request that asks for transactions.
type query struct {
	Types     []string `json:"requesttypedescriptions"`
	Filter    filter   `json:"filter"`
	Reference string   `json:"requestreference,omitempty"`
}

func (q query) referenced(reference string) any {
	q.Reference = reference
	return q
}

func newQuery(f filter) query { return query{Types: []string{"TRANSACTIONQUERY"}, Filter: f} }

// filter starts a filter on the site and on the request types that move money; the others (THREEDQUERY, RISKDEC,
// ACCOUNTCHECK, ORDER) never settle (vendor's article 4405599563025) and would only fill the page.
func (c *Client) filter(types ...string) filter {
	return filter{}.with(fieldSite, c.options.Site).with(fieldType, types...)
}

// movesMoney are the request types asked for.
var movesMoney = []string{"AUTH", "REFUND"}

// created filters by the time a transaction was started, from and to being whole seconds.
func (c *Client) created(w reconcile.Window) filter {
	return c.filter(movesMoney...).
		with(fieldStart, w.From.UTC().Format(timeLayout)).
		with(fieldEnd, w.To.UTC().Format(timeLayout))
}

// query asks once, with retries, and says in its error what it asked for.
func (c *Client) query(ctx context.Context, f filter, about string) (page, error) {
	said, err := c.ask(ctx, newQuery(f), againForReads)
	if err != nil {
		return page{}, fmt.Errorf("list transactions of site %s %s: %w", c.options.Site, about, err)
	}
	found, err := said.page()
	if err != nil {
		return page{}, fmt.Errorf("list transactions of site %s %s: %w", c.options.Site, about, err)
	}
	return found, nil
}
