package trustpayments

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

// exportOf reads rows under a header that has every column, each row given as the columns that it fills.
func exportOf(t *testing.T, filled map[string]string) (exportRow, error) {
	t.Helper()
	names := append([]string{"sitereference", "baseamount", "MainAmount", "settlebaseamount", "settlemainamount", "livestatus", "settledtimestamp", "billingemail"}, exportColumns...)
	row := make([]string, len(names))
	for i, name := range names {
		row[i] = filled[strings.ToLower(name)]
	}
	e, err := newExport(feeds.NewHeader(names), testSite)
	if err != nil {
		t.Fatal(err)
	}
	return e.read(row)
}

// ofAuth are the columns of an AUTH that settled, with some changed.
func ofAuth(changed map[string]string) map[string]string {
	filled := map[string]string{
		"transactionreference": "1-9-1", "requesttypedescription": "AUTH", "transactionstartedtimestamp": "2024-01-10 10:00:00",
		"orderreference": "A1", "paymenttypedescription": "ALIPAY", "currencyiso3a": "EUR", "errorcode": "0", "settlestatus": "100",
		"mainamount": "10.5", "billingemail": "joe@example.com",
	}
	for name, value := range changed {
		filled[name] = value
	}
	return filled
}

// Major units become minor ones exactly, by the decimals of the currency, or the row is wrong; what is wrong is never read.
func TestExportAmounts(t *testing.T) {
	for _, test := range []struct {
		name    string
		columns map[string]string
		want    string // minor units that the payment comes to
		wrong   string
	}{
		{"one decimal", map[string]string{"mainamount": "11.0"}, "1100", ""},
		{"none", map[string]string{"mainamount": "11"}, "1100", ""},
		{"more than there are, all zero", map[string]string{"mainamount": "11.0000"}, "1100", ""},
		{"not representable in binary", map[string]string{"mainamount": "1.15"}, "115", ""},
		{"large", map[string]string{"mainamount": "90071992547409.93"}, "9007199254740993", ""},
		{"yen", map[string]string{"currencyiso3a": "jpy", "mainamount": "1050"}, "1050", ""},
		{"dinars", map[string]string{"currencyiso3a": "KWD", "mainamount": "1.234"}, "1234", ""},
		{"minor units", map[string]string{"mainamount": "", "baseamount": "1100"}, "1100", ""},
		{"both", map[string]string{"mainamount": "11.0", "baseamount": "1100"}, "1100", ""},
		{"settles for less", map[string]string{"settlemainamount": "0.5"}, "50", ""},
		{"nothing settles", map[string]string{"settlemainamount": "0.0"}, "1050", ""},
		{"too many decimals", map[string]string{"mainamount": "11.005"}, "", `mainamount: not an amount in EUR: "11.005"`},
		{"half a yen", map[string]string{"currencyiso3a": "JPY", "mainamount": "12.5"}, "", `mainamount: not an amount in JPY: "12.5"`},
		{"grouped", map[string]string{"mainamount": "1,100.00"}, "", "mainamount: not an amount in EUR"},
		{"a comma", map[string]string{"mainamount": "11,00"}, "", "mainamount: not an amount in EUR"},
		{"a power of ten", map[string]string{"mainamount": "1e2"}, "", "mainamount: not an amount in EUR"},
		{"with its currency", map[string]string{"mainamount": "EUR 11"}, "", "mainamount: not an amount in EUR"},
		{"out of range", map[string]string{"mainamount": "92233720368547758.08"}, "", "mainamount: amount out of range"},
		{"of no currency", map[string]string{"currencyiso3a": "", "mainamount": "11"}, "", "mainamount: unknown currency"},
		{"the two differ", map[string]string{"mainamount": "11.0", "baseamount": "1050"}, "", "are not the same amount"},
		{"the settled two differ", map[string]string{"settlemainamount": "11.0", "settlebaseamount": "0"}, "", "are not the same amount"},
	} {
		t.Run(test.name, func(t *testing.T) {
			read, err := exportOf(t, ofAuth(test.columns))
			record := anyType(read.observation())
			if test.wrong != "" {
				rejection, ok := record.(reconcile.Rejection)
				if err == nil || !strings.Contains(err.Error(), test.wrong) || !ok || rejection.ID != "1-9-1" {
					t.Errorf("error %v, record %+v", err, record)
				}
				return
			}
			payment, ok := record.(reconcile.Payment)
			if err != nil || !ok || string(minorText(payment.Amount.Minor)) != test.want {
				t.Errorf("error %v, record %+v", err, record)
			}
		})
	}
}

// A row is observed as the Webservices' record of the same transaction, byte for byte where it has the same fields.
func TestExportRowsAreTheRecords(t *testing.T) {
	client, err := New(Options{Username: testUser, Password: testPassword, Site: testSite})
	if err != nil {
		t.Fatal(err)
	}
	same := []byte(`{"transactionreference":"1-9-1","requesttypedescription":"AUTH","transactionstartedtimestamp":"2024-01-10 10:00:00",
		"orderreference":"A1","paymenttypedescription":"ALIPAY","currencyiso3a":"EUR","errorcode":"0","settlestatus":"100","baseamount":"1050"}`)
	want := client.observation(same, readHead(same))
	read, err := exportOf(t, ofAuth(nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read.observation()); diff != "" {
		t.Errorf("observation (-record +row):\n%s", diff)
	}
}

func TestExportRowsThatAreNotRead(t *testing.T) {
	open := func(columns ...string) error {
		_, err := Export(nil).Open(feeds.NewHeader(columns), "")
		return err
	}
	full := append([]string{"sitereference", "mainamount", "settlemainamount", "livestatus"}, exportColumns...)
	if err := open(full...); err != nil {
		t.Error(err)
	}
	for i, name := range full {
		lacking := append(append([]string{}, full[:i]...), full[i+1:]...)
		if err := open(lacking...); (err == nil || !strings.Contains(err.Error(), "lacks the columns "+name+":")) != (name == "livestatus") {
			t.Errorf("without %s: error %v", name, err)
		}
	}
	rows, err := Export(map[string]bool{testSite: true, "test_tests": false}).Open(feeds.NewHeader(full), "")
	if err != nil {
		t.Fatal(err)
	}
	row := func(site, live, kind, id string) []string {
		return []string{site, "1", "1", live, id, kind, "2024-01-10 10:00:00", "1-9-0", "A1", "ALIPAY", "EUR", "0", "100"}
	}
	for name, test := range map[string]struct {
		row   []string
		rows  int
		wrong string
	}{
		"an AUTH":                     {row(testSite, "1", "AUTH", "1-9-1"), 1, ""},
		"a refund, in lower case":     {row(testSite, "1", "refund", "1-9-1"), 1, ""},
		"a test of a live site":       {row(testSite, "0", "AUTH", "1-9-1"), 0, ""},
		"a test of a test site":       {row("test_tests", "0", "AUTH", "1-9-1"), 1, ""},
		"of a site that nobody knows": {row("another", "0", "AUTH", "1-9-1"), 1, ""},
		"does not tell its mode":      {row(testSite, "", "AUTH", "1-9-1"), 1, ""},
		"moves no money":              {row(testSite, "1", "THREEDQUERY", ""), 0, ""},
		"of no type":                  {row(testSite, "1", "", "1-9-1"), 0, "no requesttypedescription"},
		"of no reference":             {row(testSite, "1", "AUTH", ""), 0, "no transactionreference"},
		"of no site":                  {row("", "1", "AUTH", "1-9-1"), 0, "no sitereference"},
		"short":                       {row(testSite, "1", "AUTH", "1-9-1")[:5], 0, "the row has 5 fields, the header 13"},
	} {
		got, err := rows.Read(test.row)
		if len(got) != test.rows || (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s: %v, error %v", name, got, err)
		}
	}
}
