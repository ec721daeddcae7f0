package simulator

import (
	"fmt"
	"math/rand/v2"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomID returns an id as Stripe writes them: a prefix and 24 letters and digits.
func randomID(rng *rand.Rand, prefix string) string {
	b := make([]byte, 0, len(prefix)+25)
	b = append(b, prefix...)
	b = append(b, '_')
	for range 24 {
		b = append(b, base62[rng.IntN(len(base62))])
	}
	return string(b)
}

// gatewayNodes are the first parts of Trust Payments references. Records come back grouped by them, not by time.
var gatewayNodes = []int{23, 24, 57, 58, 61}

// trustReference returns a transactionreference such as 23-86-113; serial makes it unique.
func trustReference(serial int) string {
	return fmt.Sprintf("%d-86-%d", gatewayNodes[serial*7%len(gatewayNodes)], 100+serial)
}

// referenceLimit is how many characters of an orderreference Trust Payments keeps (source document 002).
const referenceLimit = 25

func truncateReference(reference string) string {
	if len(reference) <= referenceLimit {
		return reference
	}
	return reference[:referenceLimit]
}
