package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

type exceptionRow struct {
	Cluster              string `db:"cluster"`
	ID                   string `db:"id"`
	Code                 string `db:"code"`
	Severity             string `db:"severity"`
	CaseKey              string `db:"case_key"`
	Feed                 string `db:"feed"`
	Account              string `db:"account"`
	OrderReference       string `db:"order_reference"`
	TransactionReference string `db:"transaction_reference"`
	Currency             string `db:"currency"`
	ExpectedMinor        int64  `db:"expected_minor"`
	ExpectedCurrency     string `db:"expected_currency"`
	ActualMinor          int64  `db:"actual_minor"`
	ActualCurrency       string `db:"actual_currency"`
	DifferenceMinor      int64  `db:"difference_minor"`
	DifferenceCurrency   string `db:"difference_currency"`
	DueAt                int64  `db:"due_at"`
	Explanation          string `db:"explanation"`
	NextStep             string `db:"next_step"`
	Status               string `db:"status"`
	FirstSeen            int64  `db:"first_seen"`
	LastSeen             int64  `db:"last_seen"`
	ResolvedAt           int64  `db:"resolved_at"`
	ResolvedBy           string `db:"resolved_by"`
	Resolution           string `db:"resolution"`
	Note                 string `db:"note"`
	touchedRow
}

var exceptions = newTable[exceptionRow]("tieout_exceptions", "id")

func rowOfException(e reconcile.ExceptionRecord) exceptionRow {
	return exceptionRow{
		Cluster: e.Cluster, ID: e.ID(), Code: string(e.Code), Severity: string(e.Severity), CaseKey: e.CaseKey, Feed: e.Feed, Account: e.Account,
		OrderReference: e.OrderReference, TransactionReference: e.TransactionReference, Currency: e.Currency,
		ExpectedMinor: e.Expected.Minor, ExpectedCurrency: e.Expected.Currency,
		ActualMinor: e.Actual.Minor, ActualCurrency: e.Actual.Currency,
		DifferenceMinor: e.Difference.Minor, DifferenceCurrency: e.Difference.Currency,
		DueAt: micros(e.DueAt), Explanation: e.Explanation, NextStep: e.NextStep, Status: string(e.Status),
		FirstSeen: micros(e.FirstSeen), LastSeen: micros(e.LastSeen), ResolvedAt: micros(e.ResolvedAt),
		ResolvedBy: e.ResolvedBy, Resolution: e.Resolution, Note: e.Note,
	}
}

func (r exceptionRow) record() reconcile.ExceptionRecord {
	return reconcile.ExceptionRecord{
		Exception: reconcile.Exception{
			Code: reconcile.Code(r.Code), Severity: reconcile.Severity(r.Severity), CaseKey: r.CaseKey, Feed: r.Feed, Account: r.Account,
			OrderReference: r.OrderReference, TransactionReference: r.TransactionReference, Currency: r.Currency,
			Expected: amount(r.ExpectedMinor, r.ExpectedCurrency), Actual: amount(r.ActualMinor, r.ActualCurrency),
			Difference: amount(r.DifferenceMinor, r.DifferenceCurrency),
			DueAt:      instant(r.DueAt), Explanation: r.Explanation, NextStep: r.NextStep,
		},
		Cluster: r.Cluster, Status: reconcile.ExceptionStatus(r.Status), FirstSeen: instant(r.FirstSeen), LastSeen: instant(r.LastSeen),
		ResolvedAt: instant(r.ResolvedAt), ResolvedBy: r.ResolvedBy, Resolution: r.Resolution, Note: r.Note,
	}
}

// recordAt is the record with its last seen as of the last judging: what stands stood then too, though a run judges only what
// changed and writes no row to say so.
func (r exceptionRow) recordAt(judgedAt time.Time) reconcile.ExceptionRecord {
	record := r.record()
	if record.Stands() && record.LastSeen.Before(judgedAt) {
		record.LastSeen = judgedAt
	}
	return record
}

// scanException reads a row of tieout_exceptions whose first column is the cluster once more.
func scanException(judgedAt time.Time) func(*sql.Rows, *string, *reconcile.ExceptionRecord) error {
	return func(rows *sql.Rows, cluster *string, record *reconcile.ExceptionRecord) error {
		var r exceptionRow
		err := rows.Scan(append([]any{cluster}, exceptions.fieldsOf(&r)...)...)
		*record = r.recordAt(judgedAt)
		return err
	}
}

// ExceptionFilter says which exceptions are meant: those that fit all of it. What is empty does not filter.
type ExceptionFilter struct {
	Standing   bool // only those that somebody should still look at
	IDs        []string
	Codes      []string
	Severities []string
	Statuses   []string
	Feeds      []string
	Accounts   []string
	Reference  string // of the order or of the transaction
	Currency   string
	SeenBefore time.Time // first seen before it
	DueBefore  time.Time // due, and before it
	// Bounds of the difference without its sign, themselves included. Each holds for differences in its own currency, and
	// lets none in another one pass.
	AtLeast, AtMost money.Amount
}

// Exceptions streams exceptions by severity, most urgent first, then by code, order, transaction and id.
func (s *Store) Exceptions(ctx context.Context, filter ExceptionFilter) iter.Seq2[reconcile.ExceptionRecord, error] {
	return func(yield func(reconcile.ExceptionRecord, error) bool) {
		r := s.read()
		progress, err := loadProgress(ctx, r)
		if err != nil {
			yield(reconcile.ExceptionRecord{}, wrap(err, "list exceptions"))
			return
		}
		query, args := filter.query(r)
		mapSeq("list exceptions", stream[exceptionRow](ctx, r, query, args...), func(row exceptionRow) (reconcile.ExceptionRecord, error) {
			return row.recordAt(instant(progress.JudgedAt)), nil
		})(yield)
	}
}

func (f ExceptionFilter) query(r session) (string, []any) {
	where, args := f.conditions(r)
	return "SELECT " + exceptions.list() + " FROM tieout_exceptions WHERE " + where +
		" ORDER BY " + severityOrder() + ", code, order_reference, transaction_reference, id", args
}

func (f ExceptionFilter) conditions(r session) (string, []any) {
	where, args := []string{"true"}, []any{}
	and := func(condition string, values ...any) { where, args = append(where, condition), append(args, values...) }
	for _, by := range []struct {
		column string
		values []string
	}{{"id", f.IDs}, {"code", f.Codes}, {"severity", f.Severities}, {"status", f.Statuses}, {"feed", f.Feeds}, {"account", f.Accounts}} {
		if len(by.values) > 0 {
			and(r.in(by.column), r.list(by.values))
		}
	}
	if f.Standing {
		and(standing)
	}
	if f.Reference != "" {
		and("(order_reference = ? OR transaction_reference = ?)", clean(f.Reference), clean(f.Reference))
	}
	if f.Currency != "" {
		and("currency = ?", clean(f.Currency))
	}
	if !f.SeenBefore.IsZero() {
		and("first_seen < ?", micros(f.SeenBefore))
	}
	if !f.DueBefore.IsZero() {
		and("due_at <> 0 AND due_at < ?", micros(f.DueBefore))
	}
	if f.AtLeast.Currency != "" {
		and("difference_currency = ? AND (difference_minor >= ? OR difference_minor <= ?)", f.AtLeast.Currency, f.AtLeast.Minor, -f.AtLeast.Minor)
	}
	if f.AtMost.Currency != "" {
		and("difference_currency = ? AND difference_minor <= ? AND difference_minor >= ?", f.AtMost.Currency, f.AtMost.Minor, -f.AtMost.Minor)
	}
	return strings.Join(where, " AND "), args
}

// severityOrder writes reconcile.SeverityRank as SQL.
func severityOrder() string {
	var b strings.Builder
	b.WriteString("CASE severity")
	for _, severity := range reconcile.Severities() {
		fmt.Fprintf(&b, " WHEN '%s' THEN %d", severity, reconcile.SeverityRank(severity))
	}
	fmt.Fprintf(&b, " ELSE %d END", reconcile.SeverityRank(""))
	return b.String()
}

// ExceptionsOf reads every exception that belongs to one of these cases or has one of these ids, in whatever status, by id.
func (s *Store) ExceptionsOf(ctx context.Context, caseKeys, ids []string) ([]reconcile.ExceptionRecord, error) {
	r := s.read()
	progress, err := loadProgress(ctx, r)
	if err != nil {
		return nil, wrap(err, "read the exceptions of %d cases", len(caseKeys))
	}
	rows, err := exceptions.find(ctx, r, r.in("case_key")+" OR "+r.in("id")+" ORDER BY id", r.list(caseKeys), r.list(ids))
	return recordsOf(rows, instant(progress.JudgedAt)), wrap(err, "read the exceptions of %d cases", len(caseKeys))
}

func recordsOf(rows []exceptionRow, judgedAt time.Time) []reconcile.ExceptionRecord {
	records := make([]reconcile.ExceptionRecord, len(rows))
	for i, row := range rows {
		records[i] = row.recordAt(judgedAt)
	}
	return records
}

// standing is a condition that an exception stands, in the words by which its index is found.
const standing = "status <> '" + string(reconcile.StatusResolved) + "'"

// StandingByCode counts the exceptions that stand.
func (s *Store) StandingByCode(ctx context.Context) (map[reconcile.Code]int, error) {
	rows, err := selectAll[struct {
		Code  reconcile.Code `db:"code"`
		Count int            `db:"count"`
	}](ctx, s.read(), "SELECT code, COUNT(*) AS count FROM tieout_exceptions WHERE "+standing+" GROUP BY code")
	counts := make(map[reconcile.Code]int, len(rows))
	for _, row := range rows {
		counts[row.Code] = row.Count
	}
	return counts, wrap(err, "count the exceptions that stand")
}

// OutsideClusters lists the keys of the cases that are no cluster's, a payout's or a balance's, and have an exception that a
// judging may change though nothing is raised of them: all but those that tieout itself resolved. They are sorted.
func (s *Store) OutsideClusters(ctx context.Context) ([]string, error) {
	keys, err := selectAll[string](ctx, s.read(),
		"SELECT DISTINCT case_key FROM tieout_exceptions WHERE cluster = '' AND NOT (status = ? AND resolved_by = ?) ORDER BY case_key",
		string(reconcile.StatusResolved), reconcile.ByTieout)
	return keys, wrap(err, "list payouts and balances with exceptions")
}

type exceptionChangeRow struct {
	ID         string `db:"id"`
	Seq        int64  `db:"seq"`
	At         int64  `db:"at"`
	Who        string `db:"who"`
	FromStatus string `db:"from_status"`
	ToStatus   string `db:"to_status"`
	Reason     string `db:"reason"`
	Note       string `db:"note"`
	RunID      int64  `db:"run_id"`
	touchedRow
}

var exceptionChanges = newTable[exceptionChangeRow]("tieout_exception_changes", "id", "seq")

// ExceptionChanges reads the life of one exception, oldest step first.
func (s *Store) ExceptionChanges(ctx context.Context, id string) ([]reconcile.ExceptionChange, error) {
	rows, err := exceptionChanges.find(ctx, s.read(), "id = ? ORDER BY seq", id)
	changes := make([]reconcile.ExceptionChange, len(rows))
	for i, r := range rows {
		changes[i] = reconcile.ExceptionChange{
			ID: r.ID, At: instant(r.At), Who: r.Who, From: reconcile.ExceptionStatus(r.FromStatus),
			To: reconcile.ExceptionStatus(r.ToStatus), Reason: r.Reason, Note: r.Note, RunID: r.RunID,
		}
	}
	return changes, wrap(err, "read the changes of exception %s", id)
}

func appendChanges(ctx context.Context, tx session, changes []reconcile.ExceptionChange, begun map[string]bool) error {
	seq, err := lastChanges(ctx, tx, changes, begun)
	if err != nil {
		return err
	}
	rows := make([]exceptionChangeRow, len(changes))
	for i, c := range changes {
		seq[c.ID]++
		rows[i] = exceptionChangeRow{
			ID: c.ID, Seq: seq[c.ID], At: micros(c.At), Who: c.Who, FromStatus: string(c.From), ToStatus: string(c.To),
			Reason: c.Reason, Note: c.Note, RunID: c.RunID,
		}
	}
	return exceptionChanges.load(ctx, tx, rows)
}

// lastChanges are the numbers of the last changes that are held of the changed exceptions that have not just begun, by id.
func lastChanges(ctx context.Context, tx session, changes []reconcile.ExceptionChange, begun map[string]bool) (map[string]int64, error) {
	var ids []string
	for _, change := range changes {
		if !begun[change.ID] {
			ids = append(ids, change.ID)
		}
	}
	seq := map[string]int64{}
	if len(ids) == 0 {
		return seq, nil
	}
	last, err := selectAll[exceptionChangeRow](ctx, tx, "SELECT id, MAX(seq) AS seq FROM tieout_exception_changes WHERE "+
		tx.in("id")+" GROUP BY id", tx.list(ids))
	for _, row := range last {
		seq[row.ID] = row.Seq
	}
	return seq, err
}
