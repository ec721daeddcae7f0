package trustpayments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// settledPayment is an AUTH of 10.50 EUR at the fake gateway's site.
func settledPayment() reconcile.Payment {
	return reconcile.Payment{
		Key:       reconcile.Key{Feed: "trustpayments", Account: testSite, Kind: KindAuth, ID: "1-9-1"},
		Reference: "My_Order_1", Amount: money.Amount{Minor: 1050, Currency: "EUR"}, Status: reconcile.PaymentSucceeded,
	}
}

// refunding answers queries as the gateway does and a REFUND with one answer; it counts the refunds sent.
func refunding(t *testing.T, sent *atomic.Int64, reply func(http.ResponseWriter), earlier ...transaction) *gateway {
	return &gateway{t: t, transactions: earlier, intercept: func(_ int, w http.ResponseWriter, element map[string]any) bool {
		types, _ := element["requesttypedescriptions"].([]any)
		if types[0] != "REFUND" {
			return false
		}
		sent.Add(1)
		if reply != nil {
			reply(w)
		}
		return true
	}}
}

func accepted(fields transaction) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { respond(w, refundOf("1-9-1", "6-9-1", "2024-01-10 10:00:00", fields)) }
}

func TestRefundOutcomes(t *testing.T) {
	made := feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "6-9-1"}
	tests := []struct {
		name   string
		reply  func(http.ResponseWriter)
		state  feeds.RefundState
		reason string
	}{
		{"settled at once, as Alipay's", accepted(nil), feeds.RefundMade, ""},
		{"pending, as a card's", accepted(transaction{"settlestatus": "0"}), feeds.RefundMade, ""},
		{"suspended", accepted(transaction{"settlestatus": "2"}), feeds.RefundUnknown, "refund 6-9-1 is suspended"},
		{"canceled", accepted(transaction{"settlestatus": "3"}), feeds.RefundRefused, "refund 6-9-1 was canceled"},
		{"of another amount", accepted(transaction{"baseamount": "65"}), feeds.RefundUnknown, "is of 65 minor units and not of the 66 asked for"},
		{"of an amount not told", accepted(transaction{"baseamount": nil}), feeds.RefundMade, ""},
		{"too great", errorCode("20007"), feeds.RefundRefused, `gateway error 20007 "Told by the gateway"`},
		{"declined", errorCode("70000"), feeds.RefundRefused, "gateway error 70000"},
		{"outcome unknown", errorCode("60010"), feeds.RefundUnknown, "gateway error 60010"},
		{"locked", errorCode("79001"), feeds.RefundUnknown, "gateway error 79001"},
		{"unlisted code", errorCode("12"), feeds.RefundUnknown, "gateway error 12"},
		{"ill-formed", status(400), feeds.RefundRefused, "HTTP status 400"},
		{"500", status(500), feeds.RefundUnknown, "HTTP status 500"},
		{"502", status(502), feeds.RefundUnknown, "HTTP status 502"},
		{"redirect", status(308), feeds.RefundUnknown, "HTTP status 308"},
		{"HTML with 200", says("<html>"), feeds.RefundUnknown, "is no answer of the gateway"},
		{"truncated JSON", says(`{"response":[{"errorcode":"0"`), feeds.RefundUnknown, "is no answer of the gateway"},
		{"dropped", drop, feeds.RefundUnknown, "reply broke off"},
		{"hung up", hangUp, feeds.RefundUnknown, "EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var sent atomic.Int64
			client := refunding(t, &sent, test.reply).start()
			got, err := client.Refund(context.Background(), feeds.RefundInstruction{Payment: settledPayment(), Amount: 66, Reference: "tieout-1"})
			if err != nil || got.State != test.state || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("outcome %+v, error %v", got, err)
			}
			if test.state == feeds.RefundMade && got != made {
				t.Errorf("outcome %+v, want %+v", got, made)
			}
			if sent.Load() != 1 {
				t.Errorf("the refund was sent %d times", sent.Load())
			}
		})
	}
}

func TestRefundLooksForItselfFirst(t *testing.T) {
	const day = "2024-01-10 10:00:00"
	long := "a refund's reference that the gateway would cut"
	tests := []struct {
		name      string
		reference string
		amount    int64
		earlier   transaction // fields over a refund of 66 that carries the order's name
		sent      int
		want      feeds.RefundOutcome
	}{
		{"ours", "tieout-1", 66, transaction{"orderreference": "tieout-1"}, 0,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "5-9-1"}},
		{"ours, named by a digest", long, 66, transaction{"orderreference": "tieout-1e9ae62b9f6c9c3236"}, 0,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "5-9-1"}},
		{"ours, declined", "tieout-1", 66, transaction{"orderreference": "tieout-1", "errorcode": "70000", "errormessage": "Decline"}, 0,
			feeds.RefundOutcome{State: feeds.RefundRefused, Reason: `refund 5-9-1 failed: gateway error 70000 "Decline"`}},
		{"ours, suspended", "tieout-1", 66, transaction{"orderreference": "tieout-1", "settlestatus": "2"}, 0,
			feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: "refund 5-9-1 is suspended (settlestatus 2): release or cancel it at the provider"}},
		{"another's, the same amount", "tieout-1", 66, transaction{"orderreference": "tieout-2"}, 1,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "6-9-1"}},
		{"nameless, another amount", "tieout-1", 66, transaction{"baseamount": "67"}, 1,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "6-9-1"}},
		{"nameless, the same part", "tieout-1", 66, transaction{"orderreference": nil}, 0,
			feeds.RefundOutcome{State: feeds.RefundUnknown,
				Reason: "refund 5-9-1 of the same amount carries no name of its own: it may be this one, a person must say"}},
		{"the order's name, the same part", "tieout-1", 66, transaction{"orderreference": "My_Order_1"}, 0,
			feeds.RefundOutcome{State: feeds.RefundUnknown,
				Reason: "refund 5-9-1 of the same amount carries no name of its own: it may be this one, a person must say"}},
		{"the order's name, the whole payment", "tieout-1", 1050, transaction{"orderreference": "My_Order_1", "baseamount": 1050}, 0,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "5-9-1"}},
		{"the order's name, canceled", "tieout-1", 66, transaction{"orderreference": "My_Order_1", "settlestatus": "3"}, 1,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "6-9-1"}},
		{"of another payment, by a gateway that overlooks the filter", "tieout-1", 66,
			transaction{"orderreference": "tieout-1", "parenttransactionreference": "1-9-2"}, 1,
			feeds.RefundOutcome{State: feeds.RefundMade, RefundID: "6-9-1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var sent atomic.Int64
			fields := transaction{"orderreference": "My_Order_1"}
			earlier := refundOf("1-9-1", "5-9-1", day, fields, test.earlier)
			gateway := refunding(t, &sent, accepted(nil), earlier)
			gateway.anyParent = true
			client := gateway.start()
			got, err := client.Refund(context.Background(), feeds.RefundInstruction{
				Payment: settledPayment(), Amount: test.amount, Reference: test.reference,
			})
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v, outcome (-want +got):\n%s", err, diff)
			}
			if int(sent.Load()) != test.sent {
				t.Errorf("sent %d times, want %d", sent.Load(), test.sent)
			}
		})
	}
}

// The name is at most 25 characters on the wire, and another reference has another name.
func TestRefundNamesFit(t *testing.T) {
	names := map[string]string{}
	for _, reference := range []string{"tieout-1", strings.Repeat("a", 25), strings.Repeat("a", 26), strings.Repeat("a", 27), strings.Repeat("ü", 25)} {
		name := ownName(feeds.RefundInstruction{Payment: settledPayment(), Reference: reference})
		if len([]rune(name)) > 25 || names[name] != "" {
			t.Errorf("%q and %q are both named %q", reference, names[name], name)
		}
		if len([]rune(reference)) <= 25 && name != reference {
			t.Errorf("%q is named %q", reference, name)
		}
		names[name] = reference
	}
}

// What these instructions ask for is never sent, and the error says why.
func TestRefundsThatAreNotSent(t *testing.T) {
	other := settledPayment()
	other.Account = "test_other"
	tests := []struct {
		name        string
		instruction feeds.RefundInstruction
		want        string
	}{
		{"nothing", feeds.RefundInstruction{Payment: settledPayment(), Reference: "r"}, "0 minor units are not within the payment of 10.50 EUR"},
		{"too much", feeds.RefundInstruction{Payment: settledPayment(), Amount: 1051, Reference: "r"}, "1051 minor units are not within the payment of 10.50 EUR"},
		{"another account's", feeds.RefundInstruction{Payment: other, Amount: 66, Reference: "r"}, `"test_other" is no payment of site test_site12345`},
		{"a part without a name", feeds.RefundInstruction{Payment: settledPayment(), Amount: 66}, "needs a reference of its own"},
		{"a part with the order's name", feeds.RefundInstruction{Payment: settledPayment(), Amount: 66, Reference: "My_Order_1"}, "needs a reference of its own"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gateway := &gateway{t: t}
			got, err := gateway.start().Refund(context.Background(), test.instruction)
			if err == nil || !strings.Contains(err.Error(), test.want) || got != (feeds.RefundOutcome{}) || gateway.calls() != 0 {
				t.Errorf("outcome %+v, error %v after %d calls", got, err, gateway.calls())
			}
		})
	}
}

// When the gateway cannot be read, or the list is cut, nothing is sent.
func TestRefundNeedsTheReadBefore(t *testing.T) {
	for name, fault := range map[string]func(http.ResponseWriter){
		"500": status(500), "401": status(401), "filters invalid": errorCode("60037"),
		"cut":       says(`{"response":[{"errorcode":"0","found":"2","records":[]}]}`),
		"no object": says(`{"response":[{"errorcode":"0","found":"1","records":["x"]}]}`),
	} {
		var sent atomic.Int64
		gateway := &gateway{t: t, intercept: func(_ int, w http.ResponseWriter, element map[string]any) bool {
			if _, refund := element["parenttransactionreference"]; refund {
				sent.Add(1)
			}
			fault(w)
			return true
		}}
		got, err := gateway.start().Refund(context.Background(), feeds.RefundInstruction{Payment: settledPayment(), Amount: 1050})
		if err == nil || got != (feeds.RefundOutcome{}) || sent.Load() != 0 {
			t.Errorf("%s: outcome %+v, error %v, sent %d times", name, got, err, sent.Load())
		}
	}
}

// Refused access moves nothing and is a mistake of configuration, not the end of the refund.
func TestRefundWithoutThePrivilege(t *testing.T) {
	for _, reply := range []func(http.ResponseWriter){errorCode("21041"), status(401)} {
		var sent atomic.Int64
		client := refunding(t, &sent, reply).start()
		_, err := client.Refund(context.Background(), feeds.RefundInstruction{Payment: settledPayment(), Amount: 1050, Reference: "r"})
		if !errors.Is(err, ErrUnauthorized) || sent.Load() != 1 {
			t.Errorf("error %v, sent %d times", err, sent.Load())
		}
	}
}

// The whole of a payment of which a part went back already is named by its amount, so that the gateway refuses it and does
// not give back what is left.
func TestRefundOfTheWholeAfterAPart(t *testing.T) {
	var sent atomic.Int64
	earlier := refundOf("1-9-1", "5-9-1", "2024-01-10 10:00:00", transaction{"orderreference": "tieout-0"})
	gateway := refunding(t, &sent, errorCode("20007"), earlier)
	got, err := gateway.start().Refund(context.Background(), feeds.RefundInstruction{Payment: settledPayment(), Amount: 1050, Reference: "r"})
	if err != nil || got.State != feeds.RefundRefused || sent.Load() != 1 {
		t.Errorf("outcome %+v, error %v, sent %d times", got, err, sent.Load())
	}
	if body := string(gateway.bodies[1]); !strings.Contains(body, `"baseamount":"1050"`) {
		t.Errorf("sent %s", body)
	}
}

// brokenLine is a transport on which each REFUND's connection cannot be made, so often.
type brokenLine struct {
	http.RoundTripper
	failures int
	refunds  int
}

func (b *brokenLine) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	var call struct{ Request []refundElement }
	if err := json.NewDecoder(body).Decode(&call); err != nil {
		return nil, err
	}
	if call.Request[0].Types[0] == "REFUND" {
		if b.refunds++; b.refunds <= b.failures {
			return nil, errors.New("no route to host")
		}
	}
	return b.RoundTripper.RoundTrip(r)
}

// A refund for which no connection was made has not been sent: it is tried again, and in the end it is an error and not an
// unknown outcome.
func TestRefundThatWasNotSentIsTriedAgain(t *testing.T) {
	for failures, want := range map[int]bool{4: true, 5: false} {
		var sent atomic.Int64
		line := &brokenLine{RoundTripper: http.DefaultTransport, failures: failures}
		client := refunding(t, &sent, accepted(transaction{"baseamount": "1050"})).start(func(o *Options) { o.HTTPClient = &http.Client{Transport: line} })
		got, err := client.Refund(context.Background(), feeds.RefundInstruction{Payment: settledPayment(), Amount: 1050, Reference: "r"})
		if (err == nil) != want || (got.State == feeds.RefundMade) != want || line.refunds != 5 || int(sent.Load()) != line.refunds-failures {
			t.Errorf("%d failures: outcome %+v, error %v, %d tries, %d sent", failures, got, err, line.refunds, sent.Load())
		}
	}
}
