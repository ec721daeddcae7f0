package trustpayments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// Each request that the client makes is the vendor's documented one, field for field, but for the reference that the
// vendor's own libraries give to each (st-python-api, requestobject.py: an A and eight characters).
func TestRequestsAreTheDocumentedOnes(t *testing.T) {
	ctx := context.Background()
	payment := reconcile.Payment{
		Key:    reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: KindAuth, ID: "1-2-345678"},
		Amount: money.Amount{Minor: 1050, Currency: "GBP"},
	}
	tests := []struct {
		sample string
		send   func(*Client) error
	}{
		{"transactionquery_request_by_time.json", func(c *Client) error {
			return c.newRun(newSink(t)).walk(ctx, reconcile.Window{From: at("2024-01-01 00:00:00"), To: at("2024-01-01 23:59:59")}, nothing)
		}},
		{"transactionquery_request_by_reference.json", func(c *Client) error {
			f := filter{}.with(fieldSite, testSite).with("currencyiso3a", "GBP").with(fieldReference, "23-9-1", "23-9-2")
			_, err := c.query(ctx, f, "by reference")
			return err
		}},
		{"refund_request_full.json", func(c *Client) error {
			_, err := c.Refund(ctx, feeds.RefundInstruction{Payment: payment, Amount: 1050})
			return err
		}},
		{"refund_request_partial.json", func(c *Client) error {
			_, err := c.Refund(ctx, feeds.RefundInstruction{Payment: payment, Amount: 66, Reference: "ORDER-0001"})
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.sample, func(t *testing.T) {
			gateway := &gateway{t: t}
			if err := test.send(gateway.start()); err != nil {
				t.Fatal(err)
			}
			last := gateway.bodies[len(gateway.bodies)-1]
			sent := decoded(t, last)
			element := sent.(map[string]any)["request"].([]any)[0].(map[string]any)
			if reference := fmt.Sprint(element["requestreference"]); !regexp.MustCompile(`^A[A-Z0-9]{8}$`).MatchString(reference) {
				t.Errorf("requestreference %q", reference)
			}
			delete(element, "requestreference")
			if diff := cmp.Diff(decoded(t, sample(t, test.sample)), sent); diff != "" {
				t.Errorf("request differs from the sample (-sample +sent):\n%s", diff)
			}
		})
	}
}

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSampleErrorsAreTold(t *testing.T) {
	tests := []struct {
		sample       string
		want         string
		unauthorized bool
	}{
		{"error_insufficient_privileges.json", `gateway error 21041 "Insufficient gateway access privileges": ` + ErrUnauthorized.Error(), true},
		{"error_invalid_requesttype.json", `gateway error 60018 "Invalid requesttype"`, false},
		{"error_malformed_json.json", `gateway error 10205 "Malformed JSON" about "invalid json"`, false},
		{"error_no_searchable_filter.json", `gateway error 60019 "No searchable filter specified"`, false},
		{"refund_response_amount_too_great_TRANSPOSED_from_xml.json", `gateway error 20007 "Refund amount too great"`, false},
	}
	for _, test := range tests {
		t.Run(test.sample, func(t *testing.T) {
			_, err := decodeAnswer(sample(t, test.sample))
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if errors.Is(err, ErrUnauthorized) != test.unauthorized {
				t.Errorf("errors.Is(err, ErrUnauthorized) = %t", !test.unauthorized)
			}
		})
	}
}

// The real reply with five records goes through a whole fetch; personal data stays outside.
func TestSampleQueryResponseIsFetched(t *testing.T) {
	gateway := &gateway{t: t, intercept: func(call int, w http.ResponseWriter, _ map[string]any) bool {
		if call == 1 {
			w.Write(bytes.Replace(sample(t, "transactionquery_response.json"), []byte("W2-f48ku39u"), []byte(w.Header().Get(echo)), 1)) //nolint:errcheck // as above
			return true
		}
		return false
	}}
	client, got := gateway.start(), newSink(t)
	tally, err := client.Fetch(context.Background(), feeds.Request{
		Window: reconcile.Window{From: at("2019-04-26 00:00:00"), To: at("2019-04-27 00:00:00")}, Memory: memory{}, Sink: got,
	})
	if err != nil || tally != (feeds.Tally{Read: 5}) {
		t.Fatalf("tally %+v, error %v", tally, err)
	}
	observed := got.batches[0][0]
	wantBody := `{"accounttypedescription":"ECOM","acquirerresponsecode":"00","authcode":"TEST68","baseamount":"1050",` +
		`"currencyiso3a":"GBP","errorcode":"0","errormessage":"Ok","livestatus":"0","orderreference":"ORDER-0001",` +
		`"paymenttypedescription":"VISA","requesttypedescription":"AUTH","settlebaseamount":"1050","settleduedate":"2019-04-26",` +
		`"settlestatus":"0","sitereference":"test_site12345","transactionreference":"1-9-4684022",` +
		`"transactionstartedtimestamp":"2019-04-26 12:49:30"}`
	if diff := cmp.Diff(wantBody, string(observed.Body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	want := reconcile.Payment{
		Key:       reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: "auth", ID: "1-9-4684022"},
		Reference: "ORDER-0001", Amount: money.Amount{Minor: 1050, Currency: "GBP"}, Status: reconcile.PaymentPending,
		SettleStatus: "0", InScope: true, CreatedAt: at("2019-04-26 12:49:30"),
	}
	if diff := cmp.Diff(reconcile.Record(want), NewNormaliser([]string{"Visa"})(observed)); diff != "" {
		t.Errorf("payment (-want +got):\n%s", diff)
	}
}

func TestSampleReplyWithoutRecords(t *testing.T) {
	said, err := decodeAnswer(sample(t, "transactionquery_response_none_INFERRED.json"))
	if err != nil {
		t.Fatal(err)
	}
	if none, err := said.page(); err != nil || len(none.records) != 0 || !none.whole(500) {
		t.Errorf("page %+v, error %v", none, err)
	}
}

// A card AUTH and a refund as the gateway answers them when they are made have the fields of a record.
func TestSampleTransactionsAreNormalised(t *testing.T) {
	key := func(kind, id string) reconcile.Key {
		return reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: kind, ID: id}
	}
	tests := []struct {
		sample string
		key    reconcile.Key
		want   reconcile.Record
	}{
		{"auth_response_card.json", key("auth", "17-2-81001"), reconcile.Payment{
			Key: key("auth", "17-2-81001"), Amount: money.Amount{Minor: 100, Currency: "GBP"}, Status: reconcile.PaymentPending,
			SettleStatus: "0", CreatedAt: at("2016-02-25 11:27:37"),
		}},
		{"refund_response_ok_TRANSPOSED_from_xml.json", key("refund", "6-9-1922867"), reconcile.Refund{
			Key: key("refund", "6-9-1922867"), PaymentID: "6-9-1922866", Reference: "test-1234",
			Amount: money.Amount{Minor: 66, Currency: "GBP"}, Status: reconcile.RefundPending, CreatedAt: at("2015-09-24 06:42:39"),
		}},
	}
	for _, test := range tests {
		t.Run(test.sample, func(t *testing.T) {
			var outside envelope
			if err := json.Unmarshal(sample(t, test.sample), &outside); err != nil {
				t.Fatal(err)
			}
			got := NewNormaliser(nil)(feeds.Observation{Key: test.key, Body: outside.Response[0]})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}
