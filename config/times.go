package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
	_ "time/tzdata" // zones must be known in an image that carries no zone files
)

const day = 24 * time.Hour

// Zone is a time zone that was found in the IANA database. Its zero value has no Location.
type Zone struct{ *time.Location }

// MarshalText gives the IANA name.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// Equal compares names.
func (z Zone) Equal(other Zone) bool { return z.String() == other.String() }

// String is the IANA name, empty for the zero value.
func (z Zone) String() string {
	if z.Location == nil {
		return ""
	}
	return z.Location.String()
}

// parseZone refuses "Local" and the empty name, which time.LoadLocation knows: a finance day must not depend on the machine.
func parseZone(text string) (Zone, error) {
	if text != "" && text != "Local" {
		if loc, err := time.LoadLocation(text); err == nil {
			return Zone{loc}, nil
		}
	}
	return Zone{}, errors.New("not a known time zone; write an IANA name such as UTC or Europe/Berlin")
}

// TimeOfDay is a wall-clock time in minutes, 00:00 to 23:59.
type TimeOfDay struct{ Hour, Minute int }

// String is HH:MM.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// MarshalText is String.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func parseTimeOfDay(text string) (TimeOfDay, error) {
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return TimeOfDay{}, errors.New("not a time of day; write it as HH:MM, from 00:00 to 23:59")
	}
	return TimeOfDay{at.Hour(), at.Minute()}, nil
}

// Since is where a first fetch begins: a length of time before now, or a fixed instant. At is used unless it is zero.
type Since struct {
	Ago time.Duration
	At  time.Time
}

// From gives the instant, for a fetch at now.
func (s Since) From(now time.Time) time.Time {
	if !s.At.IsZero() {
		return s.At
	}
	return now.Add(-s.Ago).UTC()
}

// String is what the file may say.
func (s Since) String() string {
	if !s.At.IsZero() {
		return s.At.Format(time.RFC3339)
	}
	return FormatDuration(s.Ago)
}

// MarshalText is String.
func (s Since) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// parseSince takes a bare date as midnight UTC.
func parseSince(text string) (Since, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return Since{At: at.UTC()}, nil
		}
	}
	ago, err := ParseDuration(text)
	if err != nil {
		return Since{}, errors.New("neither a length of time (100d) nor a date (2024-05-01) nor a time (2024-05-01T00:00:00Z)")
	}
	return Since{Ago: ago}, nil
}

var errDuration = errors.New("not a length of time; write a number and its unit, as 90s, 30m, 24h, 7d or 1d12h, not negative")

var leadingDays = regexp.MustCompile(`^(\d+)d(.*)$`)

// ParseDuration reads Go's syntax with a leading number of days of 24 h allowed ("90d", "1d12h"). It refuses what is negative,
// has no unit (except 0) or exceeds 292 years, the range of a time.Duration.
func ParseDuration(text string) (time.Duration, error) {
	days, rest := time.Duration(0), text
	if m := leadingDays.FindStringSubmatch(text); m != nil {
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || n > int64(math.MaxInt64/day) {
			return 0, errDuration
		}
		days, rest = time.Duration(n)*day, m[2]
		if rest == "" {
			return days, nil
		}
		if rest[0] < '0' || rest[0] > '9' {
			return 0, errDuration
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > math.MaxInt64-days {
		return 0, errDuration
	}
	return days + d, nil
}

// FormatDuration writes d as ParseDuration reads it, whole days first.
func FormatDuration(d time.Duration) string {
	switch {
	case d < day:
		return d.String()
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	default:
		return fmt.Sprintf("%dd%s", d/day, d%day)
	}
}
