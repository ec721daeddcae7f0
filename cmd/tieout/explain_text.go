package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"tieout/reconcile"
)

// lineWidth is how many columns the text of explain takes.
const lineWidth = 100

// page collects lines that fit a terminal.
type page struct{ text strings.Builder }

// line writes a text after a prefix, and what does not fit below it, indented as far as the prefix.
func (p *page) line(prefix, text string) {
	indent := utf8.RuneCountInString(prefix)
	used := indent
	p.text.WriteString(prefix)
	for i, word := range strings.Fields(text) {
		length := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+length > lineWidth:
			p.text.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			p.text.WriteString(" ")
			used++
		}
		p.text.WriteString(word)
		used += length
	}
	p.text.WriteString("\n")
}

func (p *page) linef(prefix, format string, args ...any) {
	p.line(prefix, fmt.Sprintf(format, args...))
}

func (p *page) heading(text string) { p.text.WriteString("\n" + text + "\n") }

// print writes all that is told, for people.
func (t explained) print(w io.Writer) error {
	p := &page{}
	for i, s := range t.Found {
		if i > 0 {
			p.text.WriteString("\n" + strings.Repeat("─", lineWidth) + "\n\n")
		}
		p.linef("", "%s, as of %s (all times are UTC)", capital(s.Title), stamp(t.AsOf))
		s.print(p)
	}
	_, err := io.WriteString(w, p.text.String())
	return err
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(first)) + text[size:]
}

func (s subject) print(p *page) {
	if s.Verdict != nil {
		p.heading("VERDICT: " + s.Verdict.Outcome)
		if s.Verdict.Outcome != string(reconcile.Excepted) { // else the exceptions below say it
			p.line("  ", s.Verdict.Reason)
		}
	}
	s.printExceptions(p)
	s.printNext(p)
	s.printFacts(p)
	s.printPayout(p)
	s.printLinks(p)
	s.printQuestions(p)
}

func (s subject) printExceptions(p *page) {
	if len(s.Exceptions) == 0 {
		return
	}
	p.heading("EXCEPTIONS")
	for i, e := range s.Exceptions {
		if i > 0 {
			p.text.WriteString("\n")
		}
		e.print(p)
	}
}

func (e toldException) print(p *page) {
	p.linef("  ", "%s%s", e.Code, about(e.TransactionReference))
	p.linef("    ", "%s, %s", capital(e.Severity), e.standing())
	p.line("    ", e.Explanation)
	var figures []string
	for _, f := range []struct {
		what   string
		amount *toldAmount
	}{{"expected", e.Expected}, {"actual", e.Actual}, {"difference", e.Difference}} {
		if f.amount != nil {
			figures = append(figures, f.what+" "+f.amount.Text)
		}
	}
	if len(figures) > 0 {
		p.line("    ", capital(strings.Join(figures, ", ")))
	}
	if !e.DueAt.IsZero() {
		p.line("    Due:       ", stamp(e.DueAt))
	}
	p.line("    Next step: ", e.NextStep)
	if e.Life == nil {
		return
	}
	for _, c := range e.Life.Changes {
		p.line("    "+stamp(c.At)+"  ", c.text())
	}
}

// standing says where an exception is in its life, and by what name it is known.
func (e toldException) standing() string {
	switch {
	case e.Life == nil:
		return "raised now and not kept yet: the next run does that"
	case e.Life.Status == string(reconcile.StatusResolved):
		return fmt.Sprintf("resolved, first seen %s, id %s", stamp(e.Life.FirstSeen), e.ID)
	case !e.Raised:
		return fmt.Sprintf("%s as the last run kept it, first seen %s, id %s", e.Life.Status, stamp(e.Life.FirstSeen), e.ID)
	default:
		return fmt.Sprintf("%s, first seen %s, id %s", e.Life.Status, stamp(e.Life.FirstSeen), e.ID)
	}
}

func (c toldChange) text() string {
	text := c.To + " by " + c.Who
	if c.RunID > 0 {
		text += fmt.Sprintf(" in run %d", c.RunID)
	}
	if c.Reason != "" {
		text += ", reason: " + c.Reason
	}
	if c.Note != "" {
		text += fmt.Sprintf(" (%s)", c.Note)
	}
	return text
}

func about(id string) string {
	if id == "" {
		return ""
	}
	return " about " + id
}

func (s subject) printNext(p *page) {
	if len(s.Next) == 0 {
		return
	}
	p.heading("WHAT HAPPENS NEXT")
	for _, step := range s.Next {
		prefix := "  "
		if !step.At.IsZero() {
			prefix += stamp(step.At) + "  "
		}
		p.line(prefix, step.Says)
	}
}

func (s subject) printFacts(p *page) {
	if len(s.Facts) == 0 {
		return
	}
	p.heading("WHAT IS HELD, in order of time")
	for _, fact := range s.Facts {
		p.line(fmt.Sprintf("  %-19s  ", stamp(fact.At)), fact.Says)
	}
}

func (s subject) printPayout(p *page) {
	if s.Payout == nil {
		return
	}
	p.heading("WHAT IT CONSISTS OF")
	if len(s.Payout.Categories) == 0 {
		p.line("  ", "No movement is held of it.")
	}
	for _, c := range s.Payout.Categories {
		p.text.WriteString(fmt.Sprintf("  %-24s %6d × %20s\n", c.Category, c.Lines, c.Net.Text))
	}
	for _, sum := range s.Payout.Sums {
		p.text.WriteString(fmt.Sprintf("  %-24s %6s   %20s\n", "together", "", sum.Text))
	}
	p.text.WriteString(fmt.Sprintf("  %-24s %6s   %20s\n", "the payout", "", s.Payout.Amount.Text))
}

func (s subject) printLinks(p *page) {
	if len(s.Links) == 0 {
		return
	}
	p.heading("HOW PAYMENTS AND SOURCES WERE LINKED (the same amount is never a reason)")
	for _, l := range s.Links {
		to := "no order"
		if l.Order != "" {
			to = "order " + l.Order
		}
		amount := ""
		if l.Amount != nil {
			amount = " over " + l.Amount.Text
		}
		p.linef("  ", "%s %s%s, %s → %s", l.Object.Kind, l.Object.ID, amount, l.Status, to)
		p.line("    ", capital(l.Why)+".")
		for _, rejected := range l.Rejected {
			p.linef("    ", "Not order %s: %s.", rejected.Order, rejected.Why)
		}
	}
}

// printQuestions writes what came true first, then what was ruled out.
func (s subject) printQuestions(p *page) {
	if len(s.Judged) == 0 {
		return
	}
	p.heading("WHAT WAS JUDGED (YES only where every condition holds)")
	for _, answer := range []bool{true, false} {
		for _, q := range s.Judged {
			if q.Answer == answer {
				q.print(p)
			}
		}
	}
}

// topics are the questions that are no exceptions.
var topics = map[string]string{
	reconcile.TopicMatched: "Matched", reconcile.TopicCancel: "The order may be canceled",
}

func (q toldQuestion) print(p *page) {
	asks := topics[q.Topic]
	if asks == "" {
		asks = q.Topic
	}
	switch {
	case q.Topic == reconcile.TopicRefund:
		asks = "Refund " + q.About + " may be made"
	case q.About != "" && asks == q.Topic:
		asks += " about " + q.About
	}
	answer := "no"
	if q.Answer {
		answer = "yes"
	}
	p.linef("  ", "%s: %s", asks, strings.ToUpper(answer))
	for _, c := range q.Conditions {
		c.print(p)
	}
}

func (c toldCondition) print(p *page) {
	mark := "    no   "
	if c.Held {
		mark = "    yes  "
	}
	text := c.Asks
	if values := c.values(); values != "" {
		text += ": " + values
	}
	p.line(mark, text)
}

// values are the two sides of a condition; one that only says yes or no says it before the line.
func (c toldCondition) values() string {
	if c.Left.Who == "it is so" {
		return ""
	}
	text := c.Left.Who + " " + c.Left.Text
	if c.Right != nil {
		text += "; " + c.Right.Who + " " + c.Right.Text
	}
	return text
}
