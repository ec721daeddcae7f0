package reconcile_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/reconcile"
)

// The trace tells the same story as the verdict: an exception is raised where a question about it is answered with yes, and
// nowhere else; the same for matching, canceling and refunding.
func TestTheTraceTellsTheVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			e := reconcile.Explain(c, reconcile.Around{Facts: w.facts}, w.at(w.now))
			if diff := gocmp.Diff(reconcile.Judge(c, w.at(w.now)), e.Verdict); diff != "" {
				t.Fatalf("Explain judges otherwise than Judge (-Judge +Explain):\n%s", diff)
			}
			checkTrace(t, e)
		}
	})
}

func checkTrace(t rapid.TB, e reconcile.Explanation) {
	t.Helper()
	v := e.Verdict
	for _, raised := range v.Exceptions {
		if !slices.ContainsFunc(e.Questions, func(q reconcile.Question) bool { return q.Yes() && asksFor(q, raised) }) {
			t.Fatalf("%s is raised about %q and no question about it is answered with yes: %+v", raised.Code, raised.TransactionReference, e.Questions)
		}
	}
	said := map[string]bool{}
	for _, q := range e.Questions {
		if len(q.Conditions) == 0 {
			t.Fatalf("a question without conditions: %+v", q)
		}
		for i, condition := range q.Conditions {
			if condition.Asks == "" || condition.Left.Who == "" || condition.Left.String() == "" || (condition.Right.Who == "") != (condition.Right.String() == "") {
				t.Fatalf("condition %d is incomplete: %+v", i, q)
			}
		}
		said[q.Topic] = said[q.Topic] || q.Yes()
		if q.Yes() && slices.Contains(reconcile.Codes(), reconcile.Code(q.Topic)) && !slices.ContainsFunc(v.Exceptions, func(raised reconcile.Exception) bool { return asksFor(q, raised) }) {
			t.Fatalf("the answer is yes and nothing is raised: %+v", q)
		}
	}
	approved := slices.ContainsFunc(v.Owed, func(owed reconcile.Owed) bool { return owed.Decision == reconcile.DecisionApproved })
	if said[reconcile.TopicMatched] != (v.Outcome == reconcile.Matched) || said[reconcile.TopicCancel] != (v.Cancel != nil) || said[reconcile.TopicRefund] != approved {
		t.Fatalf("%s, to cancel: %t, a refund approved: %t, and the answers are %v", v.Outcome, v.Cancel != nil, approved, said)
	}
	if len(e.Reviews) == 0 != v.NextReview.IsZero() || len(e.Reviews) > 0 && !e.Reviews[0].At.Equal(v.NextReview) {
		t.Fatalf("the next review is at %s, and the reviews are %v", stamp(v.NextReview), e.Reviews)
	}
}

func asksFor(q reconcile.Question, e reconcile.Exception) bool {
	return q.Topic == string(e.Code) && q.Feed == e.Feed && q.Account == e.Account && q.About == e.TransactionReference
}

// What is told of how payments and sources were linked: the order, the rule in a sentence, and the orders that were not
// chosen.
func TestLinksAreExplained(t *testing.T) {
	const cut, long, other = "SHENZHEN-EXPO-2026-HALL-7", "SHENZHEN-EXPO-2026-HALL-7-A", "SHENZHEN-EXPO-2026-HALL-7-B"
	for name, test := range map[string]struct {
		told  []reconcile.Record
		about string
		want  []string
	}{
		"the order stores its id": {
			told: told(order("A-1", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "A-1")),
			want: says("ch_1 → A-1: the order stores its id"),
		},
		"the stored id counts more than the reference": {
			told:  told(order("A-1", reconcile.OrderPaid, storing("ch_1")), order("B-2", reconcile.OrderPaid), charge("ch_1", "B-2")),
			about: "order/A-1",
			want: says("ch_1 → A-1: the order stores its id; the provider's object names order B-2, the stored id is on order A-1: the stored id counts",
				"not B-2: the provider's object names it, and the stored id counts"),
		},
		"the order that was named and not chosen hears of it": {
			told:  told(order("A-1", reconcile.OrderPaid, storing("ch_1")), order("B-2", reconcile.OrderPaid), charge("ch_1", "B-2")),
			about: "order/B-2",
			want: says("ch_1 → A-1: the order stores its id; the provider's object names order B-2, the stored id is on order A-1: the stored id counts",
				"not B-2: the provider's object names it, and the stored id counts"),
		},
		"two orders store the id, and one is named": {
			told:  told(order("A-1", reconcile.OrderPaid, storing("ch_1")), order("B-2", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "A-1")),
			about: "order/A-1",
			want: says("ch_1 → A-1: the order stores its id; the id is also stored on B-2",
				"not B-2: it stores the id as well, and the provider's object names the other one"),
		},
		"two orders store the id, and none is named": {
			told:  told(order("A-1", reconcile.OrderPaid, storing("ch_1")), order("B-2", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "")),
			about: "order/A-1",
			want: says("ch_1 → nothing: it fits 2 orders equally (A-1, B-2)",
				"not A-1: it stores the id, and so does another one: none is guessed", "not B-2: it stores the id, and so does another one: none is guessed"),
		},
		"a source goes where its payment goes": {
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "", reconcile.SourceConsumed), charge("ch_1", "A-1", charging("src_1"))),
			want: says("ch_1 → A-1: it names the order", "src_1 → A-1: its payment names the order"),
		},
		"a payment goes where its source goes": {
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceConsumed), charge("ch_1", "", charging("src_1"))),
			want: says("ch_1 → A-1: its source names the order", "src_1 → A-1: it names the order"),
		},
		"its own reference counts more than its source's": {
			told:  told(order("A-1", reconcile.OrderPaid), order("B-2", reconcile.OrderPaid), source("src_1", "B-2", reconcile.SourceConsumed), charge("ch_1", "A-1", charging("src_1"))),
			about: "order/A-1",
			want:  says("ch_1 → A-1: it names the order", "not B-2: its source names it, and its own reference counts"),
		},
		"cut off, it fits one": {
			told: told(order(long, reconcile.OrderPaid), auth("1-9-1", cut, "100")),
			want: says("1-9-1 → " + long + ": the reference it names, cut to 25 characters, fits this order alone"),
		},
		"cut off, it fits two": {
			told:  told(order(long, reconcile.OrderPaid), order(other, reconcile.OrderPaid), auth("1-9-1", cut, "100")),
			about: "order/" + long,
			want: says("1-9-1 → nothing: it fits 2 orders equally ("+long+", "+other+")",
				"not "+long+": the reference, as it was cut, fits another one just as well: none is guessed", "not "+other+": the reference, as it was cut, fits another one just as well: none is guessed"),
		},
		"an exact fit counts more than a cut one": {
			told:  told(order(cut, reconcile.OrderPaid), order(long, reconcile.OrderPaid), auth("1-9-1", cut, "100")),
			about: "order/" + cut,
			want:  says("1-9-1 → "+cut+": it names the order", "not "+long+": it fits only when cut to the length that Trust Payments keeps, and an exact fit counts"),
		},
		"near is not enough": {
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "a-1")),
			want: says(`ch_1 → nothing: the shop has no order "a-1", and no order stores its id`, "not A-1: its reference differs in case, spaces or dashes: near, and never matched"),
		},
		"the same amount is no reason": {
			told:  told(order("A-1", reconcile.OrderPaid), charge("ch_1", "")),
			about: "loose/stripe/main/ch_1",
			want:  says("ch_1 → nothing: it names no order, and no order stores its id"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts, policy := factsOf(test.told), reconcile.DefaultPolicy()
			e := reconcile.Explain(pick(t, reconcile.Assemble(facts, policy), test.about), reconcile.Around{Facts: facts}, reconcile.Context{Policy: policy, Coverage: allRead(noon), Now: noon})
			var got []string
			for _, linked := range e.Links {
				got = append(got, fmt.Sprintf("%s → %s: %s", linked.Object.ID, cmp.Or(linked.Order, "nothing"), linked.Why))
				for _, rejected := range linked.Rejected {
					got = append(got, "not "+rejected.Order+": "+rejected.Why)
				}
			}
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
		})
	}
}

// Every link told is the one that assembling made.
func TestLinksAreThoseOfTheCases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			told := map[reconcile.Key]reconcile.Linked{}
			for _, linked := range reconcile.Explain(c, reconcile.Around{Facts: w.facts}, w.at(w.now)).Links {
				told[linked.Object] = linked
				if slices.ContainsFunc(linked.Rejected, func(r reconcile.Candidate) bool { return r.Order == linked.Order }) {
					t.Fatalf("%v is linked to an order that was rejected: %+v", linked.Object, linked)
				}
			}
			for _, payment := range c.Payments {
				if linked := told[payment.Key]; linked.Rule != payment.Rule || linked.Order != "" && reconcile.CaseKeyOfOrder(linked.Order) != c.Key || linked.Why == "" {
					t.Fatalf("payment %v of case %s by %q is told as %+v", payment.Key, c.Key, payment.Rule, linked)
				}
			}
			for _, source := range c.Sources {
				if linked := told[source.Key]; linked.Order != "" && reconcile.CaseKeyOfOrder(linked.Order) != c.Key || linked.Why == "" {
					t.Fatalf("source %v of case %s is told as %+v", source.Key, c.Key, linked)
				}
			}
		}
	})
}

// Everything that a case holds is told, earliest first, with the payout of each movement.
func TestFactsAreToldInOrderOfTime(t *testing.T) {
	records := told(
		order("A-1", reconcile.OrderCanceled, storing("1-9-1"), changed(noon.Add(9*time.Hour))), auth("1-9-1", "A-1", "100", settledAt(noon.Add(2*day))),
		source("src_1", "A-1", reconcile.SourceCanceled, madeAt(noon.Add(time.Hour))), chargeable("src_1", noon.Add(2*time.Hour)),
		back("1-9-2", "1-9-1", eur(4000), noon.Add(4*day)), asked("rr_1", "A-1", eur(4000), noon.Add(3*day)), dispute("dp_1", "ch_1", eur(10000), reconcile.DisputeOpen),
		charge("ch_1", "A-1", at(noon.Add(6*time.Hour))), unreadable("shop", "refund", "rr_9", "A-1", ""),
	)
	facts, policy := factsOf(records), reconcile.DefaultPolicy()
	key := func(kind, id string) reconcile.Key {
		return reconcile.Key{Feed: "stripe", Account: "main", Kind: kind, ID: id}
	}
	around := reconcile.Around{
		Facts:     facts,
		Movements: []reconcile.Movement{{Key: key("balance_transaction", "txn_1"), ObjectID: "ch_1", Category: "charge", Gross: eur(10000), Fee: eur(300), Net: eur(9700), CreatedAt: noon.Add(7 * time.Hour)}},
		Lines:     []reconcile.PayoutLine{{Key: key("payout_line", "txn_1"), PayoutID: "po_1"}},
		Payouts:   []reconcile.Payout{{Key: key("payout", "po_1"), Amount: eur(50000), Status: reconcile.PayoutPaid, CreatedAt: noon.Add(8 * day), ArrivalAt: noon.Add(10 * day)}},
	}
	e := reconcile.Explain(pick(t, reconcile.Assemble(facts, policy), "order/A-1"), around, reconcile.Context{Policy: policy, Coverage: allRead(noon), Now: noon})
	var got []string
	for _, fact := range e.Facts {
		got = append(got, fact.Says)
	}
	want := says(
		"The shop made order A-1 for 100.00 EUR to be paid through Stripe; it is canceled now and stores the payment id 1-9-1.",
		"The shop canceled the order.",
		"Trust Payments authorised 100.00 EUR (1-9-1), naming order A-1; it is succeeded (settlestatus 100) now.",
		"Stripe made source src_1 over 100.00 EUR, naming order A-1; it is canceled now.",
		"Source src_1 became chargeable.",
		"Stripe took 100.00 EUR (ch_1), naming order A-1.",
		"The balance at Stripe moved for ch_1 (charge, txn_1): gross 100.00 EUR, fee 3.00 EUR, net 97.00 EUR; paid out by po_1.",
		"The shop changed the order last.",
		"The customer disputed 100.00 EUR of payment ch_1 (dp_1); it is open, and evidence is due at 2026-03-20 12:00:00 UTC.",
		"Trust Payments took the 100.00 EUR of 1-9-1.",
		"The shop asked for a refund of 40.00 EUR (rr_1); it is requested now.",
		"Trust Payments refunded 40.00 EUR of payment 1-9-1 (1-9-2); it is succeeded now.",
		"Stripe made payout po_1 of 500.00 EUR, with this in it; it is paid, with arrival at the bank at 2026-03-20 12:00:00 UTC.",
		"The refund rr_9 of the shop could not be read: unknown status. It may be about this.",
	)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// A payout is explained as it is judged, from its lines without its own.
func TestPayoutsAreExplainedAsJudged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payout := reconcile.Payout{
			Key: key(t, "stripe", "payout", rapid.SampledFrom([]string{"po_1"})), Amount: sums.Draw(t, "amount"), Automatic: rapid.Bool().Draw(t, "automatic"), Itemised: rapid.Bool().Draw(t, "itemised"),
			Status: rapid.SampledFrom([]reconcile.PayoutStatus{reconcile.PayoutPending, reconcile.PayoutPaid, reconcile.PayoutFailed, reconcile.PayoutCanceled}).Draw(t, "status"), CreatedAt: noon, ArrivalAt: noon,
		}
		lines := some(t, "lines", 4, func(t *rapid.T) reconcile.PayoutLine {
			return reconcile.PayoutLine{
				Key: key(t, "stripe", "payout_line", rapid.SampledFrom([]string{"txn_1", "txn_2", "txn_3", "txn_4"})), PayoutID: "po_1",
				Category: rapid.SampledFrom([]string{"charge", "fee", "payout"}).Draw(t, "category"), Net: sums.Draw(t, "net"),
			}
		})
		e := reconcile.ExplainPayout(payout, lines, rapid.Bool().Draw(t, "the account was read"))
		if diff := gocmp.Diff(reconcile.JudgePayout(e.Sum), e.Exceptions); diff != "" {
			t.Fatalf("a payout is explained otherwise than judged:\n%s", diff)
		}
		held, inCategories := 0, 0
		for _, line := range lines {
			if line.Category != "payout" {
				held++
			}
		}
		for _, category := range e.Categories {
			inCategories += category.Lines
		}
		if e.Sum.Lines != held || inCategories != held || len(e.Facts) != 1 {
			t.Fatalf("%d lines make %d in the sum and %d by category", held, e.Sum.Lines, inCategories)
		}
		if len(e.Questions) != 1 || e.Questions[0].Yes() != (len(e.Exceptions) > 0) {
			t.Fatalf("%d exceptions, and the answer is %+v", len(e.Exceptions), e.Questions)
		}
	})
}

// Nothing that is judged cannot be explained: unknown times, amounts of any size and statuses nobody knows make no panic.
func TestNoInputMakesExplainingPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		if rapid.Bool().Draw(t, "no policy") {
			w.policy = reconcile.Policy{}
		}
		for i := range w.facts.Orders {
			w.facts.Orders[i].CreatedAt, w.facts.Orders[i].PaidAt = time.Time{}, time.Time{}
			w.facts.Orders[i].Status = reconcile.OrderStatus(rapid.SampledFrom([]string{"", "pending", "paid", "canceled", "unheard of"}).Draw(t, "status"))
		}
		for i := range w.facts.Payments {
			w.facts.Payments[i].Amount.Minor = rapid.Int64().Draw(t, "minor")
			w.facts.Payments[i].CreatedAt = time.Time{}
		}
		for _, c := range reconcile.Assemble(w.facts, w.policy) {
			reconcile.Explain(c, reconcile.Around{Facts: w.facts}, w.at(w.now))
		}
	})
}

// What was asked is told with both values, the answer first.
func TestConditionsAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		told []reconcile.Record
		now  time.Time
		want []string
	}{
		"a payment too small": {
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1", of(eur(9000)))), now: noon.Add(time.Hour),
			want: says("NO CURRENCY_MISMATCH ch_1", "- the currencies differ: the order says 100.00 EUR; Stripe took 90.00 EUR",
				"YES AMOUNT_MISMATCH ch_1", "+ no other payment is a duplicate: found none", "+ the amounts differ: the order says 100.00 EUR; Stripe took 90.00 EUR",
				"NO matched A-1", "+ the shop has the order as paid: the shop says paid; counting as paid are paid, refunded", "+ nothing is awaited: found nothing", "- nothing disagrees: exceptions raised: 1"),
		},
		"one of two payments was given back": {
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), charge("ch_2", "A-1", at(noon.Add(time.Minute))), refund("re_1", "ch_2", eur(10000), noon.Add(time.Hour))), now: noon.Add(2 * time.Hour),
			want: says("NO DUPLICATE_PAYMENT ch_2", "+ the payments together are not just the order's amount: the order says 100.00 EUR; taken together 200.00 EUR",
				"- money of this payment is still held: taken 100.00 EUR; still held 0.00 EUR",
				"NO CURRENCY_MISMATCH ch_1", "- the currencies differ: the order says 100.00 EUR; Stripe took 100.00 EUR",
				"NO AMOUNT_MISMATCH ch_1", "+ no other payment is a duplicate: found none", "- the amounts differ: the order says 100.00 EUR; Stripe took 100.00 EUR",
				"NO REFUND_NOT_RECORDED re_1", "+ the shop has no record of the refund: Stripe gave back 100.00 EUR; the shop says no record of it", "- a record of it is needed: because it gives back money that was never the order's",
				"NO REFUND_EXCEEDS_PAYMENT re_1", "- more has gone back than was taken: Stripe took 100.00 EUR; gone back 100.00 EUR",
				"YES matched A-1", "+ the shop has the order as paid: the shop says paid; counting as paid are paid, refunded", "+ nothing is awaited: found nothing", "+ nothing disagrees: exceptions raised: 0"),
		},
		"a source ran out while another provider took the money": {
			told: told(order("A-1", reconcile.OrderPaid), source("src_1", "A-1", reconcile.SourceCanceled, authorised), auth("1-9-1", "A-1", "100")), now: noon.Add(7 * time.Hour),
			want: says("NO AUTHORISATION_LOST src_1", "+ the source was not charged: Stripe says canceled; authorised 100.00 EUR", "- no other payment took money for it: taken 100.00 EUR; still held 100.00 EUR",
				"+ the customer had authorised it: an event says nothing of it; the source itself says authorised", "- the shop does not have the order as paid: the shop says paid",
				"NO CURRENCY_MISMATCH 1-9-1", "- the currencies differ: the order says 100.00 EUR; Trust Payments took 100.00 EUR",
				"NO AMOUNT_MISMATCH 1-9-1", "+ no other payment is a duplicate: found none", "- the amounts differ: the order says 100.00 EUR; Trust Payments took 100.00 EUR",
				"YES matched A-1", "+ the shop has the order as paid: the shop says paid; counting as paid are paid, refunded", "+ nothing is awaited: found nothing", "+ nothing disagrees: exceptions raised: 0"),
		},
		"the grace is not over": {
			told: told(order("A-1", reconcile.OrderPending), charge("ch_1", "A-1")), now: noon.Add(30 * time.Minute),
			want: says("NO CURRENCY_MISMATCH ch_1", "- the currencies differ: the order says 100.00 EUR; Stripe took 100.00 EUR",
				"NO AMOUNT_MISMATCH ch_1", "+ no other payment is a duplicate: found none", "- the amounts differ: the order says 100.00 EUR; Stripe took 100.00 EUR",
				"NO PAID_NOT_RECORDED ch_1", "+ money is held for an order that the shop still has as pending: the shop says pending; Stripe holds 100.00 EUR",
				"- the shop's time to hear of the payment is over: now 2026-03-10 12:30:00 UTC; due 2026-03-10 13:00:00 UTC",
				"NO matched A-1", "- the shop has the order as paid: the shop says pending; counting as paid are paid, refunded"),
		},
		"a canceled order whose money went back": {
			told: told(order("A-1", reconcile.OrderCanceled), charge("ch_1", "A-1"), refund("re_1", "ch_1", eur(10000), noon.Add(time.Hour))), now: noon.Add(2 * time.Hour),
			want: says("NO PAID_AFTER_CANCEL ch_1", "+ the shop has the order as canceled: the shop says canceled since 2026-03-10 12:00:00 UTC", "- money of this payment is still held: taken 100.00 EUR; still held 0.00 EUR",
				"NO REFUND_NOT_RECORDED re_1", "+ the shop has no record of the refund: Stripe gave back 100.00 EUR; the shop says no record of it", "- a record of it is needed: because it gives back money that was never the order's",
				"NO REFUND_EXCEEDS_PAYMENT re_1", "- more has gone back than was taken: Stripe took 100.00 EUR; gone back 100.00 EUR",
				"NO matched A-1", "- the shop has the order as paid: the shop says canceled; counting as paid are paid, refunded"),
		},
		"a request inside the window": {
			told: told(order("A-1", reconcile.OrderPaid), charge("ch_1", "A-1"), asked("rr_1", "A-1", eur(4000), noon.Add(time.Hour))), now: noon.Add(2 * time.Hour),
			want: says("NO CURRENCY_MISMATCH ch_1", "- the currencies differ: the order says 100.00 EUR; Stripe took 100.00 EUR",
				"NO AMOUNT_MISMATCH ch_1", "+ no other payment is a duplicate: found none", "- the amounts differ: the order says 100.00 EUR; Stripe took 100.00 EUR",
				"YES refund rr_1", "+ it is not more than is left of the payment: asked for 40.00 EUR; left of ch_1 100.00 EUR",
				"+ the refund window is still open: now 2026-03-10 14:00:00 UTC; it closes at 2026-06-08 12:00:00 UTC",
				"+ every row that may be about it could be read: found none", "+ nothing speaks against it: found nothing",
				"NO REFUND_OUT_OF_WINDOW ch_1", "+ money of this payment must go back: owed back 40.00 EUR; because refund requested", "- the refund window has closed: now 2026-03-10 14:00:00 UTC; it closes at 2026-06-08 12:00:00 UTC",
				"NO REFUND_WINDOW_CLOSING ch_1", "+ money of this payment must go back: owed back 40.00 EUR; because refund requested",
				"- the first warning before the window's end has come: now 2026-03-10 14:00:00 UTC; due 2026-05-25 12:00:00 UTC",
				"YES matched A-1", "+ the shop has the order as paid: the shop says paid; counting as paid are paid, refunded", "+ nothing is awaited: found nothing", "+ nothing disagrees: exceptions raised: 0"),
		},
		"an attempt that is alive forbids a cancel": {
			told: told(order("A-1", reconcile.OrderPending), source("src_1", "A-1", reconcile.SourcePending)), now: noon.Add(time.Minute),
			want: says("NO cancel A-1", "+ no money was ever taken for it: found none", "+ no payment fits it and another order equally: found none", "+ every row that may be about it could be read: found none",
				"+ the id that the shop stored, if any, is known here: it is so yes", "+ no payment names it but for case, spaces or dashes: found none",
				"- src_1 is a dead end: Stripe says pending"),
		},
		"a source that ran out lets an order be canceled, where the providers were read since it began": {
			told: told(order("A-1", reconcile.OrderPending), source("src_1", "A-1", reconcile.SourceCanceled)), now: noon.Add(time.Minute),
			want: says("NO AUTHORISATION_LOST src_1", "+ the source was not charged: Stripe says canceled; authorised 100.00 EUR", "+ no other payment took money for it: taken nothing; still held nothing",
				"- the customer had authorised it: an event says nothing of it; the source itself says nothing of it", "+ the shop does not have the order as paid: the shop says pending",
				"YES cancel A-1", "+ no money was ever taken for it: found none", "+ no payment fits it and another order equally: found none", "+ every row that may be about it could be read: found none",
				"+ the id that the shop stored, if any, is known here: it is so yes", "+ no payment names it but for case, spaces or dashes: found none",
				"+ src_1 is a dead end: Stripe says canceled",
				"+ the attempt ended long enough ago to cancel the order: now 2026-03-10 12:01:00 UTC; due 2026-03-10 12:00:00 UTC",
				"+ the shop was read completely since the order began: the order began 2026-03-10 12:00:00 UTC; read 2025-09-11 12:01:00 UTC to 2026-03-10 12:01:00 UTC",
				"+ Stripe was read completely since the order began: the order began 2026-03-10 12:00:00 UTC; read 2025-09-11 12:01:00 UTC to 2026-03-10 12:01:00 UTC",
				"+ Trust Payments was read completely since the order began: the order began 2026-03-10 12:00:00 UTC; read 2025-09-11 12:01:00 UTC to 2026-03-10 12:01:00 UTC"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts, policy := factsOf(test.told), reconcile.DefaultPolicy()
			e := reconcile.Explain(pick(t, reconcile.Assemble(facts, policy), ""), reconcile.Around{Facts: facts}, reconcile.Context{Policy: policy, Coverage: allRead(test.now), Now: test.now})
			checkTrace(t, e)
			if diff := gocmp.Diff(test.want, conditionsOf(e.Questions)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

// conditionsOf writes questions, a line each, and their conditions below.
func conditionsOf(questions []reconcile.Question) []string {
	var lines []string
	for _, q := range questions {
		answer := "NO"
		if q.Yes() {
			answer = "YES"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", answer, q.Topic, q.About))
		for _, c := range q.Conditions {
			line := fmt.Sprintf("- %s: %s %s", c.Asks, c.Left.Who, c.Left)
			if c.Held {
				line = "+" + line[1:]
			}
			if !c.Right.Empty() {
				line += fmt.Sprintf("; %s %s", c.Right.Who, c.Right)
			}
			lines = append(lines, line)
		}
	}
	return lines
}
