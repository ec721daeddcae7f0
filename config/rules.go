package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// rules are the checks that every configuration must pass, beyond each value being readable. Their messages quote no value:
// the position shows it, and what a ${NAME} stood for may be a secret in the wrong place.
var rules = []Check{
	checkDatabase, checkShop, checkShopRefunds, checkStripe, checkTrustPayments, checkPolicy, checkOutputs, checkAudit,
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
		if feed != "stripe" && feed != "trustpayments" {
			report(join(path, word), "unknown feed; write stripe or trustpayments")
		}
	}
}

func checkStripe(c *Config, report func(path, message string)) {
	stripe, at := c.Feeds.Stripe, "feeds.stripe."
	if !stripe.Enabled() {
		return
	}
	checkSecret(at+"api_key", stripe.APIKey, report)
	checkAccount(at+"account", stripe.Account, report)
	checkBaseURL(at+"base_url", stripe.BaseURL, report)
	for i, key := range stripe.ReferenceKeys {
		if name, ok := strings.CutPrefix(key, "metadata."); key != "description" && (!ok || name == "") {
			report(fmt.Sprintf("%sreference_keys[%d]", at, i), "not a path; write metadata.NAME or description")
		}
	}
	checkPresent(at+"payment_methods", len(stripe.PaymentMethods) > 0, "name at least one, such as alipay", report)
	checkFetch(at, stripe.Since, stripe.Timeout, stripe.RequestsPerSecond, report)
}

func checkTrustPayments(c *Config, report func(path, message string)) {
	trust, at := c.Feeds.TrustPayments, "feeds.trustpayments."
	if !trust.Enabled() {
		return
	}
	checkPresent(at+"username", trust.Username != "", "name the Webservices user", report)
	checkSecret(at+"password", trust.Password, report)
	checkPresent(at+"site_references", len(trust.SiteReferences) > 0, "list the sites to fetch", report)
	checkBaseURL(at+"base_url", trust.BaseURL, report)
	checkPresent(at+"payment_types", len(trust.PaymentTypes) > 0, "name at least one, such as ALIPAY", report)
	checkFetch(at, trust.Since, trust.Timeout, trust.RequestsPerSecond, report)
}

func checkFetch(at string, since Since, timeout time.Duration, perSecond int, report func(path, message string)) {
	if since.At.IsZero() && since.Ago == 0 {
		report(at+"since", "zero; a first fetch must reach back some time, such as 100d")
	}
	checkPositive(at+"timeout", timeout, report)
	if perSecond < 1 {
		report(at+"requests_per_second", "not positive; write a number of requests, such as 25")
	}
}

func checkPolicy(c *Config, report func(path, message string)) {
	p, at := c.Policy, "policy."
	checkPositive(at+"refund_window.stripe", p.RefundWindow.Stripe, report)
	checkPositive(at+"refund_window.trustpayments", p.RefundWindow.TrustPayments, report)
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
	checkPresent("reports.formats", len(c.Reports.Formats) > 0, "list xlsx, csv or both", report)
	if listen := c.Schedule.Listen; listen != "" && !isAddress(listen) {
		report("schedule.listen", "not an address; write HOST:PORT, such as 127.0.0.1:9464")
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
