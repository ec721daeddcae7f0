package stripe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Columns of Stripe's itemised reports (stripe.md §4). The two reports have the same ones; a row is one balance transaction.
const (
	columnID             = "balance_transaction_id"
	columnCategory       = "reporting_category"
	columnCurrency       = "currency"
	columnGross          = "gross"
	columnFee            = "fee"
	columnNet            = "net"
	columnSource         = "source_id"
	columnCreated        = "created"
	columnAvailable      = "available_on"
	columnPayout         = "automatic_payout_id"
	columnCharge         = "charge_id"
	columnChargeCreated  = "charge_created"
	columnIntent         = "payment_intent_id"
	columnMethod         = "payment_method_type"
	columnFacingAmount   = "customer_facing_amount"
	columnFacingCurrency = "customer_facing_currency"
)

// inUTC is the column that tells the time of another one in UTC; without it, the report's own zone counts.
func inUTC(column string) string { return column + "_utc" }

// ReferenceKeys are the paths that may name an order, for ReportFormats.
func (c *Client) ReferenceKeys() []string { return c.references }

// ReportFormats are the reports that Stripe gives as files. referenceKeys are those of NewNormaliser, by account. zone is where the
// times of a report lie that has no columns in UTC; nil refuses such a report, for nothing in it tells.
func ReportFormats(referenceKeys map[string][]string, zone *time.Location) []feeds.Format {
	open := func(name string) func(feeds.Header, string) (feeds.Rows, error) {
		return func(header feeds.Header, account string) (feeds.Rows, error) {
			return openReport(name, header, account, referenceKeys[account], zone)
		}
	}
	const activity, payouts = "Stripe balance change from activity, itemised", "Stripe payout reconciliation, itemised"
	itself := []string{columnID, columnCategory, columnGross, columnNet}
	return []feeds.Format{
		{Name: activity, Feed: reconcile.FeedStripe, Columns: itself, Open: open(activity)},
		{Name: payouts, Feed: reconcile.FeedStripe, Columns: append(slices.Clone(itself), columnPayout), Open: open(payouts)},
	}
}

// reportRows reads one report.
type reportRows struct {
	name, account string
	header        feeds.Header
	zone          *time.Location
	references    []string // columns that may name the order of a payment, in order of trust
	payments      bool     // the report has all that a payment needs
}

func openReport(name string, header feeds.Header, account string, referenceKeys []string, zone *time.Location) (feeds.Rows, error) {
	missing := header.Missing(columnID, columnCategory, columnCurrency, columnGross, columnFee, columnNet, columnSource)
	local := []string{}
	for _, column := range []string{columnCreated, columnAvailable} {
		switch {
		case header.Has(inUTC(column)):
		case !header.Has(column):
			missing = append(missing, inUTC(column))
		case zone == nil:
			local = append(local, column)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s lacks the columns %s", name, strings.Join(missing, ", "))
	}
	if len(local) > 0 {
		return nil, fmt.Errorf("%s tells %s in a zone of its own: choose the columns that end in _utc, or name the zone with --timezone", name, strings.Join(local, " and "))
	}
	r := &reportRows{name: name, account: account, header: header, zone: zone}
	r.references, r.payments = referenceColumns(header, referenceKeys)
	r.payments = r.payments && len(header.Missing(columnCharge, columnIntent, columnMethod, columnFacingAmount, columnFacingCurrency)) == 0 &&
		(header.Has(inUTC(columnChargeCreated)) || zone != nil && header.Has(columnChargeCreated))
	return r, nil
}

// referenceColumns are the columns that hold what the API has below the reference keys; false where one is not there, or
// can be in no report: then which order a payment names is not known.
func referenceColumns(header feeds.Header, keys []string) (columns []string, all bool) {
	for _, key := range keys {
		name, ok := strings.CutPrefix(key, "metadata.")
		column := referenceColumn(name)
		if !ok || !header.Has(column) {
			return columns, false
		}
		columns = append(columns, column)
	}
	return columns, true
}

func referenceColumn(name string) string { return "payment_metadata[" + name + "]" }

// Read makes a row a movement, a line of the payout that it names, and the payment that it moved, as far as it tells all
// of it.
func (r *reportRows) Read(row []string) ([]feeds.Observation, error) {
	if err := r.header.Width(row); err != nil {
		return nil, err
	}
	id := r.header.Get(row, columnID)
	if id == "" {
		return nil, errors.New(columnID + " is empty")
	}
	movement, err := r.values(row, id, []string{columnCreated, columnAvailable}, columnCategory, columnCurrency, columnGross, columnFee, columnNet, columnSource)
	if err != nil {
		return nil, err
	}
	observations := []feeds.Observation{r.observation(kindBalanceTransaction, movement)}
	if r.paysOut(row) {
		line, _ := r.values(row, id, nil, columnCategory, columnCurrency, columnNet, columnPayout) // without a time nothing can fail
		observations = append(observations, r.observation(kindPayoutLine, line))
	}
	if r.isPayment(row) {
		payment, err := r.values(row, r.header.Get(row, columnCharge), []string{columnChargeCreated},
			append([]string{columnIntent, columnMethod, columnFacingAmount, columnFacingCurrency}, r.references...)...)
		if err != nil {
			return nil, err
		}
		observations = append(observations, r.observation(kindCharge, payment))
	}
	return observations, nil
}

// End has nothing to say: these reports have no end mark.
func (r *reportRows) End() error { return nil }

// paysOut reports whether a payout paid the row out. The payout's own line is left to the API: when that one is held, all
// lines are.
func (r *reportRows) paysOut(row []string) bool {
	return r.header.Get(row, columnPayout) != "" && r.header.Get(row, columnCategory) != "payout"
}

// isPayment reports whether a row tells all of a payment. Of a card it does not: what was authorised and what was captured
// may differ. A charge of a Source it does not tell either: nothing in it names the source.
func (r *reportRows) isPayment(row []string) bool {
	get := func(column string) string { return r.header.Get(row, column) }
	return r.payments && get(columnCategory) == "charge" && get(columnMethod) == "alipay" && get(columnCharge) != "" &&
		get(columnCharge) == get(columnSource) && get(columnIntent) != "" && get(columnFacingAmount) != "" && get(columnFacingCurrency) != ""
}

// values are what an observation keeps of a row: its id, some columns as they are, and times in UTC.
func (r *reportRows) values(row []string, id string, times []string, columns ...string) (map[string]string, error) {
	values := map[string]string{"id": id}
	for _, column := range columns {
		values[column] = r.header.Get(row, column)
	}
	for _, column := range times {
		at, err := r.utc(row, column)
		if err != nil {
			return nil, err
		}
		values[inUTC(column)] = at
	}
	return values, nil
}

// utc returns the text of a time in UTC, as it stands or from the report's zone.
func (r *reportRows) utc(row []string, column string) (string, error) {
	if r.header.Has(inUTC(column)) {
		return r.header.Get(row, inUTC(column)), nil
	}
	text := r.header.Get(row, column)
	if text == "" {
		return "", nil
	}
	at, err := feeds.InZone(text, reportTime, r.zone)
	if err != nil {
		return "", fmt.Errorf("%s: %w", column, err)
	}
	return at.Format(reportTime), nil
}

func (r *reportRows) observation(kind string, values map[string]string) feeds.Observation {
	key := reconcile.Key{Feed: reconcile.FeedStripe, Account: r.account, Kind: kind, ID: values["id"]}
	return feeds.Observation{Key: key, Body: feeds.RowBody(r.name, values)}
}
