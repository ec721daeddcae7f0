package reconcile

import (
	"fmt"
	"time"
)

// Choice is what a person decided on one exception, having seen it in a state.
type Choice struct {
	ID       string // of the exception
	State    string // ExceptionRecord.State when it was decided
	Handling Handling
}

// Decide applies each decision to its exception. held are the exceptions that are known, in any order. refusals has a
// sentence for each decision that is not carried out, in the order of the decisions, and an empty text for each other: an
// exception that is not known, that has moved since the person saw it, that is decided on twice, or a handling that is not one.
func Decide(decisions []Choice, held []ExceptionRecord) (plan Plan, refusals []string) {
	byID := make(map[string]ExceptionRecord, len(held))
	for _, record := range held {
		byID[record.ID()] = record
	}
	refusals = make([]string, len(decisions))
	decided := map[string]bool{}
	for i, d := range decisions {
		record, known := byID[d.ID]
		switch {
		case !known:
			refusals[i] = fmt.Sprintf("no exception %q is known", d.ID)
		case decided[d.ID]:
			refusals[i] = "decided on twice: the first decision counts"
		case record.State() != d.State && record.Status != d.Handling.To: // one that has come to what was decided is left alone
			refusals[i] = moved(record)
		default:
			refusals[i] = plan.take(d, record)
		}
		decided[d.ID] = decided[d.ID] || refusals[i] == ""
	}
	return plan, refusals
}

// take adds what one decision changes, or returns why it changes nothing.
func (p *Plan) take(d Choice, record ExceptionRecord) (refusal string) {
	if err := d.Handling.Check(); err != nil {
		return err.Error()
	}
	one := d.Handling.Plan([]ExceptionRecord{record})
	p.Records, p.Changes, p.Left = append(p.Records, one.Records...), append(p.Changes, one.Changes...), append(p.Left, one.Left...)
	return ""
}

// moved says how an exception stands now.
func moved(r ExceptionRecord) string {
	how := fmt.Sprintf("it is %s now", r.Status)
	if r.Status == StatusResolved {
		how += fmt.Sprintf(", by %s at %s", r.ResolvedBy, r.ResolvedAt.UTC().Format(time.RFC3339))
	}
	if r.Difference.Currency != "" {
		how += fmt.Sprintf(", with a difference of %s", r.Difference)
	}
	return "the exception has moved since the report: " + how + "; decide on it in a newer report"
}
