package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"tieout/feeds"
	"tieout/reconcile/money"
)

// Stripe's limits on what names a refund.
const (
	longestIdempotencyKey = 255
	longestReference      = 500 // a metadata value
)

// Refund gives money of a charge back. It first reads the charge's refunds: one that carries the instruction's reference
// was made by an earlier try, and is the outcome, because Stripe forgets an idempotency key after a day (stripe.md §3).
//
// An error means that no money moved and that the same instruction may be tried again: the reading failed, the key was
// refused (ErrUnauthorized), no byte was sent, or Stripe had too many requests.
func (c *Client) Refund(ctx context.Context, instruction feeds.RefundInstruction) (feeds.RefundOutcome, error) {
	body, err := refundForm(instruction)
	if err != nil {
		return feeds.RefundOutcome{}, fmt.Errorf("refund charge %q: %w", instruction.Payment.ID, err)
	}
	made, strange, err := c.findRefund(ctx, instruction)
	if err != nil {
		return feeds.RefundOutcome{}, fmt.Errorf("list refunds of charge %s: %w", instruction.Payment.ID, err)
	}
	if made != nil {
		return made.outcome(), nil
	}
	if strange != "" {
		return feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: "refund " + strange + " of the same charge was not known when this one was decided, and may be the same money: nothing was sent"}, nil
	}
	var answer refundAnswer
	err = c.api.post(ctx, pathOf(kindRefund), body, instruction.IdempotencyKey, &answer)
	if err == nil {
		return answer.outcome(), nil
	}
	outcome, err := refusal(err)
	if err != nil {
		return feeds.RefundOutcome{}, fmt.Errorf("refund charge %s: %w", instruction.Payment.ID, err)
	}
	return outcome, nil
}

func refundForm(instruction feeds.RefundInstruction) (*form.Values, error) {
	payment := instruction.Payment
	switch {
	case payment.Kind != kindCharge || payment.ID == "":
		return nil, fmt.Errorf("a refund needs a charge, not a %q", payment.Kind)
	case instruction.Amount <= 0:
		return nil, fmt.Errorf("the amount %d is not above zero", instruction.Amount)
	case instruction.IdempotencyKey == "" || len(instruction.IdempotencyKey) > longestIdempotencyKey:
		return nil, fmt.Errorf("the idempotency key must have 1 to %d characters", longestIdempotencyKey)
	case instruction.Reference == "" || len(instruction.Reference) > longestReference:
		return nil, fmt.Errorf("the refund's reference must have 1 to %d characters", longestReference)
	}
	units, err := toStripe(money.Amount{Minor: instruction.Amount, Currency: payment.Amount.Currency})
	if err != nil {
		return nil, err
	}
	body := &form.Values{}
	body.Add("charge", payment.ID)
	body.Add("amount", strconv.FormatInt(units, 10))
	body.Add("metadata["+refundMark+"]", instruction.Reference)
	return body, nil
}

// findRefund returns the refund of a charge that carries our reference, or nil; and the id of one that somebody else made
// and that the decision did not know, or nothing.
func (c *Client) findRefund(ctx context.Context, instruction feeds.RefundInstruction) (made *refundAnswer, strange string, err error) {
	for data, err := range c.api.pages(ctx, pathOf(kindRefund), []filter{{"charge", instruction.Payment.ID}}) {
		if err != nil {
			return nil, "", err
		}
		for _, raw := range data {
			var refund refundAnswer
			if err := json.Unmarshal(raw, &refund); err != nil {
				return nil, "", errors.New("one of them cannot be read, and may be the one that was to be made")
			}
			if refund.Metadata[refundMark] == instruction.Reference {
				return &refund, "", nil
			}
			if refund.stands() && refund.Metadata[refundMark] == "" && !slices.Contains(instruction.Known, refund.ID) {
				strange = refund.ID
			}
		}
	}
	return nil, strange, nil
}

// refundAnswer is a refund as Stripe shows it.
type refundAnswer struct {
	stripego.APIResource
	ID            string            `json:"id"`
	Status        string            `json:"status"`
	FailureReason string            `json:"failure_reason"`
	Metadata      map[string]string `json:"metadata"`
}

// stands reports whether a refund moved money, or is about to.
func (r refundAnswer) stands() bool { return r.Status != "failed" && r.Status != "canceled" }

// outcome says what a refund that exists at Stripe comes to. One that failed or was canceled moved nothing.
func (r refundAnswer) outcome() feeds.RefundOutcome {
	switch {
	case r.ID == "":
		return feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: "Stripe accepted the refund and did not name it"}
	case !r.stands():
		return feeds.RefundOutcome{State: feeds.RefundRefused, RefundID: r.ID, Reason: join("refund "+r.Status, r.FailureReason)}
	}
	return feeds.RefundOutcome{State: feeds.RefundMade, RefundID: r.ID}
}

// refusal tells apart what Stripe refused, what is unknown, and what surely moved nothing and may be tried again (an
// error). Only Stripe's own word is a refusal: an idempotency error or a conflict speaks of another request that may have
// moved the money, and an answer of something in between says nothing.
func refusal(err error) (feeds.RefundOutcome, error) {
	var failed *failure
	if !errors.As(err, &failed) || !failed.sent || errors.Is(err, ErrUnauthorized) || failed.status == http.StatusTooManyRequests {
		return feeds.RefundOutcome{}, err
	}
	outcome := feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: failed.Error()}
	switch failed.status {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound:
		if failed.answer != nil && refuses(failed.answer.Type) {
			outcome.State = feeds.RefundRefused
		}
	}
	return outcome, nil
}

func refuses(kind stripego.ErrorType) bool {
	return kind == stripego.ErrorTypeCard || kind == stripego.ErrorTypeInvalidRequest
}
