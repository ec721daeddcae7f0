package reconcile

import (
	"fmt"
	"time"
)

// unpaid judges an order that the shop believes was paid and for which no money was taken. One cause, one code: a row
// that could not be read, a payment that fits another order too, or one that is on its way, says it all.
func (j *judge) unpaid() {
	switch {
	case len(j.c.Rejections) > 0:
		j.settle(Waiting, "A row that names this order could not be read (%s %s): nothing is concluded about it.", j.c.Rejections[0].Feed, j.c.Rejections[0].ID)
	case len(j.c.Contested) > 0:
		j.settle(Waiting, "Payment %s fits this order and another one equally.", j.c.Contested[0].ID)
	case j.onItsWay():
	case j.endedBadly():
		j.absent = true
	default:
		j.missing()
	}
}

// onItsWay reports an AUTH that may still settle; settlements raises what there is to say about it.
func (j *judge) onItsWay() bool {
	for _, payment := range j.c.Payments {
		if payment.SettleStatus != "" && (payment.Status == PaymentPending || payment.Status == PaymentSuspended) {
			j.settle(Waiting, "%s has authorised %s (%s, settlestatus %s) and not settled it yet.", payment.Feed, payment.Amount, payment.ID, payment.SettleStatus)
			return true
		}
	}
	return false
}

// endedBadly raises PAYMENT_CANCELLED for the attempt that the shop relies on: the one whose id it stored, else the
// latest that ended badly.
func (j *judge) endedBadly() bool {
	attempt, ok := j.badAttempt()
	if !ok {
		return false
	}
	order := j.c.Order.Amount
	j.raise(attempt.Object, Exception{
		Code: PaymentCancelled, TransactionReference: attempt.Object.ID, Expected: order, Actual: none(order),
		Explanation: fmt.Sprintf("The shop has the order as %s for %s; %s says that the payment %s of %s is %s.", j.c.Order.Status, order, attempt.Object.Feed, attempt.Object.ID, at(attempt.At), attempt.Status),
	})
	return true
}

// badAttempt finds an attempt that ended without money. A charge or AUTH is named before the source it came from.
func (j *judge) badAttempt() (Evidence, bool) {
	var attempts []Evidence
	for _, source := range j.c.Sources {
		if ended, status := badSource(source); ended {
			attempts = append(attempts, Evidence{Object: source.Key, Status: status, At: source.CreatedAt})
		}
	}
	for _, payment := range j.c.Payments {
		if payment.Status == PaymentCanceled || payment.Status == PaymentFailed {
			attempts = append(attempts, Evidence{Object: payment.Key, Status: string(payment.Status), At: payment.CreatedAt})
		}
	}
	return j.reliedOn(attempts)
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

// reliedOn picks the attempt that the shop stored, else the last one. When the stored attempt is still alive, nothing
// ended badly.
func (j *judge) reliedOn(attempts []Evidence) (Evidence, bool) {
	if len(attempts) == 0 {
		return Evidence{}, false
	}
	stored := j.c.Order.PaymentID
	for _, source := range j.c.Sources {
		if bad, _ := badSource(source); source.ID == stored && !bad && source.Status != SourceConsumed {
			return Evidence{}, false
		}
	}
	last := attempts[len(attempts)-1]
	for _, attempt := range attempts {
		if attempt.Object.ID == stored && last.Object.Kind == attempt.Object.Kind {
			return attempt, true
		}
	}
	return last, true
}

// missing raises MISSING_AT_PROVIDER once the grace is over and the provider was read completely past the order's paid
// time.
func (j *judge) missing() {
	order := *j.c.Order
	paid := firstKnown(order.PaidAt, order.ChangedAt, order.CreatedAt)
	if !j.due(paid.Add(j.policy.Grace.MissingAtProvider)) {
		j.settle(Waiting, "Paid in the shop at %s; the provider has %s to show the payment.", at(paid), span(j.policy.Grace.MissingAtProvider))
		return
	}
	if gap := j.uncovered(order.Provider, firstKnown(order.CreatedAt, paid), paid); gap != "" {
		j.settle(Waiting, "Whether the payment is missing cannot be said: %s.", gap)
		return
	}
	j.absent = true
	j.raise(Key{Feed: order.Provider, Account: j.accountOf(order.Provider)}, Exception{
		Code: MissingAtProvider, TransactionReference: order.PaymentID, Expected: order.Amount, Actual: none(order.Amount),
		Explanation: fmt.Sprintf("The shop has the order as %s for %s since %s; %s no successful payment for it%s.", order.Status, order.Amount, at(paid), hasNone(order.Provider), j.liveAttempt()),
	})
}

func hasNone(provider string) string {
	if provider == "" {
		return "no provider has"
	}
	return provider + " has"
}

func (j *judge) liveAttempt() string {
	for _, source := range j.c.Sources {
		return fmt.Sprintf(" (%s is %s)", source.ID, source.Status)
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

// uncovered says why absence between from and to cannot be judged: a provider that was not read completely over that
// time. Empty means that it can. An order that names no provider needs them all.
func (j *judge) uncovered(provider string, from, to time.Time) string {
	known := false
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed == FeedShop || provider != "" && coverage.Feed != provider {
			continue
		}
		known = true
		switch {
		case coverage.Complete.Empty() || !coverage.Complete.To.After(to):
			return fmt.Sprintf("%s (%s) has not been read completely up to %s", coverage.Feed, coverage.Account, at(to))
		case coverage.Complete.From.After(from):
			return fmt.Sprintf("%s (%s) was read only from %s on", coverage.Feed, coverage.Account, at(coverage.Complete.From))
		}
	}
	if !known {
		return fmt.Sprintf("no account of %s is configured", firstNonEmpty(provider, "any provider"))
	}
	return ""
}

// absentSince reports whether something that should have come to a feed by t is not there: t has passed, and the feed was
// read completely up to it.
func (j *judge) absentSince(feed string, t time.Time) bool {
	if !j.due(t) {
		return false
	}
	for _, coverage := range j.ctx.Coverage {
		if coverage.Feed == feed && coverage.Complete.To.Before(t) {
			return false
		}
	}
	return true
}
