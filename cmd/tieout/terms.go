package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tieout/reconcile"
	"tieout/reports"
	"tieout/sql/store"
)

// terms are what shapes a report besides what is held: they are recorded with it, so that it can be written again when the configuration
// is another one.
type terms struct {
	Zone       zone             `json:"zone"`
	Formats    []string         `json:"formats"`
	Accounts   []account        `json:"accounts"`    // every configured one, in the order of the configuration
	Policy     reconcile.Policy `json:"policy"`      // durations in nanoseconds
	CutoffZone zone             `json:"cutoff_zone"` // of the policy
	Failed     []string         `json:"failed"`      // steps of the run before the report
}

type account struct {
	Feed    string `json:"feed"`
	Account string `json:"account"`
}

// zone is a time zone that JSON knows by its name.
type zone struct{ *time.Location }

// MarshalText writes the name.
func (z zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText looks the name up.
func (z *zone) UnmarshalText(name []byte) (err error) {
	z.Location, err = time.LoadLocation(string(name))
	return err
}

// terms are those of now.
func (p *parts) terms(failed []string) terms {
	t := terms{Zone: zone{p.config.Timezone.Location}, Formats: p.config.Reports.Formats, Policy: policy(p.config.Policy), Failed: failed}
	for _, at := range p.accounts() {
		t.Accounts = append(t.Accounts, account{at.Feed, at.Account})
	}
	return t
}

// text writes terms as JSON, which has no word for a zone inside the policy.
func (t terms) text() (string, error) {
	t.CutoffZone, t.Policy.Source.CutoffZone = zone{t.Policy.Source.CutoffZone}, nil
	text, err := json.Marshal(t)
	return string(text), err
}

func readTerms(text string) (t terms, err error) {
	err = json.Unmarshal([]byte(text), &t)
	t.Policy.Source.CutoffZone = t.CutoffZone.Location
	return t, err
}

// record keeps what is needed to write the report again, and to see that it came out the same.
func (p *parts) record(ctx context.Context, runID int64, e edition, written reports.Written) error {
	text, err := e.terms.text()
	if err != nil {
		return fmt.Errorf("record the terms of the report: %w", err)
	}
	report := store.Report{
		FinanceDay: e.financeDay(e.asOf), AsOf: e.asOf, Held: e.store.Change(), RunID: runID, Version: e.version, Terms: text,
	}
	for _, file := range written.Files {
		report.Files = append(report.Files, store.ReportFile{Name: file.Name, Rows: file.Rows, Bytes: file.Bytes, SHA256: file.SHA256})
	}
	return p.store.AddReport(ctx, report)
}
