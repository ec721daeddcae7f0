package shop

import (
	"strconv"
	"strings"
	"time"
)

// timeText is how a time stands in an observation: UTC with microseconds, which is as fine as either database keeps.
const timeText = "2006-01-02T15:04:05.000000Z"

// The numeric shapes of a time, beside the layouts.
const (
	unixSeconds      = "seconds since 1970"
	unixMilliseconds = "milliseconds since 1970"
)

// Whole numbers are times only between 2000 and 2100, as seconds or as milliseconds: 20250101, a date written as a
// number, would otherwise be read as an instant of 1970.
var (
	earliestUnix = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latestUnix   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// layouts are the shapes of a time as text, the commonest first. One without an offset is taken as UTC. Shapes that
// begin with the day or the month are not read: which of the two it is would be a guess.
var layouts = []string{
	time.RFC3339,
	"2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02T15:04:05",
	"2006-01-02",
	"2006-01-02 15:04:05Z07",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05 -0700 MST", // as Go writes it into a text column
	"2006-01-02 15:04",
	"2006-01-02T15:04",
}

// noTime reports whether a column says that there is no such time: empty, or the zero that older shops write instead.
func noTime(text string) bool {
	return text == "" || text == "0" || strings.HasPrefix(text, "0000-00-00")
}

// parseTime reads a time in any of the shapes that shops write, and tells which it was.
func parseTime(text string) (at time.Time, shape string, ok bool) {
	text = strings.TrimSpace(text)
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return parseUnix(number)
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Truncate(time.Microsecond), layout, true
		}
	}
	return time.Time{}, "", false
}

func parseUnix(number int64) (time.Time, string, bool) {
	switch {
	case number >= earliestUnix.Unix() && number < latestUnix.Unix():
		return time.Unix(number, 0).UTC(), unixSeconds, true
	case number >= earliestUnix.UnixMilli() && number < latestUnix.UnixMilli():
		return time.UnixMilli(number).UTC(), unixMilliseconds, true
	}
	return time.Time{}, "", false
}

// inShape is the inverse of parseTime: a value to write into a column whose times have that shape.
func inShape(at time.Time, shape string) any {
	switch shape {
	case unixSeconds:
		return at.Unix()
	case unixMilliseconds:
		return at.UnixMilli()
	}
	return at.UTC().Format(shape)
}
