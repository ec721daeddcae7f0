package main

import (
	"fmt"
	"iter"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// block is how many orders make up a world's smallest part, in which every story is told as often as its share says.
const block = 1000

// story is what happened to an order.
type story int

const (
	plain    story = iota // paid, and both sides agree
	missing               // paid in the shop, and no payment
	open                  // pending in the shop, and nobody has paid yet
	settling              // paid in the shop, authorised at Trust Payments and not settled yet
	wrong                 // paid, by another amount
	doubled               // paid twice
	refunded              // paid, and a part was given back and recorded
)

// Where the places of each story begin in a block, after 2 % that are missing: 1 % wrong, 0.5 % doubled, 3 % refunded, and 1 % that a day's
// increment may move on. The rest is plain.
const (
	firstOpen     = 20
	firstSettling = 25
	firstWrong    = 30
	firstDoubled  = 40
	firstRefunded = 45
	firstPlain    = 75
)

// strays are the payments without an order beside each block: as many as there are orders without a payment. With the
// second payments of doubled orders, and without those of open ones, there are as many payments as orders.
const strays = 20

// A day's increment, for each block. The old orders that it moves on are other ones in each of the days.
const (
	newOrders = 7                         // orders with their payments
	movedOn   = 1                         // of each kind: an open order paid, an authorised payment settled, a plain order partly refunded
	maxDays   = firstSettling - firstOpen // then the open orders are used up
	maxRounds = maxDays - 2               // a day each, one more, and odd
)

// now is when the worlds are first judged; their days' increments are judged a day later.
var now = time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)

// world makes the facts of a number of orders, each from its number alone: no memory is needed for the rest.
type world struct{ orders int }

func (w world) blocks() int { return w.orders / block }

func storyOf(n int) story {
	switch place := n % block; {
	case place < firstOpen:
		return missing
	case place < firstSettling:
		return open
	case place < firstWrong:
		return settling
	case place < firstDoubled:
		return wrong
	case place < firstRefunded:
		return doubled
	case place < firstPlain:
		return refunded
	default:
		return plain
	}
}

// cases is how many cases there are at first: orders, then stray payments.
func (w world) cases() int { return w.orders + w.blocks()*strays }

// facts are those of one case.
func (w world) facts(n int) reconcile.Facts {
	if n >= w.orders {
		return stray(n - w.orders)
	}
	return teller{n: n, created: createdAt(n)}.tell(storyOf(n))
}

// increment lists the facts that are new or changed on a day: 1 is the first.
func (w world) increment(day int) iter.Seq[reconcile.Facts] {
	return func(yield func(reconcile.Facts) bool) {
		for b := range w.blocks() {
			for i := range newOrders {
				n := w.orders + ((day-1)*w.blocks()+b)*newOrders + i
				created := now.Add(time.Duration(mix(n)%(20*3600)) * time.Second)
				if !yield(teller{n: n, created: created}.tell(plain)) {
					return
				}
			}
			at := b*block + day - 1
			if !yield(paid(at+firstOpen)) || !yield(settled(at+firstSettling)) || !yield(givenBack(at+firstPlain)) {
				return
			}
		}
	}
}

// paid is an open order for which the customer pays after all.
func paid(n int) reconcile.Facts {
	return teller{n: n, created: createdAt(n), paid: now.Add(time.Hour)}.tell(plain)
}

// settled is an authorised payment that now is money.
func settled(n int) reconcile.Facts {
	f := teller{n: n, created: createdAt(n)}.tell(settling)
	f.Payments[0].Status, f.Payments[0].SettleStatus = reconcile.PaymentSucceeded, "100"
	return reconcile.Facts{Payments: f.Payments}
}

// givenBack is a plain order of which a part is given back.
func givenBack(n int) reconcile.Facts {
	t := teller{n: n, created: createdAt(n), back: now.Add(time.Hour)}
	f := t.tell(refunded)
	return reconcile.Facts{Refunds: f.Refunds, Requests: f.Requests}
}

// createdAt spreads orders over sixty days, so that none is inside a grace or near the end of its refund window. What is
// settling is a few days old and not overdue.
func createdAt(n int) time.Time {
	if storyOf(n) == settling {
		return now.Add(-24*time.Hour - time.Duration(mix(n)%(72*3600))*time.Second)
	}
	return now.Add(-48*time.Hour - time.Duration(mix(n)%(60*24*3600))*time.Second)
}

// teller tells the story of one order. Times that are not given follow from when it was created.
type teller struct {
	n                   int
	created, paid, back time.Time
}

func (t teller) tell(s story) reconcile.Facts {
	f := reconcile.Facts{Orders: []reconcile.Order{t.order(s)}}
	if s != missing && s != open {
		t.pay(&f, s, t.n)
	}
	switch s {
	case doubled:
		t.pay(&f, s, t.n+1_000_000_000)
	case settling:
		f.Payments[0].Status, f.Payments[0].SettleStatus = reconcile.PaymentPending, "10"
	case wrong:
		f.Payments[0].Amount.Minor += 100
	case refunded:
		t.giveBack(&f)
	}
	return f
}

func (t teller) reference() string { return fmt.Sprintf("EVT-%09d", t.n) }

func (t teller) paidAt() time.Time {
	if t.paid.IsZero() {
		return t.created.Add(3 * time.Minute)
	}
	return t.paid
}

func (t teller) amount() money.Amount {
	currency := "EUR"
	if mix(t.n)%8 == 0 {
		currency = "GBP"
	}
	return money.Amount{Minor: 500 + int64(mix(t.n+1)%50_000), Currency: currency}
}

// provider: six of ten payments are Stripe's.
func (t teller) provider(s story) string {
	if s == settling || mix(t.n+2)%10 >= 6 {
		return reconcile.FeedTrustPayments
	}
	return reconcile.FeedStripe
}

// order: four of five shops' rows hold the payment's id; the other payments are found by the reference that they carry.
func (t teller) order(s story) reconcile.Order {
	o := reconcile.Order{
		Key:      reconcile.Key{Feed: reconcile.FeedShop, Account: shopAccount, Kind: "order", ID: t.reference()},
		Provider: t.provider(s), Amount: t.amount(), Status: reconcile.OrderPending, CreatedAt: t.created, ChangedAt: t.created,
	}
	if s == open {
		return o
	}
	o.Status, o.PaidAt, o.ChangedAt = reconcile.OrderPaid, t.paidAt(), t.paidAt()
	if mix(t.n+3)%5 > 0 {
		o.PaymentID = paymentKey(o.Provider, t.n).ID
	}
	return o
}

// pay adds a payment, and its source at Stripe. id tells two payments of one order apart.
func (t teller) pay(f *reconcile.Facts, s story, id int) {
	p := payment(t.provider(s), id, t.reference(), t.amount(), t.paidAt())
	f.Payments = append(f.Payments, p)
	if p.Feed == reconcile.FeedStripe {
		f.Sources = append(f.Sources, sourceOf(p))
	}
}

// giveBack refunds half. Stripe's refund names the charge alone, Trust Payments' the order too.
func (t teller) giveBack(f *reconcile.Facts) {
	p, back := f.Payments[0], t.back
	if back.IsZero() {
		back = t.paidAt().Add(24 * time.Hour)
	}
	half := money.Amount{Minor: p.Amount.Minor / 2, Currency: p.Amount.Currency}
	refund := reconcile.Refund{
		Key:       reconcile.Key{Feed: p.Feed, Account: p.Account, Kind: "refund", ID: "re_" + p.ID},
		PaymentID: p.ID, Amount: half, Status: reconcile.RefundSucceeded, CreatedAt: back,
	}
	if p.Feed == reconcile.FeedTrustPayments {
		refund.Reference = p.Reference
	}
	f.Refunds = append(f.Refunds, refund)
	f.Requests = append(f.Requests, reconcile.RefundRequest{
		Key:            reconcile.Key{Feed: reconcile.FeedShop, Account: shopAccount, Kind: "refund_request", ID: fmt.Sprintf("R-%09d", t.n)},
		OrderReference: t.reference(), Amount: half, Status: reconcile.RequestDone, RequestedAt: back, DoneAt: back.Add(time.Minute),
	})
}

// stray is a payment that names an order which the shop does not have.
func stray(n int) reconcile.Facts {
	t := teller{n: n}
	p := payment(t.provider(plain), n+2_000_000_000, fmt.Sprintf("LOST-%09d", n), t.amount(), createdAt(n*block+firstPlain))
	f := reconcile.Facts{Payments: []reconcile.Payment{p}}
	if p.Feed == reconcile.FeedStripe {
		f.Sources = append(f.Sources, sourceOf(p))
	}
	return f
}

func payment(feed string, id int, reference string, amount money.Amount, at time.Time) reconcile.Payment {
	p := reconcile.Payment{
		Key: paymentKey(feed, id), Reference: reference, Amount: amount, Status: reconcile.PaymentSucceeded, InScope: true,
		CreatedAt: at, SucceededAt: at,
	}
	if feed == reconcile.FeedStripe {
		p.SourceID = fmt.Sprintf("src_%016x%08x", mix(id+1), id)
	} else {
		p.SettleStatus = "100"
	}
	return p
}

func paymentKey(feed string, id int) reconcile.Key {
	if feed == reconcile.FeedStripe {
		return reconcile.Key{Feed: feed, Account: stripeAccount, Kind: "charge", ID: fmt.Sprintf("ch_%016x%08x", mix(id), id)}
	}
	return reconcile.Key{Feed: feed, Account: site, Kind: "auth", ID: fmt.Sprintf("57-%d-%d", mix(id)%100_000, id)}
}

func sourceOf(p reconcile.Payment) reconcile.Source {
	return reconcile.Source{
		Key:       reconcile.Key{Feed: p.Feed, Account: p.Account, Kind: reconcile.KindSource, ID: p.SourceID},
		Reference: p.Reference, Amount: p.Amount, Status: reconcile.SourceConsumed, Authorised: true, InScope: true, CreatedAt: p.CreatedAt.Add(-time.Minute),
	}
}

// mix makes numbers that look like chance, and are the same each time (SplitMix64).
func mix(n int) uint64 {
	x := uint64(n)*0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// shuffled lists the numbers below n, each once, in an order without a pattern: multiples modulo a prime.
func shuffled(n int, seed uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		p := primeAbove(uint64(n))
		step := seed%(p-1) + 1
		for at, left := step, p-1; left > 0; at, left = (at+step)%p, left-1 {
			if i := int(at - 1); i < n && !yield(i) {
				return
			}
		}
	}
}

// inOrder lists the numbers below n.
func inOrder(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func primeAbove(n uint64) uint64 {
	for p := n + 1; ; p++ {
		prime := p > 1
		for d := uint64(2); d*d <= p && prime; d++ {
			prime = p%d != 0
		}
		if prime {
			return p
		}
	}
}
