package shop_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/feeds/shop"
	"tieout/reconcile"
)

func TestImport(t *testing.T) {
	const header = "reference,status,amount,currency\n"
	for name, test := range map[string]struct {
		file   string
		report shop.ImportReport
		bodies map[string]string
	}{
		"every column": {
			"reference,payment,provider,amount_minor,currency,status,created,paid,canceled,changed\n" +
				"A-1,ch_1,stripe,1050,eur,complete,2025-01-02T03:04:05Z,2025-01-02 03:04:06,,1735787045\n",
			shop.ImportReport{Read: 1, Stored: 1},
			map[string]string{"order A-1": `{"amount_minor":"1050","changed":"2025-01-02T03:04:05.000000Z","created":"2025-01-02T03:04:05.000000Z",` +
				`"currency":"eur","paid":"2025-01-02T03:04:06.000000Z","payment":"ch_1","provider":"stripe","reference":"A-1","status":"complete"}`},
		},
		"as a spreadsheet writes it": {
			"\uFEFFReference; Status ;AMOUNT;Currency\r\n\"A-1\"; new ;10.50;EUR\r\n;;;\r\n\r\n",
			shop.ImportReport{Read: 1, Stored: 1},
			map[string]string{"order A-1": `{"amount":"10.50","currency":"EUR","reference":"A-1","status":"new"}`},
		},
		"tabs, and a line break in a field": {
			"reference\tstatus\tamount\tcurrency\n\"A\n1\"\tnew\t1\tEUR\nA-2\tnew\tx\tEUR\n",
			shop.ImportReport{Read: 2, Stored: 1, Bad: []shop.BadRow{{Line: 4, Reason: `amount "x" is not a plain number with at most 2 decimals, as EUR has`}}},
			map[string]string{
				"order A\n1": `{"amount":"1","currency":"EUR","reference":"A\n1","status":"new"}`,
				"order A-2":  `{"amount":"x","currency":"EUR","reference":"A-2","status":"new"}`,
			},
		},
		"a header alone": {header, shop.ImportReport{}, map[string]string{}},
		"bad rows": {
			header + "A-1,new,1,EUR\n" + "A-2,odd,1,EUR\n" + ",new,1,EUR\n" + "A-4,new,1\n" + "A-5,new,1,EUR,x\n" + "A-6\xff,new,1,EUR\n" + "A-7,new,1,ZZZ\n" + "A-8,new,2,EUR",
			shop.ImportReport{Read: 8, Stored: 2, Unplaced: 4, Bad: []shop.BadRow{
				{Line: 3, Reason: `status "odd" is not mapped: add it to feeds.shop.statuses`},
				{Line: 4, Reason: `the row has no reference`},
				{Line: 5, Reason: `the row has 3 fields, the header 4`},
				{Line: 6, Reason: `the row has 5 fields, the header 4`},
				{Line: 7, Reason: `reference is not UTF-8 text: save the file as CSV UTF-8`},
				{Line: 8, Reason: `currency "ZZZ" is not one of ISO 4217`},
			}},
			map[string]string{
				"order A-1": `{"amount":"1","currency":"EUR","reference":"A-1","status":"new"}`,
				"order A-2": `{"amount":"1","currency":"EUR","reference":"A-2","status":"odd"}`,
				"order A-7": `{"amount":"1","currency":"ZZZ","reference":"A-7","status":"new"}`,
				"order A-8": `{"amount":"2","currency":"EUR","reference":"A-8","status":"new"}`,
			},
		},
		"repetitions": {
			header + "A-1,new,1,EUR\n" + "A-2,new,1,EUR\n" + "A-1, new,1,EUR\n" + "A-2,complete,1,EUR\n" + "A-3,new,1,EUR\n" + "A-3,odd,1,EUR\n" + "A-2,new,1,EUR\n",
			shop.ImportReport{Read: 7, Stored: 1, Repeated: 1, Bad: []shop.BadRow{
				{Line: 3, Reason: `reference "A-2" stands in lines 3, 5, 8 with different contents`},
				{Line: 5, Reason: `reference "A-2" stands in lines 3, 5, 8 with different contents`},
				{Line: 6, Reason: `reference "A-3" stands in lines 6, 7 with different contents`},
				{Line: 7, Reason: `status "odd" is not mapped: add it to feeds.shop.statuses`},
				{Line: 8, Reason: `reference "A-2" stands in lines 3, 5, 8 with different contents`},
			}},
			map[string]string{
				"order A-1": `{"amount":"1","currency":"EUR","reference":"A-1","status":"new"}`,
				"order A-2": `{"reference":"A-2","rows":"3"}`,
				"order A-3": `{"reference":"A-3","rows":"2"}`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got sink
			report, err := shop.Import(t.Context(), strings.NewReader(test.file), usual(), &got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.report, report); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.bodies, got.bodies()); diff != "" {
				t.Errorf("bodies (-want +got):\n%s", diff)
			}
		})
	}
}

// An imported order and the same order read from a table are the same observation.
func TestImportAgreesWithFetch(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		db.exec(t, ordersTable(db), `INSERT INTO orders (order_no, payment_ref, total, currency, state, created_at) VALUES ('A-1', 'ch_1', 10.25, 'EUR', 'new', '2025-01-02T03:04:05Z')`)
		m := usual()
		want := fetch(t, mustOpen(t, db, m), reconcile.Window{})
		var got sink
		file := "reference,payment,amount,currency,status,created\nA-1,ch_1,10.25,EUR,new,2025-01-02T03:04:05Z\n"
		if _, err := shop.Import(t.Context(), strings.NewReader(file), m, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.bodies(), got.bodies()); diff != "" {
			t.Errorf("bodies (-fetched +imported):\n%s", diff)
		}
	})
}

func TestImportRefusesAFileThatCannotBeRead(t *testing.T) {
	good := "reference,status,amount,currency\nA-1,new,1,EUR\n"
	for name, test := range map[string]struct {
		file io.Reader
		want string
	}{
		"empty":            {strings.NewReader(""), "import orders: the file is empty: its first line must name the columns"},
		"no header":        {strings.NewReader("A-1,new,1,EUR\n"), `import orders: the header names columns that are not known: "A-1", "new", "1", "EUR"; known are reference, payment, provider, amount_minor, amount, currency, status, created, paid, canceled, changed`},
		"an e-mail":        {strings.NewReader("reference,status,amount,currency,email\n"), `not known: "email"; known are`},
		"columns missing":  {strings.NewReader("payment\n"), "import orders: the header lacks reference, status, amount or amount_minor, currency (or set feeds.shop.currency)"},
		"a column twice":   {strings.NewReader("reference,status,amount,currency,Status\n"), "import orders: the header names status twice"},
		"both amounts":     {strings.NewReader("reference,status,amount,amount_minor,currency\n"), "import orders: the header names both amount and amount_minor: keep one"},
		"a broken quote":   {strings.NewReader(good + "\"A-2,new,1,EUR\n"), `import orders: read the file: parse error on line 3, column 16: extraneous or missing " in quoted-field`},
		"a broken header":  {strings.NewReader("\"reference,status\n"), `import orders: read the header: `},
		"a disk that dies": {io.MultiReader(strings.NewReader(good), iotest.ErrReader(errors.New("input/output error"))), "import orders: read the file: input/output error"},
	} {
		t.Run(name, func(t *testing.T) {
			var got sink
			report, err := shop.Import(t.Context(), test.file, usual(), &got)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
			if diff := cmp.Diff(shop.ImportReport{}, report); diff != "" || len(got.all) > 0 {
				t.Errorf("%d stored, report (-want +got):\n%s", len(got.all), diff)
			}
		})
	}
}

func TestImportIntoASinkThatFails(t *testing.T) {
	full := errors.New("disk full")
	file := "reference,status,amount,currency\nA-1,new,1,EUR\nA-2,odd,1,EUR\n"
	report, err := shop.Import(t.Context(), strings.NewReader(file), usual(), brokenSink{full})
	if !errors.Is(err, full) || report.Read != 2 || report.Stored != 0 || len(report.Bad) != 1 {
		t.Errorf("report %+v, error %v", report, err)
	}
}

// Without a currency column the fixed one counts.
func TestImportWithAFixedCurrency(t *testing.T) {
	m := usual()
	m.Currency = "JPY"
	var got sink
	report, err := shop.Import(t.Context(), strings.NewReader("reference,status,amount\nA-1,new,1050\n"), m, &got)
	if err != nil || report.Stored != 1 {
		t.Fatalf("report %+v, error %v", report, err)
	}
	if order, _ := got.records(m)["A-1"].(reconcile.Order); order.Amount.String() != "1050 JPY" {
		t.Errorf("order is %+v", order)
	}
}

// Every row of a file is counted once, and what goes in is readable and has a key of its own.
func FuzzImport(f *testing.F) {
	f.Add([]byte("reference,status,amount,currency\nA-1,new,1,EUR\nA-1,new,2,EUR\n"))
	f.Add([]byte("\uFEFFreference;status;amount_minor;currency;paid\r\n\"A;1\";complete;100;jpy;2025-01-02\r\n"))
	f.Add([]byte("reference\tstatus\tamount\tcurrency\nA\t\xff\t1\tEUR\n\t\t\t\n"))
	f.Add([]byte("\"reference"))
	f.Fuzz(func(t *testing.T, file []byte) {
		var got sink
		report, err := shop.Import(t.Context(), bytes.NewReader(file), usual(), &got)
		if err != nil {
			if len(got.all) > 0 {
				t.Fatalf("%d stored of a file that cannot be read: %v", len(got.all), err)
			}
			return
		}
		if good := checkImported(t, got.all); report.Read != report.Stored+report.Repeated+len(report.Bad) || report.Stored != good || report.Unplaced > len(report.Bad) {
			t.Fatalf("report %+v with %d stored", report, good)
		}
	})
}

// checkImported counts the orders that can be read. The others are refused rows, which name an order and are rejected.
func checkImported(t *testing.T, observations []feeds.Observation) (good int) {
	t.Helper()
	normalise, seen := shop.NewNormaliser(usual()), map[reconcile.Key]bool{}
	for _, o := range observations {
		if seen[o.Key] {
			t.Fatalf("stored twice %v: %s", o.Key, o.Body)
		}
		seen[o.Key] = true
		if _, ok := normalise(o).(reconcile.Order); ok {
			good++
		}
	}
	return good
}
