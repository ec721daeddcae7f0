package reports

import (
	"cmp"
	"slices"
	"time"

	"tieout/reconcile/money"
)

// changeTable is what became of exceptions since the last report of an earlier finance day, and which orders came to be
// matched. Feed, account and id are not printed.
func changeTable(day Day) table {
	nothing := "None: nothing has changed since the last report."
	if day.Since.IsZero() {
		nothing = "None: this is the first report, so there is none to compare with."
	}
	figure := func(key, heading string, value func(Change) *money.Amount) field[Change] {
		return amount(key, heading, func(c Change) cell { return optionalAmount(value(c)) })
	}
	t := newTable("Changes since last report", "changes.csv", nothing, []field[Change]{
		text("what", "What", widthShort, func(c Change) string { return c.What }),
		instant("at", "When", func(c Change) time.Time { return c.At }),
		text("who", "Who", widthID, func(c Change) string { return c.Who }),
		prose("why", "Why", 2, func(c Change) string { return c.Why }),
		onScreen(text("exception_id", "Exception", widthShort, func(c Change) string { return c.ExceptionID })),
		text("code", "Code", widthID, func(c Change) string { return c.Code }),
		text(severityKey, "Severity", widthShort, func(c Change) string { return c.Severity }),
		onScreen(text("feed", "Feed", widthShort, func(c Change) string { return c.Feed })),
		onScreen(text("account", "Account", widthID, func(c Change) string { return c.Account })),
		text("order_reference", "Order", widthID, func(c Change) string { return c.OrderReference }),
		text("transaction_reference", "Transaction", widthID, func(c Change) string { return c.TransactionReference }),
		text(currencyKey, "Currency", widthShort, func(c Change) string { return c.Currency }),
		figure("expected", "Expected (order)", func(c Change) *money.Amount { return c.Expected }),
		figure("actual", "Actual (provider)", func(c Change) *money.Amount { return c.Actual }),
		figure("difference", "Difference", func(c Change) *money.Amount { return c.Difference }),
	}, day.Changes)
	return t.readAs("what", severityKey, "code", "order_reference", "transaction_reference", currencyKey, "expected", "actual", "difference", "at", "who", "why",
		"feed", "account", "exception_id")
}

// flowLine is how the exceptions of one severity came from the last report to this one: those that stood then, with the new
// and the reopened ones, less the resolved ones, are those that stand now. The severity is that of now.
type flowLine struct {
	severity                string
	added, reopened, closed int64
	now                     int64
}

func (l flowLine) before() int64 { return l.now - l.added - l.reopened + l.closed }

func (l *flowLine) take(c Change) {
	switch c.What {
	case ChangeNew:
		l.added++
	case ChangeReopened:
		l.reopened++
	case ChangeResolved:
		l.closed++
	}
}

// flowTable is the summary's block of what happened to exceptions since the last report.
func flowTable(day Day, d digest) table {
	nothing := "None: no exception stands, and none has changed since the last report."
	if day.Since.IsZero() {
		nothing = "This is the first report: there is none to compare with."
	}
	number := func(key, heading string, value func(flowLine) int64) field[flowLine] {
		return totalled(count(key, heading, value))
	}
	return newTable("Exceptions since the last report", "", nothing, []field[flowLine]{
		text(severityKey, "Severity", widthShort, func(l flowLine) string { return l.severity }),
		number("before", "Open then", flowLine.before),
		number("new", "New", func(l flowLine) int64 { return l.added }),
		number("reopened", "Reopened", func(l flowLine) int64 { return l.reopened }),
		number("resolved", "Resolved", func(l flowLine) int64 { return l.closed }),
		number("now", "Open now", func(l flowLine) int64 { return l.now }),
	}, withoutErrors(d.flow))
}

// flowOf counts the changes of each severity, and puts how many stand beside them. There is nothing to tell at the first report.
func flowOf(day Day, standing []ageingLine) ([]flowLine, error) {
	if day.Since.IsZero() || day.Changes == nil {
		return nil, nil
	}
	lines := map[string]*flowLine{}
	of := func(severity string) *flowLine {
		if lines[severity] == nil {
			lines[severity] = &flowLine{severity: severity}
		}
		return lines[severity]
	}
	for _, line := range standing {
		of(line.severity).now = line.all()
	}
	for c, err := range day.Changes {
		if err != nil {
			return nil, err
		}
		if c.What != ChangeMatched {
			of(c.Severity).take(c)
		}
	}
	var flow []flowLine
	for _, line := range lines {
		flow = append(flow, *line)
	}
	slices.SortFunc(flow, func(a, b flowLine) int {
		return cmp.Or(cmp.Compare(severityRank(a.severity), severityRank(b.severity)), cmp.Compare(a.severity, b.severity))
	})
	return flow, nil
}
