package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// FaultKind is a way in which the Stripe account's books can be wrong.
type FaultKind string

// What can be wrong with the Stripe account's books.
const (
	FaultUnknownObject FaultKind = "unknown object" // a movement of a charge that is not there
	FaultBookedTwice   FaultKind = "booked twice"   // a charge's movement, once more
	FaultWrongAmount   FaultKind = "wrong amount"   // a charge's movement is off
	FaultNotBooked     FaultKind = "not booked"     // a charge without a movement
	FaultPayout        FaultKind = "payout"         // a payout pays more than its movements make
	FaultStated        FaultKind = "stated"         // the stated balance is off
)

// Fault is one fault in the books, planted in the first object at or after From in the currency.
type Fault struct {
	Kind     FaultKind
	Currency string    // EUR, USD, GBP or JPY: what Stripe settles in
	From     time.Time // whole seconds
	Minor    int64     // by how much, in minor units; of no meaning where the object tells: booked twice, not booked
}

// patience is how long a charge may lack its movement.
const patience = 7 * day

// plantedFault is a fault and what must be said of it from when on.
type plantedFault struct {
	Fault
	from       time.Time
	difference int64
}

// plant puts the faults of the account's books into the world, before money is paid out.
func (w *World) plant() error {
	for i, fault := range w.cfg.Faults {
		rng := rand.New(rand.NewPCG(w.cfg.Seed, 1<<40+uint64(i)))
		planted := plantedFault{Fault: fault, from: fault.From, difference: fault.Minor}
		if err := w.plantOne(rng, &planted); err != nil {
			return err
		}
		w.faults = append(w.faults, planted)
	}
	w.movements.sortAll()
	return nil
}

func (w *World) plantOne(rng *rand.Rand, f *plantedFault) error {
	switch f.Kind {
	case FaultUnknownObject:
		m := newMovement(rng, f.From, f.Minor, f.Currency)
		m.kind, m.category, m.source = "payment", "charge", randomID(rng, "ch")
		w.movements.push(m)
		return nil
	case FaultPayout:
		return w.plantPayout(f.Fault)
	case FaultStated:
		return nil
	}
	c := w.bookedCharge(f.Fault)
	if c == nil {
		return fmt.Errorf("simulator: Config.Faults: no charge in %s after %s for a fault of kind %q", f.Currency, f.From, f.Kind)
	}
	switch f.Kind {
	case FaultBookedTwice:
		again := *c.movement
		again.id = randomID(rng, "txn")
		w.movements.push(&again)
		f.from, f.difference = again.created, again.amount
	case FaultWrongAmount:
		c.movement.amount += f.Minor
		f.from = c.movement.created
	case FaultNotBooked:
		own := c.movement
		w.movements.remove(func(m *movement) bool { return m == own })
		c.movement = nil
		f.from, f.difference = c.created.Add(patience+time.Nanosecond), -c.amount
	default:
		return fmt.Errorf("simulator: Config.Faults: unknown kind %q", f.Kind)
	}
	return nil
}

// bookedCharge is the first charge in the fault's own currency that was booked from its instant on, and which nothing else
// is told of.
func (w *World) bookedCharge(f Fault) *charge {
	var found *charge
	for _, c := range w.charges.items {
		fits := !c.foreign && c.failure == "" && c.currency == f.Currency && c.movement != nil && len(c.refunds)+len(c.disputes) == 0 &&
			!c.movement.created.Before(f.From) && !w.planted[c]
		if fits && (found == nil || c.movement.created.Before(found.movement.created)) {
			found = c
		}
	}
	if found != nil {
		w.planted[found] = true
	}
	return found
}

// plantPayout makes the first automatic payout from the fault's instant on differ.
func (w *World) plantPayout(f Fault) error {
	d := f.From.Truncate(day)
	if d.Add(payoutHour).Before(f.From) {
		d = d.AddDate(0, 0, 1)
	}
	key := payoutKey{f.Currency, d}
	if w.payoutFaults[key] != "" {
		return fmt.Errorf("simulator: Config.Faults: the payout in %s of %s has a story of its own", f.Currency, d.Format(time.DateOnly))
	}
	w.payoutResidues[key] = f.Minor
	return nil
}

// statedResidue is by how much the stated balance is off at t.
func (w *World) statedResidue(currency string, t time.Time) (minor int64) {
	for _, f := range w.faults {
		if f.Kind == FaultStated && f.Currency == currency && !t.Before(f.From) {
			minor += f.Minor
		}
	}
	return minor
}

// faultExpectations says what must stand because of the faults at t: one UNEXPLAINED for each currency, and each payout.
func (w *World) faultExpectations(t time.Time) []Expectation {
	unexplained := map[string]Expectation{}
	var out []Expectation
	for _, f := range w.faults {
		if f.Kind == FaultPayout || t.Before(f.from) {
			continue
		}
		e, ok := unexplained[f.Currency]
		if !ok {
			e = Expectation{Code: codeUnexplained, Currency: f.Currency, From: f.from, story: "fault"}
		}
		e.Difference += f.difference
		unexplained[f.Currency] = e
	}
	for _, currency := range sortedKeys(unexplained) {
		out = append(out, unexplained[currency])
	}
	for _, p := range w.payouts.items {
		residue := w.payoutResidues[payoutKey{p.currency, p.created.Truncate(day)}]
		if residue != 0 && !t.Before(p.completed) {
			out = append(out, Expectation{
				Code: codePayoutMismatch, TransactionReference: p.id, Currency: p.currency, Difference: residue, From: p.completed, story: "fault",
			})
		}
	}
	return out
}
