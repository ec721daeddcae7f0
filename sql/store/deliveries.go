package store

import (
	"context"
	"errors"

	"tieout/reconcile"
)

type deliveryRow struct {
	Report     string `db:"report"`
	Carrier    string `db:"carrier"`
	FinanceDay string `db:"finance_day"`
	State      string `db:"state"`
	Detail     string `db:"detail"`
	RunID      int64  `db:"run_id"`
	BegunAt    int64  `db:"begun_at"`
	EndedAt    int64  `db:"ended_at"`
}

var deliveries = newTable[deliveryRow]("tieout_deliveries", "report", "carrier")

func rowOfDelivery(d reconcile.Delivery) deliveryRow {
	return deliveryRow{
		Report: d.Report, Carrier: d.Carrier, FinanceDay: d.FinanceDay, State: string(d.State), Detail: clean(d.Detail),
		RunID: d.RunID, BegunAt: micros(d.BegunAt), EndedAt: micros(d.EndedAt),
	}
}

func (r deliveryRow) delivery() reconcile.Delivery {
	return reconcile.Delivery{
		Report: r.Report, Carrier: r.Carrier, FinanceDay: r.FinanceDay, State: reconcile.DeliveryState(r.State), Detail: r.Detail,
		RunID: r.RunID, BegunAt: instant(r.BegunAt), EndedAt: instant(r.EndedAt),
	}
}

// BeginDelivery records the intent to bring a report to a place before anything is sent. When one is held already, that one is returned, as
// it stands, and false.
func (s *Store) BeginDelivery(ctx context.Context, d reconcile.Delivery) (reconcile.Delivery, bool, error) {
	held, fresh := d, false
	err := s.transact(ctx, func(tx session) error {
		count, err := deliveries.add(ctx, tx, []deliveryRow{rowOfDelivery(d)})
		if err != nil {
			return err
		}
		rows, err := deliveries.find(ctx, tx, "report = ? AND carrier = ?", d.Report, d.Carrier)
		if err == nil && len(rows) != 1 {
			err = errors.New("the row just written is not there")
		}
		if err != nil {
			return err
		}
		held, fresh = rows[0].delivery(), count == 1
		return nil
	})
	return held, fresh, wrap(err, "record the intent to deliver the report of %s by %s", d.FinanceDay, d.Carrier)
}

// FinishDelivery records what became of a delivery.
func (s *Store) FinishDelivery(ctx context.Context, d reconcile.Delivery) error {
	err := s.transact(ctx, func(tx session) error {
		_, err := deliveries.upsert(ctx, tx, []deliveryRow{rowOfDelivery(d)})
		return err
	})
	return wrap(err, "record that the delivery of the report of %s by %s ended as %s", d.FinanceDay, d.Carrier, d.State)
}
