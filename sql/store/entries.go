package store

import (
	"fmt"
	"slices"
	"strconv"

	"tieout/audit"
	"tieout/reconcile/money"
)

// entryMaker turns versions of rows into entries of the log.
type entryMaker struct {
	plans      map[string]*entryPlan // by table
	recipients map[[2]string]string  // commitments by kind and order reference
}

// entryPlan says where the cells of an entry come from.
type entryPlan struct {
	kind  *audit.Kind
	cells []cellPlan // one for each column that is not common to all kinds
}

type cellPlan struct {
	of       audit.Type
	value    int // the place among the version's values; -1: it is a recipient, and not among them
	currency int
}

// logged names the tables whose entries have another name in the log.
var logged = map[string]string{"exception_changes": "decisions", "outbox": "messages", "run_steps": "steps"}

// firstOwn is the first column of a kind that is its own: before it stand where the entry is, the change, when it was, and the event.
const firstOwn = audit.Given + 3

func newEntryMaker(recipients map[[2]string]string) *entryMaker {
	return &entryMaker{plans: map[string]*entryPlan{}, recipients: recipients}
}

func (m *entryMaker) plan(v RowVersion) (*entryPlan, error) {
	if p := m.plans[v.Table]; p != nil {
		return p, nil
	}
	name := v.Table
	if other, ok := logged[name]; ok {
		name = other
	}
	kind, ok := audit.KindNamed(name)
	if !ok {
		return nil, fmt.Errorf("the log has no kind for the rows of tieout_%s", v.Table)
	}
	p := &entryPlan{kind: kind}
	for _, column := range kind.Columns[firstOwn:] {
		c := cellPlan{of: column.Type, value: slices.Index(v.Columns, held(column)), currency: slices.Index(v.Columns, column.Currency)}
		if c.value < 0 && column.Name != "recipient" || c.currency < 0 && column.Type == audit.Money {
			return nil, fmt.Errorf("tieout_%s has no column for %s of the log", v.Table, column.Name)
		}
		p.cells = append(p.cells, c)
	}
	m.plans[v.Table] = p
	return p, nil
}

// held is the column of the database that a column of the log is made of.
func held(c audit.Column) string {
	switch {
	case c.Type == audit.Money && c.Name == "amount":
		return "minor"
	case c.Type == audit.Money:
		return c.Name + "_minor"
	default:
		return c.Name
	}
}

func (m *entryMaker) entry(v RowVersion, learned changeRow) (audit.Row, error) {
	p, err := m.plan(v)
	if err != nil {
		return audit.Row{}, err
	}
	cells := make([]string, 0, len(p.cells)+3)
	when, event := "", audit.EventIs
	if learned.Number == v.Change {
		when = timeCell(learned.At)
	}
	if v.Removed {
		event = audit.EventGone
	}
	cells = append(cells, strconv.FormatInt(v.Change, 10), when, event)
	for _, c := range p.cells {
		cell, err := c.cell(v)
		if err != nil {
			return audit.Row{}, fmt.Errorf("a row of tieout_%s: %w", v.Table, err)
		}
		cells = append(cells, cell)
	}
	if v.Table == "outbox" {
		cells[firstOwn-audit.Given+recipientAt] = m.recipients[[2]string{v.Key[0], v.Key[1]}]
	}
	return audit.Row{Kind: p.kind, Cells: cells}, nil
}

// recipientAt is the place of the recipient among the columns that messages alone have.
var recipientAt = func() int {
	messages, _ := audit.KindNamed("messages")
	return slices.IndexFunc(messages.Columns[firstOwn:], func(c audit.Column) bool { return c.Name == "recipient" })
}()

func (c cellPlan) cell(v RowVersion) (string, error) {
	if c.value < 0 {
		return "", nil
	}
	value := v.Values[c.value]
	if c.of != audit.Time && c.of != audit.Money {
		return value, nil
	}
	number, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		return "", err
	case c.of == audit.Time:
		return timeCell(number), nil
	case v.Values[c.currency] == "":
		return "", nil
	default:
		return money.Amount{Minor: number, Currency: v.Values[c.currency]}.Decimal(), nil
	}
}
