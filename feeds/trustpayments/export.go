package trustpayments

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// exportName is what the portal's file is called, in messages and in the observations made from it.
const exportName = "Trust Payments transaction export"

// exportColumns are those without which a row would be read otherwise than the same transaction from the Webservices. Which
// columns always come is undocumented, so all are looked for by name.
var exportColumns = []string{
	"transactionreference", "requesttypedescription", "transactionstartedtimestamp", "parenttransactionreference",
	"orderreference", "paymenttypedescription", "currencyiso3a", "errorcode", "settlestatus",
}

// exportAmounts are the amounts, by their names in minor and in major units (SDK of the vendor: baseamount 1100 is
// mainamount 11.0 in GBP). An export has one of each pair, or both.
var exportAmounts = []struct{ base, main string }{
	{"baseamount", "mainamount"}, {"settlebaseamount", "settlemainamount"},
}

// Export is the transaction export of the portal: what `tieout import` reads, and what the bulk search answers with. Its
// columns carry the names of the Webservices' fields. live says of each site whether its live transactions are ours or its
// tests; of a site that is not in it both are.
func Export(live map[string]bool) feeds.Format {
	return feeds.Format{
		Name: exportName, Feed: reconcile.FeedTrustPayments,
		Columns: []string{"transactionreference", "requesttypedescription", "transactionstartedtimestamp"}, Named: true,
		Open: func(header feeds.Header, account string) (feeds.Rows, error) {
			e, err := newExport(header, account)
			return exportFile{e, live}, err
		},
	}
}

// exportFile reads a file for the import.
type exportFile struct {
	export
	live map[string]bool
}

// Read returns the transaction of a row, also of one that is wrong, as long as it can be told of which. Rows of other types
// than AUTH and REFUND move no money and those of the other mode are not ours: the Webservices are not asked for the first
// and leave the second alone, and so they are no rows of data.
func (f exportFile) Read(row []string) ([]feeds.Observation, error) {
	read, wrong := f.read(row)
	if !read.movesMoney() || read.key.ID == "" || read.key.Account == "" {
		return nil, wrong
	}
	if live, ours := f.live[read.key.Account]; ours && otherMode(text(read.values["livestatus"]), live) {
		return nil, nil
	}
	return []feeds.Observation{{Key: read.key, Body: feeds.RowBody(exportName, read.values)}}, wrong
}

// End finds nothing: the export has no end mark.
func (exportFile) End() error { return nil }

// export reads the rows under one header.
type export struct {
	header feeds.Header
	site   string // of rows that do not tell theirs
}

func newExport(header feeds.Header, site string) (export, error) {
	missing := header.Missing(exportColumns...)
	for _, amount := range exportAmounts {
		if !header.Has(amount.base) && !header.Has(amount.main) {
			missing = append(missing, amount.main)
		}
	}
	if site == "" {
		missing = append(missing, header.Missing("sitereference")...)
	}
	if len(missing) > 0 {
		return export{}, fmt.Errorf("the %s lacks the columns %s: choose them in the portal and export again", exportName, strings.Join(missing, ", "))
	}
	return export{header, site}, nil
}

// exportRow is one transaction: the fields of the Webservices' record, as far as the row has them.
type exportRow struct {
	key    reconcile.Key
	values map[string]string
}

func (r exportRow) movesMoney() bool { return r.key.Kind == KindAuth || r.key.Kind == KindRefund }

// read makes a transaction of a row. With an error, which says what is wrong with the row, it holds what could be read; an
// amount that could not stands there in a way in which no amount is written, so that the transaction is rejected.
func (e export) read(row []string) (exportRow, error) {
	if err := e.header.Width(row); err != nil {
		return exportRow{}, err
	}
	read := exportRow{e.key(row), map[string]string{}}
	for _, name := range keptFields {
		if value := e.header.Get(row, name); value != "" {
			read.values[name] = value
		}
	}
	if !read.movesMoney() {
		return read, read.named()
	}
	for _, amount := range exportAmounts {
		minor, err := e.amount(row, amount.base, amount.main)
		if err != nil {
			read.values[amount.base] = fmt.Sprintf("%q %q", e.header.Get(row, amount.base), e.header.Get(row, amount.main))
			return read, err
		}
		if minor != "" {
			read.values[amount.base] = minor
		}
	}
	return read, read.named()
}

// named says what is missing for it to be told which transaction the row is. Rows that move no money need no name.
func (r exportRow) named() error {
	switch {
	case r.key.Kind == head{}.kind():
		return errors.New("no requesttypedescription")
	case r.key.ID == "" && r.movesMoney():
		return errors.New("no transactionreference")
	case r.key.Account == "" && r.movesMoney():
		return errors.New("no sitereference")
	default:
		return nil
	}
}

func (e export) key(row []string) reconcile.Key {
	site := e.header.Get(row, "sitereference")
	if site == "" {
		site = e.site
	}
	return reconcile.Key{
		Feed: reconcile.FeedTrustPayments, Account: site,
		Kind: head{RequestType: text(e.header.Get(row, "requesttypedescription"))}.kind(),
		ID:   e.header.Get(row, "transactionreference"),
	}
}

// amount returns minor units, from whichever of the two columns a row fills.
func (e export) amount(row []string, base, main string) (string, error) {
	minor, major := e.header.Get(row, base), e.header.Get(row, main)
	if major == "" {
		return minor, nil
	}
	amount, err := money.Parse(major, e.header.Get(row, "currencyiso3a"))
	if err != nil {
		return "", fmt.Errorf("%s: %w", main, err)
	}
	converted := string(minorText(amount.Minor))
	if minor != "" && minor != converted {
		return "", fmt.Errorf("%s %q and %s %q are not the same amount", base, minor, main, major)
	}
	return converted, nil
}

// observation is the row as the Webservices would have shown the transaction.
func (r exportRow) observation() feeds.Observation {
	raw, _ := json.Marshal(r.values) // a map of strings always encodes
	body, err := kept.Apply(raw)
	if err != nil || r.key.ID == "" {
		return kept.Unreadable(r.key.Feed, r.key.Account, r.key.Kind, raw)
	}
	return feeds.Observation{Key: r.key, Body: body}
}

var anyType = NewNormaliser(nil)

// unclear says why the row must be read again from the Webservices: it cannot be read, or it does not tell what their record
// would, and that matters: when an AUTH settled, or why a refund failed. Neither is a documented column of the export.
func (r exportRow) unclear() error {
	if rejection, ok := anyType(r.observation()).(reconcile.Rejection); ok {
		return errors.New(rejection.Reason)
	}
	failed := r.values["errorcode"] != "0"
	switch {
	case r.key.Kind == KindAuth && r.values["settlestatus"] == settled && r.values["settledtimestamp"] == "":
		return errors.New("it has no settledtimestamp")
	case r.key.Kind == KindRefund && failed && r.values["errormessage"] == "":
		return errors.New("it has no errormessage")
	default:
		return nil
	}
}
