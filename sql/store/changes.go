package store

import (
	"context"
	"iter"
	"time"

	"tieout/reconcile"
)

// PastReport is a run that wrote reports.
type PastReport struct {
	RunID int64
	AsOf  time.Time
}

// ReportBefore finds the newest run that wrote the reports of an instant before another; nothing if there was none.
func (s *Store) ReportBefore(ctx context.Context, before time.Time) (PastReport, error) {
	rows, err := selectAll[runRow](ctx, s.read(), "SELECT "+runs.list()+` FROM tieout_runs WHERE as_of < ? AND EXISTS (SELECT 1 FROM tieout_run_steps s
		WHERE s.run_id = tieout_runs.id AND s.step = 'report' AND s.status = ?) ORDER BY as_of DESC, id DESC LIMIT 1`, micros(before), string(reconcile.RunDone))
	if err != nil || len(rows) == 0 {
		return PastReport{}, wrap(err, "look for the last report")
	}
	return PastReport{RunID: rows[0].ID, AsOf: instant(rows[0].AsOf)}, nil
}

// ExceptionStep is one step in the life of an exception, with the exception as it is now.
type ExceptionStep struct {
	reconcile.ExceptionChange
	Record reconcile.ExceptionRecord
}

type exceptionStepRow struct {
	exceptionRow
	At         int64  `db:"step_at"`
	Who        string `db:"step_who"`
	FromStatus string `db:"step_from"`
	ToStatus   string `db:"step_to"`
	Reason     string `db:"step_reason"`
	StepNote   string `db:"step_note"`
	RunID      int64  `db:"step_run"`
}

// ExceptionsChanged streams what became of exceptions since a report: by a later run, or by a person after its instant. They
// come by severity, most urgent first, then by code, order, transaction and id, and those of one exception as they happened.
func (s *Store) ExceptionsChanged(ctx context.Context, since PastReport) iter.Seq2[ExceptionStep, error] {
	rows := stream[exceptionStepRow](ctx, s.read(), "SELECT "+exceptions.listOf("e")+`, c.at AS step_at, c.who AS step_who, c.from_status AS step_from,
		c.to_status AS step_to, c.reason AS step_reason, c.note AS step_note, c.run_id AS step_run
		FROM tieout_exception_changes c JOIN tieout_exceptions e ON e.id = c.id WHERE c.run_id > ? OR c.run_id = 0 AND c.at > ?
		ORDER BY `+severityOrder()+", e.code, e.order_reference, e.transaction_reference, e.id, c.seq", since.RunID, micros(since.AsOf))
	return mapSeq("list what became of exceptions", rows, func(r exceptionStepRow) (ExceptionStep, error) {
		return ExceptionStep{
			ExceptionChange: reconcile.ExceptionChange{
				ID: r.ID, At: instant(r.At), Who: r.Who, From: reconcile.ExceptionStatus(r.FromStatus), To: reconcile.ExceptionStatus(r.ToStatus),
				Reason: r.Reason, Note: r.StepNote, RunID: r.RunID,
			},
			Record: r.record(),
		}, nil
	})
}

// NewMatch is an order that came to agree with its payment.
type NewMatch struct {
	reconcile.Verdict
	JudgedAt time.Time
}

// NewlyMatched streams the orders from before a report that agree with their payment since,
// by order reference and case: those judged since whose payment came or settled, whose order was paid or changed, or
// whose exception was resolved since. An order that agreed before and was only refunded is none of them.
func (s *Store) NewlyMatched(ctx context.Context, since PastReport) iter.Seq2[NewMatch, error] {
	at := micros(since.AsOf)
	rows := stream[verdictRow](ctx, s.read(), "SELECT "+verdicts.listOf("v")+` FROM tieout_verdicts v JOIN tieout_orders o ON v.case_key = 'order/' || o.id
		WHERE v.outcome = ? AND v.run_id > ? AND v.payment_id <> '' AND o.created_at < ? AND (v.paid_at > ? OR o.paid_at > ?
			OR o.changed_at > ? AND v.refunded_minor = 0
			OR EXISTS (SELECT 1 FROM tieout_observations b WHERE b.feed = v.payment_feed AND b.account = v.payment_account AND b.kind = v.payment_kind
				AND b.id = v.payment_id AND b.version = 1 AND b.run_id > ?)
			OR EXISTS (SELECT 1 FROM tieout_exceptions e JOIN tieout_exception_changes c ON c.id = e.id
				WHERE e.case_key = v.case_key AND c.to_status = 'resolved' AND c.run_id > ?))
		ORDER BY v.order_reference, v.case_key`, string(reconcile.Matched), since.RunID, at, at, at, at, since.RunID, since.RunID)
	return mapSeq("list the orders that came to be matched", rows, func(r verdictRow) (NewMatch, error) {
		v, err := r.verdict()
		return NewMatch{Verdict: v, JudgedAt: instant(r.JudgedAt)}, err
	})
}
