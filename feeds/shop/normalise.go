package shop

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// NewNormaliser returns the pure function that reads the shop's observations by a mapping. A row with anything that
// cannot be read is a rejection as a whole, so that nothing is done to its order.
func NewNormaliser(m Mapping) feeds.Normalise {
	n := normaliser{currency: m.Currency, orderWords: m.Statuses.words(), providers: map[string]string{}}
	for _, word := range slices.Sorted(maps.Keys(m.Providers)) {
		n.providers[strings.ToLower(word)] = m.Providers[word]
	}
	n.refundWords = ownRefundWords
	if m.Refunds != nil {
		n.refundWords = m.Refunds.Statuses.words()
	}
	return n.normalise
}

// ownRefundWords are those of refunds asked for by "tieout refunds request", for a shop without a table of refunds.
var ownRefundWords = map[string]reconcile.RequestStatus{
	string(reconcile.RequestOpen): reconcile.RequestOpen, string(reconcile.RequestDone): reconcile.RequestDone, string(reconcile.RequestRejected): reconcile.RequestRejected,
}

type normaliser struct {
	currency    string
	orderWords  map[string]reconcile.OrderStatus
	refundWords map[string]reconcile.RequestStatus
	providers   map[string]string
}

func (n normaliser) normalise(observation feeds.Observation) reconcile.Record {
	var r row
	if err := json.Unmarshal(observation.Body, &r); err != nil {
		return reconcile.Rejection{Key: observation.Key, Reason: "the stored row is not an object of texts"}
	}
	record, err := n.read(observation.Key, r)
	if err != nil {
		return reconcile.Rejection{
			Key: observation.Key, Reason: err.Error(), Reference: r[keyReference], LinkedID: strings.TrimSpace(r[keyPayment]),
		}
	}
	return record
}

func (n normaliser) read(key reconcile.Key, r row) (reconcile.Record, error) {
	switch key.Kind {
	case KindOrder:
		if err := r.checkID(key, keyReference); err != nil {
			return nil, err
		}
		return n.order(key, r)
	case KindRefundRequest:
		if err := r.checkID(key, keyID); err != nil {
			return nil, err
		}
		return n.refundRequest(key, r)
	}
	return nil, fmt.Errorf("kind %q is not one of a shop", key.Kind)
}

// checkID tells a row that is not an object of its own: see row.observation.
func (r row) checkID(key reconcile.Key, name string) error {
	switch id := r[name]; {
	case blank(id):
		return fmt.Errorf("the row has no %s", name)
	case id != key.ID:
		return fmt.Errorf("%s %q is not readable as text", name, clip(id))
	case r[keyRows] != "":
		return fmt.Errorf("%s rows have the %s %q: which of them counts would be a guess", r[keyRows], name, clip(id))
	}
	return nil
}

func (n normaliser) order(key reconcile.Key, r row) (reconcile.Record, error) {
	status, ok := n.orderWords[r[keyStatus]]
	if !ok {
		return nil, fmt.Errorf("status %q is not mapped: add it to feeds.shop.statuses", clip(r[keyStatus]))
	}
	amount, err := n.amount(r)
	if err != nil {
		return nil, err
	}
	order := reconcile.Order{
		Key: key, PaymentID: strings.TrimSpace(r[keyPayment]), Provider: n.provider(r[keyProvider]),
		Amount: amount, Status: status,
	}
	err = r.times(map[string]*time.Time{
		keyCreated: &order.CreatedAt, keyPaid: &order.PaidAt, keyCanceled: &order.CanceledAt, keyChanged: &order.ChangedAt,
	})
	return order, err
}

func (n normaliser) refundRequest(key reconcile.Key, r row) (reconcile.Record, error) {
	if blank(r[keyReference]) {
		return nil, fmt.Errorf("the refund names no order: its reference is empty")
	}
	status, ok := n.refundWords[r[keyStatus]]
	if !ok {
		return nil, fmt.Errorf("refund status %q is not mapped: add it to feeds.shop.refunds.statuses", clip(r[keyStatus]))
	}
	amount, err := n.amount(r)
	if err != nil {
		return nil, err
	}
	request := reconcile.RefundRequest{Key: key, OrderReference: r[keyReference], Amount: amount, Status: status}
	err = r.times(map[string]*time.Time{keyRequested: &request.RequestedAt, keyDone: &request.DoneAt})
	return request, err
}

// provider is the feed that the shop's word means. A word that is not mapped stays as it is: it is a provider that tieout
// does not read, and an order of its is not missing at those that it does.
func (n normaliser) provider(word string) string {
	word = strings.TrimSpace(word)
	if feed, ok := n.providers[strings.ToLower(word)]; ok {
		return feed
	}
	return word
}

// amount reads minor units, or else a decimal of major units. Neither is ever negative in a shop.
func (n normaliser) amount(r row) (money.Amount, error) {
	currency := r[keyCurrency]
	if blank(currency) {
		currency = n.currency
	}
	if blank(currency) {
		return money.Amount{}, fmt.Errorf("currency is empty")
	}
	amount, err := r.amountIn(currency)
	if err != nil {
		return money.Amount{}, err
	}
	if amount.Minor < 0 {
		return money.Amount{}, fmt.Errorf("the amount %s is negative", amount)
	}
	return amount, nil
}

func (r row) amountIn(currency string) (money.Amount, error) {
	code, err := money.Code(currency)
	if err != nil {
		return money.Amount{}, fmt.Errorf("currency %q is not one of ISO 4217", clip(currency))
	}
	if text, ok := r[keyAmountMinor]; ok {
		minor, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return money.Amount{}, fmt.Errorf("amount_minor %q is not a whole number of minor units", clip(text))
		}
		return money.New(minor, code)
	}
	amount, err := money.Parse(r[keyAmount], code)
	if err != nil {
		digits, _ := money.Exponent(code)
		return money.Amount{}, fmt.Errorf("amount %q is not a plain number with at most %d decimals, as %s has", clip(r[keyAmount]), digits, code)
	}
	return amount, nil
}

// times reads each of the row's times into its place; a time that is not told leaves it zero.
func (r row) times(places map[string]*time.Time) error {
	for _, key := range slices.Sorted(maps.Keys(places)) {
		text := strings.TrimSpace(r[key])
		if noTime(text) {
			continue
		}
		at, _, ok := parseTime(text)
		if !ok {
			return fmt.Errorf("%s %q is not a time: write it as 2006-01-02T15:04:05Z", key, clip(text))
		}
		*places[key] = at
	}
	return nil
}

// clip shortens what a message quotes.
func clip(text string) string {
	const most = 60
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}
