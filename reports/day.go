// Package reports shows one finance day to people and to programs: one Excel workbook and a CSV file per table.
//
// The columns of each table are declared once (tables.go) and rendered twice: csv.go for programs (RFC 4180, UTC,
// plain decimals) and sheet.go for people (the finance zone, number formats, totals). summary.go adds the page that
// says in one sentence whether the day ties out. Files appear by rename, all of a day's files or none (stage.go).
package reports

import (
	"iter"
	"time"

	"tieout/reconcile/money"
)

// Day is everything that one finance day's report shows. The report reads no clock and no database: what it says is a
// function of this value alone, so that the same day gives the same bytes however often it is written.
//
// The sequences give rows in the order in which they are to be printed and must give the same rows each time they are
// ranged: they are read for the CSV file and the measurements, and again for the workbook. A nil sequence is an empty
// one. An error from a sequence ends the report and nothing is published.
type Day struct {
	FinanceDay string         // 2026-03-10: the day in Zone that AsOf lies in; also the name of the folder
	AsOf       time.Time      // the instant that stands for now: ages and days left are counted from it
	Zone       *time.Location // the finance zone: the wall time shown in the workbook. CSV is always in UTC
	Since      time.Time      // the as-of of the last report of an earlier finance day; zero: there was none
	Version    string         // of tieout

	Failed   []string // the steps of this run that failed before the report, in their order: what it shows may be of an earlier run
	Totals   []ControlTotal
	Inputs   []Input
	Feeds    []FeedState
	TieOut   []TieOutRow
	Settling []SettlingDay // by day, the oldest first
	Fees     []FeeDay      // by feed, account, currency, category and day

	// Checkpoint is that of the log of the settlement history, as the run sealed it before it reported; empty: nothing was sealed. Two
	// databases have two logs, so it is the one thing in a report that tells which database it is of.
	Checkpoint string

	Exceptions   iter.Seq2[Exception, error]
	Changes      iter.Seq2[Change, error] // since Since; those of one exception in the order in which they came
	Canceled     iter.Seq2[CanceledOrder, error]
	Ageing       iter.Seq2[AgeingRow, error]
	RefundWindow iter.Seq2[RefundWindowRow, error]
	Payouts      iter.Seq2[PayoutRow, error]
	Matched      iter.Seq2[MatchedRow, error]
}

// Tally is how many and how much.
type Tally struct {
	Count int
	Value money.Amount
}

// ControlTotal shows whether anything was lost on the way for one feed, account and currency: what came in should be either
// matched, waiting, excepted, without anything due, out of scope or rejected. Each case is counted in exactly one row
// (with its payment where it has one, else with its order), because the total rows of the summary add the rows of a
// currency. An amount without a currency is taken to be in Currency; one in another currency is an error, because a row is
// never a sum across currencies.
type ControlTotal struct {
	Feed     string
	Account  string
	Currency string // ISO 4217; empty only for rows whose currency could not be read (Rejected)

	Orders   *int          // nil: the feed has payments and no orders
	Payments *int          // that succeeded; nil: the feed has orders and no payments
	Gross    *money.Amount // of Payments
	Refunded *money.Amount
	Fees     *money.Amount // of the provider's balance; nil where it did not move in this currency
	Net      *money.Amount // as Fees; payouts left out

	Cases      int // judged or not, and rejected rows: what has to come out below
	Unjudged   int // of Cases: orders that are held and were never judged, so that they come out nowhere
	Matched    Tally
	Waiting    Tally
	Excepted   Tally
	NothingDue int // no money was taken and none is expected, or all of it went back
	OutOfScope Tally
	Rejected   int // rows that could not be read; they have no amount
}

// accounted is how many of the cases came out somewhere. It is less than Cases where orders were not judged.
func (c ControlTotal) accounted() int {
	return c.Matched.Count + c.Waiting.Count + c.Excepted.Count + c.NothingDue + c.OutOfScope.Count + c.Rejected
}

// empty tells that the row would show nothing but zeros.
func (c ControlTotal) empty() bool {
	for _, count := range []*int{c.Orders, c.Payments} {
		if count != nil && *count != 0 {
			return false
		}
	}
	for _, amount := range []*money.Amount{c.Gross, c.Refunded, c.Fees, c.Net} {
		if amount != nil && amount.Minor != 0 {
			return false
		}
	}
	return c.Cases == 0 && c.accounted() == 0
}

// FeedState says how far one account at one feed is known. A day never ties out while a feed is incomplete.
type FeedState struct {
	Feed            string
	Account         string
	Complete        bool
	CompleteThrough time.Time // zero: never complete so far
	Reason          string    // why it is incomplete, in words for a person; empty when complete
}

// TieOutRow is one line of the statement of one account in one currency over one finance day. Amounts are signed as they
// enter the balance: opening + lines = closing, and the provider's own figure − closing = unexplained.
type TieOutRow struct {
	Feed       string
	Account    string
	Currency   string // empty: rows that could not be read
	FinanceDay string
	From, To   time.Time     // half-open; To is earlier than the day's end while the day goes on
	Line       string        // opening unsettled, payments, …
	Count      *int          // nil: nothing is counted
	Amount     *money.Amount // nil: it is not known
	AsOf       time.Time     // when the provider stated the figure; zero in the other lines
}

// LineOpening is the line that a statement begins with, LineClosing the one that the lines above it add up to, and
// LineUnexplained that of what is left over.
const (
	LineOpening     = "opening unsettled"
	LineClosing     = "closing unsettled"
	LineUnexplained = "unexplained"
)

// Input is what a feed showed of one kind of object in one account: each object is either kept as a record or rejected.
type Input struct {
	Feed     string
	Account  string
	Kind     string
	Read     int    // objects that were ever shown
	Stored   int    // of them, those that are kept as records
	Rejected int    // of them, those that could not be read
	Fresh    int    // versions of objects that came since the last report of an earlier finance day
	Hash     string // SHA-256, in hex, over their hashes in the order of id and version, each ended by a line feed; empty: none came
}

// SettlingDay is what became of the payments that were begun on one finance day.
type SettlingDay struct {
	FinanceDay string
	Settled    int // paid out to the bank; where the provider shows no payouts, settled by its own word
	Unsettled  int // taken or authorised, and not there yet
}

// FeeDay is what the movements of one category came to on one finance day, in the currency in which the account settles.
type FeeDay struct {
	Feed       string
	Account    string
	Currency   string
	Category   string
	FinanceDay string
	Count      int
	Gross      money.Amount // signed; nothing in the category fee, which has no sale behind it
	Fee        money.Amount
}

// Exception is one open or acknowledged exception (design §5). The age in days is counted by the report.
type Exception struct {
	ID                   string
	State                string // fingerprint of status and figures: a decision on another state is out of date
	Code                 string
	Severity             string // critical, high, medium or low; each has its colour in the workbook
	Status               string
	Feed                 string
	Account              string
	OrderReference       string
	TransactionReference string
	Currency             string
	Expected             *money.Amount // what the shop says; nil: it says nothing
	Actual               *money.Amount // what the provider says; nil: it says nothing
	Difference           *money.Amount // actual − expected in Currency; nil where that has no meaning
	FirstSeen            time.Time
	LastSeen             time.Time
	DueAt                time.Time // zero: no due date
	Explanation          string
	NextStep             string
}

// What became of something since the last report.
const (
	ChangeNew          = "new"
	ChangeReopened     = "reopened"
	ChangeMoved        = "changed"      // it stands as before, with other figures
	ChangeAcknowledged = "acknowledged" // a person is looking into it
	ChangeResolved     = "resolved"
	ChangeMatched      = "matched" // an order from before the last report that was judged since, and agrees with its payment
)

// Change is one step in the life of an exception, or an order that came to be matched.
type Change struct {
	What                 string // one of the constants above
	At                   time.Time
	Who                  string // a person, or tieout
	Why                  string // the reason and the note; what moved; by which rule it is matched
	ExceptionID          string // empty for an order that is matched
	Code                 string // as the next one
	Severity             string
	Feed                 string
	Account              string
	OrderReference       string
	TransactionReference string
	Currency             string
	Expected             *money.Amount // as of now, and so are the next two
	Actual               *money.Amount
	Difference           *money.Amount
}

// CanceledOrder is one order that tieout canceled, with the evidence on which it did so.
type CanceledOrder struct {
	OrderReference string
	Amount         money.Amount
	CanceledAt     time.Time
	Reason         string
	Evidence       string // each source and payment that was looked at with its status: "src_1 canceled; src_2 failed"
	CustomerTold   string // "waiting in the outbox", "sent 2026-03-10T08:00:00Z" or "no message"
}

// AgeingRow is one payment that is authorised and not settled. Age and bucket are counted by the report.
type AgeingRow struct {
	Feed                 string
	Account              string
	TransactionReference string
	OrderReference       string
	Amount               money.Amount
	SettleStatus         string // Trust Payments' number (0, 1, 10, 2), or the status of a payment that has none
	StartedAt            time.Time
	DueAt                time.Time // zero: no due date
	State                string    // waiting, overdue or suspended
}

// RefundWindowRow is money owed back, and how long the provider still lets it be given back. The days left are counted
// by the report and are negative once the window is over.
type RefundWindowRow struct {
	OrderReference   string
	PaymentReference string
	Feed             string
	Account          string
	Amount           money.Amount // owed back
	Why              string       // refund requested, duplicate payment, paid after cancel
	AskedAt          time.Time    // zero: nobody asked, it is owed
	WindowEnds       time.Time    // the first instant at which a refund is refused (half-open); zero: none yet
	Decision         string       // approved, rejected or needs a person; once a refund was begun: refund intent, made, refused or unknown
	Reason           string
}

// PayoutRow is one payout, tied out against the movements it consists of.
type PayoutRow struct {
	Feed                 string
	Account              string
	Payout               string
	Amount               money.Amount
	Status               string
	ArrivesAt            time.Time // zero: not told
	Movements            int
	MovementsSum         *money.Amount // nil: the movements are not known (yet)
	Difference           *money.Amount // amount − sum of movements; nil until the provider says that they are all there
	ReconciliationStatus string        // completed, in progress, or "not itemised: manual payout"
}

// MatchedRow is one order and the payment that agrees with it.
type MatchedRow struct {
	OrderReference   string
	Feed             string
	Account          string
	PaymentReference string
	OrderAmount      money.Amount
	PaidAmount       money.Amount
	Refunded         money.Amount
	PaidAt           time.Time
	Fee              *money.Amount // of its movement, in the currency in which the account settles, and so is the next; nil: none is known
	Net              *money.Amount
	AvailableAt      time.Time // when the provider lets it be paid out; zero: not told
	Settlement       string    // the payout that paid it out, else its movement; empty where neither is known
	MatchedBy        string    // the rule: "stored id", "reference", "source's reference" or "truncated reference"
}
