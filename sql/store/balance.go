package store

import (
	"tieout/reconcile"
)

type movementRow struct {
	keyRow
	ObjectID      string `db:"object_id"`
	Category      string `db:"category"`
	GrossMinor    int64  `db:"gross_minor"`
	GrossCurrency string `db:"gross_currency"`
	FeeMinor      int64  `db:"fee_minor"`
	FeeCurrency   string `db:"fee_currency"`
	NetMinor      int64  `db:"net_minor"`
	NetCurrency   string `db:"net_currency"`
	CreatedAt     int64  `db:"created_at"`
	AvailableAt   int64  `db:"available_at"`
	touchedRow
}

var movements = newProjection("tieout_movements",
	func(m reconcile.Movement) movementRow {
		return movementRow{
			keyRow: rowOfKey(m.Key), ObjectID: m.ObjectID, Category: m.Category,
			GrossMinor: m.Gross.Minor, GrossCurrency: m.Gross.Currency, FeeMinor: m.Fee.Minor, FeeCurrency: m.Fee.Currency,
			NetMinor: m.Net.Minor, NetCurrency: m.Net.Currency, CreatedAt: micros(m.CreatedAt), AvailableAt: micros(m.AvailableAt),
		}
	},
	func(r movementRow) reconcile.Movement {
		return reconcile.Movement{
			Key: r.key(), ObjectID: r.ObjectID, Category: r.Category,
			Gross: amount(r.GrossMinor, r.GrossCurrency), Fee: amount(r.FeeMinor, r.FeeCurrency), Net: amount(r.NetMinor, r.NetCurrency),
			CreatedAt: instant(r.CreatedAt), AvailableAt: instant(r.AvailableAt),
		}
	})

type payoutRow struct {
	keyRow
	Minor     int64  `db:"minor"`
	Currency  string `db:"currency"`
	Status    string `db:"status"`
	Automatic bool   `db:"automatic"`
	Itemised  bool   `db:"itemised"`
	Reason    string `db:"reason"`
	CreatedAt int64  `db:"created_at"`
	ArrivalAt int64  `db:"arrival_at"`
	touchedRow
}

var payouts = newProjection("tieout_payouts",
	func(p reconcile.Payout) payoutRow {
		return payoutRow{
			keyRow: rowOfKey(p.Key), Minor: p.Amount.Minor, Currency: p.Amount.Currency, Status: string(p.Status),
			Automatic: p.Automatic, Itemised: p.Itemised, Reason: p.Reason,
			CreatedAt: micros(p.CreatedAt), ArrivalAt: micros(p.ArrivalAt),
		}
	},
	payoutOfRow)

func payoutOfRow(r payoutRow) reconcile.Payout {
	return reconcile.Payout{
		Key: r.key(), Amount: amount(r.Minor, r.Currency), Status: reconcile.PayoutStatus(r.Status),
		Automatic: r.Automatic, Itemised: r.Itemised, Reason: r.Reason,
		CreatedAt: instant(r.CreatedAt), ArrivalAt: instant(r.ArrivalAt),
	}
}

type payoutLineRow struct {
	keyRow
	PayoutID    string `db:"payout_id"`
	Category    string `db:"category"`
	NetMinor    int64  `db:"net_minor"`
	NetCurrency string `db:"net_currency"`
	touchedRow
}

var payoutLines = newProjection("tieout_payout_lines",
	func(l reconcile.PayoutLine) payoutLineRow {
		return payoutLineRow{
			keyRow: rowOfKey(l.Key), PayoutID: l.PayoutID, Category: l.Category, NetMinor: l.Net.Minor, NetCurrency: l.Net.Currency,
		}
	},
	func(r payoutLineRow) reconcile.PayoutLine {
		return reconcile.PayoutLine{Key: r.key(), PayoutID: r.PayoutID, Category: r.Category, Net: amount(r.NetMinor, r.NetCurrency)}
	})
