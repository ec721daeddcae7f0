package trustpayments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"

	"tieout/feeds"
)

// maxName is how many characters of an orderreference the gateway keeps for certain (source document 002).
const maxName = 25

// refundElement is the element of a request that gives money back. Without baseamount it is the whole payment. It has no
// accounttypedescription, ever: "CFT" would turn it into a payout to a card (vendor's article 4402771924497).
type refundElement struct {
	Types          []string `json:"requesttypedescriptions"`
	Site           string   `json:"sitereference"`
	Parent         string   `json:"parenttransactionreference"`
	BaseAmount     string   `json:"baseamount,omitempty"`
	OrderReference string   `json:"orderreference,omitempty"`
	Reference      string   `json:"requestreference,omitempty"`
}

func (e refundElement) referenced(reference string) any {
	e.Reference = reference
	return e
}

// Refund gives money back once. The gateway has no idempotency key and would pay a repeated partial refund twice, so the
// refunds that the payment already has are read first, and the request goes out a second time only if no connection was
// made for the first.
//
// An error means that this call has moved nothing: the instruction is wrong, the gateway could not be read or reached, or
// it refused access. RefundUnknown means that a person or a later call must look: a transaction may show up minutes after
// it was made, so a call for the same refund within five minutes of an unknown outcome proves nothing.
func (c *Client) Refund(ctx context.Context, instruction feeds.RefundInstruction) (feeds.RefundOutcome, error) {
	if err := c.checkRefund(instruction); err != nil {
		return feeds.RefundOutcome{}, fmt.Errorf("refund payment %s: %w", instruction.Payment.ID, err)
	}
	earlier, err := c.refundsOf(ctx, instruction.Payment.ID)
	if err != nil {
		return feeds.RefundOutcome{}, err
	}
	if outcome, known := alreadyMade(instruction, earlier); known {
		return outcome, nil
	}
	said, err := c.ask(ctx, c.refundElement(instruction, len(earlier) > 0), againForRefunds)
	if err == nil {
		return said.refundOutcome(instruction.Amount), nil
	}
	return failedRefund(fmt.Errorf("refund payment %s: %w", instruction.Payment.ID, err))
}

func (c *Client) checkRefund(instruction feeds.RefundInstruction) error {
	payment := instruction.Payment
	switch {
	case payment.Key != c.key(KindAuth, payment.ID) || payment.ID == "":
		return fmt.Errorf("%s %s %q is no payment of site %s", payment.Feed, payment.Kind, payment.Account, c.Account())
	case instruction.Amount <= 0 || instruction.Amount > payment.Amount.Minor:
		return fmt.Errorf("%d minor units are not within the payment of %s", instruction.Amount, payment.Amount)
	case !whole(instruction) && ownName(instruction) == "":
		return errors.New("a partial refund needs a reference of its own, or it could not be told from another one")
	default:
		return nil
	}
}

// whole reports whether the refund gives the whole payment back.
func whole(instruction feeds.RefundInstruction) bool {
	return instruction.Amount == instruction.Payment.Amount.Minor
}

// ownName is the orderreference that our refund carries: its reference, or a digest of it when that would be cut. It is
// empty when the refund is not named otherwise than the payment's order.
func ownName(instruction feeds.RefundInstruction) string {
	name := instruction.Reference
	if utf8.RuneCountInString(name) > maxName {
		sum := sha256.Sum256([]byte(name))
		name = "tieout-" + hex.EncodeToString(sum[:])[:maxName-len("tieout-")]
	}
	if name == instruction.Payment.Reference {
		return ""
	}
	return name
}

// refundElement names the amount unless it is the whole payment and the first refund of it: without an amount, the gateway
// may take "whole" for what is left.
func (c *Client) refundElement(instruction feeds.RefundInstruction, more bool) refundElement {
	element := refundElement{
		Types:          []string{"REFUND"},
		Site:           c.Account(),
		Parent:         instruction.Payment.ID,
		OrderReference: ownName(instruction),
	}
	if more || !whole(instruction) {
		element.BaseAmount = string(minorText(instruction.Amount))
	}
	return element
}

// refundsOf reads the refunds of a payment. The filter by parent is not documented: should the gateway overlook it, those of
// other payments are left out here, and a list that is cut is an error.
func (c *Client) refundsOf(ctx context.Context, payment string) ([]record, error) {
	about := "that refund payment " + payment
	found, err := c.query(ctx, c.filter("REFUND").with(fieldParent, payment), about)
	if err != nil && !isCode(err, codeNotFound) {
		return nil, err
	}
	if err == nil && !found.whole(c.options.MaxRecords) {
		return nil, fmt.Errorf("list transactions of site %s %s: %d records and found %d: not all of them came",
			c.Account(), about, len(found.records), found.found)
	}
	var refunds []record
	for _, raw := range found.records {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("list transactions of site %s %s: a record is no JSON object", c.Account(), about)
		}
		if r.ParentReference == text(payment) {
			refunds = append(refunds, r)
		}
	}
	return refunds, nil
}

// alreadyMade looks for the refund among those that the payment has. One that carries our name is ours. One of our amount
// that carries the order's name or none may be: it is not known whether the gateway keeps our name. Then a refund of the
// whole payment is done, whoever made it, since it cannot be given back twice; of a part, nobody but a person can tell.
func alreadyMade(instruction feeds.RefundInstruction, earlier []record) (feeds.RefundOutcome, bool) {
	name := ownName(instruction)
	for _, r := range earlier {
		if name != "" && r.OrderReference == text(name) {
			return r.refundOutcome(instruction.Amount), true
		}
	}
	for _, r := range earlier {
		nameless := r.OrderReference == "" || r.OrderReference == text(instruction.Payment.Reference)
		outcome := r.refundOutcome(instruction.Amount)
		if !nameless || r.BaseAmount != minorText(instruction.Amount) || outcome.State == feeds.RefundRefused {
			continue
		}
		if outcome.State == feeds.RefundMade && !whole(instruction) {
			outcome = feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: fmt.Sprintf(
				"refund %s of the same amount carries no name of its own: it may be this one, a person must say", r.TransactionReference)}
		}
		return outcome, true
	}
	return feeds.RefundOutcome{}, false
}

func minorText(minor int64) text { return text(strconv.FormatInt(minor, 10)) }

// refundOutcome reads a refund that the gateway shows, of which so many minor units were asked. One that it accepted may
// yet be suspended, to be released or canceled by a person, or be canceled already.
func (r record) refundOutcome(asked int64) feeds.RefundOutcome {
	outcome := func(state feeds.RefundState, format string, more ...any) feeds.RefundOutcome {
		return feeds.RefundOutcome{State: state, Reason: fmt.Sprintf("refund %s "+format, append([]any{r.TransactionReference}, more...)...)}
	}
	switch {
	case r.failed():
		said := &businessError{code: string(r.ErrorCode), message: string(r.ErrorMessage)}
		return outcome(said.meaning().refund, "failed: %v", said)
	case r.SettleStatus == settleCancelled:
		return outcome(feeds.RefundRefused, "was canceled (settlestatus 3)")
	case r.SettleStatus == settleSuspended:
		return outcome(feeds.RefundUnknown, "is suspended (settlestatus 2): release or cancel it at the provider")
	case r.BaseAmount != "" && r.BaseAmount != minorText(asked):
		return outcome(feeds.RefundUnknown, "is of %s minor units and not of the %d asked for: a person must look", r.BaseAmount, asked)
	default:
		return feeds.RefundOutcome{State: feeds.RefundMade, RefundID: string(r.TransactionReference)}
	}
}

// failedRefund sorts the ways in which a refund brought no acceptance. Whatever is not a clear answer may have moved money.
func failedRefund(err error) (feeds.RefundOutcome, error) {
	var unsent unsentError
	var said *businessError
	var status statusError
	switch {
	case errors.As(err, &unsent), errors.Is(err, ErrUnauthorized):
		return feeds.RefundOutcome{}, err
	case errors.As(err, &said):
		return feeds.RefundOutcome{State: said.meaning().refund, Reason: said.Error()}, nil
	case errors.As(err, &status) && status.code == http.StatusBadRequest: // ill-formed: the gateway read no request
		return feeds.RefundOutcome{State: feeds.RefundRefused, Reason: err.Error()}, nil
	default:
		return feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: err.Error()}, nil
	}
}
