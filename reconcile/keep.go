package reconcile

import "strings"

// What is kept of a judgement lives longer than the facts that it was made from, whose texts are parts of long ones: a thousand records
// may have been read at once. So what is kept has texts of its own. Else each verdict that changed, of a few in a million, would hold
// on to a thousand records.

// ofItsOwn gives texts memory of their own, one piece for all of them.
func ofItsOwn(texts ...*string) {
	size := 0
	for _, text := range texts {
		size += len(*text)
	}
	var all strings.Builder
	all.Grow(size)
	for _, text := range texts {
		all.WriteString(*text)
	}
	rest := all.String()
	for _, text := range texts {
		end := len(*text)
		*text, rest = rest[:end], rest[end:]
	}
}

// detach gives a verdict texts of its own, and lets go of its exceptions: they are kept by themselves.
func (v *Verdict) detach() {
	v.Exceptions = nil
	ofItsOwn(&v.CaseKey, &v.OrderReference, &v.Reason, &v.Cluster, &v.Payment.Feed, &v.Payment.Account, &v.Payment.Kind, &v.Payment.ID,
		&v.Order.Currency, &v.Paid.Currency, &v.Refunded.Currency)
	for i := range v.Owed {
		o := &v.Owed[i]
		ofItsOwn(&o.Payment.Feed, &o.Payment.Account, &o.Payment.Kind, &o.Payment.ID, &o.RequestID, &o.Amount.Currency, &o.Reason)
	}
	if v.Cancel != nil {
		for i := range v.Cancel.Evidence {
			e := &v.Cancel.Evidence[i]
			ofItsOwn(&e.Object.Feed, &e.Object.Account, &e.Object.Kind, &e.Object.ID, &e.Status)
		}
	}
}

// detach gives an exception texts of its own.
func (r *ExceptionRecord) detach() {
	ofItsOwn(&r.CaseKey, &r.Feed, &r.Account, &r.OrderReference, &r.TransactionReference, &r.Currency, &r.Explanation, &r.NextStep, &r.Cluster,
		&r.Expected.Currency, &r.Actual.Currency, &r.Difference.Currency, &r.ResolvedBy, &r.Resolution, &r.Note)
}
