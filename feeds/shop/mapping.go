package shop

import "tieout/reconcile"

// Kinds of the objects that the shop shows.
const (
	KindOrder         = "order"          // id: the reference
	KindRefundRequest = "refund_request" // id: the shop's id of the refund
)

// Mapping says where a shop keeps its orders and what its words mean. It is feeds.shop of the configuration.
type Mapping struct {
	Account   string // names the shop in natural keys (design §3)
	Table     string // table or view, optionally with its schema
	Columns   Columns
	Statuses  Statuses
	Currency  string            // ISO 4217 code of rows that have none of their own; empty: each row has one
	Providers map[string]string // the shop's word, in any case → feed
	Refunds   *Refunds          // nil: only the status "refunded" records a refund (design §5, "Refunds here")
}

// Columns are names of columns in the shop's table; an empty one is not mapped.
type Columns struct {
	Reference   string
	Payment     string // any provider's id of the order's source or payment
	Provider    string
	AmountMinor string // whole minor units; either this or Amount
	Amount      string // decimal major units
	Currency    string
	Status      string
	Created     string
	Paid        string
	Canceled    string
	Changed     string // tells which rows to read again; without it all rows are
	Email       string // read by Contact alone
}

// Statuses lists the shop's words for each state of an order, compared byte for byte.
type Statuses struct {
	Pending  []string
	Paid     []string
	Canceled []string // the first is what Cancel writes
	Refunded []string
}

// Refunds is a table in which each row is a refund that the shop asked for or recorded, in the database of the orders.
type Refunds struct {
	Table    string
	Columns  RefundColumns
	Statuses RefundStatuses
}

// RefundColumns are names of columns in the shop's table of refunds; an empty one is not mapped.
type RefundColumns struct {
	ID          string
	Reference   string
	AmountMinor string
	Amount      string
	Currency    string
	Status      string
	Requested   string
	Done        string
}

// RefundStatuses lists the shop's words for each state of a refund.
type RefundStatuses struct {
	Requested []string
	Done      []string
	Rejected  []string // records nothing
}

// The keys of an observation's body, of the configuration's columns, and of an imported file's header.
const (
	keyID          = "id"
	keyReference   = "reference"
	keyPayment     = "payment"
	keyProvider    = "provider"
	keyAmountMinor = "amount_minor"
	keyAmount      = "amount"
	keyCurrency    = "currency"
	keyStatus      = "status"
	keyCreated     = "created"
	keyPaid        = "paid"
	keyCanceled    = "canceled"
	keyChanged     = "changed"
	keyRequested   = "requested"
	keyDone        = "done"
	keyRows        = "rows" // only in the body of a reference that stands in several rows: how many
)

// field is one column that is read into an observation.
type field struct {
	key    string
	column string // empty: not mapped
	isTime bool
}

// fields are the columns that are read, whether mapped or not. Email is not among them, on purpose: what is not read
// cannot be stored.
func (c Columns) fields() []field {
	return []field{
		{key: keyReference, column: c.Reference},
		{key: keyPayment, column: c.Payment},
		{key: keyProvider, column: c.Provider},
		{key: keyAmountMinor, column: c.AmountMinor},
		{key: keyAmount, column: c.Amount},
		{key: keyCurrency, column: c.Currency},
		{key: keyStatus, column: c.Status},
		{key: keyCreated, column: c.Created, isTime: true},
		{key: keyPaid, column: c.Paid, isTime: true},
		{key: keyCanceled, column: c.Canceled, isTime: true},
		{key: keyChanged, column: c.Changed, isTime: true},
	}
}

func (c RefundColumns) fields() []field {
	return []field{
		{key: keyID, column: c.ID},
		{key: keyReference, column: c.Reference},
		{key: keyAmountMinor, column: c.AmountMinor},
		{key: keyAmount, column: c.Amount},
		{key: keyCurrency, column: c.Currency},
		{key: keyStatus, column: c.Status},
		{key: keyRequested, column: c.Requested, isTime: true},
		{key: keyDone, column: c.Done, isTime: true},
	}
}

func mapped(fields []field) []field {
	var kept []field
	for _, f := range fields {
		if f.column != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// words maps each of the shop's words to our status.
func (s Statuses) words() map[string]reconcile.OrderStatus {
	words := map[string]reconcile.OrderStatus{}
	put(words, s.Pending, reconcile.OrderPending)
	put(words, s.Paid, reconcile.OrderPaid)
	put(words, s.Canceled, reconcile.OrderCanceled)
	put(words, s.Refunded, reconcile.OrderRefunded)
	return words
}

func (s RefundStatuses) words() map[string]reconcile.RequestStatus {
	words := map[string]reconcile.RequestStatus{}
	put(words, s.Requested, reconcile.RequestOpen)
	put(words, s.Done, reconcile.RequestDone)
	put(words, s.Rejected, reconcile.RequestRejected)
	return words
}

func put[Status any](words map[string]Status, from []string, to Status) {
	for _, word := range from {
		words[word] = to
	}
}
