package stripe

import (
	"strconv"
	"strings"

	"tieout/feeds"
	"tieout/reconcile"
)

// Kinds of observations. An object of kind payout_line is a balance transaction that a payout paid out; one of kind balance is
// the balance in one currency as of one instant.
const (
	kindCharge             = "charge"
	kindPaymentIntent      = reconcile.KindPaymentIntent
	kindSource             = reconcile.KindSource
	kindEvent              = "event"
	kindRefund             = "refund"
	kindDispute            = "dispute"
	kindBalanceTransaction = "balance_transaction"
	kindPayout             = "payout"
	kindPayoutLine         = "payout_line"
	kindBalance            = "balance"
)

// refundMark is the metadata key under which a refund made here carries our own name for it.
const refundMark = "tieout_refund"

// pathOf returns the path of a kind's list; an object's own path is below it.
func pathOf(kind string) string {
	if kind == kindPayoutLine {
		kind = kindBalanceTransaction
	}
	return "/v1/" + kind + "s"
}

// kindOfID tells from an id's prefix which of the objects that can be read by id it names, or nothing. Charges and refunds
// of other methods than cards begin with py_ and pyr_ (stripe.md §2).
func kindOfID(id string) string {
	prefix, _, _ := strings.Cut(id, "_")
	switch prefix {
	case "src":
		return kindSource
	case "pi":
		return kindPaymentIntent
	case "ch", "py":
		return kindCharge
	case "re", "pyr":
		return kindRefund
	case "dp", "du":
		return kindDispute
	case "po":
		return kindPayout
	}
	return ""
}

// allowLists names what an observation of each kind keeps. Whatever tells who the customer is stays out: names, addresses,
// e-mail, the buyer's id at Alipay, card details, client secrets. Of metadata only the configured keys stay.
func allowLists(referenceKeys []string) map[string]feeds.AllowList {
	movement := []string{"id", "object", "amount", "available_on", "created", "currency", "exchange_rate", "fee",
		"fee_details.amount", "fee_details.currency", "fee_details.type", "net", "reporting_category", "source.id", "type"}
	lists := map[string][]string{
		kindCharge: append([]string{"id", "object", "amount", "amount_captured", "amount_refunded", "balance_transaction.id",
			"captured", "created", "currency", "disputed", "failure_balance_transaction.id", "failure_code", "livemode", "paid",
			"payment_intent.id", "payment_method.id", "payment_method_details.type", "refunded", "source.id", "source.object",
			"source.type", "status"}, append(below("source.", referenceKeys), referenceKeys...)...),
		kindPaymentIntent: append([]string{"id", "object", "amount", "amount_received", "canceled_at", "cancellation_reason",
			"capture_method", "created", "currency", "last_payment_error.code", "last_payment_error.decline_code",
			"last_payment_error.type", "latest_charge.id", "livemode", "payment_method_types", "status"}, referenceKeys...),
		kindSource: append([]string{"id", "object", "amount", "created", "currency", "flow", "livemode",
			"redirect.failure_reason", "redirect.status", "status", "type", "usage"}, referenceKeys...),
		kindEvent: {"id", "object", "created", "data.object.id", "data.object.object", "data.object.status", "livemode", "type"},
		kindRefund: append([]string{"id", "object", "amount", "balance_transaction.id", "charge.id", "created", "currency",
			"failure_balance_transaction.id", "failure_reason", "metadata." + refundMark, "payment_intent.id", "reason",
			"status"}, referenceKeys...),
		kindDispute: {"id", "object", "amount", "balance_transactions.id", "charge.id", "created", "currency",
			"evidence_details.due_by", "is_charge_refundable", "livemode", "payment_intent.id", "reason", "status"},
		kindBalanceTransaction: movement,
		kindPayout: {"id", "object", "amount", "arrival_date", "automatic", "balance_transaction.id", "created", "currency",
			"failure_balance_transaction.id", "failure_code", "failure_message", "livemode", "method", "original_payout.id",
			"reconciliation_status", "reversed_by.id", "status", "type"},
		kindPayoutLine: append([]string{"payout"}, movement...),
		kindBalance: {"id", "object", "as_of", "available.amount", "available.currency", "currency", "livemode", "moved_since",
			"pending.amount", "pending.currency"},
	}
	built := make(map[string]feeds.AllowList, len(lists))
	for kind, paths := range lists {
		built[kind] = feeds.NewAllowList(paths...)
	}
	return built
}

func below(prefix string, paths []string) []string {
	prefixed := make([]string, len(paths))
	for i, path := range paths {
		prefixed[i] = prefix + path
	}
	return prefixed
}

// slim is what a fetch must know of an object to find its way: its id, its mode, and what else it names.
type slim struct {
	ID                   string
	Created              int64 // Unix seconds
	Status               string
	Captured             *bool
	Livemode             *bool
	Source               expandable
	PaymentMethod        expandable
	PaymentIntent        expandable
	LatestCharge         expandable
	Charge               expandable
	BalanceTransaction   expandable
	ReportingCategory    string
	Automatic            bool
	ReconciliationStatus string
	Data                 struct{ Object expandable }
}

// slimOf reads as much as can be read. A field of another type than expected stays empty: the object is observed all the
// same, and the normaliser says what is wrong with it. Texts are copied: a run remembers ids, and need not remember objects.
func slimOf(raw []byte) slim {
	object, _ := feeds.ParseJSON(string(raw)) // of what cannot be read nothing is there
	var read slim
	for name, value := range object.Members() {
		read.take(name, value)
	}
	if strings.IndexByte(read.ID, 0) >= 0 {
		read.ID = "" // no id has one, and PostgreSQL takes none
	}
	return read
}

func (s *slim) take(name string, value feeds.JSON) {
	switch name {
	case "id":
		s.ID = strings.Clone(value.Text())
	case "created":
		number, _ := value.Number()
		s.Created, _ = strconv.ParseInt(number, 10, 64)
	case "status":
		s.Status = strings.Clone(value.Text())
	case "captured":
		s.Captured = flagOf(value)
	case "livemode":
		s.Livemode = flagOf(value)
	case "source":
		s.Source = expandableOf(value)
	case "payment_method":
		s.PaymentMethod = expandableOf(value)
	case "payment_intent":
		s.PaymentIntent = expandableOf(value)
	case "latest_charge":
		s.LatestCharge = expandableOf(value)
	case "charge":
		s.Charge = expandableOf(value)
	case "balance_transaction":
		s.BalanceTransaction = expandableOf(value)
	case "reporting_category":
		s.ReportingCategory = strings.Clone(value.Text())
	case "automatic":
		s.Automatic, _ = value.Flag()
	case "reconciliation_status":
		s.ReconciliationStatus = strings.Clone(value.Text())
	case "data":
		s.Data.Object = expandableOf(value.At("object"))
	}
}

// flagOf is nil where neither true nor false is said.
func flagOf(value feeds.JSON) *bool {
	flag, ok := value.Flag()
	if !ok {
		return nil
	}
	return &flag
}

// expandable is another object, which Stripe gives as the id or as the object.
type expandable struct {
	id    string
	shown bool // it came as the object
}

// expandableOf takes a string or an object with an id; all else is no id.
func expandableOf(value feeds.JSON) expandable {
	if value.IsString() {
		return expandable{id: strings.Clone(value.Text())}
	}
	return expandable{id: strings.Clone(value.At("id").Text()), shown: value.Given()}
}
