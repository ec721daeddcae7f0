package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tieout/reconcile/money"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text, currency string
		want           money.Amount
		fails          error
	}{
		{"10.50", "EUR", money.Amount{Minor: 1050, Currency: "EUR"}, nil},
		{"10.5", "eur", money.Amount{Minor: 1050, Currency: "EUR"}, nil},
		{" 10 ", " eur ", money.Amount{Minor: 1000, Currency: "EUR"}, nil},
		{"-0.07", "EUR", money.Amount{Minor: -7, Currency: "EUR"}, nil},
		{"0", "EUR", money.Amount{Currency: "EUR"}, nil},
		{"1050", "JPY", money.Amount{Minor: 1050, Currency: "JPY"}, nil},
		{"1050.00", "JPY", money.Amount{Minor: 1050, Currency: "JPY"}, nil},
		{"1.234", "KWD", money.Amount{Minor: 1234, Currency: "KWD"}, nil},
		{"1.5", "CLF", money.Amount{Minor: 15000, Currency: "CLF"}, nil},
		{"92233720368547758.07", "EUR", money.Amount{Minor: math.MaxInt64, Currency: "EUR"}, nil},
		{"92233720368547758.08", "EUR", money.Amount{}, money.ErrOverflow},
		{"10.505", "EUR", money.Amount{}, money.ErrSyntax},
		{"10.5", "JPY", money.Amount{}, money.ErrSyntax},
		{"1,050.00", "EUR", money.Amount{}, money.ErrSyntax},
		{"10,50", "EUR", money.Amount{}, money.ErrSyntax},
		{"1 050", "EUR", money.Amount{}, money.ErrSyntax},
		{"1e3", "EUR", money.Amount{}, money.ErrSyntax},
		{"+1", "EUR", money.Amount{}, money.ErrSyntax},
		{"--1", "EUR", money.Amount{}, money.ErrSyntax},
		{".50", "EUR", money.Amount{}, money.ErrSyntax},
		{"1.2.3", "EUR", money.Amount{}, money.ErrSyntax},
		{"١٠", "EUR", money.Amount{}, money.ErrSyntax},
		{"", "EUR", money.Amount{}, money.ErrSyntax},
		{"-", "EUR", money.Amount{}, money.ErrSyntax},
		{"NaN", "EUR", money.Amount{}, money.ErrSyntax},
		{"1", "ZZZ", money.Amount{}, money.ErrUnknown},
		{"1", "", money.Amount{}, money.ErrUnknown},
	}
	for _, test := range tests {
		got, err := money.Parse(test.text, test.currency)
		if got != test.want || !errors.Is(err, test.fails) || (err == nil) != (test.fails == nil) {
			t.Errorf("Parse(%q, %q) = %+v, %v; want %+v, %v", test.text, test.currency, got, err, test.want, test.fails)
		}
	}
}

func TestWords(t *testing.T) {
	tests := []struct {
		amount          money.Amount
		decimal, string string
	}{
		{money.Amount{Minor: 1050, Currency: "EUR"}, "10.50", "10.50 EUR"},
		{money.Amount{Minor: -7, Currency: "EUR"}, "-0.07", "-0.07 EUR"},
		{money.Amount{Minor: 0, Currency: "EUR"}, "0.00", "0.00 EUR"},
		{money.Amount{Minor: 1050, Currency: "JPY"}, "1050", "1050 JPY"},
		{money.Amount{Minor: 5, Currency: "KRW"}, "5", "5 KRW"},
		{money.Amount{Minor: 1234, Currency: "KWD"}, "1.234", "1.234 KWD"},
		{money.Amount{Minor: 12}, "12", "12"},
		{money.Amount{Minor: math.MinInt64, Currency: "EUR"}, "-92233720368547758.08", "-92233720368547758.08 EUR"},
	}
	for _, test := range tests {
		if test.amount.Decimal() != test.decimal || test.amount.String() != test.string {
			t.Errorf("%+v is %q and %q, want %q and %q", test.amount, test.amount.Decimal(), test.amount, test.decimal, test.string)
		}
	}
}

func TestArithmetic(t *testing.T) {
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	usd := money.Amount{Minor: 5, Currency: "USD"}
	nothing := money.Amount{}
	tests := []struct {
		name  string
		got   func() (money.Amount, error)
		want  money.Amount
		fails error
	}{
		{"sum", func() (money.Amount, error) { return eur(5).Add(eur(-8)) }, eur(-3), nil},
		{"difference", func() (money.Amount, error) { return eur(5).Sub(eur(8)) }, eur(-3), nil},
		{"nothing and some", func() (money.Amount, error) { return nothing.Add(usd) }, usd, nil},
		{"some and nothing", func() (money.Amount, error) { return usd.Add(nothing) }, usd, nil},
		{"nothing less some", func() (money.Amount, error) { return nothing.Sub(eur(5)) }, eur(-5), nil},
		{"two currencies", func() (money.Amount, error) { return eur(5).Add(usd) }, nothing, money.ErrCurrency},
		{"two currencies, one of them at zero", func() (money.Amount, error) { return eur(0).Sub(usd) }, nothing, money.ErrCurrency},
		{"a number and a currency", func() (money.Amount, error) { return money.Amount{Minor: 5}.Add(usd) }, nothing, money.ErrCurrency},
		{"to the upper end", func() (money.Amount, error) { return eur(math.MaxInt64 - 1).Add(eur(1)) }, eur(math.MaxInt64), nil},
		{"over the upper end", func() (money.Amount, error) { return eur(math.MaxInt64).Add(eur(1)) }, nothing, money.ErrOverflow},
		{"to the lower end", func() (money.Amount, error) { return eur(math.MinInt64 + 1).Sub(eur(1)) }, eur(math.MinInt64), nil},
		{"under the lower end", func() (money.Amount, error) { return eur(math.MinInt64).Sub(eur(1)) }, nothing, money.ErrOverflow},
		{"less the one amount without a negative", func() (money.Amount, error) { return eur(-1).Sub(eur(math.MinInt64)) }, nothing, money.ErrOverflow},
	}
	for _, test := range tests {
		if got, err := test.got(); got != test.want || !errors.Is(err, test.fails) || (err == nil) != (test.fails == nil) {
			t.Errorf("%s: %+v, %v; want %+v, %v", test.name, got, err, test.want, test.fails)
		}
	}
}

func TestNew(t *testing.T) {
	if got, err := money.New(5, " jpy"); err != nil || got != (money.Amount{Minor: 5, Currency: "JPY"}) {
		t.Errorf("New(5, jpy) = %+v, %v", got, err)
	}
	if _, err := money.New(5, "XXX"); !errors.Is(err, money.ErrUnknown) || !strings.Contains(err.Error(), `"XXX"`) {
		t.Errorf("an unknown currency is told as %v", err)
	}
	for currency, want := range map[string]int{"EUR": 2, "JPY": 0, "KRW": 0, "CNY": 2, "KWD": 3, "CLF": 4} {
		if digits, ok := money.Exponent(currency); !ok || digits != want {
			t.Errorf("%s has %d decimals, want %d", currency, digits, want)
		}
	}
	if _, ok := money.Exponent("eur"); ok {
		t.Error("a code in lower case is known as it is")
	}
}

var currencies = rapid.SampledFrom([]string{"EUR", "USD", "CNY", "JPY", "KRW", "KWD", "CLF"})

func amounts(t *rapid.T, currency, label string) money.Amount {
	return money.Amount{Minor: rapid.Int64Range(math.MinInt64+1, math.MaxInt64).Draw(t, label), Currency: currency}
}

func TestDecimalIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := amounts(t, currencies.Draw(t, "currency"), "minor")
		if back, err := money.Parse(amount.Decimal(), amount.Currency); err != nil || back != amount {
			t.Fatalf("%+v is written %q and read back as %+v, %v", amount, amount.Decimal(), back, err)
		}
	})
}

// What is read is the number that was written, to the last decimal: nothing is rounded in silence.
func TestParseRoundsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := currencies.Draw(t, "currency")
		text := rapid.StringMatching(`-?[0-9]{1,12}(\.[0-9]{0,5})?`).Draw(t, "text")
		amount, err := money.Parse(text, currency)
		if err != nil {
			return
		}
		digits, _ := money.Exponent(currency)
		written, ok := new(big.Rat).SetString(text)
		read := new(big.Rat).SetFrac(big.NewInt(amount.Minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		if !ok || written.Cmp(read) != 0 {
			t.Fatalf("%q was read as %+v", text, amount)
		}
	})
}

// Addition either agrees with arithmetic without bounds or says why not.
func TestAddAndSubAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := amounts(t, currencies.Draw(t, "a's currency"), "a")
		b := amounts(t, currencies.Draw(t, "b's currency"), "b")
		sum, err := a.Add(b)
		switch {
		case a.Currency != b.Currency:
			if !errors.Is(err, money.ErrCurrency) {
				t.Fatalf("%s + %s is %+v, %v", a, b, sum, err)
			}
			return
		case b.Minor > 0 && a.Minor > math.MaxInt64-b.Minor, b.Minor < 0 && a.Minor < math.MinInt64-b.Minor:
			if !errors.Is(err, money.ErrOverflow) {
				t.Fatalf("%s + %s is %+v, %v", a, b, sum, err)
			}
			return
		case err != nil || sum != (money.Amount{Minor: a.Minor + b.Minor, Currency: a.Currency}):
			t.Fatalf("%s + %s is %+v, %v", a, b, sum, err)
		}
		if sum.Minor == math.MinInt64 {
			return
		}
		if back, err := sum.Sub(b); err != nil || back != a {
			t.Fatalf("%s + %s − %s is %+v, %v", a, b, b, back, err)
		}
		if other, err := b.Add(a); err != nil || other != sum {
			t.Fatalf("%s + %s depends on the order", a, b)
		}
	})
}
