package reconcile

import (
	"errors"
	"time"

	"tieout/reconcile/money"
)

// Judgement is what one piece of judging wants kept: in one transaction, or not at all.
type Judgement struct {
	RunID      int64
	At         time.Time
	Fresh      []Verdict         // of cases that have none
	Changed    []Verdict         // of cases that have another one
	Gone       []GoneCase        // cases that are no more
	Exceptions []ExceptionRecord // those that changed
	Changes    []ExceptionChange

	bench *bench
}

// GoneCase is a case that its cluster no longer makes. Another cluster may make it now.
type GoneCase struct{ Cluster, CaseKey string }

// Reset makes an empty judgement of it, and keeps the memory of the lists that were made use of.
func (j *Judgement) Reset(runID int64, at time.Time) {
	*j = Judgement{
		RunID: runID, At: at, Fresh: emptied(j.Fresh), Changed: emptied(j.Changed), Gone: emptied(j.Gone),
		Exceptions: emptied(j.Exceptions), Changes: emptied(j.Changes), bench: j.bench,
	}
}

// emptied lets go of memory of which less than half was used: a run may first find thousands that changed and then thousands that are new.
func emptied[E any](list []E) []E {
	if len(list) < cap(list)/2 {
		return nil
	}
	return list[:0]
}

// Size is about how much there is to write: a verdict counts once, an exception with its explanation and its change eight times.
func (j *Judgement) Size() int {
	return len(j.Fresh) + len(j.Changed) + len(j.Gone) + 8*len(j.Exceptions)
}

// Empty reports whether there is nothing to keep.
func (j *Judgement) Empty() bool {
	return j.Size()+len(j.Changes) == 0
}

// Progress tells how far the judging has come.
type Progress struct {
	Change   int64     // the number of the last change to what is held
	Judged   int64     // the last change that was judged
	JudgedAt time.Time // the instant that stood for now when it was; zero: never
	Basis    string    // what the judging rested on besides the facts: the same as long as earlier verdicts still hold
}

// ExceptionChange is one step in the life of an exception.
type ExceptionChange struct {
	ID       string // of the exception
	At       time.Time
	Who      string
	From, To ExceptionStatus // From is empty for a new one
	Reason   string
	Note     string
	RunID    int64 // 0: by a person
}

// ErrAlreadyCanceled is returned where an order is to be canceled that tieout has canceled once: somebody opened it again,
// and that is a person's decision.
var ErrAlreadyCanceled = errors.New("already canceled by tieout")

// CancelOutcome is how an attempt to cancel an order ended.
type CancelOutcome string

// How an attempt to cancel an order ended.
const (
	CancelIntent   CancelOutcome = "intent"    // begun; nothing is known of its end
	CancelDone     CancelOutcome = "canceled"  // the shop's row changed
	CancelLostRace CancelOutcome = "lost race" // the order was no longer pending
	CancelRefused  CancelOutcome = "refused"   // the last look found a reason not to
)

// Cancellation is one order that tieout canceled, or tried to, with the evidence it acted on.
type Cancellation struct {
	OrderReference string
	RunID          int64
	Reason         string
	Evidence       []Evidence
	IntentAt       time.Time
	Outcome        CancelOutcome
	OutcomeAt      time.Time
	Detail         string
}

// Message waits in the outbox for whatever sends mail to customers.
type Message struct {
	Kind           string // MessageOrderCanceled
	OrderReference string
	Recipient      string // empty when the shop maps no e-mail column
	Subject        string
	Body           string
	CreatedAt      time.Time
	SentAt         time.Time // zero: waiting
}

// MessageOrderCanceled tells a customer that the order was canceled and no money was taken.
const MessageOrderCanceled = "order_canceled"

// RefundIntentState is how far a refund at a provider has come.
type RefundIntentState string

// How far a refund at a provider has come.
const (
	RefundIntended RefundIntentState = "intent"
	RefundMade     RefundIntentState = "made"
	RefundRefused  RefundIntentState = "refused"
	RefundUnknown  RefundIntentState = "unknown"
)

// RefundIntent is written before a refund is sent, and says afterwards what became of it.
type RefundIntent struct {
	IdempotencyKey string
	Payment        Key
	RequestID      string
	Amount         money.Amount
	State          RefundIntentState
	RefundID       string
	Reason         string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// OwedRow is money owed back with its case and, when a refund was tried, how that stands.
type OwedRow struct {
	Owed
	CaseKey        string
	OrderReference string
	IntentState    RefundIntentState // empty: none tried
	RefundID       string
}

// RunStatus is how a run or a step of it ended.
type RunStatus string

// How a run or a step ended.
const (
	RunRunning RunStatus = "running"
	RunDone    RunStatus = "done"
	RunFailed  RunStatus = "failed"
	RunStopped RunStatus = "stopped" // told to stop, between two units of work
)

// Run is one run of some jobs.
type Run struct {
	ID        int64
	StartedAt time.Time
	EndedAt   time.Time
	AsOf      time.Time
	Jobs      []string
	Status    RunStatus
	Error     string
}

// Step is one job's part in a run. Read = Stored + Unchanged + OtherMode for a fetch; Rejected are among the stored and
// unchanged.
type Step struct {
	Name      string
	StartedAt time.Time
	EndedAt   time.Time
	Status    RunStatus
	Read      int
	Stored    int
	Unchanged int
	Rejected  int
	OtherMode int
	Judged    int // cases; what follows counts their outcomes
	Matched   int
	Waiting   int
	Excepted  int
	Acted     int // orders canceled, refunds made, files written
	Refused   int // actions that the last look or the provider refused
	Error     string
}

// DeliveryState is how far a delivery has come.
type DeliveryState string

// How far a delivery has come.
const (
	DeliveryIntended DeliveryState = "intent"
	DeliveryDone     DeliveryState = "done"
	DeliveryFailed   DeliveryState = "failed"  // it did not arrive
	DeliveryUnknown  DeliveryState = "unknown" // it may have arrived
)

// Delivery is one report brought to one place.
type Delivery struct {
	Report     string // names the content: the same report, written again, is the same
	Carrier    string
	FinanceDay string
	State      DeliveryState
	Detail     string // what went wrong
	RunID      int64
	BegunAt    time.Time
	EndedAt    time.Time
}
