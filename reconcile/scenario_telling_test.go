package reconcile_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tieout/reconcile"
)

// A telling is what a story has told so far, and what earlier runs have kept of it.
type telling struct {
	policy     reconcile.Policy
	orders     map[string]*reconcile.Order
	sources    map[string]*reconcile.Source
	events     []reconcile.SourceEvent
	payments   map[string]*reconcile.Payment
	refunds    map[string]*reconcile.Refund
	requests   map[string]*reconcile.RefundRequest
	disputes   map[string]*reconcile.Dispute
	payouts    map[string]*reconcile.PayoutSum
	rejections map[string]*reconcile.Rejection
	gaps       map[string]*reconcile.Gap
	read       map[string]*reconcile.Coverage // what is told of a feed; a zero end is the moment itself
	records    map[string]reconcile.ExceptionRecord
}

func newTelling() *telling {
	w := &telling{
		policy: reconcile.DefaultPolicy(), orders: map[string]*reconcile.Order{}, sources: map[string]*reconcile.Source{},
		payments: map[string]*reconcile.Payment{}, refunds: map[string]*reconcile.Refund{}, requests: map[string]*reconcile.RefundRequest{},
		disputes: map[string]*reconcile.Dispute{}, payouts: map[string]*reconcile.PayoutSum{}, rejections: map[string]*reconcile.Rejection{},
		gaps: map[string]*reconcile.Gap{}, read: map[string]*reconcile.Coverage{}, records: map[string]reconcile.ExceptionRecord{},
	}
	for _, feed := range []string{reconcile.FeedShop, reconcile.FeedStripe, reconcile.FeedTrustPayments} {
		w.read[feed] = completely(feed)
	}
	return w
}

// mainAccount is the one account that each feed has in the stories.
const mainAccount = "main"

func keyOf(feed, kind, id string) reconcile.Key {
	return reconcile.Key{Feed: feed, Account: mainAccount, Kind: kind, ID: id}
}

// completely is what is known of a feed unless the story says otherwise: all of it, up to the moment.
func completely(feed string) *reconcile.Coverage {
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return &reconcile.Coverage{Feed: feed, Account: mainAccount, Complete: reconcile.Window{From: from}}
}

// add tells of a new object; one that was told already is a mistake of the story.
func add[T any](objects map[string]*T, id string, object T) error {
	if objects[id] != nil {
		return fmt.Errorf("%s has been told of already", id)
	}
	objects[id] = &object
	return nil
}

// change tells what became of an object.
func change[T any](objects map[string]*T, id string, changed func(*T)) error {
	if objects[id] == nil {
		return fmt.Errorf("nothing has been told of %s yet", id)
	}
	changed(objects[id])
	return nil
}

// all lists the objects by id.
func all[T any](objects map[string]*T) []T {
	list := make([]T, 0, len(objects))
	for _, id := range slices.Sorted(maps.Keys(objects)) {
		list = append(list, *objects[id])
	}
	return list
}

func (w *telling) facts() reconcile.Facts {
	return reconcile.Facts{
		Orders: all(w.orders), Sources: all(w.sources), Events: w.events, Payments: all(w.payments), Refunds: all(w.refunds),
		Requests: all(w.requests), Disputes: all(w.disputes), Rejections: all(w.rejections),
	}
}

func (w *telling) coverage(now time.Time) []reconcile.Coverage {
	coverage := all(w.read)
	for i := range coverage {
		if coverage[i].Complete.To.IsZero() {
			coverage[i].Complete.To = now
		}
	}
	return coverage
}

// finding is what was found of one order, loose payment, payout, unreadable row or balance.
type finding struct {
	subject    string
	outcome    string
	payment    string // with which an order was linked, and how
	rule       string
	lines      []string // what an expectation must list
	texts      []string // what a reader is told
	exceptions []reconcile.Exception
}

// judged is what one run finds, in the order of the subjects.
type judged struct {
	findings []finding
	resolved []string // exceptions that were resolved in this run because their cause is gone
}

// judge runs everything once: it judges all that has been told as of an instant, and takes every exception a run further.
func (w *telling) judge(now time.Time) judged {
	facts := w.facts()
	findings := w.cases(facts, now)
	findings = append(findings, w.rows(facts)...)
	for _, payout := range all(w.payouts) {
		findings = append(findings, found("payout "+payout.ID, "in order", reconcile.JudgePayout(payout)...))
	}
	for _, e := range reconcile.JudgeBalance(all(w.gaps)) {
		findings = append(findings, found("the balance of "+e.Feed+" in "+e.Currency, "in order", e))
	}
	resolved := w.advance(findings, now)
	for i := range findings {
		findings[i].tell(w.records)
	}
	return judged{findings: findings, resolved: resolved}
}

func found(subject, otherwise string, raised ...reconcile.Exception) finding {
	f := finding{subject: subject, outcome: otherwise, exceptions: raised}
	if len(raised) > 0 {
		f.outcome = string(reconcile.Excepted)
	}
	return f
}

func (w *telling) cases(facts reconcile.Facts, now time.Time) []finding {
	var findings []finding
	ctx := reconcile.Context{Policy: w.policy, Coverage: w.coverage(now), Now: now}
	for _, c := range reconcile.Assemble(facts, w.policy) {
		v := reconcile.Judge(c, ctx)
		f := finding{subject: subjectOf(c), outcome: string(v.Outcome), payment: v.Payment.ID, rule: string(v.Rule), exceptions: v.Exceptions, texts: []string{v.Reason}}
		if v.Cancel != nil {
			f.lines = append(f.lines, cancelLine(*v.Cancel))
			f.texts = append(f.texts, v.Cancel.Reason)
		}
		for _, owed := range v.Owed {
			f.lines = append(f.lines, owedLine(owed.Amount, owed.Payment.ID, string(owed.Why), owed.RequestID, string(owed.Decision)))
			f.texts = append(f.texts, owed.Reason)
		}
		f.lines = append(f.lines, reviewLine(v.NextReview))
		findings = append(findings, f)
	}
	return findings
}

// subjectOf names a case as the stories do: a loose one after its first payment, else after its source.
func subjectOf(c reconcile.Case) string {
	switch {
	case c.Order != nil:
		return "order " + c.Order.ID
	case len(c.Payments) > 0:
		return "payment " + c.Payments[0].ID
	default:
		return "source " + c.Sources[0].ID
	}
}

func (w *telling) rows(facts reconcile.Facts) []finding {
	var findings []finding
	for _, e := range reconcile.JudgeRejections(facts.Rejections, facts, w.policy) {
		findings = append(findings, found("row "+e.TransactionReference+" of "+e.Feed, "in order", e))
	}
	return findings
}

// advance takes the life of every exception a run further, and lists those whose cause is gone.
func (w *telling) advance(findings []finding, now time.Time) []string {
	var raised []reconcile.Exception
	for _, f := range findings {
		raised = append(raised, f.exceptions...)
	}
	known := slices.Collect(maps.Values(w.records))
	records, changes := reconcile.AdvanceAll(known, raised, now, 1, w.policy)
	for _, record := range records {
		w.records[record.ID()] = record
	}
	var resolved []string
	for _, c := range changes {
		if record := w.records[c.ID]; c.Reason == reconcile.CauseGone {
			resolved = append(resolved, resolvedLine(string(record.Code), record.TransactionReference))
		}
	}
	return resolved
}

// tell writes the exceptions with where they are in their life.
func (f *finding) tell(records map[string]reconcile.ExceptionRecord) {
	for _, e := range f.exceptions {
		f.lines = append(f.lines, exceptionLine(e, stateOf(records[e.ID()])))
		f.texts = append(f.texts, e.Explanation)
	}
}

func stateOf(record reconcile.ExceptionRecord) string {
	if record.Stands() {
		return string(record.Status)
	}
	return fmt.Sprintf("resolved (%s)", record.Resolution)
}

// byPerson is what somebody does about an exception that stands.
func (w *telling) byPerson(code, transaction string, does func(*reconcile.ExceptionRecord)) error {
	for _, id := range slices.Sorted(maps.Keys(w.records)) {
		record := w.records[id]
		if string(record.Code) == code && record.TransactionReference == transaction && record.Stands() {
			does(&record)
			w.records[id] = record
			return nil
		}
	}
	return fmt.Errorf("no %s of %q stands at that time", code, transaction)
}
