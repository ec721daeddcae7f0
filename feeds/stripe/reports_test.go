package stripe

import (
	"bytes"
	"compress/gzip"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/feeds/feedtest"
	"tieout/feeds/simulator"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

var reportKeys = []string{"metadata.order_id", "metadata.order_reference"}

// importReport reads a file as an import would, and returns the observations of its rows and what is wrong with the others.
func importReport(t *testing.T, content []byte, zone *time.Location) (read []feeds.Observation, bad map[int]string, failure error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := feeds.OpenFile(path)
	if err != nil {
		return nil, nil, err
	}
	format, err := file.Recognise(ReportFormats(map[string][]string{"main": reportKeys}, zone))
	if err != nil {
		return nil, nil, err
	}
	bad = map[int]string{}
	for line, err := range file.Lines(format, "main") {
		if err != nil {
			return nil, nil, err
		}
		if line.Reason != "" {
			bad[line.Number] = line.Reason
		}
		read = append(read, line.Observations...)
	}
	return read, bad, nil
}

// TestReportsSayWhatTheAPISays: each record that a row of a report becomes is the one that the API's object becomes.
func TestReportsSayWhatTheAPISays(t *testing.T) {
	world, err := simulator.New(simulator.Config{Seed: 3, Orders: 400, Now: time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 11, 6, 0, 0, 0, time.UTC)
	server := simulator.NewServer(world, simulator.ServerConfig{StripeKey: testKey})
	server.SetNow(now)
	over := httptest.NewServer(server)
	t.Cleanup(over.Close)
	client, _ := testClient(t, Options{BaseURL: over.URL, ReferenceKeys: reportKeys})
	normalise := NewNormaliser(reportKeys, []string{"alipay"})
	api := feedtest.NewShelf(t, "stripe", "main", normalise)
	fetchOnto(t, client, reconcile.Window{From: now.Add(-110 * day), To: now}, api)
	shown := api.Records
	for name, test := range map[string]struct {
		report simulator.StripeReport
		zone   *time.Location
	}{
		"balance change from activity": {report: simulator.StripeReport{}},
		"payout reconciliation":        {report: simulator.StripeReport{PaidOut: true}},
		"in the report's zone": {zone: time.FixedZone("Asia/Shanghai", 8*3600), report: simulator.StripeReport{Columns: []string{"net", "balance_transaction_id", "created", "available_on",
			"currency", "gross", "fee", "reporting_category", "source_id"}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.report.At, test.report.To = now, now
			var content bytes.Buffer
			zipped := gzip.NewWriter(&content)
			if err := world.WriteStripeReport(zipped, test.report); err != nil {
				t.Fatal(err)
			}
			if err := zipped.Close(); err != nil {
				t.Fatal(err)
			}
			read, bad, err := importReport(t, content.Bytes(), test.zone)
			if err != nil || len(bad) > 0 {
				t.Fatal(err, bad)
			}
			compared := map[string]int{}
			for _, observation := range read {
				if strings.Contains(string(observation.Body), "payer@") {
					t.Fatalf("personal data is kept: %s", observation.Body)
				}
				want, held := shown[observation.Key]
				if !held && observation.Key.Kind == kindPayoutLine {
					continue // of a payout whose list the API does not show yet
				}
				compared[observation.Key.Kind]++
				if difference := cmp.Diff(want, normalise(observation)); difference != "" {
					t.Fatalf("%s: by the API (-) and by the report (+):\n%s", observation.Body, difference)
				}
			}
			if compared[kindBalanceTransaction] < 100 || test.zone == nil && (compared[kindPayoutLine] < 100 || compared[kindCharge] < 50) {
				t.Errorf("compared %v: too few", compared)
			}
		})
	}
}

const reportHeader = "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id"

func TestReportRows(t *testing.T) {
	row := func(currency, gross, fee, net string) string {
		return "txn_1,2026-03-01 10:00:00,2026-03-04 00:00:00," + currency + "," + gross + "," + fee + "," + net + ",charge,ch_1"
	}
	normalise := NewNormaliser(reportKeys, nil)
	movement := func(gross, fee, net int64, currency string) reconcile.Record {
		amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: currency} }
		return reconcile.Movement{
			Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: "balance_transaction", ID: "txn_1"}, ObjectID: "ch_1", Category: "charge",
			Gross: amount(gross), Fee: amount(fee), Net: amount(net),
			CreatedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), AvailableAt: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC),
		}
	}
	for name, test := range map[string]struct {
		row    string
		want   reconcile.Record
		reason string
	}{
		"two decimals":              {row: row("eur", "12.34", "0.66", "11.68"), want: movement(1234, 66, 1168, "EUR")},
		"fewer than it has":         {row: row("eur", "12.3", "0", "12.3"), want: movement(1230, 0, 1230, "EUR")},
		"none":                      {row: row("jpy", "1234", "66", "1168"), want: movement(1234, 66, 1168, "JPY")},
		"three":                     {row: row("kwd", "1.234", "0.066", "1.168"), want: movement(1234, 66, 1168, "KWD")},
		"ISK, hundredths at Stripe": {row: row("isk", "500.00", "50.00", "450.00"), want: movement(500, 50, 450, "ISK")},
		"MGA, none at Stripe":       {row: row("mga", "500", "50", "450"), want: movement(50000, 5000, 45000, "MGA")},
		"negative":                  {row: row("eur", "-12.34", "0.00", "-12.34"), want: movement(-1234, 0, -1234, "EUR")},
		"more than it has":          {row: row("jpy", "1234.5", "66", "1168.5"), reason: "gross: not an amount in JPY"},
		"a decimal comma":           {row: row("eur", `"12,34"`, "0.66", "11.68"), reason: "gross: not an amount"},
		"unknown currency":          {row: row("zzz", "12.34", "0.66", "11.68"), reason: "unknown currency"},
		"figures do not add up":     {row: row("eur", "12.34", "0.66", "11.69"), reason: "is not net"},
		"no gross":                  {row: row("eur", "", "0.66", "11.68"), reason: "gross is missing"},
		"no time":                   {row: strings.Replace(row("eur", "1", "0", "1"), "2026-03-01 10:00:00", "01.03.2026", 1), reason: "created_utc \"01.03.2026\" is no time"},
	} {
		t.Run(name, func(t *testing.T) {
			read, bad, err := importReport(t, []byte("\uFEFF"+reportHeader+"\r\n"+test.row+"\r\n"), nil)
			if err != nil || len(bad) > 0 || len(read) != 1 {
				t.Fatal(read, bad, err)
			}
			got := normalise(read[0])
			if rejection, ok := got.(reconcile.Rejection); ok && test.reason != "" && strings.Contains(rejection.Reason, test.reason) {
				return
			}
			if difference := cmp.Diff(test.want, got); difference != "" {
				t.Error(difference)
			}
		})
	}
}

func TestReportsThatCannotBeRead(t *testing.T) {
	local := strings.Replace(strings.Replace(reportHeader, "created_utc", "created", 1), "available_on_utc", "available_on", 1)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		content string
		zone    *time.Location
		failure string
		bad     string // of line 2
	}{
		"a column is missing":     {content: strings.Replace(reportHeader, ",fee", "", 1), failure: "lacks the columns fee"},
		"several are":             {content: "balance_transaction_id,gross,net,reporting_category", failure: "lacks the columns currency, fee, source_id, created_utc, available_on_utc"},
		"its zone is not known":   {content: local, failure: "created and available_on in a zone of its own"},
		"a column twice":          {content: reportHeader + ",fee", failure: "names fee twice"},
		"another file":            {content: "name,age", failure: "its header is name,age; known are\n  Stripe balance change"},
		"not UTF-8":               {content: reportHeader + "\ntxn_1\xff", failure: "is not UTF-8 text"},
		"too few fields":          {content: reportHeader + "\ntxn_1,2026-03-01 10:00:00", bad: "the row has 2 fields, the header 9"},
		"no id":                   {content: reportHeader + "\n,2026-03-01 10:00:00,,eur,1,0,1,charge,ch_1", bad: "balance_transaction_id is empty"},
		"the clock was put back":  {zone: berlin, content: local + "\ntxn_1,2026-10-25 02:30:00,2026-10-25 12:00:00,eur,1,0,1,charge,ch_1", bad: "created: 2026-10-25 02:30:00 was twice in Europe/Berlin"},
		"the clock was forwarded": {zone: berlin, content: local + "\ntxn_1,2026-03-29 02:30:00,2026-10-25 12:00:00,eur,1,0,1,charge,ch_1", bad: "never was in Europe/Berlin"},
		"a quote is left open":    {content: reportHeader + "\ntxn_1,\"2026-03-01 10:00:00,,eur,1,0,1,charge,ch_1\n", failure: "extraneous or missing"},
	} {
		t.Run(name, func(t *testing.T) {
			read, bad, err := importReport(t, []byte(test.content), test.zone)
			switch {
			case test.failure != "" && (err == nil || !strings.Contains(err.Error(), test.failure)):
				t.Errorf("error %v, want %q", err, test.failure)
			case test.bad != "" && (err != nil || !strings.Contains(bad[2], test.bad) || len(read) > 0):
				t.Errorf("read %v, bad %v, %v, want %q", read, bad, err, test.bad)
			}
		})
	}
}
