package alipay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// The formats, as messages and observations call them.
const (
	transactions = "Alipay transactions"
	settlements  = "Alipay settlement details"
	summaries    = "Alipay settlement summary"
)

// Formats are the files that Alipay gives its merchants.
func (l Layout) Formats() []feeds.Format {
	c := l.Columns.joined()
	format := func(name string, read func(*file, []string) ([]feeds.Observation, error), by ...string) feeds.Format {
		return feeds.Format{Name: name, Feed: Feed, Columns: by, GBK: true, Named: true, Open: func(header feeds.Header, account string) (feeds.Rows, error) {
			return l.open(name, header, account, read)
		}}
	}
	return []feeds.Format{
		format(transactions, (*file).transaction, c.kind, c.request, c.amount, c.currency, c.completed),
		format(settlements, (*file).settlement, c.kind, c.request, c.batch, c.settled, c.settledCurrency, c.settledAt),
		format(summaries, (*file).summary, c.summaryType, c.batch, c.settled, c.settledCurrency, c.settledAt),
	}
}

// file is one file while it is read.
type file struct {
	layout  Layout
	columns columns
	name    string
	account string
	header  feeds.Header
	read    func(*file, []string) ([]feeds.Observation, error)
	ended   bool
	seen    map[string]bool // movements of the file
	batches map[string]money.Amount
	order   []string // batches in the order of the file
	named   []string // of a summary: its batches
	paid    []string // and those of which a row tells what they pay out
}

func (l Layout) open(name string, header feeds.Header, account string, read func(*file, []string) ([]feeds.Observation, error)) (feeds.Rows, error) {
	c := l.Columns.joined()
	if account == "" && !header.Has(c.account) {
		return nil, fmt.Errorf("%s: no column names the account: choose it by --account", name)
	}
	return &file{layout: l, columns: c, name: name, account: account, header: header, read: read, seen: map[string]bool{}, batches: map[string]money.Amount{}}, nil
}

func (f *file) get(row []string, column string) string { return f.header.Get(row, column) }

// Read reads a row, or the end mark.
func (f *file) Read(row []string) ([]feeds.Observation, error) {
	if f.ended {
		return nil, fmt.Errorf("there is a row after the end mark %s", f.layout.EndMark)
	}
	if f.layout.EndMark != "" && strings.TrimSpace(strings.Join(row, "")) == f.layout.EndMark {
		f.ended = true
		return nil, nil
	}
	if err := f.header.Width(row); err != nil {
		return nil, err
	}
	return f.read(f, row)
}

// End asks for the end mark.
func (f *file) End() error {
	if f.layout.EndMark != "" && !f.ended {
		return fmt.Errorf("it does not end with %s: it is not whole (feeds.alipay.end_mark)", f.layout.EndMark)
	}
	for _, batch := range f.named {
		if !slices.Contains(f.paid, batch) {
			return fmt.Errorf("no row tells what the batch %s pays out (feeds.alipay.types.total)", batch)
		}
	}
	return nil
}

// Whole tells of each batch that all of its lines are there: by the line of the batch itself, which is held last.
func (f *file) Whole() []feeds.Observation {
	var whole []feeds.Observation
	for _, key := range f.order {
		account, batch, _ := strings.Cut(key, "\x00")
		sum := f.batches[key].Neg()
		whole = append(whole, f.observation(kindLine, account, map[string]string{
			"id": batch + "/payout/" + sum.Currency, "batch": batch, "category": "payout", "net": sum.Decimal(), "settled_currency": sum.Currency,
		}))
	}
	return whole
}

// accountOf is the account that a row names, or else the one of the whole file.
func (f *file) accountOf(row []string) string {
	if named := f.get(row, f.columns.account); named != "" {
		return named
	}
	return f.account
}

func (f *file) observation(kind, account string, values map[string]string) feeds.Observation {
	key := reconcile.Key{Feed: Feed, Account: account, Kind: kind, ID: values["id"]}
	return feeds.Observation{Key: key, Body: feeds.RowBody(f.name, values)}
}

// category is that of a row's type; empty where no money moves.
func (f *file) category(word string) (string, error) {
	category, ok := f.layout.Types.category(word)
	if !ok {
		return "", fmt.Errorf("unknown type %q: name it under feeds.alipay.types", word)
	}
	return category, nil
}

// transaction reads a payment or a refund; and its settlement, where the row tells that too, as in files of the classic
// gateway.
func (f *file) transaction(row []string) ([]feeds.Observation, error) {
	category, err := f.category(f.get(row, f.columns.kind))
	if err != nil {
		return nil, err
	}
	var read []feeds.Observation
	switch category {
	case "charge", "refund":
		taken, err := f.taken(category, row)
		if err != nil {
			return nil, err
		}
		read = append(read, taken)
	}
	if category == "" || f.get(row, f.columns.settledAt) == "" || f.get(row, f.columns.settled) == "" {
		return read, nil
	}
	settled, err := f.settlement(row)
	return append(read, settled...), err
}

// taken is what a payment or refund keeps of a row. A payment's id is Alipay's, where the file tells it; a refund's is the
// merchant's own, because Alipay's may be that of the payment.
func (f *file) taken(category string, row []string) (feeds.Observation, error) {
	c := f.columns
	request := f.get(row, c.request)
	if request == "" {
		return feeds.Observation{}, errors.New("the merchant's own id of the transaction is empty")
	}
	created, err := f.time(row, c.created)
	if err != nil {
		return feeds.Observation{}, err
	}
	completed, err := f.time(row, c.completed)
	if err != nil {
		return feeds.Observation{}, err
	}
	values := map[string]string{
		"request": request, "order": f.get(row, c.order), "status": f.state(f.get(row, c.status)), "amount": f.get(row, c.amount),
		"currency": f.get(row, c.currency), "created": created, "completed": completed,
	}
	kind := kindPayment
	values["id"] = f.objectID(category, row)
	if category == "refund" {
		kind, values["original"] = kindRefund, f.get(row, c.original)
	}
	return f.observation(kind, f.accountOf(row), values), nil
}

// objectID is the id of the payment or refund that a row is about; nothing for other types, whose rows are explained by
// what they are.
func (f *file) objectID(category string, row []string) string {
	request := f.get(row, f.columns.request)
	switch category {
	case "charge":
		if id := f.get(row, f.columns.id); id != "" {
			return id
		}
		return request
	case "refund", "refund_failure":
		return request
	}
	return ""
}

// state is a status in our words; one that is not known stays as it is, and cannot be read.
func (f *file) state(word string) string {
	statuses := f.layout.Statuses
	switch {
	case word == "", named(statuses.Succeeded, word):
		return string(reconcile.PaymentSucceeded)
	case named(statuses.Pending, word):
		return string(reconcile.PaymentPending)
	case named(statuses.Failed, word):
		return string(reconcile.PaymentFailed)
	}
	return "unknown: " + word
}

// settlement reads a row that moves the balance, and that a batch pays out where it names one.
func (f *file) settlement(row []string) ([]feeds.Observation, error) {
	word := f.get(row, f.columns.kind)
	category, err := f.category(word)
	switch {
	case err != nil:
		return nil, err
	case category == "":
		return nil, nil
	case named(f.layout.SummaryLines, word):
		return nil, fmt.Errorf("a row of the type %q, which feeds.alipay.summary_lines says to stand in the summary alone", word)
	}
	request := f.get(row, f.columns.request)
	if request == "" {
		request = f.get(row, f.columns.id)
	}
	figures, err := f.figures(category, row)
	if err != nil {
		return nil, err
	}
	return f.moved(row, strings.ToUpper(word)+"/"+request, category, f.objectID(category, row), figures)
}

// moved is a movement and its part of a batch.
func (f *file) moved(row []string, id, category, object string, figures figures) ([]feeds.Observation, error) {
	account, batch := f.accountOf(row), f.get(row, f.columns.batch)
	if batch != "" {
		id = batch + "/" + id
	}
	if f.seen[account+"\x00"+id] {
		return nil, fmt.Errorf("a second row of %s", id)
	}
	f.seen[account+"\x00"+id] = true
	at, err := f.time(row, f.columns.settledAt)
	if err != nil {
		return nil, err
	}
	values := figures.values()
	values["id"], values["category"], values["object"], values["settled_at"] = id, category, object, at
	moved := []feeds.Observation{f.observation(kindMovement, account, values)}
	if batch == "" || category == "payout" {
		return moved, nil
	}
	return append(moved, f.observation(kindLine, account, map[string]string{
		"id": id, "batch": batch, "category": category, "net": figures.net.Decimal(), "settled_currency": figures.net.Currency,
	})), f.addUp(account, batch, figures.net)
}

// addUp keeps what the details of a batch come to. A summary tells only a part of them.
func (f *file) addUp(account, batch string, net money.Amount) error {
	if f.name == summaries {
		return nil
	}
	key := account + "\x00" + batch
	if _, ok := f.batches[key]; !ok {
		f.order = append(f.order, key)
	}
	sum, err := f.batches[key].Add(net)
	if err != nil {
		return fmt.Errorf("batch %s: %w", batch, err)
	}
	f.batches[key] = sum
	return nil
}

// summary reads what a batch pays out, and the parts of it that no settlement row tells.
func (f *file) summary(row []string) ([]feeds.Observation, error) {
	word, batch := f.get(row, f.columns.summaryType), f.get(row, f.columns.batch)
	if batch == "" {
		return nil, errors.New("the row names no batch")
	}
	if !slices.Contains(f.named, batch) {
		f.named = append(f.named, batch)
	}
	net, err := money.Parse(f.get(row, f.columns.settled), f.get(row, f.columns.settledCurrency))
	if err != nil {
		return nil, err
	}
	switch {
	case named(f.layout.Types.Total, word):
		return f.total(row, batch, net)
	case !named(f.layout.SummaryLines, word):
		if _, known := f.layout.Types.category(word); !known {
			return nil, fmt.Errorf("unknown type %q: name it under feeds.alipay.types", word)
		}
		return nil, nil // the settlement details tell it row by row
	}
	category, err := f.category(word)
	if err != nil {
		return nil, err
	}
	return f.moved(row, strings.ToUpper(word), category, "", figures{gross: net, fee: money.Amount{Currency: net.Currency}, net: net})
}

// total is the payout of a batch and the movement by which it leaves the balance.
func (f *file) total(row []string, batch string, net money.Amount) ([]feeds.Observation, error) {
	f.paid = append(f.paid, batch)
	at, err := f.time(row, f.columns.settledAt)
	if err != nil {
		return nil, err
	}
	payout := f.observation(kindPayout, f.accountOf(row), map[string]string{"id": batch, "settled": net.Decimal(), "settled_currency": net.Currency, "settled_at": at})
	gone := net.Neg()
	moved, err := f.moved(row, "payout", "payout", batch, figures{gross: gone, fee: money.Amount{Currency: net.Currency}, net: gone})
	return append(moved, payout), err
}

// figures are what a row moves in the currency that settles.
type figures struct{ gross, fee, net money.Amount }

func (f figures) values() map[string]string {
	return map[string]string{"gross": f.gross.Decimal(), "fee": f.fee.Decimal(), "net": f.net.Decimal(), "settled_currency": f.net.Currency}
}

// figures reads what is left after the fee, and what was there before it: the amount of the transaction, in the currency
// that settles. Where no column tells that, the fee is not known and counts as none. What goes back is negative, whatever
// sign the file writes.
func (f *file) figures(category string, row []string) (figures, error) {
	settled := f.get(row, f.columns.settledCurrency)
	net, err := money.Parse(f.get(row, f.columns.settled), settled)
	if err != nil {
		return figures{}, err
	}
	gross := net
	text := f.get(row, f.columns.converted)
	if strings.EqualFold(f.get(row, f.columns.currency), settled) && f.get(row, f.columns.amount) != "" {
		text = f.get(row, f.columns.amount)
	}
	if text != "" {
		if gross, err = money.Parse(text, settled); err != nil {
			return figures{}, err
		}
	}
	if category == "refund" || category == "dispute" {
		net, gross = negative(net), negative(gross)
	}
	fee, err := gross.Sub(net)
	return figures{gross, fee, net}, err
}

func negative(amount money.Amount) money.Amount {
	if amount.Minor > 0 {
		return amount.Neg()
	}
	return amount
}

// clocks are how Alipay writes a time: with its offset (ISO 8601), or in the zone of the file.
var clocks = []string{time.DateTime, "2006-01-02T15:04:05", time.DateOnly}

// time reads a time into UTC; an empty one stays empty.
func (f *file) time(row []string, column string) (string, error) {
	text := f.get(row, column)
	if text == "" {
		return "", nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format(time.RFC3339), nil
	}
	for _, layout := range clocks {
		if at, err := feeds.InZone(text, layout, f.layout.Zone); err == nil {
			return at.Format(time.RFC3339), nil
		}
	}
	return "", fmt.Errorf("%q is no time that can be read; write 2006-01-02T15:04:05+08:00 or 2006-01-02 15:04:05", text)
}
