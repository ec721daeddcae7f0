package config

import (
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// rules are the checks that every configuration must pass, beyond each value being readable. Their messages quote no value:
// the position shows it, and what a ${NAME} stood for may be a secret in the wrong place.
var rules = []Check{
	checkDatabase, checkShop, checkShopRefunds, checkStripe, checkTrustPayments, checkAlipay, checkPolicy, checkOutputs, checkDelivery, checkAudit,
}

// settle drops the defaults that hold only for imported files once a table is named: its words are the shop's own.
func (l *loader) settle() {
	if l.config.Feeds.Shop.Table != "" {
		l.dropDefaults("feeds.shop.statuses")
	}
	if l.config.Feeds.Shop.Refunds.Table != "" {
		l.dropDefaults("feeds.shop.refunds.statuses")
	}
}

func (l *loader) dropDefaults(section string) {
	for _, name := range l.schema.sections[section] {
		if path := join(section, name); !l.isSet(path) {
			l.schema.leaves[path].clearList()
		}
	}
}

func checkDatabase(c *Config, report func(path, message string)) {
	if c.Database.URL.IsZero() {
		report("database.url", "missing; write postgres://USER:PASSWORD@HOST/NAME or sqlite:PATH")
	}
}

func checkShop(c *Config, report func(path, message string)) {
	shop, at := c.Feeds.Shop, "feeds.shop."
	checkAccount(at+"account", shop.Account, report)
	checkProviders(at+"providers", shop.Providers, report)
	checkStatuses(at+"statuses.", shop.Statuses.lists(), report)
	if shop.Currency != "" && !currencyCode.MatchString(shop.Currency) {
		report(at+"currency", "not a currency; write an ISO 4217 code in capitals, such as EUR")
	}
	if shop.Table == "" {
		if !shop.URL.IsZero() || shop.Columns != (Columns{}) {
			report(at+"table", "missing, though url or columns are set; name the table or view of orders")
		}
		return
	}
	checkColumns(at, amountColumns(shop.Columns), shop.Currency, report)
	checkPresent(at+"statuses.pending", len(shop.Statuses.Pending) > 0, "list the shop's words for it", report)
	checkPresent(at+"statuses.paid", len(shop.Statuses.Paid) > 0, "list the shop's words for it", report)
	checkPresent(at+"statuses.canceled", len(shop.Statuses.Canceled) > 0, "list the shop's words for it", report)
}

func checkShopRefunds(c *Config, report func(path, message string)) {
	refunds, at := c.Feeds.Shop.Refunds, "feeds.shop.refunds."
	checkStatuses(at+"statuses.", refunds.Statuses.lists(), report)
	if refunds.Table == "" {
		if refunds.Columns != (RefundColumns{}) {
			report(at+"table", "missing, though columns are set; name the table or view of refunds")
		}
		return
	}
	if c.Feeds.Shop.Table == "" {
		report("feeds.shop.table", "missing; a table of refunds needs a table of orders beside it")
	}
	checkColumns(at, refundAmountColumns(refunds.Columns), c.Feeds.Shop.Currency, report)
	checkPresent(at+"columns.id", refunds.Columns.ID != "", "name the column", report)
	if len(refunds.Statuses.Requested)+len(refunds.Statuses.Done) == 0 {
		report(at+"statuses", "missing; list the shop's words for requested, done or both")
	}
}

// moneyColumns are the columns that orders and refunds both have.
type moneyColumns struct{ reference, amountMinor, amount, currency, status string }

func amountColumns(c Columns) moneyColumns {
	return moneyColumns{c.Reference, c.AmountMinor, c.Amount, c.Currency, c.Status}
}

func refundAmountColumns(c RefundColumns) moneyColumns {
	return moneyColumns{c.Reference, c.AmountMinor, c.Amount, c.Currency, c.Status}
}

func checkColumns(at string, c moneyColumns, fixedCurrency string, report func(path, message string)) {
	checkPresent(at+"columns.reference", c.reference != "", "name the column", report)
	checkPresent(at+"columns.status", c.status != "", "name the column", report)
	switch {
	case c.amountMinor != "" && c.amount != "":
		report(at+"columns.amount", "given together with amount_minor; keep one of them")
	case c.amountMinor == "" && c.amount == "":
		report(at+"columns.amount_minor", "missing; name the column, or that of amount if it holds decimals")
	}
	switch {
	case c.currency != "" && fixedCurrency != "":
		report(at+"columns.currency", "given together with feeds.shop.currency; keep one of them")
	case c.currency == "" && fixedCurrency == "":
		report(at+"columns.currency", "missing; name the column, or set feeds.shop.currency for a shop with one currency")
	}
}

// statusList is one list of the shop's words and the name of its key.
type statusList struct {
	name  string
	words []string
}

func (s Statuses) lists() []statusList {
	return []statusList{{"pending", s.Pending}, {"paid", s.Paid}, {"canceled", s.Canceled}, {"refunded", s.Refunded}}
}

func (s RefundStatuses) lists() []statusList {
	return []statusList{{"requested", s.Requested}, {"done", s.Done}, {"rejected", s.Rejected}}
}

func checkStatuses(at string, lists []statusList, report func(path, message string)) {
	owner := map[string]string{}
	for _, list := range lists {
		for i, word := range list.words {
			if other, ok := owner[word]; ok {
				report(fmt.Sprintf("%s%s[%d]", at, list.name, i), "also in "+other+"; a word has one meaning")
				continue
			}
			owner[word] = list.name
		}
	}
}

// checkProviders goes through the mapping in any order: mistakes are sorted before they are shown.
func checkProviders(path string, providers map[string]string, report func(path, message string)) {
	for word, feed := range providers {
		if word == "" {
			report(path, "holds an empty word; name what the shop's provider column says")
		}
		if !slices.Contains(providerNames, feed) {
			report(join(path, word), "unknown feed; write "+orList(providerNames))
		}
	}
}

func checkStripe(c *Config, report func(path, message string)) {
	stripe, at := c.Feeds.Stripe, "feeds.stripe."
	if !stripe.Enabled() {
		return
	}
	if len(stripe.Accounts) == 0 {
		checkAccount(at+"account", stripe.Account, report)
		checkStripeAccount(at, stripe, report)
		return
	}
	keys := map[string]string{}
	for _, account := range stripe.Each() {
		at := at + "accounts." + account.Account + "."
		checkStripeAccount(at, account, report)
		checkOnce(at+"api_key", account.APIKey.Reveal(), keys, report)
	}
	if stripe.APIKey.Reveal() != "" || stripe.APIKeyFile != "" {
		report(at+"api_key", "given beside accounts; give each account its own")
	}
}

func checkStripeAccount(at string, stripe Stripe, report func(path, message string)) {
	checkSecret(at+"api_key", stripe.APIKey, report)
	checkBaseURL(at+"base_url", stripe.BaseURL, report)
	for i, key := range stripe.ReferenceKeys {
		if name, ok := strings.CutPrefix(key, "metadata."); key != "description" && (!ok || name == "") {
			report(fmt.Sprintf("%sreference_keys[%d]", at, i), "not a path; write metadata.NAME or description")
		}
	}
	checkPresent(at+"payment_methods", len(stripe.PaymentMethods) > 0, "name at least one, such as alipay", report)
	checkFetch(at, stripe.Since, stripe.Timeout, stripe.RequestsPerSecond, report)
	checkPositive(at+"retry_wait", stripe.RetryWait, report)
	if stripe.RequestsPerSecondInAll < stripe.RequestsPerSecond {
		report(at+"requests_per_second_in_all", "below requests_per_second, which is for one endpoint; write at least as many, such as four times as many")
	}
}

func checkTrustPayments(c *Config, report func(path, message string)) {
	trust, at := c.Feeds.TrustPayments, "feeds.trustpayments."
	if !trust.Enabled() {
		return
	}
	if len(trust.Accounts) == 0 {
		checkTrustPaymentsUser(at, trust, report)
		return
	}
	sites := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(trust.Accounts)) {
		at, user := at+"accounts."+name+".", *trust.Accounts[name]
		checkTrustPaymentsUser(at, user, report)
		for i, site := range user.SiteReferences {
			checkOnce(fmt.Sprintf("%ssite_references[%d]", at, i), site, sites, report)
		}
	}
	if trust.Password.Reveal() != "" || trust.PasswordFile != "" {
		report(at+"password", "given beside accounts; give each account its own")
	}
}

func checkTrustPaymentsUser(at string, trust TrustPayments, report func(path, message string)) {
	checkPresent(at+"username", trust.Username != "", "name the Webservices user", report)
	checkSecret(at+"password", trust.Password, report)
	checkPresent(at+"site_references", len(trust.SiteReferences) > 0, "list the sites to fetch", report)
	checkBaseURL(at+"base_url", trust.BaseURL, report)
	checkBaseURL(at+"search_url", trust.SearchURL, report)
	checkAtLeast(at+"max_records", trust.MaxRecords, 2, report)
	checkAtLeast(at+"search_max_records", trust.SearchMaxRecords, 2, report)
	checkAtLeast(at+"connections", trust.Connections, 1, report)
	checkPositive(at+"retry_wait", trust.RetryWait, report)
	checkPresent(at+"payment_types", len(trust.PaymentTypes) > 0, "name at least one, such as ALIPAY", report)
	checkFetch(at, trust.Since, trust.Timeout, trust.RequestsPerSecond, report)
}

// checkOnce reports what another account has too: its rows would be read twice, under two names.
func checkOnce(path, value string, owners map[string]string, report func(path, message string)) {
	if other, ok := owners[value]; ok && value != "" {
		report(path, "the same as "+other+"; each account has its own")
	}
	owners[value] = path
}

func checkAlipay(c *Config, report func(path, message string)) {
	alipay, at := c.Feeds.Alipay, "feeds.alipay."
	if !alipay.Enabled() {
		return
	}
	checkAccount(at+"account", alipay.Account, report)
	checkPresent(at+"directory", alipay.Directory != "", "name the directory of the files", report)
	checkSince(at, alipay.Since, report)
	if day, err := regexp.Compile(alipay.DayInName); err != nil || day.NumSubexp() != 1 {
		report(at+"day_in_name", `not a regular expression with one group; write the day as (20\d{6})`)
	}
}

func checkFetch(at string, since Since, timeout time.Duration, perSecond int, report func(path, message string)) {
	checkSince(at, since, report)
	checkPositive(at+"timeout", timeout, report)
	if perSecond < 1 {
		report(at+"requests_per_second", "not positive; write a number of requests, such as 25")
	}
}

func checkSince(at string, since Since, report func(path, message string)) {
	if since.At.IsZero() && since.Ago == 0 {
		report(at+"since", "zero; a first fetch must reach back some time, such as 100d")
	}
}

func checkPolicy(c *Config, report func(path, message string)) {
	p, at := c.Policy, "policy."
	checkPositive(at+"refund_window.stripe", p.RefundWindow.Stripe, report)
	checkPositive(at+"refund_window.trustpayments", p.RefundWindow.TrustPayments, report)
	checkPositive(at+"refund_window.alipay", p.RefundWindow.Alipay, report)
	checkPositive(at+"settlement_overdue_after", p.SettlementOverdueAfter, report)
	checkPositive(at+"source.pending_for", p.Source.PendingFor, report)
	checkPositive(at+"source.chargeable_for", p.Source.ChargeableFor, report)
	checkPositive(at+"payment_without_movement_after", p.PaymentWithoutMovementAfter, report)
	checkPositive(at+"sticky_for", p.StickyFor, report)
	checkFalling(at+"refund_window_warning", p.RefundWindowWarning, report)
}

func checkFalling(path string, list []int, report func(path, message string)) {
	for i, days := range list {
		switch {
		case days < 1:
			report(fmt.Sprintf("%s[%d]", path, i), "not positive; write whole days, such as 14")
		case i > 0 && list[i-1] > 0 && days >= list[i-1]:
			report(fmt.Sprintf("%s[%d]", path, i), "not below the one before it; write the most days first, such as [14, 7, 3, 1]")
		}
	}
}

func checkOutputs(c *Config, report func(path, message string)) {
	if c.Actions.MaxCancels < 0 {
		report("actions.max_cancels", "negative; write a number of orders, or 0 for no limit")
	}
	checkPresent("reports.directory", c.Reports.Directory != "", "name a directory", report)
	checkPresent("reports.formats", len(c.Reports.Formats) > 0, "list xlsx, html, csv, jsonl or parquet", report)
	if listen := c.Schedule.Listen; listen != "" && !isAddress(listen) {
		report("schedule.listen", "not an address; write HOST:PORT, such as 127.0.0.1:9464")
	}
}

func checkDelivery(c *Config, report func(path, message string)) {
	if bucket := c.Delivery.Bucket; bucket != "" {
		parsed, err := url.Parse(bucket)
		if err != nil || !slices.Contains([]string{"s3", "gs", "azblob", "file"}, parsed.Scheme) {
			report("delivery.bucket", "not the URL of a bucket; write s3://NAME?region=REGION, gs://NAME, azblob://NAME or file:///PATH")
		} else if parsed.User != nil {
			report("delivery.bucket", "holds a user or a password; credentials come from the environment")
		}
	}
	checkMail(c, report)
	for _, name := range slices.Sorted(maps.Keys(c.Delivery.Webhooks)) {
		webhook, at := c.Delivery.Webhooks[name], "delivery.webhooks."+name+"."
		checkSecret(at+"url", webhook.URL, report)
		if parsed, err := url.Parse(webhook.URL.Reveal()); webhook.URL.Reveal() != "" && (err != nil || parsed.Hostname() == "" || parsed.Scheme != "https" && parsed.Scheme != "http") {
			report(at+"url", "not a URL; write https://HOST/PATH")
		}
		checkPresent(at+"format", webhook.Format != "", "write text, teams or discord", report)
	}
}

func checkMail(c *Config, report func(path, message string)) {
	m, at := c.Delivery.Mail, "delivery.mail."
	if len(m.To) == 0 {
		checkPresent(at+"to", m.Host == "" && m.From == "", "list who gets the mail", report)
		return
	}
	checkPresent(at+"host", m.Host != "", "name the mail server", report)
	checkPresent(at+"from", m.From != "", "name the sender's address", report)
	for i, address := range append([]string{m.From}, m.To...) {
		if _, err := mail.ParseAddress(address); err != nil && address != "" {
			path := at + "from"
			if i > 0 {
				path = fmt.Sprintf("%sto[%d]", at, i-1)
			}
			report(path, "not an address; write NAME@HOST")
		}
	}
	if m.Port < 0 || m.Port > 65535 {
		report(at+"port", "not a port; write a number such as 587")
	}
	switch {
	case m.Username == "" && m.Password.Reveal() != "":
		report(at+"username", "missing, though a password is set")
	case m.Username != "" && m.Encryption == "none":
		report(at+"encryption", "none, though a password is to be sent; write starttls or tls")
	case m.Username != "":
		checkSecret(at+"password", m.Password, report)
	}
	if m.AttachWorkbook && !slices.Contains(c.Reports.Formats, "xlsx") {
		report(at+"attach_workbook", "true, though reports.formats has no xlsx; write false or add it")
	}
}

// checkAudit: the name is a line of each checkpoint, and a part of the key, where + and space have a meaning.
func checkAudit(c *Config, report func(path, message string)) {
	if name := c.Audit.Name; name == "" || strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
		report("audit.name", "not a name; write one without spaces and +, such as shop.example/tieout")
	}
	if strings.ContainsFunc(c.Audit.Key.Reveal(), unicode.IsControl) {
		report("audit.key", "holds a line break or another control character; remove it")
	}
}

func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

var (
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	accountName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

func checkPresent(path string, present bool, advice string, report func(path, message string)) {
	if !present {
		report(path, "missing; "+advice)
	}
}

func checkPositive(path string, d time.Duration, report func(path, message string)) {
	if d <= 0 {
		report(path, "zero; write a length of time above zero")
	}
}

func checkAtLeast(path string, n, least int, report func(path, message string)) {
	if n < least {
		report(path, fmt.Sprintf("too small; write a number of at least %d", least))
	}
}

func checkAccount(path, account string, report func(path, message string)) {
	if !accountName.MatchString(account) {
		report(path, "not a name; write letters, digits, dots, dashes and underscores")
	}
}

// checkSecret catches the line break that a secret often picks up on its way; HTTP would refuse it much later.
func checkSecret(path string, secret Secret, report func(path, message string)) {
	checkPresent(path, secret.Reveal() != "", "give it here, by environment, or by "+path+"_file", report)
	if strings.ContainsFunc(secret.Reveal(), unicode.IsControl) {
		report(path, "holds a line break or another control character; remove it")
	}
}

// checkBaseURL repeats no part of the URL: it may carry the credentials that it must not.
func checkBaseURL(path, text string, report func(path, message string)) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		report(path, "not the URL of a service; write https://HOST/")
	case u.User != nil:
		report(path, "holds a user or a password; set those by their own keys")
	case u.RawQuery != "" || u.Fragment != "":
		report(path, "holds a query or a fragment; write https://HOST/PATH only")
	}
}
