package reconcile

import (
	"slices"
	"time"

	"tieout/reconcile/money"
)

// Line is a line of a statement. Amounts are signed as the line enters the balance: payments are positive, refunds and payouts
// negative.
type Line string

// The lines of a statement of a provider's balance, in the order of the equation.
const (
	LinePayments    Line = "payments"
	LineRefunds     Line = "refunds"
	LineDisputes    Line = "disputes"
	LineFees        Line = "fees"
	LineAdjustments Line = "adjustments"
	LinePayouts     Line = "payouts"
)

// The lines of a statement of authorisations, in the order of the equation.
const (
	LineAuthorised Line = "authorised"
	LineSettled    Line = "settled"
	LineCanceled   Line = "canceled"
)

// LineOf is the line to which the movements of a category belong (stripe.md §4, reporting_category). What reverses
// something belongs to the line that it reverses; a category that is not known is an adjustment.
func LineOf(category string) Line {
	switch category {
	case "charge", "charge_failure", "partial_capture_reversal":
		return LinePayments
	case "refund", "refund_failure":
		return LineRefunds
	case "dispute", "dispute_reversal":
		return LineDisputes
	case "fee":
		return LineFees
	case "payout", "payout_reversal":
		return LinePayouts
	default:
		return LineAdjustments
	}
}

// Flow is what the movements of one category come to, in minor units of the statement's currency.
type Flow struct {
	Category string
	Count    int
	Gross    int64
	Fee      int64
	WithFee  int // of Count: those that cost a fee
}

// Figure is what a provider stated, and what the held movements from before that instant come to.
type Figure struct {
	Stated money.Amount
	At     time.Time
	Held   int64 // net, minor units
}

// StatedBalance is the first and the last figure that a provider stated for an account in one currency.
type StatedBalance struct {
	Feed        string
	Account     string
	First, Last Figure
}

// Opening is what the account held before the first movement that was ever read: nobody shows it, so it is taken from the
// first figure that was stated. From then on the figures must hold.
func (b StatedBalance) Opening() int64 { return b.First.Stated.Minor - b.First.Held }

// Residual is stated − computed at the last figure.
func (b StatedBalance) Residual() money.Amount {
	return money.Amount{Minor: b.Last.Stated.Minor - b.computed(), Currency: b.Last.Stated.Currency}
}

func (b StatedBalance) computed() int64 { return b.Opening() + b.Last.Held }

// Gap returns how the last stated figure differs from the computed one, or nothing.
func (b StatedBalance) Gap() (Gap, bool) {
	residual := b.Residual()
	computed := money.Amount{Minor: b.computed(), Currency: residual.Currency}
	return Gap{
		Feed: b.Feed, Account: b.Account, Kind: GapStated, Amount: residual, At: b.Last.At,
		ID: b.Last.Stated.String() + " stated, " + computed.String() + " computed, as of " + at(b.Last.At),
	}, residual.Minor != 0
}

// Ledger is what is known of one account in one currency for the statement of one window.
type Ledger struct {
	Feed      string
	Account   string
	Currency  string
	Window    Window
	Before    []Flow         // movements before the window
	Inside    []Flow         // movements in it
	Gaps      []Gap          // that began before the window's end, without those of the stated balance
	Stated    *StatedBalance // its last figure at or before the window's end; nil: none was ever stated
	NotBooked Entry          // payments that succeeded before the window's end and are not in the balance yet
}

// Entry is how many and how much. An amount without a currency says nothing: it is not known.
type Entry struct {
	Count  int
	Amount money.Amount
}

// StatementLine is a line of the equation.
type StatementLine struct {
	Line Line
	Entry
}

// GapSum is what the gaps of one kind come to.
type GapSum struct {
	Kind GapKind
	Entry
}

// Statement ties out one account in one currency over one window: opening + lines = closing, and what the provider holds −
// closing = unexplained (design §1). Opening and closing are what we can account for, so that what is unexplained on one day
// stands until it is explained and the closing of one day is the opening of the next.
type Statement struct {
	Feed        string
	Account     string
	Currency    string
	Window      Window
	Opening     Entry
	Lines       []StatementLine // none: nothing was moved or stated in this currency
	Closing     Entry
	Provider    Entry     // its own figure, with what was moved from then to the window's end
	ProviderAt  time.Time // as of when it stated it
	Unexplained Entry     // Count: of gaps
	Gaps        []GapSum  // what Unexplained is made of
	NotBooked   Entry
	Taken       Entry     // of Opening and Closing: what was there before the first movement that was read
	TakenAt     time.Time // the first stated figure, from which that is taken
	Refunded    Entry     // of authorisations: what went back in the window
}

// Tie makes the statement of a balance.
//
// Payments, refunds, disputes and payouts are what we hold: the sum of the provider's lines less the gaps in it. An object
// whose movement is in another currency counts as the movement says, for the conversion is the provider's. What the provider
// holds is the sum of its lines, or, where it states its balance, that.
func Tie(l Ledger) Statement {
	s := Statement{Feed: l.Feed, Account: l.Account, Currency: l.Currency, Window: l.Window, NotBooked: l.NotBooked}
	if len(l.Before)+len(l.Inside)+len(l.Gaps) == 0 && l.Stated == nil {
		return s
	}
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: l.Currency} }
	began := func(from, to time.Time) []Gap {
		return slices.DeleteFunc(slices.Clone(l.Gaps), func(g Gap) bool { return !Window{From: from, To: to}.Contains(g.At) })
	}
	for _, line := range []Line{LinePayments, LineRefunds, LineDisputes, LineFees, LineAdjustments, LinePayouts} {
		entry := lineOf(line, l.Inside, began(l.Window.From, l.Window.To))
		s.Lines = append(s.Lines, StatementLine{line, Entry{entry.Count, amount(entry.Amount.Minor)}})
	}
	gaps := began(time.Time{}, l.Window.To)
	if l.Stated != nil {
		opening := l.Stated.Opening() + netOf(l.Before) - sumGaps(began(time.Time{}, l.Window.From))
		closing := opening
		for _, line := range s.Lines {
			closing += line.Amount.Minor
		}
		s.Opening.Amount, s.Closing.Amount = amount(opening), amount(closing)
		s.Taken.Amount, s.TakenAt = amount(l.Stated.Opening()), l.Stated.First.At
	}
	if l.Stated != nil && !l.Stated.Last.At.After(l.Window.To) {
		s.ProviderAt = l.Stated.Last.At
		s.Provider.Amount = amount(l.Stated.Last.Stated.Minor - l.Stated.Last.Held + netOf(l.Before) + netOf(l.Inside))
		if gap, ok := l.Stated.Gap(); ok {
			gaps = append(gaps, gap)
		}
	}
	s.Unexplained = Entry{len(gaps), amount(sumGaps(gaps))}
	s.Gaps = sumKinds(gaps, l.Currency)
	return s
}

// lineOf is what we hold of a line: the movements of its categories, less what in them is a gap. All fees are of one line,
// also those that a movement of another line costs.
func lineOf(line Line, flows []Flow, gaps []Gap) Entry {
	var sum Entry
	for _, flow := range flows {
		if LineOf(flow.Category) == line {
			sum.Count += flow.Count
			sum.Amount.Minor += flow.Gross
		}
		if line == LineFees {
			sum.Amount.Minor -= flow.Fee
			if LineOf(flow.Category) != LineFees {
				sum.Count += flow.WithFee
			}
		}
	}
	for _, gap := range gaps {
		if LineOf(gap.Category) != line {
			continue
		}
		sum.Amount.Minor -= gap.Amount.Minor
		switch gap.Kind {
		case GapUnknownObject: // nothing of ours
			sum.Count--
		case GapNoMovement: // ours, and not in the balance
			sum.Count++
		}
	}
	return sum
}

func netOf(flows []Flow) (minor int64) {
	for _, flow := range flows {
		minor += flow.Gross - flow.Fee
	}
	return minor
}

func sumGaps(gaps []Gap) (minor int64) {
	for _, gap := range gaps {
		minor += gap.Amount.Minor
	}
	return minor
}

// sumKinds adds the gaps of each kind, in the order in which the kinds are declared.
func sumKinds(gaps []Gap, currency string) []GapSum {
	var sums []GapSum
	for _, kind := range []GapKind{GapUnknownObject, GapDiffers, GapNoMovement, GapStated} {
		of := slices.DeleteFunc(slices.Clone(gaps), func(g Gap) bool { return g.Kind != kind })
		if len(of) > 0 {
			sums = append(sums, GapSum{kind, Entry{len(of), money.Amount{Minor: sumGaps(of), Currency: currency}}})
		}
	}
	return sums
}

// AuthLedger is what is known of the authorisations of one account in one currency for the statement of one window. Where
// the currency is empty it is about rows that could not be read, of which no amount is known.
type AuthLedger struct {
	Feed       string
	Account    string
	Currency   string
	Window     Window
	Opening    Entry // authorised before the window and settled in it or after it, or not yet
	Authorised Entry // begun in the window
	Settled    Entry // settled in the window
	Canceled   Entry // begun in the window, and canceled since
	Refunded   Entry // given back in the window
	Unread     int   // rows that could not be read
}

// TieAuths makes the statement of a provider that shows no balance: what is authorised and not settled. There is nothing to
// hold it against, so nothing is known of its residual but the rows that could not be read.
func TieAuths(l AuthLedger) Statement {
	s := Statement{Feed: l.Feed, Account: l.Account, Currency: l.Currency, Window: l.Window, Unexplained: Entry{Count: l.Unread}}
	if l.Currency == "" {
		return s
	}
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: l.Currency} }
	s.Opening, s.Refunded = Entry{l.Opening.Count, amount(l.Opening.Amount.Minor)}, Entry{l.Refunded.Count, amount(-l.Refunded.Amount.Minor)}
	s.Lines = []StatementLine{
		{LineAuthorised, Entry{l.Authorised.Count, amount(l.Authorised.Amount.Minor)}},
		{LineSettled, Entry{l.Settled.Count, amount(-l.Settled.Amount.Minor)}},
		{LineCanceled, Entry{l.Canceled.Count, amount(-l.Canceled.Amount.Minor)}},
	}
	s.Closing = s.Opening
	s.Closing.Count += l.Authorised.Count - l.Settled.Count - l.Canceled.Count
	for _, line := range s.Lines {
		s.Closing.Amount.Minor += line.Amount.Minor
	}
	return s
}
