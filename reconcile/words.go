package reconcile

import (
	"fmt"
	"strings"
	"time"
)

// nameOf is a feed's name as people write it.
func nameOf(feed string) string {
	switch feed {
	case "":
		return "the provider"
	case FeedTrustPayments:
		return "Trust Payments"
	case FeedShop:
		return "the shop"
	default:
		return strings.ToUpper(feed[:1]) + feed[1:]
	}
}

// at writes an instant for people, in UTC to the second.
func at(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// since writes " since T", or nothing when the time is not known.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + at(t)
}

// span writes a duration in days where it is whole days, else in hours and minutes.
func span(d time.Duration) string {
	if d >= 48*time.Hour && d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// linked says which payment is meant and how it came to the order.
func linked(h held) string {
	if h.Rule == "" {
		return h.ID
	}
	text := fmt.Sprintf("%s, linked by %s", h.ID, h.Rule)
	if h.Note != "" {
		text += "; " + h.Note
	}
	return text
}
