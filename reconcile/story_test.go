package reconcile_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// A story is what order, provider and clock did, and what must be said at each of some moments. A moment may tell more: a
// record with the key of an earlier one takes its place.
type story struct {
	name string
	told []reconcile.Record
	then []moment
}

type moment struct {
	now    time.Time
	told   []reconcile.Record
	read   []reconcile.Coverage // nil: every feed, completely, up to now
	policy func(*reconcile.Policy)
	about  string // case key; empty: the only order told, or else the only loose case
	want   []string
}

func run(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			told := s.told
			for _, m := range s.then {
				told = slices.Concat(told, m.told)
				got := strings.Join(render(judgeAt(t, m, told)), "\n")
				if diff := gocmp.Diff(strings.Join(m.want, "\n"), got); diff != "" {
					t.Errorf("at %s (-want +got):\n%s", stamp(m.now), diff)
				}
			}
		})
	}
}

func judgeAt(t *testing.T, m moment, told []reconcile.Record) reconcile.Verdict {
	t.Helper()
	policy := reconcile.DefaultPolicy()
	if m.policy != nil {
		m.policy(&policy)
	}
	read := m.read
	if read == nil {
		read = allRead(m.now)
	}
	facts, in := factsOf(told), reconcile.Context{Policy: policy, Coverage: read, Now: m.now}
	c := pick(t, reconcile.Assemble(facts, policy), m.about)
	checkTrace(t, reconcile.Explain(c, reconcile.Around{Facts: facts}, in))
	return reconcile.Judge(c, in)
}

// pick is the case asked for, or the only order's, or else the only one.
func pick(t *testing.T, cases []reconcile.Case, about string) reconcile.Case {
	t.Helper()
	var orders []reconcile.Case
	for _, c := range cases {
		if about != "" && c.Key == about {
			return c
		}
		if c.Order != nil {
			orders = append(orders, c)
		}
	}
	switch {
	case about == "" && len(orders) == 1:
		return orders[0]
	case about == "" && len(orders) == 0 && len(cases) == 1:
		return cases[0]
	}
	var keys []string
	for _, c := range cases {
		keys = append(keys, c.Key)
	}
	t.Fatalf("no case %q among %v", about, keys)
	return reconcile.Case{}
}

// factsOf sorts records into facts; of two with the same key the later one counts.
func factsOf(records []reconcile.Record) reconcile.Facts {
	var facts reconcile.Facts
	for i, record := range records {
		if slices.ContainsFunc(records[i+1:], func(r reconcile.Record) bool { return r.RecordKey() == record.RecordKey() }) {
			continue
		}
		switch r := record.(type) {
		case reconcile.Order:
			facts.Orders = append(facts.Orders, r)
		case reconcile.Source:
			facts.Sources = append(facts.Sources, r)
		case reconcile.SourceEvent:
			facts.Events = append(facts.Events, r)
		case reconcile.Payment:
			facts.Payments = append(facts.Payments, r)
		case reconcile.Refund:
			facts.Refunds = append(facts.Refunds, r)
		case reconcile.RefundRequest:
			facts.Requests = append(facts.Requests, r)
		case reconcile.Dispute:
			facts.Disputes = append(facts.Disputes, r)
		case reconcile.Rejection:
			facts.Rejections = append(facts.Rejections, r)
		default:
			panic(fmt.Sprintf("no facts hold a %T", record))
		}
	}
	return facts
}

// allRead says that every feed was read completely for half a year up to an instant.
func allRead(to time.Time) []reconcile.Coverage {
	return []reconcile.Coverage{read("shop", to), read("stripe", to), read("trustpayments", to)}
}

func read(feed string, to time.Time) reconcile.Coverage {
	return reconcile.Coverage{Feed: feed, Account: "main", Complete: reconcile.Window{From: to.Add(-180 * day), To: to}}
}

// render writes what matters of a verdict, a line each: the outcome; exceptions with transaction, figures and due time; the
// cancel with its evidence; what is owed; the next review.
func render(v reconcile.Verdict) []string {
	outcome := string(v.Outcome)
	if v.Rule != "" {
		outcome += fmt.Sprintf(" %s by %s", v.Payment.ID, v.Rule)
	}
	lines := []string{outcome}
	for _, e := range v.Exceptions {
		lines = append(lines, renderException(e))
	}
	if v.Cancel != nil {
		var evidence []string
		for _, fact := range v.Cancel.Evidence {
			evidence = append(evidence, fact.Object.ID+" "+fact.Status)
		}
		lines = append(lines, strings.TrimSpace("cancel "+strings.Join(evidence, ", ")))
	}
	for _, owed := range v.Owed {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("owed %s of %s: %s %s, %s", owed.Amount, cmp.Or(owed.Payment.ID, "no payment"), owed.Why, owed.RequestID, owed.Decision)))
	}
	if !v.NextReview.IsZero() {
		lines = append(lines, "review "+stamp(v.NextReview))
	}
	return lines
}

func renderException(e reconcile.Exception) string {
	line := fmt.Sprintf("%s %s: expected %s actual %s difference %s %s", e.Code, cmp.Or(e.TransactionReference, "-"), figure(e.Expected), figure(e.Actual), figure(e.Difference), e.Currency)
	if e.Code == reconcile.RefundWindowClosing {
		line += " " + string(e.Severity)
	}
	if !e.DueAt.IsZero() {
		line += " due " + stamp(e.DueAt)
	}
	return line
}

func figure(a money.Amount) string {
	if a.Currency == "" {
		return "-"
	}
	return a.Decimal()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

const (
	day  = 24 * time.Hour
	tick = time.Microsecond // the resolution of stored times
)

// noon is when the stories' orders are made and, unless they say otherwise, paid.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
func usd(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "USD"} }

// The builders below make a record as it usually is; the options change it.

func order(reference string, status reconcile.OrderStatus, options ...func(*reconcile.Order)) reconcile.Order {
	o := reconcile.Order{
		Key: reconcile.Key{Feed: "shop", Account: "main", Kind: "order", ID: reference}, Provider: "stripe",
		Amount: eur(10000), Status: status, CreatedAt: noon, ChangedAt: noon,
	}
	if status == reconcile.OrderPaid || status == reconcile.OrderRefunded {
		o.PaidAt = noon
	}
	if status == reconcile.OrderCanceled {
		o.CanceledAt = noon
	}
	for _, option := range options {
		option(&o)
	}
	return o
}

func storing(id string) func(*reconcile.Order) {
	return func(o *reconcile.Order) { o.PaymentID = id }
}
func through(feed string) func(*reconcile.Order) {
	return func(o *reconcile.Order) { o.Provider = feed }
}
func changed(at time.Time) func(*reconcile.Order) {
	return func(o *reconcile.Order) { o.ChangedAt = at }
}

// charge is a succeeded Stripe charge of 100.00 EUR made at noon.
func charge(id, reference string, options ...func(*reconcile.Payment)) reconcile.Payment {
	p := reconcile.Payment{
		Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: "charge", ID: id}, Reference: reference,
		Amount: eur(10000), Status: reconcile.PaymentSucceeded, InScope: true, CreatedAt: noon, SucceededAt: noon,
	}
	for _, option := range options {
		option(&p)
	}
	return p
}

// auth is a Trust Payments AUTH of 100.00 EUR started at noon; at 100 it settled then too.
func auth(id, reference, settlestatus string, options ...func(*reconcile.Payment)) reconcile.Payment {
	p := reconcile.Payment{
		Key: reconcile.Key{Feed: "trustpayments", Account: "main", Kind: "auth", ID: id}, Reference: reference,
		Amount: eur(10000), SettleStatus: settlestatus, InScope: true, CreatedAt: noon,
	}
	switch settlestatus {
	case "100":
		p.Status, p.SucceededAt = reconcile.PaymentSucceeded, noon
	case "2":
		p.Status = reconcile.PaymentSuspended
	case "3":
		p.Status = reconcile.PaymentCanceled
	default:
		p.Status = reconcile.PaymentPending
	}
	for _, option := range options {
		option(&p)
	}
	return p
}

func of(amount money.Amount) func(*reconcile.Payment) {
	return func(p *reconcile.Payment) { p.Amount = amount }
}
func at(t time.Time) func(*reconcile.Payment) {
	return func(p *reconcile.Payment) {
		p.CreatedAt = t
		if p.Status == reconcile.PaymentSucceeded {
			p.SucceededAt = t
		}
	}
}
func settledAt(t time.Time) func(*reconcile.Payment) {
	return func(p *reconcile.Payment) { p.SucceededAt = t }
}
func charging(sourceID string) func(*reconcile.Payment) {
	return func(p *reconcile.Payment) { p.SourceID = sourceID }
}
func ending(status reconcile.PaymentStatus) func(*reconcile.Payment) {
	return func(p *reconcile.Payment) { p.Status, p.SucceededAt = status, time.Time{} }
}
func byCard(p *reconcile.Payment) { p.InScope = false }

// source is a Stripe Source of 100.00 EUR made at noon.
func source(id, reference string, status reconcile.SourceStatus, options ...func(*reconcile.Source)) reconcile.Source {
	s := reconcile.Source{
		Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: reconcile.KindSource, ID: id}, Reference: reference,
		Amount: eur(10000), Status: status, InScope: true, CreatedAt: noon,
	}
	for _, option := range options {
		option(&s)
	}
	return s
}

// intent is a PaymentIntent: a source by another name.
func intent(id, reference string, status reconcile.SourceStatus, options ...func(*reconcile.Source)) reconcile.Source {
	return source(id, reference, status, append(options, func(s *reconcile.Source) { s.Kind = reconcile.KindPaymentIntent })...)
}

func authorised(s *reconcile.Source) { s.Authorised = true }
func declined(s *reconcile.Source)   { s.Declined = true }
func madeAt(t time.Time) func(*reconcile.Source) {
	return func(s *reconcile.Source) { s.CreatedAt = t }
}

// chargeable is the event that tells when a source became chargeable.
func chargeable(sourceID string, at time.Time) reconcile.SourceEvent {
	return reconcile.SourceEvent{
		Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: "event", ID: "evt_" + sourceID}, SourceID: sourceID,
		Status: reconcile.SourceChargeable, At: at,
	}
}

// refund is a refund at Stripe that succeeded.
func refund(id, paymentID string, amount money.Amount, at time.Time) reconcile.Refund {
	return reconcile.Refund{
		Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: "refund", ID: id}, PaymentID: paymentID,
		Amount: amount, Status: reconcile.RefundSucceeded, CreatedAt: at,
	}
}

// back is the same at Trust Payments.
func back(id, paymentID string, amount money.Amount, at time.Time) reconcile.Refund {
	r := refund(id, paymentID, amount, at)
	r.Feed = "trustpayments"
	return r
}

func turned(r reconcile.Refund, status reconcile.RefundStatus) reconcile.Refund {
	r.Status = status
	return r
}

// asked is a refund that the shop asks for, recorded one that it says is done, and dismissed one that it refused.
func asked(id, order string, amount money.Amount, at time.Time) reconcile.RefundRequest {
	return reconcile.RefundRequest{
		Key: reconcile.Key{Feed: "shop", Account: "main", Kind: "refund", ID: id}, OrderReference: order, Amount: amount,
		Status: reconcile.RequestOpen, RequestedAt: at,
	}
}

func recorded(id, order string, amount money.Amount, at time.Time) reconcile.RefundRequest {
	r := asked(id, order, amount, at)
	r.Status, r.DoneAt = reconcile.RequestDone, at
	return r
}

func dismissed(id, order string, amount money.Amount, at time.Time) reconcile.RefundRequest {
	r := asked(id, order, amount, at)
	r.Status = reconcile.RequestRejected
	return r
}

func dispute(id, paymentID string, amount money.Amount, status reconcile.DisputeStatus) reconcile.Dispute {
	return reconcile.Dispute{
		Key: reconcile.Key{Feed: "stripe", Account: "main", Kind: "dispute", ID: id}, PaymentID: paymentID, Amount: amount,
		Status: status, CreatedAt: noon.Add(day), EvidenceDueAt: noon.Add(10 * day),
	}
}

// unreadable is a row of a feed that could not be read.
func unreadable(feed, kind, id, reference, linkedID string) reconcile.Rejection {
	return reconcile.Rejection{
		Key:    reconcile.Key{Feed: feed, Account: "main", Kind: kind, ID: id},
		Reason: "unknown status", Reference: reference, LinkedID: linkedID,
	}
}

func says(lines ...string) []string { return lines }

func told(records ...reconcile.Record) []reconcile.Record { return records }
