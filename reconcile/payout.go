package reconcile

import (
	"fmt"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// PayoutSum is a payout and what its movements come to, without the payout's own line (stripe.md §4).
type PayoutSum struct {
	Payout
	Lines   int
	Sums    []money.Amount // of net, one a currency, sorted by currency; empty when no lines are held
	AllHeld bool           // the provider listed its lines to the end, and all are held
}

// CaseKeyOfPayout is the key of the case of a payout.
func CaseKeyOfPayout(key Key) string { return "payout/" + key.Feed + "/" + key.Account + "/" + key.ID }

// JudgePayout raises PAYOUT_MISMATCH for a payout that failed, or that differs from the sum of its movements once the
// provider says that they are all there. Manual payouts cannot be itemised and are not held against movements.
func JudgePayout(sum PayoutSum) []Exception {
	switch {
	case sum.Status == PayoutFailed:
		failed := payoutException(sum, sum.Amount, none(sum.Amount),
			fmt.Sprintf("The payout of %s, made at %s, failed%s: the money did not reach the bank.", sum.Amount, at(sum.CreatedAt), because(sum.Reason)))
		failed.Sticky = true
		return []Exception{failed}
	case sum.Status == PayoutCanceled || !sum.Automatic || !sum.Itemised || !sum.AllHeld:
		return nil
	case sum.Lines == 0 && !sum.Amount.IsZero():
		text := fmt.Sprintf("The payout is %s; %s says that its reconciliation is completed and lists no movement that it pays out.", sum.Amount, nameOf(sum.Feed))
		return []Exception{payoutException(sum, sum.inItsCurrency(), sum.Amount, text)}
	case sum.Lines > 0 && (len(sum.Sums) != 1 || sum.Sums[0] != sum.Amount):
		text := fmt.Sprintf("The payout is %s; its %d movements come to %s.", sum.Amount, sum.Lines, words(sum.Sums))
		return []Exception{payoutException(sum, sum.inItsCurrency(), sum.Amount, text)}
	default:
		return nil
	}
}

// inItsCurrency is what the movements come to in the payout's own currency.
func (s PayoutSum) inItsCurrency() money.Amount {
	for _, sum := range s.Sums {
		if sum.Currency == s.Amount.Currency {
			return sum
		}
	}
	return money.Amount{Currency: s.Amount.Currency}
}

func words(sums []money.Amount) string {
	texts := make([]string, len(sums))
	for i, sum := range sums {
		texts[i] = sum.String()
	}
	return strings.Join(texts, " and ")
}

func payoutException(sum PayoutSum, expected, actual money.Amount, text string) Exception {
	return complete(Exception{
		Code: PayoutMismatch, CaseKey: CaseKeyOfPayout(sum.Key),
		Feed: sum.Feed, Account: sum.Account, TransactionReference: sum.ID, Expected: expected, Actual: actual, Explanation: text,
	})
}

// Age is the whole days between two instants, never negative.
func Age(from, now time.Time) int {
	return max(0, int(now.Sub(from)/day))
}
