package reconcile

import (
	"time"

	"tieout/reconcile/money"
)

// Outcome is what a case comes to. Every case has exactly one.
type Outcome string

// Outcomes of a case.
const (
	Matched    Outcome = "matched"      // money was taken and shop and provider agree on it
	Closed     Outcome = "closed"       // no money was taken and none is expected, as for an order over nothing
	Waiting    Outcome = "waiting"      // inside its grace, or nothing to compare yet: not an exception
	Excepted   Outcome = "excepted"     // at least one exception
	OutOfScope Outcome = "out of scope" // of a payment method or provider that tieout was not asked to look after
)

// Rule is how a payment was linked to its order, strongest first.
type Rule string

// Rules that link a payment to an order (issue 2, item 7). Amounts never link.
const (
	RuleStoredID  Rule = "stored id"           // the order stores the payment's or its source's id
	RuleReference Rule = "reference"           // the payment names the order
	RuleSource    Rule = "source's reference"  // the payment's source names the order
	RuleTruncated Rule = "truncated reference" // the first 25 characters fit, and fit no other order
)

// Verdict is the judgement of one case.
type Verdict struct {
	CaseKey        string
	OrderReference string // the shop's, or what the provider carried, or empty
	Outcome        Outcome
	Reason         string // one sentence for people
	Rule           Rule   // how Payment was linked, or empty
	Payment        Key    // the payment that stands for the order, or zero
	Order          money.Amount
	Paid           money.Amount // successful payments before refunds; of Payment's currency
	Refunded       money.Amount // refunds that succeeded
	PaidAt         time.Time
	Cancel         *Cancel // the order should be canceled, or nil
	Owed           []Owed
	Exceptions     []Exception
	NextReview     time.Time // the first instant at which time alone would change the answer; zero: never
	CoverageBound  bool      // the answer rests on how far the feeds were read, and is given anew in every run
	Cluster        string    // of the facts that it was judged from
}

// Cancel is the reason and the evidence for canceling an open order.
type Cancel struct {
	Reason   string
	Evidence []Evidence
}

// Evidence is one fact that a cancel rests on.
type Evidence struct {
	Object Key
	Status string
	At     time.Time // when it was created
}

// OwedWhy says why money must go back.
type OwedWhy string

// Why money is owed back.
const (
	OwedRequested   OwedWhy = "refund requested"
	OwedDuplicate   OwedWhy = "duplicate payment"
	OwedAfterCancel OwedWhy = "paid after cancel"
)

// Decision is what the refunds job says of money owed back.
type Decision string

// Decisions on money owed back. Only a request is approved or rejected; what is owed without one is left to a person.
const (
	DecisionApproved Decision = "approved"
	DecisionRejected Decision = "rejected"
	DecisionPerson   Decision = "needs a person"
)

// Owed is money that must go back to a customer: one row per payment and request.
type Owed struct {
	Payment      Key
	RequestID    string // the shop's refund id, or empty when nobody asked
	Amount       money.Amount
	Why          OwedWhy
	AskedAt      time.Time // zero when nobody asked
	WindowEndsAt time.Time
	Decision     Decision
	Reason       string
}

// Coverage says for which time an account of a feed has been shown to us completely. Absence is judged only inside it:
// "the provider does not have it" needs a complete fetch.
type Coverage struct {
	Feed     string
	Account  string
	Complete Window // zero when no fetch was ever complete
	Reason   string // why the last fetch was incomplete, or empty
}

// Facts are what the store holds on some orders and everything that could belong to them, in any order.
type Facts struct {
	Orders     []Order
	Sources    []Source
	Events     []SourceEvent
	Payments   []Payment
	Refunds    []Refund
	Requests   []RefundRequest
	Disputes   []Dispute
	Rejections []Rejection
}
