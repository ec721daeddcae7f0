package trustpayments

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// record is one transaction as a query shows it. A field that does not apply is absent.
type record struct {
	TransactionReference text `json:"transactionreference"`
	ParentReference      text `json:"parenttransactionreference"`
	OrderReference       text `json:"orderreference"`
	RequestType          text `json:"requesttypedescription"`
	PaymentType          text `json:"paymenttypedescription"`
	Currency             text `json:"currencyiso3a"`
	BaseAmount           text `json:"baseamount"`
	SettleBaseAmount     text `json:"settlebaseamount"`
	SettleStatus         text `json:"settlestatus"`
	ErrorCode            text `json:"errorcode"`
	ErrorMessage         text `json:"errormessage"`
	Started              text `json:"transactionstartedtimestamp"`
	Settled              text `json:"settledtimestamp"`
}

// failed reports whether the gateway refused the transaction. A record without errorcode is judged by its settlestatus.
func (r record) failed() bool { return r.ErrorCode != "" && r.ErrorCode != "0" }

// The settlestatus of a transaction (source document 002; vendor's article 4402724045073).
const (
	settlePending   = "0"
	settleManual    = "1" // pending, by hand, skips the gateway's checks
	settleSuspended = "2"
	settleCancelled = "3"
	settling        = "10"
	settled         = "100"
)

// NewNormaliser returns the pure function that reads an observation as a Payment, a Refund or a Rejection. A payment is in
// scope when its payment type is one of those named, in any case; no names mean ALIPAY. A payment that does not tell its
// type is in scope: silence must not hide money.
func NewNormaliser(paymentTypes []string) feeds.Normalise {
	if len(paymentTypes) == 0 {
		paymentTypes = []string{"ALIPAY"}
	}
	types := map[string]bool{"": true}
	for _, name := range paymentTypes {
		types[strings.ToUpper(name)] = true
	}
	return normaliser{types}.normalise
}

type normaliser struct {
	inScope map[string]bool // payment types in upper case
}

func (n normaliser) normalise(observed feeds.Observation) reconcile.Record {
	var r record
	if err := json.Unmarshal(observed.Body, &r); err != nil {
		return reconcile.Rejection{Key: observed.Key, Reason: "the record is no JSON object"}
	}
	read, err := n.read(observed.Key, r)
	if err != nil {
		return reconcile.Rejection{
			Key: observed.Key, Reason: err.Error(), Reference: string(r.OrderReference), LinkedID: string(r.ParentReference),
		}
	}
	return read
}

func (n normaliser) read(key reconcile.Key, r record) (reconcile.Record, error) {
	if r.TransactionReference == "" {
		return nil, errors.New("the record has no transactionreference")
	}
	switch key.Kind {
	case KindAuth:
		return n.payment(key, r)
	case KindRefund:
		return refund(key, r)
	default:
		return nil, fmt.Errorf("request type %q is neither AUTH nor REFUND and was not asked for", r.RequestType)
	}
}

func (n normaliser) payment(key reconcile.Key, r record) (reconcile.Record, error) {
	amount, err := r.amount()
	if err != nil {
		return nil, err
	}
	created, err := r.started()
	if err != nil {
		return nil, err
	}
	status, err := r.paymentStatus()
	if err != nil {
		return nil, err
	}
	payment := reconcile.Payment{
		Key: key, Reference: string(r.OrderReference), Amount: amount, Status: status, SettleStatus: string(r.SettleStatus),
		InScope: n.inScope[strings.ToUpper(string(r.PaymentType))], CreatedAt: created,
	}
	if status == reconcile.PaymentSucceeded {
		payment.SucceededAt = r.succeeded(created)
	}
	return payment, nil
}

// paymentStatus reads settlestatus, and errorcode where settlestatus leaves it open. A declined Alipay AUTH is at 3 with an
// errorcode and can, rarely, become 100 (source document 002); whether its errorcode is then cleared is not said. So 100 is
// money and 3 is canceled, which is read again, whatever the errorcode.
func (r record) paymentStatus() (reconcile.PaymentStatus, error) {
	switch {
	case r.SettleStatus == settled:
		return reconcile.PaymentSucceeded, nil
	case r.SettleStatus == settleCancelled:
		return reconcile.PaymentCanceled, nil
	case r.failed():
		return reconcile.PaymentFailed, nil
	}
	switch r.SettleStatus {
	case settlePending, settleManual, settling:
		return reconcile.PaymentPending, nil
	case settleSuspended:
		return reconcile.PaymentSuspended, nil
	default:
		return "", fmt.Errorf("unknown settlestatus %q", r.SettleStatus)
	}
}

func refund(key reconcile.Key, r record) (reconcile.Record, error) {
	if r.ParentReference == "" {
		return nil, errors.New("the refund names no payment: no parenttransactionreference")
	}
	amount, err := r.amount()
	if err != nil {
		return nil, err
	}
	created, err := r.started()
	if err != nil {
		return nil, err
	}
	status, reason, err := r.refundStatus()
	if err != nil {
		return nil, err
	}
	return reconcile.Refund{
		Key: key, PaymentID: string(r.ParentReference), Reference: string(r.OrderReference),
		Amount: amount, Status: status, Reason: reason, CreatedAt: created,
	}, nil
}

// refundStatus reads a refund's state: Alipay's settle at once (100), a card's are pending first, and until it settles a
// refund can be suspended or canceled like a payment.
func (r record) refundStatus() (reconcile.RefundStatus, string, error) {
	switch {
	case r.failed():
		return reconcile.RefundFailed, strings.TrimSpace(string(r.ErrorCode + " " + r.ErrorMessage)), nil
	case r.SettleStatus == settled:
		return reconcile.RefundSucceeded, "", nil
	case r.SettleStatus == settleCancelled:
		return reconcile.RefundFailed, "canceled before it settled (settlestatus 3)", nil
	}
	switch r.SettleStatus {
	case settlePending, settleManual, settleSuspended, settling:
		return reconcile.RefundPending, "", nil
	default:
		return "", "", fmt.Errorf("unknown settlestatus %q", r.SettleStatus)
	}
}

// amount is what settles: settlebaseamount is lowered when a payment is changed before it settles, baseamount is what was
// asked for. Both are in minor units.
func (r record) amount() (money.Amount, error) {
	asked, err := minorUnits("baseamount", r.BaseAmount)
	if err != nil {
		return money.Amount{}, err
	}
	settles, err := minorUnits("settlebaseamount", r.SettleBaseAmount)
	if err != nil {
		return money.Amount{}, err
	}
	if r.BaseAmount == "" && r.SettleBaseAmount == "" {
		return money.Amount{}, errors.New("no baseamount")
	}
	if settles > 0 {
		asked = settles
	}
	return money.New(asked, string(r.Currency))
}

// minorUnits reads a whole number that is not negative; an absent one is zero.
func minorUnits(field string, value text) (int64, error) {
	if value == "" {
		return 0, nil
	}
	minor, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || minor < 0 || value[0] == '+' {
		return 0, fmt.Errorf("%s %q is not a whole number of minor units", field, value)
	}
	return minor, nil
}

func (r record) started() (time.Time, error) {
	started, err := time.Parse(timeLayout, string(r.Started))
	if err != nil {
		return time.Time{}, fmt.Errorf("transactionstartedtimestamp %q is not a time like %s", r.Started, timeLayout)
	}
	return started, nil
}

// succeeded is when the payment settled. The format of settledtimestamp is undocumented; where it cannot be read, or is
// absent, the start stands in for it.
func (r record) succeeded(started time.Time) time.Time {
	if at, err := time.Parse(timeLayout, string(r.Settled)); err == nil {
		return at
	}
	return started
}
