package alipay

import (
	"slices"
	"strings"
	"time"
)

// Layout says how Alipay's files look.
type Layout struct {
	Columns      Columns
	Types        Types
	Statuses     Statuses
	EndMark      string         // the last line of a whole file; empty: files have none
	SummaryLines []string       // types that stand in the summary of a batch alone, and in no row of its details
	Zone         *time.Location // of times without an offset, and of the days of files
}

// Columns are the names that a column may have, in order of preference.
type Columns struct {
	Account         []string // the merchant
	Type            []string // what kind of transaction a row is
	ID              []string // Alipay's id of the transaction
	Request         []string // the merchant's own id of it: out_trade_no of a payment
	Original        []string // of a refund: the merchant's own id of the payment
	Order           []string // the order it is for, where that is another number
	Status          []string
	Created         []string
	Completed       []string
	Amount          []string // decimal major units, in Currency
	Currency        []string
	Batch           []string
	SettledAt       []string
	SettledAmount   []string // what is left after fees, in SettledCurrency
	SettledCurrency []string
	ConvertedAmount []string // Amount in SettledCurrency
	SummaryType     []string
}

// Types are Alipay's words for what a row is, in any case.
type Types struct {
	Payment        []string
	Refund         []string // also what is canceled on the day it was paid: the money goes back
	RefundReversal []string
	Dispute        []string
	DisputeWon     []string
	Fee            []string
	Adjustment     []string
	Ignored        []string // no money moves
	Total          []string // of a summary: what the batch pays out
}

// Statuses are Alipay's words for the state of a transaction, in any case. One without a status succeeded.
type Statuses struct {
	Succeeded []string
	Pending   []string
	Failed    []string
}

// columns are the names of Columns as feeds.Header takes them.
type columns struct {
	account, kind, id, request, original, order, status, created, completed, amount, currency string
	batch, settledAt, settled, settledCurrency, converted, summaryType                        string
}

func (c Columns) joined() columns {
	one := func(names []string) string { return strings.Join(names, "|") }
	return columns{
		account: one(c.Account), kind: one(c.Type), id: one(c.ID), request: one(c.Request), original: one(c.Original), order: one(c.Order),
		status: one(c.Status), created: one(c.Created), completed: one(c.Completed), amount: one(c.Amount), currency: one(c.Currency),
		batch: one(c.Batch), settledAt: one(c.SettledAt), settled: one(c.SettledAmount), settledCurrency: one(c.SettledCurrency),
		converted: one(c.ConvertedAmount), summaryType: one(c.SummaryType),
	}
}

func named(words []string, word string) bool {
	return slices.ContainsFunc(words, func(known string) bool { return strings.EqualFold(known, word) })
}

// category is what the movement of a type is called in the tie-out (docs/TIEOUT.md); empty for a type that moves nothing.
func (t Types) category(word string) (string, bool) {
	for _, known := range []struct {
		words    []string
		category string
	}{
		{t.Payment, "charge"}, {t.Refund, "refund"}, {t.RefundReversal, "refund_failure"}, {t.Dispute, "dispute"},
		{t.DisputeWon, "dispute_reversal"}, {t.Fee, "fee"}, {t.Adjustment, "other_adjustment"}, {t.Ignored, ""},
	} {
		if named(known.words, word) {
			return known.category, true
		}
	}
	return "", false
}
