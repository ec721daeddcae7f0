package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tieout/reconcile/money"
)

// How to read the control totals and the match rates, said under them.
const (
	controlNote = "How a row adds up: cases in = matched + waiting + excepted + nothing due + out of scope + rejected rows. A case is one order, or one payment " +
		"that belongs to none. It is counted once: with its payment at the provider, or with the shop where it has no payment. " +
		"Fees and net are of the provider's balance, in the currency in which it settles."
	rateNote = "Due is matched + waiting + excepted. Rates are rounded down: 100.00% is all of it."
)

// controlPage is the sheet that proves that nothing was lost on the way: of what came in, and of what was judged.
func controlPage(day Day) page {
	return page{name: "Control totals", blocks: []block{
		{title: "Cases: what came in comes out", table: controlTable(day), note: controlNote},
		{title: "Rows: what was shown is kept or rejected", table: inputTable(day), cells: []int{1, 1, 2, 1, 1, 1, 1, 12}, note: inputNote},
	}}
}

// controlTable is summary.csv and the control totals of cases. Amounts are those of payments.
func controlTable(day Day) table {
	sum := func(key, heading string, value func(ControlTotal) cell) field[ControlTotal] {
		return totalled(amount(key, heading, value))
	}
	number := func(key, heading string, value func(ControlTotal) int) field[ControlTotal] {
		return totalled(count(key, heading, func(c ControlTotal) int64 { return int64(value(c)) }))
	}
	shown := slices.DeleteFunc(slices.Clone(day.Totals), ControlTotal.empty)
	return newTable("Control totals", "summary.csv", "None: no control total was counted.", []field[ControlTotal]{
		text("feed", "Feed", widthShort, func(c ControlTotal) string { return c.Feed }),
		text("account", "Account", widthID, func(c ControlTotal) string { return c.Account }),
		text(currencyKey, "Currency", widthShort, func(c ControlTotal) string { return c.Currency }),
		totalled(optional("orders", "Orders", func(c ControlTotal) *int { return c.Orders })),
		totalled(optional("payments", "Payments", func(c ControlTotal) *int { return c.Payments })),
		sum("gross", "Gross", func(c ControlTotal) cell { return optionalAmount(c.Gross) }),
		sum("refunded", "Refunded", func(c ControlTotal) cell { return optionalAmount(c.Refunded) }),
		sum("fees", "Fees", func(c ControlTotal) cell { return optionalAmount(c.Fees) }),
		sum("net", "Net", func(c ControlTotal) cell { return optionalAmount(c.Net) }),
		number("cases", "Cases in", func(c ControlTotal) int { return c.Cases }),
		number("matched_count", "Matched", func(c ControlTotal) int { return c.Matched.Count }),
		sum("matched_value", "Matched value", func(c ControlTotal) cell { return amountCell(c.Matched.Value) }),
		number("waiting_count", "Waiting", func(c ControlTotal) int { return c.Waiting.Count }),
		sum("waiting_value", "Waiting value", func(c ControlTotal) cell { return amountCell(c.Waiting.Value) }),
		number("excepted_count", "Excepted", func(c ControlTotal) int { return c.Excepted.Count }),
		sum("excepted_value", "Excepted value", func(c ControlTotal) cell { return amountCell(c.Excepted.Value) }),
		number("nothing_due_count", "Nothing due", func(c ControlTotal) int { return c.NothingDue }),
		number("out_of_scope_count", "Out of scope", func(c ControlTotal) int { return c.OutOfScope.Count }),
		sum("out_of_scope_value", "Out of scope value", func(c ControlTotal) cell { return amountCell(c.OutOfScope.Value) }),
		number("rejected", "Rejected rows", func(c ControlTotal) int { return c.Rejected }),
	}, withoutErrors(shown))
}

const inputNote = "How a row adds up: objects shown = kept + rejected. New versions are those that came since the last report of an earlier finance day, each counted. " +
	"Their hash is the SHA-256 of the hashes that tieout_observations has of them, by id and version, each on a line of its own."

// inputTable is inputs.csv and the control totals of rows.
func inputTable(day Day) table {
	number := func(key, heading string, value func(Input) int) field[Input] {
		return totalled(count(key, heading, func(in Input) int64 { return int64(value(in)) }))
	}
	return newTable("Rows", "inputs.csv", "None: no feed has shown anything.", []field[Input]{
		text("feed", "Feed", widthShort, func(in Input) string { return in.Feed }),
		text("account", "Account", widthID, func(in Input) string { return in.Account }),
		text("kind", "Kind", widthID, func(in Input) string { return in.Kind }),
		number("read", "Objects shown", func(in Input) int { return in.Read }),
		number("stored", "Kept", func(in Input) int { return in.Stored }),
		number("rejected", "Rejected", func(in Input) int { return in.Rejected }),
		number("fresh", "New versions", func(in Input) int { return in.Fresh }),
		text("hash", "Hash of the new versions (SHA-256)", widthProse, func(in Input) string { return in.Hash }),
	}, withoutErrors(day.Inputs))
}

// lostRows says in words which objects that were shown are neither kept nor rejected, or nothing.
func lostRows(day Day) string {
	var parts []string
	for _, in := range day.Inputs {
		if in.Read != in.Stored+in.Rejected {
			parts = append(parts, fmt.Sprintf("of %s %s %s, %d were shown and %d are kept or rejected", in.Feed, in.Account, in.Kind, in.Read, in.Stored+in.Rejected))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Rows do not add up: " + strings.Join(parts, "; ") + "."
}

// unaccounted says in words which control totals do not add up, or nothing, and how many orders nobody judged. Then no row
// can be trusted: the report must not pass over it in silence.
func unaccounted(day Day) string {
	var parts []string
	unjudged := 0
	for _, c := range day.Totals {
		unjudged += c.Unjudged
		if c.Cases != c.accounted() {
			parts = append(parts, fmt.Sprintf("%s has %d cases in and %d accounted for", strings.Join(strings.Fields(c.Feed+" "+c.Account+" "+c.Currency), " "), c.Cases, c.accounted()))
		}
	}
	var sentences []string
	if unjudged > 0 {
		sentences = append(sentences, plural(int64(unjudged), "order was", "orders were")+" not judged.")
	}
	if len(parts) > 0 {
		sentences = append(sentences, "The control totals do not add up: "+strings.Join(parts, "; ")+".")
	}
	return strings.Join(sentences, " ")
}

// matchRate is how much of what is due in one currency is matched.
type matchRate struct {
	currency            string
	due, matched        int64
	dueValue, paidValue money.Amount
}

// matchRates adds the control totals of each currency.
func matchRates(day Day) ([]matchRate, error) {
	byCurrency := map[string]*matchRate{}
	for _, c := range day.Totals {
		if c.Currency == "" {
			continue
		}
		if byCurrency[c.Currency] == nil {
			byCurrency[c.Currency] = &matchRate{currency: c.Currency}
		}
		if err := byCurrency[c.Currency].add(c); err != nil {
			return nil, fmt.Errorf("add up what is due in %s: %w", c.Currency, err)
		}
	}
	rates := make([]matchRate, 0, len(byCurrency))
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		if byCurrency[currency].due > 0 {
			rates = append(rates, *byCurrency[currency])
		}
	}
	return rates, nil
}

func (r *matchRate) add(c ControlTotal) (err error) {
	r.matched += int64(c.Matched.Count)
	r.due += int64(c.Matched.Count + c.Waiting.Count + c.Excepted.Count)
	if r.paidValue, err = r.paidValue.Add(c.Matched.in(c.Currency)); err != nil {
		return err
	}
	for _, tally := range []Tally{c.Matched, c.Waiting, c.Excepted} {
		if r.dueValue, err = r.dueValue.Add(tally.in(c.Currency)); err != nil {
			return err
		}
	}
	return nil
}

// in gives a value without a currency that of its row.
func (t Tally) in(currency string) money.Amount {
	return money.Amount{Minor: t.Value.Minor, Currency: cmp.Or(t.Value.Currency, currency)}
}

// rateTable is the summary's block of match rates.
func rateTable(rates []matchRate) table {
	return newTable("Match rate", "", "None: nothing is due.", []field[matchRate]{
		text(currencyKey, "Currency", widthShort, func(r matchRate) string { return r.currency }),
		count("due", "Cases due", func(r matchRate) int64 { return r.due }),
		count("matched", "Matched", func(r matchRate) int64 { return r.matched }),
		rate("rate", "Rate by count", func(r matchRate) (int64, int64) { return r.matched, r.due }),
		amount("due_value", "Due value", func(r matchRate) cell { return amountCell(r.dueValue) }),
		amount("matched_value", "Matched value", func(r matchRate) cell { return amountCell(r.paidValue) }),
		rate("value_rate", "Rate by value", func(r matchRate) (int64, int64) { return r.paidValue.Minor, r.dueValue.Minor }),
	}, withoutErrors(rates))
}
