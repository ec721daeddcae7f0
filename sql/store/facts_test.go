package store_test

import (
	"slices"
	"testing"

	"tieout/reconcile"
	"tieout/sql/store"
)

// clearAll empties all that an observation leaves behind, so that a test of many worlds needs one database.
func clearAll(t *testing.T, s *store.Store) {
	t.Helper()
	drop := "ALTER TABLE tieout_observations DISABLE TRIGGER ALL"
	if s.Dialect() == store.SQLite {
		drop = "DROP TRIGGER IF EXISTS tieout_observations_no_delete"
	}
	statements := []string{drop}
	for _, table := range []string{"orders", "sources", "source_events", "payments", "refunds", "refund_requests", "disputes", "movements", "payouts", "rejections", "coverage", "gaps", "merges", "losses", "object_losses", "observations"} {
		statements = append(statements, "DELETE FROM tieout_"+table)
	}
	for _, statement := range statements {
		_, err := s.Exec(ctx, statement)
		succeed(t, err)
	}
}

// heldFacts are all facts that a store holds.
func heldFacts(t *testing.T, s *store.Store) reconcile.Facts {
	t.Helper()
	succeed(t, s.Cluster(ctx))
	var facts reconcile.Facts
	for c, err := range s.AllClusters(ctx) {
		succeed(t, err)
		facts.Add(c.Facts)
	}
	return facts
}

// clusterOf is the cluster that a payment is in.
func clusterOf(t *testing.T, s *store.Store, payment reconcile.Key) string {
	t.Helper()
	succeed(t, s.Cluster(ctx))
	for c, err := range s.AllClusters(ctx) {
		succeed(t, err)
		if slices.ContainsFunc(c.Facts.Payments, func(p reconcile.Payment) bool { return p.Key == payment }) {
			return c.Key
		}
	}
	t.Fatalf("%v is in no cluster", payment)
	return ""
}

// factsOf sorts records into facts; what is summed up and not judged one by one is left out.
func factsOf(records []reconcile.Record) reconcile.Facts {
	var f reconcile.Facts
	for _, record := range records {
		switch r := record.(type) {
		case reconcile.Order:
			f.Orders = append(f.Orders, r)
		case reconcile.Source:
			f.Sources = append(f.Sources, r)
		case reconcile.SourceEvent:
			f.Events = append(f.Events, r)
		case reconcile.Payment:
			f.Payments = append(f.Payments, r)
		case reconcile.Refund:
			f.Refunds = append(f.Refunds, r)
		case reconcile.RefundRequest:
			f.Requests = append(f.Requests, r)
		case reconcile.Dispute:
			f.Disputes = append(f.Disputes, r)
		case reconcile.Rejection:
			f.Rejections = append(f.Rejections, r)
		}
	}
	return f
}

// recordsOf lists facts, kinds in the order of reconcile.Facts.
func recordsOf(f reconcile.Facts) []reconcile.Record {
	var records []reconcile.Record
	records = appendAll(records, f.Orders)
	records = appendAll(records, f.Sources)
	records = appendAll(records, f.Events)
	records = appendAll(records, f.Payments)
	records = appendAll(records, f.Refunds)
	records = appendAll(records, f.Requests)
	records = appendAll(records, f.Disputes)
	return appendAll(records, f.Rejections)
}

func appendAll[R reconcile.Record](records []reconcile.Record, list []R) []reconcile.Record {
	for _, record := range list {
		records = append(records, record)
	}
	return records
}
