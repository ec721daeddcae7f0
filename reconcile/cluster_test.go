package reconcile_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/reconcile"
)

// plainWorlds have one order that everything names, as nearly every cluster does, and what hangs on it.
var plainWorlds = rapid.Custom(func(t *rapid.T) world {
	w := worlds.Draw(t, "world")
	w.facts.Rejections = nil
	w.facts.Orders = []reconcile.Order{drawOrder(t)}
	reference := w.facts.Orders[0].ID
	for i := range w.facts.Payments {
		w.facts.Payments[i].Reference = reference
	}
	for i := range w.facts.Sources {
		w.facts.Sources[i].Reference = reference
	}
	for i := range w.facts.Refunds {
		w.facts.Refunds[i].Reference = rapid.SampledFrom([]string{"", reference}).Draw(t, "refund names")
	}
	return w
})

// Judging a cluster says what judging each of its cases says, whatever shortcut is taken; judging it again finds nothing to
// keep; and where a case is no more, that is noted.
func TestTakeSaysWhatJudgeSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.OneOf(worlds, plainWorlds).Draw(t, "world")
		in := w.at(w.now)
		var got []reconcile.Verdict
		first := reconcile.Judgement{At: w.now}
		first.Take(reconcile.Cluster{Key: "r:1", Facts: w.facts}, &in, func(c *reconcile.Case, v *reconcile.Verdict) {
			if c.Key != v.CaseKey {
				t.Fatalf("the case %s comes with the verdict of %s", c.Key, v.CaseKey)
			}
			got = append(got, *v)
		})
		want := w.judged()
		for i := range want {
			if i < len(got) && want[i].Outcome == reconcile.Matched {
				want[i].Reason = got[i].Reason // which is not written where nothing is told of it
			}
			want[i].Cluster = "r:1"
			want[i].NextReview = got[i].NextReview
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("a cluster judged as a whole (-by case +as a whole):\n%s", diff)
		}
		known := reconcile.Cluster{Key: "r:1", Facts: w.facts, Known: first.Exceptions}
		for i := range first.Fresh {
			known.Judged = append(known.Judged, reconcile.Stamp{CaseKey: first.Fresh[i].CaseKey, Hash: first.Fresh[i].Hash()})
		}
		again := reconcile.Judgement{At: w.now}
		again.Take(known, &in, nil)
		if !again.Empty() {
			t.Fatalf("judged again at the same instant: %d new, %d changed, gone %v, %d exceptions, %d changes", len(again.Fresh), len(again.Changed), again.Gone, len(again.Exceptions), len(again.Changes))
		}
		known.Facts = reconcile.Facts{}
		none := reconcile.Judgement{At: w.now}
		none.Take(known, &in, nil)
		if len(none.Gone) != len(known.Judged) || slices.ContainsFunc(none.Exceptions, func(e reconcile.ExceptionRecord) bool { return e.Stands() }) {
			t.Fatalf("all is gone, and of %d cases %d are noted, with %v", len(known.Judged), len(none.Gone), none.Exceptions)
		}
	})
}

// What came in is what comes out: every order, payment and source is in exactly one case, so that the cases of all outcomes
// together hold what was shown, in count and, currency by currency, in money; and every row that could not be read is told.
func TestWhatCameInComesOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		in := w.at(w.now)
		came, went := map[string]int64{}, map[string]int64{}
		for _, order := range w.facts.Orders {
			came["orders"]++
			came["orders "+order.Amount.Currency] += order.Amount.Minor
		}
		for _, payment := range w.facts.Payments {
			came["payments"]++
			came["payments "+payment.Amount.Currency] += payment.Amount.Minor
		}
		came["sources"], came["rejected"] = int64(len(w.facts.Sources)), int64(len(w.facts.Rejections))
		judgement := reconcile.Judgement{At: w.now}
		judgement.Take(reconcile.Cluster{Key: "r:1", Facts: w.facts}, &in, func(c *reconcile.Case, v *reconcile.Verdict) {
			if !slices.Contains([]reconcile.Outcome{reconcile.Matched, reconcile.Closed, reconcile.Waiting, reconcile.Excepted, reconcile.OutOfScope}, v.Outcome) {
				t.Fatalf("the case %s comes to %q", c.Key, v.Outcome)
			}
			if c.Order != nil {
				went["orders"]++
				went["orders "+c.Order.Amount.Currency] += c.Order.Amount.Minor
			}
			for _, payment := range c.Payments {
				went["payments"]++
				went["payments "+payment.Amount.Currency] += payment.Amount.Minor
			}
			went["sources"] += int64(len(c.Sources))
		})
		for _, e := range judgement.Exceptions {
			if e.Code == reconcile.DataInvalid {
				went["rejected"]++
			}
		}
		for key, sum := range came {
			if went[key] != sum {
				t.Fatalf("%s: %d came in, %d came out", key, sum, went[key])
			}
		}
	})
}

// FuzzCluster lets the fuzzer choose the world: nothing panics, and a cluster is judged as its cases are. Run it with
// go test ./reconcile -fuzz FuzzCluster.
func FuzzCluster(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		w := rapid.OneOf(worlds, plainWorlds).Draw(t, "world")
		in := w.at(w.now)
		var outcomes []reconcile.Outcome
		judgement := reconcile.Judgement{At: w.now}
		judgement.Take(reconcile.Cluster{Key: "r:1", Facts: w.facts}, &in, func(_ *reconcile.Case, v *reconcile.Verdict) { outcomes = append(outcomes, v.Outcome) })
		for i, v := range w.judged() {
			if outcomes[i] != v.Outcome {
				t.Fatalf("%s is %s as a case and %s in its cluster", v.CaseKey, v.Outcome, outcomes[i])
			}
		}
	}))
}
