package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	stripego "github.com/stripe/stripe-go/v76"
)

// TestPages holds the pages to what docs/PERFORMANCE.md says of them: all is JSON as stripe-go reads it, every object comes once, and
// what an object names is there.
func TestPages(t *testing.T) {
	all := pages{2 * pageBlock}
	counts, ids, named := map[string]int{}, map[string]bool{}, map[string]bool{}
	for page := range all.all() {
		var list struct {
			Data []struct {
				ID     string          `json:"id"`
				Source json.RawMessage `json:"source"`
				Charge string          `json:"charge"`
			} `json:"data"`
			HasMore *bool `json:"has_more"`
		}
		if err := json.Unmarshal(page.body, &list); err != nil || list.HasMore == nil || len(list.Data) != pageObjects {
			t.Fatalf("a page of %d %ss: %v\n%s", len(list.Data), page.kind, err, page.body)
		}
		for _, object := range list.Data {
			if ids[object.ID] {
				t.Errorf("%s comes twice", object.ID)
			}
			ids[object.ID] = true
			counts[page.kind]++
			switch page.kind {
			case "refund":
				named[object.Charge] = true
			case "balance_transaction":
				named[strings.Trim(string(object.Source), `"`)] = true
			}
		}
	}
	if want := map[string]int{"charge": 3800, "refund": 200, "balance_transaction": 4000}; !maps.Equal(counts, want) {
		t.Errorf("the pages have %v, want %v", counts, want)
	}
	for id := range named {
		if !ids[id] {
			t.Errorf("%s is named and not there", id)
		}
	}
	if err := decodeWithStripe(all); err != nil {
		t.Error(err)
	}
}

// TestChargeIsWhole: a charge is as big as a real one, and stripe-go finds in it what belongs there.
func TestChargeIsWhole(t *testing.T) {
	var charge stripego.Charge
	if err := json.Unmarshal(addCharge(nil, 0), &charge); err != nil {
		t.Fatal(err)
	}
	if charge.Source == nil || charge.BalanceTransaction == nil || charge.BillingDetails.Address.PostalCode != "610041" || charge.Metadata["order_id"] != "EVT-1000000" ||
		charge.PaymentMethodDetails.Alipay.TransactionID == "" || charge.Amount == 0 || charge.Status != "succeeded" {
		t.Errorf("stripe-go reads %+v", charge)
	}
	var fields map[string]any
	if err := json.Unmarshal(addCharge(nil, 1), &fields); err != nil || len(fields) < 45 {
		t.Errorf("a charge has %d fields, error %v", len(fields), err)
	}
}
