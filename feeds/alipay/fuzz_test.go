package alipay

import (
	"os"
	"path/filepath"
	"testing"

	"tieout/feeds"
	"tieout/reconcile"
)

// FuzzFiles: whatever stands in a file, reading it comes to records of its own keys, reasons or an error, the same each time.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("customerId,transactionType,transactionId,transactionRequestId,originalTransactionRequestId,status,transactionCompletionTime,transactionAmountValue,transactionCurrency\n1,PAYMENT,T1,E1,,SUCCESS,2026-03-10T16:00:00+08:00,12.30,EUR\n1,REFUND,T1,R1,E1,SUCCESS,2026-03-10 16:00:00,2.30,EUR\n<END>\n"))
	f.Add([]byte("settlementBatchId,transactionType,transactionRequestId,transactionAmountValue,transactionCurrency,settlementAmountValue,settlementCurrency,settlementInitiatedDate\nB1,PAYMENT,E1,10,EUR,9.94,EUR,2026-03-10\n<END>\n"))
	f.Add([]byte("settlementBatchId,summaryType,settlementInitiatedDate,settlementAmountValue,settlementCurrency\nB1,TOTAL,2026-03-10,9.94,EUR\n<END>\n"))
	f.Add([]byte("Type|Partner_transaction_id|Amount|Currency|Payment_time|Settlement_time|Settlement\nP|E1|92233720368547758.07|EUR|2026-03-10 16:00:00|2026-03-10 16:00:00|-92233720368547758.07\n\xb6\xa9|<END>"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := feeds.OpenFile(path)
		if err != nil {
			return
		}
		format, err := file.Recognise(layout().Formats())
		if err != nil {
			return
		}
		for line, err := range file.Lines(format, merchant) {
			if err != nil {
				return
			}
			if line.Reason == "" && len(line.Observations) == 0 {
				t.Errorf("line %d tells nothing", line.Number)
			}
			for _, observation := range line.Observations {
				record := Normalise(observation)
				if record.RecordKey() != observation.Key || record != Normalise(observation) {
					t.Errorf("%s is read as %+v", observation.Body, record)
				}
				if movement, ok := record.(reconcile.Movement); ok {
					if net, err := movement.Gross.Sub(movement.Fee); err != nil || net != movement.Net {
						t.Errorf("%+v does not add up", movement)
					}
				}
			}
		}
	})
}
