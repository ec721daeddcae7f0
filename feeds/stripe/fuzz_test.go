package stripe

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

var everyKind = []string{kindCharge, kindPaymentIntent, kindSource, kindEvent, kindRefund, kindDispute, kindBalanceTransaction, kindPayout, kindPayoutLine, kindBalance}

// FuzzAmounts: whatever comes, of whatever kind, becomes one record or one rejection under the key of its observation, and an
// amount is what the object says, never a zero that stands for something that is not there.
func FuzzAmounts(f *testing.F) {
	for _, seed := range seeds(f) {
		for kind := range everyKind {
			f.Add(uint8(kind), seed)
		}
	}
	client, err := New(Options{Key: testKey, Account: "main", ReferenceKeys: []string{"metadata.order_id", "description"}})
	if err != nil {
		f.Fatal(err)
	}
	normalise := NewNormaliser([]string{"metadata.order_id", "description"}, []string{"alipay"})
	f.Fuzz(func(t *testing.T, number uint8, raw []byte) {
		kind := everyKind[int(number)%len(everyKind)]
		observed := client.showOne(kind, raw).Observation
		record := normalise(observed)
		if record == nil || record.RecordKey() != observed.Key || observed.Key.ID == "" || observed.Key.Kind != kind {
			t.Fatalf("%v became %#v", observed.Key, record)
		}
		if rejection, is := record.(reconcile.Rejection); is {
			if rejection.Reason == "" {
				t.Errorf("%v was rejected for no reason", observed.Key)
			}
			return
		}
		again := client.showOne(kind, observed.Body).Observation
		if string(again.Body) != string(observed.Body) || again.Key != observed.Key {
			t.Errorf("what is kept of %s is kept otherwise the second time: %s", observed.Body, again.Body)
		}
		checkAmounts(t, observed.Body, record)
	})
}

// checkAmounts holds the amounts of a record against those of its object, as encoding/json reads them.
func checkAmounts(t *testing.T, body []byte, record reconcile.Record) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		t.Fatalf("a record of what is no object: %s", body)
	}
	for field, amount := range amountsOf(record) {
		if object[field] == nil && (field != "amount" || object["amount_captured"] == nil) {
			t.Errorf("%s is not given and was read as %v: %s", field, amount, body)
		}
		if said, ok := object[field].(float64); ok && (amount.Minor == 0) != (said == 0) && object["amount_captured"] == nil {
			t.Errorf("%s is %v and was read as %v", field, said, amount)
		}
		if amount.Currency == "" {
			t.Errorf("%s has no currency: %s", field, body)
		}
	}
}

// amountsOf are the amounts that a record cannot be without, by the field that each comes from.
func amountsOf(record reconcile.Record) map[string]money.Amount {
	switch r := record.(type) {
	case reconcile.Payment:
		return map[string]money.Amount{"amount": r.Amount}
	case reconcile.Refund:
		return map[string]money.Amount{"amount": r.Amount}
	case reconcile.Dispute:
		return map[string]money.Amount{"amount": r.Amount}
	case reconcile.Payout:
		return map[string]money.Amount{"amount": r.Amount}
	case reconcile.Movement:
		return map[string]money.Amount{"amount": r.Gross, "fee": r.Fee, "net": r.Net}
	case reconcile.PayoutLine:
		return map[string]money.Amount{"net": r.Net}
	}
	return nil
}

// seeds are the objects of the samples, and what no API should give.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "samples", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no samples: %v", err)
	}
	var found [][]byte
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var list struct {
			Data []json.RawMessage `json:"data"`
		}
		if _ = json.Unmarshal(raw, &list); len(list.Data) == 0 {
			list.Data = []json.RawMessage{raw} // one object
		}
		found = append(found, list.Data[0])
	}
	for _, text := range []string{
		``, `null`, `7`, `[]`, `{}`, `{"id":7}`, `{"id":"x"}`, `{"id":"\u0000","amount":1}`, `{"id":"ch_1","amount":1e3,"currency":"eur","created":1,"status":"succeeded"}`,
		`{"id":"ch_1","amount":-9223372036854775808,"currency":"eur","created":1,"status":"succeeded"}`,
		`{"id":"ch_1","amount":"5","currency":"eur","created":1,"status":"succeeded"}`, `{"id":"ch_1","amount":5,"currency":"isk","created":253402300800,"status":"pending"}`,
		`{"id":"txn_1","amount":9223372036854775807,"fee":-1,"net":-9223372036854775808,"currency":"mga","created":1,"reporting_category":"charge"}`,
		`{"id":"eur@1","available":[{"amount":1}],"pending":[7],"moved_since":0,"currency":"eur","as_of":1}`,
		`{"id":"evt_1","type":"payment_intent.canceled","created":1,"data":{"object":{"id":"pi_1"}}}`,
	} {
		found = append(found, []byte(text))
	}
	return found
}
