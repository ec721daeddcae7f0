package reconcile

import (
	"fmt"
	"slices"

	"tieout/reconcile/money"
)

// owe notes money that must go back without anybody having asked.
func (j *judge) owe(payment held, why OwedWhy) {
	owed := Owed{
		Payment: payment.Key, Amount: payment.netAmount(), Why: why, WindowEndsAt: j.policy.WindowEnd(payment.Payment),
		Decision: DecisionPerson, Reason: "nobody has asked for this refund",
	}
	j.verdict.Owed = append(j.verdict.Owed, owed)
	j.goBack = append(j.goBack, owed)
}

const windowCloses = "the refund window closes"

// window raises REFUND_WINDOW_CLOSING or REFUND_OUT_OF_WINDOW, one row per payment of which money must go back.
func (j *judge) window() {
	j.lessAsked()
	var seen []Key
	for _, owed := range j.goBack {
		if owed.WindowEndsAt.IsZero() || slices.Contains(seen, owed.Payment) {
			continue
		}
		seen = append(seen, owed.Payment)
		j.windowOf(j.inOneRow(owed.Payment))
	}
}

// inOneRow is all that must go back of a payment: what is owed without a request, of which requests are a part, or else
// the requests together.
func (j *judge) inOneRow(payment Key) Owed {
	var row Owed
	for _, owed := range j.goBack {
		switch {
		case owed.Payment != payment:
		case owed.RequestID == "":
			return owed
		case row.RequestID == "":
			row = owed
		case row.Amount.Currency == owed.Amount.Currency:
			row.Amount.Minor += owed.Amount.Minor
		}
	}
	return row
}

// lessAsked takes what was asked for of a payment, and not rejected, off what is owed of it without a request: that is a
// part of the same money, and no money is to be listed twice.
func (j *judge) lessAsked() {
	kept := j.verdict.Owed[:0]
	for _, owed := range j.verdict.Owed {
		if owed.RequestID == "" {
			owed.Amount.Minor -= j.askedOf(owed.Payment)
		}
		if owed.RequestID != "" || owed.Amount.Minor > 0 {
			kept = append(kept, owed)
		}
	}
	j.verdict.Owed = kept
}

// askedOf is in minor units of the payment's currency: a request in another one is rejected.
func (j *judge) askedOf(payment Key) int64 {
	var sum int64
	for _, owed := range j.goBack {
		if owed.Payment == payment && owed.RequestID != "" && owed.Decision != DecisionRejected {
			sum += owed.Amount.Minor
		}
	}
	return sum
}

func (j *judge) windowOf(owed Owed) {
	closed := !j.now.Before(owed.WindowEndsAt)
	j.noteMustGoBack(RefundOutOfWindow, owed)
	j.noteTime("the refund window has closed", closed, "it closes at", owed.WindowEndsAt)
	if closed {
		j.raiseWindow(owed, RefundOutOfWindow, "", fmt.Sprintf("must go back (%s), and the window closed at %s", owed.Why, at(owed.WindowEndsAt)))
		return
	}
	j.reviewAt(owed.WindowEndsAt, windowCloses)
	stage := -1
	for i, warning := range j.policy.RefundWarnings {
		if begins := owed.WindowEndsAt.Add(-warning); j.reached(begins, "a warning before the refund window closes is due") {
			stage = i
		}
	}
	j.noteMustGoBack(RefundWindowClosing, owed)
	j.noteFirstWarning(owed, stage >= 0)
	if stage < 0 {
		return
	}
	j.raiseWindow(owed, RefundWindowClosing, stageSeverity(stage), fmt.Sprintf("must go back (%s), and the window closes at %s", owed.Why, at(owed.WindowEndsAt)))
}

// stageSeverity rises with each warning that has passed: 14, 7, 3, 1 days by default.
func stageSeverity(stage int) Severity {
	severities := []Severity{Low, Medium, High, Critical}
	return severities[min(stage, len(severities)-1)]
}

func (j *judge) raiseWindow(owed Owed, code Code, severity Severity, text string) {
	expected, actual := money.Amount{Currency: owed.Amount.Currency}, owed.Amount
	if owed.RequestID != "" {
		expected, actual = owed.Amount, money.Amount{Currency: owed.Amount.Currency}
	}
	j.raise(owed.Payment, Exception{
		Code: code, Severity: severity, TransactionReference: owed.Payment.ID, Expected: expected, Actual: actual, DueAt: owed.WindowEndsAt,
		Explanation: fmt.Sprintf("%s of payment %s %s.", owed.Amount, owed.Payment.ID, text),
	})
}
