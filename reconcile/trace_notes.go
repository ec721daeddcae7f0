package reconcile

import (
	"fmt"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// The notes below put a judgement's conditions into words. Each is called where the judge has just decided, does nothing in
// an ordinary judgement, and decides nothing itself.

func sum(who string, amount money.Amount) Value { return Value{Who: who, Amount: amount} }

func saying(who, text string) Value { return Value{Who: who, Text: text} }

func moment(who string, t time.Time) Value {
	if t.IsZero() {
		return saying(who, at(t))
	}
	return Value{Who: who, At: t}
}

// says is whose word a status is.
func says(feed string) string { return nameOf(feed) + " says" }

func (j *judge) noteTime(asks string, held bool, who string, t time.Time) {
	if j.trace != nil {
		j.trace.note(asks, held, moment("now", j.now), moment(who, t))
	}
}

// noteRead notes whether one account was read up to an instant.
func (j *judge) noteRead(coverage Coverage, to time.Time, held bool) {
	if j.trace != nil {
		j.trace.note(nameOf(coverage.Feed)+" was read completely up to then", held, moment("read up to", coverage.Complete.To), moment("needed up to", to))
	}
}

// noteCovered notes whether absence over a stretch of time can be judged.
func (j *judge) noteCovered(gap string, from, to time.Time) {
	if j.trace == nil {
		return
	}
	read := "all of it"
	if gap != "" {
		read = gap
	}
	j.trace.note("each provider that could have it was read completely", gap == "", saying("needed", at(from)+" to "+at(to)), saying("read", read))
}

// noteSplit notes, for each payment after the first, whether it is surplus.
func (j *judge) noteSplit() {
	if j.trace == nil || j.orderIs(OrderCanceled) {
		return
	}
	order := j.c.Order.Amount
	for _, payment := range j.taken {
		if payment.Key == j.kept[0].Key {
			continue
		}
		j.trace.open(string(DuplicatePayment), payment.Key, payment.ID)
		whole := j.makes(j.taken, gross)
		j.trace.note("the payments together are not just the order's amount", !whole, sum("the order says", order), saying("taken together", told(j.taken, gross)))
		if whole {
			continue
		}
		rest := live(j.taken)
		j.trace.note("money of this payment is still held", payment.net() > 0, sum("taken", payment.Amount), sum("still held", payment.netAmount()))
		if payment.net() <= 0 {
			continue
		}
		if j.given("another payment holds money too", len(rest) > 1) {
			j.trace.note("what is left of them together is not just the order's amount", !j.makes(rest, net), sum("the order says", order), saying("left together", told(rest, net)))
		}
	}
}

// told adds payments up in words, because they may be of several currencies.
func told(payments []held, of func(held) int64) string {
	var sums []money.Amount
next:
	for _, payment := range payments {
		for i := range sums {
			if sums[i].Currency == payment.Amount.Currency {
				sums[i].Minor += of(payment)
				continue next
			}
		}
		sums = append(sums, money.Amount{Minor: of(payment), Currency: payment.Amount.Currency})
	}
	return words(sums)
}

// noteNothingLeft notes that both sides say that all of it went back.
func (j *judge) noteNothingLeft() {
	if j.trace != nil {
		first := j.kept[0]
		j.trace.open(string(AmountMismatch), first.Key, first.ID)
		j.trace.note("something is left to differ", false, saying("the shop says", string(j.c.Order.Status)), saying(nameOf(first.Feed)+" still holds", told(j.kept, net)))
	}
}

func (j *judge) noteCurrency(differs bool) {
	first := j.kept[0]
	j.trace.open(string(CurrencyMismatch), first.Key, first.ID)
	j.trace.note("the currencies differ", differs, sum("the order says", j.c.Order.Amount), sum(nameOf(first.Feed)+" took", first.Amount))
}

func (j *judge) noteAmounts(differ bool) {
	first := j.kept[0]
	j.trace.open(string(AmountMismatch), first.Key, first.ID)
	if j.unless("no other payment is a duplicate", len(j.surplus) > 0) {
		return
	}
	order, who, paid := j.c.Order.Amount, nameOf(first.Feed)+" took", j.keptSum(gross)
	if paid != order && j.keptSum(net) != paid {
		who, paid = nameOf(first.Feed)+" holds after refunds", j.keptSum(net)
	}
	j.trace.note("the amounts differ", differ, sum("the order says", order), sum(who, paid))
}

// noteMatched is asked last: whatever was raised or is awaited decides.
func (j *judge) noteMatched() {
	if j.c.Order == nil || len(j.taken) == 0 {
		return
	}
	j.trace.open(TopicMatched, j.c.Order.Key, j.c.Order.ID)
	paid := j.orderIs(OrderPaid) || j.orderIs(OrderRefunded)
	j.trace.note("the shop has the order as paid", paid, saying("the shop says", string(j.c.Order.Status)), saying("counting as paid are", "paid, refunded"))
	if !paid {
		return
	}
	awaited := "nothing"
	if j.outcome == Waiting {
		awaited = j.reason
	}
	j.trace.note("nothing is awaited", j.outcome != Waiting, saying("found", awaited), Value{})
	j.trace.note("nothing disagrees", len(j.verdict.Exceptions) == 0, saying("exceptions raised:", fmt.Sprint(len(j.verdict.Exceptions))), Value{})
}

func (j *judge) noteStillPending(first held) {
	if j.trace != nil {
		j.trace.open(string(PaidNotRecorded), first.Key, first.ID)
		j.trace.note("money is held for an order that the shop still has as pending", true, saying("the shop says", string(j.c.Order.Status)), sum(nameOf(first.Feed)+" holds", first.netAmount()))
	}
}

func (j *judge) noteAfterCancel() {
	if j.trace == nil {
		return
	}
	for _, payment := range j.taken {
		j.trace.open(string(PaidAfterCancel), payment.Key, payment.ID)
		j.trace.note("the shop has the order as canceled", true, saying("the shop says", "canceled"+since(j.c.Order.CanceledAt)), Value{})
		j.trace.note("money of this payment is still held", payment.net() > 0, sum("taken", payment.Amount), sum("still held", payment.netAmount()))
	}
}

// noteUnpaid opens the question whether the payment of an order is missing; rulesOut goes on with it.
func (j *judge) noteUnpaid() {
	if j.trace == nil {
		return
	}
	order := *j.c.Order
	j.trace.open(string(MissingAtProvider), Key{Feed: order.Provider, Account: j.accountOf(order.Provider)}, order.PaymentID)
	j.trace.note("the shop has the order as paid, and no money was taken for it", true, saying("the shop says", string(order.Status)), saying("payments that succeeded:", "none"))
	j.trace.note("the order is for more than nothing", !order.Amount.IsZero(), sum("the order says", order.Amount), Value{})
}

func (j *judge) noteAttempt(attempt Evidence, stored bool) {
	if j.trace == nil {
		return
	}
	j.trace.open(string(PaymentCancelled), attempt.Object, attempt.Object.ID)
	j.trace.note("the shop has the order as paid, and this attempt to pay ended without money", true, saying("the shop says", string(j.c.Order.Status)), saying(says(attempt.Object.Feed), attempt.Status))
	if stored {
		j.trace.note("it is the attempt whose id the shop stored", true, saying("the shop stored", j.c.Order.PaymentID), saying("the attempt is", attempt.Object.ID))
	}
}

// noteSource asks of a source that was authorised whether it is uncharged, or was lost. settled: the sale was made another
// way.
func (j *judge) noteSource(source Source, settled bool) {
	if j.trace == nil || source.Kind != KindSource {
		return
	}
	switch source.Status {
	case SourceChargeable:
		j.trace.open(string(AuthorisedNotCharged), source.Key, source.ID)
		j.noteUncharged(source, settled)
		j.trace.note("the order is not canceled", !j.orderIs(OrderCanceled), j.orderSays(), Value{})
	case SourceCanceled:
		j.trace.open(string(AuthorisationLost), source.Key, source.ID)
		j.noteUncharged(source, settled)
		j.trace.note("the customer had authorised it", j.wasChargeable(source), j.eventSays(source), saying("the source itself says", authorisedOrNot(source)))
		j.trace.note("the shop does not have the order as paid", !j.orderIs(OrderPaid) && !j.orderIs(OrderRefunded), j.orderSays(), Value{})
	}
}

func (j *judge) orderSays() Value {
	if j.c.Order == nil {
		return saying("the shop has", "no order")
	}
	return saying("the shop says", string(j.c.Order.Status))
}

func (j *judge) eventSays(source Source) Value {
	if authorised := j.chargeableAt(source); !authorised.IsZero() {
		return moment("an event says", authorised)
	}
	return saying("an event says", "nothing of it")
}

func authorisedOrNot(source Source) string {
	if source.Authorised {
		return "authorised"
	}
	return "nothing of it"
}

func (j *judge) noteUncharged(source Source, settled bool) {
	j.trace.note("the source was not charged", !j.charged(source), saying(says(source.Feed), string(source.Status)), sum("authorised", source.Amount))
	j.trace.note("no other payment took money for it", !settled, saying("taken", orNothing(told(j.taken, gross))), saying("still held", orNothing(told(j.taken, net))))
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// noteSettled asks of each authorised source, where the sale was made another way.
func (j *judge) noteSettled() {
	if j.trace != nil && j.concerns() {
		for _, source := range j.c.Sources {
			j.noteSource(source, true)
		}
	}
}

// noteUnsettled opens the question about an AUTH that has not settled.
func (j *judge) noteUnsettled(code Code, payment LinkedPayment) {
	if j.trace == nil {
		return
	}
	j.trace.open(string(code), payment.Key, payment.ID)
	if code == SettlementSuspended {
		j.trace.note("the payment is suspended", true, saying(says(payment.Feed), "settlestatus "+payment.SettleStatus), saying("suspended is", "settlestatus 2"))
		return
	}
	j.trace.note("the payment is authorised and has not settled", true, saying(says(payment.Feed), "settlestatus "+payment.SettleStatus), saying("settled is", "settlestatus 100"))
}

func (j *judge) noteDispute(dispute Dispute) {
	if j.trace != nil {
		j.trace.open(string(Disputed), dispute.Key, dispute.ID)
		j.trace.note("the dispute is still open", dispute.Status == DisputeOpen, saying(says(dispute.Feed), string(dispute.Status)), saying("it stands while", string(DisputeOpen)))
	}
}

// noteLoose opens the question about money that is linked to no order.
func (j *judge) noteLoose(code Code, payment held) {
	if j.trace == nil {
		return
	}
	j.trace.open(string(code), payment.Key, payment.ID)
	j.trace.note("money is held", true, sum(nameOf(payment.Feed)+" took", payment.Amount), sum("still held", payment.netAmount()))
	if code == Ambiguous {
		j.trace.note("two or more orders fit it equally", true, saying("orders that fit:", strings.Join(j.c.Rivals, ", ")), saying("it names", orNothing(payment.Reference)))
		return
	}
	j.trace.note("no order of the shop fits it", true, saying("it names", orNothing(payment.Reference)), saying("near, and never matched:", orNothing(quoted(j.c.Near))))
}

// noteRefund asks whether the shop lacks the record of a refund.
func (j *judge) noteRefund(refund made) {
	if j.trace == nil {
		return
	}
	j.trace.open(string(RefundNotRecorded), refund.Key, refund.ID)
	record := "no record of it"
	if refund.met {
		record = "recorded or asked for"
	}
	j.trace.note("the shop has no record of the refund", !refund.met, sum(nameOf(refund.Feed)+" gave back", refund.Amount), saying("the shop says", record))
	if refund.met {
		return
	}
	why := "the order's money went back"
	switch {
	case refund.failed:
		why = "it failed, and REFUND_FAILED says so"
	case refund.exempt:
		why = "it gives back money that was never the order's"
	}
	j.trace.note("a record of it is needed", needed(refund), saying("because", why), Value{})
}

// noteRecord asks whether the provider lacks the refund that the shop recorded.
func (j *judge) noteRecord(row record) {
	if j.trace == nil {
		return
	}
	payment := j.taken[0]
	j.trace.open(string(RefundMissingAtProvider), payment.Key, firstNonEmpty(row.id, payment.ID))
	shown := "no refund of that amount"
	if row.met {
		shown = "refunds that make it up, or nothing left to give back"
	}
	j.trace.note("no refund at the provider matches what the shop recorded", !row.met, sum("the shop recorded", row.amount), saying(nameOf(payment.Feed)+" shows", shown))
}

func (j *judge) noteFailedRefund(refund Refund, madeGood bool) {
	if j.trace == nil {
		return
	}
	j.trace.open(string(RefundFailedCode), refund.Key, refund.ID)
	j.trace.note("the provider failed the refund", true, saying(says(refund.Feed), string(refund.Status)+because(refund.Reason)), Value{})
	j.given("no later refund of the same payment succeeded", !madeGood)
}

func (j *judge) noteGoneBack(payment held, refund Refund, back money.Amount) {
	if j.trace != nil {
		j.trace.open(string(RefundExceedsPayment), refund.Key, refund.ID)
		j.trace.note("more has gone back than was taken", back.Minor > payment.Amount.Minor, sum(nameOf(payment.Feed)+" took", payment.Amount), sum("gone back", back))
	}
}

// noteRequest asks whether a refund that the shop asked for may be made.
func (j *judge) noteRequest(request record, payment held, left money.Amount, tooMuch, closed bool) {
	if j.trace == nil {
		return
	}
	j.trace.open(TopicRefund, payment.Key, request.id)
	j.trace.note("it is not more than is left of the payment", !tooMuch, sum("asked for", request.amount), sum("left of "+payment.ID, left))
	if tooMuch {
		return
	}
	j.noteTime("the refund window is still open", !closed, "it closes at", j.policy.WindowEnd(payment.Payment))
	if closed || j.unless("every row that may be about it could be read", len(j.c.Rejections) > 0) {
		return
	}
	doubt := j.doubt(payment)
	j.trace.note("nothing speaks against it", doubt == "", saying("found", orNothing(doubt)), Value{})
}

func (j *judge) noteAsksTooMuch(request record, payment Key, left money.Amount) {
	if j.trace != nil {
		j.trace.open(string(RefundExceedsPayment), payment, payment.ID)
		j.trace.note("more was asked for than is left of the payment", true, sum("asked for", request.amount), sum("left", left))
	}
}

func (j *judge) noteUnpayable(request record) {
	if j.trace != nil {
		j.trace.open(TopicRefund, j.c.Order.Key, request.id)
		j.trace.note("a payment of this order has settled", false, sum("asked for", request.amount), saying("payments that succeeded:", "none"))
	}
}

func (j *judge) noteBeforeSettlement(request record, payment LinkedPayment) {
	if j.trace != nil {
		j.trace.open(string(RefundBeforeSettlement), payment.Key, payment.ID)
		j.trace.note("a refund was asked for, and the payment has not settled", true, sum("asked for", request.amount), saying(says(payment.Feed), paymentWord(payment)))
	}
}

func (j *judge) noteMustGoBack(code Code, owed Owed) {
	if j.trace != nil {
		j.trace.open(string(code), owed.Payment, owed.Payment.ID)
		j.trace.note("money of this payment must go back", true, sum("owed back", owed.Amount), saying("because", string(owed.Why)))
	}
}

// noteFirstWarning notes whether the time before the window's end in which it is warned of has begun.
func (j *judge) noteFirstWarning(owed Owed, held bool) {
	if j.trace == nil {
		return
	}
	begins := time.Time{}
	for _, warning := range j.policy.RefundWarnings {
		begins = earliest(begins, owed.WindowEndsAt.Add(-warning))
	}
	j.noteTime("the first warning before the window's end has come", held, "due", begins)
}

// noteCancel opens the question whether an open order may be canceled.
func (j *judge) noteCancel() {
	if j.trace != nil {
		j.trace.open(TopicCancel, j.c.Order.Key, j.c.Order.ID)
	}
}

// noteKnown notes whether a feed is known well enough, since an instant, to cancel an order.
func (j *judge) noteKnown(coverage Coverage, began time.Time, held bool) {
	if j.trace == nil {
		return
	}
	read := saying("read", at(coverage.Complete.From)+" to "+at(coverage.Complete.To))
	switch {
	case coverage.Complete.Empty():
		read.Text = "never completely"
	case coverage.Complete.From.IsZero():
		read.Text = "from its beginning to " + at(coverage.Complete.To)
	}
	if coverage.Reason != "" {
		read.Text += "; the last fetch failed"
	}
	j.trace.note(nameOf(coverage.Feed)+" was read completely since the order began", held, moment("the order began", began), read)
}

func (j *judge) noteDeadEnd(object Key, status string, dead bool) {
	if j.trace != nil {
		j.trace.note(object.ID+" is a dead end", dead, saying(says(object.Feed), status), Value{})
	}
}
