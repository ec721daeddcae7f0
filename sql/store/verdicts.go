package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// stoodRow is the payment that stands for an order, and the amounts on both sides.
type stoodRow struct {
	PaymentFeed      string `db:"payment_feed"`
	PaymentAccount   string `db:"payment_account"`
	PaymentKind      string `db:"payment_kind"`
	PaymentID        string `db:"payment_id"`
	OrderMinor       int64  `db:"order_minor"`
	OrderCurrency    string `db:"order_currency"`
	PaidMinor        int64  `db:"paid_minor"`
	PaidCurrency     string `db:"paid_currency"`
	RefundedMinor    int64  `db:"refunded_minor"`
	RefundedCurrency string `db:"refunded_currency"`
	PaidAt           int64  `db:"paid_at"`
}

func (r stoodRow) payment() reconcile.Key {
	return reconcile.Key{Feed: r.PaymentFeed, Account: r.PaymentAccount, Kind: r.PaymentKind, ID: r.PaymentID}
}
func (r stoodRow) order() money.Amount    { return amount(r.OrderMinor, r.OrderCurrency) }
func (r stoodRow) paid() money.Amount     { return amount(r.PaidMinor, r.PaidCurrency) }
func (r stoodRow) refunded() money.Amount { return amount(r.RefundedMinor, r.RefundedCurrency) }

// verdictRow is a reconcile.Verdict without its Owed and Exceptions, which have tables of their own.
type verdictRow struct {
	Cluster        string `db:"cluster"`
	CaseKey        string `db:"case_key"`
	OrderReference string `db:"order_reference"`
	Outcome        string `db:"outcome"`
	Reason         string `db:"reason"`
	Rule           string `db:"rule"`
	stoodRow
	CancelReason   string `db:"cancel_reason"`   // empty: the order is not to be canceled
	CancelEvidence string `db:"cancel_evidence"` // JSON, or empty
	NextReviewAt   int64  `db:"next_review_at"`
	CoverageBound  bool   `db:"coverage_bound"`
	Stamp          string `db:"stamp"`     // the case and the verdict's hash: what is read to see that nothing changed
	RunID          int64  `db:"run_id"`    // the run that changed the verdict last
	JudgedAt       int64  `db:"judged_at"` // and its instant
	touchedRow
}

var verdicts = newVerdicts()

func newVerdicts() table[verdictRow] {
	t := newTable[verdictRow]("tieout_verdicts", "case_key")
	t.stamps = append(t.stamps, "run_id", "judged_at")
	return t
}

// of makes it the row of a verdict that a run gave.
func (r *verdictRow) of(v *reconcile.Verdict, runID int64, at time.Time) (err error) {
	*r = verdictRow{
		Cluster: v.Cluster, CaseKey: v.CaseKey, OrderReference: v.OrderReference, Outcome: string(v.Outcome), Reason: v.Reason, Rule: string(v.Rule),
		stoodRow: stoodRow{
			PaymentFeed: v.Payment.Feed, PaymentAccount: v.Payment.Account, PaymentKind: v.Payment.Kind, PaymentID: v.Payment.ID,
			OrderMinor: v.Order.Minor, OrderCurrency: v.Order.Currency, PaidMinor: v.Paid.Minor, PaidCurrency: v.Paid.Currency,
			RefundedMinor: v.Refunded.Minor, RefundedCurrency: v.Refunded.Currency, PaidAt: micros(v.PaidAt),
		},
		NextReviewAt: micros(v.NextReview), CoverageBound: v.CoverageBound, Stamp: stampOf(v), RunID: runID, JudgedAt: micros(at),
	}
	if v.Cancel == nil {
		return nil
	}
	if v.Cancel.Reason == "" {
		return fmt.Errorf("verdict of case %s cancels without a reason", v.CaseKey)
	}
	r.CancelReason = v.Cancel.Reason
	r.CancelEvidence, err = encodeEvidence(v.Cancel.Evidence)
	return err
}

func stampOf(v *reconcile.Verdict) string {
	return string(strconv.AppendInt(append(append(make([]byte, 0, len(v.CaseKey)+24), escapeFace(v.CaseKey)...), '\t'), v.Hash(), 10))
}

func readStamp(stamp string) reconcile.Stamp {
	r := readFace(stamp)
	return reconcile.Stamp{CaseKey: r.text(), Hash: r.number()}
}

func (r verdictRow) verdict() (reconcile.Verdict, error) {
	v := reconcile.Verdict{
		CaseKey: r.CaseKey, OrderReference: r.OrderReference, Outcome: reconcile.Outcome(r.Outcome), Reason: r.Reason,
		Rule:    reconcile.Rule(r.Rule),
		Payment: r.payment(), Order: r.order(), Paid: r.paid(), Refunded: r.refunded(), PaidAt: instant(r.PaidAt), NextReview: instant(r.NextReviewAt),
		CoverageBound: r.CoverageBound, Cluster: r.Cluster,
	}
	if r.CancelReason == "" {
		return v, nil
	}
	evidence, err := decodeEvidence(r.CancelEvidence)
	v.Cancel = &reconcile.Cancel{Reason: r.CancelReason, Evidence: evidence}
	return v, err
}

// evidenceJSON is how a piece of evidence is kept: names that an auditor can read in the database.
type evidenceJSON struct {
	Feed    string    `json:"feed"`
	Account string    `json:"account"`
	Kind    string    `json:"kind"`
	ID      string    `json:"id"`
	Status  string    `json:"status"`
	At      time.Time `json:"at"`
}

func encodeEvidence(evidence []reconcile.Evidence) (string, error) {
	list := make([]evidenceJSON, len(evidence))
	for i, e := range evidence {
		list[i] = evidenceJSON{e.Object.Feed, e.Object.Account, e.Object.Kind, e.Object.ID, e.Status, e.At.UTC()}
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func decodeEvidence(text string) ([]reconcile.Evidence, error) {
	var list []evidenceJSON
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("evidence %q: %w", text, err)
	}
	var evidence []reconcile.Evidence
	for _, e := range list {
		evidence = append(evidence, reconcile.Evidence{
			Object: reconcile.Key{Feed: e.Feed, Account: e.Account, Kind: e.Kind, ID: e.ID}, Status: e.Status, At: e.At,
		})
	}
	return evidence, nil
}

// Verdicts reads the verdicts of these cases with what is owed, in the order of their keys. Their exceptions are not
// filled in: see ExceptionsOf. A case without a verdict is left out.
func (s *Store) Verdicts(ctx context.Context, caseKeys []string) ([]reconcile.Verdict, error) {
	r := s.read()
	list, err := s.verdictsWhere(ctx, r.in("case_key")+" ORDER BY case_key", r.list(caseKeys))
	if err != nil {
		return nil, wrap(err, "read %d verdicts", len(caseKeys))
	}
	rows, err := owed.find(ctx, r, r.in("case_key")+" ORDER BY feed, account, payment_id, request_id", r.list(caseKeys))
	byCase := map[string][]reconcile.Owed{}
	for _, row := range rows {
		byCase[row.CaseKey] = append(byCase[row.CaseKey], row.owed())
	}
	for i := range list {
		list[i].Owed = byCase[list[i].CaseKey]
	}
	return list, wrap(err, "read what is owed in %d cases", len(caseKeys))
}

func (s *Store) verdictsWhere(ctx context.Context, where string, args ...any) ([]reconcile.Verdict, error) {
	rows, err := verdicts.find(ctx, s.read(), where, args...)
	if err != nil {
		return nil, err
	}
	list := make([]reconcile.Verdict, len(rows))
	for i, row := range rows {
		if list[i], err = row.verdict(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CancelCandidates reads the verdicts that call for canceling the order, by reference. Owed and Exceptions are not filled
// in.
func (s *Store) CancelCandidates(ctx context.Context) ([]reconcile.Verdict, error) {
	list, err := s.verdictsWhere(ctx, "cancel_reason <> '' ORDER BY order_reference, case_key")
	return list, wrap(err, "list orders to cancel")
}
