package store

import (
	"context"
	"crypto/rand"
	"time"

	"tieout/audit"
)

type commitmentRow struct {
	Kind           string `db:"kind"`
	OrderReference string `db:"order_reference"`
	Commitment     string `db:"commitment"`
	Salt           string `db:"salt"`
}

var commitments = newTable[commitmentRow]("tieout_commitments", "kind", "order_reference")

// commitToRecipients makes a commitment for each recipient of the messages since a change: it goes into the log in the recipient's place.
func (s *Store) commitToRecipients(ctx context.Context, after int64) error {
	return s.transact(ctx, func(tx session) error {
		rows, err := selectAll[messageRow](ctx, tx, "SELECT "+outbox.listOf("o")+` FROM tieout_outbox o WHERE o.recipient <> '' AND o.touched > ? AND NOT EXISTS (
			SELECT 1 FROM tieout_commitments c WHERE c.kind = o.kind AND c.order_reference = o.order_reference) ORDER BY o.kind, o.order_reference`, after)
		if err != nil {
			return err
		}
		fresh := make([]commitmentRow, len(rows))
		for i, row := range rows {
			salt := rand.Text()
			fresh[i] = commitmentRow{Kind: row.Kind, OrderReference: row.OrderReference, Commitment: audit.Commitment(salt, row.Recipient), Salt: salt}
		}
		_, err = commitments.insert(ctx, tx, fresh)
		return err
	})
}

func (s *Store) commitments(ctx context.Context) (map[[2]string]string, error) {
	rows, err := commitments.find(ctx, s.read(), "true")
	held := make(map[[2]string]string, len(rows))
	for _, row := range rows {
		held[[2]string{row.Kind, row.OrderReference}] = row.Commitment
	}
	return held, err
}

// Forgotten is personal data that was removed, or would be.
type Forgotten struct {
	At             time.Time
	Who            string
	What           string // what kind of data
	OrderReference string
	Reason         string
}

type forgottenRow struct {
	ID             int64  `db:"id"`
	At             int64  `db:"at"`
	Who            string `db:"who"`
	What           string `db:"what"`
	OrderReference string `db:"order_reference"`
	Reason         string `db:"reason"`
	touchedRow
}

var forgotten = newTable[forgottenRow]("tieout_forgotten", "id")

// whatForgotten is the kind of personal data that the store holds: the address of a message.
const whatForgotten = "e-mail address of a message"

// PersonalOf lists the orders of which personal data is held: that of an order, or all that have an address.
func (s *Store) PersonalOf(ctx context.Context, reference, email string) ([]string, error) {
	rows, err := selectAll[string](ctx, s.read(), `SELECT DISTINCT order_reference FROM tieout_outbox WHERE recipient <> '' AND (order_reference = ? OR lower(recipient) = lower(?))
		UNION SELECT DISTINCT order_reference FROM tieout_outbox_past WHERE recipient <> '' AND (order_reference = ? OR lower(recipient) = lower(?)) ORDER BY 1`,
		reference, email, reference, email)
	return rows, wrap(err, "look for personal data")
}

// Forget removes the personal data of some orders: the address, wherever it is, and the salt of its commitment. It records that it did.
func (s *Store) Forget(ctx context.Context, references []string, f Forgotten) error {
	err := s.change(ctx, func(tx session) error {
		var last int64
		if err := tx.row(ctx, "SELECT COALESCE(MAX(id), 0) FROM tieout_forgotten").Scan(&last); err != nil {
			return err
		}
		var rows []forgottenRow
		for i, reference := range references {
			for _, statement := range []string{
				"UPDATE tieout_outbox SET recipient = '' WHERE order_reference = ?", "UPDATE tieout_outbox_past SET recipient = '' WHERE order_reference = ?",
				"UPDATE tieout_commitments SET salt = '' WHERE order_reference = ?",
			} {
				if _, err := tx.exec(ctx, statement, reference); err != nil {
					return err
				}
			}
			rows = append(rows, forgottenRow{ID: last + int64(i) + 1, At: micros(f.At), Who: f.Who, What: whatForgotten, OrderReference: reference, Reason: f.Reason})
		}
		_, err := forgotten.insert(ctx, tx, rows)
		return err
	})
	return wrap(err, "forget the personal data of %d orders", len(references))
}
