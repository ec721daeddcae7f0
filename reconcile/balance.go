package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// GapKind says how a provider's balance and what we hold fail to meet.
type GapKind string

// The gaps between a provider's balance and what we hold (design §5, "UNEXPLAINED").
const (
	GapUnknownObject GapKind = "movement of an object that is not held"
	GapDiffers       GapKind = "object whose movements differ from it"
	GapNoMovement    GapKind = "payment without a movement"
	GapStated        GapKind = "balance that the provider states otherwise"
)

// Gap is one movement, payment or stated balance that the tie-out cannot explain.
type Gap struct {
	Feed    string
	Account string
	Kind    GapKind
	ID      string       // of the movement, or of the object whose movements differ or are missing; of a stated balance, the two figures
	Amount  money.Amount // signed: what the balance shows more (or less) than what we hold accounts for

	Category string    // of the movements: it tells the line of the statement. Empty for a stated balance, which has none
	At       time.Time // since when: the movement's creation, or the end of the time in which a payment may lack its movement
}

// CaseKeyOfBalance is the key of the tie-out of one account in one currency.
func CaseKeyOfBalance(feed, account, currency string) string {
	return "balance/" + feed + "/" + account + "/" + currency
}

// JudgeBalance raises one UNEXPLAINED for each account and currency that has a gap, also when its gaps happen to add up to
// nothing: two errors that cancel out are two errors. gaps may come in any order.
func JudgeBalance(gaps []Gap) []Exception {
	sorted := slices.Clone(gaps)
	slices.SortFunc(sorted, func(a, b Gap) int {
		return compareAll(a.Feed, b.Feed, a.Account, b.Account, a.Amount.Currency, b.Amount.Currency, string(a.Kind), string(b.Kind), a.ID, b.ID)
	})
	var raised []Exception
	for len(sorted) > 0 {
		first := sorted[0]
		end := alike(sorted, func(g Gap) bool {
			return g.Feed == first.Feed && g.Account == first.Account && g.Amount.Currency == first.Amount.Currency
		})
		raised = append(raised, unexplained(sorted[:end]))
		sorted = sorted[end:]
	}
	return raised
}

// alike counts the gaps at the start that are the same in what matters.
func alike(gaps []Gap, same func(Gap) bool) int {
	end := slices.IndexFunc(gaps, func(g Gap) bool { return !same(g) })
	if end < 0 {
		return len(gaps)
	}
	return end
}

// unexplained takes the gaps of one account and currency.
func unexplained(gaps []Gap) Exception {
	first := gaps[0]
	residual := money.Amount{Currency: first.Amount.Currency}
	for _, gap := range gaps {
		residual.Minor += gap.Amount.Minor
	}
	return complete(Exception{
		Code: Unexplained, CaseKey: CaseKeyOfBalance(first.Feed, first.Account, first.Amount.Currency),
		Feed: first.Feed, Account: first.Account, Expected: none(residual), Actual: residual,
		Explanation: fmt.Sprintf("The balance of %s (%s) in %s and what is held of its payments, refunds, disputes and payouts do not tie out: %s unexplained, from %s.", nameOf(first.Feed), first.Account, residual.Currency, residual, tellGaps(gaps)),
	})
}

// tellGaps counts the gaps by kind and names the first of each.
func tellGaps(gaps []Gap) string {
	var told []string
	for len(gaps) > 0 {
		end := alike(gaps, func(g Gap) bool { return g.Kind == gaps[0].Kind })
		text := fmt.Sprintf("1 %s (%s)", gaps[0].Kind, gaps[0].ID)
		if end > 1 {
			text = fmt.Sprintf("%d × %s (first %s)", end, gaps[0].Kind, gaps[0].ID)
		}
		told, gaps = append(told, text), gaps[end:]
	}
	return strings.Join(told, ", ")
}
