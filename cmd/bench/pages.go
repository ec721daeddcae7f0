package main

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
)

const (
	pageObjects = 100  // the most that Stripe gives
	pageBlock   = 4000 // rows after which the shares of the kinds are exact
)

// pages are those of an account at Stripe with so many rows: of 40, 19 are charges, 1 is a refund and 20 are the balance
// transactions of these. Each page is made when its turn comes, and gone after it.
type pages struct{ rows int }

func (p pages) charges() int { return p.rows / 40 * 19 }
func (p pages) refunds() int { return p.rows / 40 }

// listed is a page of the list of a kind. Its body lasts until the next one.
type listed struct {
	kind string
	body []byte
}

// all lists one kind after the other, the newest object first, as a fetch is shown them.
func (p pages) all() iter.Seq[listed] {
	lists := []struct {
		kind  string
		count int
		add   func(page []byte, n int) []byte
	}{
		{"charge", p.charges(), addCharge},
		{"refund", p.refunds(), addRefund},
		{"balance_transaction", p.rows / 2, addMovement},
	}
	return func(yield func(listed) bool) {
		var page []byte
		for _, list := range lists {
			for last := list.count; last > 0; last -= pageObjects {
				page = append(page[:0], "{\n  \"object\": \"list\",\n  \"data\": [\n    "...)
				for n := last - 1; n >= last-pageObjects; n-- {
					page = append(list.add(page, n), ",\n    "...)
				}
				page = append(page[:len(page)-len(",\n    ")], "\n  ],\n  \"has_more\": "...)
				page = append(strconv.AppendBool(page, last > pageObjects), ",\n  \"url\": \"/v1/"+list.kind+"s\"\n}\n"...)
				if !yield(listed{list.kind, page}) {
					return
				}
			}
		}
	}
}

// form is an object of Stripe's as it is written, with places between the parts where one differs from the other.
type form struct{ parts, places []string }

// formOf indents an object as Stripe does in a list. A place in a string is written $name$, that of a number "#name#".
func formOf(text string) form {
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "    ", "  "); err != nil {
		panic(err) // the texts are below
	}
	var f form
	for i, part := range strings.Split(strings.NewReplacer(`"#`, "$", `#"`, "$").Replace(indented.String()), "$") {
		if i%2 == 0 {
			f.parts = append(f.parts, part)
		} else {
			f.places = append(f.places, part)
		}
	}
	return f
}

func (f form) write(page []byte, fill func(page []byte, place string) []byte) []byte {
	for i, place := range f.places {
		page = fill(append(page, f.parts[i]...), place)
	}
	return append(page, f.parts[len(f.parts)-1]...)
}

// deal is a charge and what belongs to it, by its number.
type deal struct{ n int }

func (d deal) amount() int64  { return 500 + int64(mix(d.n)%50_000) }
func (d deal) fee() int64     { return d.amount()*14/1000 + 20 }
func (d deal) back() int64    { return d.amount() / 2 }
func (d deal) created() int64 { return now.Unix() - 20_000_000 + 7*int64(d.n) }

// fill writes what differs from one charge to the next.
func (d deal) fill(page []byte, place string) []byte {
	switch place {
	case "charge":
		return d.id(page, "ch_3", 1)
	case "source":
		return d.id(page, "src_1", 2)
	case "intent":
		return d.id(page, "pi_3", 3)
	case "method":
		return d.id(page, "pm_1", 4)
	case "movement":
		return d.id(page, "txn_3", 5)
	case "refund":
		return d.id(page, "re_3", 6)
	case "refund_movement":
		return d.id(page, "txn_3", 7)
	case "secret":
		return base62(base62(page, mix(d.n+8), 11), mix(d.n+9), 11)
	case "reference":
		return strconv.AppendInt(append(page, "EVT-"...), 1_000_000+int64(d.n), 10)
	case "amount":
		return strconv.AppendInt(page, d.amount(), 10)
	case "fee":
		return strconv.AppendInt(page, d.fee(), 10)
	case "net":
		return strconv.AppendInt(page, d.amount()-d.fee(), 10)
	case "back":
		return strconv.AppendInt(page, d.back(), 10)
	case "taken_back":
		return strconv.AppendInt(page, -d.back(), 10)
	case "created":
		return strconv.AppendInt(page, d.created(), 10)
	case "available":
		return strconv.AppendInt(page, d.created()+7*24*3600, 10)
	}
	panic("no place is called " + place)
}

// id is made like Stripe's: a part that grows with time, the account's part, and chance.
func (d deal) id(page []byte, prefix string, salt int) []byte {
	page = base62(append(page, prefix...), uint64(d.created())-1_300_000_000, 5)
	return base62(append(page, "JN5vQBdWEx"...), mix(d.n*8+salt), 8)
}

// base62 writes the last digits of a number.
func base62(page []byte, number uint64, digits int) []byte {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	from := len(page)
	for range digits {
		page = append(page, alphabet[number%62])
		number /= 62
	}
	for i, j := from, len(page)-1; i < j; i, j = i+1, j-1 {
		page[i], page[j] = page[j], page[i]
	}
	return page
}

// addCharge writes a charge: every other one of a Source, which it shows, and of a PaymentIntent, which it names.
func addCharge(page []byte, n int) []byte {
	return chargeForms[n%2].write(page, deal{n}.fill)
}

func addRefund(page []byte, n int) []byte { return refundForm.write(page, deal{n * 19}.fill) }

// addMovement: every twentieth is a refund's.
func addMovement(page []byte, n int) []byte {
	if n%20 == 19 {
		return refundMovementForm.write(page, deal{n / 20 * 19}.fill)
	}
	return movementForm.write(page, deal{n/20*19 + n%20}.fill)
}

// The objects, with every field that the API of 2023-10-16 shows of one paid by Alipay.
var (
	chargeForms = [2]form{
		formOf(strings.Replace(chargeText, `"?"`, `"payment_intent": null, "payment_method": "$source$", "source": `+sourceText, 1)),
		formOf(strings.Replace(chargeText, `"?"`, `"payment_intent": "$intent$", "payment_method": "$method$", "source": null`, 1)),
	}
	refundForm         = formOf(refundText)
	movementForm       = formOf(movementText)
	refundMovementForm = formOf(refundMovementText)
)

const chargeText = `{"id": "$charge$", "object": "charge", "amount": "#amount#", "amount_captured": "#amount#", "amount_refunded": 0,
"application": null, "application_fee": null, "application_fee_amount": null, "balance_transaction": "$movement$",
"billing_details": {"address": {"city": "Chengdu", "country": "CN", "line1": "天府大道 1268", "line2": null, "postal_code": "610041", "state": null},
"email": "payer-$reference$@example.com", "name": "Li Hua", "phone": null},
"calculated_statement_descriptor": null, "captured": true, "created": "#created#", "currency": "eur", "customer": null,
"description": "Ticket order $reference$", "destination": null, "dispute": null, "disputed": false, "failure_balance_transaction": null,
"failure_code": null, "failure_message": null, "fraud_details": {}, "invoice": null, "livemode": false,
"metadata": {"order_id": "$reference$", "shop": "tickets", "event": "Summer concert"}, "on_behalf_of": null, "order": null,
"outcome": {"network_status": "approved_by_network", "reason": null, "risk_level": "not_assessed", "seller_message": "Payment complete.", "type": "authorized"},
"paid": true, "?", "payment_method_details": {"alipay": {"buyer_id": null, "fingerprint": null, "transaction_id": "20$secret$"}, "type": "alipay"},
"radar_options": {}, "receipt_email": "payer-$reference$@example.com", "receipt_number": null,
"receipt_url": "https://pay.stripe.com/receipts/payment/CAcaFwoVYWNjdF8xT1BvdU1KTjV2UUJkV0V4$secret$$secret$",
"refunded": false, "review": null, "shipping": null, "source_transfer": null, "statement_descriptor": null,
"statement_descriptor_suffix": null, "status": "succeeded", "transfer_data": null, "transfer_group": null}`

const sourceText = `{"id": "$source$", "object": "source", "alipay": {"data_string": null, "native_url": null, "statement_descriptor": null},
"amount": "#amount#", "client_secret": "src_client_secret_$secret$", "created": "#created#", "currency": "eur", "flow": "redirect", "livemode": false,
"metadata": {"order_id": "$reference$"}, "owner": {"address": null, "email": "payer-$reference$@example.com", "name": "Li Hua", "phone": null,
"verified_address": null, "verified_email": null, "verified_name": null, "verified_phone": null},
"redirect": {"failure_reason": null, "return_url": "https://shop.example.com/return?order=$reference$", "status": "succeeded",
"url": "https://hooks.stripe.com/redirect/authenticate/$source$?client_secret=src_client_secret_$secret$"},
"statement_descriptor": null, "status": "consumed", "type": "alipay", "usage": "single_use"}`

const refundText = `{"id": "$refund$", "object": "refund", "amount": "#back#", "balance_transaction": "$refund_movement$", "charge": "$charge$",
"created": "#created#", "currency": "eur", "destination_details": {"alipay": {}, "type": "alipay"}, "metadata": {"order_id": "$reference$"},
"payment_intent": null, "reason": "requested_by_customer", "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded",
"transfer_reversal": null}`

const movementText = `{"id": "$movement$", "object": "balance_transaction", "amount": "#amount#", "available_on": "#available#", "created": "#created#",
"currency": "eur", "description": "Ticket order $reference$", "exchange_rate": null, "fee": "#fee#",
"fee_details": [{"amount": "#fee#", "application": null, "currency": "eur", "description": "Stripe processing fees", "type": "stripe_fee"}],
"net": "#net#", "reporting_category": "charge", "source": "$charge$", "status": "available", "type": "payment"}`

const refundMovementText = `{"id": "$refund_movement$", "object": "balance_transaction", "amount": "#taken_back#", "available_on": "#available#",
"created": "#created#", "currency": "eur", "description": "REFUND FOR CHARGE (Ticket order $reference$)", "exchange_rate": null, "fee": 0,
"fee_details": [], "net": "#taken_back#", "reporting_category": "refund", "source": "$refund$", "status": "available", "type": "payment_refund"}`
