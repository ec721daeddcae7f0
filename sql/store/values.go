package store

import (
	"fmt"
	"time"

	"tieout/reconcile/money"
)

// micros is how a time is kept: Unix microseconds, and 0 for a time that is not known.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads what micros wrote.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func amount(minor int64, currency string) money.Amount {
	return money.Amount{Minor: minor, Currency: currency}
}

// wrap names the call and its key in an error of the database; every exported method does so once.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}
