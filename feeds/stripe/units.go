package stripe

import (
	"fmt"
	"math"

	"tieout/reconcile/money"
)

// hundred is the ratio between Stripe's units and ISO 4217's minor unit for the three currencies where they differ
// (Stripe's "Supported currencies": zero-decimal currencies, special cases): Stripe writes krónur (ISK) and Ugandan
// shillings (UGX), which have no decimals, in hundredths that are always 00, and ariary (MGA), which ISO gives two decimals,
// without any. HUF and TWD bend only in which payouts are allowed.
const hundred = 100

// fromStripe turns a number of Stripe's units into an amount in minor units.
func fromStripe(units int64, currency string) (money.Amount, error) {
	amount, err := money.New(units, currency)
	if err != nil {
		return money.Amount{}, err
	}
	switch amount.Currency {
	case "ISK", "UGX":
		amount.Minor, err = divided(units, amount.Currency)
	case "MGA":
		amount.Minor, err = multiplied(units, amount.Currency)
	}
	return amount, err
}

// toStripe is the reverse of fromStripe.
func toStripe(amount money.Amount) (int64, error) {
	switch amount.Currency {
	case "ISK", "UGX":
		return multiplied(amount.Minor, amount.Currency)
	case "MGA":
		return divided(amount.Minor, amount.Currency)
	}
	return amount.Minor, nil
}

func divided(number int64, currency string) (int64, error) {
	if number%hundred != 0 {
		return 0, fmt.Errorf("%d hundredths are no whole amount of %s, and Stripe knows no other", number, currency)
	}
	return number / hundred, nil
}

func multiplied(number int64, currency string) (int64, error) {
	if number > math.MaxInt64/hundred || number < -math.MaxInt64/hundred {
		return 0, fmt.Errorf("%w: %d %s", money.ErrOverflow, number, currency)
	}
	return number * hundred, nil
}
