package reconcile

import "time"

// Policy holds every rule that a merchant may set. DefaultPolicy gives the values of design §4 and §5.
type Policy struct {
	Grace                  Grace
	RefundWindows          map[string]time.Duration // by feed: a refund is in time while now < payment's creation + window
	RefundWarnings         []time.Duration          // before the window's end, longest first; severity rises at each
	SettlementOverdueAfter time.Duration            // an AUTH unsettled for strictly longer is overdue (source document 002)
	Source                 SourcePolicy
	Cancel                 CancelPolicy
	StickyFor              time.Duration // how long an exception that cannot un-happen stays, from first seen
	MovementAfter          time.Duration // a payment that shows no movement for so long is unexplained
	Truncation             int           // characters that Trust Payments keeps of an order reference (source document 002)
}

// Grace is how long each disagreement may last before it is an exception.
type Grace struct {
	MissingAtProvider       time.Duration // from the order's paid time
	MissingOrder            time.Duration // from the payment's success
	PaidNotRecorded         time.Duration // from the payment's success
	RefundNotRecorded       time.Duration // from the refund's creation at the provider
	RefundMissingAtProvider time.Duration // from its recording in the shop
}

// SourcePolicy is how long a Stripe Source lives (source document 001).
type SourcePolicy struct {
	PendingFor    time.Duration  // unused for so long, it is canceled
	ChargeableFor time.Duration  // uncharged for so long, it is canceled
	CutoffHour    int            // or at this time of day, whichever comes first
	CutoffMinute  int            //
	CutoffZone    *time.Location // in this zone
}

// CancelPolicy says which dead ends cancel an open order, and when. Zero means never for the last two.
type CancelPolicy struct {
	DeclinedAfter      time.Duration // from the creation of a declined source, or the start of a cancelled AUTH
	NoAttemptAfter     time.Duration // from the order's creation, when nobody tried to pay
	WaitingIntentAfter time.Duration // from the creation of a PaymentIntent left waiting
}

const day = 24 * time.Hour

// DefaultPolicy returns the settled readings of design §4 and §5. Asia/Shanghai is given as a fixed zone: China has kept
// UTC+8 without summer time since 1991, and this package reads no zone files.
func DefaultPolicy() Policy {
	return Policy{
		Grace: Grace{
			MissingAtProvider:       24 * time.Hour,
			MissingOrder:            time.Hour,
			PaidNotRecorded:         time.Hour,
			RefundNotRecorded:       24 * time.Hour,
			RefundMissingAtProvider: 72 * time.Hour,
		},
		RefundWindows:          map[string]time.Duration{FeedStripe: 90 * day, FeedTrustPayments: 90 * day},
		RefundWarnings:         []time.Duration{14 * day, 7 * day, 3 * day, day},
		SettlementOverdueAfter: 7 * day,
		Source: SourcePolicy{
			PendingFor:    time.Hour,
			ChargeableFor: 6 * time.Hour,
			CutoffHour:    23,
			CutoffMinute:  45,
			CutoffZone:    time.FixedZone("Asia/Shanghai", 8*60*60),
		},
		Cancel:        CancelPolicy{DeclinedAfter: 24 * time.Hour},
		StickyFor:     30 * day,
		MovementAfter: 7 * day,
		Truncation:    25,
	}
}
