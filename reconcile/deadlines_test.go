package reconcile_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // finance zones, also where the machine has none

	"tieout/reconcile"
)

// The deadlines of source documents 001 and 002, at each edge. Whatever zone an instant is given in, and whatever day it is
// there, the answer is the same instant.
func TestDeadlines(t *testing.T) {
	policy := reconcile.DefaultPolicy()
	overdue := func(started time.Time) time.Time { return policy.OverdueAt(started) }
	window := func(feed string) func(time.Time) time.Time {
		return func(created time.Time) time.Time {
			return policy.WindowEnd(reconcile.Payment{Key: reconcile.Key{Feed: feed}, CreatedAt: created})
		}
	}
	tests := []struct {
		name  string
		of    func(time.Time) time.Time
		from  string
		until string
	}{
		{"a pending source lives an hour", policy.PendingDeadline, "2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z"},
		{"six hours end before the cut-off", policy.ChargeDeadline, "2026-03-10T09:44:59+08:00", "2026-03-10T15:44:59+08:00"},
		{"six hours to the cut-off exactly", policy.ChargeDeadline, "2026-03-10T17:45:00+08:00", "2026-03-10T23:45:00+08:00"},
		{"the cut-off ends before six hours", policy.ChargeDeadline, "2026-03-10T17:45:01+08:00", "2026-03-10T23:45:00+08:00"},
		{"a second before the cut-off", policy.ChargeDeadline, "2026-03-10T23:44:59+08:00", "2026-03-10T23:45:00+08:00"},
		{"at the cut-off the next one counts", policy.ChargeDeadline, "2026-03-10T23:45:00+08:00", "2026-03-11T05:45:00+08:00"},
		{"between the cut-off and midnight", policy.ChargeDeadline, "2026-03-10T23:59:59+08:00", "2026-03-11T05:59:59+08:00"},
		{"at midnight", policy.ChargeDeadline, "2026-03-11T00:00:00+08:00", "2026-03-11T06:00:00+08:00"},
		{"across the end of a month", policy.ChargeDeadline, "2026-02-28T23:50:00+08:00", "2026-03-01T05:50:00+08:00"},
		{"across the end of a year", policy.ChargeDeadline, "2025-12-31T23:45:00+08:00", "2026-01-01T05:45:00+08:00"},
		{"across the night when London's summer begins", policy.ChargeDeadline, "2026-03-29T08:30:00+08:00", "2026-03-29T14:30:00+08:00"},
		{"across the night when London's summer ends", policy.ChargeDeadline, "2026-10-25T08:30:00+08:00", "2026-10-25T14:30:00+08:00"},
		{"on the evening when New York's summer begins", policy.ChargeDeadline, "2026-03-08T18:30:00+08:00", "2026-03-08T23:45:00+08:00"},
		{"on the evening when New York's summer ends", policy.ChargeDeadline, "2026-11-01T18:30:00+08:00", "2026-11-01T23:45:00+08:00"},
		{"seven days are 168 hours, also where a day has 23", overdue, "2026-03-25T00:30:00Z", "2026-04-01T00:30:00Z"},
		{"seven days are 168 hours, also where a day has 25", overdue, "2026-10-28T12:00:00Z", "2026-11-04T12:00:00Z"},
		{"ninety days from the charge", window("stripe"), "2026-01-15T10:00:00Z", "2026-04-15T10:00:00Z"},
		{"ninety days from the AUTH", window("trustpayments"), "2026-09-01T00:00:00Z", "2026-11-30T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from, until := instant(t, test.from), instant(t, test.until)
			for _, zone := range zones(t) {
				if got := test.of(from.In(zone)); !got.Equal(until) {
					t.Errorf("given in %s: %s, want %s", zone, stamp(got), stamp(until))
				}
			}
		})
	}
	if end := window("alipay")(noon); !end.IsZero() {
		t.Errorf("a feed without a window closes at %s", end)
	}
	policy.Source.CutoffZone = nil
	if got, want := policy.ChargeDeadline(noon.Add(3*time.Hour)), noon.Add(9*time.Hour); !got.Equal(want) {
		t.Errorf("without a cut-off: %s, want %s", stamp(got), stamp(want))
	}
}

// Windows are half-open, and references are cut by characters.
func TestWindowsAndCuts(t *testing.T) {
	w := reconcile.Window{From: noon, To: noon.Add(day)}
	for at, want := range map[time.Time]bool{noon.Add(-tick): false, noon: true, noon.Add(day - tick): true, noon.Add(day): false} {
		if w.Contains(at) != want {
			t.Errorf("%s in the window: %t", stamp(at), !want)
		}
	}
	if w.Empty() || !(reconcile.Window{From: noon, To: noon}).Empty() {
		t.Error("a window is empty when it ends where it begins, and only then")
	}
	policy := reconcile.DefaultPolicy()
	for text, want := range map[string]string{"short": "short", "SHENZHEN-EXPO-2026-HALL-7": "SHENZHEN-EXPO-2026-HALL-7", "SHENZHEN-EXPO-2026-HALL-7-A": "SHENZHEN-EXPO-2026-HALL-7"} {
		if got := policy.Truncate(text); got != want {
			t.Errorf("%q is cut to %q", text, got)
		}
	}
}

// A verdict does not depend on the zone that its times are given in: the finance zone is for days, not for deadlines.
func TestZonesChangeNoVerdict(t *testing.T) {
	springs, falls := instant(t, "2026-03-29T00:30:00Z"), instant(t, "2026-11-01T05:30:00Z")
	for _, began := range []time.Time{springs, falls} {
		for _, after := range []time.Duration{time.Hour - tick, time.Hour, 6*time.Hour - tick, 6 * time.Hour, day - tick, day, 7 * day, 7*day + tick} {
			var want []string
			for _, zone := range zones(t) {
				got := render(judgeAt(t, moment{now: began.Add(after).In(zone)}, stirred(began.In(zone))))
				if want == nil {
					want = got
				}
				if len(got) < 3 || !slices.Equal(got, want) {
					t.Errorf("%s after %s in %s:\n got %q\nwant %q", after, stamp(began), zone, got, want)
				}
			}
		}
	}
}

// stirred is an order with something for every deadline to say.
func stirred(began time.Time) []reconcile.Record {
	made := order("A-1", reconcile.OrderPending)
	made.CreatedAt, made.ChangedAt = began, began
	src := source("src_1", "A-1", reconcile.SourceChargeable, authorised, madeAt(began))
	return told(made, src, chargeable("src_1", began), source("src_2", "A-1", reconcile.SourceFailed, madeAt(began)), auth("1-9-1", "A-1", "10", at(began)))
}

func zones(t *testing.T) []*time.Location {
	t.Helper()
	list := []*time.Location{time.UTC}
	for _, name := range []string{"Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, zone)
	}
	return list
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
