package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tieout/reconcile/money"
)

const severityKey = "severity"

// The severities, gravest first. Any other is shown as it is, after these.
var severities = []string{"critical", "high", "medium", "low"}

func severityRank(severity string) int {
	if i := slices.Index(severities, severity); i >= 0 {
		return i
	}
	return len(severities)
}

// digest is the day in brief: the exceptions, one line per code and currency, what the headline says, and what is aged.
type digest struct {
	count    int64
	critical int64
	lines    []codeLine
	ageing   []ageingLine
	largest  []Exception // the one with the most money in each currency, by currency

	aged      []agedLine // the exceptions, by currency
	unsettled []agedLine // the payments that have not settled, by currency
	flow      []flowLine // since the last report, by severity
}

// codeLine is the exceptions of one code in one currency.
type codeLine struct {
	severity string // the gravest among them
	code     string
	currency string // empty: they concern no amount
	count    int64
	amount   money.Amount // the sum of the amounts concerned
	oldest   time.Time
	nextStep string // of the oldest
}

// ageingLine is how old the exceptions of one severity are.
type ageingLine struct {
	severity string
	counts   [len(buckets)]int64 // per bucket
}

// all is how many, of whatever age.
func (l ageingLine) all() (sum int64) {
	for _, n := range l.counts {
		sum += n
	}
	return sum
}

type codeKey struct{ code, currency string }

// digestDay reads what has to be known as a whole before anything is written.
func digestDay(day Day) (digest, error) {
	d, err := digestExceptions(day)
	if err != nil {
		return digest{}, err
	}
	if d.unsettled, err = ageUnsettled(day); err != nil {
		return digest{}, fmt.Errorf("read the payments that have not settled for their ages: %w", err)
	}
	if d.flow, err = flowOf(day, d.ageing); err != nil {
		return digest{}, fmt.Errorf("read the changes for the summary: %w", err)
	}
	return d, nil
}

func digestExceptions(day Day) (digest, error) {
	c := collector{asOf: day.AsOf, aged: aging{}, lines: map[codeKey]*codeLine{}, ageing: map[string]*ageingLine{}, largest: map[string]Exception{}}
	if day.Exceptions == nil {
		return c.digest, nil
	}
	for e, err := range day.Exceptions {
		if err != nil {
			return digest{}, fmt.Errorf("read the exceptions for the summary: %w", err)
		}
		if err := c.add(e); err != nil {
			return digest{}, fmt.Errorf("add up the exceptions of %s: %w", e.Code, err)
		}
	}
	return c.finish(), nil
}

// collector builds a digest from one exception after the other.
type collector struct {
	asOf    time.Time
	digest  digest
	lines   map[codeKey]*codeLine
	ageing  map[string]*ageingLine // by severity
	aged    aging
	largest map[string]Exception // by currency
}

func (c *collector) add(e Exception) error {
	c.digest.count++
	if e.Severity == severities[0] {
		c.digest.critical++
	}
	amount := concerned(e)
	if amount.Currency != "" && amount.Minor > concerned(c.largest[amount.Currency]).Minor {
		c.largest[amount.Currency] = e
	}
	if c.ageing[e.Severity] == nil {
		c.ageing[e.Severity] = &ageingLine{severity: e.Severity}
	}
	c.ageing[e.Severity].counts[bucketOf(age(e.FirstSeen, c.asOf))]++
	if err := c.aged.add(age(e.FirstSeen, c.asOf), amount); err != nil {
		return err
	}
	key := codeKey{e.Code, amount.Currency}
	if c.lines[key] == nil {
		c.lines[key] = &codeLine{severity: e.Severity, code: e.Code, currency: amount.Currency, oldest: e.FirstSeen, nextStep: e.NextStep}
	}
	return c.lines[key].add(e, amount)
}

// finish puts the lines in the order of gravity, then code and currency.
func (c *collector) finish() digest {
	for _, line := range c.lines {
		c.digest.lines = append(c.digest.lines, *line)
	}
	slices.SortFunc(c.digest.lines, func(a, b codeLine) int {
		return cmp.Or(cmp.Compare(severityRank(a.severity), severityRank(b.severity)), cmp.Compare(a.code, b.code), cmp.Compare(a.currency, b.currency))
	})
	for _, line := range c.ageing {
		c.digest.ageing = append(c.digest.ageing, *line)
	}
	slices.SortFunc(c.digest.ageing, func(a, b ageingLine) int {
		return cmp.Or(cmp.Compare(severityRank(a.severity), severityRank(b.severity)), cmp.Compare(a.severity, b.severity))
	})
	for _, currency := range slices.Sorted(maps.Keys(c.largest)) {
		c.digest.largest = append(c.digest.largest, c.largest[currency])
	}
	c.digest.aged = c.aged.lines()
	return c.digest
}

func (l *codeLine) add(e Exception, amount money.Amount) (err error) {
	l.count++
	if severityRank(e.Severity) < severityRank(l.severity) {
		l.severity = e.Severity
	}
	if e.FirstSeen.Before(l.oldest) {
		l.oldest, l.nextStep = e.FirstSeen, e.NextStep
	}
	l.amount, err = l.amount.Add(amount)
	return err
}

// concerned is how much money an exception is about: what is missing or too much, else what the provider says, else
// what the order says. It is never negative, so that a surplus and a lack do not cancel out.
func concerned(e Exception) money.Amount {
	figure := cmp.Or(e.Difference, e.Actual, e.Expected)
	if figure == nil {
		return money.Amount{}
	}
	amount := *figure
	amount.Currency = cmp.Or(amount.Currency, e.Currency)
	if amount.Minor < 0 {
		return amount.Neg()
	}
	return amount
}

// codeTable is the summary's block of exceptions by code.
func codeTable(day Day, d digest) table {
	return newTable("Exceptions by code", "", "None: no exception is open.", []field[codeLine]{
		text(severityKey, "Severity", widthShort, func(l codeLine) string { return l.severity }),
		text("code", "Code", widthID, func(l codeLine) string { return l.code }),
		text(currencyKey, "Currency", widthShort, func(l codeLine) string { return l.currency }),
		totalled(count("count", "Count", func(l codeLine) int64 { return l.count })),
		count("age_days", "Oldest (days)", func(l codeLine) int64 { return age(l.oldest, day.AsOf) }),
		totalled(amount("amount", "Amount concerned", func(l codeLine) cell { return amountCell(l.amount) })),
		instant("oldest", "Oldest seen", func(l codeLine) time.Time { return l.oldest }),
		prose("next_step", "Next step (of the oldest)", 1, func(l codeLine) string { return l.nextStep }),
	}, withoutErrors(d.lines))
}

const exceptionAgesName = "Exceptions by age and severity"

// exceptionAgeingTable is the summary's block of how old the exceptions are.
func exceptionAgeingTable(d digest) table {
	fields := []field[ageingLine]{text(severityKey, "Severity", widthShort, func(l ageingLine) string { return l.severity })}
	for i, bucket := range buckets {
		fields = append(fields, totalled(count("bucket", bucket.name, func(l ageingLine) int64 { return l.counts[i] })))
	}
	all := totalled(count("all", "All ages", ageingLine.all))
	return newTable(exceptionAgesName, "", "None: no exception is open.", append(fields, all), withoutErrors(d.ageing))
}

// headline says in words whether the day ties out. It says so only if no step of the run failed, every feed is complete, no
// row was rejected, every order was judged, the control totals add up, nothing is unexplained and no exception is open; whatever stands against it
// is said instead, each thing on a line.
func headline(day Day, d digest) (sentence string, tiesOut bool) {
	var parts []string
	if len(day.Failed) > 0 {
		parts = append(parts, "Failed in this run: "+strings.Join(day.Failed, ", ")+". The figures may be those of an earlier run.")
	}
	if d.count > 0 {
		parts = append(parts, exceptionsInWords(d))
	}
	if left := unexplainedInWords(day); left != "" {
		parts = append(parts, left)
	}
	if incomplete := incompleteInWords(day); incomplete != "" {
		parts = append(parts, incomplete)
	}
	for _, lost := range []string{unaccounted(day), lostRows(day)} {
		if lost != "" {
			parts = append(parts, lost)
		}
	}
	if rejected := sumOver(day, func(c ControlTotal) int { return c.Rejected }); rejected > 0 {
		parts = append(parts, plural(rejected, "row", "rows")+" could not be read.")
	}
	if tiesOut = len(parts) == 0; tiesOut {
		parts = append(parts, "Everything ties out.")
	}
	return strings.Join(append(parts, asidesInWords(day)...), "\n"), tiesOut
}

// unexplainedInWords says what the tie-out leaves over as of now, whether or not an exception stands for it: a person may
// have resolved that, and the difference is still there. Gaps that happen to cancel out are gaps.
func unexplainedInWords(day Day) string {
	var parts []string
	for _, row := range day.TieOut {
		if row.Line == LineUnexplained && row.To.Equal(day.AsOf) && row.Amount != nil && row.Count != nil && *row.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s %s %s", strings.TrimSpace(row.Feed+" "+row.Account), grouped(row.Amount.Decimal()), row.Amount.Currency))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Unexplained in the tie-out: " + strings.Join(parts, "; ") + "."
}

// asidesInWords says which cases the headline does not speak of: they stand against nothing, and are not matched either.
func asidesInWords(day Day) []string {
	var parts []string
	if waiting := sumOver(day, func(c ControlTotal) int { return c.Waiting.Count }); waiting > 0 {
		parts = append(parts, grouped(fmt.Sprint(waiting))+" waiting inside the grace, which is no exception.")
	}
	if outside := sumOver(day, func(c ControlTotal) int { return c.OutOfScope.Count }); outside > 0 {
		parts = append(parts, grouped(fmt.Sprint(outside))+" out of scope: of payment methods or providers that are not looked after.")
	}
	return parts
}

func sumOver(day Day, count func(ControlTotal) int) (sum int64) {
	for _, c := range day.Totals {
		sum += int64(count(c))
	}
	return sum
}

// shownLargest is how many currencies the headline names the largest exception of.
const shownLargest = 3

func exceptionsInWords(d digest) string {
	var b strings.Builder
	if d.count == 1 {
		b.WriteString("1 exception needs a person")
	} else {
		b.WriteString(plural(d.count, "exception", "exceptions") + " need a person")
	}
	switch {
	case d.critical == 0:
		b.WriteString(", none critical")
	case d.count == 1:
		b.WriteString(" and is critical")
	default:
		b.WriteString(", " + grouped(fmt.Sprint(d.critical)) + " of them critical")
	}
	for i, e := range d.largest[:min(shownLargest, len(d.largest))] {
		b.WriteString([]string{"; largest ", ", "}[min(i, 1)])
		amount := concerned(e)
		fmt.Fprintf(&b, "%s %s (%s %s)", grouped(amount.Decimal()), amount.Currency, e.Code, cmp.Or(e.TransactionReference, e.OrderReference))
	}
	if more := len(d.largest) - shownLargest; more > 0 {
		fmt.Fprintf(&b, " and %s", plural(int64(more), "other currency", "other currencies"))
	}
	return b.String() + "."
}

func incompleteInWords(day Day) string {
	if len(day.Feeds) == 0 {
		return "No feed was read, so nothing can be said to tie out."
	}
	var parts []string
	for _, f := range day.Feeds {
		if f.Complete {
			continue
		}
		part := strings.TrimSpace(f.Feed+" "+f.Account) + " was never complete"
		if !f.CompleteThrough.IsZero() {
			part = strings.TrimSpace(f.Feed+" "+f.Account) + " is complete only through " + inZone(f.CompleteThrough, day.Zone)
		}
		if f.Reason != "" {
			part += " (" + f.Reason + ")"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	return "Incomplete: " + strings.Join(parts, "; ") + "."
}

func inZone(t time.Time, zone *time.Location) string {
	return t.In(zone).Format(wallTimeLayout) + " " + zone.String()
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(fmt.Sprint(n)) + " " + many
}
