package reconcile

// entry is what is always true of a code.
type entry struct {
	code     Code
	severity Severity
	nextStep string
}

// catalogue is the closed list of design §5 with the default severity and the next step that a person should take.
var catalogue = []entry{
	{code: MissingAtProvider, severity: High, nextStep: "Look the payment up in the provider's dashboard; if it is not there, do not ship, and ask the customer to pay again."},
	{code: MissingOrder, severity: High, nextStep: "Find the sale this money belongs to and record it, or refund the payment."},
	{code: AmountMismatch, severity: High, nextStep: "Compare the order with the payment; collect the shortfall or refund the surplus."},
	{code: CurrencyMismatch, severity: High, nextStep: "Check which currency the customer agreed to; correct the order, or refund and charge again."},
	{code: DuplicatePayment, severity: High, nextStep: "Refund this payment: another one already pays for the order."},
	{code: PaidNotRecorded, severity: High, nextStep: "Mark the order as paid and fulfil it; find out why the webhook did not arrive."},
	{code: PaidAfterCancel, severity: Critical, nextStep: "Refund the payment, or reopen the order if the customer still wants it."},
	{code: AuthorisedNotCharged, severity: Critical, nextStep: "Charge the source before the due time; after it the sale is lost."},
	{code: AuthorisationLost, severity: Medium, nextStep: "Tell the customer that no money was taken and ask them to order again; find out why the charge was not made."},
	{code: SettlementOverdue, severity: High, nextStep: "Ask Trust Payments what holds the settlement up."},
	{code: SettlementSuspended, severity: High, nextStep: "Release or cancel the payment in Trust Payments' portal: suspended, it never settles."},
	{code: PaymentCancelled, severity: High, nextStep: "Do not ship; cancel the order or ask the customer to pay again."},
	{code: RefundWindowClosing, severity: Low, nextStep: "Make the refund before the window closes; afterwards it takes a bank transfer."},
	{code: RefundOutOfWindow, severity: High, nextStep: "Pay the customer back outside the provider, by bank transfer."},
	{code: RefundExceedsPayment, severity: Medium, nextStep: "Correct the amount: no more can go back than settled, less what has gone back already."},
	{code: RefundBeforeSettlement, severity: Low, nextStep: "Wait until the payment has settled, then make the refund."},
	{code: RefundNotRecorded, severity: Medium, nextStep: "Record the refund in the shop, or find out who made it and why."},
	{code: RefundMissingAtProvider, severity: High, nextStep: "Make the refund at the provider: the shop says it is done and the customer has not got it."},
	{code: RefundFailedCode, severity: High, nextStep: "Make the refund again, or pay the customer back another way."},
	{code: Disputed, severity: High, nextStep: "Answer the dispute with evidence before the due time."},
	{code: PayoutMismatch, severity: Critical, nextStep: "Compare the payout with the bank statement and ask the provider."},
	{code: Ambiguous, severity: Medium, nextStep: "Decide which order this payment belongs to and store its id on that order."},
	{code: DataInvalid, severity: Medium, nextStep: "Look at the raw row; correct it at its origin, or the mapping in the configuration."},
	{code: Unexplained, severity: Critical, nextStep: "Find the object behind the difference at the provider; the figures do not tie out until then."},
}

func entryOf(code Code) entry {
	for _, known := range catalogue {
		if known.code == code {
			return known
		}
	}
	return entry{code: code, severity: Critical}
}

// Codes returns every code in the order of design §5.
func Codes() []Code {
	codes := make([]Code, len(catalogue))
	for i, known := range catalogue {
		codes[i] = known.code
	}
	return codes
}
