package alipay

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

const merchant = "2088000000000001"

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// layout is that of Antom's reports, and of the classic gateway's files beside them.
func layout() Layout {
	return Layout{
		Columns: Columns{
			Account: []string{"customerId", "partner"}, Type: []string{"transactionType", "Type"}, ID: []string{"transactionId", "trade_no"},
			Request: []string{"transactionRequestId", "Partner_transaction_id", "out_trade_no"}, Original: []string{"originalTransactionRequestId", "Original_partner_transaction_id"},
			Order: []string{"referenceTransactionId"}, Status: []string{"status", "trade_status"}, Created: []string{"transactionCreationTime", "gmt_create"},
			Completed: []string{"transactionCompletionTime", "Payment_time", "gmt_payment"}, Amount: []string{"transactionAmountValue", "Amount", "total_fee"},
			Currency: []string{"transactionCurrency", "Currency"}, Batch: []string{"settlementBatchId"}, SettledAt: []string{"settlementInitiatedDate", "Settlement_time"},
			SettledAmount: []string{"settlementAmountValue", "Settlement"}, SettledCurrency: []string{"settlementCurrency", "Currency"},
			ConvertedAmount: []string{"convertedTransactionAmountValue"}, SummaryType: []string{"summaryType"},
		},
		Types: Types{
			Payment: []string{"PAYMENT", "P"}, Refund: []string{"REFUND", "CANCEL", "R"}, RefundReversal: []string{"REFUND_REVERSAL"}, Dispute: []string{"DISPUTE"},
			Fee: []string{"SETTLEMENT_FEE"}, Ignored: []string{"AUTHORIZATION"}, Total: []string{"TOTAL"},
		},
		Statuses: Statuses{Succeeded: []string{"SUCCESS", "L", "TRADE_SUCCESS"}, Pending: []string{"PROCESSING"}, Failed: []string{"FAIL"}},
		EndMark:  "<END>", SummaryLines: []string{"SETTLEMENT_FEE"}, Zone: shanghai,
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read imports a file, and returns the records of its rows and what is wrong with the others.
func read(t *testing.T, l Layout, content string) (records map[string]reconcile.Record, bad map[int]string, failure error) {
	t.Helper()
	file, err := feeds.OpenFile(write(t, t.TempDir(), "file", content))
	if err != nil {
		return nil, nil, err
	}
	format, err := file.Recognise(l.Formats())
	if err != nil {
		return nil, nil, err
	}
	records, bad = map[string]reconcile.Record{}, map[int]string{}
	for line, err := range file.Lines(format, merchant) {
		if err != nil {
			return records, bad, err
		}
		if line.Reason != "" {
			bad[line.Number] = line.Reason
		}
		for _, observation := range line.Observations {
			records[observation.Key.Kind+" "+observation.Key.ID] = Normalise(observation)
		}
	}
	return records, bad, nil
}

func key(kind, id string) reconcile.Key {
	return reconcile.Key{Feed: "alipay", Account: merchant, Kind: kind, ID: id}
}

func amount(minor int64, currency string) money.Amount {
	return money.Amount{Minor: minor, Currency: currency}
}

func at(hour int) time.Time { return time.Date(2026, 3, 10, hour, 0, 0, 0, time.UTC) }

func check(t *testing.T, want, got map[string]reconcile.Record) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
}

func TestTransactions(t *testing.T) {
	const header = "customerId,transactionType,transactionId,transactionRequestId,originalTransactionRequestId,referenceTransactionId,orderDescription,status,transactionCreationTime,transactionCompletionTime,transactionAmountValue,transactionCurrency\n"
	text := header +
		merchant + `,PAYMENT,T1,EVT-1,,,"票, 二楼",SUCCESS,2026-03-10T16:00:00+08:00,2026-03-10T17:00:00+08:00,12.30,EUR` + "\n" +
		merchant + `,PAYMENT,T2,EVT-2-b,,订单-2,票,SUCCESS,2026-03-10 16:00:00,2026-03-10 17:00:00,1200,JPY` + "\n" +
		merchant + `,REFUND,T1,RF-1,EVT-1,,票,SUCCESS,2026-03-10T18:00:00+08:00,2026-03-10T18:00:00+08:00,-2.30,EUR` + "\n" +
		merchant + `,CANCEL,T2,CC-1,EVT-2-b,订单-2,票,,2026-03-10T18:00:00+08:00,2026-03-10T18:00:00+08:00,1200,JPY` + "\n" +
		merchant + `,REFUND,T1,RF-2,,,票,SUCCESS,2026-03-10T18:00:00+08:00,2026-03-10T18:00:00+08:00,2.30,EUR` + "\n" +
		merchant + `,PAYMENT,T3,EVT-3,,,票,PROCESSING,2026-03-10T16:00:00+08:00,,12.30,EUR` + "\n" +
		merchant + `,AUTHORIZATION,T4,EVT-4,,,票,SUCCESS,2026-03-10T16:00:00+08:00,2026-03-10T16:00:00+08:00,12.30,EUR` + "\n" +
		merchant + `,PAYMENT,T5,EVT-5,,,票,STRANGE,2026-03-10T16:00:00+08:00,2026-03-10T16:00:00+08:00,12.30,EUR` + "\n" +
		merchant + `,GIFT,T6,EVT-6,,,票,SUCCESS,2026-03-10T16:00:00+08:00,2026-03-10T16:00:00+08:00,12.30,EUR` + "\n" +
		merchant + `,PAYMENT,T7,EVT-7,,,票,SUCCESS,10.03.2026,2026-03-10T16:00:00+08:00,12.30,EUR` + "\n" +
		merchant + `,PAYMENT,T8,EVT-8,,,票,SUCCESS,2026-03-10T16:00:00+08:00,2026-03-10T16:00:00+08:00,12.305,EUR` + "\n" +
		"<END>\n"
	want := map[string]reconcile.Record{
		"payment T1": reconcile.Payment{
			Key: key(kindPayment, "T1"), SourceID: "EVT-1", Reference: "EVT-1", Amount: amount(1230, "EUR"), Status: "succeeded", InScope: true, CreatedAt: at(8), SucceededAt: at(9),
		},
		"payment T2": reconcile.Payment{
			Key: key(kindPayment, "T2"), SourceID: "EVT-2-b", Reference: "订单-2", Amount: amount(1200, "JPY"), Status: "succeeded", InScope: true, CreatedAt: at(8), SucceededAt: at(9),
		},
		"refund RF-1": reconcile.Refund{Key: key(kindRefund, "RF-1"), PaymentID: "EVT-1", Reference: "EVT-1", Amount: amount(230, "EUR"), Status: "succeeded", CreatedAt: at(10)},
		"refund CC-1": reconcile.Refund{Key: key(kindRefund, "CC-1"), PaymentID: "EVT-2-b", Reference: "订单-2", Amount: amount(1200, "JPY"), Status: "succeeded", CreatedAt: at(10)},
		"refund RF-2": reconcile.Rejection{Key: key(kindRefund, "RF-2"), Reason: "the refund does not say of which payment (feeds.alipay.columns.original)", Reference: "RF-2"},
		"payment T3":  reconcile.Payment{Key: key(kindPayment, "T3"), SourceID: "EVT-3", Reference: "EVT-3", Amount: amount(1230, "EUR"), Status: "pending", InScope: true, CreatedAt: at(8)},
		"payment T5":  reconcile.Rejection{Key: key(kindPayment, "T5"), Reason: `unknown status "STRANGE": name it under feeds.alipay.statuses`, Reference: "EVT-5"},
		"payment T8":  reconcile.Rejection{Key: key(kindPayment, "T8"), Reason: `amount: not an amount in EUR: "12.305"`, Reference: "EVT-8"},
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"UTF-8": text, "with a byte order mark": "\uFEFF" + text, "GBK": gbk} {
		t.Run(name, func(t *testing.T) {
			got, bad, err := read(t, layout(), content)
			if err != nil {
				t.Fatal(err)
			}
			check(t, want, got)
			if len(bad) != 2 || !strings.Contains(bad[10], `unknown type "GIFT"`) || !strings.Contains(bad[11], `"10.03.2026" is no time`) {
				t.Error(bad)
			}
		})
	}
}

func TestSettlement(t *testing.T) {
	const header = "settlementBatchId,customerId,transactionType,transactionId,transactionRequestId,transactionAmountValue,transactionCurrency,convertedTransactionAmountValue,settlementAmountValue,settlementCurrency,settlementInitiatedDate\n"
	got, bad, err := read(t, layout(), header+
		"B1,"+merchant+",PAYMENT,T1,EVT-1,10.00,EUR,,9.94,EUR,2026-03-10T16:00:00+08:00\n"+
		"B1,"+merchant+",PAYMENT,T2,EVT-2,100.00,CNY,12.80,12.72,EUR,2026-03-10T16:00:00+08:00\n"+
		"B1,"+merchant+",REFUND,T1,RF-1,2.30,EUR,,2.30,EUR,2026-03-10T16:00:00+08:00\n"+
		"B1,"+merchant+",DISPUTE,T2,,5.00,EUR,,-5.00,EUR,2026-03-10T16:00:00+08:00\n"+
		"B1,"+merchant+",PAYMENT,T1,EVT-1,10.00,EUR,,9.94,EUR,2026-03-10T16:00:00+08:00\n"+
		"B1,"+merchant+",SETTLEMENT_FEE,,,,,,-0.50,EUR,2026-03-10T16:00:00+08:00\n"+
		"<END>\n")
	if err != nil {
		t.Fatal(err)
	}
	eur := func(minor int64) money.Amount { return amount(minor, "EUR") }
	want := map[string]reconcile.Record{}
	row := func(id, category, object string, gross, fee, net int64) {
		want["settlement "+id] = reconcile.Movement{
			Key: key(kindMovement, id), ObjectID: object, Category: category, Gross: eur(gross), Fee: eur(fee), Net: eur(net), CreatedAt: at(8), AvailableAt: at(8),
		}
		want["payout_line "+id] = reconcile.PayoutLine{Key: key(kindLine, id), PayoutID: "B1", Category: category, Net: eur(net)}
	}
	row("B1/PAYMENT/EVT-1", "charge", "T1", 1000, 6, 994)
	row("B1/PAYMENT/EVT-2", "charge", "T2", 1280, 8, 1272)
	row("B1/REFUND/RF-1", "refund", "RF-1", -230, 0, -230)
	row("B1/DISPUTE/T2", "dispute", "", -500, 0, -500)
	want["payout_line B1/payout/EUR"] = reconcile.PayoutLine{Key: key(kindLine, "B1/payout/EUR"), PayoutID: "B1", Category: "payout", Net: eur(-1536)}
	check(t, want, got)
	if len(bad) != 2 || bad[6] != "a second row of B1/PAYMENT/EVT-1" || !strings.Contains(bad[7], "summary alone") {
		t.Error(bad)
	}
}

func TestSummary(t *testing.T) {
	const header = "settlementBatchId,customerId,summaryType,count,settlementInitiatedDate,settlementAmountValue,settlementCurrency\n"
	got, bad, err := read(t, layout(), header+
		"B1,"+merchant+",PAYMENT,2,2026-03-10T16:00:00+08:00,22.66,EUR\n"+
		"B1,"+merchant+",SETTLEMENT_FEE,1,2026-03-10T16:00:00+08:00,-0.50,EUR\n"+
		"B1,"+merchant+",TOTAL,3,2026-03-10T16:00:00+08:00,14.86,EUR\n"+
		"B1,"+merchant+",GIFT,3,2026-03-10T16:00:00+08:00,14.86,EUR\n"+
		"<END>\n")
	if err != nil || len(bad) != 1 || !strings.Contains(bad[5], `unknown type "GIFT"`) {
		t.Fatal(err, bad)
	}
	eur := func(minor int64) money.Amount { return amount(minor, "EUR") }
	check(t, map[string]reconcile.Record{
		"batch B1":                      reconcile.Payout{Key: key(kindPayout, "B1"), Amount: eur(1486), Status: "paid", Automatic: true, Itemised: true, CreatedAt: at(8), ArrivalAt: at(8)},
		"settlement B1/payout":          reconcile.Movement{Key: key(kindMovement, "B1/payout"), ObjectID: "B1", Category: "payout", Gross: eur(-1486), Fee: eur(0), Net: eur(-1486), CreatedAt: at(8), AvailableAt: at(8)},
		"settlement B1/SETTLEMENT_FEE":  reconcile.Movement{Key: key(kindMovement, "B1/SETTLEMENT_FEE"), Category: "fee", Gross: eur(-50), Fee: eur(0), Net: eur(-50), CreatedAt: at(8), AvailableAt: at(8)},
		"payout_line B1/SETTLEMENT_FEE": reconcile.PayoutLine{Key: key(kindLine, "B1/SETTLEMENT_FEE"), PayoutID: "B1", Category: "fee", Net: eur(-50)},
	}, got)
}

func TestSummaryWithoutATotal(t *testing.T) {
	_, _, err := read(t, layout(), "settlementBatchId,summaryType,settlementInitiatedDate,settlementAmountValue,settlementCurrency\nB1,PAYMENT,2026-03-10,22.66,EUR\n<END>\n")
	if err == nil || !strings.Contains(err.Error(), "no row tells what the batch B1 pays out (feeds.alipay.types.total)") {
		t.Error(err)
	}
}

// TestClassic reads what the classic gateway gives: bars between the columns, no end mark, times in Shanghai, and the
// settlement in the row of the transaction.
func TestClassic(t *testing.T) {
	l := layout()
	l.EndMark = ""
	content, err := simplifiedchinese.GBK.NewEncoder().String("Partner_transaction_id|Amount|Rmb_amount|Fee|Settlement|Currency|Payment_time|Settlement_time|Type|Status|Remarks|Original_partner_transaction_ID\n" +
		"EVT-1|10.00|78.10|0.06|9.94|EUR|2026-03-10 16:00:00|2026-03-10 18:00:00|P|L|亅|\n" + // a character of which one byte is a bar
		"EVT-2|10.00|78.10|||EUR|2026-03-10 16:00:00||P|L|票|\n")
	if err != nil {
		t.Fatal(err)
	}
	got, bad, err := read(t, l, content)
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	payment := func(id string) reconcile.Payment {
		return reconcile.Payment{Key: key(kindPayment, id), SourceID: id, Reference: id, Amount: amount(1000, "EUR"), Status: "succeeded", InScope: true, CreatedAt: at(8), SucceededAt: at(8)}
	}
	check(t, map[string]reconcile.Record{
		"payment EVT-1": payment("EVT-1"), "payment EVT-2": payment("EVT-2"),
		"settlement P/EVT-1": reconcile.Movement{
			Key: key(kindMovement, "P/EVT-1"), ObjectID: "EVT-1", Category: "charge", Gross: amount(1000, "EUR"), Fee: amount(6, "EUR"), Net: amount(994, "EUR"), CreatedAt: at(10), AvailableAt: at(10),
		},
	}, got)

	got, _, err = read(t, l, "out_trade_no,trade_no,total_fee,currency,gmt_payment,type,trade_status\nEVT-1,T1,10.00,EUR,2026-03-10 16:00:00,P,TRADE_SUCCESS\n")
	if err != nil {
		t.Fatal(err)
	}
	byParameters := payment("T1")
	byParameters.SourceID, byParameters.Reference = "EVT-1", "EVT-1"
	check(t, map[string]reconcile.Record{"payment T1": byParameters}, got)
}

const oneDay = "customerId,transactionType,transactionId,transactionRequestId,transactionCompletionTime,transactionAmountValue,transactionCurrency\n"

// sink keeps what it is handed.
type sink map[string]reconcile.Record

func (s sink) Observe(_ context.Context, batch []feeds.Observation) error {
	for _, observation := range batch {
		s[observation.Key.Kind+" "+observation.Key.ID] = Normalise(observation)
	}
	return nil
}

// TestDays: the feed is covered to the end of the last day up to which none is missing or broken, and says what is wrong.
func TestDays(t *testing.T) {
	whole, cut, foreign := oneDay+"<END>\n", oneDay, oneDay+"2088999,PAYMENT,T9,EVT-9,2026-03-03T16:00:00+08:00,1.00,EUR\n<END>\n"
	midnight := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, shanghai) }
	since := midnight(1).AddDate(0, 0, -30)
	for name, test := range map[string]struct {
		files    map[string]string
		from, to time.Time
		covered  [2]time.Time
		failures []string
		read     int
	}{
		"all are there":         {files: map[string]string{"t_20260301.csv": whole, "t_20260302.csv": whole}, to: midnight(3).Add(9 * time.Hour), covered: [2]time.Time{midnight(1), midnight(3)}},
		"the last is not due":   {files: map[string]string{"t_20260301.csv": whole, "t_20260302.csv": whole}, to: midnight(4).Add(11 * time.Hour), covered: [2]time.Time{midnight(1), midnight(3)}},
		"the last is due":       {files: map[string]string{"t_20260301.csv": whole, "t_20260302.csv": whole}, to: midnight(4).Add(13 * time.Hour), covered: [2]time.Time{midnight(1), midnight(3)}, failures: []string{"transactions of 2026-03-03"}},
		"one is missing":        {files: map[string]string{"t_20260301.csv": whole, "t_20260303.csv": whole}, to: midnight(4), covered: [2]time.Time{midnight(1), midnight(2)}, failures: []string{"transactions of 2026-03-02"}},
		"one breaks off":        {files: map[string]string{"t_20260301.csv": whole, "t_20260302.csv": cut, "t_20260303.csv": whole}, to: midnight(4), covered: [2]time.Time{midnight(1), midnight(2)}, failures: []string{"t_20260302.csv: it does not end with <END>"}},
		"part of one breaks":    {files: map[string]string{"t_20260301.csv": whole, "a_20260301.csv": cut}, to: midnight(2), covered: [2]time.Time{midnight(1), midnight(1)}, failures: []string{"a_20260301.csv: it does not end"}},
		"another file":          {files: map[string]string{"t_20260301.csv": whole, "notes_20260302.txt": "name,age\n"}, to: midnight(3), covered: [2]time.Time{midnight(1), midnight(2)}, failures: []string{"is of no known format"}},
		"a name without a day":  {files: map[string]string{"t_20260301.csv": whole, "readme": "x", ".hidden": "x"}, to: midnight(2), covered: [2]time.Time{midnight(1), midnight(2)}, failures: []string{"readme names no day"}},
		"a name with no day":    {files: map[string]string{"t_20260301.csv": whole, "t_20261301.csv": whole}, to: midnight(2), covered: [2]time.Time{midnight(1), midnight(2)}, failures: []string{`"20261301" is no day`}},
		"nothing is there":      {to: midnight(2), failures: []string{"no file of transactions since 2026-01-30"}},
		"later days are asked":  {files: map[string]string{"t_20260301.csv": cut, "t_20260302.csv": whole}, from: midnight(2).Add(time.Hour), to: midnight(3), covered: [2]time.Time{midnight(2).Add(time.Hour), midnight(3)}},
		"a row of another shop": {files: map[string]string{"t_20260301.csv": foreign}, to: midnight(2), covered: [2]time.Time{midnight(1), midnight(2)}, read: 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				write(t, dir, name, content)
			}
			files, err := New(Options{Account: merchant, Directory: dir, Layout: layout(), DayInName: `_(\d{8})`, PublishedIn: 12 * time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if test.from.IsZero() {
				test.from = since
			}
			shown := sink{}
			tally, err := files.Fetch(t.Context(), feeds.Request{Window: reconcile.Window{From: test.from, To: test.to}, Sink: shown})
			if !tally.Covered.From.Equal(test.covered[0]) || !tally.Covered.To.Equal(test.covered[1]) {
				t.Errorf("covered %v, want %v", *tally.Covered, test.covered)
			}
			if (err == nil) != (len(test.failures) == 0) {
				t.Errorf("error %v, want %q", err, test.failures)
			}
			for _, failure := range test.failures {
				if err == nil || !strings.Contains(err.Error(), failure) || strings.Count(err.Error(), dir) != len(test.failures) {
					t.Errorf("error %v, want %q alone", err, test.failures)
				}
			}
			if tally.Read != test.read || len(shown) != test.read {
				t.Errorf("read %d, shown %v", tally.Read, shown)
			}
			for _, record := range shown {
				if rejection, ok := record.(reconcile.Rejection); !ok || !strings.Contains(rejection.Reason, `t_20260301.csv, line 2: the row is of the account "2088999"`) {
					t.Errorf("%+v", record)
				}
			}
		})
	}
}

func TestNew(t *testing.T) {
	for _, pattern := range []string{"(", `\d{8}`, `(\d)(\d)`} {
		if _, err := New(Options{DayInName: pattern}); err == nil {
			t.Errorf("%q is taken", pattern)
		}
	}
}
