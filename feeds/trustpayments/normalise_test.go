package trustpayments

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

func observed(t testing.TB, kind string, record transaction) feeds.Observation {
	t.Helper()
	body, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return feeds.Observation{Key: reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: kind, ID: "23-86-113"}, Body: body}
}

func TestPayments(t *testing.T) {
	const start = "2020-03-16 16:25:08"
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	tests := []struct {
		name   string
		fields transaction
		want   reconcile.Payment // Key, Reference, InScope and CreatedAt are filled in
	}{
		{"pending", transaction{"settlestatus": "0"}, reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentPending, SettleStatus: "0"}},
		{"pending by hand", transaction{"settlestatus": 1}, reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentPending, SettleStatus: "1"}},
		{"settling", transaction{"settlestatus": "10"}, reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentPending, SettleStatus: "10"}},
		{"suspended", transaction{"settlestatus": "2"}, reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentSuspended, SettleStatus: "2"}},
		{"canceled", transaction{"settlestatus": "3"}, reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentCanceled, SettleStatus: "3"}},
		{"canceled because declined", transaction{"settlestatus": "3", "errorcode": "70000"},
			reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentCanceled, SettleStatus: "3"}},
		{"failed", transaction{"settlestatus": nil, "errorcode": 70000}, reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentFailed}},
		{"failed, pending in name", transaction{"settlestatus": "0", "errorcode": "60010"},
			reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentFailed, SettleStatus: "0"}},
		{"settled", transaction{"settledtimestamp": "2020-03-18 01:02:03"}, reconcile.Payment{
			Amount: eur(1050), Status: reconcile.PaymentSucceeded, SettleStatus: "100", SucceededAt: at("2020-03-18 01:02:03")}},
		{"settled, some day", transaction{"settledtimestamp": "2020-03-18"}, reconcile.Payment{
			Amount: eur(1050), Status: reconcile.PaymentSucceeded, SettleStatus: "100", SucceededAt: at(start)}},
		{"settled, the decline's code left", transaction{"errorcode": "70000"}, reconcile.Payment{
			Amount: eur(1050), Status: reconcile.PaymentSucceeded, SettleStatus: "100", SucceededAt: at(start)}},
		{"settled, no errorcode", transaction{"errorcode": nil}, reconcile.Payment{
			Amount: eur(1050), Status: reconcile.PaymentSucceeded, SettleStatus: "100", SucceededAt: at(start)}},
		{"settles for less", transaction{"settlestatus": "0", "settlebaseamount": "50"},
			reconcile.Payment{Amount: eur(50), Status: reconcile.PaymentPending, SettleStatus: "0"}},
		{"settle amount of zero", transaction{"settlestatus": "0", "settlebaseamount": "0"},
			reconcile.Payment{Amount: eur(1050), Status: reconcile.PaymentPending, SettleStatus: "0"}},
		{"settle amount alone", transaction{"settlestatus": "0", "baseamount": nil, "settlebaseamount": 50},
			reconcile.Payment{Amount: eur(50), Status: reconcile.PaymentPending, SettleStatus: "0"}},
		{"yen", transaction{"settlestatus": "0", "currencyiso3a": "jpy"}, reconcile.Payment{
			Amount: money.Amount{Minor: 1050, Currency: "JPY"}, Status: reconcile.PaymentPending, SettleStatus: "0"}},
		{"a session of nothing", transaction{"settlestatus": "3", "baseamount": "0"},
			reconcile.Payment{Amount: eur(0), Status: reconcile.PaymentCanceled, SettleStatus: "3"}},
	}
	normalise := NewNormaliser([]string{"Alipay"})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			observation := observed(t, KindAuth, auth("23-86-113", start, test.fields))
			test.want.Key, test.want.Reference, test.want.InScope, test.want.CreatedAt = observation.Key, "My_Order_23-86-113", true, at(start)
			if diff := cmp.Diff(reconcile.Record(test.want), normalise(observation)); diff != "" {
				t.Errorf("payment (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScope(t *testing.T) {
	tests := []struct {
		types   []string
		payment any
		want    bool
	}{
		{nil, "ALIPAY", true}, {nil, "alipay", true}, {nil, "VISA", false}, {nil, nil, true}, {nil, "", true},
		{[]string{"visa", "WeChat"}, "VISA", true}, {[]string{"visa", "WeChat"}, "WECHAT", true}, {[]string{"visa"}, "ALIPAY", false},
	}
	for _, test := range tests {
		record := auth("23-86-113", "2020-03-16 16:25:08", transaction{"paymenttypedescription": test.payment})
		payment, ok := NewNormaliser(test.types)(observed(t, KindAuth, record)).(reconcile.Payment)
		if !ok || payment.InScope != test.want {
			t.Errorf("types %v, payment type %v: %+v", test.types, test.payment, payment)
		}
	}
}

func TestRefunds(t *testing.T) {
	tests := []struct {
		name   string
		fields transaction
		status reconcile.RefundStatus
		reason string
	}{
		{"settled at once", transaction{}, reconcile.RefundSucceeded, ""},
		{"pending", transaction{"settlestatus": "0"}, reconcile.RefundPending, ""},
		{"suspended", transaction{"settlestatus": "2"}, reconcile.RefundPending, ""},
		{"settling", transaction{"settlestatus": "10"}, reconcile.RefundPending, ""},
		{"canceled", transaction{"settlestatus": "3"}, reconcile.RefundFailed, "canceled before it settled (settlestatus 3)"},
		{"declined", transaction{"settlestatus": "3", "errorcode": "70000", "errormessage": "Decline"}, reconcile.RefundFailed, "70000 Decline"},
		{"declined in silence", transaction{"settlestatus": nil, "errorcode": "70000"}, reconcile.RefundFailed, "70000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			observation := observed(t, KindRefund, refundOf("23-86-1", "23-86-113", "2020-03-16 16:25:08", test.fields))
			want := reconcile.Refund{
				Key: observation.Key, PaymentID: "23-86-1", Reference: "My_Order_23-86-113",
				Amount: money.Amount{Minor: 66, Currency: "EUR"}, Status: test.status, Reason: test.reason, CreatedAt: at("2020-03-16 16:25:08"),
			}
			if diff := cmp.Diff(reconcile.Record(want), NewNormaliser(nil)(observation)); diff != "" {
				t.Errorf("refund (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRejections(t *testing.T) {
	tests := []struct {
		name   string
		kind   string
		fields transaction
		reason string
	}{
		{"settlestatus", KindAuth, transaction{"settlestatus": "77"}, `unknown settlestatus "77"`},
		{"settlestatus of a refund", KindRefund, transaction{"settlestatus": "77"}, `unknown settlestatus "77"`},
		{"no settlestatus", KindAuth, transaction{"settlestatus": nil}, `unknown settlestatus ""`},
		{"settlestatus in a list", KindAuth, transaction{"settlestatus": []string{"100"}}, `unknown settlestatus "[\"100\"]"`},
		{"currency", KindAuth, transaction{"currencyiso3a": "ZZZ"}, `unknown currency "ZZZ"`},
		{"no currency", KindAuth, transaction{"currencyiso3a": nil}, `unknown currency ""`},
		{"decimals", KindAuth, transaction{"baseamount": "10.50"}, `baseamount "10.50" is not a whole number of minor units`},
		{"decimals in a number", KindAuth, transaction{"baseamount": 10.5}, `baseamount "10.5" is not a whole number of minor units`},
		{"negative", KindAuth, transaction{"baseamount": "-1"}, `baseamount "-1" is not a whole number of minor units`},
		{"a sign", KindAuth, transaction{"baseamount": "+1"}, `baseamount "+1" is not a whole number of minor units`},
		{"too large", KindAuth, transaction{"baseamount": "9223372036854775808"},
			`baseamount "9223372036854775808" is not a whole number of minor units`},
		{"settle amount", KindAuth, transaction{"settlebaseamount": "all"}, `settlebaseamount "all" is not a whole number of minor units`},
		{"no amount", KindAuth, transaction{"baseamount": nil}, "no baseamount"},
		{"no amount of a refund", KindRefund, transaction{"baseamount": nil}, "no baseamount"},
		{"start", KindAuth, transaction{"transactionstartedtimestamp": "0000-00-00 00:00:00"},
			`transactionstartedtimestamp "0000-00-00 00:00:00" is not a time like 2006-01-02 15:04:05`},
		{"no start of a refund", KindRefund, transaction{"transactionstartedtimestamp": nil},
			`transactionstartedtimestamp "" is not a time like 2006-01-02 15:04:05`},
		{"no parent", KindRefund, transaction{"parenttransactionreference": nil}, "the refund names no payment: no parenttransactionreference"},
		{"no reference", KindAuth, transaction{"transactionreference": nil}, "the record has no transactionreference"},
		{"another type", "order", transaction{"requesttypedescription": "ORDER"},
			`request type "ORDER" is neither AUTH nor REFUND and was not asked for`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := refundOf("23-86-1", "23-86-113", "2020-03-16 16:25:08")
			maps.Copy(record, test.fields)
			observation := observed(t, test.kind, record)
			parent, _ := record["parenttransactionreference"].(string)
			want := reconcile.Rejection{Key: observation.Key, Reason: test.reason, Reference: "My_Order_23-86-113", LinkedID: parent}
			if diff := cmp.Diff(reconcile.Record(want), NewNormaliser(nil)(observation)); diff != "" {
				t.Errorf("rejection (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the body, the normaliser answers with a record of the observation's key that keeps its promises.
func FuzzNormalise(f *testing.F) {
	for _, kind := range []string{KindAuth, KindRefund, "order"} {
		for _, record := range []transaction{auth("1-9-1", "2020-03-16 16:25:08"), refundOf("1-9-1", "1-9-2", "2020-03-16 16:25:08")} {
			f.Add(kind, []byte(observed(f, kind, record).Body))
		}
	}
	f.Add(KindAuth, []byte(`[1]`))
	f.Add(KindAuth, []byte(`{"settlestatus":{"a":[`))
	normalise := NewNormaliser(nil)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		key := reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: kind, ID: "1-9-1"}
		read := normalise(feeds.Observation{Key: key, Body: body})
		if read.RecordKey() != key {
			t.Fatalf("key %v became %v", key, read.RecordKey())
		}
		switch r := read.(type) {
		case reconcile.Payment:
			checkAmount(t, r.Amount, r.CreatedAt)
			checkMoney(t, body, r.Amount)
			if (r.Status == reconcile.PaymentSucceeded) != !r.SucceededAt.IsZero() && r.CreatedAt.Year() > 1 {
				t.Errorf("%s, succeeded at %s", r.Status, r.SucceededAt)
			}
		case reconcile.Refund:
			checkAmount(t, r.Amount, r.CreatedAt)
			checkMoney(t, body, r.Amount)
			if r.PaymentID == "" {
				t.Error("a refund of nothing")
			}
		case reconcile.Rejection:
			if r.Reason == "" {
				t.Error("a rejection without a reason")
			}
		default:
			t.Errorf("a %T", r)
		}
	})
}

func checkAmount(t *testing.T, amount money.Amount, created time.Time) {
	t.Helper()
	if _, known := money.Exponent(amount.Currency); !known || amount.Minor < 0 {
		t.Errorf("amount %+v", amount)
	}
	if created.Location() != time.UTC {
		t.Errorf("created %s is not in UTC", created)
	}
}

// Whatever the gateway sends, decoding it ends in an answer of errorcode 0 or an error, and each of its records can be
// observed with a key.
func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"response":[{"errorcode":"0","found":"1","records":[{"transactionreference":"1-9-1"}]}]}`))
	f.Add([]byte(`{"responses":{"errorcode":0,"records":null,"errordata":"x"}}`))
	f.Add([]byte(`{"response":[{"errorcode":"30000","errordata":["a",1,{}]}]}`))
	f.Add([]byte(`<html>`))
	client, err := New(Options{Username: "u", Password: "p", Site: testSite})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		said, err := decodeAnswer(body)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		if said.ErrorCode != "0" {
			t.Errorf("errorcode %q is a success", said.ErrorCode)
		}
		for _, record := range said.Records {
			if seen := client.observation(record, readHead(record)); seen.Key.ID == "" || seen.Key.Kind == "" || !json.Valid(seen.Body) {
				t.Errorf("%s became %+v", record, seen)
			}
		}
	})
}
