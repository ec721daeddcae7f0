package shop_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/feeds/shop"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// observe makes an order's observation of a body; its id is the body's reference.
func observe(t *testing.T, body map[string]string) feeds.Observation {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return feeds.Observation{Key: orderKey(body["reference"]), Body: raw}
}

func TestAmounts(t *testing.T) {
	for name, test := range map[string]struct {
		body  map[string]string
		fixed string
		want  money.Amount // zero: rejected
		why   string
	}{
		"minor":                  {map[string]string{"amount_minor": "1050", "currency": "eur"}, "", money.Amount{Minor: 1050, Currency: "EUR"}, ""},
		"minor, yen":             {map[string]string{"amount_minor": "1050", "currency": "JPY"}, "", money.Amount{Minor: 1050, Currency: "JPY"}, ""},
		"major":                  {map[string]string{"amount": "10.5", "currency": "EUR"}, "", money.Amount{Minor: 1050, Currency: "EUR"}, ""},
		"more zeros":             {map[string]string{"amount": "10.5000", "currency": "EUR"}, "", money.Amount{Minor: 1050, Currency: "EUR"}, ""},
		"three decimals":         {map[string]string{"amount": "1.234", "currency": "kwd"}, "", money.Amount{Minor: 1234, Currency: "KWD"}, ""},
		"yen with point":         {map[string]string{"amount": "1050.0", "currency": "JPY"}, "", money.Amount{Minor: 1050, Currency: "JPY"}, ""},
		"fixed currency":         {map[string]string{"amount": "7"}, "usd", money.Amount{Minor: 700, Currency: "USD"}, ""},
		"the row's before fixed": {map[string]string{"amount": "7", "currency": "CNY"}, "USD", money.Amount{Minor: 700, Currency: "CNY"}, ""},
		"nothing to pay":         {map[string]string{"amount": "0", "currency": "EUR"}, "", money.Amount{Currency: "EUR"}, ""},

		"too fine":            {map[string]string{"amount": "10.555", "currency": "EUR"}, "", money.Amount{}, `amount "10.555" is not a plain number with at most 2 decimals, as EUR has`},
		"yen with decimals":   {map[string]string{"amount": "10.5", "currency": "JPY"}, "", money.Amount{}, `amount "10.5" is not a plain number with at most 0 decimals, as JPY has`},
		"comma":               {map[string]string{"amount": "10,50", "currency": "EUR"}, "", money.Amount{}, `amount "10,50" is not a plain number with at most 2 decimals, as EUR has`},
		"exponent":            {map[string]string{"amount": "1e3", "currency": "EUR"}, "", money.Amount{}, `amount "1e3" is not a plain number with at most 2 decimals, as EUR has`},
		"null":                {map[string]string{"currency": "EUR"}, "", money.Amount{}, `amount "" is not a plain number with at most 2 decimals, as EUR has`},
		"negative":            {map[string]string{"amount": "-5", "currency": "EUR"}, "", money.Amount{}, `the amount -5.00 EUR is negative`},
		"minor with a point":  {map[string]string{"amount_minor": "1050.00", "currency": "EUR"}, "", money.Amount{}, `amount_minor "1050.00" is not a whole number of minor units`},
		"minor out of range":  {map[string]string{"amount_minor": "9223372036854775808", "currency": "EUR"}, "", money.Amount{}, `amount_minor "9223372036854775808" is not a whole number of minor units`},
		"unknown currency":    {map[string]string{"amount": "1", "currency": "EURO"}, "", money.Amount{}, `currency "EURO" is not one of ISO 4217`},
		"no currency":         {map[string]string{"amount": "1"}, "", money.Amount{}, `currency is empty`},
		"a very long mistake": {map[string]string{"amount": strings.Repeat("1", 100) + "x", "currency": "EUR"}, "", money.Amount{}, `amount "` + strings.Repeat("1", 60) + `…" is not a plain number with at most 2 decimals, as EUR has`},
	} {
		t.Run(name, func(t *testing.T) {
			m := usual()
			m.Currency = test.fixed
			test.body["reference"], test.body["status"], test.body["payment"] = "A-1", "new", "ch_1"
			got := shop.NewNormaliser(m)(observe(t, test.body))
			want := reconcile.Record(reconcile.Order{Key: orderKey("A-1"), PaymentID: "ch_1", Amount: test.want, Status: reconcile.OrderPending})
			if test.why != "" {
				want = reconcile.Rejection{Key: orderKey("A-1"), Reason: test.why, Reference: "A-1", LinkedID: "ch_1"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStatusesAndProviders(t *testing.T) {
	normalise := shop.NewNormaliser(usual())
	statuses := map[string]reconcile.OrderStatus{
		"new": reconcile.OrderPending, "waiting": reconcile.OrderPending, "complete": reconcile.OrderPaid, "void": reconcile.OrderCanceled,
		"expired": reconcile.OrderCanceled, "reimbursed": reconcile.OrderRefunded, "New": "", "": "",
	}
	for word, want := range statuses {
		record := normalise(observe(t, map[string]string{"reference": "A", "status": word, "amount": "1", "currency": "EUR"}))
		if order, _ := record.(reconcile.Order); order.Status != want {
			t.Errorf("status %q: %+v, want %q", word, record, want)
		}
	}
	providers := map[string]string{
		"Stripe": reconcile.FeedStripe, "stripe": reconcile.FeedStripe, " TP ": reconcile.FeedTrustPayments, "PayPal": "PayPal", "": "",
	}
	for word, want := range providers {
		record := normalise(observe(t, map[string]string{"reference": "A", "status": "new", "amount": "1", "currency": "EUR", "provider": word}))
		if order, ok := record.(reconcile.Order); !ok || order.Provider != want {
			t.Errorf("provider %q: %+v, want %q", word, record, want)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2025-01-02T03:04:05.000006Z":       utc("2025-01-02T03:04:05.000006Z"),
		"2025-01-02T03:04:05.123456789Z":    utc("2025-01-02T03:04:05.123456Z"),
		"2025-01-02T11:04:05+08:00":         utc("2025-01-02T03:04:05Z"),
		"2025-01-02 11:04:05.5+08":          utc("2025-01-02T03:04:05.5Z"),
		"2025-01-02T11:04:05+0800":          utc("2025-01-02T03:04:05Z"),
		"2025-01-02 11:04:05 +0800":         utc("2025-01-02T03:04:05Z"),
		"2025-01-02 03:04:05.25 +0000 UTC":  utc("2025-01-02T03:04:05.25Z"),
		"2025-01-02 03:04:05":               utc("2025-01-02T03:04:05Z"),
		"2025-01-02T03:04":                  utc("2025-01-02T03:04:00Z"),
		"2025-01-02":                        utc("2025-01-02T00:00:00Z"),
		" 1735787045 ":                      utc("2025-01-02T03:04:05Z"),
		"1735787045006":                     utc("2025-01-02T03:04:05.006Z"),
		"946684800":                         utc("2000-01-01T00:00:00Z"),
		"4102444799999":                     utc("2099-12-31T23:59:59.999Z"),
		"":                                  {},
		"0":                                 {},
		"0000-00-00 00:00:00":               {},
		"0001-01-01T00:00:00Z":              {},
		"20250102":                          utc("9999-01-01T00:00:00Z"), // 9999 stands for a rejection
		"946684799":                         utc("9999-01-01T00:00:00Z"),
		"4102444800000":                     utc("9999-01-01T00:00:00Z"),
		"1735787045.5":                      utc("9999-01-01T00:00:00Z"),
		"02/01/2025":                        utc("9999-01-01T00:00:00Z"),
		"2025-02-30":                        utc("9999-01-01T00:00:00Z"),
		"2025-01-02 03:04:05 Europe/Berlin": utc("9999-01-01T00:00:00Z"),
		"infinity":                          utc("9999-01-01T00:00:00Z"),
	} {
		t.Run(text, func(t *testing.T) {
			record := shop.NewNormaliser(usual())(observe(t, map[string]string{"reference": "A", "status": "new", "amount": "1", "currency": "EUR", "paid": text}))
			if want.Year() == 9999 {
				rejection, _ := record.(reconcile.Rejection)
				if diff := cmp.Diff(`paid "`+text+`" is not a time: write it as 2006-01-02T15:04:05Z`, rejection.Reason); diff != "" {
					t.Errorf("record %+v (-want +got):\n%s", record, diff)
				}
				return
			}
			if order, ok := record.(reconcile.Order); !ok || order.PaidAt != want {
				t.Errorf("record is %+v, want paid at %v", record, want)
			}
		})
	}
}

func TestNormaliserRejectsWhatIsNotARow(t *testing.T) {
	for name, test := range map[string]struct{ kind, body, want string }{
		"no JSON":      {shop.KindOrder, `{`, "the stored row is not an object of texts"},
		"numbers":      {shop.KindOrder, `{"reference":1}`, "the stored row is not an object of texts"},
		"null":         {shop.KindOrder, `null`, "the row has no reference"},
		"another kind": {"invoice", `{}`, `kind "invoice" is not one of a shop`},
		"another id":   {shop.KindOrder, `{"reference":"B"}`, `reference "B" is not readable as text`},
		"no refund id": {shop.KindRefundRequest, `{"reference":"A"}`, "the row has no id"},
	} {
		t.Run(name, func(t *testing.T) {
			key := reconcile.Key{Feed: reconcile.FeedShop, Account: "shop", Kind: test.kind, ID: "A"}
			rejection, ok := shop.NewNormaliser(usual())(feeds.Observation{Key: key, Body: []byte(test.body)}).(reconcile.Rejection)
			if !ok || rejection.Key != key || rejection.Reason != test.want {
				t.Errorf("record is %+v, want reason %q", rejection, test.want)
			}
		})
	}
}

// Whatever is stored comes out as one record with the same key, whose amount and status are ones of ours, or as a rejection
// with a reason.
func FuzzNormalise(f *testing.F) {
	f.Add("order", "A", []byte(`{"reference":"A","status":"new","amount":"10.50","currency":"eur","paid":"2025-01-02T03:04:05Z"}`))
	f.Add("order", "A", []byte(`{"reference":"A","status":"new","amount_minor":"-1","currency":"JPY","created":"1735787045"}`))
	f.Add("refund_request", "7", []byte(`{"id":"7","reference":"A","status":"asked","amount":"1","currency":"USD","done":"x"}`))
	f.Add("order", "", []byte(`[]`))
	m := usual()
	m.Refunds = &shop.Refunds{Statuses: shop.RefundStatuses{Requested: []string{"asked"}}}
	normalise := shop.NewNormaliser(m)
	f.Fuzz(func(t *testing.T, kind, id string, body []byte) {
		key := reconcile.Key{Feed: reconcile.FeedShop, Account: "shop", Kind: kind, ID: id}
		record := normalise(feeds.Observation{Key: key, Body: body})
		if record.RecordKey() != key {
			t.Fatalf("key is %v, want %v", record.RecordKey(), key)
		}
		switch r := record.(type) {
		case reconcile.Order:
			if r.Amount.Minor < 0 || len(r.Amount.Currency) != 3 || r.Status == "" || kind != shop.KindOrder {
				t.Errorf("order is %+v", r)
			}
		case reconcile.RefundRequest:
			if r.Amount.Minor < 0 || len(r.Amount.Currency) != 3 || r.Status == "" || r.OrderReference == "" {
				t.Errorf("refund request is %+v", r)
			}
		case reconcile.Rejection:
			if r.Reason == "" || !utf8.ValidString(r.Reason) {
				t.Errorf("rejection is %+v", r)
			}
		default:
			t.Errorf("record is a %T", record)
		}
	})
}
