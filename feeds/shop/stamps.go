package shop

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// stamp is a time column that Cancel sets, and the shape in which the shop writes it; no shape: the database knows it for
// a time.
type stamp struct {
	column string
	shape  string
}

func (s stamp) value(at time.Time) any {
	at = at.UTC().Truncate(time.Microsecond)
	if s.shape == "" {
		return at
	}
	return inShape(at, s.shape)
}

// findStamps learns how to write the times of a cancel, so that the shop's own programs can read them.
func (s *Shop) findStamps(ctx context.Context) error {
	for _, key := range []string{keyCanceled, keyChanged} {
		f := s.orders.field(key)
		if f.column == "" {
			continue
		}
		shape, err := s.shapeOf(ctx, f)
		if err != nil {
			return err
		}
		s.stamps = append(s.stamps, stamp{column: f.column, shape: shape})
	}
	return nil
}

// shapeOf copies the shape from a time that stands in the column or, as nothing may be canceled yet, in another time
// column of the same type. An empty table leaves what is usual.
func (s *Shop) shapeOf(ctx context.Context, f field) (string, error) {
	kind := s.orders.types[f.key]
	if kind == typeTime {
		return "", nil
	}
	for _, key := range []string{f.key, keyChanged, keyCreated, keyPaid} {
		other := s.orders.field(key)
		if other.column == "" || s.orders.types[key] != kind {
			continue
		}
		text, err := s.sample(ctx, other.column)
		if err != nil {
			return "", err
		}
		if _, shape, ok := parseTime(text); ok {
			return shape, nil
		}
	}
	if kind == typeInteger {
		return unixSeconds, nil
	}
	return time.RFC3339, nil
}

// sample returns one value of a column that is neither null nor a word for "no such time", or nothing.
func (s *Shop) sample(ctx context.Context, column string) (string, error) {
	text := s.dialect.exact(column)
	var found []string
	err := s.db.SelectContext(ctx, &found, `SELECT `+text+` FROM `+quote(s.orders.name)+
		` WHERE `+text+` NOT IN ('', '0') AND `+text+` NOT LIKE '0000-00-00%' LIMIT 1`)
	if err != nil {
		return "", fmt.Errorf("look at times in %s.%s: %w", s.orders.name, column, err)
	}
	return strings.Join(found, ""), nil
}
