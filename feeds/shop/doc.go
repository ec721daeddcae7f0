// Package shop is the merchant's own orders as a feed: a table or view in any PostgreSQL or SQLite database, read through
// a Mapping, or a CSV file.
//
// An order's observation holds what the row said under the words of Columns, as text: times as RFC 3339 in UTC, or as
// they stood when they could not be read. The customer's e-mail address is never part of it. NewNormaliser turns an
// observation into a reconcile.Order or reconcile.RefundRequest; the mapping of statuses is applied there, so that a
// mapping that was wrong is mended and replayed (design §1).
//
// The one thing written to the shop is Cancel: a compare-and-set on the status, in the shop's own table.
package shop
