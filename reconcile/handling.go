package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reason is why a person resolved an exception: one of a closed list, so that what was resolved can be counted by reason.
type Reason string

// The reasons. ReasonOther says nothing by itself, so it needs a note.
const (
	ReasonRefunded       Reason = "refunded"
	ReasonPaidOutside    Reason = "paid-outside"
	ReasonCustomerAgreed Reason = "customer-agreed"
	ReasonDataCorrected  Reason = "data-corrected"
	ReasonDuplicateEntry Reason = "duplicate-entry"
	ReasonWrittenOff     Reason = "written-off"
	ReasonFalseAlarm     Reason = "false-alarm"
	ReasonOther          Reason = "other"
)

// Reasons lists them all, in the order of docs/EXCEPTIONS.md.
func Reasons() []Reason {
	return []Reason{ReasonRefunded, ReasonPaidOutside, ReasonCustomerAgreed, ReasonDataCorrected, ReasonDuplicateEntry, ReasonWrittenOff, ReasonFalseAlarm, ReasonOther}
}

// Handling is what a person decides on some exceptions: to acknowledge or to resolve them.
type Handling struct {
	To     ExceptionStatus // StatusAcknowledged or StatusResolved
	Who    string
	Reason Reason // of a resolution; empty else
	Note   string
	At     time.Time
}

// Check returns what is wrong with a handling. Nobody may be called ByTieout: that name tells what tieout resolved by
// itself, which reopens when its cause returns, from what a person did.
func (h Handling) Check() error {
	switch {
	case h.To != StatusAcknowledged && h.To != StatusResolved:
		return fmt.Errorf("a person acknowledges or resolves an exception, and does not make it %q", h.To)
	case strings.TrimSpace(h.Who) == "" || h.Who == ByTieout:
		return fmt.Errorf("%q is not the name of a person", h.Who)
	case h.To == StatusAcknowledged && h.Reason != "":
		return fmt.Errorf("an acknowledgement has no reason, and was given %q", h.Reason)
	case h.To == StatusResolved && !slices.Contains(Reasons(), h.Reason):
		return fmt.Errorf("no such reason %q", h.Reason)
	case h.Reason == ReasonOther && strings.TrimSpace(h.Note) == "":
		return fmt.Errorf("the reason %q needs a note", ReasonOther)
	default:
		return nil
	}
}

// Plan is what a handling makes of some exceptions.
type Plan struct {
	Records []ExceptionRecord // those that change, as they will be
	Changes []ExceptionChange // one for each of Records
	Left    []ExceptionRecord // left alone: they have the status already, or are resolved
}

// Plan applies the handling to records, in their order.
func (h Handling) Plan(records []ExceptionRecord) Plan {
	var p Plan
	for _, record := range records {
		if record.Status == h.To || !record.Stands() {
			p.Left = append(p.Left, record)
			continue
		}
		p.Changes = append(p.Changes, ExceptionChange{ID: record.ID(), At: h.At, Who: h.Who, From: record.Status, To: h.To, Reason: string(h.Reason), Note: h.Note})
		record.Status, record.Note = h.To, h.Note
		if h.To == StatusResolved {
			record.ResolvedAt, record.ResolvedBy, record.Resolution = h.At, h.Who, string(h.Reason)
		}
		p.Records = append(p.Records, record)
	}
	return p
}

// Mark is the number of exceptions that a plan changes and a digest of which they are, in what status and with what
// figures. Two plans with one mark change the same.
func (p Plan) Mark() string {
	lines := make([]string, len(p.Records))
	for i, record := range p.Records {
		lines[i] = record.in(p.Changes[i].From)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return fmt.Sprintf("%d-%s", len(lines), hex.EncodeToString(sum[:4]))
}

// State is a digest of which exception a record is, in what status and with what figures. A decision that was made on another
// state is out of date: the exception has moved since.
func (r ExceptionRecord) State() string {
	sum := sha256.Sum256([]byte(r.in(r.Status)))
	return hex.EncodeToString(sum[:8])
}

// in writes which exception it is, a status and the figures.
func (r ExceptionRecord) in(status ExceptionStatus) string {
	return strings.Join([]string{r.ID(), string(status), r.Currency, r.Expected.String(), r.Actual.String()}, "\x00")
}

// Meets reports whether a plan is the one that was expected: a mark, or a number of exceptions alone. Empty expects nothing.
func (p Plan) Meets(expected string) bool {
	return expected == "" || expected == p.Mark() || expected == fmt.Sprint(len(p.Records))
}
