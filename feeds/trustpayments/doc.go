// Package trustpayments reads Trust Payments through its Webservices JSON interface, and refunds there.
//
// Facts come from TRANSACTIONQUERY, asked for the request types AUTH and REFUND: no other type moves money. A reply holds at
// most 500 records and there is no paging, so a stretch of time is asked in slices small enough to be answered whole; or by
// the portal's bulk search, whose rows are the same transactions. An AUTH settles without moving into a later window; those
// still open are read again by reference.
//
//	Fetch ──▶ slices of time, then references ──▶ exchange (retries) ──▶ decode ──▶ allow-list ──▶ Sink
//	      ╰─▶ days of the bulk search ─────────▶ rows of the export ─────────────▶ allow-list ──▶ Sink
//	Export: rows of the portal's file ──▶ observations for the import
//	NewNormaliser: one observation ──▶ Payment (AUTH), Refund (REFUND) or Rejection
//
// The gateway answers business errors with HTTP 200 and a code; codes.go says what each code means for us. What it does
// not document is settled by asking more and checking: both ends of a window, what `found` counts, a reply without
// records, a refund that may keep the name of its order.
package trustpayments
