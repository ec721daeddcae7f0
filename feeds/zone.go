package feeds

import (
	"fmt"
	"time"
)

// InZone reads a time that stands in a zone's own clock. A time that the clock showed twice or never, when it was put back
// or forward, is an error: which one is meant would be a guess.
func InZone(text, layout string, zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time; it is written %s", text, layout)
	}
	if at.Format(layout) != text {
		return time.Time{}, fmt.Errorf("%s never was in %s: the clock was put forward", text, zone)
	}
	for _, shift := range []time.Duration{-time.Hour, time.Hour} {
		if at.Add(shift).Format(layout) == text {
			return time.Time{}, fmt.Errorf("%s was twice in %s: the clock was put back", text, zone)
		}
	}
	return at.UTC(), nil
}
