// Package money holds amounts as whole minor units with their currency.
//
// An Amount is never a float: 10.50 EUR is {1050, "EUR"} and 1050 JPY is {1050, "JPY"}. Arithmetic between two
// currencies, on a currency outside ISO 4217, or past the range of int64 is an error, not a number.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The ways in which two amounts cannot be combined or a text is not an amount.
var (
	ErrCurrency = errors.New("currencies differ")
	ErrOverflow = errors.New("amount out of range")
	ErrUnknown  = errors.New("unknown currency")
	ErrSyntax   = errors.New("not an amount")
)

// Amount is a sum of money in the minor units of its currency (cents for EUR, yen for JPY). The zero Amount has no
// currency and is the identity of Add.
type Amount struct {
	Minor    int64
	Currency string // ISO 4217, upper case
}

// New returns an amount after checking that the currency is a known one; the code may come in any case.
func New(minor int64, currency string) (Amount, error) {
	code, err := Code(currency)
	if err != nil {
		return Amount{}, err
	}
	return Amount{Minor: minor, Currency: code}, nil
}

// Code returns the upper-case ISO 4217 code of a currency written in any case, or ErrUnknown.
func Code(currency string) (string, error) {
	code := strings.ToUpper(strings.TrimSpace(currency))
	if _, ok := exponents[code]; !ok {
		return "", fmt.Errorf("%w %q", ErrUnknown, currency)
	}
	return code, nil
}

// Exponent returns how many decimals the major unit of a currency has (2 for EUR, 0 for JPY, 3 for KWD).
func Exponent(currency string) (int, bool) {
	digits, ok := exponents[currency]
	return digits, ok
}

// IsZero reports whether there is no money in a, in whatever currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Neg returns −a. The one amount that has no negative, math.MinInt64, cannot be read from any feed (Parse and the
// normalisers refuse it through Sub and Add).
func (a Amount) Neg() Amount { return Amount{Minor: -a.Minor, Currency: a.Currency} }

// Add returns a + b, or ErrCurrency or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	if a == (Amount{}) {
		return b, nil
	}
	if b == (Amount{}) {
		return a, nil
	}
	if a.Currency != b.Currency {
		return Amount{}, fmt.Errorf("%w: %s and %s", ErrCurrency, a.Currency, b.Currency)
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, fmt.Errorf("%w: %d + %d %s", ErrOverflow, a.Minor, b.Minor, a.Currency)
	}
	return Amount{Minor: sum, Currency: a.Currency}, nil
}

// Sub returns a − b, or ErrCurrency or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, fmt.Errorf("%w: %d − %d %s", ErrOverflow, a.Minor, b.Minor, a.Currency)
	}
	return a.Add(b.Neg())
}

// Decimal writes the amount in major units with exactly the currency's decimals and no currency: "10.50", "-0.07",
// "1050" for JPY. An amount without a currency is written as a plain integer.
func (a Amount) Decimal() string {
	digits := exponents[a.Currency]
	if digits == 0 {
		return strconv.FormatInt(a.Minor, 10)
	}
	units := uint64(a.Minor)
	if a.Minor < 0 {
		units = -units
	}
	var room [32]byte // digits from the last to the first, and so no more memory than the text itself
	at := len(room)
	for written := 0; units > 0 || written <= digits; written++ {
		if written == digits {
			at--
			room[at] = '.'
		}
		at--
		room[at], units = byte('0'+units%10), units/10
	}
	if a.Minor < 0 {
		at--
		room[at] = '-'
	}
	return string(room[at:])
}

// String writes the amount for people: "10.50 EUR".
func (a Amount) String() string {
	if a.Currency == "" {
		return a.Decimal()
	}
	return a.Decimal() + " " + a.Currency
}

// Parse reads major units such as "10.5", "10.50" or "-1050", without grouping: digits, at most one point, and no
// more decimals than the currency has. Anything else is ErrSyntax, so that nothing is rounded in silence.
func Parse(text, currency string) (Amount, error) {
	code, err := Code(currency)
	if err != nil {
		return Amount{}, err
	}
	digits := exponents[code]
	body, negative := strings.CutPrefix(strings.TrimSpace(text), "-")
	whole, fraction, _ := strings.Cut(body, ".")
	trimmed := strings.TrimRight(fraction, "0")
	if whole == "" || len(trimmed) > digits || !onlyDigits(whole) || !onlyDigits(fraction) {
		return Amount{}, fmt.Errorf("%w in %s: %q", ErrSyntax, code, text)
	}
	minor, err := strconv.ParseInt(whole+trimmed+strings.Repeat("0", digits-len(trimmed)), 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("%w in %s: %q", ErrOverflow, code, text)
	}
	if negative {
		minor = -minor
	}
	return Amount{Minor: minor, Currency: code}, nil
}

func onlyDigits(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
