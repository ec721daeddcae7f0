package reconcile

import "time"

// tick is the resolution of stored times. The first instant that is strictly later than t is t + tick.
const tick = time.Microsecond

// PendingDeadline is when an unused source is canceled (source document 001: one hour).
func (p Policy) PendingDeadline(created time.Time) time.Time {
	return created.Add(p.Source.PendingFor)
}

// ChargeDeadline is when a source that became chargeable at t is canceled if nobody charges it: six hours later or at
// 23:45 in Shanghai, whichever comes first (source document 001). At 23:45:00 itself the day's cut-off has passed, so
// the next one counts. Without a cut-off zone there is no cut-off.
func (p Policy) ChargeDeadline(t time.Time) time.Time {
	if p.Source.CutoffZone == nil {
		return t.Add(p.Source.ChargeableFor).UTC()
	}
	return earliest(t.Add(p.Source.ChargeableFor), p.nextCutoff(t)).UTC()
}

func (p Policy) nextCutoff(t time.Time) time.Time {
	local := t.In(p.Source.CutoffZone)
	cutoff := func(days int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, p.Source.CutoffHour, p.Source.CutoffMinute, 0, 0, p.Source.CutoffZone)
	}
	if today := cutoff(0); t.Before(today) {
		return today
	}
	return cutoff(1)
}

// OverdueAt is the instant after which an unsettled AUTH is overdue: at it, it is not yet (source document 002: more than
// seven days).
func (p Policy) OverdueAt(started time.Time) time.Time {
	return started.Add(p.SettlementOverdueAfter)
}

// WindowEnd is the first instant at which a payment can no longer be refunded: 90 × 24 h after it was made (source
// document 001). A feed without a window of its own has none, and the zero time says so.
func (p Policy) WindowEnd(payment Payment) time.Time {
	window, ok := p.RefundWindows[payment.Feed]
	if !ok {
		return time.Time{}
	}
	return payment.CreatedAt.Add(window)
}
