package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// An expectation is everything that one run must find: each subject, and under it each line.
type expectation struct {
	line     int
	now      time.Time
	blocks   []*block
	resolved []string
	forms    []string // of its lines
}

// A block is what is expected of one order, loose payment or source, payout, unreadable row or balance.
type block struct {
	line    int
	subject string
	outcome string
	payment string // empty: the story does not say with what it is linked
	rule    string
	lines   []string
	reviews int // how often the next review is told
	texts   []string
	codes   []reconcile.Code
	seen    map[string]time.Time // first seen, by code and transaction, where the story says so
}

// An expects is one line of an expectation.
type expects struct {
	form
	read func(*expectation, int, filled) error
}

// expectations is the whole vocabulary of what may be expected. A line that is not a head belongs to the head above it.
var expectations = []expects{
	head("order {order} is {outcome}[, with {id} by {rule}]", func(s filled) string { return "order " + s.word("order") }),
	head("payment {id} of no order is {outcome}", func(s filled) string { return "payment " + s.word("id") }),
	head("source {id} of no order is {outcome}", func(s filled) string { return "source " + s.word("id") }),
	head("payout {id} is {outcome}", func(s filled) string { return "payout " + s.word("id") }),
	head("the row {id} of {feed} is {outcome}", func(s filled) string { return "row " + s.word("id") + " of " + s.word("feed") }),
	head("the balance of {provider} in {currency} is {outcome}", func(s filled) string {
		return "the balance of " + s.word("provider") + " in " + s.word("currency")
	}),
	line("{code}[ of {id}][ for {order}][ at {feed}]: expected {expected}, actual {actual}, {severity}[, due {due}][, {state}][, first seen {seen}]", exceptionExpected),
	line("owed {amount}[ of {id}]: {why}[ as {request}], {decision}", func(b *block, s filled) error {
		b.lines = append(b.lines, owedLine(s.amount("amount"), s.word("id"), s.word("why"), s.word("request"), s.word("decision")))
		return nil
	}),
	line("cancel the order[: {evidence}]", func(b *block, s filled) error {
		b.lines = append(b.lines, strings.TrimSuffix("cancel the order: "+s.word("evidence"), ": "))
		return nil
	}),
	line("next review at {when}", func(b *block, s filled) error {
		b.reviews++
		b.lines = append(b.lines, reviewLine(s.when("when")))
		return nil
	}),
	line("next review never", func(b *block, s filled) error {
		b.reviews++
		b.lines = append(b.lines, reviewLine(time.Time{}))
		return nil
	}),
	line(`it says "{words}"`, func(b *block, s filled) error {
		b.texts = append(b.texts, s.word("words"))
		return nil
	}),
	{newForm("resolved: {code}[ of {id}]"), func(e *expectation, _ int, s filled) error {
		e.resolved = append(e.resolved, resolvedLine(s.word("code"), s.word("id")))
		return nil
	}},
}

func head(text string, subject func(filled) string) expects {
	return expects{newForm(text), func(e *expectation, line int, s filled) error {
		b := &block{line: line, subject: subject(s), outcome: s.word("outcome"), rule: s.word("rule"), seen: map[string]time.Time{}}
		if s.has("rule") {
			b.payment = s.word("id")
		}
		if slices.ContainsFunc(e.blocks, func(other *block) bool { return other.subject == b.subject }) {
			return fmt.Errorf("%s is expected twice", b.subject)
		}
		e.blocks = append(e.blocks, b)
		return nil
	}}
}

func line(text string, read func(*block, filled) error) expects {
	return expects{newForm(text), func(e *expectation, _ int, s filled) error {
		if len(e.blocks) == 0 {
			return fmt.Errorf("say first what it is about, as in: order A-1 is excepted")
		}
		return read(e.blocks[len(e.blocks)-1], s)
	}}
}

func exceptionExpected(b *block, s filled) error {
	code := reconcile.Code(s.word("code"))
	if !slices.Contains(reconcile.Codes(), code) {
		return fmt.Errorf("there is no code %s", code)
	}
	e := reconcile.Exception{
		Code: code, Severity: reconcile.Severity(s.word("severity")), TransactionReference: s.word("id"), Feed: s.word("feed"),
		OrderReference: s.word("order"), Expected: s.amount("expected"), Actual: s.amount("actual"), DueAt: s.when("due"),
	}
	if reference, ok := strings.CutPrefix(b.subject, "order "); ok {
		e.OrderReference = reference
	}
	e.Currency = e.Expected.Currency
	if e.Currency == "" {
		e.Currency = e.Actual.Currency
	}
	e.Difference = differenceOf(e.Expected, e.Actual)
	state := s.word("state")
	if state == "" {
		state = string(reconcile.StatusOpen)
	}
	b.codes = append(b.codes, code)
	b.lines = append(b.lines, exceptionLine(e, state))
	if s.has("seen") {
		b.seen[resolvedLine(string(code), e.TransactionReference)] = s.when("seen")
	}
	return nil
}

// differenceOf is actual − expected, a side that says nothing counting as nothing, and empty between two currencies
// (docs/EXCEPTIONS.md, "How to read a row").
func differenceOf(expected, actual money.Amount) money.Amount {
	switch {
	case expected.Currency == "":
		return actual
	case actual.Currency == "" || actual.Currency == expected.Currency:
		return money.Amount{Minor: actual.Minor - expected.Minor, Currency: expected.Currency}
	default:
		return money.Amount{}
	}
}

// The lines in which what is expected and what was found are compared.

func exceptionLine(e reconcile.Exception, state string) string {
	text := fmt.Sprintf("%s of %q for %q at %q: expected %s, actual %s, difference %s, in %q, %s, %s", e.Code, e.TransactionReference, e.OrderReference,
		e.Feed, side(e.Expected), side(e.Actual), side(e.Difference), e.Currency, e.Severity, state)
	if !e.DueAt.IsZero() {
		text += ", due " + stamp(e.DueAt)
	}
	return text
}

func side(a money.Amount) string {
	if a.Currency == "" {
		return "empty"
	}
	return a.String()
}

func owedLine(amount money.Amount, payment, why, request, decision string) string {
	return fmt.Sprintf("owed %s of %q: %s as %q, %s", amount, payment, why, request, decision)
}

func cancelLine(cancel reconcile.Cancel) string {
	var evidence []string
	for _, fact := range cancel.Evidence {
		evidence = append(evidence, fact.Object.ID+" "+fact.Status)
	}
	return strings.TrimSuffix("cancel the order: "+strings.Join(evidence, ", "), ": ")
}

func reviewLine(at time.Time) string {
	if at.IsZero() {
		return "next review never"
	}
	return "next review at " + stamp(at)
}

func resolvedLine(code, transaction string) string { return fmt.Sprintf("%s of %q", code, transaction) }
