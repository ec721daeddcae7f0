package audit

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestSums: amounts are added up exactly, by column and currency, whatever decimals they have; what is no amount or too large is an error.
func TestSums(t *testing.T) {
	kind, _ := KindNamed("payouts")
	for _, test := range []struct {
		amounts [][2]string
		want    string
	}{
		{nil, "[]"},
		{[][2]string{{"", ""}}, "[]"},
		{[][2]string{{"12.34", "EUR"}, {"-0.05", "EUR"}, {"7", "JPY"}, {"0.00", "EUR"}}, "[{amount EUR 12.29} {amount JPY 7}]"},
		{[][2]string{{"-0.05", "EUR"}}, "[{amount EUR -0.05}]"},
		{[][2]string{{"1", "KWD"}, {"0.001", "KWD"}}, "[{amount KWD 1.001}]"},
		{[][2]string{{"9223372036854775807", "JPY"}, {"-1", "JPY"}}, "[{amount JPY 9223372036854775806}]"},
		{[][2]string{{"9223372036854775807", "JPY"}, {"1", "JPY"}}, "error"},
		{[][2]string{{fmt.Sprint(math.MaxInt64 / 5), "KWD"}, {"0.1", "KWD"}}, "error"},
		{[][2]string{{"99999999999999999999", "JPY"}}, "error"}, {[][2]string{{"1,5", "EUR"}}, "error"}, {[][2]string{{"1.", "EUR"}}, "error"},
		{[][2]string{{".5", "EUR"}}, "error"}, {[][2]string{{"-", "EUR"}}, "error"}, {[][2]string{{"1e5", "EUR"}}, "error"},
	} {
		adder, got := newAdder(kind), ""
		for _, a := range test.amounts {
			cells := make([][]byte, len(kind.Columns))
			cells[kind.index("amount")], cells[kind.index("currency")] = []byte(a[0]), []byte(a[1])
			if err := adder.add(cells); err != nil {
				got = "error"
			}
		}
		if got == "" {
			got = fmt.Sprint(adder.list())
		}
		if got != test.want {
			t.Errorf("%v add up to %s, want %s", test.amounts, got, test.want)
		}
	}
}

// TestFilter: a row is left out only where it names another provider, account or currency.
func TestFilter(t *testing.T) {
	kind, _ := KindNamed("movements")
	row := map[string]string{"feed": "stripe", "account": "main", "gross_currency": "EUR", "net_currency": "USD", "fee_currency": ""}
	places := newFilterPlaces(kind)
	var shown []string
	for name, f := range map[string]Filter{
		"all": {}, "its provider": {Provider: "stripe"}, "another provider": {Provider: "trustpayments"}, "its account": {Account: "main"}, "another account": {Account: "other"},
		"one of its currencies": {Currency: "USD"}, "another currency": {Currency: "JPY"}, "all of its": {Provider: "stripe", Account: "main", Currency: "EUR"},
	} {
		if f.shows(places, func(at int) string { return row[kind.Columns[at].Name] }) {
			shown = append(shown, name)
		}
	}
	slices.Sort(shown)
	if want := []string{"all", "all of its", "its account", "its provider", "one of its currencies"}; !slices.Equal(shown, want) {
		t.Errorf("shown with %v, want %v", shown, want)
	}
}
