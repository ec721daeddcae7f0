package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// Code is one of the closed list of exceptions (design §5).
type Code string

// The exceptions, in the order of design §5.
const (
	MissingAtProvider       Code = "MISSING_AT_PROVIDER"
	MissingOrder            Code = "MISSING_ORDER"
	AmountMismatch          Code = "AMOUNT_MISMATCH"
	CurrencyMismatch        Code = "CURRENCY_MISMATCH"
	DuplicatePayment        Code = "DUPLICATE_PAYMENT"
	PaidNotRecorded         Code = "PAID_NOT_RECORDED"
	PaidAfterCancel         Code = "PAID_AFTER_CANCEL"
	AuthorisedNotCharged    Code = "AUTHORISED_NOT_CHARGED"
	AuthorisationLost       Code = "AUTHORISATION_LOST"
	SettlementOverdue       Code = "SETTLEMENT_OVERDUE"
	SettlementSuspended     Code = "SETTLEMENT_SUSPENDED"
	PaymentCancelled        Code = "PAYMENT_CANCELLED"
	RefundWindowClosing     Code = "REFUND_WINDOW_CLOSING"
	RefundOutOfWindow       Code = "REFUND_OUT_OF_WINDOW"
	RefundExceedsPayment    Code = "REFUND_EXCEEDS_PAYMENT"
	RefundBeforeSettlement  Code = "REFUND_BEFORE_SETTLEMENT"
	RefundNotRecorded       Code = "REFUND_NOT_RECORDED"
	RefundMissingAtProvider Code = "REFUND_MISSING_AT_PROVIDER"
	RefundFailedCode        Code = "REFUND_FAILED"
	Disputed                Code = "DISPUTED"
	PayoutMismatch          Code = "PAYOUT_MISMATCH"
	Ambiguous               Code = "AMBIGUOUS"
	DataInvalid             Code = "DATA_INVALID"
	Unexplained             Code = "UNEXPLAINED"
)

// Severity says how soon a person should look, most urgent first in SeverityRank.
type Severity string

// Severities.
const (
	Critical Severity = "critical" // money is being lost, or will be today
	High     Severity = "high"     // money is in the wrong place
	Medium   Severity = "medium"   // the records disagree
	Low      Severity = "low"      // worth knowing
)

// SeverityRank orders severities: 0 is the most urgent. An unknown severity ranks last.
func SeverityRank(s Severity) int {
	rank := slices.Index(Severities(), s)
	if rank < 0 {
		return len(Severities())
	}
	return rank
}

// Severities lists them all, most urgent first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low} }

// Exception is one thing that does not agree, as judged. A figure without a currency means that this side says nothing.
type Exception struct {
	Code                 Code
	Severity             Severity
	CaseKey              string
	Feed                 string
	Account              string
	OrderReference       string
	TransactionReference string
	Currency             string
	Expected             money.Amount // what the shop says
	Actual               money.Amount // what the provider says
	Difference           money.Amount // actual − expected, signed
	DueAt                time.Time
	Explanation          string
	NextStep             string
	Sticky               bool // it cannot un-happen: it stands until a person resolves it or Policy.StickyFor passes; not stored
}

// ID is the same in every run for the same cause: code, feed, account and what it is about. What is about a whole account
// is one exception for each currency.
func (e Exception) ID() string {
	about := []string{string(e.Code), e.Feed, e.Account, e.OrderReference, e.TransactionReference}
	switch {
	case e.Code == DataInvalid:
		about = []string{string(e.Code), e.CaseKey} // two kinds of objects may have one id
	case e.OrderReference == "" && e.TransactionReference == "":
		about = append(about, e.Currency)
	}
	sum := sha256.Sum256([]byte(strings.Join(about, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// ExceptionStatus is where an exception is in its life.
type ExceptionStatus string

// Statuses of an exception. Open, acknowledged and reopened ones stand; resolved ones do not.
const (
	StatusOpen         ExceptionStatus = "open"
	StatusAcknowledged ExceptionStatus = "acknowledged"
	StatusReopened     ExceptionStatus = "reopened"
	StatusResolved     ExceptionStatus = "resolved"
)

// ExceptionStatuses lists them all.
func ExceptionStatuses() []ExceptionStatus {
	return []ExceptionStatus{StatusOpen, StatusAcknowledged, StatusReopened, StatusResolved}
}

// ExceptionRecord is an exception with its life: what the store keeps.
type ExceptionRecord struct {
	Exception
	Status     ExceptionStatus
	Cluster    string    // of its case; empty for what concerns an account or a payout
	FirstSeen  time.Time // never reset
	LastSeen   time.Time // the last run in which its cause stood
	ResolvedAt time.Time
	ResolvedBy string // "tieout" when the cause went away by itself
	Resolution string // reason code
	Note       string
}

// Stands reports whether somebody should still look at it.
func (r ExceptionRecord) Stands() bool { return r.Status != StatusResolved }
