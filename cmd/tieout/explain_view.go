package main

import (
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// explained is all that explain tells: what --json writes, and what the text is made from. Its shape is documented in
// docs/EXPLAIN.md; fields may be added to it, and none changes its meaning.
type explained struct {
	Reference string    `json:"reference"`
	AsOf      time.Time `json:"as_of"`
	Found     []subject `json:"found"`
}

// subject is one thing that the reference means: a case, a payout, a row that could not be read, a movement, or an exception
// alone.
type subject struct {
	Title      string          `json:"title"`
	Case       string          `json:"case,omitzero"`
	Verdict    *toldVerdict    `json:"verdict,omitzero"`
	Exceptions []toldException `json:"exceptions"`
	Facts      []toldFact      `json:"facts"`
	Links      []toldLink      `json:"links,omitempty"`
	Payout     *toldPayout     `json:"payout,omitzero"`
	Judged     []toldQuestion  `json:"judged,omitempty"`
	Next       []toldStep      `json:"next"`
}

type toldAmount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
	Text     string `json:"text"`
}

type toldObject struct {
	Feed    string `json:"feed"`
	Account string `json:"account,omitzero"`
	Kind    string `json:"kind,omitzero"`
	ID      string `json:"id"`
}

type toldFact struct {
	At     time.Time   `json:"at,omitzero"`
	Object toldObject  `json:"object"`
	Status string      `json:"status,omitzero"`
	Amount *toldAmount `json:"amount,omitzero"`
	Says   string      `json:"says"`
}

type toldLink struct {
	Object    toldObject      `json:"object"`
	Amount    *toldAmount     `json:"amount,omitzero"`
	Status    string          `json:"status"`
	Reference string          `json:"reference,omitzero"`
	Order     string          `json:"order,omitzero"`
	Rule      string          `json:"rule,omitzero"`
	Why       string          `json:"why"`
	Rejected  []toldCandidate `json:"rejected,omitempty"`
}

type toldCandidate struct {
	Order string `json:"order"`
	Why   string `json:"why"`
}

type toldVerdict struct {
	Outcome  string      `json:"outcome"`
	Reason   string      `json:"reason"`
	Rule     string      `json:"rule,omitzero"`
	Payment  *toldObject `json:"payment,omitzero"`
	Order    *toldAmount `json:"order,omitzero"`
	Paid     *toldAmount `json:"paid,omitzero"`
	Refunded *toldAmount `json:"refunded,omitzero"`
	PaidAt   time.Time   `json:"paid_at,omitzero"`
	Cancel   *toldCancel `json:"cancel,omitzero"`
	Owed     []toldOwed  `json:"owed,omitempty"`
}

// toldCancel is why an open order may be canceled.
type toldCancel struct {
	Reason   string         `json:"reason"`
	Evidence []toldEvidence `json:"evidence"`
}

type toldEvidence struct {
	Object toldObject `json:"object"`
	Status string     `json:"status"`
	At     time.Time  `json:"at,omitzero"`
}

type toldOwed struct {
	Payment      string      `json:"payment,omitzero"`
	RequestID    string      `json:"request_id,omitzero"`
	Amount       *toldAmount `json:"amount,omitzero"`
	Why          string      `json:"why"`
	WindowEndsAt time.Time   `json:"window_ends_at,omitzero"`
	Decision     string      `json:"decision"`
	Reason       string      `json:"reason"`
}

// toldException is an exception as judged now, as kept by the last run, or both.
type toldException struct {
	ID                   string      `json:"id"`
	Code                 string      `json:"code"`
	Severity             string      `json:"severity"`
	Feed                 string      `json:"feed"`
	Account              string      `json:"account"`
	OrderReference       string      `json:"order_reference"`
	TransactionReference string      `json:"transaction_reference"`
	Currency             string      `json:"currency"`
	Expected             *toldAmount `json:"expected,omitzero"`
	Actual               *toldAmount `json:"actual,omitzero"`
	Difference           *toldAmount `json:"difference,omitzero"`
	DueAt                time.Time   `json:"due_at,omitzero"`
	Explanation          string      `json:"explanation"`
	NextStep             string      `json:"next_step"`
	Raised               bool        `json:"raised"` // by this judgement
	Life                 *toldLife   `json:"life,omitzero"`
}

// toldLife is what the store keeps of an exception; there is none before the first run that raises it.
type toldLife struct {
	Status     string       `json:"status"`
	FirstSeen  time.Time    `json:"first_seen"`
	LastSeen   time.Time    `json:"last_seen"`
	ResolvedAt time.Time    `json:"resolved_at,omitzero"`
	ResolvedBy string       `json:"resolved_by,omitzero"`
	Resolution string       `json:"resolution,omitzero"`
	Note       string       `json:"note,omitzero"`
	Changes    []toldChange `json:"changes"`
}

type toldChange struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	From   string    `json:"from,omitzero"`
	To     string    `json:"to"`
	Reason string    `json:"reason,omitzero"`
	Note   string    `json:"note,omitzero"`
	RunID  int64     `json:"run_id,omitzero"`
}

type toldQuestion struct {
	Topic      string          `json:"topic"`
	Feed       string          `json:"feed,omitzero"`
	Account    string          `json:"account,omitzero"`
	About      string          `json:"about,omitzero"`
	Answer     bool            `json:"answer"`
	Conditions []toldCondition `json:"conditions"`
}

type toldCondition struct {
	Asks  string     `json:"asks"`
	Held  bool       `json:"held"`
	Left  toldValue  `json:"left"`
	Right *toldValue `json:"right,omitzero"`
}

// toldValue has its text always, and besides it the amount or the time that it is.
type toldValue struct {
	Who    string      `json:"who"`
	Text   string      `json:"text"`
	Amount *toldAmount `json:"amount,omitzero"`
	At     time.Time   `json:"at,omitzero"`
}

type toldPayout struct {
	ID         string         `json:"id"`
	Status     string         `json:"status"`
	Amount     *toldAmount    `json:"amount,omitzero"`
	Lines      int            `json:"lines"`
	Sums       []*toldAmount  `json:"sums"`
	Categories []toldCategory `json:"categories"`
}

type toldCategory struct {
	Category string      `json:"category"`
	Lines    int         `json:"lines"`
	Net      *toldAmount `json:"net"`
}

// toldStep is something that happens next. Without a time it happens in the next run, or when a person acts.
type toldStep struct {
	At   time.Time `json:"at,omitzero"`
	Says string    `json:"says"`
}

// tellAmount is nothing for a side that says nothing.
func tellAmount(a money.Amount) *toldAmount {
	if a.Currency == "" {
		return nil
	}
	return &toldAmount{Minor: a.Minor, Currency: a.Currency, Text: a.String()}
}

func tellObject(k reconcile.Key) toldObject { return toldObject(k) }

func tellFacts(facts []reconcile.Fact) []toldFact {
	list := make([]toldFact, len(facts))
	for i, f := range facts {
		list[i] = toldFact{At: inUTC(f.At), Object: tellObject(f.Object), Status: f.Status, Amount: tellAmount(f.Amount), Says: f.Says}
	}
	return list
}

// utc leaves an unknown time unknown.
func inUTC(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

func tellLinks(links []reconcile.Linked) []toldLink {
	list := make([]toldLink, len(links))
	for i, l := range links {
		list[i] = toldLink{Object: tellObject(l.Object), Amount: tellAmount(l.Amount), Status: l.Status, Reference: l.Reference, Order: l.Order, Rule: string(l.Rule), Why: l.Why}
		for _, rejected := range l.Rejected {
			list[i].Rejected = append(list[i].Rejected, toldCandidate(rejected))
		}
	}
	return list
}

func tellVerdict(v reconcile.Verdict) *toldVerdict {
	t := &toldVerdict{
		Outcome: string(v.Outcome), Reason: v.Reason, Rule: string(v.Rule), Order: tellAmount(v.Order), Paid: tellAmount(v.Paid),
		Refunded: tellAmount(v.Refunded), PaidAt: inUTC(v.PaidAt),
	}
	if v.Payment.ID != "" {
		payment := tellObject(v.Payment)
		t.Payment = &payment
	}
	if v.Cancel != nil {
		t.Cancel = &toldCancel{Reason: v.Cancel.Reason, Evidence: []toldEvidence{}}
		for _, e := range v.Cancel.Evidence {
			t.Cancel.Evidence = append(t.Cancel.Evidence, toldEvidence{Object: tellObject(e.Object), Status: e.Status, At: inUTC(e.At)})
		}
	}
	for _, o := range v.Owed {
		t.Owed = append(t.Owed, toldOwed{
			Payment: o.Payment.ID, RequestID: o.RequestID, Amount: tellAmount(o.Amount), Why: string(o.Why),
			WindowEndsAt: inUTC(o.WindowEndsAt), Decision: string(o.Decision), Reason: o.Reason,
		})
	}
	return t
}

func tellException(e reconcile.Exception, raised bool) toldException {
	return toldException{
		ID: e.ID(), Code: string(e.Code), Severity: string(e.Severity), Feed: e.Feed, Account: e.Account,
		OrderReference: e.OrderReference, TransactionReference: e.TransactionReference, Currency: e.Currency,
		Expected: tellAmount(e.Expected), Actual: tellAmount(e.Actual), Difference: tellAmount(e.Difference),
		DueAt: inUTC(e.DueAt), Explanation: e.Explanation, NextStep: e.NextStep, Raised: raised,
	}
}

func tellLife(r reconcile.ExceptionRecord, changes []reconcile.ExceptionChange) *toldLife {
	life := &toldLife{
		Status: string(r.Status), FirstSeen: inUTC(r.FirstSeen), LastSeen: inUTC(r.LastSeen), ResolvedAt: inUTC(r.ResolvedAt),
		ResolvedBy: r.ResolvedBy, Resolution: r.Resolution, Note: r.Note, Changes: make([]toldChange, len(changes)),
	}
	for i, c := range changes {
		life.Changes[i] = toldChange{At: inUTC(c.At), Who: c.Who, From: string(c.From), To: string(c.To), Reason: c.Reason, Note: c.Note, RunID: c.RunID}
	}
	return life
}

func tellQuestions(questions []reconcile.Question) []toldQuestion {
	list := make([]toldQuestion, len(questions))
	for i, q := range questions {
		list[i] = toldQuestion{Topic: q.Topic, Feed: q.Feed, Account: q.Account, About: q.About, Answer: q.Yes()}
		for _, c := range q.Conditions {
			condition := toldCondition{Asks: c.Asks, Held: c.Held, Left: tellValue(c.Left)}
			if !c.Right.Empty() {
				right := tellValue(c.Right)
				condition.Right = &right
			}
			list[i].Conditions = append(list[i].Conditions, condition)
		}
	}
	return list
}

func tellValue(v reconcile.Value) toldValue {
	return toldValue{Who: v.Who, Text: v.String(), Amount: tellAmount(v.Amount), At: inUTC(v.At)}
}

func tellPayout(e reconcile.PayoutExplanation) *toldPayout {
	p := &toldPayout{ID: e.Sum.ID, Status: string(e.Sum.Status), Amount: tellAmount(e.Sum.Amount), Lines: e.Sum.Lines, Sums: []*toldAmount{}, Categories: []toldCategory{}}
	for _, sum := range e.Sum.Sums {
		p.Sums = append(p.Sums, tellAmount(sum))
	}
	for _, c := range e.Categories {
		p.Categories = append(p.Categories, toldCategory{Category: c.Category, Lines: c.Lines, Net: tellAmount(c.Net)})
	}
	return p
}
