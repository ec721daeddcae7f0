// Package alipay reads the files that Alipay gives its merchants: transactions, settlement details and settlement summaries,
// of today's reports (reconciliation.md §5, "Antom") and of the classic gateway (source document 003). There is no API
// behind it: the files of a directory are the feed, and each day's file tells that day completely.
//
// An order is named by out_trade_no, the merchant's own number of a payment; trade_no is Alipay's id of it; amounts are
// decimals of major units. Which column holds what, how types and statuses are called and what ends a file are settings,
// because Alipay's files differ by contract and year.
package alipay

// Feed is the name of this feed.
const Feed = "alipay"

// Kinds of observations.
const (
	kindPayment  = "payment"
	kindRefund   = "refund"
	kindMovement = "settlement"  // a row of a settlement: it moves the balance
	kindPayout   = "batch"       // what a settlement batch pays out
	kindLine     = "payout_line" // a settlement row as a part of its batch
	kindRow      = "row"         // a row that tells nothing but that it cannot be read
)
