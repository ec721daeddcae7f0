package config

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration
	}{
		{"0", 0},
		{"0d", 0},
		{"90s", 90 * time.Second},
		{"90d", 90 * 24 * time.Hour},
		{"1d12h", 36 * time.Hour},
		{"1d1.5h", 25*time.Hour + 30*time.Minute},
		{"106751d23h47m16.854775807s", math.MaxInt64},
	} {
		got, err := ParseDuration(test.text)
		if err != nil || got != test.want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"", "d", "1", "-1h", "-1d", "1d-1h", "1d+1h", "1d 1h", "1.5d", "1h1d", "1d1d", "+1d", "106752d", "106751d24h", "99999999999999999999d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for _, d := range []time.Duration{0, time.Second, 24*time.Hour - 1, 24 * time.Hour, 36 * time.Hour, 90 * 24 * time.Hour} {
		if got, err := ParseDuration(FormatDuration(d)); err != nil || got != d {
			t.Errorf("%v is written %q and read %v, %v", d, FormatDuration(d), got, err)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2024, 5, 31, 12, 0, 0, 0, time.FixedZone("", 3600))
	for _, test := range []struct {
		text, canonical string
		want            time.Time
	}{
		{"30d", "30d", time.Date(2024, 5, 1, 11, 0, 0, 0, time.UTC)},
		{"2024-02-29", "2024-02-29T00:00:00Z", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"2024-02-29T08:00:00+08:00", "2024-02-29T00:00:00Z", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
	} {
		since, err := parseSince(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := since.From(now); got != test.want || since.String() != test.canonical {
			t.Errorf("%s: from %v, written %q; want %v, %q", test.text, got, since, test.want, test.canonical)
		}
	}
}

func TestParseTimeOfDay(t *testing.T) {
	if got, err := parseTimeOfDay("23:45"); err != nil || got != (TimeOfDay{23, 45}) || got.String() != "23:45" {
		t.Errorf("23:45 is read as %v, %v", got, err)
	}
	for _, text := range []string{"", "24:00", "7:05", "12:60", "12:00:00", "noon"} {
		if got, err := parseTimeOfDay(text); err == nil {
			t.Errorf("parseTimeOfDay(%q) = %v, want an error", text, got)
		}
	}
}
