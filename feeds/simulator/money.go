package simulator

import (
	"math/rand/v2"
	"time"
)

// priceRange gives the smallest and largest order in minor units of a currency.
var priceRange = map[string][2]int64{
	"EUR": {500, 42_000}, "USD": {500, 45_000}, "GBP": {400, 38_000}, "CNY": {3_000, 320_000},
	"JPY": {500, 64_000}, "KRW": {5_000, 560_000},
}

// Which currencies are sold through whom, most frequent repeated. Trust Payments' Alipay has no CNY (source document 002).
var (
	stripeCurrencies = []string{"EUR", "EUR", "EUR", "USD", "USD", "GBP", "CNY", "JPY"}
	trustCurrencies  = []string{"EUR", "EUR", "GBP", "GBP", "USD", "JPY", "KRW"}
)

func pickCurrency(rng *rand.Rand, gateway string) string {
	switch gateway {
	case gatewayAlipay:
		return alipayCurrencies[rng.IntN(len(alipayCurrencies))]
	case gatewayTrust:
		return trustCurrencies[rng.IntN(len(trustCurrencies))]
	}
	return stripeCurrencies[rng.IntN(len(stripeCurrencies))]
}

func pickAmount(rng *rand.Rand, currency string) int64 {
	r := priceRange[currency]
	return r[0] + rng.Int64N(r[1]-r[0])
}

// settle converts a charge's amount to the currency that Stripe keeps for the account: its own, but CNY becomes EUR at
// the rate of the day, so that a refund on a later day does not convert to the same euros. rate is in millionths.
func settle(amount int64, currency string, at time.Time) (settled int64, in string, rate int64) {
	if currency != "CNY" {
		return amount, currency, 0
	}
	rate = 128_000 + at.Unix()/86_400%17*150
	return divRound(amount*rate, 1_000_000), "EUR", rate
}

// processingFee is what Stripe keeps of a charge: 2.9 % and a fixed part, in minor units of the settlement currency.
func processingFee(amount int64, currency string) int64 {
	fixed := int64(30)
	if currency == "JPY" {
		fixed = 40
	}
	return divRound(amount*29, 1000) + fixed
}

// divRound divides and rounds half away from zero.
func divRound(a, b int64) int64 {
	if a < 0 {
		return -divRound(-a, b)
	}
	return (a + b/2) / b
}
