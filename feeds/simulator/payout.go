package simulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The stories of payouts; the names are those of Config.Stories.
const (
	payoutManual     = "payout_manual"
	payoutFailed     = "payout_failed"
	payoutUnbalanced = "payout_unbalanced"
)

// The life of a payout, from the day at midnight UTC, or from the payout itself.
const (
	payoutHour     = 7 * time.Hour
	payoutSent     = 2 * time.Hour
	payoutItemised = 13 * time.Hour
	payoutArrives  = 2*day - payoutHour
	payoutBounces  = 3*day + 2*time.Hour
	payoutOverhang = 10    // days after the horizon that payouts still go out
	payoutResidue  = 137   // what an unbalanced payout pays too much, in minor units
	payoutCurrency = "EUR" // where faults are placed: the currency that is paid out every day
	manualCurrency = "USD"
)

// payoutKey names a payout before it exists: at most one goes out in each currency on a day.
type payoutKey struct {
	currency string
	day      time.Time
}

// payout is money that left for the bank. An automatic one pays the net of its movements.
type payout struct {
	object
	amount    int64
	currency  string
	fault     string // one of the payout stories; empty = an ordinary automatic payout
	arrival   time.Time
	completed time.Time
	bounced   time.Time // zero unless it fails
	own       *movement
	returned  *movement
	movements *collection[*movement]
}

func (p *payout) status(t time.Time) string {
	switch {
	case !p.bounced.IsZero() && !t.Before(p.bounced):
		return "failed"
	case !t.Before(p.arrival):
		return "paid"
	case !t.Before(p.created.Add(payoutSent)):
		return "in_transit"
	}
	return "pending"
}

func (p *payout) reconciliation(t time.Time) string {
	switch {
	case p.fault == payoutManual:
		return "not_applicable"
	case t.Before(p.completed):
		return "in_progress"
	}
	return "completed"
}

// planPayoutFaults picks the days on which payouts go wrong: in the past, and so that it shows on the day after Now.
func (w *World) planPayoutFaults() {
	today := w.cfg.Now.Truncate(day)
	plan := func(story, currency string, days ...time.Time) {
		if w.cfg.Stories[story] == 0 {
			return
		}
		for _, d := range days {
			w.payoutFaults[payoutKey{currency, d}] = story
		}
	}
	plan(payoutManual, manualCurrency, today.AddDate(0, 0, -31), today.AddDate(0, 0, -9))
	plan(payoutFailed, payoutCurrency, today.AddDate(0, 0, -12), w.showsTomorrow(payoutBounces))
	plan(payoutUnbalanced, payoutCurrency, today.AddDate(0, 0, -20), w.showsTomorrow(payoutItemised))
}

// showsTomorrow returns the day whose payout reaches the given age inside the 24 hours after Now.
func (w *World) showsTomorrow(age time.Duration) time.Time {
	d := w.cfg.Now.Add(-payoutHour - age).Truncate(day)
	for !d.Add(payoutHour + age).After(w.cfg.Now) {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

// firstDay is the day of the oldest movement.
func (w *World) firstDay() time.Time {
	if len(w.movements.items) == 0 {
		return w.horizon.Truncate(day)
	}
	return w.movements.items[0].created.Truncate(day)
}

// payOut sends the available money out, day by day and for each currency, from the given day on. What is not positive
// stays in the balance.
func (w *World) payOut(from time.Time) {
	pools := map[string][]*movement{}
	for _, m := range w.movements.items {
		if m.payout == nil && m.category != "payout" {
			pools[m.currency] = append(pools[m.currency], m)
		}
	}
	last := w.horizon.AddDate(0, 0, payoutOverhang)
	for d := from; d.Before(last); d = d.AddDate(0, 0, 1) {
		for _, currency := range sortedKeys(pools) {
			pools[currency] = w.payDay(payoutKey{currency, d}, pools[currency])
		}
	}
	w.movements.sortAll()
	w.payouts.sortAll()
}

// payDay makes the payout of one day and returns what stays in the balance.
func (w *World) payDay(key payoutKey, pool []*movement) []*movement {
	at := key.day.Add(payoutHour)
	var ready, rest []*movement
	var net int64
	for _, m := range pool {
		if m.available.After(at) || m.created.After(at) {
			rest = append(rest, m)
			continue
		}
		ready = append(ready, m)
		net += m.net()
	}
	if net <= 0 {
		return pool
	}
	p := w.newPayout(key, net)
	for _, m := range ready {
		m.payout = p
		p.movements.push(m)
	}
	p.movements.push(p.own)
	p.movements.sortAll()
	if p.returned != nil {
		rest = append(rest, p.returned)
	}
	return rest
}

// newPayout makes a payout whose ids depend on its key only, so that paying out again gives the same ones.
func (w *World) newPayout(key payoutKey, net int64) *payout {
	rng := rand.New(rand.NewPCG(w.cfg.Seed, uint64(key.day.Unix())<<16|uint64(key.currency[0])<<8|uint64(key.currency[1])))
	at := key.day.Add(payoutHour)
	p := &payout{
		object: object{randomID(rng, "po"), at}, amount: net, currency: key.currency, fault: w.payoutFaults[key],
		arrival: at.Add(payoutArrives), completed: at.Add(payoutItemised), movements: newCollection[*movement](),
	}
	if p.fault == payoutUnbalanced {
		p.amount += payoutResidue
	}
	p.amount += w.payoutResidues[key]
	p.own = newPayoutMovement(rng, p, at, -p.amount, "payout", "payout")
	p.own.payout = p
	w.movements.push(p.own)
	if p.fault == payoutFailed {
		p.bounced = at.Add(payoutBounces)
		p.returned = newPayoutMovement(rng, p, p.bounced, p.amount, "payout_failure", "payout_reversal")
		w.movements.push(p.returned)
	}
	w.payouts.push(p)
	return p
}

func newPayoutMovement(rng *rand.Rand, p *payout, at time.Time, amount int64, kind, category string) *movement {
	return &movement{
		object: object{randomID(rng, "txn"), at}, amount: amount, currency: p.currency, kind: kind, category: category,
		source: p.id, available: at,
	}
}

// payOutAgain redoes the payouts after an instant, because a refund over HTTP took money out of the balance.
func (w *World) payOutAgain(after time.Time) {
	undone := map[*payout]bool{}
	w.payouts.remove(func(p *payout) bool {
		undone[p] = p.created.After(after)
		return undone[p]
	})
	w.movements.remove(func(m *movement) bool {
		if undone[m.payout] {
			m.payout = nil
		}
		aboutPayout := m.kind == "payout" || m.kind == "payout_failure"
		return aboutPayout && w.payouts.byID[m.source] == nil
	})
	next := after.Truncate(day)
	if !next.Add(payoutHour).After(after) {
		next = next.AddDate(0, 0, 1)
	}
	w.payOut(next)
}

// payoutExpectations derives what must be said about payouts from the payouts themselves.
func (w *World) payoutExpectations() []Expectation {
	var out []Expectation
	for _, p := range w.payouts.items {
		e := Expectation{Code: codePayoutMismatch, TransactionReference: p.id, story: p.fault}
		switch p.fault {
		case payoutFailed:
			e.From, e.Until = p.bounced, w.lasting(p.bounced)
		case payoutUnbalanced:
			e.From = p.completed
			e.Currency, e.Difference = p.currency, payoutResidue
		default:
			continue
		}
		out = append(out, e)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
