package reconcile

import (
	"fmt"
	"time"
)

// unpaid judges an order that the shop believes was paid and for which no money was taken. One cause, one code: a row
// that could not be read, a payment that fits another order too, or one that is on its way, says it all.
func (j *judge) unpaid() {
	j.noteUnpaid()
	switch {
	case j.c.Order.Amount.IsZero():
		j.settle(Closed, "The order is for nothing, and nothing was taken for it.")
	case j.rulesOut("it was paid through a provider that is configured here", j.elsewhere()):
	case j.rulesOut("no row that may be about it is unreadable", j.unreadable()):
	case j.rulesOut("no payment fits it and another order equally", j.contested()):
	case j.rulesOut("no authorised payment is on its way", j.onItsWay()):
	case j.rulesOut("no source waits to be charged", j.uncharged()):
	case j.rulesOut("no attempt to pay ended badly", j.endedBadly()):
	default:
		j.missing()
	}
}

// elsewhere reports an order that the shop says was paid through a provider that is not configured here: it is counted and
// left alone.
func (j *judge) elsewhere() bool {
	provider := j.c.Order.Provider
	if provider == "" || len(j.c.Sources)+len(j.c.Payments) > 0 {
		return false
	}
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed == provider {
			return false
		}
	}
	j.settle(OutOfScope, "Paid through %q, which is no configured provider (feeds.shop.providers maps the shop's words).", provider)
	return true
}

// uncharged reports a source that is authorised and not charged; sources has raised it, and that is why no payment is there.
func (j *judge) uncharged() bool {
	for _, source := range j.c.Sources {
		if source.Kind == KindSource && source.Status == SourceChargeable && !j.charged(source) {
			j.settle(Waiting, "Source %s is authorised and not charged.", source.ID)
			return true
		}
	}
	return false
}

// unreadable reports a row that may be about this case and could not be read. Then nothing is concluded from what is not
// there.
func (j *judge) unreadable() bool {
	if len(j.c.Rejections) == 0 {
		return false
	}
	j.settle(Waiting, "A row that may be about it could not be read (%s %s): nothing is concluded.", j.c.Rejections[0].Feed, j.c.Rejections[0].ID)
	return true
}

// contested reports a payment that may be this order's as well as another's, and is or may become money.
func (j *judge) contested() bool {
	for _, payment := range j.c.Contested {
		if payment.Status != PaymentFailed && payment.Status != PaymentCanceled {
			j.settle(Waiting, "Payment %s fits this order and another one equally.", payment.ID)
			return true
		}
	}
	return false
}

// onItsWay reports an AUTH that may still settle; settlements raises what there is to say about it.
func (j *judge) onItsWay() bool {
	for _, payment := range j.c.Payments {
		if payment.SettleStatus != "" && (payment.Status == PaymentPending || payment.Status == PaymentSuspended) {
			j.settle(Waiting, "%s has authorised %s (%s, settlestatus %s) and not settled it yet.", nameOf(payment.Feed), payment.Amount, payment.ID, payment.SettleStatus)
			return true
		}
	}
	return false
}

// endedBadly raises PAYMENT_CANCELLED for the attempt that the shop relies on: the one whose id it stored, else the latest.
// The latest counts only where the provider was read past the order's paid time: a better one may have followed it.
func (j *judge) endedBadly() bool {
	attempt, stored, ok := j.badAttempt()
	if !ok {
		return false
	}
	order := j.c.Order.Amount
	paid := j.paidAt()
	j.noteAttempt(attempt, stored)
	if gap := j.uncoveredUnless(stored, j.c.Order.Provider, paid, paid); gap != "" {
		j.settle(Waiting, "Payment %s is %s; whether another one followed cannot be said: %s.", attempt.Object.ID, attempt.Status, gap)
		return true
	}
	j.absent = true
	j.raise(attempt.Object, Exception{
		Code: PaymentCancelled, TransactionReference: attempt.Object.ID, Expected: order, Actual: none(order),
		Explanation: fmt.Sprintf("The shop has the order as %s for %s; %s says that the payment %s of %s is %s.", j.c.Order.Status, order, nameOf(attempt.Object.Feed), attempt.Object.ID, at(attempt.At), attempt.Status),
	})
	return true
}

// badAttempt picks among the attempts that ended without money; a charge comes after its source and speaks for it. There is
// none to blame while the stored one is alive, or while one was charged whose charge is not held yet.
func (j *judge) badAttempt() (attempt Evidence, stored, ok bool) {
	id := j.c.Order.PaymentID
	consider := func(candidate Evidence, named bool) {
		if named && !stored || named == stored && (!ok || !candidate.At.Before(attempt.At)) {
			attempt, stored, ok = candidate, named, true
		}
	}
	for _, source := range j.c.Sources {
		bad, status := badSource(source)
		switch {
		case !bad && source.Status != SourceConsumed && source.ID == id, source.Status == SourceConsumed && !j.tried(source):
			return Evidence{}, false, false
		case bad:
			consider(Evidence{Object: source.Key, Status: status, At: source.CreatedAt}, source.ID == id)
		}
	}
	for _, payment := range j.c.Payments {
		named := id != "" && (payment.ID == id || payment.SourceID == id)
		switch payment.Status {
		case PaymentPending:
			if named {
				return Evidence{}, false, false
			}
		case PaymentCanceled, PaymentFailed:
			consider(Evidence{Object: payment.Key, Status: string(payment.Status), At: payment.CreatedAt}, named)
		}
	}
	return attempt, stored, ok
}

// tried reports whether a charge of the source is held: it says what became of it.
func (j *judge) tried(source Source) bool {
	for _, payment := range j.c.Payments {
		if payment.SourceID == source.ID && payment.Feed == source.Feed {
			return true
		}
	}
	return false
}

func badSource(source Source) (bool, string) {
	switch {
	case source.Status == SourceCanceled || source.Status == SourceFailed:
		return true, string(source.Status)
	case source.Status == SourcePending && source.Declined:
		return true, "declined"
	default:
		return false, ""
	}
}

// paidAt is when the shop came to believe that the order was paid, as far as it tells.
func (j *judge) paidAt() time.Time {
	return firstKnown(j.c.Order.PaidAt, j.c.Order.ChangedAt, j.c.Order.CreatedAt)
}

// missing raises MISSING_AT_PROVIDER once the grace is over and the provider was read completely to its end: a payment may
// come at any time of it.
func (j *judge) missing() {
	order := *j.c.Order
	paid := j.paidAt()
	due := paid.Add(j.policy.Grace.MissingAtProvider)
	if !j.due(due, "the provider's time to show the payment is over") {
		j.settle(Waiting, "Paid in the shop at %s; the provider has %s to show the payment.", at(paid), span(j.policy.Grace.MissingAtProvider))
		return
	}
	if gap := j.uncovered(order.Provider, firstKnown(order.CreatedAt, paid), due); gap != "" {
		j.settle(Waiting, "Whether the payment is missing cannot be said: %s.", gap)
		return
	}
	j.absent = true
	j.raise(Key{Feed: order.Provider, Account: j.accountOf(order.Provider)}, Exception{
		Code: MissingAtProvider, TransactionReference: order.PaymentID, Expected: order.Amount,
		Explanation: fmt.Sprintf("The shop has the order as %s for %s since %s; %s no successful payment for it%s.", order.Status, order.Amount, at(paid), shows(order.Provider), j.otherwise()),
	})
}

func shows(provider string) string {
	if provider == "" {
		return "the providers show"
	}
	return nameOf(provider) + " shows"
}

// otherwise tells what there is instead of the payment: an attempt that is alive, or a payment under a near reference.
func (j *judge) otherwise() string {
	for _, source := range j.c.Sources {
		return fmt.Sprintf(" (%s is %s)", source.ID, source.Status)
	}
	if payment, near := j.nearMoney(); near {
		return fmt.Sprintf(" (%s names %q, which is only near and not matched)", payment.ID, payment.Reference)
	}
	return ""
}

// accountOf is the account of a feed when it has only one.
func (j *judge) accountOf(feed string) string {
	account, found := "", false
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed == feed {
			if found {
				return ""
			}
			account, found = coverage.Account, true
		}
	}
	return account
}

// uncoveredUnless is uncovered, where absence matters at all.
func (j *judge) uncoveredUnless(known bool, provider string, from, to time.Time) string {
	if known {
		return ""
	}
	return j.uncovered(provider, from, to)
}

// uncovered says why absence between from and to cannot be judged: a provider that was not read completely over that
// time. Empty means that it can. An order that names no provider needs them all.
func (j *judge) uncovered(provider string, from, to time.Time) string {
	gap := j.gapOf(provider, from, to)
	j.noteCovered(gap, from, to)
	return gap
}

func (j *judge) gapOf(provider string, from, to time.Time) string {
	known := false
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed == FeedShop || provider != "" && coverage.Feed != provider {
			continue
		}
		known = true
		switch {
		case coverage.Complete.Empty() || coverage.Complete.To.Before(to):
			j.verdict.CoverageBound = true
			return fmt.Sprintf("%s (%s) has not been read completely up to %s", nameOf(coverage.Feed), coverage.Account, at(to))
		case coverage.Complete.From.After(from): // reading on will not change that
			return fmt.Sprintf("%s (%s) was read only from %s on", nameOf(coverage.Feed), coverage.Account, at(coverage.Complete.From))
		}
	}
	if !known {
		return fmt.Sprintf("no account of %s is configured", firstNonEmpty(provider, "any provider"))
	}
	return ""
}

// absentSince reports whether something that should have come to a feed by t is not there: t has passed, as is asked, and
// every account of the feed was read completely up to it.
func (j *judge) absentSince(feed string, t time.Time, asks string) bool {
	if !j.due(t, asks) {
		return false
	}
	known := false
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed != feed {
			continue
		}
		read := !coverage.Complete.Empty() && !coverage.Complete.To.Before(t)
		j.noteRead(coverage, t, read)
		if !read {
			j.verdict.CoverageBound = true
			return false
		}
		known = true
	}
	return known || j.given("an account of "+nameOf(feed)+" is configured", false)
}
