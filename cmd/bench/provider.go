package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	answerTime = 200 * time.Millisecond // how long a page of charges takes
	aPage      = 100                    // the most charges on one
	month      = 30 * 24 * time.Hour
)

// provider stands in for Stripe on real HTTP: a month's charges, listed newest first, of which a page takes a fifth of a
// second, and so many requests a second are allowed. More are answered with 429. All other lists are empty, and answered at
// once.
type provider struct {
	created []int64 // Unix seconds, ascending: charge number i
	allowed *rate.Limiter
	pages   atomic.Int64 // answered
	refused atomic.Int64
}

// newProvider has so many charges. Half a second's requests may come as a burst.
func newProvider(charges, perSecond int) *provider {
	return &provider{created: skewed(charges), allowed: rate.NewLimiter(rate.Limit(perSecond), perSecond/2)}
}

// skewed spreads charges over a month that ends now: four in ten come in the two hours after each of three sales began, two in ten in
// the rest of those days, and four in ten evenly, with nights in which a tenth of a day's are made.
func skewed(charges int) []int64 {
	const hour, day = int64(3600), int64(24 * 3600)
	from := now.Add(-month).Unix()
	created := make([]int64, charges)
	for i := range created {
		chance := mix(i)
		sale := []int64{4, 13, 24}[chance>>8%3] * day
		second := int64(mix(i + 1_000_000_000))
		second &= 1<<62 - 1
		switch chance % 10 {
		case 0, 1, 2, 3:
			created[i] = from + sale + 10*hour + second%(2*hour)
		case 4, 5:
			created[i] = from + sale + second%day
		case 6:
			created[i] = from + second%int64(month/time.Second)
		default:
			created[i] = from + second%30*day + 8*hour + second/30%(14*hour)
		}
	}
	slices.Sort(created)
	return created
}

// serve listens on a port of its own, prints its address, and answers until standard input ends; then it prints what it did.
// It runs in a process of its own: the memory of one that starts another counts as the other's.
func (p *provider) serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: p}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	fmt.Printf("%d pages answered, %d requests refused\n", p.pages.Load(), p.refused.Load())
	return nil
}

// ServeHTTP answers a list of charges, or an empty one.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/v1/charges":
	case "/v1/balance":
		fmt.Fprint(w, `{"object":"balance","livemode":false,"available":[],"pending":[]}`)
		return
	default:
		fmt.Fprint(w, `{"object":"list","data":[],"has_more":false}`)
		return
	}
	if !p.allowed.Allow() {
		p.refused.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests"}}`)
		return
	}
	p.pages.Add(1)
	answer := p.page(r)
	time.Sleep(answerTime)
	_, _ = w.Write(answer) // whoever has gone away has been told of it
}

// page lists the charges made in [gte, lt), from the newest, or from the one before starting_after.
func (p *provider) page(r *http.Request) []byte {
	bound := func(name string, otherwise int64) int {
		if at, err := strconv.ParseInt(r.FormValue(name), 10, 64); err == nil {
			otherwise = at
		}
		return sort.Search(len(p.created), func(i int) bool { return p.created[i] >= otherwise })
	}
	first, last := bound("created[gte]", 0), bound("created[lt]", 1<<62)
	if number, err := strconv.Atoi(strings.TrimPrefix(r.FormValue("starting_after"), chargePrefix)); err == nil {
		last = min(last, number)
	}
	next := max(first, last-aPage)
	body := []byte(`{"object":"list","url":"/v1/charges","data":[`)
	for i := last - 1; i >= next; i-- {
		body = p.appendCharge(body, i)
		if i > next {
			body = append(body, ',')
		}
	}
	return fmt.Appendf(body, `],"has_more":%t}`, next > first)
}

const chargePrefix = "ch_bench_"

// appendCharge writes a charge as Stripe shows one that Alipay paid.
func (p *provider) appendCharge(body []byte, i int) []byte {
	amount := 500 + mix(i+7)%50_000
	return fmt.Appendf(body, `{"id":"%[1]s%09[2]d","object":"charge","amount":%[3]d,"amount_captured":%[3]d,"amount_refunded":0,"application":null,`+
		`"application_fee":null,"balance_transaction":"txn_%016[4]x","billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,`+
		`"postal_code":null,"state":null},"email":"buyer%[2]d@example.com","name":"Buyer %[2]d","phone":null},"calculated_statement_descriptor":null,"captured":true,`+
		`"created":%[5]d,"currency":"eur","customer":null,"description":null,"disputed":false,"failure_balance_transaction":null,"failure_code":null,`+
		`"failure_message":null,"fraud_details":{},"invoice":null,"livemode":false,"metadata":{"order_id":"EVT-%09[2]d"},"on_behalf_of":null,"order":null,`+
		`"outcome":{"network_status":"approved_by_network","reason":null,"risk_level":"not_assessed","seller_message":"Payment complete.","type":"authorized"},`+
		`"paid":true,"payment_intent":null,"payment_method":"src_%016[4]x","payment_method_details":{"alipay":{"buyer_id":"2088%012[2]d","fingerprint":null,`+
		`"transaction_id":"%016[4]x"},"type":"alipay"},"receipt_email":null,"receipt_number":null,"receipt_url":"https://pay.example.com/receipts/%016[4]x",`+
		`"refunded":false,"review":null,"shipping":null,"source":{"id":"src_%016[4]x","object":"source","amount":%[3]d,"created":%[5]d,"currency":"eur","flow":"redirect",`+
		`"livemode":false,"metadata":{"order_id":"EVT-%09[2]d"},"owner":{"email":null,"name":"Buyer %[2]d"},"redirect":{"failure_reason":null,"status":"succeeded"},`+
		`"statement_descriptor":null,"status":"consumed","type":"alipay","usage":"single_use"},"source_transfer":null,"statement_descriptor":null,`+
		`"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}`,
		chargePrefix, i, amount, mix(i+3), p.created[i])
}
