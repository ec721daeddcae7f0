package simulator

import "time"

// The rules of the domain that the stories end by: design §4 and §5, from source documents 001 and 002. They are stated
// here once more so that the truth does not depend on the code that it checks.
const (
	pendingLife      = time.Hour     // a pending source is canceled when nobody used it
	chargeableLife   = 6 * time.Hour // a chargeable source must be charged, or before the cut-off
	refundWindow     = 90 * day
	closingNotice    = 14 * day // REFUND_WINDOW_CLOSING stands for the end of the window
	declinedPatience = day      // a declined attempt cancels its order after this
	overdueAfter     = 7 * day  // an AUTH may stay at 10 this long; "more than" is strict
	missingGrace     = day
	webhookGrace     = time.Hour
	unrecordedGrace  = day
	unmadeGrace      = 3 * day
	lastingMemory    = 30 * day // what cannot un-happen stays this long after it was first seen
)

// shanghai has had no daylight saving since 1991, so that a fixed zone says the same as the zone database.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// deadline returns when a source that became chargeable at the given instant is canceled uncharged: after six hours or
// at the next 23:45 in Shanghai, whichever comes first.
func deadline(chargeable time.Time) time.Time {
	local := chargeable.In(shanghai)
	cut := time.Date(local.Year(), local.Month(), local.Day(), 23, 45, 0, 0, shanghai)
	if !chargeable.Before(cut) {
		cut = cut.AddDate(0, 0, 1)
	}
	return earlier(chargeable.Add(chargeableLife), cut).UTC()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// lasting returns until when something stands that cannot un-happen: 30 days from when it was first seen. What is older
// than Now is first seen by the run at Now.
func (w *World) lasting(since time.Time) time.Time {
	return later(since, w.cfg.Now).Add(lastingMemory)
}
