package reconcile

import (
	"fmt"
	"slices"

	"tieout/reconcile/money"
)

// CategorySum is what the lines of a payout of one category come to in one currency.
type CategorySum struct {
	Category string
	Lines    int
	Net      money.Amount
}

// PayoutExplanation is a payout with what it consists of, and whether that agrees.
type PayoutExplanation struct {
	Sum        PayoutSum
	Facts      []Fact
	Categories []CategorySum // by category, then currency
	Exceptions []Exception
	Questions  []Question
}

// payoutCategory is the line of the payout itself, which is no part of its sum (stripe.md §4).
const payoutCategory = "payout"

// ExplainPayout judges a payout as JudgePayout does, with its lines by category. read tells that the last fetch of its account
// ended well; all lines are held then, or when the payout's own is, which is fetched last.
func ExplainPayout(payout Payout, lines []PayoutLine, read bool) PayoutExplanation {
	e := PayoutExplanation{Sum: PayoutSum{Payout: payout, AllHeld: read}}
	for _, line := range lines {
		if line.Category == payoutCategory {
			e.Sum.AllHeld = true
		} else {
			e.add(line)
		}
	}
	slices.SortFunc(e.Categories, func(a, b CategorySum) int {
		return compareAll(a.Category, b.Category, a.Net.Currency, b.Net.Currency)
	})
	slices.SortFunc(e.Sum.Sums, func(a, b money.Amount) int { return compareAll(a.Currency, b.Currency) })
	e.Exceptions = JudgePayout(e.Sum)
	e.Facts = []Fact{{At: payout.CreatedAt, Object: payout.Key, Amount: payout.Amount, Status: string(payout.Status), Says: nameOf(payout.Feed) + " made the payout of " + payout.Amount.String() + "; " + arrival(payout) + "."}}
	e.ask()
	return e
}

func (e *PayoutExplanation) add(line PayoutLine) {
	e.Sum.Lines++
	i := slices.IndexFunc(e.Sum.Sums, func(a money.Amount) bool { return a.Currency == line.Net.Currency })
	if i < 0 {
		i, e.Sum.Sums = len(e.Sum.Sums), append(e.Sum.Sums, money.Amount{Currency: line.Net.Currency})
	}
	e.Sum.Sums[i].Minor += line.Net.Minor
	k := slices.IndexFunc(e.Categories, func(c CategorySum) bool { return c.Category == line.Category && c.Net.Currency == line.Net.Currency })
	if k < 0 {
		k, e.Categories = len(e.Categories), append(e.Categories, CategorySum{Category: line.Category, Net: money.Amount{Currency: line.Net.Currency}})
	}
	e.Categories[k].Lines++
	e.Categories[k].Net.Minor += line.Net.Minor
}

// ask tells the conditions of JudgePayout, which a test holds against it.
func (e *PayoutExplanation) ask() {
	sum, t := e.Sum, &trace{}
	t.open(string(PayoutMismatch), sum.Key, sum.ID)
	if sum.Status == PayoutFailed {
		t.note("the payout failed", true, saying(says(sum.Feed), string(sum.Status)+because(sum.Reason)), Value{})
		e.Questions = t.questions
		return
	}
	t.note("the payout was not canceled", sum.Status != PayoutCanceled, saying(says(sum.Feed), string(sum.Status)), Value{})
	t.note("its movements can be told: it is automatic", sum.Automatic, saying("the payout is", automaticOrNot(sum.Payout)), Value{})
	t.note("the provider says that its movements are all there", sum.Itemised, saying("its reconciliation is", completedOrNot(sum.Payout)), Value{})
	t.note("all its movements are held here", sum.AllHeld, saying("held are", fmt.Sprintf("%d", sum.Lines)), Value{})
	differ := sum.Lines > 0 && (len(sum.Sums) != 1 || sum.Sums[0] != sum.Amount) || sum.Lines == 0 && !sum.Amount.IsZero()
	t.note("they do not come to its amount", differ, saying("its movements come to", orNothing(words(sum.Sums))), Value{Who: "the payout is", Amount: sum.Amount})
	e.Questions = t.questions
}

func automaticOrNot(payout Payout) string {
	if payout.Automatic {
		return "automatic"
	}
	return "manual"
}

func completedOrNot(payout Payout) string {
	if payout.Itemised {
		return "completed"
	}
	return "not completed"
}
