package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/reports"
	"tieout/sql/store"
)

// statements ties out every account in every currency: over the finance day before the one that now lies in, so that each
// day is told whole at least once, and over as much as there is of that one.
func (p *edition) statements(ctx context.Context) ([]reconcile.Statement, error) {
	yesterday, today := p.lastTwoDays()
	books := books{policy: p.terms.Policy, store: p.store}
	if err := books.read(ctx, yesterday, today); err != nil {
		return nil, err
	}
	var statements []reconcile.Statement
	for i, window := range []reconcile.Window{yesterday, today} {
		balances, err := books.balances(ctx, i+1, window)
		if err != nil {
			return nil, err
		}
		auths, err := books.auths(ctx, window)
		if err != nil {
			return nil, err
		}
		statements = append(append(statements, balances...), auths...)
	}
	slices.SortStableFunc(statements, func(a, b reconcile.Statement) int {
		return strings.Compare(strings.Join([]string{a.Feed, a.Account, a.Currency}, "\x00"), strings.Join([]string{b.Feed, b.Account, b.Currency}, "\x00"))
	})
	return statements, nil
}

// lastTwoDays are the finance day before the one that now lies in, and that one up to now.
func (p *edition) lastTwoDays() (yesterday, today reconcile.Window) {
	year, month, day := p.asOf.In(p.terms.Zone.Location).Date()
	start := func(day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, p.terms.Zone.Location).UTC()
	}
	return reconcile.Window{From: start(day - 1), To: start(day)}, reconcile.Window{From: start(day), To: p.asOf}
}

// place is an account in one currency.
type place struct{ feed, account, currency string }

// books is what the store holds for the statements of two days. The gaps are those that reconcile last found.
type books struct {
	store  *store.Store
	policy reconcile.Policy
	flows  []store.AccountFlow
	gaps   []reconcile.Gap
}

func (b *books) read(ctx context.Context, first, second reconcile.Window) (err error) {
	if b.flows, err = b.store.Flows(ctx, first, second); err != nil {
		return err
	}
	for gap, err := range b.store.Gaps(ctx, second.To) {
		if err != nil {
			return err
		}
		b.gaps = append(b.gaps, gap)
	}
	return nil
}

// balances makes the statements of the balances for one of the windows, by its number from 1.
func (b *books) balances(ctx context.Context, number int, window reconcile.Window) ([]reconcile.Statement, error) {
	stated, err := b.store.StatedBalances(ctx, window.To)
	if err != nil {
		return nil, err
	}
	notBooked, err := b.store.NotBooked(ctx, window.To, b.policy.MovementAfter)
	if err != nil {
		return nil, err
	}
	ledgers := ledgers{window: window, at: map[place]*reconcile.Ledger{}}
	for _, flow := range b.flows {
		l := ledgers.of(place{flow.Feed, flow.Account, flow.Currency})
		switch {
		case flow.Window < number:
			l.Before = append(l.Before, flow.Flow)
		case flow.Window == number:
			l.Inside = append(l.Inside, flow.Flow)
		}
	}
	for _, gap := range b.gaps {
		l := ledgers.of(place{gap.Feed, gap.Account, gap.Amount.Currency})
		l.Gaps = append(l.Gaps, gap)
	}
	for _, balance := range stated {
		ledgers.of(place{balance.Feed, balance.Account, balance.First.Stated.Currency}).Stated = &balance
	}
	for _, entry := range notBooked {
		ledgers.of(place{entry.Feed, entry.Account, entry.Currency}).NotBooked = entry.Entry
	}
	statements := make([]reconcile.Statement, len(ledgers.order))
	for i, at := range ledgers.order {
		statements[i] = reconcile.Tie(*ledgers.at[at])
	}
	return statements, nil
}

// ledgers keeps a ledger for each account and currency, in the order in which they were first asked for.
type ledgers struct {
	window reconcile.Window
	at     map[place]*reconcile.Ledger
	order  []place
}

func (l *ledgers) of(at place) *reconcile.Ledger {
	if l.at[at] == nil {
		none := reconcile.Entry{Amount: money.Amount{Currency: at.currency}}
		l.at[at] = &reconcile.Ledger{Feed: at.feed, Account: at.account, Currency: at.currency, Window: l.window, NotBooked: none}
		l.order = append(l.order, at)
	}
	return l.at[at]
}

// auths makes the statements of what is authorised and not settled.
func (b *books) auths(ctx context.Context, window reconcile.Window) ([]reconcile.Statement, error) {
	entries, err := b.store.Auths(ctx, window)
	if err != nil {
		return nil, err
	}
	var ledgers []reconcile.AuthLedger // by account and currency, as the entries are
	for _, entry := range entries {
		if n := len(ledgers); n == 0 || ledgers[n-1].Feed != entry.Feed || ledgers[n-1].Account != entry.Account || ledgers[n-1].Currency != entry.Currency {
			ledgers = append(ledgers, reconcile.AuthLedger{Feed: entry.Feed, Account: entry.Account, Currency: entry.Currency, Window: window})
		}
		l := &ledgers[len(ledgers)-1]
		switch entry.What {
		case store.AuthsUnsettled:
			l.Opening = entry.Entry
		case store.AuthsAuthorised:
			l.Authorised = entry.Entry
		case store.AuthsSettled:
			l.Settled = entry.Entry
		case store.AuthsCanceled:
			l.Canceled = entry.Entry
		case store.AuthsRefunded:
			l.Refunded = entry.Entry
		case store.AuthsUnread:
			l.Unread = entry.Count
		}
	}
	statements := make([]reconcile.Statement, len(ledgers))
	for i, ledger := range ledgers {
		statements[i] = reconcile.TieAuths(ledger)
	}
	return statements, nil
}

// tieOutRows are the lines of the statements, in the order of the equation.
func (p *edition) tieOutRows(statements []reconcile.Statement) []reports.TieOutRow {
	var rows []reports.TieOutRow
	for _, s := range statements {
		for _, line := range tieOutLines(s) {
			line.Feed, line.Account, line.Currency = s.Feed, s.Account, s.Currency
			line.FinanceDay, line.From, line.To = p.financeDay(s.Window.From), s.Window.From, s.Window.To
			rows = append(rows, line)
		}
	}
	return rows
}

func tieOutLines(s reconcile.Statement) []reports.TieOutRow {
	ofAuths := s.Refunded.Amount.Currency != ""
	var rows []reports.TieOutRow
	if len(s.Lines) > 0 {
		rows = append(rows, tieOutLine(reports.LineOpening, s.Opening, ofAuths))
		for _, line := range s.Lines {
			rows = append(rows, tieOutLine(string(line.Line), line.Entry, true))
		}
		provider := tieOutLine("provider's own figure", s.Provider, false)
		provider.AsOf = s.ProviderAt
		rows = append(rows, tieOutLine(reports.LineClosing, s.Closing, ofAuths), provider)
	}
	if len(s.Lines) > 0 || s.Unexplained.Count > 0 {
		rows = append(rows, tieOutLine(reports.LineUnexplained, s.Unexplained, !ofAuths))
	}
	for _, gaps := range s.Gaps {
		rows = append(rows, tieOutLine(reports.LineUnexplained+": "+string(gaps.Kind), gaps.Entry, true))
	}
	if s.NotBooked.Count > 0 {
		rows = append(rows, tieOutLine("not in the balance yet", s.NotBooked, true))
	}
	if !s.TakenAt.IsZero() {
		taken := tieOutLine("taken from the first stated figure", s.Taken, false)
		taken.AsOf = s.TakenAt
		rows = append(rows, taken)
	}
	if ofAuths {
		rows = append(rows, tieOutLine("refunded", s.Refunded, true))
	}
	return rows
}

func tieOutLine(name string, entry reconcile.Entry, counted bool) reports.TieOutRow {
	row := reports.TieOutRow{Line: name, Amount: figure(entry.Amount)}
	if counted {
		row.Count = &entry.Count
	}
	return row
}
