package audit

// Columns that many kinds have.
var (
	feed      = Column{Name: "feed", About: "Who said so: stripe, trustpayments, shop or another feed."}
	account   = Column{Name: "account", About: "Which account at the feed."}
	kindOf    = Column{Name: "kind", About: "What kind of object it is there."}
	id        = Column{Name: "id", About: "Its id there."}
	reference = Column{Name: "reference", About: "The order reference that it carries."}
	currency  = Column{Name: "currency", About: "The ISO 4217 code of the amount."}
	paymentID = Column{Name: "payment_id", About: "The payment that it belongs to."}
	created   = Column{Name: "created_at", Type: Time, About: "When it was made there."}
	runID     = Column{Name: "run_id", Type: Number, About: "The run (rows/runs) that wrote it; 0 outside a run."}
)

var objectKey = []string{"feed", "account", "kind", "id"}

func text(name, about string) Column   { return Column{Name: name, About: about} }
func at(name, about string) Column     { return Column{Name: name, Type: Time, About: about} }
func number(name, about string) Column { return Column{Name: name, Type: Number, About: about} }
func flag(name, about string) Column   { return Column{Name: name, Type: Flag, About: about} }
func amountIn(name, in, about string) Column {
	return Column{Name: name, Type: Money, Currency: in, About: about}
}

func amount(about string) Column { return amountIn("amount", "currency", about) }

// ofFeed is a kind of object that a provider's feed shows.
func ofFeed(name, about string, columns ...Column) *Kind {
	return newKind(Kind{Name: name, About: about, Key: objectKey, Provider: "feed", Account: "account", Columns: append([]Column{feed, account, kindOf, id}, columns...)})
}

// kinds are all of them, in the order in which a seal takes them: what was seen, what it says, what was judged, what was done.
var kinds = []*Kind{
	ofFeed("observations", "What a feed showed, each time that it differed from before. The object itself stays with whoever runs tieout; the hash tells whether it is the one.",
		number("version", "The how manieth version of the object."), at("seen_at", "When it was seen."), runID,
		text("hash", "SHA-256 of the object as it was kept, without personal data.")),
	newKind(Kind{Name: "orders", About: "The merchant's orders.", Key: objectKey, Provider: "provider", Columns: []Column{feed, account, kindOf, id,
		text("payment_id", "The provider's id that the shop stored."), text("provider", "The provider that took the order, as the shop says."),
		amount("What the order costs."), currency, text("status", "pending, paid, canceled or refunded."),
		created, at("paid_at", "When the shop recorded the payment."), at("canceled_at", "When it was canceled."), at("changed_at", "When the shop's row last changed.")}}),
	ofFeed("sources", "What a customer authorises before money moves.", reference, amount("How much."), currency, text("status", "In the provider's word."),
		flag("declined", "It ended without an authorisation."), flag("authorised", "The customer authorised it, now or earlier."), flag("in_scope", "It is of a method that must have an order."), created),
	ofFeed("source_events", "What a provider told of a source.", text("source_id", "The source."), text("status", "What it became."), at("at", "When.")),
	ofFeed("payments", "Money taken, and attempts at it.", text("source_id", "The source that it used."), reference, amount("How much."), currency,
		text("status", "Only `succeeded` is money taken."), text("settle_status", "Trust Payments' settlestatus."), flag("in_scope", "It is of a method that must have an order."),
		created, at("succeeded_at", "When it succeeded.")),
	ofFeed("refunds", "Money given back, at the provider.", paymentID, reference, amount("How much."), currency, text("status", "In tieout's word."), text("reason", "The provider's reason for a failure."), created),
	newKind(Kind{Name: "refund_requests", About: "Refunds that the shop asked for or recorded.", Key: objectKey, Columns: []Column{feed, account, kindOf, id,
		text("order_reference", "The order."), amount("How much."), currency, text("status", "requested, done or rejected."),
		at("requested_at", "When it was asked for."), at("done_at", "When the shop recorded it as made.")}}),
	ofFeed("disputes", "Complaints that a provider opened.", paymentID, amount("How much is withheld."), currency, text("status", "In tieout's word."), created,
		at("evidence_due_at", "Until when the provider takes evidence.")),
	ofFeed("movements", "Lines of a provider's balance.", text("object_id", "The payment, refund or other object that moved it."), text("category", "What kind of movement."),
		amountIn("gross", "gross_currency", "Before fees."), text("gross_currency", "Its currency."), amountIn("fee", "fee_currency", "What the provider keeps."), text("fee_currency", "Its currency."),
		amountIn("net", "net_currency", "After fees."), text("net_currency", "Its currency."), created, at("available_at", "When it can be paid out.")),
	ofFeed("payouts", "Money leaving the provider for the bank.", amount("How much."), currency, text("status", "In tieout's word."), flag("automatic", "The provider made it by its schedule."),
		flag("itemised", "The provider has said which movements it consists of."), text("reason", "The provider's reason for a failure."), created, at("arrival_at", "When it arrives.")),
	ofFeed("payout_lines", "The movements that a payout paid out.", text("payout_id", "The payout."), text("category", "What kind of movement."), amountIn("net", "net_currency", "How much."), text("net_currency", "Its currency.")),
	ofFeed("balances", "What a provider states that an account holds.", amount("How much."), currency, at("at", "As of when.")),
	ofFeed("rejections", "Objects that could not be read.", text("reason", "Why not."), reference, text("linked_id", "The id of another object that it names.")),
	newKind(Kind{Name: "verdicts", About: "What each case comes to: an order with its payments, or a payment without an order.", Key: []string{"case_key"}, Provider: "payment_feed", Account: "payment_account", Columns: []Column{
		text("case_key", "The case."), text("order_reference", "Its order."), text("outcome", "matched, closed, waiting, excepted or out_of_scope."), text("reason", "Why, where it is not matched."),
		text("rule", "How the payment was found."), text("payment_feed", "The provider that took the payment."), text("payment_account", "Its account."), text("payment_kind", "The payment's kind."), text("payment_id", "The payment."),
		amountIn("order", "order_currency", "What the order says."), text("order_currency", "Its currency."), amountIn("paid", "paid_currency", "What the provider says."), text("paid_currency", "Its currency."),
		amountIn("refunded", "refunded_currency", "What was given back."), text("refunded_currency", "Its currency."), at("paid_at", "When it was paid."),
		text("cancel_reason", "Why the order may be canceled; empty: it may not."), text("cancel_evidence", "What shows it."),
		at("next_review_at", "When time alone would change the answer."), runID, at("judged_at", "As of when it was judged.")}}),
	newKind(Kind{Name: "owed", About: "Money that must go back, and what was decided about it.", Key: []string{"feed", "account", "payment_id", "request_id"}, Provider: "feed", Account: "account", Columns: []Column{
		feed, account, paymentID, text("request_id", "The shop's request; empty: nobody asked."), text("payment_kind", "The payment's kind."), text("case_key", "The case."), amount("How much."), currency,
		text("why", "refund requested, duplicate payment or paid after cancel."), at("asked_at", "When it was asked for."), at("window_ends_at", "When the provider stops taking it back."),
		text("decision", "approved, rejected or left to a person."), text("reason", "Why.")}}),
	newKind(Kind{Name: "gaps", About: "What a balance shows and nothing explains.", Key: []string{"feed", "account", "what", "id"}, Provider: "feed", Account: "account", Columns: []Column{
		feed, account, text("what", "What kind of gap."), text("id", "The movement, payment or balance."), text("object_id", "The object that it names."), text("category", "What kind of movement."), amount("How much."), currency, at("at", "From when on.")}}),
	newKind(Kind{Name: "exceptions", About: "What does not agree, or needs a person.", Key: []string{"id", "code"}, Provider: "feed", Account: "account", Columns: []Column{
		text("id", "Its id."), text("code", "What it is (docs/EXCEPTIONS.md)."), text("severity", "critical, high, medium or low."), text("case_key", "The case."), feed, account,
		text("order_reference", "The order."), text("transaction_reference", "The object that is wrong."), text("currency", "Its currency."),
		amountIn("expected", "expected_currency", "What the shop says."), text("expected_currency", "Its currency."), amountIn("actual", "actual_currency", "What the provider says."), text("actual_currency", "Its currency."),
		amountIn("difference", "difference_currency", "actual less expected."), text("difference_currency", "Its currency."), at("due_at", "Until when something should be done."),
		text("explanation", "Why."), text("next_step", "What to do."), text("status", "open, acknowledged, resolved or reopened."), at("first_seen", "When it was first found."), at("last_seen", "When its record was last written."),
		at("resolved_at", "When it was resolved."), text("resolved_by", "Who resolved it."), text("resolution", "With which reason."), text("note", "What that person wrote.")}}),
	newKind(Kind{Name: "decisions", About: "The life of each exception: every change of its status, by tieout or by a person, with who, when and why.", Key: []string{"id", "seq"}, Columns: []Column{
		text("id", "The exception."), number("seq", "The how manieth change."), at("at", "When."), text("who", "A person, or tieout."), text("from_status", "From which status; empty: it is new."), text("to_status", "To which."),
		text("reason", "Why."), text("note", "What the person wrote."), runID}}),
	newKind(Kind{Name: "cancellations", About: "Orders that tieout canceled in the shop, or meant to.", Key: []string{"order_reference"}, Columns: []Column{
		text("order_reference", "The order."), runID, text("reason", "Why."), text("evidence", "What was looked at right before, as JSON."), at("intent_at", "When the intent was recorded."),
		text("outcome", "intent, canceled, lost_race or refused."), at("outcome_at", "When that was known."), text("detail", "What the shop's row said.")}}),
	newKind(Kind{Name: "messages", About: "Messages for customers. Who gets one is personal: only a commitment is here.", Key: []string{"kind", "order_reference"}, Columns: []Column{
		text("kind", "What the message is about."), text("order_reference", "The order."), text("recipient", "SHA-256 of a random salt and the address, in hex; empty: there is no address."),
		created, at("sent_at", "When it was sent.")}}),
	newKind(Kind{Name: "refund_intents", About: "Refunds that tieout made at a provider, or meant to.", Key: []string{"idempotency_key"}, Provider: "feed", Account: "account", Columns: []Column{
		text("idempotency_key", "The key under which it was sent."), feed, account, text("payment_kind", "The payment's kind."), paymentID, text("request_id", "The shop's request."), amount("How much."), currency,
		text("state", "intent, made, refused or unknown."), text("refund_id", "The provider's id of the refund."), text("reason", "Why it was not made."), created, at("updated_at", "When the state was known.")}}),
	newKind(Kind{Name: "coverage", About: "How far each account was read completely. Absence is judged only inside it.", Key: []string{"feed", "account"}, Provider: "feed", Account: "account", Columns: []Column{
		feed, account, at("complete_from", "From when."), at("complete_through", "Through when."), number("last_run_id", "The run that changed it last."), text("reason", "Why the last fetch was not complete.")}}),
	newKind(Kind{Name: "runs", About: "What tieout did, run by run.", Key: []string{"id"}, Columns: []Column{
		number("id", "The run."), at("started_at", "When it started."), at("ended_at", "When it ended."), at("as_of", "The instant that stood for now."), text("jobs", "Its steps."), text("status", "running, done, failed or stopped."), text("error", "What failed.")}}),
	newKind(Kind{Name: "steps", About: "The steps of each run, and what each read, stored and did.", Key: []string{"run_id", "step"}, Columns: []Column{
		runID, text("step", "The step."), at("started_at", "When it started."), at("ended_at", "When it ended."), text("status", "running, done, failed or stopped."),
		number("read", "Objects read."), number("stored", "New versions stored."), number("unchanged", "Objects that had not changed."), number("rejected", "Objects that could not be read."), number("other_mode", "Test objects in a live account, or the other way round."),
		number("judged", "Cases judged."), number("matched", "Of these, matched."), number("waiting", "Waiting."), number("excepted", "With an exception."), number("acted", "What it did."), number("refused", "What it did not do, or was refused."), text("error", "What failed.")}}),
	newKind(Kind{Name: "reports", About: "Reports that were written, with the SHA-256 of every file: whether a report that lies before you is the one.", Key: []string{"finance_day", "held"}, Columns: []Column{
		text("finance_day", "The day in the zone of finance."), at("as_of", "The instant that stood for now."), number("held", "The change as of which it was read."), runID,
		text("version", "Of the program that wrote it."), text("terms", "What else shaped it, as JSON."), text("files", "Name, rows, bytes and SHA-256 of each file, as JSON.")}}),
	newKind(Kind{Name: "forgotten", About: "Personal data that was removed on request. The entries that committed to it stay as they were.", Key: []string{"id"}, Columns: []Column{
		number("id", "The removal."), at("at", "When."), text("who", "Who removed it."), text("what", "What kind of data."), text("order_reference", "Of which order."), text("reason", "Why.")}}),
}
