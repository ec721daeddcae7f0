package simulator

import (
	"strings"
	"time"
)

// apiVersion is the version that every answer and event is rendered in.
const apiVersion = "2023-10-16"

// view renders Stripe's objects as they are at one instant.
type view struct {
	world *World
	now   time.Time
}

// orNull turns an empty text into JSON null.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (v view) live(foreign bool) bool { return v.world.cfg.Live != foreign }

func (v view) charge(c *charge, e expansion) chargeJSON {
	back := c.refundedAt(v.now)
	out := chargeJSON{
		Amount: c.amount, AmountRefunded: back, Refunded: back >= c.amount, Created: c.created.Unix(),
		Currency: strings.ToLower(c.currency), ID: c.id, Object: "charge", Livemode: v.live(c.foreign), Metadata: c.metadata,
		BillingDetails:     billingJSON{Email: orNull(c.email), Name: "Li Hua"},
		BalanceTransaction: v.pickMovement("balance_transaction", c.movement, e),
		AmountCaptured:     c.amount, Captured: true, Paid: true, Status: "succeeded",
		Outcome:  outcomeJSON{NetworkStatus: "approved_by_network", SellerMessage: "Payment complete.", Type: "authorized"},
		Disputed: c.disputedAt(v.now),
	}
	if c.failure != "" {
		out.showFailure(c.failure)
	}
	out.PaymentMethodDetails = methodDetails(c)
	if c.source != nil {
		out.PaymentMethod = c.source.id
		out.Source = e.pick("source", c.source.id, func(expansion) any { return v.source(c.source) })
	}
	if c.intent != nil {
		out.PaymentMethod = "pm_" + c.intent.id[3:]
		out.PaymentIntent = e.pick("payment_intent", c.intent.id, func(inner expansion) any { return v.intent(c.intent, inner) })
	}
	if inner, ok := e["refunds"]; ok {
		out.Refunds = v.refundsOf(c, inner["data"])
	}
	return out
}

// showFailure turns a charge into one that took no money.
func (out *chargeJSON) showFailure(code string) {
	out.AmountCaptured, out.Captured, out.Paid, out.Status = 0, false, false, "failed"
	out.FailureCode, out.FailureMessage = code, "The customer's payment was declined by Alipay."
	out.Outcome = outcomeJSON{
		NetworkStatus: "declined_by_network", Reason: "generic_decline", SellerMessage: "The payment was declined.",
		Type: "issuer_declined",
	}
}

func methodDetails(c *charge) map[string]any {
	details := map[string]any{"buyer_id": nil, "fingerprint": nil, "transaction_id": "20" + c.id[len(c.id)-14:]}
	if c.method == "card" {
		details = map[string]any{"brand": "visa", "country": "DE", "last4": "4242", "network": "visa"}
	}
	return map[string]any{"type": c.method, c.method: details}
}

// refundedAt sums the refunds that have not failed, as amount_refunded does: a pending one counts.
func (c *charge) refundedAt(t time.Time) int64 {
	var sum int64
	for _, r := range c.refunds {
		if status, ok := r.states.at(t); ok && status != "failed" {
			sum += r.amount
		}
	}
	return sum
}

func (c *charge) disputedAt(t time.Time) bool {
	for _, d := range c.disputes {
		if !d.created.After(t) {
			return true
		}
	}
	return false
}

// refundsOf lists a charge's refunds, newest first, as the expanded field shows them.
func (v view) refundsOf(c *charge, e expansion) listJSON {
	out := listJSON{Data: []any{}, Object: "list", URL: "/v1/charges/" + c.id + "/refunds"}
	for i := len(c.refunds) - 1; i >= 0; i-- {
		if !c.refunds[i].created.After(v.now) {
			out.Data = append(out.Data, v.refund(c.refunds[i], e))
		}
	}
	return out
}

func (v view) source(s *source) sourceJSON {
	state, _ := s.states.at(v.now)
	return sourceJSON{
		Alipay: map[string]any{"data_string": nil, "native_url": nil, "statement_descriptor": nil},
		Amount: s.amount, ClientSecret: "src_client_secret_" + s.id[4:], Created: s.created.Unix(),
		Currency: strings.ToLower(s.currency), Flow: "redirect", ID: s.id, Livemode: v.live(false), Metadata: s.metadata,
		Object: "source", Owner: ownerJSON{Email: "payer@example.com"}, Status: state.status, Type: "alipay",
		Usage: "single_use",
		Redirect: redirectJSON{
			FailureReason: orNull(state.reason), Status: state.redirect, ReturnURL: "https://shop.example.com/return",
			URL: "https://hooks.stripe.com/redirect/authenticate/" + s.id,
		},
	}
}

func (v view) intent(pi *intent, e expansion) intentJSON {
	state, _ := pi.states.at(v.now)
	out := intentJSON{
		Amount: pi.amount, AmountDetails: map[string]any{"tip": struct{}{}}, CaptureMethod: "automatic",
		ClientSecret: pi.id + "_secret_" + pi.id[3:], ConfirmationMethod: "automatic", Created: pi.created.Unix(),
		Currency: strings.ToLower(pi.currency), ID: pi.id, Livemode: v.live(false), Metadata: pi.metadata,
		Object: "payment_intent", PaymentMethod: "pm_" + pi.id[3:], PaymentMethodOptions: map[string]any{},
		PaymentMethodTypes: []string{"alipay"}, Status: state.status,
	}
	if !state.canceledAt.IsZero() {
		out.CanceledAt, out.CancellationReason = state.canceledAt.Unix(), "abandoned"
	}
	if state.status == "succeeded" {
		out.AmountReceived = state.latest.amount
	}
	if state.latest != nil {
		out.LatestCharge = e.pick("latest_charge", state.latest.id, func(inner expansion) any {
			return v.charge(state.latest, inner)
		})
	}
	if state.status == "requires_payment_method" {
		out.PaymentMethod, out.LastPaymentError = nil, map[string]any{
			"type": "invalid_request_error", "code": state.latest.failure, "charge": state.latest.id,
			"message": "The customer's payment was declined by Alipay.",
		}
	}
	if state.status == "requires_action" {
		out.NextAction = map[string]any{"type": "alipay_handle_redirect", "alipay_handle_redirect": map[string]any{
			"native_data": nil, "native_url": nil, "return_url": "https://shop.example.com/return",
			"url": "https://hooks.stripe.com/redirect/authenticate/" + pi.id,
		}}
	}
	return out
}

func (v view) refund(r *refund, e expansion) refundJSON {
	status, _ := r.states.at(v.now)
	out := refundJSON{
		Amount: r.amount, BalanceTransaction: v.pickMovement("balance_transaction", r.movement, e),
		Charge:  e.pick("charge", r.charge.id, func(inner expansion) any { return v.charge(r.charge, inner) }),
		Created: r.created.Unix(), Currency: strings.ToLower(r.charge.currency), ID: r.id, Metadata: r.metadata,
		DestinationDetails: map[string]any{"type": r.charge.method, r.charge.method: struct{}{}},
		Object:             "refund", Status: status, Reason: orNull(r.reason),
	}
	if pi := r.charge.intent; pi != nil {
		out.PaymentIntent = e.pick("payment_intent", pi.id, func(inner expansion) any { return v.intent(pi, inner) })
	}
	if status == "failed" {
		out.FailureReason = "expired_or_canceled_card"
		out.FailureBalanceTransaction = v.pickMovement("failure_balance_transaction", r.returned, e)
	}
	return out
}

// evidenceFields are what a shop may answer a dispute with; nobody here ever did.
var evidenceFields = []string{"access_activity_log", "cancellation_policy", "customer_communication", "customer_name",
	"product_description", "receipt", "refund_policy", "service_date", "service_documentation", "shipping_date",
	"shipping_tracking_number", "uncategorized_text"}

func (v view) dispute(d *dispute, e expansion) disputeJSON {
	status, _ := d.states.at(v.now)
	out := disputeJSON{
		Amount: d.charge.amount, BalanceTransactions: []any{}, Created: d.created.Unix(),
		Charge:   e.pick("charge", d.charge.id, func(inner expansion) any { return v.charge(d.charge, inner) }),
		Currency: strings.ToLower(d.charge.currency), Evidence: map[string]any{}, ID: d.id, Livemode: v.live(false),
		EvidenceDetails:    evidenceJSON{DueBy: d.dueBy.Unix(), PastDue: v.now.After(d.dueBy)},
		IsChargeRefundable: len(d.movements) == 0, Metadata: map[string]string{}, Object: "dispute", Status: status,
		PaymentMethodDetails: map[string]any{"type": "alipay", "alipay": struct{}{}}, Reason: "product_not_received",
	}
	for _, field := range evidenceFields {
		out.Evidence[field] = nil
	}
	if pi := d.charge.intent; pi != nil {
		out.PaymentIntent = e.pick("payment_intent", pi.id, func(inner expansion) any { return v.intent(pi, inner) })
	}
	for _, m := range d.movements {
		if !m.created.After(v.now) {
			out.BalanceTransactions = append(out.BalanceTransactions, v.movement(m, nil))
		}
	}
	return out
}

// pickMovement shows a balance transaction that may not be there yet.
func (v view) pickMovement(field string, m *movement, e expansion) any {
	if m == nil || m.created.After(v.now) {
		return nil
	}
	return e.pick(field, m.id, func(inner expansion) any { return v.movement(m, inner) })
}

func (v view) movement(m *movement, e expansion) movementJSON {
	out := movementJSON{
		Amount: m.amount, AvailableOn: m.available.Unix(), Created: m.created.Unix(), Currency: strings.ToLower(m.currency),
		Fee: m.fee, FeeDetails: []feeJSON{}, ID: m.id, Net: m.net(), Object: "balance_transaction",
		ReportingCategory: m.category, Status: "available", Type: m.kind,
		Source: e.pick("source", m.source, func(inner expansion) any { return v.anything(m.source, inner) }),
	}
	if m.available.After(v.now) {
		out.Status = "pending"
	}
	if m.rateMicros != 0 {
		out.ExchangeRate = float64(m.rateMicros) / 1e6
	}
	if m.fee != 0 {
		out.FeeDetails = append(out.FeeDetails, feeJSON{
			Amount: m.fee, Currency: out.Currency, Description: "Stripe processing fees", Type: "stripe_fee",
		})
	}
	return out
}

func (v view) payout(p *payout, e expansion) payoutJSON {
	out := payoutJSON{
		Amount: p.amount, ArrivalDate: p.arrival.Unix(), Automatic: p.fault != payoutManual, Created: p.created.Unix(),
		BalanceTransaction: v.pickMovement("balance_transaction", p.own, e), Currency: strings.ToLower(p.currency),
		Description: "STRIPE PAYOUT", Destination: "ba_" + p.id[3:], ID: p.id, Livemode: v.live(false),
		Metadata: map[string]string{}, Method: "standard", Object: "payout", SourceType: "card",
		ReconciliationStatus: p.reconciliation(v.now), Status: p.status(v.now), Type: "bank_account",
	}
	if out.Status == "failed" {
		out.FailureCode, out.FailureMessage = "account_closed", "The bank account has been closed."
		out.FailureBalanceTransaction = v.pickMovement("failure_balance_transaction", p.returned, e)
	}
	return out
}

// event renders the object as it was when the event was made, whatever became of it since.
func (v view) event(ev *event) eventJSON {
	then := view{v.world, ev.created}
	return eventJSON{
		APIVersion: apiVersion, Created: ev.created.Unix(), Data: eventDataJSON{then.subject(ev.subject, nil)}, ID: ev.id,
		Livemode: v.live(false), Object: "event", Type: ev.kind,
	}
}

func (v view) subject(object any, e expansion) any {
	switch x := object.(type) {
	case *charge:
		return v.charge(x, e)
	case *refund:
		return v.refund(x, e)
	case *dispute:
		return v.dispute(x, e)
	case *source:
		return v.source(x)
	case *intent:
		return v.intent(x, e)
	case *payout:
		return v.payout(x, e)
	}
	return nil
}

// anything finds the object behind a balance transaction by its id.
func (v view) anything(id string, e expansion) any {
	w := v.world
	if c, ok := w.charges.find(id, v.now); ok {
		return v.charge(c, e)
	}
	if r, ok := w.refunds.find(id, v.now); ok {
		return v.refund(r, e)
	}
	if d, ok := w.disputes.find(id, v.now); ok {
		return v.dispute(d, e)
	}
	if p, ok := w.payouts.find(id, v.now); ok {
		return v.payout(p, e)
	}
	return id
}
