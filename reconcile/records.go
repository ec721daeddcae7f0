package reconcile

import (
	"time"

	"tieout/reconcile/money"
)

// Feeds that the rules know by name: what is so only there. Other feeds need none.
const (
	FeedShop          = "shop"
	FeedStripe        = "stripe"
	FeedTrustPayments = "trustpayments"
)

// Key names one object of one feed; every write is keyed by it, so that a rerun changes nothing.
type Key struct {
	Feed    string // stripe, trustpayments, shop
	Account string // one set of credentials at a feed (a Trust Payments site reference, a Stripe account's name)
	Kind    string // the feed's own word: charge, auth, order
	ID      string // the feed's own id
}

// Compare orders keys by feed, account, kind and id, each by bytes.
func (k Key) Compare(other Key) int {
	return compareAll(k.Feed, other.Feed, k.Account, other.Account, k.Kind, other.Kind, k.ID, other.ID)
}

// Record is what one observation says in tieout's words: an Order, Source, SourceEvent, Payment, Refund, RefundRequest,
// Dispute, Movement, Payout, PayoutLine, Balance, or a Rejection when it cannot be read.
type Record interface {
	RecordKey() Key
}

// RecordKey returns the key; it is what makes the structs that embed Key records.
func (k Key) RecordKey() Key { return k }

// OrderStatus is the shop's word for an order, mapped to ours.
type OrderStatus string

// Statuses of an order.
const (
	OrderPending  OrderStatus = "pending"
	OrderPaid     OrderStatus = "paid"
	OrderCanceled OrderStatus = "canceled"
	OrderRefunded OrderStatus = "refunded" // paid, and the whole amount recorded as given back
)

// Order is the merchant's sale. Its reference is Key.ID. A time the shop does not tell is zero.
type Order struct {
	Key
	PaymentID  string // any provider's source or payment id that the shop stored, or empty
	Provider   string // feed name, or empty when the shop does not say
	Amount     money.Amount
	Status     OrderStatus
	CreatedAt  time.Time
	PaidAt     time.Time
	CanceledAt time.Time
	ChangedAt  time.Time
}

// SourceStatus is the state of what a customer authorises before money moves.
type SourceStatus string

// Statuses of a source (source document 001; a PaymentIntent is the same case with other words).
const (
	SourcePending    SourceStatus = "pending"    // waiting for the customer
	SourceChargeable SourceStatus = "chargeable" // authorised, not charged yet
	SourceConsumed   SourceStatus = "consumed"   // charged; a PaymentIntent that succeeded
	SourceCanceled   SourceStatus = "canceled"   // ran out or was canceled
	SourceFailed     SourceStatus = "failed"     // declined
)

// Kinds of source objects.
const (
	KindSource        = "source"
	KindPaymentIntent = "payment_intent"
)

// Source is a Stripe Source or PaymentIntent. Key.Kind tells which.
type Source struct {
	Key
	Reference  string // the order it names, or empty
	Amount     money.Amount
	Status     SourceStatus
	Declined   bool // its last attempt was declined (a PaymentIntent stays pending after one)
	Authorised bool // the provider says that the customer authorised it, now or before it ended
	InScope    bool // of a payment method that tieout was asked to look after
	CreatedAt  time.Time
}

// SourceEvent is a source.* event: the only place where the time of authorisation is told (stripe.md §1).
type SourceEvent struct {
	Key
	SourceID string
	Status   SourceStatus // the state that the event announces
	At       time.Time
}

// PaymentStatus is what became of money that was asked for.
type PaymentStatus string

// Statuses of a payment. Only PaymentSucceeded is money taken.
const (
	PaymentPending   PaymentStatus = "pending"   // charge pending; AUTH at settlestatus 0, 1 or 10
	PaymentSuspended PaymentStatus = "suspended" // AUTH at settlestatus 2
	PaymentSucceeded PaymentStatus = "succeeded" // charge succeeded; AUTH at settlestatus 100
	PaymentCanceled  PaymentStatus = "canceled"  // AUTH at settlestatus 3: rarely, it becomes 100 later (source document 002)
	PaymentFailed    PaymentStatus = "failed"    // charge failed; AUTH with an errorcode other than 0
)

// Payment is money taken, or an attempt to take it: a Stripe charge or a Trust Payments AUTH.
type Payment struct {
	Key
	SourceID     string // the source or PaymentIntent that it charges, or empty
	Reference    string // the order it names, or empty; at Trust Payments perhaps cut to 25 characters
	Amount       money.Amount
	Status       PaymentStatus
	SettleStatus string // Trust Payments' own number, or empty
	InScope      bool
	CreatedAt    time.Time // charge creation, AUTH start: windows and ages count from here
	SucceededAt  time.Time // when the money was taken; CreatedAt where the provider does not tell
}

// RefundStatus is the state of money on its way back.
type RefundStatus string

// Statuses of a refund.
const (
	RefundPending   RefundStatus = "pending"
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"
	RefundCanceled  RefundStatus = "canceled"
)

// Refund is money given back at the provider.
type Refund struct {
	Key
	PaymentID string // charge or AUTH
	Reference string // the order it names, or empty
	Amount    money.Amount
	Status    RefundStatus
	Reason    string // why it failed, in the provider's words
	CreatedAt time.Time
}

// RequestStatus is the shop's word for a refund it asked for or made, mapped to ours.
type RequestStatus string

// Statuses of a refund request.
const (
	RequestOpen     RequestStatus = "requested"
	RequestDone     RequestStatus = "done"
	RequestRejected RequestStatus = "rejected" // records nothing
)

// RefundRequest is one row of the shop's refunds: asked for (open) or recorded (done).
type RefundRequest struct {
	Key
	OrderReference string
	Amount         money.Amount
	Status         RequestStatus
	RequestedAt    time.Time
	DoneAt         time.Time
}

// DisputeStatus is the state of a dispute.
type DisputeStatus string

// Statuses of a dispute. Anything the provider calls otherwise is read as open: a person should look.
const (
	DisputeOpen          DisputeStatus = "open"
	DisputeWon           DisputeStatus = "won"
	DisputeLost          DisputeStatus = "lost" // the money went back to the customer
	DisputeWarningClosed DisputeStatus = "warning_closed"
)

// Dispute is a customer's complaint that the provider has opened.
type Dispute struct {
	Key
	PaymentID     string
	Amount        money.Amount
	Status        DisputeStatus
	CreatedAt     time.Time
	EvidenceDueAt time.Time
}

// Movement is one line of a provider's balance, in the currency that it settles in.
type Movement struct {
	Key
	ObjectID    string // the charge, refund, dispute or payout that moved the balance, or empty
	Category    string // Stripe's reporting_category
	Gross       money.Amount
	Fee         money.Amount
	Net         money.Amount
	CreatedAt   time.Time
	AvailableAt time.Time
}

// PayoutStatus is the state of money leaving the provider for the bank.
type PayoutStatus string

// Statuses of a payout. Paid is not final: it may become failed (stripe.md §4).
const (
	PayoutPending  PayoutStatus = "pending"
	PayoutPaid     PayoutStatus = "paid"
	PayoutFailed   PayoutStatus = "failed"
	PayoutCanceled PayoutStatus = "canceled"
)

// Payout is money leaving the provider for the bank.
type Payout struct {
	Key
	Amount    money.Amount
	Status    PayoutStatus
	Automatic bool   // only automatic payouts can be itemised
	Itemised  bool   // its reconciliation is completed: its lines are all there
	Reason    string // why it failed
	CreatedAt time.Time
	ArrivalAt time.Time
}

// PayoutLine says that a movement was paid out by a payout. Its key's id is the movement's.
type PayoutLine struct {
	Key
	PayoutID string
	Category string
	Net      money.Amount
}

// Balance is what a provider says that an account holds in one currency.
type Balance struct {
	Key
	Stated money.Amount // all that was moved before At: available or pending, negative when the account owes
	At     time.Time    // to the second, as movements are
}

// Rejection is an observation that could not be read. What it named is kept, so that nothing is concluded about that
// order: not "missing", not "cancel it".
type Rejection struct {
	Key
	Reason    string // what is wrong, in a sentence: unknown settlestatus "77"
	Reference string // the order it names, as far as it could be read
	LinkedID  string // the source, PaymentIntent or payment it names
}

// Window is a half-open stretch of time: From is in it, To is not.
type Window struct {
	From time.Time
	To   time.Time
}

// Contains reports whether t lies in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// Empty reports whether no instant lies in the window.
func (w Window) Empty() bool { return !w.From.Before(w.To) }
