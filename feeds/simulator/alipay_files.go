package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// subject describes what was sold, as the shop told Alipay; it stands in every row and means nothing to a reconciliation.
const subject = "演出票, 二楼 \"包厢\""

var (
	transactionColumns = []string{"customerId", "transactionType", "transactionId", "transactionRequestId", "originalTransactionRequestId", "referenceTransactionId",
		"orderDescription", "paymentMethodType", "status", "transactionCreationTime", "transactionUpdateTime", "transactionCompletionTime",
		"transactionAmountValue", "transactionCurrency"}
	settlementColumns = []string{"settlementBatchId", "customerId", "transactionType", "transactionId", "transactionRequestId", "originalTransactionRequestId",
		"transactionCompletionTime", "settlementInitiatedDate", "transactionAmountValue", "transactionCurrency", "convertedTransactionAmountValue",
		"settlementAmountValue", "settlementCurrency", "quoteCurrencyPair", "quotePrice"}
	summaryColumns = []string{"settlementBatchId", "customerId", "summaryType", "count", "settlementInitiatedDate", "settlementAmountValue", "settlementCurrency"}
)

// endMark ends a file that is whole.
const endMark = "<END>"

// WriteAlipayFiles writes the files that Alipay has made by t into a directory: the transactions of each day, and the
// details and the summary of each settlement batch. A file that is there already is left alone, for Alipay makes none twice.
// Every other day's files are in GBK, and every third day's are zipped.
func (w *World) WriteAlipayFiles(dir string, t time.Time) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory of Alipay's files: %w", err)
	}
	rows := w.tradeRows()
	for d := alipayDay(w.cfg.Now.AddDate(0, 0, -historyDays-2)); !d.Add(day + tradesOut).After(t); d = d.AddDate(0, 0, 1) {
		if err := writeAlipay(dir, "transaction", d, transactionColumns, rows[d]); err != nil {
			return err
		}
	}
	for _, b := range w.batches(t) {
		if err := writeAlipay(dir, "settlement_details_"+b.id+"_on", alipayDay(b.at), settlementColumns, b.details()); err != nil {
			return err
		}
		if err := writeAlipay(dir, "settlement_summary_"+b.id+"_on", alipayDay(b.at), summaryColumns, b.summary()); err != nil {
			return err
		}
	}
	return nil
}

// tradeRows are the rows of each day's transactions.
func (w *World) tradeRows() map[time.Time][][]string {
	rows := map[time.Time][][]string{}
	for _, tr := range w.trades.items {
		d := alipayDay(tr.completed)
		rows[d] = append(rows[d], []string{AlipayAccount, "PAYMENT", tr.id, tr.request, "", tr.reference, subject, "ALIPAY_CN", "SUCCESS",
			isoTime(tr.created), isoTime(tr.completed), isoTime(tr.completed), majorUnits(tr.amount, tr.currency), tr.currency})
	}
	for _, r := range w.tradeRefunds.items {
		d := alipayDay(r.created)
		rows[d] = append(rows[d], []string{AlipayAccount, "REFUND", r.trade.id, r.id, r.trade.request, r.trade.reference, subject, "ALIPAY_CN", "SUCCESS",
			isoTime(r.created), isoTime(r.created), isoTime(r.created), majorUnits(r.amount, r.trade.currency), r.trade.currency})
	}
	return rows
}

func isoTime(at time.Time) string { return at.In(shanghai).Format(time.RFC3339) }

func (b *batch) details() (rows [][]string) {
	for _, row := range b.rows {
		pair, price := "", ""
		if row.rate != 0 {
			pair, price = row.currency+"/"+b.currency, fmt.Sprintf("0.%06d", row.rate)
		}
		rows = append(rows, []string{b.id, AlipayAccount, row.kind, row.id, row.request, row.original, isoTime(row.completed), isoTime(b.at),
			majorUnits(max(row.amount, -row.amount), row.currency), row.currency, majorUnits(row.converted, b.currency), majorUnits(row.net, b.currency), b.currency, pair, price})
	}
	return rows
}

// summary adds up the payments and refunds of a batch, and tells what no row of the details does: its own fee, and what is
// paid out.
func (b *batch) summary() [][]string {
	sums, counts := map[string]int64{}, map[string]int{}
	for _, row := range b.rows {
		sums[row.kind] += row.net
		counts[row.kind]++
	}
	line := func(kind string, count int, amount int64) []string {
		return []string{b.id, AlipayAccount, kind, strconv.Itoa(count), isoTime(b.at), majorUnits(amount, b.currency), b.currency}
	}
	return [][]string{
		line("PAYMENT", counts["PAYMENT"], sums["PAYMENT"]), line("REFUND", counts["REFUND"], sums["REFUND"]),
		line("SETTLEMENT_FEE", 1, -batchFee), line("TOTAL", len(b.rows), b.paid),
	}
}

// writeAlipay writes one file of a day.
func writeAlipay(dir, kind string, d time.Time, columns []string, rows [][]string) error {
	var content bytes.Buffer
	c := csv.NewWriter(&content)
	if err := c.WriteAll(append([][]string{columns}, rows...)); err != nil {
		return fmt.Errorf("write a file of Alipay's: %w", err)
	}
	content.WriteString(endMark + "\n")
	number := int(d.Unix() / 86_400)
	text := content.String()
	if number%2 == 0 {
		encoded, err := simplifiedchinese.GBK.NewEncoder().String(text)
		if err != nil {
			return fmt.Errorf("write a file of Alipay's in GBK: %w", err)
		}
		text = encoded
	}
	path := filepath.Join(dir, fmt.Sprintf("%s_%s_%s.csv", AlipayAccount, kind, d.Format("20060102")))
	if number%3 == 0 {
		path, text = path+".gz", zipped(text)
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write a file of Alipay's: %w", err)
	}
	return nil
}

func zipped(text string) string {
	var out strings.Builder
	z := gzip.NewWriter(&out)
	_, _ = z.Write([]byte(text)) // a strings.Builder takes everything
	_ = z.Close()
	return out.String()
}
