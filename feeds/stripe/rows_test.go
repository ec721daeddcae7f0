package stripe

import (
	"testing"

	"tieout/feeds"
	"tieout/reconcile"
)

// FuzzRows: whatever stands in a row, it is read as a record of its own key or refused with a reason, and a movement adds up.
func FuzzRows(f *testing.F) {
	f.Add("balance_transaction", "txn_1", "eur", "12.34", "0.34", "12.00", "2026-03-01 10:00:00", "charge")
	f.Add("payout_line", "txn_1", "jpy", "", "", "-1200", "", "payout")
	f.Add("charge", "ch_1", "kwd", "12.340", "", "", "2026-03-01", "")
	normalise := NewNormaliser(reportKeys, []string{"alipay"})
	f.Fuzz(func(t *testing.T, kind, id, currency, gross, fee, net, created, category string) {
		body := feeds.RowBody("fuzz", map[string]string{
			"id": id, columnCurrency: currency, columnGross: gross, columnFee: fee, columnNet: net, inUTC(columnCreated): created, inUTC(columnChargeCreated): created,
			columnCategory: category, columnPayout: category, columnIntent: category, columnFacingAmount: gross, columnFacingCurrency: currency,
		})
		observation := feeds.Observation{Key: keyOf(kind, id), Body: body}
		record := normalise(observation)
		if record.RecordKey() != observation.Key || record != normalise(observation) {
			t.Errorf("%s is read as %+v", body, record)
		}
		switch read := record.(type) {
		case reconcile.Rejection:
			if read.Reason == "" {
				t.Errorf("%s is refused without a reason", body)
			}
		case reconcile.Movement:
			if sum, err := read.Gross.Sub(read.Fee); err != nil || sum != read.Net {
				t.Errorf("%+v does not add up", read)
			}
		}
	})
}
