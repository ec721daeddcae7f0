package reconcile

import (
	"fmt"
	"slices"
	"time"

	"tieout/reconcile/money"
)

// Context is what a judgement depends on besides the case.
type Context struct {
	Policy   Policy
	Coverage []Coverage // of the shop and of every configured provider account
	Now      time.Time
}

// Judge says what a case comes to. It is a pure function: the same case in the same context gives the same verdict.
func Judge(c Case, ctx Context) Verdict { return judgeCase(&c, &ctx, nil) }

// judgeCase judges, and tells trace, where there is one, each condition it looks at.
func judgeCase(c *Case, ctx *Context, t *trace) Verdict {
	j := judge{trace: t}
	var v Verdict
	j.run(c, ctx, &v)
	if v.Outcome == Matched && v.Reason == "" {
		v.Reason = j.whyMatched()
	}
	return v
}

// run judges one case into v. It leaves out why a plain match is one, which the rest of the verdict says and costs more to
// write than to judge.
func (j *judge) run(c *Case, ctx *Context, v *Verdict) {
	*j = judge{c: c, ctx: ctx, policy: &ctx.Policy, now: ctx.Now, trace: j.trace, verdict: v, taken: j.taken[:0]}
	v.CaseKey, v.OrderReference = c.Key, c.Reference()
	j.weigh()
	j.disputes()
	j.settlements()
	j.sources()
	if c.Order == nil {
		j.loose()
	} else {
		j.order()
	}
	j.failedRefunds()
	j.exceeding()
	j.window()
	j.conclude()
}

// judge collects a verdict. taken is money that was taken, earliest first; kept pays for the order, surplus does not.
type judge struct {
	c       *Case
	ctx     *Context
	policy  *Policy
	now     time.Time
	trace   *trace // nil in an ordinary judgement
	verdict *Verdict

	taken   []held
	kept    []held
	surplus []held
	goBack  []Owed // what must go back and has a refund window
	absent  bool   // the order's payment is known not to be there
	reason  string // why the outcome is what it is, when no exception says it
	outcome Outcome
}

// held is a successful payment and what has gone back of it, in minor units of its currency.
type held struct {
	LinkedPayment
	refunded int64 // refunds that succeeded
	lost     int64 // disputes that were lost
}

func (h held) net() int64 { return h.Amount.Minor - h.refunded - h.lost }

func (h held) netAmount() money.Amount {
	return money.Amount{Minor: h.net(), Currency: h.Amount.Currency}
}

// weigh finds the money that was taken and how much of it went back.
func (j *judge) weigh() {
	for i := range j.c.Payments {
		if payment := &j.c.Payments[i]; payment.Status == PaymentSucceeded {
			refunded := sumOf(j.refundsOf(payment.Payment), RefundSucceeded)
			j.taken = append(j.taken, held{LinkedPayment: *payment, refunded: refunded, lost: j.lostOf(payment.Payment)})
		}
	}
	j.kept = j.taken
}

func (j *judge) lostOf(payment Payment) int64 {
	var lost int64
	for _, dispute := range j.c.Disputes {
		if dispute.Status == DisputeLost && dispute.Amount.Currency == payment.Amount.Currency && belongs(dispute.Key, dispute.PaymentID, payment) {
			lost += dispute.Amount.Minor
		}
	}
	return lost
}

// refundsOf lists the refunds of a payment in its own currency: providers refund in no other, and two are never added.
func (j *judge) refundsOf(payment Payment) []Refund {
	var refunds []Refund
	for _, refund := range j.c.Refunds {
		if refund.Amount.Currency == payment.Amount.Currency && belongs(refund.Key, refund.PaymentID, payment) {
			refunds = append(refunds, refund)
		}
	}
	return refunds
}

func sumOf(refunds []Refund, status RefundStatus) int64 {
	var sum int64
	for _, refund := range refunds {
		if refund.Status == status {
			sum += refund.Amount.Minor
		}
	}
	return sum
}

// belongs reports whether an object that names a payment means this one, by its id or its PaymentIntent's.
func belongs(of Key, paymentID string, payment Payment) bool {
	return of.Feed == payment.Feed && of.Account == payment.Account &&
		(paymentID == payment.ID || paymentID != "" && paymentID == payment.SourceID)
}

// live returns the payments of which money is still held.
func live(payments []held) []held {
	return slices.DeleteFunc(slices.Clone(payments), func(h held) bool { return h.net() <= 0 })
}

func anyLive(payments []held) bool {
	for i := range payments {
		if payments[i].net() > 0 {
			return true
		}
	}
	return false
}

// due reports whether t has come, as is asked; if not, the case is looked at again then.
func (j *judge) due(t time.Time, asks string) bool {
	come := j.reached(t, asks)
	j.noteTime(asks, come, "due", t)
	return come
}

// reached is due for an instant that is not a condition by itself.
func (j *judge) reached(t time.Time, then string) bool {
	if j.now.Before(t) {
		j.reviewAt(t, then)
		return false
	}
	return true
}

// reviewAt has the case looked at again at t; then says what will be so.
func (j *judge) reviewAt(t time.Time, then string) {
	if t.After(j.now) {
		j.verdict.NextReview = earliest(j.verdict.NextReview, t)
		j.trace.review(t, then)
	}
}

// raise adds an exception; the caller gives code, figures, due time and explanation, the rest follows.
func (j *judge) raise(about Key, e Exception) {
	e.CaseKey, e.Feed, e.Account = j.c.Key, about.Feed, about.Account
	e.OrderReference = j.c.Reference()
	j.verdict.Exceptions = append(j.verdict.Exceptions, complete(e))
}

// complete fills in what follows from the code (severity, unless it was given, and next step) and from the figures: the
// currency and the difference. A side that says nothing counts as no money, so that the difference
// is what is missing or too much; between two currencies there is no difference.
func complete(e Exception) Exception {
	known := entryOf(e.Code)
	e.NextStep = known.nextStep
	if e.Severity == "" {
		e.Severity = known.severity
	}
	e.Currency = firstNonEmpty(e.Currency, e.Expected.Currency, e.Actual.Currency)
	if difference, err := e.Actual.Sub(e.Expected); err == nil {
		e.Difference = difference
	}
	return e
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// settle names the outcome of a case without exceptions.
func (j *judge) settle(outcome Outcome, format string, args ...any) {
	j.outcome, j.reason = outcome, fmt.Sprintf(format, args...)
}

func (j *judge) conclude() {
	v := j.verdict
	slices.SortStableFunc(v.Exceptions, func(a, b Exception) int {
		return compareAll(string(a.Code), string(b.Code), a.TransactionReference, b.TransactionReference, a.Feed, b.Feed, a.Account, b.Account)
	})
	v.Exceptions = slices.CompactFunc(v.Exceptions, func(a, b Exception) bool { return a.ID() == b.ID() })
	v.Outcome, v.Reason = j.outcome, j.reason
	if len(v.Exceptions) > 0 {
		v.Outcome, v.Reason = Excepted, v.Exceptions[0].Explanation
	}
	if j.c.Order != nil {
		v.Order = j.c.Order.Amount
	}
	if j.trace != nil {
		j.noteMatched()
	}
	j.concludePayment()
}

// concludePayment names the payment that stands for the case: the earliest that was kept, else the earliest there is.
func (j *judge) concludePayment() {
	v := j.verdict
	if len(j.kept) == 0 {
		if len(j.c.Payments) > 0 {
			v.Payment, v.Rule = j.c.Payments[0].Key, j.c.Payments[0].Rule
		}
		return
	}
	first := j.kept[0]
	v.Payment, v.Rule, v.PaidAt = first.Key, first.Rule, first.SucceededAt
	v.Paid = money.Amount{Currency: first.Amount.Currency}
	v.Refunded = v.Paid
	for _, payment := range j.kept {
		if payment.Amount.Currency == v.Paid.Currency {
			v.Paid.Minor += payment.Amount.Minor
			v.Refunded.Minor += payment.refunded
		}
	}
}
