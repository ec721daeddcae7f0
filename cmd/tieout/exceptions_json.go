package main

import (
	"encoding/json"
	"io"
	"iter"
	"time"

	"tieout/reconcile"
)

// exceptionJSON is an exception for programs. Every field is always there; what is not known is null, or an empty text.
type exceptionJSON struct {
	ID                   string      `json:"id"`
	Code                 string      `json:"code"`
	Severity             string      `json:"severity"`
	Status               string      `json:"status"`
	CaseKey              string      `json:"case_key"`
	Feed                 string      `json:"feed"`
	Account              string      `json:"account"`
	OrderReference       string      `json:"order_reference"`
	TransactionReference string      `json:"transaction_reference"`
	Currency             string      `json:"currency"`
	Expected             *toldAmount `json:"expected"`
	Actual               *toldAmount `json:"actual"`
	Difference           *toldAmount `json:"difference"`
	FirstSeen            *time.Time  `json:"first_seen"`
	LastSeen             *time.Time  `json:"last_seen"`
	DueAt                *time.Time  `json:"due_at"`
	Explanation          string      `json:"explanation"`
	NextStep             string      `json:"next_step"`
	ResolvedAt           *time.Time  `json:"resolved_at"`
	ResolvedBy           string      `json:"resolved_by"`
	Resolution           string      `json:"resolution"`
	Note                 string      `json:"note"`
}

// lifeJSON is an exception with its changes, oldest first.
type lifeJSON struct {
	exceptionJSON
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	RunID  int64     `json:"run_id"` // 0: by a person
	From   string    `json:"from"`   // empty for the first
	To     string    `json:"to"`
	Reason string    `json:"reason"`
	Note   string    `json:"note"`
}

func newEncoder(out io.Writer) *json.Encoder {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder
}

func encodeExceptions(out io.Writer, records iter.Seq2[reconcile.ExceptionRecord, error]) error {
	encoder := newEncoder(out)
	for record, err := range records {
		if err == nil {
			err = encoder.Encode(jsonOfException(record))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func jsonOfException(r reconcile.ExceptionRecord) exceptionJSON {
	return exceptionJSON{
		ID: r.ID(), Code: string(r.Code), Severity: string(r.Severity), Status: string(r.Status), CaseKey: r.CaseKey, Feed: r.Feed, Account: r.Account,
		OrderReference: r.OrderReference, TransactionReference: r.TransactionReference, Currency: r.Currency,
		Expected: tellAmount(r.Expected), Actual: tellAmount(r.Actual), Difference: tellAmount(r.Difference),
		FirstSeen: jsonOfTime(r.FirstSeen), LastSeen: jsonOfTime(r.LastSeen), DueAt: jsonOfTime(r.DueAt), Explanation: r.Explanation, NextStep: r.NextStep,
		ResolvedAt: jsonOfTime(r.ResolvedAt), ResolvedBy: r.ResolvedBy, Resolution: r.Resolution, Note: r.Note,
	}
}

func jsonOfLife(r reconcile.ExceptionRecord, changes []reconcile.ExceptionChange) lifeJSON {
	life := lifeJSON{exceptionJSON: jsonOfException(r), Changes: make([]changeJSON, len(changes))}
	for i, c := range changes {
		life.Changes[i] = changeJSON{At: c.At, Who: c.Who, RunID: c.RunID, From: string(c.From), To: string(c.To), Reason: c.Reason, Note: c.Note}
	}
	return life
}

func jsonOfTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
