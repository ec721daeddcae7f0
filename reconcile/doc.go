// Package reconcile is the pure core of tieout: what is known about an order (Case), what that means (Judge) and why.
//
// Nothing here reads a clock, a file, a database or a network, logs, starts a goroutine or ranges over a map into its
// output: the same facts, policy and instant give the same verdict, in whatever order the facts arrive.
//
//	provider JSON ──▶ feed's normaliser ──▶ Record ──▶ store ──▶ Facts ──▶ Assemble ──▶ Case ──▶ Judge ──▶ Verdict
package reconcile
