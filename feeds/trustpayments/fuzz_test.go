package trustpayments

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// checkNormalised looks at what an observation is read as.
func checkNormalised(t *testing.T, observed feeds.Observation) {
	t.Helper()
	var amount money.Amount
	switch read := NewNormaliser(nil)(observed).(type) {
	case reconcile.Payment:
		amount = read.Amount
		if read.Key != observed.Key || read.CreatedAt.IsZero() {
			t.Errorf("%s became %+v", observed.Body, read)
		}
	case reconcile.Refund:
		amount = read.Amount
		if read.Key != observed.Key || read.PaymentID == "" {
			t.Errorf("%s became %+v", observed.Body, read)
		}
	case reconcile.Rejection:
		if read.Key != observed.Key || read.Reason == "" {
			t.Errorf("%s became %+v", observed.Body, read)
		}
		return
	default:
		t.Fatalf("%s became a %T", observed.Body, read)
	}
	checkMoney(t, observed.Body, amount)
}

// checkMoney holds an amount against what was said: money is never read as none, nor as other money.
func checkMoney(t *testing.T, body []byte, amount money.Amount) {
	t.Helper()
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatalf("%s is no JSON and was read", body)
	}
	said, err := strconv.ParseInt(string(r.BaseAmount), 10, 64)
	if settles, failed := strconv.ParseInt(string(r.SettleBaseAmount), 10, 64); failed == nil && settles > 0 {
		said, err = settles, nil
	} else if r.BaseAmount == "" {
		said, err = settles, failed
	}
	if err != nil || amount.Minor != said || amount.Currency == "" {
		t.Errorf("%s was read as %v", body, amount)
	}
}

// FuzzExport: whatever the portal exports, each row becomes a transaction that the normaliser reads under its own key, or
// tells what is wrong with it.
func FuzzExport(f *testing.F) {
	header := strings.Join(append(exportColumns, "mainamount", "settlebaseamount", "sitereference"), ",") + "\n"
	f.Add([]byte(header + "1-9-1,AUTH,2024-01-10 10:00:00,,A1,ALIPAY,EUR,0,100,10.5,1050,test_site12345\n"))
	f.Add([]byte(header + "1-9-2,REFUND,2024-01-10 10:00:00,1-9-1,A1,ALIPAY,JPY,0,100,1050,,\n1-9-3,RISKDEC\n"))
	f.Add([]byte(header + "1-9-1,AUTH,2024-01-10 10:00:00,,\"A\n1\",ALIPAY,KWD,70000,3,0.000,0,another\n"))
	f.Add([]byte("<html>"))
	client, err := New(Options{Username: testUser, Password: testPassword, Site: testSite})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = client.eachRow(bytes.NewReader(text), func(read exportRow, wrong error) error { // a row that ends it is another test's
			if wrong == nil && !read.movesMoney() {
				return nil
			}
			observed := read.observation()
			if wrong == nil && observed.Key != read.key {
				t.Errorf("%v was observed as %v", read.key, observed.Key)
			}
			if wrong != nil && len(read.values) > 0 && read.movesMoney() && read.key.Account == testSite {
				if _, rejected := anyType(observed).(reconcile.Rejection); !rejected {
					t.Errorf("%v is wrong (%v) and was read as %+v", read.values, wrong, anyType(observed))
				}
			}
			if read.key.ID != "" {
				checkNormalised(t, observed)
			}
			return nil
		})
	})
}
