package reports

import (
	"cmp"
	"slices"

	"tieout/reconcile/money"
)

// accountLine is one account of a provider in one currency: what it took, how much of it is matched, and what is on the way
// to the bank.
type accountLine struct {
	ControlTotal
	opening, closing, unexplained *money.Amount // of the finance day before, as of now and as of now
}

func (l accountLine) due() int64 {
	return int64(l.Matched.Count + l.Waiting.Count + l.Excepted.Count)
}

// dueValue is how much is due; nothing if that is out of range, so that no rate is shown.
func (l accountLine) dueValue() int64 {
	var sum money.Amount
	for _, tally := range []Tally{l.Matched, l.Waiting, l.Excepted} {
		var err error
		if sum, err = sum.Add(tally.in(l.Currency)); err != nil {
			return 0
		}
	}
	return sum.Minor
}

// accountLines puts control totals and statements of each account together, by feed, account and currency. The shop's orders
// are no account of a provider.
func accountLines(day Day) []accountLine {
	lines := map[[3]string]*accountLine{}
	of := func(feed, account, currency string) *accountLine {
		key := [3]string{feed, account, currency}
		if lines[key] == nil {
			lines[key] = &accountLine{ControlTotal: ControlTotal{Feed: feed, Account: account, Currency: currency}}
		}
		return lines[key]
	}
	for _, total := range day.Totals {
		if total.Currency != "" && total.Orders == nil && !total.empty() {
			of(total.Feed, total.Account, total.Currency).ControlTotal = total
		}
	}
	for _, row := range day.TieOut {
		if row.Currency == "" || row.Amount == nil {
			continue
		}
		now := row.To.Equal(day.AsOf)
		switch line := of(row.Feed, row.Account, row.Currency); {
		case row.Line == LineOpening && (line.opening == nil || !now):
			line.opening = row.Amount
		case row.Line == LineClosing && now:
			line.closing = row.Amount
		case row.Line == LineUnexplained && now:
			line.unexplained = row.Amount
		}
	}
	var list []accountLine
	for _, line := range lines {
		list = append(list, *line)
	}
	slices.SortFunc(list, func(a, b accountLine) int {
		return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
	return list
}

const accountNote = "Count to matched are of all that is held, opening to unexplained of the tie-out: the opening of the finance day before, the closing and what it does not explain as of now. " +
	"Rates are of what is due: matched, waiting and excepted cases. They are rounded down: 100.00% is all of it."

// accountTable is the summary's block of accounts.
func accountTable(day Day) table {
	sum := func(key, heading string, value func(accountLine) cell) field[accountLine] {
		return totalled(amount(key, heading, value))
	}
	t := newTable("Accounts", "", "None: no payment is known.", []field[accountLine]{
		text("feed", "Provider", widthShort, func(l accountLine) string { return l.Feed }),
		text("account", "Account", widthID, func(l accountLine) string { return l.Account }),
		text(currencyKey, "Currency", widthShort, func(l accountLine) string { return l.Currency }),
		totalled(optional("payments", "Payments", func(l accountLine) *int { return l.Payments })),
		sum("gross", "Gross", func(l accountLine) cell { return optionalAmount(l.Gross) }),
		sum("fees", "Fees", func(l accountLine) cell { return optionalAmount(l.Fees) }),
		sum("net", "Net", func(l accountLine) cell { return optionalAmount(l.Net) }),
		totalled(count("matched", "Matched", func(l accountLine) int64 { return int64(l.Matched.Count) })),
		rate("rate", "Rate by count", func(l accountLine) (int64, int64) { return int64(l.Matched.Count), l.due() }),
		sum("matched_value", "Matched value", func(l accountLine) cell { return amountCell(l.Matched.in(l.Currency)) }),
		rate("value_rate", "Rate by value", func(l accountLine) (int64, int64) { return l.Matched.in(l.Currency).Minor, l.dueValue() }),
		sum("opening", "Opening unsettled", func(l accountLine) cell { return optionalAmount(l.opening) }),
		sum("closing", "Closing unsettled", func(l accountLine) cell { return optionalAmount(l.closing) }),
		sum("unexplained", "Unexplained", func(l accountLine) cell { return optionalAmount(l.unexplained) }),
	}, withoutErrors(accountLines(day)))
	t.marked = func(cell func(string) cell) look {
		if cell("unexplained").amount.Minor != 0 {
			return lookCritical
		}
		return lookBody
	}
	return t
}
