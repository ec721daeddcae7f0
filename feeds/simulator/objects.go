package simulator

import "time"

// The shop's own words for the states of its orders and refunds, and for the two providers.
const (
	orderNew        = "new"
	orderComplete   = "complete"
	orderVoid       = "void"
	orderReimbursed = "reimbursed"

	refundAsked    = "asked"
	refundDone     = "done"
	refundDeclined = "declined"

	gatewayStripe = "stripe"
	gatewayTrust  = "trustpayments"
	gatewayAlipay = "alipay"
)

// orderState is one version of a row of shop_orders. The times are zero until they happen.
type orderState struct {
	state      string
	paymentRef string
	paidAt     time.Time
	canceledAt time.Time
}

// shopOrder is one sale as the shop wrote it down.
type shopOrder struct {
	reference string
	gateway   string
	email     string
	currency  string
	total     int64
	created   time.Time
	states    timeline[orderState]

	story      string
	cancelFrom time.Time // when the batch job must have canceled it; zero = never
}

// requestState is one version of a row of shop_refunds.
type requestState struct {
	state  string
	doneAt time.Time
}

// refundRequest is one refund that the shop asked for or wrote down as done.
type refundRequest struct {
	id        string
	order     *shopOrder
	amount    int64
	requested time.Time
	states    timeline[requestState]
}

// sourceState is what a Stripe Source shows: its status and how the shopper's redirect went.
type sourceState struct {
	status   string
	redirect string
	reason   string // redirect.failure_reason; empty = null
}

type source struct {
	object
	amount   int64
	currency string
	metadata map[string]string
	states   timeline[sourceState]
}

// intentState is what a PaymentIntent shows; latest is nil until a charge was made.
type intentState struct {
	status     string
	latest     *charge
	canceledAt time.Time
}

type intent struct {
	object
	amount   int64
	currency string
	metadata map[string]string
	states   timeline[intentState]
}

// charge is money taken at Stripe, or a try that failed. Its refunds, disputes and movement tell what else it shows.
type charge struct {
	object
	amount   int64
	currency string
	metadata map[string]string
	email    string
	method   string // payment_method_details.type
	failure  string // failure_code of a failed charge; empty = succeeded
	foreign  bool   // of the other mode than the world's
	source   *source
	intent   *intent
	movement *movement
	refunds  []*refund
	disputes []*dispute
}

type refund struct {
	object
	charge   *charge
	amount   int64
	reason   string // empty = null
	metadata map[string]string
	states   timeline[string]
	movement *movement
	returned *movement // the failure's movement; nil unless the refund failed
}

type dispute struct {
	object
	charge    *charge
	dueBy     time.Time
	states    timeline[string]
	movements []*movement
}

// movement is one line of the Stripe balance. Amounts are in the settlement currency; net is always amount − fee.
type movement struct {
	object
	amount, fee int64
	currency    string
	kind        string // type
	category    string // reporting_category
	source      string // id of the object that it is about; empty = null
	rateMicros  int64  // exchange_rate in millionths; 0 = null
	available   time.Time
	payout      *payout
}

func (m *movement) net() int64 { return m.amount - m.fee }

// event is one entry of Stripe's event log: the object as it was when the event was made.
type event struct {
	object
	kind    string
	subject any
}

// authState is what a Trust Payments record shows. settled is zero until settlestatus 100.
type authState struct {
	settle  string
	amount  int64 // settlebaseamount
	settled time.Time
}

// transaction is one Trust Payments record: an AUTH or a REFUND. The id is its transactionreference.
type transaction struct {
	object
	kind      string
	parent    *transaction
	refunds   []*transaction
	site      string
	amount    int64
	currency  string
	reference string // orderreference, as the gateway keeps it
	errorCode string
	foreign   bool
	serial    int // position in the gateway's own order, which is not by time
	states    timeline[authState]
}
