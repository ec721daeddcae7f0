package config

import (
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Config is every setting of tieout. The dotted path of a setting follows the yaml tags: feeds.stripe.api_key, which the
// environment calls TIEOUT_FEEDS_STRIPE_API_KEY.
//
// A field with a duration is never negative. A list or map that is set replaces its default; it is not merged with it.
type Config struct {
	// Database is where tieout keeps observations, projections, exceptions and runs.
	Database Database `yaml:"database"`
	// Timezone is the finance zone: it decides where a finance day begins and when schedules fire. Default UTC.
	Timezone Zone `yaml:"timezone"`
	// Feeds says where facts come from.
	Feeds Feeds `yaml:"feeds"`
	// Policy holds the deadlines and graces by which cases are judged (design §4 and §5).
	Policy Policy `yaml:"policy"`
	// Actions says what tieout may do by itself.
	Actions Actions `yaml:"actions"`
	// Reports says where reports go, and in which formats.
	Reports Reports `yaml:"reports"`
	// Audit is about the log of the settlement history (docs/AUDIT.md).
	Audit Audit `yaml:"audit"`
	// Delivery says where else reports are brought, beside the directory.
	Delivery Delivery `yaml:"delivery"`
	// Schedule is read by `tieout schedule` only.
	Schedule Schedule `yaml:"schedule"`
	// Log sets the form and the amount of logging.
	Log Log `yaml:"log"`
}

// Database is tieout's own database.
type Database struct {
	// URL is postgres://…, postgresql://… or sqlite:PATH. Default sqlite:tieout.db, in the working directory.
	URL DatabaseURL `yaml:"url"`
}

// Feeds are the places that facts come from: the shop's orders and the payment providers.
type Feeds struct {
	Shop          Shop          `yaml:"shop"`
	Stripe        Stripe        `yaml:"stripe"`
	TrustPayments TrustPayments `yaml:"trustpayments"`
	Alipay        Alipay        `yaml:"alipay"`
}

// providerNames are the sections of Feeds that take money, as feeds.shop.providers names them.
var providerNames = []string{"stripe", "trustpayments", "alipay"}

// AnyProvider reports whether at least one payment provider is configured. A run needs one; `config check`, `migrate` and the
// import of orders do not, so it is no mistake to have none.
func (f Feeds) AnyProvider() bool {
	return f.Stripe.Enabled() || f.TrustPayments.Enabled() || f.Alipay.Enabled()
}

// Shop is the merchant's own orders, read through a mapping from whatever table or view the shop has.
type Shop struct {
	// URL is the database that holds Table. Default empty: tieout's own database.
	URL DatabaseURL `yaml:"url"`
	// Account names the shop in natural keys (design §3). Default "shop".
	Account string `yaml:"account"`
	// Table is the table or view of orders, optionally with its schema (shop.orders). Default empty: orders come only by
	// `tieout orders import`.
	Table string `yaml:"table"`
	// Columns maps what tieout needs to the columns of Table.
	Columns Columns `yaml:"columns"`
	// Currency is the ISO 4217 code of every order and refund of a shop with one currency; it stands in for a currency
	// column. Default empty.
	Currency string `yaml:"currency"`
	// Statuses maps the shop's words to the four states of an order.
	Statuses Statuses `yaml:"statuses"`
	// Providers maps the shop's words in the provider column to feeds: stripe, trustpayments or alipay. Default the names of the
	// feeds themselves.
	Providers map[string]string `yaml:"providers"`
	// Refunds maps the shop's table of refunds, where it has one (design §5, "Refunds here").
	Refunds Refunds `yaml:"refunds"`
}

// Columns are names of columns in the shop's table. An empty one does not exist there.
type Columns struct {
	// Reference is the merchant's order number. Required with a table.
	Reference string `yaml:"reference"`
	// Payment holds any provider's id for the order's source or payment.
	Payment string `yaml:"payment"`
	// Provider says which provider took the order; its words are mapped by Shop.Providers.
	Provider string `yaml:"provider"`
	// AmountMinor holds the amount in minor units (cents). One of AmountMinor and Amount is required with a table.
	AmountMinor string `yaml:"amount_minor"`
	// Amount holds the amount in major units, as a decimal (12.34).
	Amount string `yaml:"amount"`
	// Currency holds an ISO 4217 code in any case. Required with a table, unless Shop.Currency is set.
	Currency string `yaml:"currency"`
	// Status holds one of the words of Shop.Statuses. Required with a table.
	Status string `yaml:"status"`
	// Created is when the order was made.
	Created string `yaml:"created"`
	// Paid is when the shop recorded the payment; the grace of MISSING_AT_PROVIDER runs from it.
	Paid string `yaml:"paid"`
	// Canceled is when the order was canceled.
	Canceled string `yaml:"canceled"`
	// Changed is when the row last changed. Empty: every row is read and compared each time.
	Changed string `yaml:"changed"`
	// Email is the customer's address; only the outbox uses it.
	Email string `yaml:"email"`
}

// Statuses lists the shop's words for each state of an order. A word stands in one list only; a word in none makes the row
// DATA_INVALID. The defaults are the four names themselves, which is what `tieout orders import` expects of a file.
type Statuses struct {
	Pending  []string `yaml:"pending"`
	Paid     []string `yaml:"paid"`
	Canceled []string `yaml:"canceled"`
	// Refunded records a refund of the whole amount.
	Refunded []string `yaml:"refunded"`
}

// Refunds maps a table in which each row is a refund that the shop asked for or recorded. It lies in the database of the orders.
type Refunds struct {
	// Table is the table or view of refunds. Default empty: the shop has none, and only the status "refunded" records one.
	Table    string         `yaml:"table"`
	Columns  RefundColumns  `yaml:"columns"`
	Statuses RefundStatuses `yaml:"statuses"`
}

// RefundColumns are names of columns in the shop's table of refunds.
type RefundColumns struct {
	// ID is the shop's id of the refund. Required with a refund table.
	ID string `yaml:"id"`
	// Reference is the merchant's order number. Required with a refund table.
	Reference string `yaml:"reference"`
	// AmountMinor holds minor units. One of AmountMinor and Amount is required with a refund table.
	AmountMinor string `yaml:"amount_minor"`
	// Amount holds major units, as a decimal.
	Amount string `yaml:"amount"`
	// Currency holds an ISO 4217 code. Required with a refund table, unless Shop.Currency is set.
	Currency string `yaml:"currency"`
	// Status holds one of the words of Refunds.Statuses. Required with a refund table.
	Status string `yaml:"status"`
	// Requested is when the refund was asked for.
	Requested string `yaml:"requested"`
	// Done is when the shop recorded it as made.
	Done string `yaml:"done"`
}

// RefundStatuses lists the shop's words for each state of a refund. The defaults are the three names themselves.
type RefundStatuses struct {
	Requested []string `yaml:"requested"`
	Done      []string `yaml:"done"`
	// Rejected rows record nothing.
	Rejected []string `yaml:"rejected"`
}

// Stripe is the Stripe feed. It is enabled by setting any of its keys.
type Stripe struct {
	// Present is true once any key of the section is set, in the file, the environment or a flag.
	Present bool `yaml:"-"`
	// APIKey is the secret or restricted key. Required, here or by APIKeyFile.
	APIKey Secret `yaml:"api_key"`
	// APIKeyFile names a file that holds the key; Load reads it into APIKey.
	APIKeyFile string `yaml:"api_key_file"`
	// Account names this set of credentials in natural keys (design §3). Default "default".
	Account string `yaml:"account" outer:"only"`
	// Accounts are several Stripe accounts, by the name that each has in natural keys. Each has a key of its own; what else it
	// leaves out is as set in the section around it, which then stands for no account itself. Default none.
	Accounts map[string]*Stripe `yaml:"accounts" outer:"only"`
	// BaseURL is the API's address. Default https://api.stripe.com.
	BaseURL string `yaml:"base_url"`
	// ReferenceKeys are the paths, tried in turn, that carry the order's reference: metadata.NAME or description.
	// Default metadata.order_id, metadata.order_reference (design §5, "References").
	ReferenceKeys []string `yaml:"reference_keys"`
	// PaymentMethods are the methods that are tied out against orders. Default alipay (design §5, "Not Alipay").
	PaymentMethods []string `yaml:"payment_methods"`
	// Since is how far the first fetch reaches back. Default 100d (design §5).
	Since Since `yaml:"since"`
	// Overlap is how far each later fetch reaches behind the last one. Default 1h.
	Overlap time.Duration `yaml:"overlap"`
	// Lag is how far behind now a fetch stops, since lists are not complete at once. Default 5m.
	Lag time.Duration `yaml:"lag"`
	// Timeout bounds one request. Default 80s.
	Timeout time.Duration `yaml:"timeout"`
	// RetryWait is how long a read waits before it is tried again; it doubles with each further try. Default 500ms.
	RetryWait time.Duration `yaml:"retry_wait"`
	// RequestsPerSecond is the most that is asked of one endpoint. Default 25, Stripe's own limit.
	RequestsPerSecond int `yaml:"requests_per_second"`
	// RequestsPerSecondInAll is the most that is asked of all endpoints together. Default 100, Stripe's own limit.
	RequestsPerSecondInAll int `yaml:"requests_per_second_in_all"`
}

// Enabled reports whether the feed is to be fetched.
func (s Stripe) Enabled() bool { return s.Present }

// Each lists the accounts by name, each with all that holds for it; without Accounts, the section itself is the one account.
func (s Stripe) Each() []Stripe {
	if len(s.Accounts) == 0 {
		return []Stripe{s}
	}
	var each []Stripe
	for _, name := range slices.Sorted(maps.Keys(s.Accounts)) {
		account := *s.Accounts[name]
		account.Account = name
		each = append(each, account)
	}
	return each
}

// TrustPayments is the Trust Payments Webservices feed. It is enabled by setting any of its keys.
type TrustPayments struct {
	// Present is true once any key of the section is set, in the file, the environment or a flag.
	Present bool `yaml:"-"`
	// Username is the Webservices user. Required.
	Username string `yaml:"username"`
	// Password is the Webservices user's. Required, here or by PasswordFile.
	Password Secret `yaml:"password"`
	// PasswordFile names a file that holds the password; Load reads it into Password.
	PasswordFile string `yaml:"password_file"`
	// SiteReferences are the sites to fetch; each is an account of its own (design §3). Required.
	SiteReferences []string `yaml:"site_references"`
	// Accounts are several Webservices users, each under a name that is used nowhere else, with a password and sites of its own;
	// what else it leaves out is as set in the section around it, which then stands for no user itself. Default none.
	Accounts map[string]*TrustPayments `yaml:"accounts" outer:"only"`
	// BaseURL is the address requests are posted to. Default https://webservices.securetrading.net/json/.
	BaseURL string `yaml:"base_url"`
	// MaxRecords is how many records one answer can hold. Default 500, which only an older page of the vendor names.
	MaxRecords int `yaml:"max_records"`
	// Source is how a stretch of time is listed: query (the Webservices) or search (the portal's bulk search). Default query.
	Source string `yaml:"source" oneof:"query search"`
	// SearchURL is the address of the bulk search. Default https://myst.securetrading.net/auto/transactions/transactionsearch.
	SearchURL string `yaml:"search_url"`
	// SearchMaxRecords is how many rows one answer of the bulk search can hold. Default 75000 (vendor's article 4402730665233).
	SearchMaxRecords int `yaml:"search_max_records"`
	// SearchFields are the optional columns that the bulk search is asked for. Default those that make a row complete.
	SearchFields []string `yaml:"search_fields"`
	// Live is false for a test site: then livestatus 0 is read and 1 is left alone. Default true (design §5, "Not Alipay").
	Live bool `yaml:"live"`
	// PaymentTypes are the payment types that are tied out against orders. Default ALIPAY.
	PaymentTypes []string `yaml:"payment_types"`
	// Since is how far the first fetch reaches back. Default 100d (design §5).
	Since Since `yaml:"since"`
	// Overlap is how far each later fetch reaches behind the last one. Default 1h.
	Overlap time.Duration `yaml:"overlap"`
	// Lag is how far behind now a fetch stops. Default 5m.
	Lag time.Duration `yaml:"lag"`
	// Timeout bounds one request. Default 60s.
	Timeout time.Duration `yaml:"timeout"`
	// RetryWait is the pause before a read is tried again; it doubles from try to try. Default 500ms.
	RetryWait time.Duration `yaml:"retry_wait"`
	// RequestsPerSecond is the most that is asked of the provider. Default 10; Trust Payments documents no limit.
	RequestsPerSecond int `yaml:"requests_per_second"`
	// Connections is how many requests of one site are under way at once. Default 4; Trust Payments documents no limit.
	Connections int `yaml:"connections"`
}

// Enabled reports whether the feed is to be fetched.
func (t TrustPayments) Enabled() bool { return t.Present }

// Each lists the users by name, each with all that holds for it; without Accounts, the section itself is the one user.
func (t TrustPayments) Each() []TrustPayments {
	if len(t.Accounts) == 0 {
		return []TrustPayments{t}
	}
	var each []TrustPayments
	for _, name := range slices.Sorted(maps.Keys(t.Accounts)) {
		each = append(each, *t.Accounts[name])
	}
	return each
}

// Alipay is Alipay itself, known from the files that it gives its merchants. It is enabled by setting any of its keys.
type Alipay struct {
	// Present is true once any key of the section is set, in the file, the environment or a flag.
	Present bool `yaml:"-"`
	// Account is the merchant's id at Alipay: customerId, or partner at the classic gateway. Required.
	Account string `yaml:"account"`
	// Directory holds the files. Required.
	Directory string `yaml:"directory"`
	// Timezone is the zone of the files' days, and of times without an offset. Default Asia/Shanghai.
	Timezone Zone `yaml:"timezone"`
	// EndMark is the last line of a whole file. Default <END>; empty: files have none.
	EndMark string `yaml:"end_mark"`
	// DayInName is a regular expression whose one group is the day in a file's name. Default (?:^|_)(20\d{6})(?:\D|$):
	// eight digits after an underscore or at the beginning, and no digit after them.
	DayInName string `yaml:"day_in_name"`
	// PublishedIn is how long after its end a day's transactions must be there. Default 12h.
	PublishedIn time.Duration `yaml:"published_in"`
	// Since is how far the first fetch reaches back. Default 100d.
	Since Since `yaml:"since"`
	// Overlap is how far each later fetch reads again behind the last whole day. Default 7d: settlements come later than their days.
	Overlap time.Duration `yaml:"overlap"`
	// Columns lists the names that each column may have, in order of preference.
	Columns AlipayColumns `yaml:"columns"`
	// Types lists Alipay's words for what a row is, in any case.
	Types AlipayTypes `yaml:"types"`
	// Statuses lists Alipay's words for the state of a transaction, in any case. A row without one succeeded.
	Statuses AlipayStatuses `yaml:"statuses"`
	// SummaryLines are the types that stand in the summary of a batch alone, and in no row of its details.
	SummaryLines []string `yaml:"summary_lines"`
}

// Enabled reports whether the feed is to be fetched.
func (a Alipay) Enabled() bool { return a.Present }

// AlipayColumns are names of columns in Alipay's files.
type AlipayColumns struct {
	// Account is the merchant's id.
	Account []string `yaml:"account"`
	// Type is what kind of transaction a row is.
	Type []string `yaml:"type"`
	// ID is Alipay's own id of the transaction (trade_no).
	ID []string `yaml:"id"`
	// Request is the merchant's id of it (out_trade_no).
	Request []string `yaml:"request"`
	// Original is, of a refund, the merchant's id of the payment.
	Original []string `yaml:"original"`
	// Order is the order that it is for, where that is another number than Request.
	Order []string `yaml:"order"`
	// Status is the state of the transaction.
	Status []string `yaml:"status"`
	// Created is when it was begun.
	Created []string `yaml:"created"`
	// Completed is when the money was taken.
	Completed []string `yaml:"completed"`
	// Amount is a decimal of major units (total_fee).
	Amount []string `yaml:"amount"`
	// Currency is that of Amount.
	Currency []string `yaml:"currency"`
	// Batch is the settlement that pays a row out.
	Batch []string `yaml:"batch"`
	// SettledAt is when the settlement was made.
	SettledAt []string `yaml:"settled_at"`
	// SettledAmount is what is left after fees.
	SettledAmount []string `yaml:"settled_amount"`
	// SettledCurrency is that of SettledAmount.
	SettledCurrency []string `yaml:"settled_currency"`
	// ConvertedAmount is Amount in SettledCurrency.
	ConvertedAmount []string `yaml:"converted_amount"`
	// SummaryType is what a row of a summary adds up.
	SummaryType []string `yaml:"summary_type"`
}

// AlipayTypes are Alipay's words for what a row is.
type AlipayTypes struct {
	Payment []string `yaml:"payment"`
	// Refund is also a payment that is canceled on its day: the money goes back.
	Refund         []string `yaml:"refund"`
	RefundReversal []string `yaml:"refund_reversal"`
	Dispute        []string `yaml:"dispute"`
	DisputeWon     []string `yaml:"dispute_won"`
	Fee            []string `yaml:"fee"`
	Adjustment     []string `yaml:"adjustment"`
	// Ignored rows move no money.
	Ignored []string `yaml:"ignored"`
	// Total is the row of a summary that tells what the batch pays out.
	Total []string `yaml:"total"`
}

// AlipayStatuses are Alipay's words for the state of a transaction.
type AlipayStatuses struct {
	Succeeded []string `yaml:"succeeded"`
	Pending   []string `yaml:"pending"`
	Failed    []string `yaml:"failed"`
}

// Policy holds the rules by which a case is judged.
type Policy struct {
	// Grace is how long a difference may stand before it is an exception (design §5, "Grace").
	Grace Grace `yaml:"grace"`
	// RefundWindow is how long after the charge or AUTH a refund is possible (source documents 001 and 002).
	RefundWindow RefundWindow `yaml:"refund_window"`
	// RefundWindowWarning lists, descending, how many days (24 h each) before the window's end REFUND_WINDOW_CLOSING is
	// raised and then rises in severity. Default 14, 7, 3, 1 (design §5, "Window").
	RefundWindowWarning []int `yaml:"refund_window_warning"`
	// SettlementOverdueAfter is how long an AUTH may stay unsettled. Default 7d (source document 002).
	SettlementOverdueAfter time.Duration `yaml:"settlement_overdue_after"`
	// Source holds the deadlines of a source (source document 001).
	Source SourcePolicy `yaml:"source"`
	// Cancel says which dead ends cancel an open order, and when (design §5).
	Cancel CancelPolicy `yaml:"cancel"`
	// PaymentWithoutMovementAfter is how long a payment may lack its movement before it is UNEXPLAINED. Default 7d.
	PaymentWithoutMovementAfter time.Duration `yaml:"payment_without_movement_after"`
	// StickyFor is how long an exception that cannot un-happen stays open. Default 30d (design §5, "Closing").
	StickyFor time.Duration `yaml:"sticky_for"`
}

// Grace holds one grace for each exception that has one.
type Grace struct {
	// MissingAtProvider runs from the order's paid time. Default 24h.
	MissingAtProvider time.Duration `yaml:"missing_at_provider"`
	// MissingOrder runs from the payment's success. Default 1h.
	MissingOrder time.Duration `yaml:"missing_order"`
	// PaidNotRecorded runs from the payment's success. Default 1h.
	PaidNotRecorded time.Duration `yaml:"paid_not_recorded"`
	// RefundNotRecorded runs from the refund's creation at the provider. Default 24h.
	RefundNotRecorded time.Duration `yaml:"refund_not_recorded"`
	// RefundMissingAtProvider runs from the refund's recording in the shop. Default 72h.
	RefundMissingAtProvider time.Duration `yaml:"refund_missing_at_provider"`
}

// RefundWindow holds each provider's window, which runs from the charge or the AUTH. A refund is in time before its end.
type RefundWindow struct {
	// Stripe is 90d by default (source document 001).
	Stripe time.Duration `yaml:"stripe"`
	// TrustPayments is 90d by default (design §5, "Window").
	TrustPayments time.Duration `yaml:"trustpayments"`
	// Alipay is 365d by default: twelve months are usual, and the contract tells.
	Alipay time.Duration `yaml:"alipay"`
}

// SourcePolicy holds the deadlines of a Stripe Source.
type SourcePolicy struct {
	// PendingFor is how long a source may stay pending. Default 1h.
	PendingFor time.Duration `yaml:"pending_for"`
	// ChargeableFor is how long a chargeable source can be charged. Default 6h, or until the cut-off, whichever comes first.
	ChargeableFor time.Duration `yaml:"chargeable_for"`
	// Cutoff is the time of day at which Alipay ends the day. Default 23:45.
	Cutoff TimeOfDay `yaml:"cutoff"`
	// CutoffZone is the zone of Cutoff. Default Asia/Shanghai.
	CutoffZone Zone `yaml:"cutoff_zone"`
}

// CancelPolicy says after how long a dead end cancels the order. What the provider itself calls canceled cancels at once.
type CancelPolicy struct {
	// DeclinedAfter runs from the declined attempt. Default 24h.
	DeclinedAfter time.Duration `yaml:"declined_after"`
	// NoAttemptAfter runs from the order's creation when nothing was tried. Default 0: never.
	NoAttemptAfter time.Duration `yaml:"no_attempt_after"`
	// WaitingIntentAfter runs from the creation of a PaymentIntent left waiting. Default 0: never.
	WaitingIntentAfter time.Duration `yaml:"waiting_intent_after"`
}

// Actions says what tieout may do by itself.
type Actions struct {
	// CancelExpired lets the job cancel-expired cancel orders in the shop. Default true.
	CancelExpired bool `yaml:"cancel_expired"`
	// Refunds lets the job refunds make, at the provider, the refunds it decided. Default false: decide only.
	Refunds bool `yaml:"refunds"`
	// MaxCancels is the number of orders above which one run refuses to cancel any more. Default 0: no limit.
	MaxCancels int `yaml:"max_cancels"`
}

// Reports says where reports go.
type Reports struct {
	// Directory holds one folder for each finance day. Default "reports".
	Directory string `yaml:"directory"`
	// Formats lists xlsx, html, csv, jsonl, parquet. Default xlsx, html, csv.
	Formats []string `yaml:"formats" oneof:"xlsx html csv jsonl parquet"`
}

// Delivery says where reports are brought once they are written. Each of the places is optional.
type Delivery struct {
	// Bucket is a URL of gocloud.dev/blob: s3://NAME?region=REGION, gs://NAME, azblob://NAME or file:///PATH. Credentials come
	// from the environment, as each of these services has it. Default empty: none.
	Bucket string `yaml:"bucket"`
	// Mail sends the summary, with the workbook attached.
	Mail Mail `yaml:"mail"`
	// Webhooks are chats that get the summary, each under a name of our own. Default none.
	Webhooks map[string]*Webhook `yaml:"webhooks"`
}

// Mail is how reports are mailed. It is on when To names somebody.
type Mail struct {
	// Host is the mail server. Required with To.
	Host string `yaml:"host"`
	// Port is the server's. Default 587, or 465 with tls.
	Port int `yaml:"port"`
	// Encryption is starttls, tls or none. Default starttls, without which nothing is sent.
	Encryption string `yaml:"encryption" oneof:"starttls tls none"`
	// CAFile holds certificates in PEM to trust besides the system's. Default empty.
	CAFile string `yaml:"ca_file"`
	// Username is for a server that asks for one. Default empty.
	Username string `yaml:"username"`
	// Password goes with Username, here or by PasswordFile.
	Password Secret `yaml:"password"`
	// PasswordFile names a file that holds the password; Load reads it into Password.
	PasswordFile string `yaml:"password_file"`
	// From is the sender's address. Required with To.
	From string `yaml:"from"`
	// To are the recipients' addresses. Default none.
	To []string `yaml:"to"`
	// AttachWorkbook attaches the Excel workbook. Default true.
	AttachWorkbook bool `yaml:"attach_workbook"`
}

// Webhook is a chat that takes messages at a URL.
type Webhook struct {
	// URL is the address to post to. Whoever knows it may post. Required, here or by URLFile.
	URL Secret `yaml:"url"`
	// URLFile names a file that holds the URL; Load reads it into URL.
	URLFile string `yaml:"url_file"`
	// Format is text (Slack, Mattermost, Rocket.Chat, Google Chat), teams or discord. Required.
	Format string `yaml:"format" oneof:"text teams discord"`
}

// Audit says under which name the log is kept, and with which key its checkpoints are signed.
type Audit struct {
	// Name is the name of the log, in each checkpoint. It never changes. Default "tieout".
	Name string `yaml:"name"`
	// Key is the private key, as `tieout audit key` makes it. Default empty: checkpoints are not signed.
	Key Secret `yaml:"key"`
	// KeyFile names a file that holds the key; Load reads it into Key.
	KeyFile string `yaml:"key_file"`
}

// Schedule is what `tieout schedule` runs. Expressions are cron's five fields, in the finance zone; an empty one never fires.
type Schedule struct {
	// Daily is when the whole daily run starts. Default "0 6 * * *".
	Daily string `yaml:"daily"`
	// CancelExpired is when only the jobs that cancel expired orders run. Default "7-59/15 * * * *": not at the full hour, when the daily run starts.
	CancelExpired string `yaml:"cancel_expired"`
	// Listen is the host:port of health and metrics. Default 127.0.0.1:9464; empty: none.
	Listen string `yaml:"listen"`
}

// Expression is one cron expression and the path of its setting.
type Expression struct {
	Path string
	Spec string
}

// Expressions lists the cron expressions that are set, in the order of the file, so that a Check can read them with the
// parser that will run them.
func (s Schedule) Expressions() []Expression {
	all := []Expression{{"schedule.daily", s.Daily}, {"schedule.cancel_expired", s.CancelExpired}}
	var set []Expression
	for _, e := range all {
		if e.Spec != "" {
			set = append(set, e)
		}
	}
	return set
}

// Log sets the form and the amount of logging.
type Log struct {
	// Format is auto (text on a terminal, JSON otherwise), text or json. Default auto.
	Format string `yaml:"format" oneof:"auto text json"`
	// Level is debug, info, warn or error. Default info.
	Level slog.Level `yaml:"level"`
}
