package reconcile_test

import (
	"testing"

	"tieout/reconcile"
)

// The plain case that almost every order is: paid, stored id, one charge that agrees.
func BenchmarkJudgeMatched(b *testing.B) {
	facts := factsOf(told(order("A-1", reconcile.OrderPaid, storing("ch_1")), charge("ch_1", "A-1")))
	c := reconcile.Assemble(facts, reconcile.DefaultPolicy())[0]
	in := reconcile.Context{Policy: reconcile.DefaultPolicy(), Coverage: allRead(noon.Add(30 * day)), Now: noon.Add(30 * day)}
	b.ReportAllocs()
	for b.Loop() {
		reconcile.Judge(c, in)
	}
}
