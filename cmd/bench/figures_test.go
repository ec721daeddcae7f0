package main

import "testing"

func TestRow(t *testing.T) {
	for want, r := range map[string]row{
		"BENCH first_full ratio=1.30 reach=1.30 ok":    {name: "first_full", ratio: 1.30, reach: 1.30},
		"BENCH first_full ratio=1.31 reach=1.30 short": {name: "first_full", ratio: 1.3001, reach: 1.30}, // up: what is shown tells why it is short
		"BENCH increment ratio=0.03 reach=0.03 ok":     {name: "increment", ratio: 0.0214, reach: 0.03},
		"BENCH memory_mb ratio=1.00 reach=1.00 ok":     {name: "memory_mb", ratio: 1, reach: 1},
		"BENCH fetch_25 ratio=0.95 reach=0.95 ok":      {name: "fetch_25", ratio: 0.9512, reach: 0.95, atLeast: true},
		"BENCH fetch_25 ratio=0.94 reach=0.95 short":   {name: "fetch_25", ratio: 0.9499, reach: 0.95, atLeast: true}, // down, for the same reason
	} {
		if got := r.String(); got != want {
			t.Errorf("%+v is written as %q, want %q", r, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		figures []float64
		want    float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{5, 1, 4, 2, 3}, 3}} {
		if got := median(test.figures); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.figures, got, test.want)
		}
	}
}
