package simulator

// The wire shapes of Stripe's objects, field for field as the API of 2023-10-16 shows them. A field of type any that the
// renderer never sets is one that is null for Alipay.

type chargeJSON struct {
	Amount                        int64             `json:"amount"`
	AmountCaptured                int64             `json:"amount_captured"`
	AmountRefunded                int64             `json:"amount_refunded"`
	Application                   any               `json:"application"`
	ApplicationFee                any               `json:"application_fee"`
	ApplicationFeeAmount          any               `json:"application_fee_amount"`
	BalanceTransaction            any               `json:"balance_transaction"`
	BillingDetails                billingJSON       `json:"billing_details"`
	CalculatedStatementDescriptor any               `json:"calculated_statement_descriptor"`
	Captured                      bool              `json:"captured"`
	Created                       int64             `json:"created"`
	Currency                      string            `json:"currency"`
	Customer                      any               `json:"customer"`
	Description                   any               `json:"description"`
	Disputed                      bool              `json:"disputed"`
	FailureBalanceTransaction     any               `json:"failure_balance_transaction"`
	FailureCode                   any               `json:"failure_code"`
	FailureMessage                any               `json:"failure_message"`
	FraudDetails                  struct{}          `json:"fraud_details"`
	ID                            string            `json:"id"`
	Invoice                       any               `json:"invoice"`
	Livemode                      bool              `json:"livemode"`
	Metadata                      map[string]string `json:"metadata"`
	Object                        string            `json:"object"`
	OnBehalfOf                    any               `json:"on_behalf_of"`
	Outcome                       outcomeJSON       `json:"outcome"`
	Paid                          bool              `json:"paid"`
	PaymentIntent                 any               `json:"payment_intent"`
	PaymentMethod                 any               `json:"payment_method"`
	PaymentMethodDetails          map[string]any    `json:"payment_method_details"`
	ReceiptEmail                  any               `json:"receipt_email"`
	ReceiptNumber                 any               `json:"receipt_number"`
	ReceiptURL                    any               `json:"receipt_url"`
	Refunded                      bool              `json:"refunded"`
	Refunds                       any               `json:"refunds,omitempty"` // only when expanded, since 2022-11-15
	Review                        any               `json:"review"`
	Shipping                      any               `json:"shipping"`
	Source                        any               `json:"source"` // legacy, not in the public schema
	SourceTransfer                any               `json:"source_transfer"`
	StatementDescriptor           any               `json:"statement_descriptor"`
	StatementDescriptorSuffix     any               `json:"statement_descriptor_suffix"`
	Status                        string            `json:"status"`
	TransferData                  any               `json:"transfer_data"`
	TransferGroup                 any               `json:"transfer_group"`
}

type addressJSON struct {
	City       any `json:"city"`
	Country    any `json:"country"`
	Line1      any `json:"line1"`
	Line2      any `json:"line2"`
	PostalCode any `json:"postal_code"`
	State      any `json:"state"`
}

type billingJSON struct {
	Address addressJSON `json:"address"`
	Email   any         `json:"email"`
	Name    any         `json:"name"`
	Phone   any         `json:"phone"`
}

type outcomeJSON struct {
	NetworkStatus string `json:"network_status"`
	Reason        any    `json:"reason"`
	SellerMessage string `json:"seller_message"`
	Type          string `json:"type"`
}

type sourceJSON struct {
	Alipay              map[string]any    `json:"alipay"`
	Amount              int64             `json:"amount"`
	ClientSecret        string            `json:"client_secret"`
	Created             int64             `json:"created"`
	Currency            string            `json:"currency"`
	Flow                string            `json:"flow"`
	ID                  string            `json:"id"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Object              string            `json:"object"`
	Owner               ownerJSON         `json:"owner"`
	Redirect            redirectJSON      `json:"redirect"`
	StatementDescriptor any               `json:"statement_descriptor"`
	Status              string            `json:"status"`
	Type                string            `json:"type"`
	Usage               string            `json:"usage"`
}

type ownerJSON struct {
	Address         any `json:"address"`
	Email           any `json:"email"`
	Name            any `json:"name"`
	Phone           any `json:"phone"`
	VerifiedAddress any `json:"verified_address"`
	VerifiedEmail   any `json:"verified_email"`
	VerifiedName    any `json:"verified_name"`
	VerifiedPhone   any `json:"verified_phone"`
}

type redirectJSON struct {
	FailureReason any    `json:"failure_reason"`
	ReturnURL     string `json:"return_url"`
	Status        string `json:"status"`
	URL           string `json:"url"`
}

type intentJSON struct {
	Amount                            int64             `json:"amount"`
	AmountCapturable                  int64             `json:"amount_capturable"`
	AmountDetails                     map[string]any    `json:"amount_details"`
	AmountReceived                    int64             `json:"amount_received"`
	Application                       any               `json:"application"`
	ApplicationFeeAmount              any               `json:"application_fee_amount"`
	AutomaticPaymentMethods           any               `json:"automatic_payment_methods"`
	CanceledAt                        any               `json:"canceled_at"`
	CancellationReason                any               `json:"cancellation_reason"`
	CaptureMethod                     string            `json:"capture_method"`
	ClientSecret                      string            `json:"client_secret"`
	ConfirmationMethod                string            `json:"confirmation_method"`
	Created                           int64             `json:"created"`
	Currency                          string            `json:"currency"`
	Customer                          any               `json:"customer"`
	Description                       any               `json:"description"`
	ID                                string            `json:"id"`
	Invoice                           any               `json:"invoice"`
	LastPaymentError                  any               `json:"last_payment_error"`
	LatestCharge                      any               `json:"latest_charge"`
	Livemode                          bool              `json:"livemode"`
	Metadata                          map[string]string `json:"metadata"`
	NextAction                        any               `json:"next_action"`
	Object                            string            `json:"object"`
	OnBehalfOf                        any               `json:"on_behalf_of"`
	PaymentMethod                     any               `json:"payment_method"`
	PaymentMethodConfigurationDetails any               `json:"payment_method_configuration_details"`
	PaymentMethodOptions              map[string]any    `json:"payment_method_options"`
	PaymentMethodTypes                []string          `json:"payment_method_types"`
	Processing                        any               `json:"processing"`
	ReceiptEmail                      any               `json:"receipt_email"`
	Review                            any               `json:"review"`
	SetupFutureUsage                  any               `json:"setup_future_usage"`
	Shipping                          any               `json:"shipping"`
	StatementDescriptor               any               `json:"statement_descriptor"`
	StatementDescriptorSuffix         any               `json:"statement_descriptor_suffix"`
	Status                            string            `json:"status"`
	TransferData                      any               `json:"transfer_data"`
	TransferGroup                     any               `json:"transfer_group"`
}

type refundJSON struct {
	Amount                    int64             `json:"amount"`
	BalanceTransaction        any               `json:"balance_transaction"`
	Charge                    any               `json:"charge"`
	Created                   int64             `json:"created"`
	Currency                  string            `json:"currency"`
	DestinationDetails        map[string]any    `json:"destination_details"`
	FailureBalanceTransaction any               `json:"failure_balance_transaction,omitempty"`
	FailureReason             string            `json:"failure_reason,omitempty"`
	ID                        string            `json:"id"`
	Metadata                  map[string]string `json:"metadata"`
	Object                    string            `json:"object"`
	PaymentIntent             any               `json:"payment_intent"`
	Reason                    any               `json:"reason"`
	ReceiptNumber             any               `json:"receipt_number"`
	SourceTransferReversal    any               `json:"source_transfer_reversal"`
	Status                    string            `json:"status"`
	TransferReversal          any               `json:"transfer_reversal"`
}

type disputeJSON struct {
	Amount               int64             `json:"amount"`
	BalanceTransactions  []any             `json:"balance_transactions"`
	Charge               any               `json:"charge"`
	Created              int64             `json:"created"`
	Currency             string            `json:"currency"`
	Evidence             map[string]any    `json:"evidence"`
	EvidenceDetails      evidenceJSON      `json:"evidence_details"`
	ID                   string            `json:"id"`
	IsChargeRefundable   bool              `json:"is_charge_refundable"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	Object               string            `json:"object"`
	PaymentIntent        any               `json:"payment_intent"`
	PaymentMethodDetails map[string]any    `json:"payment_method_details"`
	Reason               string            `json:"reason"`
	Status               string            `json:"status"`
}

type evidenceJSON struct {
	DueBy           int64 `json:"due_by"`
	HasEvidence     bool  `json:"has_evidence"`
	PastDue         bool  `json:"past_due"`
	SubmissionCount int   `json:"submission_count"`
}

type movementJSON struct {
	Amount            int64     `json:"amount"`
	AvailableOn       int64     `json:"available_on"`
	Created           int64     `json:"created"`
	Currency          string    `json:"currency"`
	Description       any       `json:"description"`
	ExchangeRate      any       `json:"exchange_rate"`
	Fee               int64     `json:"fee"`
	FeeDetails        []feeJSON `json:"fee_details"`
	ID                string    `json:"id"`
	Net               int64     `json:"net"`
	Object            string    `json:"object"`
	ReportingCategory string    `json:"reporting_category"`
	Source            any       `json:"source"`
	Status            string    `json:"status"`
	Type              string    `json:"type"`
}

type feeJSON struct {
	Amount      int64  `json:"amount"`
	Application any    `json:"application"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

type balanceJSON struct {
	Amount      int64            `json:"amount"`
	Currency    string           `json:"currency"`
	SourceTypes map[string]int64 `json:"source_types"`
}

type payoutJSON struct {
	Amount                    int64             `json:"amount"`
	ArrivalDate               int64             `json:"arrival_date"`
	Automatic                 bool              `json:"automatic"`
	BalanceTransaction        any               `json:"balance_transaction"`
	Created                   int64             `json:"created"`
	Currency                  string            `json:"currency"`
	Description               string            `json:"description"`
	Destination               string            `json:"destination"`
	FailureBalanceTransaction any               `json:"failure_balance_transaction"`
	FailureCode               any               `json:"failure_code"`
	FailureMessage            any               `json:"failure_message"`
	ID                        string            `json:"id"`
	Livemode                  bool              `json:"livemode"`
	Metadata                  map[string]string `json:"metadata"`
	Method                    string            `json:"method"`
	Object                    string            `json:"object"`
	OriginalPayout            any               `json:"original_payout"`
	ReconciliationStatus      string            `json:"reconciliation_status"`
	ReversedBy                any               `json:"reversed_by"`
	SourceType                string            `json:"source_type"`
	StatementDescriptor       any               `json:"statement_descriptor"`
	Status                    string            `json:"status"`
	Type                      string            `json:"type"`
}

type eventJSON struct {
	APIVersion      string           `json:"api_version"`
	Created         int64            `json:"created"`
	Data            eventDataJSON    `json:"data"`
	ID              string           `json:"id"`
	Livemode        bool             `json:"livemode"`
	Object          string           `json:"object"`
	PendingWebhooks int              `json:"pending_webhooks"`
	Request         eventRequestJSON `json:"request"`
	Type            string           `json:"type"`
}

type eventDataJSON struct {
	Object any `json:"object"`
}

type eventRequestJSON struct {
	ID             any `json:"id"`
	IdempotencyKey any `json:"idempotency_key"`
}
