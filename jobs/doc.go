// Package jobs holds what tieout does in a run, one file a job, and the run itself: its lock, its record, its end.
//
// A job declares the small interfaces it needs; feeds and store satisfy them. Jobs decide nothing about money: they carry
// facts to reconcile.Judge and verdicts to the store, and do the few things that follow from a verdict.
package jobs
