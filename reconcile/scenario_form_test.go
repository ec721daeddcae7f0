package reconcile_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"tieout/reconcile/money"
)

// A form is one sentence of the stories' language, written as people read it: "order {order} becomes paid[, storing {id}]".
// What stands in braces is a blank that the story fills in; what stands in brackets may be left out.
type form struct {
	text string
	expr *regexp.Regexp
}

// blanks are what may be filled into each blank of a form. Blanks that are not listed take a reference or an id.
var blanks = map[string]string{
	"amount":   `-?[\d.]+ [A-Z]{3}`,
	"other":    `-?[\d.]+ [A-Z]{3}`,
	"expected": `-?[\d.]+ [A-Z]{3}|empty`,
	"actual":   `-?[\d.]+ [A-Z]{3}|empty`,
	"due":      timeExpr,
	"when":     timeExpr,
	"seen":     timeExpr,
	"count":    `\d+`,
	"settle":   `\d+`,
	"length":   `\d+[a-z]+`,
	"code":     `[A-Z_]+`,
	"severity": `critical|high|medium|low`,
	"state":    `open|acknowledged|reopened|resolved \([a-z ]+\)`,
	"rule":     `stored id|reference|source's reference|truncated reference`,
	"outcome":  `matched|closed|waiting|excepted|out of scope|in order`,
	"why":      `refund requested|duplicate payment|paid after cancel`,
	"decision": `approved|rejected|needs a person`,
	"currency": `[A-Z]{3}`,
	"what":     `payment without a movement|movement of an object that is not held|object whose movements differ from it`,
	"end":      `won|lost|warning_closed`,
	"reason":   `.+`,
	"evidence": `.+`,
	"words":    `[^"]+`,
}

const (
	nameExpr = `"[^"]*"|[^\s,:;"]+`
	timeExpr = `\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?: Shanghai)?`
)

var braces = regexp.MustCompile(`\\\{([a-z]+)\\\}`)

func newForm(text string) form {
	expr := regexp.QuoteMeta(text)
	expr = strings.NewReplacer(`\[`, `(?:`, `\]`, `)?`).Replace(expr)
	expr = braces.ReplaceAllStringFunc(expr, func(found string) string {
		name := braces.FindStringSubmatch(found)[1]
		allowed, ok := blanks[name]
		if !ok {
			allowed = nameExpr
		}
		return fmt.Sprintf("(?P<%s>%s)", name, allowed)
	})
	return form{text: text, expr: regexp.MustCompile("^" + expr + "$")}
}

// fill reads a line as this form, or reports that it is none.
func (f form) fill(line string) (filled, bool) {
	found := f.expr.FindStringSubmatch(line)
	if found == nil {
		return filled{}, false
	}
	words := map[string]string{}
	for i, name := range f.expr.SubexpNames() {
		if name != "" && found[i] != "" {
			words[name] = strings.Trim(found[i], `"`)
		}
	}
	return filled{words: words, fault: new(error)}, true
}

// filled is a sentence with its blanks filled in. The first one that cannot be read is kept in fault.
type filled struct {
	words map[string]string
	at    time.Time // the time at the head of the line
	fault *error
}

func (f filled) word(name string) string { return f.words[name] }

func (f filled) has(name string) bool { return f.words[name] != "" }

func (f filled) note(err error) {
	if *f.fault == nil {
		*f.fault = err
	}
}

// amount reads major units with exactly the currency's decimals; "empty" and what was left out are no amount.
func (f filled) amount(name string) money.Amount {
	text := f.words[name]
	if text == "" || text == "empty" {
		return money.Amount{}
	}
	number, currency, _ := strings.Cut(text, " ")
	amount, err := money.Parse(number, currency)
	if err == nil && amount.String() != text {
		err = fmt.Errorf("write %s as %s", text, amount)
	}
	f.note(err)
	return amount
}

// when is the zero time for what was left out.
func (f filled) when(name string) time.Time {
	if !f.has(name) {
		return time.Time{}
	}
	read, err := parseTime(f.words[name])
	f.note(err)
	return read
}

// parseTime reads an instant in UTC, or in Shanghai where it says so.
func parseTime(text string) (time.Time, error) {
	zone := time.UTC
	clock, inShanghai := strings.CutSuffix(text, " Shanghai")
	if inShanghai {
		zone = shanghai
	}
	layout := "2006-01-02 15:04:05"
	if strings.Count(clock, ":") == 1 {
		layout = "2006-01-02 15:04"
	}
	read, err := time.ParseInLocation(layout, clock, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time such as 2026-03-10 12:00 or 2026-03-10 23:44:59.999999 Shanghai", text)
	}
	return read.UTC(), nil
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)
